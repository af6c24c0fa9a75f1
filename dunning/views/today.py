"""Today: what failed, is late or waits, what is open and comes next, what happened, whether the machinery is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from babel.numbers import format_decimal
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.roles import Right
from core.charts import BarChart, BarData, bar_chart, sparkline
from core.money import exponent
from core.tables import badge, locale_of, money_text, number_text
from core.views import Page, chosen_client
from dunning.models import Waiting
from dunning.selectors.days import last_days
from dunning.selectors.proposals import waiting_runs
from dunning.selectors.today import clocks, coming, letters_by_day, undecided, worker_state
from dunning.views.duties import DUTIES, Duty, figures_of, groups_of
from dunning.views.lists import SENT_DAYS
from mailing.selectors import attention, relay_state
from mailing.tables import email_link, status_badge
from mailing.wording import kind_label
from purchases.selectors import AGES, Balance, Part, balances, latest_entries
from purchases.tables import purchase_link
from purchases.views.lists import ReviewQueue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from core.tables import Reader
    from dunning.models import Run
    from dunning.selectors.days import LastDay
    from mailing.models import Email
    from purchases.models import HistoryEntry, Purchase

MOST_NEEDS: Final = 4
MOST_ENTRIES: Final = 8
MAIL_IS_LATE: Final = timedelta(minutes=15)
NO_BALANCE: Final = Balance("EUR", tuple(Part() for _ in AGES))

ENTRY_LOOKS: Final[dict[str, tuple[str, str]]] = {
    "placed": ("receipt-text", "blue"),
    "document": ("file-check", "blue"),
    "converted": ("arrow-right-left", "blue"),
    "approved": ("check", "blue"),
    "released": ("circle-check", "green"),
    "delivered": ("key-round", ""),
    "rejected": ("circle-x", "red"),
    "payment": ("banknote", "green"),
    "refunded": ("undo-2", "violet"),
    "canceled": ("ban", "red"),
    "held": ("pause", "amber"),
    "resumed": ("play", ""),
    "promised": ("handshake", "amber"),
    "extended": ("calendar-plus", "amber"),
    "kept_active": ("shield-check", "green"),
    "pdn1": ("bell-ring", "red"),
    "pdn2": ("bell-ring", "red"),
    "pdn3": ("bell-ring", "red"),
    "notification": ("bell-ring", "violet"),
    "reminder1": ("bell", "amber"),
    "reminder2": ("bell", "amber"),
}
"""Icon and color of a line of history by its event."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something only a person can settle: where it is settled, who it is about, since or until when."""

    link: str
    title: str
    who: str
    state: SafeString
    moment: datetime | None = None
    day: date | None = None
    word: str = ""
    minor: int = 0
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the latest activity with its look."""

    entry: HistoryEntry
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class AgeRow:
    """One age of the open balance in words, and the list it leads to."""

    label: str
    amount: str
    count: int
    link: str
    css: str


class Today(Page):
    """The first page of the day."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return render(request, "dunning/today.html", self.context())

    def context(self) -> dict[str, Any]:
        """All the template shows."""
        client = chosen_client(self.request)
        last = last_days()
        queue = Duty("", "", "", ReviewQueue, "purchases:review", "all", frozenset())
        review, *figures = figures_of(
            [queue, *(duty for duty in DUTIES if duty.is_of(self.user))], self.request, at=self.at
        )
        groups = groups_of(figures)
        times = clocks(self.user, client, at=self.at, last=last)
        sums = balances(self.user, client, days={clock.client_id: clock.today for clock in times})
        asked = self.request.GET.get("currency", "")
        shown = next((balance for balance in sums if balance.currency == asked), None) or next(iter(sums), NO_BALANCE)
        mail = attention(self.user, client, limit=MOST_NEEDS)
        comes = coming(self.user, client, times=times)
        letters = letters_by_day(self.user, client, since=self.today - timedelta(days=SENT_DAYS - 1), until=self.today)
        return {
            "date": format_date(self.today, format="full", locale=locale_of(self.reader.language)),
            "groups": groups,
            "is_clear": not any(group.figures for group in groups),
            "review": review,
            "balances": sums,
            "shown": shown,
            "overdue_share": _share(shown.overdue.minor, shown.open.minor),
            "chart": self.chart(shown),
            "ages": self.ages(shown),
            "coming": comes,
            "letters": sum(letters),
            "letters_today": letters[-1],
            "spark": sparkline(letters),
            "spark_days": SENT_DAYS,
            "mail": mail,
            "mail_is_late": mail.oldest_at is not None and self.at - mail.oldest_at > MAIL_IS_LATE,
            "worker": worker_state(at=self.at, user=self.user, last=last),
            "relay": relay_state() if self.user.may(Right.OFFICES) else None,
            "entries": self.entries(client),
            **self.needs(undecided(self.user, client, limit=MOST_NEEDS), mail.undecided, self.runs(client, last)),
        }

    def runs(self, client: Any, last: Sequence[LastDay]) -> list[Need]:
        """Dunning runs that wait for a person or for bank data, for those who can do something about it."""
        may = self.user.may(Right.DUNNING) or self.user.may(Right.PAYMENTS)
        return [_proposed(run) for run in waiting_runs(self.user, client, last=last)] if may else []

    def needs(self, purchases: Sequence[Any], emails: Sequence[Email], runs: Sequence[Need] = ()) -> dict[str, Any]:
        """Put together what the user may decide: runs, answers that are due, e-mails, reviews."""
        answers = [_answer(row) for row in purchases if row.need == "answer"]
        reviews = [_review(row) for row in purchases if row.need == "review"]
        doubts = [_doubt(email) for email in emails] if self.user.may(Right.EMAILS) else []
        return {"needs": [*runs, *answers, *doubts, *reviews]}

    def entries(self, client: Any) -> list[Line]:
        """What happened last, as far as the user may know."""
        shows_internal = self.user.may(Right.INTERNAL_HISTORY)
        found = latest_entries(self.user, client, limit=MOST_ENTRIES, shows_internal=shows_internal)
        return [Line(entry, *ENTRY_LOOKS.get(entry.event, ("history", ""))) for entry in found]

    def chart(self, balance: Balance) -> BarChart:
        """The open balance by age."""
        data = [
            BarData(age.label, part.minor, money_text(part.minor, balance.currency, self.reader))
            for age, part in zip(AGES, balance.parts, strict=True)
        ]
        return bar_chart(data, label_of=lambda minor: _whole(minor, balance.currency, self.reader))

    def ages(self, balance: Balance) -> list[AgeRow]:
        """The same in figures, each leading to its purchases."""
        rows = []
        for number, (age, part) in enumerate(zip(AGES, balance.parts, strict=True)):
            amount = number_text(part.minor, balance.currency, self.reader)
            link = f"{reverse('dunning:balance')}?{urlencode({'currency': balance.currency, 'age': str(number)})}"
            rows.append(AgeRow(age.label, amount, part.count, link, f"b{number}"))
        return rows


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def _whole(minor: int, currency: str, reader: Reader) -> str:
    """A grid value: no decimals, thousands grouped."""
    return str(format_decimal(minor / 10 ** exponent(currency), format="#,##0.##", locale=locale_of(reader.language)))


