"""A representative with a caller on the line, by keyboard alone: each story counts its keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from customers.models import Customer
from mailing.models import Email
from purchases.models import DocumentKind, LicenseKey, Purchase
from purchases.states import Status
from tests.browser.hands import days_ago, look_up, take_call
from tests.stories import a_client, a_customer, a_released_po, a_user, an_offline_order, pays

if TYPE_CHECKING:
    from accounts.models import Client
    from tests.browser.hands import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    """A client whose purchase orders the platform reviews, with two orders of others who don't call."""
    client = a_client("hafen", reviewer="platform")
    for company, last_name in (("Elbwind GmbH", "Brandt"), ("Kontorhaus AG", "Lange")):
        customer = a_customer(
            company=company, last_name=last_name, email=f"{last_name}@example.com".lower(), city="Bremen"
        )
        an_offline_order(client, at=days_ago(9), customer=customer)
    return client


def test_a_wrong_email_on_an_order(desk: Desk, hafen: Client) -> None:
    """Three letters of the name; the address is corrected, the confirmation goes out anew."""
    order = an_offline_order(hafen, at=days_ago(1), customer=a_customer(email="einkauf@wreft.example"))
    hands = take_call(desk, "pet", order.reference, hit="Petersen")
    hands.press("1")
    hands.see(desk.page.locator(".tabpane:focus"))
    hands.open(desk.page.get_by_role("link", name="Correct the billing contact"))
    hands.reach(desk.page.get_by_label("E-mail", exact=True))
    hands.overtype("einkauf@werft.example")
    hands.reach(desk.page.get_by_label("Reason"))
    hands.type("Mistyped")
    hands.press("Enter")
    hands.see(f"Billing contact of {order.reference} saved.")
    hands.press("e")
    hands.see(desk.page.get_by_label("Order confirmation"))
    hands.see(desk.page.get_by_label("Billing: einkauf@werft.example"))
    hands.press("Control+Enter")
    hands.see("Queued for einkauf@werft.example.")
    email = Email.objects.filter(reference=order.reference).latest("pk")
    assert (email.kind, email.recipient) == ("order_confirmation", "einkauf@werft.example")
    assert Purchase.objects.get(pk=order.pk).billing_email == "einkauf@werft.example"
    assert hands.strokes <= 56


def test_two_customers_that_are_one(desk: Desk, hafen: Client) -> None:
    """Proposed as one, looked at, merged with a reason, and taken back at once."""
    older = an_offline_order(hafen, at=days_ago(40)).customer
    other = a_customer(company="Werft und Soehne", email="j.petersen@werft.example")
    newer = an_offline_order(hafen, at=days_ago(2), customer=other).customer
    hands = take_call(desk, "werft, pet", "Werft und Soehne", steps=3)
    hands.see("Likely the same as")
    hands.press("m")
    hands.see("What will happen")
    hands.see("1 purchase moves")
    hands.reach(desk.page.get_by_label("Reason"))
    hands.type("Ordered twice")
    hands.press("Enter")
    hands.see("is a part of this customer now. It can be undone for 30 days.")
    assert Customer.objects.get(pk=older.pk).merged_into == newer
    assert Purchase.objects.filter(customer=newer).count() == 2
    hands.open(desk.page.get_by_role("link", name="Undo the merge"), "Shift+Tab")
    hands.see(desk.page.get_by_role("dialog"), "Undo the merge")
    hands.press("Enter")
    hands.see("The merge is undone.")
    assert Customer.objects.get(pk=older.pk).merged_into is None
    assert Purchase.objects.filter(customer=newer).count() == 1
    assert hands.strokes <= 63


