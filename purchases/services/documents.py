"""Issuing documents: numbers without gaps, content frozen at once, bytes frozen when first needed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from core.pdf import render_pdf
from purchases import documents
from purchases.models import Document, DocumentFile, DocumentKind, NumberSeries

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client
    from core.money import Money
    from partners.models import Partner
    from purchases.models import Purchase


def take_number(client: Client, kind: str, *, at: datetime, is_test: bool = False) -> str:
    """Take the next number of a client's series for this kind and year (the client's), such as `INV-2026-000001`.

    The series' row stays locked until the transaction ends: a rolled back document leaves no gap.
    """
    kind = f"TEST-{kind}" if is_test else kind
    year = at.astimezone(client.zone).year
    NumberSeries.objects.get_or_create(client=client, kind=kind, year=year)
    series = NumberSeries.objects.select_for_update().get(client=client, kind=kind, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{kind}-{year}-{series.last:06d}"


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
) -> Document:
    """Keep a document as issued; its PDF is rendered when somebody first needs it."""
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
    )


@transaction.atomic
def issue(purchase: Purchase, kind: str, *, at: datetime, amount: Money | None = None, reason: str = "") -> Document:
    """Issue an invoice, pro-forma invoice, receipt or credit note (`amount`, `reason`) for a locked purchase."""
    number = take_number(purchase.client, kind, at=at, is_test=purchase.is_test)
    match kind:
        case DocumentKind.INVOICE:
            data = documents.invoice_data(purchase, number=number, at=at)
        case DocumentKind.PROFORMA:
            data = documents.proforma_data(purchase, number=number, at=at)
        case DocumentKind.RECEIPT:
            data = documents.receipt_data(purchase, number=number, at=at)
        case _:
            data = documents.credit_note_data(
                purchase, number=number, at=at, amount=amount or purchase.gross, reason=reason
            )
    return keep_document(
        purchase.client,
        kind,
        number=number,
        template=documents.TEMPLATES[kind],
        data=data,
        language=purchase.language,
        at=at,
        purchase=purchase,
    )


def render_document(document: Document, *, at: datetime) -> DocumentFile:
    """Return the document's PDF, rendering and freezing it the first time.

    Rendering happens outside any transaction; of two at once, the first one written is the document.
    """
    existing = DocumentFile.objects.filter(document=document).first()
    if existing is not None:
        return existing
    content = render_pdf(document.template, document.data, language=document.language)
    try:
        with transaction.atomic():
            return DocumentFile.objects.create(
                document=document, content=content, sha256=hashlib.sha256(content).hexdigest(), rendered_at=at
            )
    except IntegrityError:
        return DocumentFile.objects.get(document=document)
