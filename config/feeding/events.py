"""Event files: what happened to orders, one JSON object a line, in order of its moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from config.feeding.jsonfile import BadInputError, Node, Source, parse
from config.feeding.world import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from core.money import Money

CHANNELS = ("checkout", "partner", "offline")
PAYMENTS = ("po", "wire", "check")
DOCUMENT_CHANNELS = ("email", "fax", "letter", "upload")
CARD_DIGITS = 4
LONG = 100_000
"""Texts are measured when they are applied (a line too long is refused, the rest goes on), not when they are read."""


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A person with an address: the licensee or the delivery contact."""

    company: str
    first_name: str
    last_name: str
    email: str
    phone: str
    fax: str
    street: str
    postal_code: str
    city: str
    country: str
    state: str


@dataclass(frozen=True, slots=True)
class CustomerRow(AddressRow):
    """Who buys, with the billing address."""

    type: str
    language: str
    vat_id: str


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of an order; without a unit price the product's price counts."""

    product: str
    quantity: int
    unit_price: Money | None
    discount_percent: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """An order comes in."""

    client: str
    channel: str
    payment: str
    currency: str
    customer: CustomerRow
    delivery: AddressRow | None
    licensee: AddressRow | None
    po_number: str
    partner: str
    test: bool
    x_parameters: dict[str, str]
    tax_percent: Decimal
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class DocumentReceived:
    """The customer's signed purchase order arrives."""

    channel: str
    file: str


@dataclass(frozen=True, slots=True)
class Review:
    """A person releases, rejects or converts (`act`)."""

    act: str
    by: str
    note: str
    po_number: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """A person cancels."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Payment:
    """Money comes in."""

    amount: Money
    method: str
    bank_reference: str
    card_last4: str


@dataclass(frozen=True, slots=True)
class Refund:
    """A person gives money back; no amount means all of it."""

    by: str
    amount: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """A person holds dunning, up to and including `until`."""

    by: str
    reason: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Resume:
    """A person ends a hold."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Promise:
    """A person notes that the customer promised to pay by a day."""

    by: str
    until: date


@dataclass(frozen=True, slots=True)
class KeepActive:
    """The client answers the delinquency notification: keep it active."""


