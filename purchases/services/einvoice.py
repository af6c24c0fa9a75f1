"""Electronic invoices: the XML that lies in invoices and credit notes (Factur-X 1.0, profile EN 16931).

What the XML says is frozen at issue as plain values; the XML itself is written when the PDF is rendered. A document
gets one when EN 16931 can express it, which `values_of` decides: it is no test order; currency, amounts and addresses
are complete; each line's tax has a category that seller and buyer have the numbers for; and no rate's tax, rounded
line by line, is a whole unit of currency or more away from the rate applied to its base (rule BR-CO-17). Otherwise
the PDF stands alone: an American sales tax, a refund of tax only, a seller without a tax number who charges tax.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from drafthorse.models.accounting import ApplicableTradeTax, TradeAllowanceCharge
from drafthorse.models.document import Document as Xml
from drafthorse.models.party import TaxRegistration
from drafthorse.models.payment import PaymentMeans, PaymentTerms
from drafthorse.models.tradelines import LineItem

from core.letters import clip
from core.money import Money, exponent
from core.pdf import Enclosure
from purchases.documents import (
    bank_account,
    billing_contact,
    buyer_place,
    items_of,
    latest_bill,
    pay_by_sentence,
    seller_place,
    voice_of,
)
from purchases.models import DocumentKind, PaymentType
from taxexempt.policy import category_of, read_vat_id
from taxexempt.states.places import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from accounts.models import Client
    from purchases.documents import Credit, CreditPart, Voice
    from purchases.models import Purchase, PurchaseContact, PurchaseItem
    from taxexempt.models import Certificate

FILE_NAME: Final = "factur-x.xml"
GUIDELINE: Final = "urn:cen.eu:en16931:2017"
INVOICE, CREDIT_NOTE = "380", "381"
LICENSES: Final = "C62"
"""Unit of measure "one" (UN/ECE Recommendation 20)."""
FINEST: Final = 2
"""Decimals that an amount of EN 16931 may have."""
REASONS: Final = {
    "AE": ("VATEX-EU-AE", "Reverse charge"),
    "G": ("VATEX-EU-G", "Export outside the EU"),
    "O": ("VATEX-EU-O", "Not subject to VAT"),
    "E": ("", "Exempt from tax"),
}
"""Why a category bears no tax: code and words."""
MEANS: Final = {PaymentType.CHECK: "20", PaymentType.CARD: "48"}
"""Payment means of UNTDID 4461; a wire transfer is 58 (SEPA) or 30."""

Values = dict[str, Any]


def is_vat_id(number: str) -> bool:
    """Whether a tax number starts with its country, as EN 16931 wants a VAT ID to (BR-CO-9)."""
    return number[:2].isalpha() and number[:2].isupper() and number[2:3].isalnum()


def invoice_values(purchase: Purchase, *, number: str, at: datetime) -> Values | None:
    """Freeze what an invoice's XML says; None when EN 16931 can't express it."""
    voice = voice_of(purchase, at=at)
    values = values_of(purchase, voice, kind=INVOICE, number=number, lines=_items(purchase))
    if values is not None and purchase.due_on is not None and purchase.kept.minor < purchase.gross_minor:
        values["due_on"] = purchase.due_on.isoformat()
        values["terms"] = pay_by_sentence(purchase, voice)
    return values


def credit_note_values(purchase: Purchase, *, number: str, at: datetime, credit: Credit) -> Values | None:
    """Freeze what a credit note's XML says: its pieces, else a line for each tax rate; None where it can't be said."""
    voice = voice_of(purchase, at=at)
    lines = [_item_line(piece.item, piece.quantity, piece.net_minor, piece.tax_minor) for piece in credit.pieces]
    if (sum(line["net"] for line in lines), sum(line["tax"] for line in lines)) != (
        sum(part.net_minor for part in credit.parts),
        credit.tax_minor,
    ):
        lines = [_credit_line(voice, position, part) for position, part in enumerate(credit.parts, start=1)]
    values = values_of(purchase, voice, kind=CREDIT_NOTE, number=number, lines=lines, paid_minor=0)
    bill = latest_bill(purchase)
    if values is not None and bill is not None and bill.kind == DocumentKind.INVOICE:
        issued_on = bill.issued_at.astimezone(voice.client.zone).date()
        values["corrects"] = {"number": bill.number, "on": issued_on.isoformat()}
    return values


def values_of(
    purchase: Purchase,
    voice: Voice,
    *,
    kind: str,
    number: str,
    lines: list[Values],
    paid_minor: int | None = None,
) -> Values | None:
    """Write out what both kinds share, or None where the rule at the top of this page says no."""
    contact, client = billing_contact(purchase), voice.client
    if purchase.is_test or not lines or contact is None or not (contact.country and client.country):
        return None
    if exponent(purchase.currency) > FINEST:
        return None
    for line in lines:
        line["category"] = category_of(
            Decimal(line["percent"]),
            seller=seller_place(client),
            seller_number=_number(client.vat_id),
            buyer=buyer_place(contact),
            vat_id=purchase.vat_id,
            product=line.pop("tax_category"),
            is_exempt=purchase.exempt_by is not None,
        )
    taxes = _taxes(lines)
    if purchase.exempt_by is not None:
        for row in taxes:
            row["reason"] = exemption_reason(purchase.exempt_by)
    if not _is_expressible(taxes, purchase.currency):
        return None

    def plain(minor: int) -> str:
        return Money(minor, purchase.currency).amount

    net, tax = (sum(row[key] for row in taxes) for key in ("net", "tax"))
    paid = min(purchase.kept.minor, net + tax) if paid_minor is None else paid_minor
    return {
        "kind": kind,
        "number": number,
        "on": voice.on.isoformat(),
        "currency": purchase.currency,
        "seller": _seller(client),
        "buyer": _buyer(purchase, contact, is_outside=any(row["category"] == "O" for row in taxes)),
        "po_number": clip(purchase.po_number, 60),
        "reference": purchase.reference,
        "means": _means(purchase, client),
        "lines": [{**line, **{key: plain(line[key]) for key in ("unit", "off", "net", "tax")}} for line in lines],
        "taxes": [{**row, "net": plain(row["net"]), "tax": plain(row["tax"])} for row in taxes],
        "net": plain(net),
        "tax": plain(tax),
        "gross": plain(net + tax),
        "paid": plain(paid),
        "due": plain(net + tax - paid),
    }


def exemption_reason(certificate: Certificate) -> str:
    """Say to machines which certificate makes an order exempt."""
    state = NAMES.get(certificate.state_of_issue, "")
    facts = ", ".join(filter(None, (certificate.get_reason_display(), f"tax ID {certificate.tax_id}")))
    return clip(f"Exempt from sales tax of {state}: {facts}", 200)


def _number(text: str) -> str:
    return "".join(text.split()).upper()


def _items(purchase: Purchase) -> list[Values]:
    return [_item_line(item, item.quantity, item.net_minor, item.tax_minor) for item in items_of(purchase)]


def _item_line(item: PurchaseItem, quantity: int, net: int, tax: int) -> Values:
    return {
        "position": str(item.position),
        "name": clip(item.name),
        "code": clip(item.product_code, 60),
        "quantity": str(quantity),
        "unit": item.unit_minor,
        "off": item.unit_minor * quantity - net,
        "net": net,
        "tax": tax,
        "percent": _percent(item.tax_percent),
        "tax_category": "standard" if item.tax_percent else item.product.tax_category,
    }


def _credit_line(voice: Voice, position: int, part: CreditPart) -> Values:
    return {
        "position": str(position),
        "name": voice.labels["refund"],
        "code": "",
        "quantity": "1",
        "unit": part.net_minor,
        "off": 0,
        "net": part.net_minor,
        "tax": part.tax_minor,
        "percent": _percent(part.percent),
        "tax_category": "standard",
    }


def _percent(percent: Decimal) -> str:
    return f"{Decimal(percent).normalize():f}"


def _taxes(lines: Iterable[Values]) -> list[Values]:
    sums: dict[tuple[str, str], Values] = {}
    for line in lines:
        key = (line["category"], line["percent"])
        row = sums.setdefault(key, {"category": key[0], "percent": key[1], "net": 0, "tax": 0})
        row["net"] += line["net"]
        row["tax"] += line["tax"]
    return [sums[key] for key in sorted(sums)]


def _is_expressible(taxes: Sequence[Values], currency: str) -> bool:
    categories = {row["category"] for row in taxes}
    if "" in categories or ("O" in categories and len(taxes) > 1):
        return False
    for row in taxes:
        percent = Decimal(row["percent"])
        exact = Money(row["net"], currency).decimal * percent / 100
        if abs(Money(row["tax"], currency).decimal - exact) >= Decimal("0.99") or 0 < percent < 1:
            return False
    return True


def _seller(client: Client) -> Values:
    number = _number(client.vat_id)
    return {
        "id": client.slug,
        "name": clip(client.name),
        "street": clip(client.street),
        "postal_code": clip(client.postal_code, 20),
        "city": clip(client.city, 100),
        "country": client.country,
        "email": clip(client.email),
        "phone": clip(client.phone, 50),
        "number": number,
        "scheme": ("VA" if is_vat_id(number) else "FC") if number else "",
    }


def _buyer(purchase: Purchase, contact: PurchaseContact, *, is_outside: bool) -> Values:
    number = "" if is_outside else read_vat_id(purchase.vat_id, contact.country) or _number(purchase.vat_id)
    return {
        "name": clip(contact.company or contact.name),
        "person": clip(contact.name) if contact.company else "",
        "street": clip(contact.street),
        "postal_code": clip(contact.postal_code, 20),
        "city": clip(contact.city, 100),
        "country": contact.country,
        "email": clip(purchase.billing_email),
        "number": number if is_vat_id(number) else "",
    }


def _means(purchase: Purchase, client: Client) -> Values:
    account = bank_account(client, purchase.currency)
    known = account is not None and bool(account.iban or account.account)
    if purchase.payment_type in MEANS or account is None or not known:
        return {"code": MEANS.get(PaymentType(purchase.payment_type), "1")}
    return {
        "code": "58" if account.iban and purchase.currency == "EUR" else "30",
        "iban": account.iban,
        "account": "" if account.iban else clip(account.account, 40),
        "holder": clip(account.holder, 80),
        "bic": account.bic,
    }


# The XML -----------------------------------------------------------------------------------------------------------


def enclosure_of(values: Values | None) -> Enclosure | None:
    """Write the XML of a document as what lies in its PDF; None where it has none."""
    if not values:
        return None
    return Enclosure(
        name=FILE_NAME,
        content=write_xml(values),
        description="Factur-X invoice (EN 16931)",
        relationship="Alternative",
        made_at=datetime.combine(date.fromisoformat(values["on"]), datetime.min.time(), tzinfo=UTC),
        about=ABOUT,
    )


def write_xml(values: Mapping[str, Any]) -> bytes:
    """Write the values as a Cross Industry Invoice. Equal values give equal bytes."""
    xml = Xml()
    xml.context.guideline_parameter.id = GUIDELINE
    xml.header.id, xml.header.type_code = values["number"], values["kind"]
    xml.header.issue_date_time = _day(values["on"])
    trade = xml.trade
    _write_parties(trade.agreement, values)
    trade.delivery.event.occurrence = _day(values["on"])
    for line in values["lines"]:
        trade.items.add(_line(line))
    settlement = trade.settlement
    settlement.payment_reference, settlement.currency_code = values["reference"], values["currency"]
    settlement.payment_means.add(_write_means(values["means"]))
    for row in values["taxes"]:
        settlement.trade_tax.add(_tax(row))
    if values.get("terms"):
        terms = PaymentTerms()
        terms.description = values["terms"]
        terms.due = _day(values["due_on"])
        settlement.terms.add(terms)
    sums = settlement.monetary_summation
    sums.line_total, sums.tax_basis_total = Decimal(values["net"]), (Decimal(values["net"]), None)
    sums.tax_total = (Decimal(values["tax"]), values["currency"])
    sums.grand_total, sums.due_amount = (Decimal(values["gross"]), None), Decimal(values["due"])
    if Decimal(values["paid"]):
        sums.prepaid_total = Decimal(values["paid"])
    if "corrects" in values:
        settlement.invoice_referenced_document.issuer_assigned_id = values["corrects"]["number"]
        settlement.invoice_referenced_document.issue_date_time = _day(values["corrects"]["on"])
    written: bytes = xml.serialize(schema=None)
    return written


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _write_parties(agreement: Any, values: Mapping[str, Any]) -> None:
    for party, row in ((agreement.seller, values["seller"]), (agreement.buyer, values["buyer"])):
        party.name = row["name"]
        address = party.address
        address.postcode, address.line_one, address.city_name = row["postal_code"], row["street"], row["city"]
        address.country_id = row["country"]
        if row["email"]:
            party.electronic_address.uri_ID = ("EM", row["email"])
        if row["number"]:
            party.tax_registrations.add(TaxRegistration(id=(row.get("scheme", "VA"), row["number"])))
    seller, buyer = values["seller"], values["buyer"]
    agreement.seller.id = seller["id"]
    if seller["phone"]:
        agreement.seller.contact.person_name = seller["name"]
        agreement.seller.contact.telephone.number = seller["phone"]
        agreement.seller.contact.email.address = seller["email"]
    if buyer["person"]:
        agreement.buyer.contact.person_name = buyer["person"]
    agreement.seller_order.issuer_assigned_id = values["reference"]
    if values["po_number"]:
        agreement.buyer_order.issuer_assigned_id = values["po_number"]


def _line(line: Mapping[str, str]) -> LineItem:
    item = LineItem()
    item.document.line_id = line["position"]
    item.product.name = line["name"]
    if line["code"]:
        item.product.seller_assigned_id = line["code"]
    item.agreement.net.amount = Decimal(line["unit"])
    item.delivery.billed_quantity = (Decimal(line["quantity"]), LICENSES)
    tax = item.settlement.trade_tax
    tax.type_code, tax.category_code = "VAT", line["category"]
    if line["category"] != "O":
        tax.rate_applicable_percent = Decimal(line["percent"])
    if off := Decimal(line["off"]):
        allowance = TradeAllowanceCharge()
        allowance.indicator, allowance.actual_amount = off < 0, abs(off)
        allowance.reason = "Discount" if off > 0 else "Rounding"
        item.settlement.allowance_charge.add(allowance)
    item.settlement.monetary_summation.total_amount = Decimal(line["net"])
    return item


def _tax(row: Mapping[str, str]) -> ApplicableTradeTax:
    tax = ApplicableTradeTax()
    tax.calculated_amount, tax.basis_amount = Decimal(row["tax"]), Decimal(row["net"])
    tax.type_code, tax.category_code = "VAT", row["category"]
    if row["category"] != "O":
        tax.rate_applicable_percent = Decimal(row["percent"])
    code, standard = REASONS.get(row["category"], ("", ""))
    words = row.get("reason", standard)
    if words:
        tax.exemption_reason = words
    if code:
        tax.exemption_reason_code = code
    return tax


def _write_means(row: Mapping[str, str]) -> PaymentMeans:
    means = PaymentMeans()
    means.type_code = row["code"]
    if row.get("iban"):
        means.payee_account.iban = row["iban"]
    if row.get("account"):
        means.payee_account.proprietary_id = row["account"]
    if row.get("holder"):
        means.payee_account.account_name = row["holder"]
    if row.get("bic") and row.get("iban"):
        means.payee_institution.bic = row["bic"]
    return means


def _property(name: str, about: str) -> str:
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{about}</pdfaProperty:description></rdf:li>"
    )


NAMESPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
ABOUT: Final = (
    f'<rdf:Description rdf:about="" xmlns:fx="{NAMESPACE}"><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>'
    f"<fx:DocumentFileName>{FILE_NAME}</fx:DocumentFileName><fx:DocumentType>INVOICE</fx:DocumentType>"
    "<fx:Version>1.0</fx:Version></rdf:Description>"
    '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
    'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
    f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>"
    + _property("DocumentFileName", "name of the embedded XML invoice file")
    + _property("DocumentType", "kind of document")
    + _property("Version", "version of the Factur-X schema")
    + _property("ConformanceLevel", "conformance level of the embedded data")
    + "</rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)
"""What the PDF's metadata say of the XML, with the schema that PDF/A wants for words of one's own (Factur-X 1.0)."""
