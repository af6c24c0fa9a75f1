"""What waits for a person on Today: every figure is counted by the very list that it opens."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.http import QueryDict
from django.urls import reverse

from accounts.roles import Right
from core.counts import keys_of
from core.views import capped_counts, shown_of
from dunning.selectors.work import WORK
from dunning.views.lists import WorkList
from dunning.views.runs import RunList
from errorlog.views import ErrorList
from followups.views import FollowUpList
from mailing.views.outbox import Outbox
from purchases.views.banking import BankLineList
from purchases.views.lists import ProductList, ReviewQueue
from taxexempt.views import CertificateList

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from core.views import ListPage

FAILED, LATE, WAITS = "failed", "late", "waits"
GROUPS: Final = ((FAILED, "Failed", "red"), (LATE, "Late", "amber"), (WAITS, "Waits for you", "blue"))


@dataclass(frozen=True, slots=True)
class Duty:
    """A figure: its words, its group, its icon, the tab of the list that it opens, and whose it is."""

    label: str
    group: str
    icon: str
    page: type[ListPage]
    route: str
    show: str
    rights: frozenset[Right]

    @property
    def link(self) -> str:
        """The list."""
        return f"{reverse(self.route)}?{self.query}"

    @property
    def query(self) -> str:
        """Its tab."""
        return f"show={self.show}"

    def is_of(self, user: Any) -> bool:
        """Whether it is the user's, who may open its list."""
        return any(user.may(right) for right in self.rights) and (not self.page.right or user.may(self.page.right))


def _work(key: str, group: str, icon: str) -> Duty:
    work = next(work for work in WORK if work.key == key)
    return Duty(work.label, group, icon, WorkList, "dunning:work", key, frozenset({work.right}))


DUTIES: Final[tuple[Duty, ...]] = (
    Duty(
        "E-mails in doubt or failed",
        FAILED,
        "mail-x",
        Outbox,
        "mailing:list",
        "decide",
        frozenset({Right.EMAILS}),
    ),
    Duty("Errors", FAILED, "circle-alert", ErrorList, "errorlog:list", "open", frozenset({Right.ERRORS})),
    _work("promises", FAILED, "handshake"),
    _work("charged_back", FAILED, "undo-2"),
    Duty(
        "Follow-ups overdue",
        LATE,
        "list-todo",
        FollowUpList,
        "followups:list",
        "overdue",
        frozenset({Right.FOLLOW_UPS}),
    ),
    _work("answers", LATE, "bell-ring"),
    _work("documents", LATE, "file-text"),
    _work("late_money", LATE, "banknote"),
    Duty("Keys run low", LATE, "key-round", ProductList, "purchases:products", "low", frozenset({Right.PRODUCTS})),
    Duty(
        "Dunning runs",
        WAITS,
        "play",
        RunList,
        "dunning:runs",
        "waiting",
        frozenset({Right.DUNNING, Right.PAYMENTS}),
    ),
    Duty("Reviews", WAITS, "clipboard-check", ReviewQueue, "purchases:review", "mine", frozenset({Right.RELEASE})),
    Duty("Bank lines", WAITS, "banknote", BankLineList, "purchases:bank_lines", "waiting", frozenset({Right.PAYMENTS})),
    _work("overpaid", WAITS, "circle-plus"),
    Duty(
        "Tax exemptions to review",
        WAITS,
        "landmark",
        CertificateList,
        "taxexempt:list",
        "open",
        frozenset({Right.CERTIFICATES}),
    ),
    Duty(
        "Follow-ups later today",
        WAITS,
        "list-todo",
        FollowUpList,
        "followups:list",
        "today",
        frozenset({Right.FOLLOW_UPS}),
    ),
    _work("untaxed", WAITS, "landmark"),
    _work("quotes", WAITS, "file-pen-line"),
)
"""In each group the most pressing first."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A duty with how many rows its list has, counted no further than the list counts."""

    duty: Duty
    count: str


@dataclass(frozen=True, slots=True)
class Group:
    """What failed, is late or waits: what there is of it, and what was looked at and is clear."""

    label: str
    tone: str
    figures: list[Figure]
    clear: list[Duty]


def rows_behind(duty: Duty, request: HttpRequest, *, at: datetime) -> QuerySet[Any]:
    """Ask the list for the rows of its tab, as if it were opened by whoever asks."""
    asked = copy(request)
    asked.GET = QueryDict(duty.query)
    page = duty.page()
    page.setup(asked)
    page.at = at
    _, rows = page.filtered()
    narrowed: QuerySet[Any] = shown_of(page.segments(), asked.GET).narrow(rows)
    return narrowed


def figures_of(duties: Iterable[Duty], request: HttpRequest, *, at: datetime) -> list[Figure]:
    """Count all of them in one query."""
    counts = capped_counts({duty.link: keys_of(rows_behind(duty, request, at=at)) for duty in duties})
    return [Figure(duty, counts[duty.link]) for duty in duties]


def groups_of(figures: Iterable[Figure]) -> list[Group]:
    """Sort them into failed, late and waiting; groups in which nothing is looked at for this user are left out."""
    found = []
    for key, label, tone in GROUPS:
        mine = [figure for figure in figures if figure.duty.group == key]
        there = [figure for figure in mine if figure.count != "0"]
        if mine:
            found.append(Group(label, tone, there, [one.duty for one in mine if one.count == "0"]))
    return found
