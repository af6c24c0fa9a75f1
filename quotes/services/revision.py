"""What staff does with a quote that was sent: a new revision of it, or more time for its customer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.roles import Right
from core.refused import Refused
from purchases.models import Source
from purchases.services.history import Note, enter, report, save_change
from purchases.services.place import Order, reprice
from purchases.states import EXTEND_QUOTE, LABELS, QUOTES, Status
from quotes import emails
from quotes.models import LONGEST_VALIDITY, Quote
from quotes.selectors import customer_of, tax_on
from quotes.services.quote import issue_document, lock_quote, refuse_over, send_quote
from quotes.services.quote_link import LONGEST_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from accounts.models import User
    from purchases.services.place import OrderLine


@transaction.atomic
def revise_quote(
    quote: Quote,
    *,
    lines: Sequence[OrderLine],
    message: str,
    by: User,
    at: datetime,
    valid_until: date | None = None,
    form_token: str | None = None,
) -> Quote:
    """Make and send the next revision of a quote, with prices and tax of today; from now on this one is refused.

    Without `valid_until` it is valid for as many days as its link says. The same `form_token` makes one revision: who
    clicks twice gets the first. Raises Refused when the quote is replaced, accepted, canceled or expired, for a last
    day that can't be, and for what can't be priced.
    """
    quote = lock_quote(quote)
    made = Quote.objects.filter(form_token=form_token).first() if form_token else None
    if made is not None:
        return made
    refuse_over(quote, at=at)
    purchase, on = quote.purchase, at.astimezone(quote.purchase.client.zone).date()
    last = valid_until or on + timedelta(days=quote.link.validity_days)
    _check_day(last, on=on)
    if len(message) > LONGEST_MESSAGE:
        too_long = f"The message is too long: at most {LONGEST_MESSAGE:,} characters are kept."
        raise Refused(too_long, "message")
    given = customer_of(purchase)
    tax_percent = tax_on(purchase.client, given, on=on).percent
    before = purchase.gross
    order = Order(source=Source.QUOTE, currency=purchase.currency, customer=given, lines=lines, tax_percent=tax_percent)
    tax_note = reprice(purchase, order, at=at)
    quote.replaced_at = at
    quote.save(update_fields=["replaced_at"])
    following = Quote(
        purchase=purchase,
        link=quote.link,
        revision=quote.revision + 1,
        replaces=quote,
        message=message.strip(),
        may_order_on_po=quote.link.may_order_on_po,
        valid_until=last,
        created_at=at,
        created_by=by,
        form_token=form_token,
    )
    text = f"Quote revised: revision {following.revision}, {before} → {purchase.gross}"
    save_change(purchase, Note("revised", text), by=by, at=at)
    if tax_note:
        enter(purchase, tax_note, by=by, at=at)
    send_quote(following, at=at)
    report(purchase, "revised", at=at)
    return following


@transaction.atomic
def extend_quote(quote: Quote, *, valid_until: date, by: User, at: datetime) -> Quote:
    """Give a quote, expired or not, a later last day at the same prices, and send it again.

    Raises Refused without the right, when it is replaced or no quote any more, and for a day that is not later.
    """
    if not by.may(Right.EXTEND_QUOTES):
        raise Refused("You don't have the right to extend quotes.", "right")
    quote = lock_quote(quote)
    purchase, before = quote.purchase, quote.valid_until
    if not quote.is_current:
        raise Refused("A newer revision took this one's place: extend that one.", "replaced")
    if purchase.status not in QUOTES:
        message = f"{purchase.reference} is {LABELS[purchase.status]}: there is no quote to extend."
        raise Refused(message, "status")
    _check_day(valid_until, on=at.astimezone(purchase.client.zone).date())
    if valid_until <= before:
        message = f"It is valid until {before:%Y-%m-%d} already: choose a later day."
        raise Refused(message, "day")
    if purchase.status == Status.QUOTE_EXPIRED:
        purchase.move(EXTEND_QUOTE)
    quote.valid_until, quote.expired_at, quote.reminded_at = valid_until, None, None
    quote.extended_at, quote.extended_by = at, by
    quote.save(update_fields=["valid_until", "expired_at", "reminded_at", "extended_at", "extended_by"])
    text = f"Quote extended: valid until {valid_until:%Y-%m-%d} instead of {before:%Y-%m-%d}"
    save_change(purchase, Note("extended", text), by=by, at=at)
    issue_document(quote, at=at)
    emails.quote_extended(quote, at=at)
    report(purchase, "extended", at=at)
    return quote


def _check_day(day: date, *, on: date) -> None:
    if not on <= day <= on + timedelta(days=LONGEST_VALIDITY):
        message = f"A quote is valid from today on for at most {LONGEST_VALIDITY} days."
        raise Refused(message, "day")