def test_i_never_got_my_key(desk: Desk, hafen: Client) -> None:
    """Found by the domain; the keys are there, their e-mail goes out once more."""
    order = a_released_po(hafen, at=days_ago(3))
    hands = take_call(desk, "@werft", order.reference)
    hands.press("3")
    hands.see(desk.page.get_by_role("table", name="License keys"), "Active")
    hands.press("e")
    hands.reach(desk.page.get_by_label("Delivery", exact=True), "ArrowDown")
    hands.see("Subject")
    hands.press("Control+Enter")
    hands.see("Queued for einkauf@werft.example.")
    hands.see(desk.page.get_by_role("table", name="E-mails"), "Queued")
    email = Email.objects.filter(reference=order.reference).latest("pk")
    assert email.kind == "delivery"
    assert LicenseKey.objects.get(item__purchase=order).code in email.body_text
    assert hands.strokes <= 14


def test_the_invoice_to_accounts_payable(desk: Desk, hafen: Client) -> None:
    """Found by the invoice number; another recipient gets it, and it is read as they will."""
    order = a_released_po(hafen, at=days_ago(12))
    invoice = order.documents.get(kind=DocumentKind.INVOICE)
    hands = take_call(desk, invoice.number, order.reference)
    hands.press("e")
    hands.reach(desk.page.get_by_label("PO released"), "ArrowDown")
    hands.see(desk.page.get_by_role("dialog"), invoice.number)
    hands.reach(desk.page.get_by_label("Billing: einkauf@werft.example"))
    hands.press("Space")
    hands.reach(desk.page.get_by_label("Also send to"))
    hands.type("ap@werft.example")
    hands.press("Enter")
    hands.see("Queued for ap@werft.example.")
    hands.press("3")
    hands.see(desk.page.get_by_role("table", name="E-mails"), "ap@werft.example")
    hands.open(desk.page.get_by_role("table", name="E-mails").get_by_role("link").first)
    hands.see(desk.page.locator(".m-head"), "ap@werft.example")
    hands.see(desk.page.get_by_label("Attachments"), invoice.number)
    hands.see(desk.page.frame_locator("iframe").locator("body"), order.reference)
    email = Email.objects.filter(reference=order.reference).latest("pk")
    assert (email.recipient, email.attachments.count()) == ("ap@werft.example", 1)
    assert hands.strokes <= 48


def test_which_of_my_orders_are_open(desk: Desk, hafen: Client) -> None:
    """The customer's page says what is open and on which orders; the statement is one file."""
    still_open = a_released_po(hafen, at=days_ago(20))
    pays(a_released_po(hafen, at=days_ago(6)), "119.00", at=days_ago(1))
    hands = desk.sit(a_user("platform_customer_service"))
    look_up(hands, "werft", still_open.reference, steps=2, key="ArrowUp")
    hands.see("Open in EUR")
    hands.see(desk.page.locator(".strip"), "€119.00")
    hands.see(desk.page.locator("tr[data-row]").first, still_open.reference)
    with desk.page.expect_download() as statement:
        hands.open(desk.page.get_by_role("button", name="CSV"), "Shift+Tab")
    assert still_open.reference in statement.value.path().read_text()
    assert hands.strokes <= 13


def test_i_paid_last_week_and_you_dun_me(desk: Desk, hafen: Client) -> None:
    """No money came; the caller names a day, and the ladder waits for it and says so."""
    order = a_released_po(hafen, at=days_ago(45))
    hands = take_call(desk, "pet", order.reference)
    hands.press("4")
    hands.see("No money has moved yet.")
    hands.press("p")
    hands.see(desk.page.get_by_role("dialog"), "Promises of this customer so far")
    hands.type((timezone.now() + timedelta(days=5)).strftime("%m%d%Y"))
    hands.press("Enter")
    hands.see("Payment is promised until")
    hands.press("5")
    hands.see(desk.page.get_by_label("Purchase Order tab", exact=True), "promise")
    assert Purchase.objects.get(pk=order.pk).promised_until is not None
    assert hands.strokes <= 20