Fact = Order | DocumentReceived | Review | Cancel | Payment | Refund | Hold | Resume | Promise | KeepActive


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an event file."""

    line: int
    at: datetime
    name: str
    order: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Extent:
    """How much an event file holds: number of events, first and last moment (none in an empty file)."""

    count: int
    first: datetime | None
    last: datetime | None


def read_events(path: Path) -> Iterator[Event]:
    """Read events one by one, in constant memory; empty lines are skipped but counted.

    Raises BadInputError at the first line that is no event or is out of order.
    """
    previous: Event | None = None
    for number, line in _lines(path):
        event = _event(
            parse(line, file=str(path), first_line=number),
            Source(str(path), line=number),
        )
        if previous is not None and event.at < previous.at:
            reason = f"{event.at.isoformat()} is before line {previous.line}; lines are in order of their moment"
            raise BadInputError(str(path), number, "at", reason)
        previous = event
        yield event


def measure(path: Path) -> Extent:
    """Read a whole event file to know that every line is usable before the first one is applied.

    Raises BadInputError like `read_events`.
    """
    count, first, last = 0, None, None
    for event in read_events(path):
        first, last, count = first or event.at, event.at, count + 1
    return Extent(count, first, last)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Go through the lines of a UTF-8 file, ended by line feeds only, as JSON lines are."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
                except UnicodeDecodeError:
                    raise BadInputError(str(path), number, "", "is not UTF-8 text") from None
                if line:
                    yield number, line
    except OSError as error:
        raise BadInputError(str(path), None, "", f"can't be read: {error.strerror or error}") from None


def _event(value: object, source: Source) -> Event:
    node = Node(value, (), source)
    if not isinstance(value, dict):
        node.fail(None, "must be an object such as {…}")
    name = node.choice("event", tuple(READERS))
    fields, read = READERS[name]
    node.only(("at", "event", "order", *fields))
    return Event(
        line=source.line or 0,
        at=node.moment("at").astimezone(UTC),
        name=name,
        order=node.text("order", limit=60),
        fact=read(node),
    )


def _address(node: Node) -> AddressRow:
    node.only(AddressRow.__dataclass_fields__)
    return AddressRow(**_address_fields(node))


def _address_fields(node: Node) -> dict[str, str]:
    return {name: node.text(name, limit=LONG, default="") for name in AddressRow.__dataclass_fields__}


def _customer(node: Node) -> CustomerRow:
    node.only(CustomerRow.__dataclass_fields__)
    return CustomerRow(
        **_address_fields(node),
        type=node.choice("type", TYPES),
        language=node.text("language", limit=5, default="en"),
        vat_id=node.text("vat_id", limit=LONG, default=""),
    )


def _item(node: Node, currency: str) -> ItemRow:
    node.only(ItemRow.__dataclass_fields__)
    price = node.money("unit_price", currency) if node.has("unit_price") else None
    if price is not None and price.minor < 0:
        node.fail("unit_price", "must not be below zero")
    return ItemRow(
        product=node.text("product", limit=LONG),
        quantity=node.whole("quantity", low=1, high=1_000_000),
        unit_price=price,
        discount_percent=node.percent("discount_percent", default=Decimal(0)),
    )


def _order(node: Node) -> Order:
    currency = node.currency("currency")
    items = tuple(_item(row, currency) for row in node.rows("items"))
    if not items:
        node.fail("items", "is empty")
    return Order(
        client=node.text("client", limit=LONG),
        channel=node.choice("channel", CHANNELS),
        payment=node.choice("payment", PAYMENTS),
        currency=currency,
        customer=_customer(node.child("customer")),
        delivery=_address(node.child("delivery")) if node.has("delivery") else None,
        licensee=_address(node.child("licensee")) if node.has("licensee") else None,
        po_number=node.text("po_number", limit=LONG, default=""),
        partner=node.text("partner", limit=LONG, default=""),
        test=node.flag("test", default=False),
        x_parameters=node.texts("x_parameters", limit=LONG),
        tax_percent=node.percent("tax_percent"),
        items=items,
    )


def _document(node: Node) -> DocumentReceived:
    return DocumentReceived(
        node.choice("channel", DOCUMENT_CHANNELS),
        node.text("file", limit=255, default=""),
    )


def _review(act: str) -> Callable[[Node], Review]:
    def read(node: Node) -> Review:
        note = node.text("note", limit=LONG, default="")
        return Review(
            act,
            node.text("by", limit=150),
            note,
            node.text("po_number", limit=LONG, default=""),
        )

    return read


def _cancel(node: Node) -> Cancel:
    return Cancel(node.text("by", limit=150), node.text("reason", limit=LONG))


def _payment(node: Node) -> Payment:
    card = node.text("card_last4", limit=4, default="")
    if card and not (card.isascii() and card.isdigit() and len(card) == CARD_DIGITS):
        node.fail("card_last4", f"{card!r} must be four digits")
    return Payment(
        amount=node.money("amount", node.currency("currency")),
        method=node.text("method", limit=20),
        bank_reference=node.text("bank_reference", limit=LONG, default=""),
        card_last4=card,
    )


def _refund(node: Node) -> Refund:
    by, reason = node.text("by", limit=150), node.text("reason", limit=LONG)
    total = node.flag("total", default=False)
    if total == node.has("amount"):
        node.fail("amount", "give either an amount or total: true")
    if total:
        return Refund(by, None, reason)
    return Refund(by, str(node.number("amount")), reason)


def _hold(node: Node) -> Hold:
    return Hold(node.text("by", limit=150), node.text("reason", limit=LONG), node.day("until"))


def _resume(node: Node) -> Resume:
    return Resume(node.text("by", limit=150), node.text("reason", limit=LONG))


def _promise(node: Node) -> Promise:
    until = node.day("until")
    if until is None:
        node.fail("until", "is missing")
    return Promise(node.text("by", limit=150), until)


def _keep_active(_node: Node) -> KeepActive:
    return KeepActive()


REVIEW_FIELDS = ("by", "note", "po_number")
READERS: dict[str, tuple[tuple[str, ...], Callable[[Node], Fact]]] = {
    "order": (tuple(Order.__dataclass_fields__), _order),
    "document": (("channel", "file"), _document),
    "release": (REVIEW_FIELDS, _review("release")),
    "reject": (REVIEW_FIELDS, _review("reject")),
    "convert": (REVIEW_FIELDS, _review("convert")),
    "cancel": (("by", "reason"), _cancel),
    "payment": (
        ("amount", "currency", "method", "bank_reference", "card_last4"),
        _payment,
    ),
    "refund": (("by", "amount", "total", "reason"), _refund),
    "hold": (("by", "reason", "until"), _hold),
    "resume": (("by", "reason"), _resume),
    "promise": (("by", "until"), _promise),
    "keep_active": ((), _keep_active),
}
"""For every event: its own fields, and what reads them."""
