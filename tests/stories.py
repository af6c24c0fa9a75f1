"""The cast and the props of the stories that the tests tell."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from accounts.models import BankAccount, Client, User
from core.money import Money
from core.uploads import CheckedFile
from customers.services import AddressInput, CustomerInput
from partners.services import save_partner
from purchases.models import Purchase, Source
from purchases.services.bank_import import keep_lines, store_file
from purchases.services.delivery import add_keys
from purchases.services.payment import record_payment
from purchases.services.place import Order, OrderLine, place_order
from purchases.services.policy import set_policy
from purchases.services.products import save_product
from purchases.services.release import receive_document, release_purchase
from taxexempt.services import CertificateInput, add_certificate

if TYPE_CHECKING:
    from customers.models import Customer
    from partners.models import Partner
    from purchases.models import BankFile, Product
    from purchases.services.bank_files import StatementFile
    from taxexempt.models import Certificate

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_running = itertools.count(1)


def morning(day: date) -> datetime:
    """Nine o'clock UTC on `day`."""
    return datetime.combine(day, time(9), tzinfo=UTC)


def days_later(days: int, start: datetime = MONDAY) -> datetime:
    """The same hour, some days later."""
    return start + timedelta(days=days)


def a_client(slug: str = "hafen", *, keys: int = 50, **policy: Any) -> Client:
    """A merchant in Berlin with a bank account, a policy, and one product at 100.00 EUR with a key list."""
    client = Client.objects.create(
        slug=slug,
        name=f"{slug.title()} GmbH",
        street="Kaistraße 1",
        postal_code="20457",
        city="Hamburg",
        country="DE",
        subdivision="HH",
        time_zone="Europe/Berlin",
        language="de",
        email=f"orders@{slug}.example",
    )
    BankAccount.objects.create(
        client=client, currency="EUR", holder=client.name, iban="DE89370400440532013000", bic="COBADEFFXXX", bank="Bank"
    )
    set_policy(client, values={**POLICY, **policy}, by=None, at=MONDAY)
    product = save_product(
        client, code="PRO", name="Hafen Pro", prices=[Money(10_000, "EUR")], delivery="key", by=None, at=MONDAY
    )
    add_keys(product, [f"{slug}-{number:05d}" for number in range(keys)])
    return client


POLICY: dict[str, Any] = {
    "offered_at_checkout": True,
    "on_request": True,
    "eligible_types": ["COM", "GOV", "UNI", "NPR"],
    "minimum": {},
    "maximum": {},
    "review": True,
    "reviewer": "client",
    "term_days": 30,
    "delivery": "immediate",
    "document_deadline_days": 30,
    "dunning": True,
    "cancel_step": True,
    "cancel_after_business_days": 3,
}


def a_user(role: str, client: Client | None = None, **fields: Any) -> User:
    """Somebody with this role; client roles need their client."""
    number = next(_running)
    user = User(
        username=fields.pop("username", f"{role}-{number}"),
        name=fields.pop("name", role.replace("_", " ").title()),
        email=f"user{number}@kontor.example",
        role=role,
        client=client,
        time_zone="Europe/Berlin",
        **fields,
    )
    user.set_password("a long enough password")
    user.save()
    return user


def a_partner(client: Client, *, limit: str = "1000.00", **fields: Any) -> Partner:
    """An accepted reseller with a limit in EUR."""
    values: dict[str, Any] = {
        "code": f"P-{next(_running)}",
        "company": "Reseller AG",
        "status": "accepted",
        "email": "ap@reseller.example",
        "month_end_statement": False,
        **fields,
    }
    return save_partner(client, limit=Money.parse(limit, "EUR"), by=None, at=MONDAY, **values)


def a_customer(**address: str) -> CustomerInput:
    """A German company that buys."""
    billing = {
        "company": "Werft & Söhne KG",
        "first_name": "Jana",
        "last_name": "Petersen",
        "email": "einkauf@werft.example",
        "street": "Am Dock 3",
        "postal_code": "24103",
        "city": "Kiel",
        "country": "DE",
        **address,
    }
    return CustomerInput(billing=AddressInput(**billing), type="COM", language="de")


def an_order(*, quantity: int = 1, **fields: Any) -> Order:
    """One license on purchase order at the checkout, 119.00 EUR with tax."""
    values: dict[str, Any] = {
        "source": Source.CHECKOUT,
        "currency": "EUR",
        "customer": a_customer(),
        "lines": [OrderLine("PRO", quantity)],
        "tax_percent": Decimal(19),
        "is_po": True,
        "po_number": "4500001",
        **fields,
    }
    return Order(**values)


def a_waiting_po(client: Client, *, at: datetime = MONDAY, **order: Any) -> Purchase:
    """A purchase order with its document, waiting for review."""
    purchase = place_order(client, an_order(**order), by=None, at=at)
    return receive_document(purchase, channel="email", by=None, at=at)


def a_released_po(client: Client, *, at: datetime = MONDAY, **order: Any) -> Purchase:
    """An accepted purchase order, unpaid."""
    purchase = a_waiting_po(client, at=at, **order)
    reviewer = User.objects.filter(role="platform_admin").first() or a_user("platform_admin")
    return release_purchase(purchase, by=reviewer, at=at)


def an_offline_order(client: Client, *, at: datetime = MONDAY, **order: Any) -> Purchase:
    """An online order that will be paid by wire transfer."""
    return place_order(client, an_order(is_po=False, po_number="", **order), by=None, at=at)


def pays(purchase: Purchase, amount: str, *, at: datetime = MONDAY) -> Purchase:
    """The customer pays `amount` by wire transfer."""
    money = Money.parse(amount, purchase.currency)
    return record_payment(purchase, amount=money, method="wire", by=None, at=at, dedupe_key=f"story:{next(_running)}")


def a_bank_file(
    client: Client | None, read: StatementFile, *, by: User, name: str = "a.sta", content: bytes = b"a"
) -> BankFile:
    """A bank's file that came in on Monday, with its lines."""
    stored = store_file(content, filename=name, client=client, by=by, at=MONDAY)
    return keep_lines(stored, read, clock=lambda: MONDAY)


SCHOOL = {"company": "Lone Star College", "country": "US", "state": "Texas", "city": "Austin", "postal_code": "73301"}
"""Where a school in Texas sits."""


def a_texan_client(slug: str = "prairie") -> Client:
    """A seller in Texas, where tax is entered with each order."""
    client = a_client(slug)
    client.country, client.subdivision, client.postal_code, client.vat_id = "US", "TX", "73301", "74-1234567"
    client.save()
    return client


def of_school(**more: Any) -> dict[str, Any]:
    """What makes an order the school's, taxed at the rate of Austin."""
    return {"customer": replace(a_customer(**SCHOOL), language="en"), "tax_percent": Decimal("8.25"), **more}


def a_certificate(customer: Customer, *, by: User, at: datetime = MONDAY, **facts: Any) -> Certificate:
    """A certificate of Texas for 2026, with its attachment; it waits for its review."""
    values: dict[str, Any] = {
        "reason": "M",
        "tax_id_type": "state",
        "tax_id": "3-20123-4567-8",
        "state_of_issue": "TX",
        "issued_on": date(2026, 1, 1),
        "expires_on": date(2026, 12, 31),
        **facts,
    }
    file = CheckedFile("certificate.pdf", "application/pdf", b"%PDF-1.7")
    return add_certificate(customer, data=CertificateInput(**values), file=file, by=by, at=at)


def the_product(client: Client) -> Product:
    """The client's only product."""
    return client.products.get()
