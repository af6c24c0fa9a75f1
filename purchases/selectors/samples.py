"""Purchases to try texts on: a client's own, or one that is made up."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from core.messages import Fact
from customers.models import ContactKind, Customer
from mailing.wording import Trial
from purchases import emails
from purchases.models import Document, DocumentKind, Policy, Purchase, PurchaseContact, PurchaseItem
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from accounts.models import Client
    from mailing.wording import EmailText
    from purchases.emails import Draft

MOST_ORDERS: Final = 30
MADE_UP: Final = {
    "en": ("Northwind Marine Ltd", "Alex", "Morgan", "12 Harbour Street", "SW1A 1AA", "London", "GB"),
    "de": ("Werft & Söhne KG", "Jana", "Petersen", "Am Dock 3", "24103", "Kiel", "DE"),
    "fr": ("Chantiers de l’Ouest SARL", "Claire", "Moreau", "8 quai du Port", "44000", "Nantes", "FR"),
    "es": ("Astilleros del Norte S.L.", "Lucía", "García", "Calle Mayor 5", "48001", "Bilbao", "ES"),
    "ja": ("株式会社みなと造船", "花子", "山田", "港町1-2-3", "231-0001", "横浜市", "JP"),
}
SAMPLE_KEY: Final = "A1B2C-D3E4F-G5H6J"
SAMPLE_REASON: Final = "…"
SAMPLE_LINK: Final = "https://orders.example/…"


def orders_to_try(client: Client) -> list[tuple[str, str]]:
    """List the client's newest purchases to try an e-mail on: reference and company."""
    rows = Purchase.objects.filter(client=client).real().order_by("-ordered_at", "-pk")[:MOST_ORDERS]
    return [(row.reference, f"{row.reference}, {row.billing_company or row.billing_last_name}") for row in rows]


def order_to_try(client: Client, language: str, reference: str, *, at: datetime) -> Purchase:
    """Find the purchase of this reference, as if its customer read `language`; made up where there is none."""
    found = Purchase.objects.with_parties().filter(client=client, reference=reference).first()
    if found is None:
        return made_up_order(client, language, due_on=at.astimezone(client.zone).date() + timedelta(days=30))
    return in_language(found, language)


def in_language(purchase: Purchase, language: str) -> Purchase:
    """The same purchase, as if its customer read `language`; not to be saved."""
    other = copy(purchase)
    other.language = language
    return other


def document_of(order: Purchase, *kinds: str) -> Document:
    """The newest of an order's documents of these kinds, else one that is made up."""
    found = Document.objects.filter(purchase=order, kind__in=kinds).order_by("-issued_at", "-pk").first()
    return found or Document(kind=kinds[0], number=f"{kinds[0]}-{order.ordered_at.year}-000000")


INVOICE, RECEIPT, CREDIT_NOTE = DocumentKind.INVOICE, DocumentKind.RECEIPT, DocumentKind.CREDIT_NOTE
DRAFTS: Final[dict[str, Callable[[Purchase, datetime], Draft]]] = {
    "order_confirmation": lambda order, at: emails.order_confirmation.draft(order, at=at),
    "po_received": lambda order, at: emails.po_received.draft(order, at=at),
    "po_in_review": lambda order, at: emails.po_in_review.draft(order, at=at),
    "po_ask_again": lambda order, at: emails.po_ask_again.draft(
        order, points=("signature",), message=SAMPLE_REASON, at=at
    ),
    "po_released": lambda order, at: emails.po_released.draft(
        order, document=document_of(order, INVOICE, DocumentKind.PROFORMA), at=at
    ),
    "po_rejected": lambda order, at: emails.po_rejected.draft(order, reason=SAMPLE_REASON, at=at),
    "delivery": lambda order, at: _with_keys(emails.delivery.draft(order, at=at)),
    "receipt": lambda order, at: emails.receipt.draft(order, document=document_of(order, RECEIPT, INVOICE), at=at),
    "nothing_to_pay": lambda order, at: emails.nothing_to_pay.draft(order, document=document_of(order, INVOICE), at=at),
    "order_link": lambda order, at: emails.order_link.draft(order, link=SAMPLE_LINK, at=at),
    "correction": lambda order, at: emails.correction.draft(
        order,
        document=document_of(order, INVOICE),
        replaced=document_of(order, INVOICE),
        credit_note=document_of(order, CREDIT_NOTE),
        at=at,
    ),
    "tax_removed": lambda order, at: emails.tax_removed.draft(
        order,
        document=document_of(order, INVOICE),
        replaced=document_of(order, INVOICE),
        credit_note=document_of(order, CREDIT_NOTE),
        at=at,
    ),
    "refund": lambda order, at: emails.refund.draft(
        order, credit_note=document_of(order, CREDIT_NOTE), amount=order.gross, at=at
    ),
    "return_payment": lambda order, at: emails.payment_returned.draft(order, amount=order.gross, key="", at=at),
    "cancellation": lambda order, at: emails.cancellation.draft(order, credit_note=None, at=at),
    "document_expired": lambda order, at: emails.document_expired.draft(order, at=at),
}
"""Every e-mail that clients may word, on any order; what the order lacks is made up."""


def _with_keys(draft: Draft) -> Draft:
    facts = draft.parts.facts or [Fact("5 × Sample product, yearly license", SAMPLE_KEY, strong=True)]
    return replace(draft, parts=replace(draft.parts, facts=facts))


def attempt_of(
    write: Callable[[Purchase, datetime], Draft],
) -> Callable[[Client, str, EmailText, str, datetime], Trial]:
    """Make of an e-mail's draft the way to try other words on it."""

    def attempt(client: Client, language: str, text: EmailText, reference: str, at: datetime) -> Trial:
        draft = replace(write(order_to_try(client, language, reference, at=at), at), text=text)
        return Trial(draft.message, draft.values)

    return attempt


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
