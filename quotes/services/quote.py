"""A quote's life as its customer lives it: asked for, opened, accepted or ordered on purchase order, expired."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.lengths import one_line
from core.refused import Refused
from core.tokens import hash_of
from purchases.models import DocumentKind, Method, Nature, PaymentType, Purchase, Source
from purchases.policy import Buyer, Offer, warnings
from purchases.services.documents import issue, keep_document, take_number
from purchases.services.history import Note, enter, report, save_change
from purchases.services.place import Order, OrderLine, offer_on_po, place_order, start_order
from purchases.services.release import keep_document as keep_po_document
from purchases.states import ACCEPT_QUOTE, EXPIRE_QUOTE, QUOTE_TO_PO, QUOTE_TO_TRUSTED_PO, Status
from quotes import documents, emails
from quotes.models import Quote, QuoteLink
from quotes.selectors import current_of, customer_of, offers_po, tax_on
from quotes.services.checkout import is_form_key
from quotes.services.link import NOTED_EVERY, keep_link, status_url
from quotes.services.remark import note_remark, read_remark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User
    from customers.services import CustomerInput
    from purchases.services.entry import Arrival

OFFLINE: Final = frozenset({PaymentType.WIRE, PaymentType.CHECK})


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """What a customer fills in on a link's page; `quantities` by product code, where the link lets them be changed.

    Without `reference` a number is drawn; made-up data gives its own.
    """

    customer: CustomerInput
    quantities: Mapping[str, int] = field(default_factory=dict)
    remark: str = ""
    remote_address: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Requested:
    """A quote; `is_new` unless the same form had asked for it before."""

    quote: Quote
    is_new: bool


# Asking for a quote ---------------------------------------------------------------------------------------------------


@transaction.atomic
def request_quote(link: QuoteLink, wanted: QuoteRequest, *, form_key: str, at: datetime) -> Requested:
    """Make the quote that a link offers to this customer, and send it; prices and tax are frozen until it expires.

    The same form sent twice, at once or later, is one quote. Raises Refused when the form's key is not ours or was
    used for an order, the link is switched off, quantities are changed that may not be, something has no price, or the
    remark is too long.
    """
    # The second of two clicks at the same moment waits here for the first, and then finds what it made.
    link = QuoteLink.objects.select_related("client").lock(link)
    token = hash_of(form_key)
    found = Quote.objects.filter(purchase__form_token=token, revision=1).first()
    if found is not None:
        return Requested(found, is_new=False)
    if not is_form_key(link.client, form_key) or Purchase.objects.filter(form_token=token).exists():
        message = "This page was open for too long. Please send it again; no quote was made."
        raise Refused(message, "form_expired")
    return Requested(_request(link, wanted, token=token, at=at), is_new=True)


def _request(link: QuoteLink, wanted: QuoteRequest, *, token: str, at: datetime) -> Quote:
    if not link.is_active:
        message = "No more quotes are made by this link."
        raise Refused(message, "inactive")
    remark = read_remark(wanted.remark)
    on = at.astimezone(link.client.zone).date()
    order = Order(
        source=Source.QUOTE,
        currency=link.currency,
        customer=wanted.customer,
        lines=_lines(link, wanted.quantities),
        tax_percent=tax_on(link.client, wanted.customer, on=on).percent,
        is_test=link.is_test,
        x_parameters=link.x_parameters,
        reference=wanted.reference,
        form_token=token,
        remote_address=wanted.remote_address,
    )
    purchase = place_order(link.client, order, by=None, at=at)
    quote = Quote(
        purchase=purchase,
        link=link,
        message=link.message,
        may_order_on_po=link.may_order_on_po,
        valid_until=on + timedelta(days=link.validity_days),
        created_at=at,
        remark=remark,
    )
    note_remark(purchase, remark, at=at)
    return send_quote(quote, at=at)


def _lines(link: QuoteLink, quantities: Mapping[str, int]) -> list[OrderLine]:
    lines = []
    for item in link.items.select_related("product").order_by("position"):
        quantity = quantities.get(item.product.code, item.quantity)
        if quantity != item.quantity and not link.may_change_quantity:
            message = f"The quantity of {item.product.name} can't be changed in this quote."
            raise Refused(message, "quantity")
        lines.append(OrderLine(item.product.code, quantity, item.price, item.discount_percent))
    return lines


def send_quote(quote: Quote, *, at: datetime) -> Quote:
    """Save a new revision, issue its document and send it."""
    quote.hash_token()
    quote.gross_minor = quote.purchase.gross_minor
    quote.save()
    issue_document(quote, at=at)
    emails.quote_sent(quote, at=at)
    return quote


def issue_document(quote: Quote, *, at: datetime) -> None:
    """Freeze what a quote says, as a document with a number of its own."""
    purchase = quote.purchase
    number = take_number(purchase.client, DocumentKind.QUOTE, at=at, is_test=purchase.is_test)
    quote.document = keep_document(
        purchase.client,
        DocumentKind.QUOTE,
        number=number,
        template=documents.QUOTE_TEMPLATE,
        data=documents.quote_data(quote, number=number, at=at, offers_po=offers_po(quote)),
        language=purchase.language,
        at=at,
        purchase=purchase,
    )
    quote.save(update_fields=["document"])


# Where it stands ------------------------------------------------------------------------------------------------------


def refusal_of(quote: Quote, *, at: datetime) -> Refused | None:
    """Say why a quote can't be accepted now; None when it can. `code`: replaced, expired, canceled or accepted."""
    status = quote.purchase.status
    if not quote.is_current:
        newest = current_of(quote.purchase)
        message = f"This quote was replaced by revision {newest.revision}: only the newest one can be accepted."
        return Refused(message, "replaced")
    if status == Status.QUOTE_EXPIRED or (status == Status.QUOTE and quote.is_past(at)):
        message = f"This quote was valid until {quote.valid_until:%Y-%m-%d}: it has to be extended first."
        return Refused(message, "expired")
    if status == Status.QUOTE:
        return None
    if quote.accepted_at is None:
        return Refused("This quote was canceled.", "canceled")
    return Refused("This quote was accepted already.", "accepted")


