"""What a client's letters say now, and a letter to look at: on one of its open orders, or on one that is made up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from customers.models import ContactKind, Customer
from dunning.documents import JOINT_TEMPLATE, TEMPLATES, joint_notice_data, notice_data
from dunning.emails import joint_message, notice_message
from dunning.models import LetterText
from dunning.schedule import LADDER
from dunning.wording.places import LEVELS
from purchases.documents import bank_account
from purchases.models import Policy, Purchase, PurchaseContact, PurchaseItem
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import Client
    from core.messages import Message
    from dunning.wording import NoticeText

MOST_ORDERS: Final = 30
MADE_UP: Final = {
    "en": ("Northwind Marine Ltd", "Alex", "Morgan", "12 Harbour Street", "SW1A 1AA", "London", "GB"),
    "de": ("Werft & Söhne KG", "Jana", "Petersen", "Am Dock 3", "24103", "Kiel", "DE"),
    "fr": ("Chantiers de l’Ouest SARL", "Claire", "Moreau", "8 quai du Port", "44000", "Nantes", "FR"),
    "es": ("Astilleros del Norte S.L.", "Lucía", "García", "Calle Mayor 5", "48001", "Bilbao", "ES"),
    "ja": ("株式会社みなと造船", "花子", "山田", "港町1-2-3", "231-0001", "横浜市", "JP"),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A letter as it would be issued, and its e-mail."""

    template: str
    data: dict[str, Any]
    message: Message

    @property
    def values(self) -> dict[str, str]:
        """What the tokens stand for in it."""
        values: dict[str, str] = {"count": "3", **self.data["values"]}
        return values


def newest_texts(client: Client) -> dict[tuple[str, str], LetterText]:
    """Find the version in force of every step and language; one that says the standard is there with empty texts."""
    rows = LetterText.objects.filter(client=client).select_related("by").order_by("version")
    return {(row.step, row.language): row for row in rows}


def versions_of(client: Client, step: str, language: str) -> list[LetterText]:
    """List all versions of a letter's words, newest first."""
    rows = LetterText.objects.filter(client=client, step=step, language=language)
    return list(rows.select_related("by").order_by("-version"))


def open_orders(client: Client) -> list[Purchase]:
    """List the client's open purchase orders to try a letter on, the longest due first."""
    rows = Purchase.objects.filter(client=client).accepted().real().with_parties()
    return list(rows.order_by("due_on", "pk")[:MOST_ORDERS])


def currencies_without_account(client: Client) -> list[str]:
    """List the currencies of open orders for which a letter could name no bank account."""
    used = Purchase.objects.filter(client=client).accepted().real().order_by("currency")
    found = used.values_list("currency", flat=True).distinct()
    return [currency for currency in found if bank_account(client, currency) is None]


def sample_letter(
    client: Client,
    *,
    step: str,
    language: str,
    text: NoticeText,
    order: Purchase | None,
    is_joint: bool,
    at: datetime,
) -> Sample:
    """Write the letter of a step in a language as it would be issued, without keeping anything.

    Without an `order` it is made up. A letter about several orders adds made-up ones.
    """
    level = LEVELS[step]
    day = LADDER[level - 1].day
    today = at.astimezone(client.zone).date()
    lead = order or made_up_order(client, language, due_on=today - timedelta(days=day))
    lead.language = language
    late = lead.due_on + timedelta(days=day) if lead.due_on else today
    at += timedelta(days=max((late - today).days, 0))
    number = f"{step.upper()}-{at.year}-000000"
    if is_joint:
        others = [
            made_up_order(client, language, due_on=today - timedelta(days=14 * n), number=n + 1, currency=lead.currency)
            for n in range(level - 1, -1, -1)
        ]
        orders = [(lead, level), *((other, max(n, 1)) for n, other in zip(range(level, 0, -1), others, strict=True))]
        data = joint_notice_data(orders, number=number, at=at, text=text)
        return Sample(JOINT_TEMPLATE, data, joint_message(lead, text, data, at=at))
    data = notice_data(lead, level=level, number=number, at=at, text=text)
    return Sample(TEMPLATES[step.upper()], data, notice_message(lead, text, data, at=at))


def made_up_order(client: Client, language: str, *, due_on: date, number: int = 0, currency: str = "") -> Purchase:
    """Make up an accepted order of a customer whose language it is; it is nowhere but in memory."""
    accounts = client.bank_accounts.order_by("pk").values_list("currency", flat=True)
    currency = currency or accounts.first() or "EUR"
    company, first, last, street, code, city, country = MADE_UP[language]
    net, tax = 125_000 + 10_000 * number, 23_750 + 1_900 * number
    order = Purchase(
        pk=0,
        client=client,
        customer=Customer(pk=0, client=client, company=company),
        policy=Policy.objects.filter(client=client).order_by("-version").first() or Policy(client=client),
        reference=f"10000000{number}",
        status=Status.PURCHASE_ORDER,
        is_po=True,
        po_number=f"450000{number}",
        language=language,
        billing_company=company,
        billing_last_name=last,
        currency=currency,
        net_minor=net,
        tax_minor=tax,
        gross_minor=net + tax,
        term_days=30,
        ordered_at=datetime.combine(due_on - timedelta(days=30), time(12), tzinfo=client.zone),
        due_on=due_on,
    )
    item = PurchaseItem(
        position=1,
        product_code="PRO",
        name="Sample product, yearly license",
        quantity=5,
        unit_minor=net // 5,
        discount_percent=Decimal(0),
        tax_percent=Decimal(19),
        net_minor=net,
        tax_minor=tax,
        gross_minor=net + tax,
    )
    contact = PurchaseContact(
        kind=ContactKind.BILLING,
        company=company,
        first_name=first,
        last_name=last,
        street=street,
        postal_code=code,
        city=city,
        country=country,
    )
    order._prefetched_objects_cache = {"items": [item], "contacts": [contact]}  # type: ignore[attr-defined]  # noqa: SLF001 -- so that nobody asks the database
    return order
