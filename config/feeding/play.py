"""Playing events: each is applied by the product's own services, at its own moment."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.selectors import client_by_slug, user_acting_for
from config.feeding.events import (
    AddressRow,
    Cancel,
    DocumentReceived,
    Event,
    Fact,
    Hold,
    KeepActive,
    Order,
    Payment,
    Promise,
    Refund,
    Resume,
    Review,
)
from core.money import Money
from core.refused import Refused
from customers.services import AddressInput, CustomerInput
from dunning.services.pauses import hold_dunning, keep_active, resume_dunning
from dunning.services.promises import promise_payment
from partners.models import Partner
from purchases.models import PaymentType, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.payment import record_payment
from purchases.services.place import Order as PlacedOrder
from purchases.services.place import OrderLine, place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import (
    ReceivedFile,
    convert_purchase,
    receive_document,
    reject_purchase,
    release_purchase,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from accounts.models import Client, User

    FindFile = Callable[[Purchase, str, datetime], ReceivedFile | None]


def no_files(_purchase: Purchase, _name: str, _at: datetime) -> None:
    """Find no file: documents are noted as received without one."""


@dataclass(slots=True)
class Player:
    """Applies events; clients and users are looked up once, for they don't change while it plays.

    `find_file` finds the file that came with a document, by the name in the event; `draw_reference` draws reference
    numbers where they shall be the same every time. `bank_lines` counts equal payments: each of them is money.
    """

    find_file: FindFile = no_files
    draw_reference: Callable[[], str] | None = None
    clients: dict[str, Client] = field(default_factory=dict)
    users: dict[tuple[str, int], User] = field(default_factory=dict)
    bank_lines: Counter[str] = field(default_factory=Counter)

    @transaction.atomic
    def play(self, event: Event) -> None:
        """Let one event happen, or nothing at all.

        Raises Refused with the reason why it can't.
        """
        if isinstance(event.fact, Order):
            self._place(event.order, event.fact, event.at)
            return
        purchase = Purchase.objects.with_parties().filter(external_id=event.order).first()
        if purchase is None:
            message = f"There is no order {event.order}."
            raise Refused(message, "no such order")
        self._apply(event.fact, purchase, event.at)

    def _client(self, slug: str) -> Client:
        if slug not in self.clients:
            client = client_by_slug(slug)
            if client is None:
                message = f"There is no client {slug}."
                raise Refused(message, "client")
            self.clients[slug] = client
        return self.clients[slug]

    def _user(self, username: str, client: Client) -> User:
        key = (username, client.pk)
        if key not in self.users:
            user = user_acting_for(username, client)
            if user is None:
                message = f"{username} is no user of the platform or of {client}."
                raise Refused(message, "user")
            self.users[key] = user
        return self.users[key]

    # Orders

    def _place(self, number: str, order: Order, at: datetime) -> None:
        if Purchase.objects.filter(external_id=number).exists():
            message = f"There is an order {number} already."
            raise Refused(message, "order exists")
        is_po = order.payment == "po"
        placed = PlacedOrder(
            source=order.channel,
            currency=order.currency,
            customer=_customer(order),
            lines=[
                OrderLine(item.product, item.quantity, item.unit_price, item.discount_percent) for item in order.items
            ],
            tax_percent=order.tax_percent,
            is_po=is_po,
            payment_type=PaymentType.WIRE if is_po else PaymentType(order.payment),
            po_number=order.po_number,
            partner=self._partner(order) if order.partner else None,
            is_test=order.test,
            x_parameters=order.x_parameters,
            external_id=number,
            reference=self.draw_reference() if self.draw_reference else "",
        )
        place_order(self._client(order.client), placed, by=None, at=at)

    def _partner(self, order: Order) -> Partner:
        partner = Partner.objects.filter(client=self._client(order.client), code=order.partner).first()
        if partner is None:
            message = f"{order.partner} is no partner of {order.client}."
            raise Refused(message, "partner")
        return partner

    # What happens to orders

    @singledispatchmethod
    def _apply(self, fact: Fact, purchase: Purchase, at: datetime) -> None:
        raise NotImplementedError

    @_apply.register(DocumentReceived)
    def _(self, fact: DocumentReceived, purchase: Purchase, at: datetime) -> None:
        file = self.find_file(purchase, fact.file, at) if fact.file else None
        receive_document(purchase, channel=fact.channel, by=None, at=at, file=file)

    @_apply.register(Review)
    def _(self, fact: Review, purchase: Purchase, at: datetime) -> None:
        by = self._user(fact.by, purchase.client)
        if fact.act == "release":
            release_purchase(purchase, by=by, at=at, note=fact.note)
        elif fact.act == "reject":
            reject_purchase(purchase, by=by, at=at, reason=fact.note)
        else:
            convert_purchase(purchase, by=by, at=at, po_number=fact.po_number, note=fact.note)

    @_apply.register(Cancel)
    def _(self, fact: Cancel, purchase: Purchase, at: datetime) -> None:
        cancel_purchase(purchase, by=self._user(fact.by, purchase.client), at=at, reason=fact.reason)

    @_apply.register(Payment)
    def _(self, fact: Payment, purchase: Purchase, at: datetime) -> None:
        line = f"{purchase.external_id}|{fact.bank_reference}|{fact.amount}|{at.isoformat()}"
        self.bank_lines[line] += 1
        line = f"{line}|{self.bank_lines[line]}"
        record_payment(
            purchase,
            amount=fact.amount,
            method=fact.method,
            by=None,
            at=at,
            dedupe_key=f"replay:{hashlib.sha256(line.encode()).hexdigest()}",
            bank_reference=fact.bank_reference,
            card_last4=fact.card_last4,
        )

    @_apply.register(Refund)
    def _(self, fact: Refund, purchase: Purchase, at: datetime) -> None:
        by = self._user(fact.by, purchase.client)
        try:
            amount = None if fact.amount is None else Money.parse(fact.amount, purchase.currency)
        except ValueError as error:
            raise Refused(str(error), "amount") from None
        refund_purchase(purchase, by=by, at=at, reason=fact.reason, amount=amount)

    @_apply.register(Hold)
    def _(self, fact: Hold, purchase: Purchase, at: datetime) -> None:
        by = self._user(fact.by, purchase.client)
        hold_dunning(purchase, by=by, at=at, reason=fact.reason, until=fact.until)

    @_apply.register(Resume)
    def _(self, fact: Resume, purchase: Purchase, at: datetime) -> None:
        by = self._user(fact.by, purchase.client)
        try:
            resume_dunning(purchase, by=by, at=at, reason=fact.reason)
        except Refused as refusal:
            # In an event file a hold may have ended by itself; on a screen, a hold that isn't there is a mistake.
            if refusal.code != "not held":
                raise

    @_apply.register(Promise)
    def _(self, fact: Promise, purchase: Purchase, at: datetime) -> None:
        promise_payment(purchase, by=self._user(fact.by, purchase.client), at=at, until=fact.until)

    @_apply.register(KeepActive)
    def _(self, _fact: KeepActive, purchase: Purchase, at: datetime) -> None:
        keep_active(purchase, by=None, at=at)


def _customer(order: Order) -> CustomerInput:
    customer = order.customer
    return CustomerInput(
        billing=address_of(customer),
        type=customer.type,
        language=customer.language,
        vat_id=customer.vat_id,
        delivery=address_of(order.delivery) if order.delivery else None,
        licensee=address_of(order.licensee) if order.licensee else None,
    )


def address_of(row: AddressRow) -> AddressInput:
    """Bring an address of an event into the form that services take."""
    return AddressInput(**{name: getattr(row, name) for name in AddressInput.__dataclass_fields__})
