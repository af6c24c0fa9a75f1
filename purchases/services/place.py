"""Placing an order: the one way in which a purchase comes into being."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from core.lengths import one_line, refuse_too_long
from core.letters import Formatter
from core.money import Money, line_amounts
from core.refused import Refused
from customers.services import find_or_register
from partners.services import reserve_checked
from purchases import emails
from purchases.models import (
    DocumentKind,
    PaymentType,
    Policy,
    Product,
    Purchase,
    PurchaseContact,
    PurchaseItem,
    Source,
    XParameter,
)
from purchases.policy import Buyer, Offer, offer_at_checkout
from purchases.selectors import trust_of
from purchases.selectors.exemption import cover_of, paper_of
from purchases.services.documents import issue
from purchases.services.history import Note, enter, keep_limit, report, save_change
from purchases.services.payment import settle_free
from purchases.services.release import accept
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from accounts.models import Client, User
    from core.money import LineAmounts
    from customers.models import Customer
    from customers.services import CustomerInput
    from partners.models import Partner
    from purchases.selectors.exemption import Cover
    from taxexempt.models import Certificate


X_KEY = re.compile(r"x-[A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as ordered; without `unit_price` the product's own price holds."""

    product_code: str
    quantity: int
    unit_price: Money | None = None
    discount_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it comes in. `source` is checkout, partner or offline; `is_po` asks to pay on purchase order.

    Without `reference` a number is drawn; made-up data gives its own. `form_token` is the one-time key of the form it
    was typed into, `remote_address` (masked) where from, `status_url` the order's own page for the e-mails about it.
    With `has_document` the signed PO document came along and nobody is asked for it; `term_days` 0 is the policy's.
    """

    source: str
    currency: str
    customer: CustomerInput
    lines: Sequence[OrderLine]
    tax_percent: Decimal
    is_po: bool = False
    payment_type: str = PaymentType.WIRE
    po_number: str = ""
    partner: Partner | None = None
    is_test: bool = False
    x_parameters: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None
    reference: str = ""
    form_token: str | None = None
    remote_address: str = ""
    status_url: str = ""
    has_document: bool = False
    term_days: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    product: Product
    ordered: OrderLine
    unit_minor: int
    amounts: LineAmounts


@transaction.atomic
def place_order(client: Client, order: Order, *, by: User | None, at: datetime) -> Purchase:
    """Place an order and start it where its policy says: waiting for review, accepted, or for an offline payment.

    A certificate that covers the customer takes the tax off. What comes by a quote link stays an offer until its
    customer accepts it. Raises Refused when a product or price is unknown, the policy does not offer PO for it, or a
    partner's limit does not suffice; then nothing is written.
    """
    policy = Policy.objects.filter(client=client).order_by("-version").first()
    if policy is None:
        message = f"{client} has no purchase order policy yet."
        raise Refused(message, "policy")
    is_proven = order.source not in {Source.CHECKOUT, Source.QUOTE}
    customer = find_or_register(client, order.customer, by=by, at=at, is_proven=is_proven)
    on = at.astimezone(client.zone).date()
    cover = cover_of(client, customer, order.customer, order.tax_percent, on=on, is_proven=is_proven)
    if cover.lifting:
        order = replace(order, tax_percent=Decimal(0))
    lines = _price(client, order)
    gross = Money(sum(line.amounts.gross for line in lines), order.currency)
    offer = _offer(order, policy, customer=customer, gross=gross)
    purchase = Purchase(
        client=client,
        customer=customer,
        partner=order.partner,
        policy=policy,
        reference=order.reference or _new_reference(),
        external_id=order.external_id,
        form_token=order.form_token,
        remote_address=order.remote_address,
        status=_first_status(order, offer),
        source=order.source,
        is_test=order.is_test,
        is_po=order.is_po,
        is_reviewed=offer.is_reviewed,
        po_number=one_line(order.po_number),
        payment_type=order.payment_type,
        customer_type=order.customer.type,
        vat_id=order.customer.vat_id,
        exempt_by=cover.lifting,
        language=order.customer.language,
        billing_company=order.customer.billing.company,
        billing_last_name=order.customer.billing.last_name,
        billing_email=order.customer.billing.email,
        currency=order.currency,
        net_minor=sum(line.amounts.net for line in lines),
        tax_minor=sum(line.amounts.tax for line in lines),
        gross_minor=gross.minor,
        term_days=order.term_days or policy.term_days,
        ordered_at=at,
    )
    if order.partner is not None and order.source == Source.PARTNER and order.is_po:
        purchase.partner = reserve_checked(order.partner, purchase.reference, gross, at=at, is_test=order.is_test)
    if purchase.status == Status.PURCHASE_ORDER:
        purchase.released_at = at
        purchase.due_on = purchase.ordered_on + timedelta(days=purchase.term_days)
    text = "Quote requested" if order.source == Source.QUOTE else f"Order placed ({purchase.get_source_display()})"
    placed = Note("placed", text, detail=offer.reason)
    save_change(purchase, placed, by=by, at=at)
    if cover.certificate:
        enter(purchase, _exemption_note(cover.certificate, cover.gaps), by=by, at=at)
    _write_parts(purchase, order, lines)
    keep_limit(purchase, by=by, at=at, comment="order placed")
    if purchase.status != Status.QUOTE:
        start_order(purchase, by=by, at=at, link=order.status_url, has_document=order.has_document)
    report(purchase, "placed", at=at)
    return purchase


def _exemption_note(certificate: Certificate, gaps: Sequence[str]) -> Note:
    """Say that a certificate lifts the tax; or what of an order anybody may have typed is other than on file."""
    if not gaps:
        return Note("exempt", f"No tax: {certificate} covers the order", detail=certificate.get_reason_display())
    text = f"Taxed although {certificate} covers the customer: what was typed is not what is on file"
    return Note("taxed", text, detail=f"Other than on file is {', '.join(gaps)}.")


def start_order(
    purchase: Purchase, *, by: User | None, at: datetime, link: str = "", has_document: bool = False
) -> None:
    """Confirm a locked purchase that has just become an order, do what its first status entails, tell the customer."""
    issue(purchase, DocumentKind.CONFIRMATION, at=at)
    if purchase.status == Status.PURCHASE_ORDER:
        accept(purchase, by=by, at=at, link=link)
    elif purchase.status == Status.AWAITING_RELEASE and has_document:
        emails.po_in_review(purchase, at=at, link=link)
    elif purchase.status == Status.AWAITING_RELEASE:
        emails.po_received(purchase, at=at, link=link)
    elif not purchase.gross_minor:
        settle_free(purchase, by=by, at=at, link=link)
    else:
        emails.order_confirmation(purchase, at=at, link=link)


def reprice(purchase: Purchase, order: Order, *, at: datetime) -> Note | None:
    """Give a locked quote the items of `order` instead of its own, dated and taxed as of now; who calls saves it.

    Returns what the history has to say about its certificate, if anything. Raises Refused when a product or price is
    unknown.
    """
    on, before = at.astimezone(purchase.client.zone).date(), purchase.exempt_by
    cover = cover_of(purchase.client, purchase.customer, order.customer, order.tax_percent, on=on, is_proven=False)
    purchase.exempt_by, purchase.ordered_at = cover.lifting, at
    if cover.lifting:
        order = replace(order, tax_percent=Decimal(0))
    lines = _price(purchase.client, order)
    purchase.items.all().delete()
    _write_items(purchase, order, lines)
    purchase.net_minor = sum(line.amounts.net for line in lines)
    purchase.tax_minor = sum(line.amounts.tax for line in lines)
    purchase.gross_minor = purchase.net_minor + purchase.tax_minor
    return exemption_change(before, cover, on=on)


def exemption_change(before: Certificate | None, cover: Cover, *, on: date) -> Note | None:
    """Say what another certificate than `before`, or none, means to an offer of the day `on`; None for the same."""
    if cover.certificate is not None:
        return None if cover.lifting == before else _exemption_note(cover.certificate, cover.gaps)
    if before is None:
        return None
    paper = paper_of(before)
    if paper.distance(on) == 0:
        return Note("taxed", f"Not exempt any more: {before} is of another customer, address or state")
    why = paper.sentence(on, Formatter("en"))
    return Note("taxed", f"Not exempt any more: {before} does not cover this day", detail=why)


def _first_status(order: Order, offer: Offer) -> Status:
    if order.source == Source.QUOTE:
        return Status.QUOTE
    if order.is_po:
        return Status.AWAITING_RELEASE if offer.is_reviewed else Status.PURCHASE_ORDER
    return Status.UNPAID if order.source == Source.OFFLINE else Status.AWAITING_OFFLINE_PAYMENT


def _offer(order: Order, policy: Policy, *, customer: Customer, gross: Money) -> Offer:
    """Say whether the order is reviewed, and why (not); raises Refused where purchase orders are not offered."""
    if not order.is_po:
        return Offer(is_offered=True)
    if order.source == Source.OFFLINE:
        reason = "Reviewed: a purchase order that was keyed in always is."
        return Offer(is_offered=True, is_reviewed=True, reason=reason)
    if order.source == Source.PARTNER:
        if order.partner is None:
            message = "An order in the partner portal needs its partner."
            raise Refused(message, "partner")
        if not policy.partner_pos_allowed:
            message = "Partners may not order on PO."
            raise Refused(message, "partner")
        return Offer(is_offered=True, reason="Not reviewed: in the partner portal the partner's limit decides.")
    return offer_on_po(policy, customer, order.customer, gross=gross, po_number=order.po_number)


def offer_on_po(policy: Policy, customer: Customer, given: CustomerInput, *, gross: Money, po_number: str) -> Offer:
    """Say whether a purchase order of `given` is reviewed, and why (not); raises Refused where it is not offered."""
    address, trust = given.billing, trust_of(policy, customer, given)
    buyer = Buyer(
        type=given.type,
        company=address.company,
        country=address.country,
        is_trusted=trust.is_given,
    )
    offer = offer_at_checkout(policy.terms, buyer, gross)
    if not offer.is_offered:
        raise Refused(offer.reason, offer.code)
    if policy.po_number_required and not po_number:
        message = "A PO number is needed for a purchase order."
        raise Refused(message, "po_number")
    return replace(offer, reason=trust.sentence(policy))


def _price(client: Client, order: Order) -> list[_Line]:
    if not order.lines:
        message = "An order needs at least one item."
        raise Refused(message, "items")
    codes = {line.product_code for line in order.lines}
    products = {
        product.code: product
        for product in Product.objects.filter(client=client, code__in=codes, is_active=True).prefetch_related("prices")
    }
    return [_price_line(products, line, order) for line in order.lines]


def _price_line(products: Mapping[str, Product], line: OrderLine, order: Order) -> _Line:
    product = products.get(line.product_code)
    if product is None:
        message = f"{line.product_code} is not a product of this client."
        raise Refused(message, "product")
    if line.quantity < 1:
        message = f"The quantity of {line.product_code} must be at least 1."
        raise Refused(message, "quantity")
    price = line.unit_price  # may well be zero
    if price is None:
        price = next((p.price for p in product.prices.all() if p.currency == order.currency), None)
    if price is None or price.currency != order.currency:
        message = f"{product} has no price in {order.currency}."
        raise Refused(message, "price")
    amounts = line_amounts(
        unit_minor=price.minor,
        quantity=line.quantity,
        discount_percent=line.discount_percent,
        tax_percent=order.tax_percent,
    )
    return _Line(product=product, ordered=line, unit_minor=price.minor, amounts=amounts)


def _write_items(purchase: Purchase, order: Order, lines: Sequence[_Line]) -> None:
    PurchaseItem.objects.bulk_create(
        PurchaseItem(
            purchase=purchase,
            position=position,
            product=line.product,
            product_code=line.product.code,
            name=line.product.name,
            quantity=line.ordered.quantity,
            unit_minor=line.unit_minor,
            discount_percent=line.ordered.discount_percent,
            tax_percent=order.tax_percent,
            net_minor=line.amounts.net,
            tax_minor=line.amounts.tax,
            gross_minor=line.amounts.gross,
        )
        for position, line in enumerate(lines, start=1)
    )


def _write_parts(purchase: Purchase, order: Order, lines: Sequence[_Line]) -> None:
    _write_items(purchase, order, lines)
    contacts = [
        PurchaseContact(purchase=purchase, kind=kind, **asdict(address))
        for kind, address in order.customer.addresses().items()
    ]
    parameters = [XParameter(purchase=purchase, key=key, value=value) for key, value in order.x_parameters.items()]
    for row in (*contacts, *parameters):
        refuse_too_long(row)
    for parameter in parameters:
        check_x_parameter(parameter.key, parameter.value)
    PurchaseContact.objects.bulk_create(contacts)
    XParameter.objects.bulk_create(parameters)


def check_x_parameter(key: str, value: str) -> None:
    """Refuse an x-parameter whose key or value the client's reports could not carry."""
    if not X_KEY.fullmatch(key):
        message = f"“{key}” is no x-parameter: a key is “x-” followed by letters, digits and hyphens."
        raise Refused(message, "x_parameter")
    if not value or not value.isprintable():
        message = f"The value of {key} has to be 1 to 255 printable characters."
        raise Refused(message, "x_parameter")
    refuse_too_long(XParameter(key=key, value=value))


def _new_reference() -> str:
    """Draw a free reference number: nine digits, so that nobody can guess the next one."""
    while True:
        reference = str(100_000_000 + secrets.randbelow(900_000_000))
        if not Purchase.objects.filter(reference=reference).exists():
            return reference
