"""Purchases by the million: business of earlier years, long settled, taken over as if from an older system.

Written in bulk, batch by batch, in constant memory, with the history rows that a service would have written. They
come without documents (an import brings none); everything the lists, the search and the viewer need is there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction
from tqdm import tqdm

from accounts.models import Client
from config.feeding.demo_world import DEMO_WORLD, TAX_PERCENT
from config.feeding.demo_year import CLIENTS, People
from config.feeding.stage import hurried
from core.bulk import write_new
from core.history import record_new
from core.money import LineAmounts, line_amounts
from customers.models import Address, Contact, ContactKind, Customer
from customers.services.search import search_row as customer_search_row
from purchases.models import (
    HistoryEntry,
    Nature,
    Payment,
    Policy,
    Product,
    Purchase,
    PurchaseContact,
    PurchaseItem,
    Refund,
    Source,
    XParameter,
)
from purchases.services.search import search_row
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from config.feeding.events import CustomerRow

BATCH = 1_000
PURCHASES_PER_CUSTOMER = 2
BUYERS = 1_000
"""Customers of a client who buy at the same time: no more are kept in memory."""
YEARS = 5
PO_SHARE = 0.7
CAMPAIGNS, CAMPAIGN_SHARE = ("spring", "fair", "renewal"), 0.1
FIRST_REFERENCE, REFERENCES, STRIDE = 100_000_000, 900_000_000, 567_891_011
"""Reference numbers run through all nine-digit numbers in strides that meet each one once."""
FATES = ((Status.PAID, 88), (Status.CANCELED, 7), (Status.REFUNDED, 3), (Status.REJECTED, 2))
ADDRESS_FIELDS = tuple(field.name for field in Address._meta.get_fields())


def draw_references(seed: int) -> Iterator[str]:
    """Draw reference numbers that are far apart, never repeat, and are the same for the same seed."""
    position = Random(seed).randrange(REFERENCES)
    while True:
        yield str(FIRST_REFERENCE + position)
        position = (position + STRIDE) % REFERENCES


@dataclass(frozen=True, slots=True)
class _Seller:
    """A client with what its purchases refer to."""

    client: Client
    policy: Policy
    products: list[tuple[Product, dict[str, int]]]
    customers: deque[tuple[Customer, CustomerRow]]
    tax_percent: Decimal
    currency: str


class HistoryMaker:
    """Makes settled purchases; the same seed makes the same ones."""

    def __init__(self, *, seed: int, now: datetime, references: Iterator[str]) -> None:
        self.random, self.now, self.references = Random(f"history {seed}"), now, references
        self.made, self.step = 0, timedelta()

    def make(self, count: int) -> None:
        """Write `count` purchases of the years before the demo's, the oldest first; a progress bar on a terminal."""
        self.step = timedelta(days=365 * YEARS) / count
        people = People(self.random, per_client=0, first=1_000_000)
        sellers = [self._seller(Client.objects.get(slug=slug)) for slug in CLIENTS]
        with hurried(), tqdm(total=count, desc="Earlier years", unit="purchase", disable=None, mininterval=0.5) as bar:
            while count:
                size = min(BATCH, count)
                self._welcome(sellers, people, size // PURCHASES_PER_CUSTOMER)
                self._write([self._purchase(self.random.choice(sellers)) for _ in range(size)])
                count -= size
                bar.update(size)

    @transaction.atomic
    def _welcome(self, sellers: list[_Seller], people: People, count: int) -> None:
        """Register so many new customers, evenly at all clients; they buy for a while, then others do."""
        at = self.now - timedelta(days=365 * (YEARS + 1))
        share = max(count // len(sellers), 1)
        new = [(seller, people.newcomer(CLIENTS[seller.client.slug])) for seller in sellers for _ in range(share)]
        customers = write_new(
            Customer(client=seller.client, company=row.company, type=row.type, language=row.language, created_at=at)
            for seller, row in new
        )
        contacts = write_new(
            Contact(customer=customer, kind=ContactKind.BILLING, **_address(row))
            for customer, (_, row) in zip(customers, new, strict=True)
        )
        for model, made in ((Customer, customers), (Contact, contacts)):
            record_new(model.objects.filter(pk__in=[one.pk for one in made]), at=at, reason="imported")
        write_new(
            customer_search_row(customer, [contact]) for customer, contact in zip(customers, contacts, strict=True)
        )
        for customer, (seller, row) in zip(customers, new, strict=True):
            seller.customers.append((customer, row))

    def _seller(self, client: Client) -> _Seller:
        currency = next(iter(next(p.prices for p in DEMO_WORLD.products if p.client == client.slug)))
        products = [
            (product, {price.currency: price.unit_minor for price in product.prices.all()})
            for product in Product.objects.filter(client=client).prefetch_related("prices").order_by("pk")
        ]
        return _Seller(
            client=client,
            policy=Policy.objects.filter(client=client).latest("version"),
            products=products,
            customers=deque(maxlen=BUYERS),
            tax_percent=Decimal(TAX_PERCENT[client.country]),
            currency=currency,
        )

    def _purchase(self, seller: _Seller) -> _Made:
        random = self.random
        customer, row = random.choice(seller.customers)
        at = self.now - timedelta(days=366 + 365 * YEARS) + self.made * self.step
        at += timedelta(minutes=random.randrange(24 * 60))
        status = random.choices([fate for fate, _ in FATES], [weight for _, weight in FATES])[0]
        lines = [self._line(seller, product) for product in random.sample(seller.products, random.choice((1, 1, 2)))]
        net, tax = (sum(getattr(line.amounts, name) for line in lines) for name in ("net", "tax"))
        purchase = Purchase(
            client=seller.client,
            customer=customer,
            policy=seller.policy,
            reference=next(self.references),
            external_id=f"H-{self.made:07}",
            status=status,
            source=Source.IMPORT,
            is_po=random.random() < PO_SHARE,
            is_reviewed=seller.policy.review,
            po_number=f"{random.randint(10, 99)}-{random.randint(10_000, 99_999)}",
            customer_type=row.type,
            language=row.language,
            billing_company=row.company,
            billing_last_name=row.last_name,
            billing_email=row.email,
            currency=seller.currency,
            net_minor=net,
            tax_minor=tax,
            gross_minor=net + tax,
            term_days=seller.policy.term_days,
            ordered_at=at,
            version=1,
        )
        self.made += 1
        self._settle(purchase)
        return _Made(purchase, lines, row)

    def _line(self, seller: _Seller, product: tuple[Product, dict[str, int]]) -> _Line:
        quantity = self.random.choice((1, 1, 2, 3, 5, 10))
        unit = product[1][seller.currency]
        amounts = line_amounts(
            unit_minor=unit, quantity=quantity, discount_percent=Decimal(0), tax_percent=seller.tax_percent
        )
        return _Line(product[0], quantity, unit, seller.tax_percent, amounts)

    def _settle(self, purchase: Purchase) -> None:
        """Let it end as its status says."""
        days = timedelta(minutes=self.random.randrange(60, 60 * 24 * (purchase.term_days + 10)))
        purchase.closed_at = purchase.changed_at = purchase.ordered_at + days
        if purchase.is_po and purchase.status != Status.REJECTED:
            purchase.released_at = purchase.ordered_at
            purchase.due_on = (purchase.ordered_at + timedelta(days=purchase.term_days)).astimezone(UTC).date()
        if purchase.status in {Status.PAID, Status.REFUNDED}:
            purchase.paid_minor, purchase.paid_at = purchase.gross_minor, purchase.closed_at
        if purchase.status == Status.REFUNDED:
            purchase.refunded_minor = purchase.gross_minor

    @transaction.atomic
    def _write(self, batch: list[_Made]) -> None:
        purchases = write_new(made.purchase for made in batch)
        record_new(Purchase.objects.filter(pk__in=[one.pk for one in purchases]), at=self.now, reason="imported")
        write_new(made.contact() for made in batch)
        write_new(search_row(made.purchase, [made.contact()], []) for made in batch)
        write_new(item for made in batch for item in made.items())
        write_new(payment for made in batch for payment in made.payments())
        write_new(refund for made in batch for refund in made.refunds())
        write_new(entry for made in batch for entry in made.entries())
        write_new(
            XParameter(purchase=made.purchase, key="x-campaign", value=self.random.choice(CAMPAIGNS))
            for made in batch
            if self.random.random() < CAMPAIGN_SHARE
        )


@dataclass(frozen=True, slots=True)
class _Line:
    product: Product
    quantity: int
    unit_minor: int
    tax_percent: Decimal
    amounts: LineAmounts


@dataclass(frozen=True, slots=True)
class _Made:
    """A purchase that is made up but not written yet, with what belongs to it."""

    purchase: Purchase
    lines: list[_Line]
    customer: CustomerRow

    def contact(self) -> PurchaseContact:
        """The billing address."""
        return PurchaseContact(purchase=self.purchase, kind=ContactKind.BILLING, **_address(self.customer))

    def items(self) -> Iterator[PurchaseItem]:
        """The lines."""
        for position, line in enumerate(self.lines, start=1):
            yield PurchaseItem(
                purchase=self.purchase,
                position=position,
                product=line.product,
                product_code=line.product.code,
                name=line.product.name,
                quantity=line.quantity,
                unit_minor=line.unit_minor,
                tax_percent=line.tax_percent,
                net_minor=line.amounts.net,
                tax_minor=line.amounts.tax,
                gross_minor=line.amounts.gross,
            )

    def payments(self) -> Iterator[Payment]:
        """The money that came, if any."""
        if self.purchase.paid_minor and self.purchase.paid_at:
            yield Payment(
                purchase=self.purchase,
                at=self.purchase.paid_at,
                amount_minor=self.purchase.paid_minor,
                method="wire",
                bank_reference=self.purchase.reference,
                dedupe_key=f"import:{self.purchase.reference}",
            )

    def refunds(self) -> Iterator[Refund]:
        """The money that was given back, if any."""
        if self.purchase.refunded_minor and self.purchase.closed_at:
            yield Refund(
                purchase=self.purchase,
                at=self.purchase.closed_at,
                amount_minor=self.purchase.refunded_minor,
                reason="customer unwanted",
            )

    def entries(self) -> Iterator[HistoryEntry]:
        """How it began and ended."""
        yield HistoryEntry(purchase=self.purchase, at=self.purchase.ordered_at, event="placed", note="Order imported")
        if self.purchase.closed_at:
            yield HistoryEntry(
                purchase=self.purchase,
                at=self.purchase.closed_at,
                event="closed",
                nature=Nature.SYSTEM,
                note=f"Ended as {self.purchase.status_label}",
            )


def _address(row: CustomerRow) -> dict[str, str]:
    return {name: getattr(row, name) for name in ADDRESS_FIELDS}
