"""Issuing documents: numbers without gaps, content frozen at once, bytes frozen when first needed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from core.bulk import write_new
from core.pdf import render_pdf
from purchases import documents
from purchases.models import Document, DocumentFile, DocumentKind, NumberSeries
from purchases.services.einvoice import credit_note_values, enclosure_of, invoice_values
from purchases.services.search import add_number, add_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import Client
    from partners.models import Partner
    from purchases.models import Purchase


def take_number(client: Client, kind: str, *, at: datetime, is_test: bool = False) -> str:
    """Take the next number of a client's series for this kind and year (the client's), such as `INV-2026-000001`.

    The series' row stays locked until the transaction ends: a rolled back document leaves no gap.
    """
    return take_numbers(client, kind, 1, at=at, is_test=is_test)[0]


def take_numbers(client: Client, kind: str, count: int, *, at: datetime, is_test: bool = False) -> list[str]:
    """Take the next `count` numbers of a series at once, as `take_number` takes one."""
    kind = f"TEST-{kind}" if is_test else kind
    year = at.astimezone(client.zone).year
    of_series = NumberSeries.objects.select_for_update().filter(client=client, kind=kind, year=year)
    series = of_series.first()
    if series is None:
        NumberSeries.objects.get_or_create(client=client, kind=kind, year=year)
        series = of_series.get()
    first = series.last + 1
    series.last += count
    series.save(update_fields=["last"])
    return [f"{kind}-{year}-{number:06d}" for number in range(first, first + count)]


def keep_document(
    client: Client,
    kind: str,
    *,
    number: str,
    template: str,
    data: dict[str, Any],
    language: str,
    at: datetime,
    purchase: Purchase | None = None,
    partner: Partner | None = None,
    corrects: Document | None = None,
) -> Document:
    """Keep a document as issued; its PDF is rendered when somebody first needs it."""
    if purchase is not None:
        add_number(purchase, number)
    return Document.objects.create(
        client=client,
        purchase=purchase,
        partner=partner,
        kind=kind,
        number=number,
        template=template,
        data=data,
        language=language,
        issued_at=at,
        corrects=corrects,
    )


def keep_documents(documents: Sequence[Document]) -> None:
    """Keep several documents, each about a purchase of its own, as `keep_document` keeps one: two queries for all."""
    add_numbers({document.purchase_id: document.number for document in documents if document.purchase_id is not None})
    write_new(documents)


@transaction.atomic
def issue(
    purchase: Purchase,
    kind: str,
    *,
    at: datetime,
    credit: documents.Credit | None = None,
    reason: str = "",
    corrects: Document | None = None,
) -> Document:
    """Issue an order confirmation, invoice, pro-forma invoice, receipt or credit note for a locked purchase.

    Invoices and credit notes carry their electronic invoice where EN 16931 can express it. A credit note takes back
    `credit` for the customer to read `reason`, without a `credit` everything. `corrects` is the document that the new
    one undoes or replaces.
    """
    number = take_number(purchase.client, kind, at=at, is_test=purchase.is_test)
    match kind:
        case DocumentKind.CONFIRMATION:
            data = documents.confirmation_data(purchase, number=number, at=at)
        case DocumentKind.INVOICE:
            data = documents.invoice_data(purchase, number=number, at=at)
            data["einvoice"] = invoice_values(purchase, number=number, at=at)
        case DocumentKind.PROFORMA:
            data = documents.proforma_data(purchase, number=number, at=at)
        case DocumentKind.RECEIPT:
            data = documents.receipt_data(purchase, number=number, at=at)
        case _:
            credit = credit or documents.credit_of(documents.items_of(purchase))
            data = documents.credit_note_data(purchase, number=number, at=at, credit=credit, reason=reason)
            data["einvoice"] = credit_note_values(purchase, number=number, at=at, credit=credit)
    return keep_document(
        purchase.client,
        kind,
        number=number,
        template=documents.TEMPLATES[kind],
        data=data,
        language=purchase.language,
        at=at,
        purchase=purchase,
        corrects=corrects,
    )


def render_document(document: Document, *, at: datetime) -> DocumentFile:
    """Return the document's PDF, rendering and freezing it the first time.

    Rendering happens outside any transaction; of two at once, the first one written is the document.
    """
    existing = DocumentFile.objects.filter(document=document).first()
    if existing is not None:
        return existing
    enclosure = enclosure_of(document.data.get("einvoice"))
    content = render_pdf(document.template, document.data, language=document.language, enclosure=enclosure)
    try:
        with transaction.atomic():
            return DocumentFile.objects.create(
                document=document, content=content, sha256=hashlib.sha256(content).hexdigest(), rendered_at=at
            )
    except IntegrityError:
        return DocumentFile.objects.get(document=document)
