"""The worker of the stories: decides in the morning, hands e-mail over at once or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from dunning.models import Notice
from dunning.services.jobs import run_periodic_jobs
from mailing.models import Email
from mailing.services.capture import SinkTransport
from mailing.services.handover import hand_over_due
from purchases.models import Purchase

if TYPE_CHECKING:
    from dunning.models import Run


def at_nine(day: date) -> datetime:
    """Nine o'clock UTC: after 08:00 in Berlin, summer and winter."""
    return datetime.combine(day, time(9), tzinfo=UTC)


def works(day: date, *, mails: bool = True) -> list[Run]:
    """The worker's morning: decisions, and unless the relay is down the hand-over of everything queued."""
    runs = run_periodic_jobs(at=at_nine(day)).runs
    if mails:
        hands_over(at_nine(day))
    return runs


def hands_over(at: datetime) -> None:
    """Everything queued goes out."""
    hand_over_due(clock=lambda: at, transport=SinkTransport())


def works_daily(first: date, last: date) -> None:
    """Every morning from `first` to `last`."""
    day = first
    while day <= last:
        works(day)
        day += timedelta(days=1)


def steps_of(purchase: Purchase) -> list[tuple[str, str]]:
    """What the worker did with a purchase: step and day."""
    notices = Notice.objects.filter(purchase=purchase).standing().order_by("pk")
    return [(notice.step, notice.on.isoformat()) for notice in notices]


def fresh(purchase: Purchase) -> Purchase:
    """The purchase as it stands in the database."""
    return Purchase.objects.with_parties().get(pk=purchase.pk)


def emails_of(purchase: Purchase) -> list[tuple[str, str, str]]:
    """The e-mails about a purchase: kind, recipient, status."""
    rows = Email.objects.filter(reference=purchase.reference).order_by("pk")
    return [(email.kind, email.recipient, email.status) for email in rows]