def _who(purchase: Purchase) -> str:
    return purchase.billing_company or purchase.billing_last_name or purchase.billing_email


def _proposed(run: Run) -> Need:
    steps = sum(run.counts.get("proposed", {}).values())
    return Need(
        link=reverse("dunning:run", args=[run.pk]),
        title=f"Dunning run, {steps} step{'' if steps == 1 else 's'}",
        who=run.client.name,
        state=badge(Waiting(run.waits_for).label, "amber"),
        moment=run.started_at,
        word="since",
    )


def _answer(purchase: Purchase) -> Need:
    return Need(
        link=f"{purchase_link(purchase)}?tab=po",
        title=purchase.reference,
        who=_who(purchase),
        state=badge("Keep or cancel", "red"),
        day=purchase.next_action_on,
        word="canceled on" if purchase.next_action_on else "",
        minor=purchase.open_amount.minor,
        currency=purchase.currency,
    )


def _review(purchase: Purchase) -> Need:
    return Need(
        link=purchase_link(purchase),
        title=purchase.reference,
        who=_who(purchase),
        state=badge("Review", "violet"),
        moment=purchase.document_received_at,
        word="since",
        minor=purchase.gross_minor,
        currency=purchase.currency,
    )


def _doubt(email: Email) -> Need:
    return Need(
        link=email_link(email),
        title=kind_label(email.kind),
        who=email.recipient,
        state=status_badge(email),
        moment=email.created_at,
        word="since",
    )