def test_a_wrong_po_number(desk: Desk, hafen: Client) -> None:
    """The invoice that shows it is undone and issued anew; both go out."""
    order = a_released_po(hafen, at=days_ago(4))
    hands = take_call(desk, "4500001", order.reference, role="platform_finance")
    hands.press("n")
    hands.see(desk.page.get_by_role("dialog"), "is undone by a credit note and replaced by a new invoice")
    hands.overtype("4500002")
    hands.reach(desk.page.get_by_label("Reason"))
    hands.type("Mistyped")
    hands.press("Enter")
    hands.see(f"PO number and VAT ID of {order.reference} saved.")
    hands.press("6")
    hands.see(desk.page.get_by_label("Documents tab", exact=True), "Credit note")
    kinds = list(order.documents.order_by("pk").values_list("kind", flat=True))
    assert kinds[-3:] == [DocumentKind.INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.INVOICE]
    assert Purchase.objects.get(pk=order.pk).po_number == "4500002"
    assert hands.strokes <= 34


def test_please_cancel(desk: Desk, hafen: Client) -> None:
    """Everything that canceling does is named before; the customer is told."""
    order = a_released_po(hafen, at=days_ago(4))
    hands = take_call(desk, "werft", order.reference)
    hands.press("c")
    hands.see(desk.page.get_by_role("dialog"), "The invoice is undone by a credit note over €119.00.")
    hands.type("Ordered twice")
    hands.press("Control+Enter")
    hands.see(f"Purchase {order.reference} canceled.")
    hands.press("3")
    hands.see(desk.page.get_by_role("table", name="E-mails"), "Cancel")
    assert Purchase.objects.get(pk=order.pk).status == Status.CANCELED
    assert Email.objects.filter(reference=order.reference, kind="cancellation").count() == 1
    assert hands.strokes <= 26


def test_one_item_is_given_back(desk: Desk, hafen: Client) -> None:
    """One of two pieces is refunded, with the figures before; the credit note opens."""
    order = pays(a_released_po(hafen, at=days_ago(20), quantity=2), "238.00", at=days_ago(2))
    hands = take_call(desk, "werft", order.reference, role="platform_finance")
    hands.open(desk.page.get_by_role("link", name="Refund", exact=True))
    hands.reach(desk.page.get_by_label("Items: choose how many pieces"), "ArrowDown")
    hands.reach(desk.page.get_by_label("pieces, at most 2"))
    hands.type("1")
    hands.reach(desk.page.get_by_label("Reason"))
    hands.type("unw")
    hands.see(desk.page.locator("#refund-figures"), "€119.00 goes back")
    hands.press("Control+Enter")
    hands.see(f"Refund on {order.reference} recorded")
    hands.press("4")
    note = order.documents.get(kind=DocumentKind.CREDIT_NOTE)
    with desk.page.expect_popup():
        hands.open(desk.page.get_by_label("Payment Log tab", exact=True).get_by_role("link", name=note.number))
    refreshed = Purchase.objects.get(pk=order.pk)
    assert (refreshed.status, refreshed.refunded_minor) == (Status.PARTIALLY_REFUNDED, 11_900)
    assert hands.strokes <= 44


def test_a_purchase_order_by_fax(desk: Desk, hafen: Client) -> None:
    """Ordered online, to be paid by wire; a signed order comes by fax, and it is on purchase order."""
    order = an_offline_order(hafen, at=days_ago(1))
    hands = take_call(desk, order.reference, order.reference)
    hands.press("d")
    hands.see(desk.page.get_by_role("dialog"), "Came in by")
    hands.type("F")
    hands.press("Control+Enter")
    hands.see(f"PO document of {order.reference} noted.")
    hands.open(desk.page.get_by_role("link", name="Convert to PO"))
    hands.see(desk.page.get_by_label("PO number"))
    hands.type("4500077")
    hands.press("Enter")
    hands.see("converted")
    hands.press("5")
    hands.see(desk.page.get_by_label("Purchase Order tab", exact=True), "PO document received")
    hands.press("r")
    hands.see(desk.page.get_by_role("dialog"), "An invoice over €119.00 is issued")
    hands.press("Enter")
    hands.see(f"Purchase {order.reference} released.")
    refreshed = Purchase.objects.get(pk=order.pk)
    assert (refreshed.status, refreshed.po_number) == (Status.PURCHASE_ORDER, "4500077")
    assert refreshed.po_documents.get().channel == "fax"
    assert hands.strokes <= 53
