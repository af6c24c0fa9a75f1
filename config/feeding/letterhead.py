"""The demo's PO documents: what customers send on their own letterhead, in their own language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from babel.numbers import format_decimal

from core.letters import letter_language
from core.money import Money
from core.pdf import pdf_available, render_pdf
from purchases.services.release import ReceivedFile

if TYPE_CHECKING:
    from datetime import datetime

    from purchases.models import Purchase, PurchaseContact

LONG_HOUSE = 32
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "title": "Purchase order",
        "subject": "We order as follows, payable by invoice, for our reference {reference}:",
        "po": "PO number",
        "date": "Date",
        "reference": "Your reference",
        "contact": "Contact",
        "product": "Product",
        "quantity": "Quantity",
        "net": "Net",
        "total": "Total, tax included",
        "regards": "Signed for the company",
    },
    "de": {
        "title": "Bestellung",
        "subject": "Wir bestellen auf Rechnung, zu Ihrem Zeichen {reference}:",
        "po": "Bestellnummer",
        "date": "Datum",
        "reference": "Ihr Zeichen",
        "contact": "Ansprechpartner",
        "product": "Artikel",
        "quantity": "Menge",
        "net": "Netto",
        "total": "Gesamt inkl. Steuer",
        "regards": "Mit freundlichen Grüßen",
    },
    "fr": {
        "title": "Bon de commande",
        "subject": "Nous commandons, payable sur facture, sous votre référence {reference} :",
        "po": "N° de commande",
        "date": "Date",
        "reference": "Votre référence",
        "contact": "Contact",
        "product": "Produit",
        "quantity": "Quantité",
        "net": "HT",
        "total": "Total TTC",
        "regards": "Bon pour accord",
    },
    "es": {
        "title": "Orden de compra",
        "subject": "Pedimos lo siguiente, pagadero contra factura, con su referencia {reference}:",
        "po": "N.º de pedido",
        "date": "Fecha",
        "reference": "Su referencia",
        "contact": "Contacto",
        "product": "Producto",
        "quantity": "Cantidad",
        "net": "Neto",
        "total": "Total con impuestos",
        "regards": "Conforme",
    },
    "ja": {
        "title": "注文書",
        "subject": "下記のとおり注文いたします（貴社番号 {reference}、請求書払い）。",
        "po": "注文番号",
        "date": "日付",
        "reference": "貴社番号",
        "contact": "担当者",
        "product": "品名",
        "quantity": "数量",
        "net": "税抜金額",
        "total": "税込合計",
        "regards": "上記のとおり発注します。",
    },
}


def make_letterhead(purchase: Purchase, name: str, at: datetime) -> ReceivedFile | None:
    """Make the document a customer would send with this purchase; none where this machine can't make PDFs."""
    if not pdf_available():
        return None
    language = letter_language(purchase.language)
    content = render_pdf("config/letterhead.html", {"letter": _letter(purchase, language, at)}, language=language)
    return ReceivedFile(filename=name, content_type="application/pdf", content=content)


def _letter(purchase: Purchase, language: str, at: datetime) -> dict[str, Any]:
    words, client = WORDS[language], purchase.client
    buyer = purchase.contacts.get(kind="billing")
    day = at.astimezone(client.zone).date()
    where = [buyer.street, f"{buyer.postal_code} {buyer.city} {buyer.state}".strip()]
    return {
        "words": words,
        "title": words["title"],
        "number": purchase.po_number,
        "subject": words["subject"].format(reference=purchase.reference),
        "issued": day.isoformat(),
        "date": format_date(day, "long", locale=language),
        "sender": {
            "name": buyer.company,
            "initial": buyer.company[:1].upper(),
            "is_long": len(buyer.company) > LONG_HOUSE,
            "contact": [*where, buyer.email, buyer.phone],
            "return_line": " · ".join((buyer.company, *where)),
        },
        "address": [client.name, client.street, f"{client.postal_code} {client.city}"],
        "particulars": _particulars(purchase, buyer, words, format_date(day, "medium", locale=language)),
        "lines": [
            {
                "name": item.name,
                "code": item.product_code,
                "quantity": format_decimal(item.quantity, locale=language),
                "net": Money(item.net_minor, purchase.currency).format(language),
            }
            for item in purchase.items.order_by("position")
        ],
        "totals": [{"label": words["total"], "value": purchase.gross.format(language), "weight": "final"}],
        "regards": words["regards"],
        "signature": buyer.name,
        "imprint": " · ".join((buyer.company, *where)),
        "page": ["#", " / ", "##"],
    }


def _particulars(purchase: Purchase, buyer: PurchaseContact, words: dict[str, str], day: str) -> list[tuple[str, str]]:
    return [
        (words["po"], purchase.po_number or "–"),
        (words["date"], day),
        (words["reference"], purchase.reference),
        (words["contact"], buyer.name),
    ]
