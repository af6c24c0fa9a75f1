"""The customer's own page of an order: it shows, it takes the signed document, and it shows nobody anything else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from core.money import Money
from core.refused import Refused
from core.tokens import hash_of
from purchases.models import Document, HistoryEntry, PoDocument, Purchase, StatusLink
from purchases.services.cancel import cancel_purchase
from purchases.services.refund import refund_purchase
from purchases.services.release import reject_purchase, release_purchase
from quotes.services.checkout import upload_document
from quotes.services.link import revoke_links
from tests.quotes.shopping import Shopper, a_scan, says, text_of
from tests.stories import a_client, a_released_po, a_user, pays

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def hafen() -> Client:
    client = a_client("hafen")
    client.fax, client.phone = "+49 40 123-99", "+49 40 123-0"
    client.save()
    return client


class Buyer:
    """Somebody who ordered, with the link to the order."""

    def __init__(self, client: Client, payment: str = "po", **fields: Any) -> None:
        self.link = Shopper(client).orders(payment, **fields)["Location"].split("?")[0]
        self.token = self.link.split("/")[2]
        self.browser = Browser()

    @property
    def purchase(self) -> Purchase:
        rows = Purchase.objects.select_related("client", "policy")
        return rows.get(status_links__token_hash=hash_of(self.token))

    def looks(self, more: str = "") -> str:
        answer = self.browser.get(self.link + more)
        assert answer.status_code == 200
        return says(answer)

    def sends(self, **file: Any) -> Any:
        return self.browser.post(self.link, file)


def test_after_a_purchase_order_it_says_what_to_send_where_and_until_when(hafen: Client) -> None:
    buyer = Buyer(hafen, po_number="4500001")
    purchase = buyer.purchase
    page = buyer.looks("?new=1")
    assert f"Thank you! Your order has arrived. Note the reference number {purchase.reference}." in page
    assert f"Order {purchase.reference} Waiting for your signed order" in page
    last_day = purchase.ordered_on + timedelta(days=29)
    assert f"It should be here by {last_day:%B} {last_day.day}, {last_day.year}" in page
    assert f"the reference number {purchase.reference}" in page
    assert "your PO number 4500001" in page
    assert "products, quantities and the total of €238.00" in page
    assert "by e-mail to orders@hafen.example" in page
    assert "by fax to +49 40 123-99" in page
    assert "by letter to Hafen GmbH, Kaistraße 1, 20457 Hamburg, GERMANY" in page
    assert "here on this page" in page
    assert "How to pay" not in page


def test_it_names_only_the_channels_that_the_policy_takes(hafen: Client) -> None:
    hafen.policies.update(accepted_channels=["fax"])
    buyer = Buyer(hafen)
    page = buyer.looks()
    assert "by fax to" in page
    assert "by e-mail to" not in page
    assert "Upload document" not in page
    assert buyer.sends(po_document=a_scan()).status_code == 422
    assert PoDocument.objects.count() == 0
    with pytest.raises(Refused, match="not accepted by upload"):
        upload_document(buyer.purchase, file=None, at=timezone.now())  # type: ignore[arg-type]  # never looked at


def test_the_signed_order_is_uploaded_there(hafen: Client) -> None:
    buyer = Buyer(hafen)
    answer = buyer.sends(po_document=a_scan("bestellung.pdf"))
    assert (answer.status_code, answer["Location"]) == (303, f"{buyer.link}?sent=1")
    page = buyer.looks("?sent=1")
    assert "Your document has arrived. We look at it and write to you." in page
    assert "Your order document is being checked" in page
    assert "Send another document" in page
    assert list(PoDocument.objects.values_list("channel", "filename")) == [("upload", "bestellung.pdf")]
    entry = HistoryEntry.objects.get(purchase=buyer.purchase, event="document")
    assert (entry.by, entry.nature, entry.method) == (None, "inbound", "web")


def test_ten_documents_are_enough(hafen: Client) -> None:
    buyer = Buyer(hafen)
    buyer.sends(po_document=a_scan())
    first = PoDocument.objects.get()
    PoDocument.objects.bulk_create(
        PoDocument(purchase=first.purchase, channel="upload", received_at=first.received_at) for _ in range(9)
    )
    assert buyer.sends(po_document=a_scan()).status_code == 422
    assert PoDocument.objects.count() == 10


def test_when_the_document_was_asked_for_again_the_page_asks_too(hafen: Client) -> None:
    buyer = Buyer(hafen)
    buyer.sends(po_document=a_scan())
    Purchase.objects.update(document_asked_at=timezone.now())
    assert "Waiting for your signed order" in buyer.looks()
    assert "On your letterhead we need:" in buyer.looks()
    buyer.sends(po_document=a_scan())
    assert "Your order document is being checked" in buyer.looks()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("", b"", "Choose the file to send."),
        ("order.pdf", b"", "The file is empty."),
        ("order.html", b"<html>", "Only PDF, PNG and JPEG files are accepted."),
        ("order.pdf", b"GIF89a", "The file is not what its name says."),
    ],
)
def test_a_file_that_lies_is_refused(hafen: Client, name: str, content: bytes, sentence: str) -> None:
    buyer = Buyer(hafen)
    answer = buyer.sends(po_document=a_scan(name, content)) if name else buyer.sends()
    assert answer.status_code == 422
    assert sentence in says(answer)
    assert PoDocument.objects.count() == 0


def test_an_offline_order_shows_where_to_pay(hafen: Client) -> None:
    page = Buyer(hafen, "wire").looks()
    assert "Waiting for your payment" in page
    assert "Amount due €238.00 Account holder Hafen GmbH IBAN DE89 3704 0044 0532 0130 00" in page
    assert "Payment reference" in page
    assert "Upload document" not in page
    check = Buyer(hafen, "check").looks()
    assert "Send the check to Hafen GmbH, Kaistraße 1, 20457 Hamburg, GERMANY Payment reference" in check
    assert "IBAN" not in check


def test_after_the_release_invoice_and_bank_details_are_there_but_no_keys(hafen: Client) -> None:
    buyer = Buyer(hafen)
    buyer.sends(po_document=a_scan())
    release_purchase(buyer.purchase, by=a_user("client_admin", hafen), at=timezone.now())
    page = buyer.looks()
    assert "Accepted, to be paid" in page
    assert "Due on" in page
    assert "IBAN DE89" in page
    assert "hafen-00000" not in page
    assert "Upload document" not in page
    invoice = Document.objects.get(kind="INV")
    assert f"Invoice {invoice.number}" in page
    answer = buyer.browser.get(f"{buyer.link}{invoice.number}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer["Content-Disposition"] == f'inline; filename="{invoice.number}.pdf"'
    assert buyer.browser.post(f"{buyer.link}{invoice.number}.pdf").status_code == 405
    late = buyer.sends(po_document=a_scan())
    assert late.status_code == 422
    assert "This order does not wait for a document any more." in says(late)


def test_only_documents_that_are_for_the_customer_and_of_this_order(hafen: Client) -> None:
    buyer = Buyer(hafen)
    other = a_released_po(hafen)
    foreign = Document.objects.get(purchase=other, kind="INV")
    assert buyer.browser.get(f"{buyer.link}{foreign.number}.pdf").status_code == 404
    Document.objects.filter(pk=foreign.pk).update(purchase=buyer.purchase, kind="PDN1")
    assert foreign.number not in buyer.looks()
    assert buyer.browser.get(f"{buyer.link}{foreign.number}.pdf").status_code == 404
    assert other.reference not in buyer.looks()


def test_paid_refunded_canceled_and_rejected_in_the_customers_words(hafen: Client) -> None:
    at, admin = timezone.now(), a_user("platform_admin")
    buyer = Buyer(hafen, "wire")
    paid = pays(buyer.purchase, "238.00", at=at)
    page = buyer.looks()
    assert "Paid, thank you" in page
    assert "How to pay" not in page
    refund_purchase(paid, by=admin, at=at, reason="half", amount=Money(11_900, "EUR"))
    assert "Paid, partly refunded" in buyer.looks()
    assert "Credit note" in buyer.looks()
    canceled = Buyer(hafen, "wire", **{"billing-email": "b@werft.example"})
    cancel_purchase(canceled.purchase, by=admin, at=at, reason="asked for")
    assert "Canceled" in canceled.looks()
    rejected = Buyer(hafen, **{"billing-email": "c@werft.example"})
    reject_purchase(rejected.purchase, by=admin, at=at, reason="no letterhead")
    assert "Not accepted" in rejected.looks()


def test_the_page_speaks_the_orders_language_or_another(hafen: Client) -> None:
    buyer = Buyer(hafen, language="de")
    assert "Wartet auf Ihre unterschriebene Bestellung" in buyer.looks()
    assert "注文書待ち" in buyer.looks("?language=ja")
    assert "Nettosumme" in buyer.looks() or "Summe netto" in buyer.looks()


def test_a_test_order_asks_for_no_money_and_no_letter(hafen: Client) -> None:
    buyer = Buyer(hafen)
    Purchase.objects.update(is_test=True)
    page = buyer.looks()
    assert "This is a test order. Nothing has to be paid or sent." in page
    assert "On your letterhead" not in page
    assert "Upload document" in page


def test_wrong_expired_and_revoked_links_look_alike(hafen: Client) -> None:
    buyer = Buyer(hafen)
    browser = Browser(headers={"Accept-Language": "en"})
    wrong = browser.get("/order/guess/")
    assert wrong.status_code == 404
    assert "This link is not valid" in says(wrong)
    revoke_links(buyer.purchase, reason="sent to the wrong person", by=a_user("platform_admin"), at=timezone.now())
    revoked = browser.get(buyer.link)
    StatusLink.objects.update(revoked_at=None, expires_at=timezone.now() - timedelta(seconds=1))
    expired = browser.get(buyer.link)
    assert [answer.status_code for answer in (revoked, expired)] == [404, 404]
    assert text_of(wrong) == text_of(revoked) == text_of(expired)
    assert browser.get(f"{buyer.link}INV-2026-000001.pdf").status_code == 404
    assert browser.post(buyer.link, {"po_document": a_scan()}).status_code == 404


def test_guessing_is_counted_and_nobody_with_a_link_suffers_from_it(hafen: Client) -> None:
    buyer = Buyer(hafen)
    cache.set("quotes-wrong-links:127.0.0.1", 60, 600)
    assert buyer.browser.get("/order/guess/").status_code == 429
    assert "Order" in buyer.looks()
    cache.set("quotes-posts:127.0.0.1", 200, 600)
    answer = buyer.sends(po_document=a_scan())
    assert answer.status_code == 429
    assert "Too many orders come from your network" in says(answer)


def test_opening_the_page_changes_nothing(hafen: Client) -> None:
    buyer = Buyer(hafen)
    before = list(Purchase.objects.values()), HistoryEntry.objects.count()
    answer = buyer.browser.get(f"{buyer.link}?sent=1&new=1")
    assert "Your document has arrived" not in says(answer)
    assert (list(Purchase.objects.values()), HistoryEntry.objects.count()) == before
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]
