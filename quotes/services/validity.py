"""What the worker does with quotes as their last day comes: a reminder three days before, the end the morning after."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction

from core.refused import Refused
from errorlog.models import ErrorType
from errorlog.services import log_error
from purchases.models import Method, Nature
from purchases.services.history import Note, enter
from quotes import emails
from quotes.models import Quote
from quotes.services.quote import expire_quote, lock_standing

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

LOOKED_AT: Final = time(8)
"""From this time of day, in the client's zone, a day's quotes are looked at: the hour of all daily decisions."""
REMINDED_BEFORE: Final = timedelta(days=3)
MOST_AHEAD: Final = timedelta(days=1)
"""How far a client's day may be ahead of UTC's."""

log = structlog.get_logger(__name__)


def look_at_quotes(*, at: datetime) -> int:
    """Remind of the quotes that expire soon and end those whose last day is over, each once; return how many.

    A day's quotes are looked at from the client's 08:00 on; after an outage, whatever was missed. With nothing to do
    this costs one query. A quote that fails is entered in the error log; the others go on.
    """
    latest = at.date() + MOST_AHEAD + REMINDED_BEFORE
    rows = Quote.objects.standing().filter(accepted_at=None, expired_at=None)  # as the index has them
    rows = rows.last_day_by(latest).select_related("purchase__client", "link")
    return sum(look_at_quote(quote, at=at) for quote in rows.order_by("valid_until", "pk"))


def look_at_quote(quote: Quote, *, at: datetime) -> bool:
    """Remind of one quote, or end it, where its day has come; False when nothing was done."""
    client = quote.purchase.client
    today = day_looked_at(at, client.zone)
    try:
        if quote.valid_until < today:
            expire_quote(quote, at=at)
        elif is_reminder_due(quote, today):
            remind_of_quote(quote, at=at)
        else:
            return False
    except Refused:
        return False  # somebody was faster: it was accepted, revised, extended or canceled meanwhile
    except Exception as error:  # one quote's trouble must not keep the others back
        reference = quote.purchase.reference
        log.exception("quote not looked at", reference=reference)
        log_error(
            type=ErrorType.UNEXPECTED,
            note=f"{type(error).__name__} when the quote's last day was looked at",
            at=at,
            dedupe_key=f"quote:{reference}:{today}",
            client=client,
            reference=reference,
        )
        return False
    return True


def day_looked_at(at: datetime, zone: ZoneInfo) -> date:
    """Say whose morning has come in a zone: before 08:00 it is still yesterday's."""
    local = at.astimezone(zone)
    return local.date() if local.time() >= LOOKED_AT else local.date() - timedelta(days=1)


def is_reminder_due(quote: Quote, today: date) -> bool:
    """Whether a quote's last day is near, and it was sent before it was; of what has just come nobody is reminded."""
    zone = quote.purchase.client.zone
    sent_on = (quote.extended_at or quote.created_at).astimezone(zone).date()
    near_from = quote.valid_until - REMINDED_BEFORE
    return quote.reminded_at is None and sent_on < near_from <= today


@transaction.atomic
def remind_of_quote(quote: Quote, *, at: datetime) -> Quote:
    """Remind the customer that a quote expires soon. Raises Refused when it can't be accepted any more."""
    quote = lock_standing(quote, at=at)
    if quote.reminded_at is not None:
        message = "Its customer was reminded already."
        raise Refused(message, "reminded")
    quote.reminded_at = at
    quote.save(update_fields=["reminded_at"])
    emails.quote_reminder(quote, at=at)
    note = Note("quote_reminded", "Reminded that the quote expires", nature=Nature.OUTBOUND, method=Method.EMAIL)
    enter(quote.purchase, note, by=None, at=at)
    return quote
