"""Why a purchase stands where it stands on its ladder: the line that holds, what was done, what is to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from core.tokens import hash_of
from dunning.models import AccountHold, Explanation, Notice, NoticeStatus, ResponseLink, Run
from dunning.schedule import Decision, Facts, Step, decide, forecast
from dunning.selectors.facts import account_holds_of, facts_of
from dunning.states import SHORT_LABELS, STEP_LABELS
from purchases.states import Status

if TYPE_CHECKING:
    from purchases.models import Purchase


def is_notified(purchase: Purchase) -> bool:
    """Whether the client was told about the delinquency and the order is still open: the time for an answer."""
    sent = Notice.objects.filter(purchase=purchase, step=Step.NOTIFICATION).sent()
    return purchase.status == Status.PURCHASE_ORDER and sent.exists()


@dataclass(frozen=True, slots=True)
class AtHand:
    """What several parts of one page ask about a purchase: all its notices, and the holds over its accounts."""

    notices: list[Notice]
    account_holds: list[AccountHold]

    @property
    def standing(self) -> list[Notice]:
        """The notices that were not dropped."""
        return [notice for notice in self.notices if notice.status != NoticeStatus.DROPPED]

    @property
    def is_notified(self) -> bool:
        """Whether the client was told about the delinquency."""
        return any(one.step == Step.NOTIFICATION and one.status == NoticeStatus.SENT for one in self.notices)

    @property
    def is_stopped(self) -> bool:
        """Whether a letter came back, or was refused for good, and nobody has resumed dunning since."""
        return any(notice.returned_at is not None for notice in self.standing)


def at_hand(purchase: Purchase) -> AtHand:
    """Read it once for a whole page: two queries.

    The page's own row remembers it. A row that was locked to be changed is another one and knows nothing of it.
    """
    if "dunning_at_hand" not in purchase.__dict__:
        notices = list(Notice.objects.filter(purchase=purchase).select_related("document").order_by("pk"))
        purchase.__dict__["dunning_at_hand"] = AtHand(notices, account_holds_of(purchase))
    found: AtHand = purchase.__dict__["dunning_at_hand"]
    return found


def why(purchase: Purchase) -> Explanation | None:
    """Find the line that holds now: why something was sent or not, and the next date."""
    return Explanation.objects.filter(purchase=purchase).newest_first().first()


def why_on(purchase: Purchase, on: date) -> Explanation | None:
    """Find the line that held at the end of a past day."""
    return Explanation.objects.filter(purchase=purchase).until(on).newest_first().first()


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a purchase's ladder as shown: behind it, on its way, or to come."""

    step: str
    label: str
    short_label: str
    on: date
    state: str
    """`done`, `pending`, `dropped` or `coming`."""
    note: str = ""
    document_number: str = ""

    @property
    def is_past(self) -> bool:
        """Whether it was taken."""
        return self.state != "coming"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A purchase's ladder: what was done, what comes if nobody does anything, and why it stands where it does."""

    rungs: list[Rung]
    decision: Decision
    facts: Facts
    today: date


def timeline(purchase: Purchase, on: date) -> Timeline:
    """Tell past and forecast of a purchase's ladder as seen on the client's day `on`."""
    known = at_hand(purchase)
    facts = facts_of(purchase, notices=known.standing, account_holds=known.account_holds)
    past = [_past(notice) for notice in known.notices]
    is_decided = Run.objects.filter(client=purchase.client_id, on=on, finished_at__isnull=False).exists()
    since = on if is_decided else on - timedelta(days=1)
    coming = [
        Rung(step, STEP_LABELS[step], SHORT_LABELS[step], day, "coming", note=reason)
        for step, day, reason in forecast(facts, since)
    ]
    return Timeline(past + coming, decide(facts, on), facts, on)


def _past(notice: Notice) -> Rung:
    states = {NoticeStatus.SENT: "done", NoticeStatus.PENDING: "pending", NoticeStatus.DROPPED: "dropped"}
    return Rung(
        notice.step,
        notice.label,
        notice.short_label,
        notice.sent_on or notice.on,
        states[NoticeStatus(notice.status)],
        note=notice.drop_reason or ("came back" if notice.returned_at else ""),
        document_number=notice.document.number if notice.document else "",
    )


def answer_of(token: str, *, at: datetime) -> ResponseLink | None:
    """Find the link of a token while it may be used; None when it is wrong, expired or revoked alike."""
    return (
        ResponseLink.objects.filter(token_hash=hash_of(token), revoked_at=None, expires_at__gt=at)
        .select_related("notice__purchase__client")
        .first()
    )
