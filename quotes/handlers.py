"""What the outbox asks of quotes: whether an e-mail about one may still go out, and what clients may word of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mailing.signals import register_guard
from purchases.handlers import let_clients_word
from purchases.models import DocumentKind, Purchase
from purchases.selectors.samples import SAMPLE_LINK, document_of
from purchases.services.generate import register_writer
from purchases.states import Status
from purchases.wording.places import QUOTES, WHICH, MailPlaces
from quotes import emails
from quotes.models import Quote, QuoteLink
from quotes.selectors import current_of
from quotes.wording import QUOTE_EMAILS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailing.models import Email
    from purchases.emails import Draft, Mail

OFFERS: Final = ("quote", "quote_extended", "quote_reminder")
_DAY: Final = {"valid_until": "The last day on which the quote can be accepted."}
_UNTIL: Final = {**WHICH, "valid_until": "until when it holds"}
MAILS: Final[dict[str, MailPlaces]] = {
    "quote": MailPlaces(QUOTES, "A quote or its next revision; the link to it follows your words.", _DAY, _UNTIL),
    "quote_extended": MailPlaces(QUOTES, "A quote is valid for longer; the link follows your words.", _DAY, _UNTIL),
    "quote_reminder": MailPlaces(QUOTES, "3 days before a quote expires; the link follows your words.", _DAY, _UNTIL),
    "quote_expired": MailPlaces(
        QUOTES,
        "A quote was not accepted in time.",
        _DAY,
        {**WHICH, "client_email": "who makes a new one"},
    ),
}


def still_offered(email: Email) -> str:
    """An offer goes out while its customer can accept what it says."""
    purchase = Purchase.objects.lock(Purchase.objects.get(reference=email.reference, client=email.client))
    if purchase.status != Status.QUOTE:
        return f"The purchase is {purchase.status_label}"
    quote, written_at = current_of(purchase), (email.original or email).created_at
    is_overtaken = max(quote.created_at, quote.extended_at or quote.created_at) > written_at
    return "The quote was revised or extended since" if is_overtaken else ""


def still_expired(email: Email) -> str:
    """That a quote is over is said while it is."""
    purchase = Purchase.objects.lock(Purchase.objects.get(reference=email.reference, client=email.client))
    return "" if purchase.status == Status.QUOTE_EXPIRED else f"The purchase is {purchase.status_label}"


def sample_of(mail: Mail[...]) -> Callable[[Purchase, datetime], Draft]:
    """Word an e-mail as about a quote of any order, made up where the order never was one; its link leads nowhere."""

    def draft(order: Purchase, at: datetime) -> Draft:
        until = at.astimezone(order.client.zone).date() + timedelta(days=30)
        quote = Quote.objects.current().filter(purchase=order).first() or Quote(link=QuoteLink(), valid_until=until)
        quote.purchase = order
        quote.document = quote.document or document_of(order, DocumentKind.QUOTE)
        made = mail.draft(quote, at=at)
        return replace(made, parts=replace(made.parts, link=SAMPLE_LINK if made.parts.link else ""))

    return draft


def write_anew(purchase: Purchase, at: datetime) -> Draft:
    """Word the quote for somebody who asks for it again."""
    quote = current_of(purchase)
    quote.purchase = purchase
    return emails.quote_sent.draft(quote, at=at)


SAMPLES: Final[dict[str, Callable[[Purchase, datetime], Draft]]] = {
    "quote": sample_of(emails.quote_sent),
    "quote_extended": sample_of(emails.quote_extended),
    "quote_reminder": sample_of(emails.quote_reminder),
    "quote_expired": sample_of(emails.quote_expired),
}


def register() -> None:
    """Stand guard over the e-mails about quotes, let clients word them, and let people send a quote again."""
    for kind in OFFERS:
        register_guard(kind, still_offered)
    register_guard("quote_expired", still_expired)
    let_clients_word(MAILS, QUOTE_EMAILS, SAMPLES)
    register_writer("quote", write_anew)