def lock_quote(quote: Quote) -> Quote:
    """Read a quote again under the lock of its purchase."""
    purchase = Purchase.objects.lock(quote.purchase)
    locked = Quote.objects.select_related("link").lock(quote)
    locked.purchase = purchase
    return locked


def lock_standing(quote: Quote, *, at: datetime) -> Quote:
    """Lock a quote; raises Refused when it is replaced, expired, canceled or accepted."""
    quote = lock_quote(quote)
    refuse_over(quote, at=at)
    return quote


def refuse_over(quote: Quote, *, at: datetime) -> None:
    """Raise Refused when a locked quote is replaced, expired, canceled or accepted."""
    refused = refusal_of(quote, at=at)
    if refused is not None:
        raise refused


def note_opened(quote: Quote, *, at: datetime) -> None:
    """Note that the customer looked at the quote's page; nothing of the quote changes.

    Who calls knows that it was a customer: see `quotes.views.offer.OfferPage`.
    """
    if quote.first_viewed_at is None:
        if Quote.objects.filter(pk=quote.pk, first_viewed_at=None).update(first_viewed_at=at, viewed_at=at):
            note = Note("quote_opened", f"{_named(quote)} opened", nature=Nature.INBOUND, method=Method.WEB)
            enter(quote.purchase, note, by=None, at=at)
    elif quote.viewed_at is None or quote.viewed_at < at - NOTED_EVERY:  # most visits write nothing
        Quote.objects.filter(pk=quote.pk).update(viewed_at=at)


def note_downloaded(quote: Quote, *, at: datetime) -> None:
    """Note that the customer took the quote's PDF from its page."""
    Quote.objects.filter(pk=quote.pk, downloaded_at=None).update(downloaded_at=at)


# How it ends ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def accept_quote(
    quote: Quote, *, at: datetime, by: User | None = None, payment_type: str = PaymentType.WIRE, remark: str = ""
) -> Purchase:
    """Turn a quote into an order that will be paid offline: order confirmation and pro-forma invoice go out.

    `by` accepts it on the customer's behalf; the customer may add a `remark`. Raises Refused when it can't be accepted
    any more, or the remark is too long.
    """
    if payment_type not in OFFLINE:
        raise Refused("Choose wire transfer or check.", "payment")
    quote = lock_standing(quote, at=at)
    purchase = quote.purchase
    purchase.move(ACCEPT_QUOTE)
    purchase.payment_type = payment_type
    _order(quote, Note("accepted", f"{_named(quote)} accepted"), remark=remark, by=by, at=at)
    if purchase.gross_minor:
        issue(purchase, DocumentKind.PROFORMA, at=at)
    start_order(purchase, by=by, at=at, link=_page_of(quote, at=at))
    report(purchase, "placed", at=at)
    return purchase


