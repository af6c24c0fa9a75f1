"""What invoices, pro-forma invoices, receipts and credit notes say, in five languages."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from copy import copy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from django.db.models import Manager, prefetch_related_objects
from pypdf import PdfReader

from core.letters import LANGUAGES, TOKEN, fill, formatter, unknown_tokens
from core.pdf import render_pdf
from customers.services import AddressInput
from followups.models import FollowUp
from mailing.models import Email
from purchases.documents import TEMPLATES, Credit, CreditPart, credit_note_data, credit_of, items_of, receipt_data
from purchases.models import Document, DocumentKind, LicenseKey, NumberSeries, Source
from purchases.services.documents import issue
from purchases.services.licenses import fill_key_list, read_keys
from purchases.services.place import OrderLine, place_order
from purchases.wording import EMAILS, LABELS, LETTERS, TOKENS
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from purchases.models import Purchase

TITLES = {"en": "Invoice", "de": "Rechnung", "fr": "Facture", "es": "Factura", "ja": "請求書"}
TOTALS = {"en": "€297.50", "de": "297,50 €", "fr": "297,50 €", "es": "297,50 €", "ja": "€297.50"}
HOSTILE = "<script>alert(1)</script>{{ x }}{% now %}\r\nBcc: a@b.example\u202e"


def pages(content: bytes) -> list[str]:
    """The words of each page, with plain blanks."""
    texts = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return [" ".join(text.replace("\xa0", " ").replace("\u202f", " ").split()) for text in texts]


def printed(kind: str, data: dict[str, Any], language: str = "en") -> list[str]:
    """Render a snapshot after a trip through JSON, as the database makes it."""
    return pages(render_pdf(TEMPLATES[kind], json.loads(json.dumps(data)), language=language))


def an_invoiced_po(language: str = "en", **order: Any) -> Purchase:
    """Two lines, one with a discount: 250.00 net, 47.50 tax, 297.50 gross."""
    lines = [OrderLine("PRO", 2), OrderLine("PRO", 1, discount_percent=Decimal(50))]
    values: dict[str, Any] = {"lines": lines, "customer": replace(a_customer(), language=language), **order}
    return a_released_po(a_client(), **values)


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invoice_says_everything_in_the_customers_language(language: str) -> None:
    purchase = an_invoiced_po(language)
    invoice = purchase.documents.get(kind="INV")
    [text] = printed(invoice.kind, invoice.data, language)
    for word in (
        TITLES[language],
        invoice.number,
        purchase.reference,
        "4500001",
        "Werft & Söhne KG",
        "24103 Kiel",
        "Hafen GmbH",
        "Hafen Pro",
        TOTALS[language],
        "DE89 3704 0044 0532 0130 00",
        "COBADEFFXXX",
        LABELS[language]["payment_reference"],
    ):
        assert word in text, word
    assert "{{" not in text


@pytest.mark.django_db
def test_sums_are_those_of_the_lines() -> None:
    purchase = an_invoiced_po()
    letter = purchase.documents.get(kind="INV").data["letter"]
    assert [row["gross"] for row in letter["items"]["rows"]] == ["238.00", "59.50"]
    assert [row["discount"] for row in letter["items"]["rows"]] == ["", "50%"]
    assert [(row["label"], row["value"]) for row in letter["totals"]] == [
        ("Net total", "€250.00"),
        ("Tax 19% on €250.00", "€47.50"),
        ("Total", "€297.50"),
    ]
    assert letter["payment"]["figure"] == "€297.50"
    assert letter["payment"]["by"] == "Please pay by April 1, 2026"
    assert letter["particulars"][:4] == [
        ["Invoice no.", "INV-2026-000001"],
        ["Date", "March 2, 2026"],
        ["Due date", "April 1, 2026"],
        ["Payment term", "30 days net"],
    ]


@pytest.mark.django_db
def test_an_issued_document_stays_what_it_was() -> None:
    purchase = an_invoiced_po()
    invoice = purchase.documents.get(kind="INV")
    before = printed(invoice.kind, invoice.data)
    client = purchase.client
    client.name = "Another name"
    client.save()
    client.bank_accounts.update(iban="DE00")
    invoice.refresh_from_db()
    assert printed(invoice.kind, invoice.data) == before


@pytest.mark.django_db
def test_a_pro_forma_asks_for_money_first() -> None:
    purchase = an_invoiced_po()
    document = issue(purchase, DocumentKind.PROFORMA, at=MONDAY)
    [text] = printed(document.kind, document.data)
    assert "Pro-forma invoice" in text
    assert "Delivery follows once the payment has arrived" in text
    assert "no tax invoice" in text


@pytest.mark.django_db
def test_a_receipt_shows_what_was_paid() -> None:
    purchase = pays(an_invoiced_po(), "297.50", at=days_later(3))
    letter = receipt_data(purchase, number="RCP-2026-000001", at=days_later(3))["letter"]
    assert [(row["label"], row["value"]) for row in letter["totals"][-2:]] == [
        ("Payments received", "-€297.50"),
        ("Open amount", "€0.00"),
    ]
    assert ["Invoice no.", "INV-2026-000001"] in letter["particulars"]
    assert letter["payment"] is None
    [text] = printed(DocumentKind.RECEIPT, {"letter": letter})
    assert "We have received your payment in full" in text


@pytest.mark.django_db
def test_a_credit_note_over_a_part_splits_off_its_tax() -> None:
    purchase = an_invoiced_po()
    data = credit_note_data(
        purchase,
        number="CRN-2026-000001",
        at=days_later(9),
        credit=Credit([CreditPart(Decimal(19), 2_800, 533)]),
        reason="Goodwill",
    )
    letter = data["letter"]
    assert [(row["label"], row["value"]) for row in letter["totals"]] == [
        ("Net total", "€28.00"),
        ("Tax 19% on €28.00", "€5.33"),
        ("Credited amount", "€33.33"),
    ]
    assert letter["items"]["rows"] == []
    assert letter["notes"] == ["Reason: Goodwill"]
    [text] = printed(DocumentKind.CREDIT_NOTE, data)
    assert "Credit note" in text
    assert "€33.33" in text


@pytest.mark.django_db
def test_a_credit_note_over_everything_lists_the_items() -> None:
    purchase = an_invoiced_po()
    credit = credit_of(items_of(purchase))
    letter = credit_note_data(purchase, number="CRN-1", at=MONDAY, credit=credit, reason="")["letter"]
    assert len(letter["items"]["rows"]) == 2
    assert letter["totals"][-1] == {"label": "Credited amount", "value": "€297.50", "weight": "final"}


@pytest.mark.django_db
def test_a_test_order_says_so_and_asks_for_no_money() -> None:
    purchase = an_invoiced_po(is_test=True)
    invoice = purchase.documents.get(kind="INV")
    assert invoice.number.startswith("TEST-")
    [text] = printed(invoice.kind, invoice.data)
    assert "Test order" in text
    assert "Nothing has to be paid" in text
    assert "IBAN" not in text


@pytest.mark.django_db
def test_thirty_items_run_over_two_numbered_pages() -> None:
    purchase = an_invoiced_po(lines=[OrderLine("PRO", number) for number in range(1, 31)])
    invoice = purchase.documents.get(kind="INV")
    first, second = printed(invoice.kind, invoice.data)
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert invoice.number in second
    assert "Unit price" in second
    assert "€55,335.00" in second


@pytest.mark.django_db
def test_hostile_names_are_printed_and_nothing_more() -> None:
    customer = a_customer(
        company=(HOSTILE * 9)[:300], first_name="W" * 150, last_name="مرحبا שלום", street="Straße " * 40
    )
    purchase = an_invoiced_po(customer=customer, po_number=("{{reference}}" + "X" * 60)[:60])
    prefetch_related_objects([purchase], "items")
    purchase.items.all()[0].name = "W" * 10_000
    data = receipt_data(purchase, number="RCP-1", at=MONDAY)
    content = render_pdf(TEMPLATES[DocumentKind.RECEIPT], data, language="de")
    [text] = pages(content)
    assert "<script>alert(1)</script>{{ x }}{% now %} Bcc: a@b.example" in text
    assert "{{reference}}" in text.replace(" ", "")
    assert "\u202e" not in json.dumps(data, ensure_ascii=False)
    assert b"/JavaScript" not in content


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_misses_a_glyph(language: str) -> None:
    """Every glyph that is drawn says which character it is; a missing one says nothing or U+FFFD."""
    purchase = an_invoiced_po(language)
    invoice = purchase.documents.get(kind="INV")
    [text] = printed(invoice.kind, invoice.data, language)
    assert "\ufffd" not in text
    assert "\x00" not in text
    for paragraph in (*invoice.data["letter"]["opening"], *invoice.data["letter"]["closing"]):
        plain = "".join(paragraph.replace("\xa0", " ").split())
        assert plain in "".join(text.split())


@pytest.mark.django_db
def test_without_a_bank_account_the_reference_remains() -> None:
    purchase = an_invoiced_po()
    purchase.client.bank_accounts.all().delete()
    document = issue(type(purchase).objects.get(pk=purchase.pk), DocumentKind.INVOICE, at=MONDAY)
    assert document.data["letter"]["payment"]["rows"] == [["Payment reference", purchase.reference]]


def texts() -> list[tuple[str, ...]]:
    """Every text with where it stands."""
    found: list[tuple[str, ...]] = []
    worded: list[tuple[str, Mapping[str, tuple[Any, ...]]]] = [*LETTERS.items(), *EMAILS.items()]
    for kind, by_language in worded:
        for language, text in by_language.items():
            parts = [part for value in text for part in ((value,) if isinstance(value, str) else value)]
            found += [(kind, language, part) for part in parts]
    return found


def test_every_text_exists_in_every_language() -> None:
    assert all(set(by_language) == set(LANGUAGES) for by_language in LETTERS.values())
    assert all(set(by_language) == set(LANGUAGES) for by_language in EMAILS.values())
    for labels in LABELS.values():
        assert set(labels) == set(LABELS["en"])
        assert all(labels.values())


def test_texts_use_only_known_tokens() -> None:
    labels = [("label", language, text) for language, labels in LABELS.items() for text in labels.values()]
    for kind, language, text in [*texts(), *labels]:
        assert unknown_tokens(text, TOKENS | {"supply"}) == [], (kind, language, text)


def test_translations_say_the_same_things() -> None:
    """The tokens of an e-mail are the same in all languages, or a reader would miss a number."""
    for kind, by_language in EMAILS.items():
        used = {
            language: {token for part in (*text.before, *text.after) for token in TOKEN.findall(part)} - {"client"}
            for language, text in by_language.items()
        }
        assert len({frozenset(tokens) for tokens in used.values()}) == 1, (kind, used)


# Order confirmations -------------------------------------------------------------------------------------------------


def attached_to(purchase: Purchase, kind: str) -> list[str]:
    email = Email.objects.get(reference=purchase.reference, kind=kind)
    return list(email.attachments.order_by("pk").values_list("filename", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_is_confirmed_in_the_customers_language_and_says_what_is_awaited(language: str) -> None:
    licensee = AddressInput(company="Nordwerft AG", first_name="Ole", last_name="Hansen", city="Husum", country="DE")
    customer = replace(a_customer(), language=language, licensee=licensee)
    purchase = place_order(a_client(), an_order(customer=customer), by=None, at=MONDAY)
    confirmation = purchase.documents.get()
    assert confirmation.number == "OCF-2026-000001"
    assert attached_to(purchase, "po_received") == ["OCF-2026-000001.pdf"]
    [text] = printed(confirmation.kind, confirmation.data, language)
    awaited = fill(
        LABELS[language]["await_document"],
        {"deadline_on": formatter(language).day(date(2026, 3, 31)), "reference": purchase.reference},
    )
    for word in (
        LETTERS["OCF"][language].title,
        purchase.reference,
        "4500001",
        "Werft & Söhne KG",
        LABELS[language]["licensee"],
        "Nordwerft AG",
        "Hafen Pro",
        formatter(language).money(11_900, "EUR"),
    ):
        assert " ".join(word.replace("\xa0", " ").replace("\u202f", " ").split()) in text, word
    assert " ".join(awaited.replace("\xa0", " ").split()).replace(" ", "") in text.replace(" ", "")
    assert "IBAN" not in text


@pytest.mark.django_db
@pytest.mark.parametrize("source", [Source.CHECKOUT, Source.OFFLINE])
def test_an_order_paid_by_wire_is_confirmed_with_payment_instructions(source: str) -> None:
    purchase = an_offline_order(a_client(), source=source)
    assert attached_to(purchase, "order_confirmation") == ["OCF-2026-000001.pdf"]
    letter = purchase.documents.get().data["letter"]
    assert letter["payment"]["figure"] == "119,00\xa0€"
    assert ["IBAN", "DE89 3704 0044 0532 0130 00"] in letter["payment"]["rows"]
    assert letter["payment"]["rows"][-1] == ["Verwendungszweck", purchase.reference]


@pytest.mark.django_db
def test_an_order_accepted_at_once_is_confirmed_together_with_its_invoice() -> None:
    purchase = place_order(a_client(review=False), an_order(), by=None, at=MONDAY)
    assert attached_to(purchase, "po_released") == ["INV-2026-000001.pdf", "OCF-2026-000001.pdf"]
    letter = purchase.documents.get(kind="OCF").data["letter"]
    assert letter["closing"] == [LABELS["de"]["await_bill"]]
    assert letter["payment"] is None


@pytest.mark.django_db
def test_an_order_released_later_was_confirmed_before() -> None:
    purchase = an_invoiced_po()
    assert attached_to(purchase, "po_received") == ["OCF-2026-000001.pdf"]
    assert attached_to(purchase, "po_released") == ["INV-2026-000001.pdf"]


@pytest.mark.django_db
def test_a_test_orders_confirmation_asks_for_nothing() -> None:
    purchase = place_order(a_client(), an_order(is_test=True), by=None, at=MONDAY)
    confirmation = purchase.documents.get()
    assert confirmation.number == "TEST-OCF-2026-000001"
    assert (confirmation.data["letter"]["closing"], confirmation.data["letter"]["payment"]) == ([], None)


@pytest.mark.django_db
def test_an_accepted_quote_was_confirmed_by_its_quote() -> None:
    purchase = place_order(a_client(), an_order(source=Source.QUOTE), by=None, at=MONDAY)
    assert not purchase.documents.filter(kind="OCF").exists()


# Two flows, from the order to the last document ------------------------------------------------------------------


def story_of(purchase: Purchase) -> tuple[str, list[str], list[tuple[str, list[str]]], int]:
    """Status, documents in their order, e-mails with what was attached, and how many keys are with the customer."""
    emails = Email.objects.filter(reference=purchase.reference).order_by("pk")
    return (
        type(purchase).objects.get(pk=purchase.pk).status,
        list(purchase.documents.order_by("pk").values_list("number", flat=True)),
        [(email.kind, [row.filename.split("-")[0] for row in email.attachments.order_by("pk")]) for email in emails],
        LicenseKey.objects.filter(item__purchase=purchase, deactivated_at=None).count(),
    )


@pytest.mark.django_db
def test_prepaid_a_pro_forma_comes_first_and_key_and_invoice_after_all_of_the_money() -> None:
    client = a_client(delivery="prepaid")
    purchase = a_released_po(client, at=MONDAY)
    asked = [("po_received", ["OCF"]), ("po_released", ["PFI"])]
    papers = ["OCF-2026-000001", "PFI-2026-000001"]
    assert story_of(purchase) == ("WPO", papers, asked, 0)
    pays(purchase, "100.00", at=days_later(5))
    assert story_of(purchase) == ("WPO", papers, asked, 0)
    pays(purchase, "29.00", at=days_later(9))  # ten too many
    delivered = [*asked, ("delivery", []), ("receipt", ["INV"])]
    assert story_of(purchase) == ("PAY", [*papers, "INV-2026-000001"], delivered, 1)
    letter = purchase.documents.get(kind="INV").data["letter"]
    assert [row["value"] for row in letter["totals"][-3:]] == ["119,00\xa0€", "-129,00\xa0€", "0,00\xa0€"]
    assert letter["payment"] is None
    assert FollowUp.objects.get(purchase=purchase, category="payment").subject.startswith("10.00 EUR arrived")
    pays(purchase, "1.00", at=days_later(10))
    assert story_of(purchase) == ("PAY", [*papers, "INV-2026-000001"], delivered, 1)


@pytest.mark.django_db
def test_immediate_key_and_invoice_come_with_the_release_and_a_receipt_with_the_money() -> None:
    purchase = a_released_po(a_client(), at=MONDAY)
    papers = ["OCF-2026-000001", "INV-2026-000001"]
    sent = [("po_received", ["OCF"]), ("delivery", []), ("po_released", ["INV"])]
    assert story_of(purchase) == ("WPO", papers, sent, 1)
    pays(purchase, "19.00", at=days_later(5))
    assert story_of(purchase) == ("WPO", papers, sent, 1)
    pays(purchase, "100.00", at=days_later(9))
    assert story_of(purchase) == ("PAY", [*papers, "RCP-2026-000001"], [*sent, ("receipt", ["RCP"])], 1)


@pytest.mark.django_db
def test_prepaid_without_keys_the_invoice_goes_out_and_the_key_follows() -> None:
    client = a_client(delivery="prepaid", keys=0)
    purchase = pays(a_released_po(client), "119.00", at=days_later(2))
    status, papers, sent, keys = story_of(purchase)
    assert (status, papers[-1], sent[-1], keys) == ("PAY", "INV-2026-000001", ("receipt", ["INV"]), 0)
    admin = a_user("client_admin", client)
    fill_key_list(client.products.get(), keys=read_keys("N-1"), by=admin, at=days_later(3))
    assert story_of(purchase)[2:] == ([*sent, ("delivery", [])], 1)


# Numbers -----------------------------------------------------------------------------------------------------------


class ChangedMindError(Exception):
    """Something went wrong after the document was issued."""


def issue_at_once(purchases: Sequence[Purchase], *, rounds: int) -> int:
    """Every purchase in a thread of its own gets receipts; each third one is rolled back. Say how many failed."""
    start, failed = threading.Barrier(len(purchases)), []

    def run(number: int, purchase: Purchase) -> None:
        start.wait()
        for turn in range(rounds):
            with suppress(ChangedMindError):
                try:
                    with transaction.atomic():
                        issue(purchase, DocumentKind.RECEIPT, at=MONDAY)
                        if (number + turn) % 3 == 0:
                            raise ChangedMindError
                except (IntegrityError, OperationalError) as error:
                    failed.append(error)
        connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(purchases)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return len(failed)


def receipt_numbers() -> list[str]:
    return sorted(Document.objects.filter(kind="RCP").values_list("number", flat=True))


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_whoever_issues_at_once_and_whatever_is_rolled_back() -> None:
    client = a_client()
    purchases = [a_released_po(client) for _ in range(6)]
    assert issue_at_once(purchases, rounds=6) == 0
    assert receipt_numbers() == [f"RCP-2026-{number:06d}" for number in range(1, 25)]


@pytest.mark.django_db(transaction=True)
def test_control_with_the_row_everybody_came_with_numbers_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    purchases = [a_released_po(client) for _ in range(6)]
    came_with = NumberSeries.objects.create(client=client, kind="RCP", year=2026, last=0)

    class Stale(Manager[NumberSeries]):
        """Everybody finds the row as it was in the beginning."""

        def select_for_update(self, *_: Any, **__: Any) -> Any:
            return self

        def filter(self, **_: Any) -> Any:
            return self

        def first(self) -> NumberSeries:
            return copy(came_with)

    monkeypatch.setattr(NumberSeries, "objects", Stale())
    assert issue_at_once(purchases, rounds=2) > 0
    assert receipt_numbers() == ["RCP-2026-000001"]