@transaction.atomic
def quote_to_po(
    quote: Quote,
    *,
    po_number: str,
    at: datetime,
    by: User | None = None,
    arrival: Arrival | None = None,
    note: str = "",
    remark: str = "",
) -> Purchase:
    """Turn a quote into a purchase order, with its document where it came along, and the customer's `remark`.

    The customer's waits for its review, or is accepted at once where the policy reviews nothing or trusts them. Of what
    `by` converts for the customer every one is reviewed where the policy reviews at all, and a `note` says why one that
    is outside the policy is taken. Raises Refused when PO is not offered, its number lacks, the remark is too long, or
    the quote is over.
    """
    quote, po_number = lock_standing(quote, at=at), one_line(po_number)
    purchase = quote.purchase
    offer = _offer_to_agent(quote, po_number, note) if by else _offer_to_customer(quote, po_number)
    purchase.move(QUOTE_TO_PO if offer.is_reviewed else QUOTE_TO_TRUSTED_PO)
    purchase.is_po, purchase.is_reviewed, purchase.po_number = True, offer.is_reviewed, po_number
    if not offer.is_reviewed:
        purchase.released_at = at
        purchase.due_on = at.astimezone(purchase.client.zone).date() + timedelta(days=purchase.term_days)
    text = f"{_named(quote)} converted to a purchase order"
    _order(quote, Note("converted", text, reason=note, detail=offer.reason), remark=remark, by=by, at=at)
    has_document = arrival is not None and arrival.has_document
    start_order(purchase, by=by, at=at, link=_page_of(quote, at=at), has_document=has_document)
    if arrival is not None and has_document:
        purchase = keep_po_document(purchase, channel=arrival.channel, by=by, at=at, file=arrival.file)
    report(purchase, "placed", at=at)
    return purchase


def po_warnings(quote: Quote) -> list[str]:
    """List what lies outside the policy, or what the link says, when this quote is converted for its customer."""
    purchase, given = quote.purchase, customer_of(quote.purchase)
    buyer = Buyer(given.type, given.billing.company, given.billing.country)
    outside = warnings(purchase.policy.terms, buyer, purchase.gross)
    return outside if quote.may_order_on_po else ["The quote does not offer purchase orders.", *outside]


def _offer_to_agent(quote: Quote, po_number: str, note: str) -> Offer:
    policy, outside = quote.purchase.policy, po_warnings(quote)
    if policy.po_number_required and not po_number:
        raise Refused("A PO number is needed for a purchase order.", "po_number")
    if outside and not note.strip():
        message = f"{' '.join(outside)} A note has to say why it is converted all the same."
        raise Refused(message, "outside policy")
    is_reviewed = policy.review or bool(outside)
    reason = "Reviewed: converted by a person." if is_reviewed else "Not reviewed: the policy reviews nothing."
    return Offer(is_offered=True, is_reviewed=is_reviewed, reason=reason)


def _offer_to_customer(quote: Quote, po_number: str) -> Offer:
    purchase = quote.purchase
    if not quote.may_order_on_po:
        raise Refused("This quote can't be ordered on purchase order.", "po")
    given = customer_of(purchase)
    return offer_on_po(purchase.policy, purchase.customer, given, gross=purchase.gross, po_number=po_number)


def _order(quote: Quote, note: Note, *, remark: str, by: User | None, at: datetime) -> None:
    """Keep that the quote became an order now, by whom, and who it was for."""
    quote.accepted_at, quote.accepted_by, quote.accept_remark = at, by, read_remark(remark)
    quote.save(update_fields=["accepted_at", "accepted_by", "accept_remark"])
    quote.purchase.ordered_at = at
    nature = Nature.INBOUND if by is None else note.nature
    method = Method.WEB if by is None else note.method
    kept = Note(note.event, note.text, reason=note.reason, detail=note.detail, nature=nature, method=method)
    save_change(quote.purchase, kept, by=by, at=at)
    note_remark(quote.purchase, quote.accept_remark, at=at)


def _page_of(quote: Quote, *, at: datetime) -> str:
    """Open the order's own page, and write out its address."""
    keep_link(quote.purchase, quote.order_token, at=at)
    return status_url(quote.order_token)


def _named(quote: Quote) -> str:
    return "Quote" if quote.revision == 1 else f"Quote, revision {quote.revision}"


@transaction.atomic
def expire_quote(quote: Quote, *, at: datetime) -> Purchase:
    """End a quote whose last day is over, and tell its customer. Raises Refused when it isn't, or is no quote now."""
    quote = lock_quote(quote)
    purchase = quote.purchase
    if not quote.is_current or not quote.is_past(at):
        message = f"This revision of {purchase.reference} does not expire now."
        raise Refused(message, "not due")
    purchase.move(EXPIRE_QUOTE)
    quote.expired_at = at
    quote.save(update_fields=["expired_at"])
    text = f"{_named(quote)} expired: it was valid until {quote.valid_until:%Y-%m-%d}"
    save_change(purchase, Note("expired", text), by=None, at=at)
    emails.quote_expired(quote, at=at)
    report(purchase, "expired", at=at)
    return purchase
