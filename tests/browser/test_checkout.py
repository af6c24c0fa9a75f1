"""The hosted checkout in a real browser: on purchase order, clicked twice, on a phone, without script, as a test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from purchases.models import PoDocument, Purchase
from purchases.services.release import release_purchase
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, problems_of
from tests.browser.test_purchases import enter
from tests.quotes.shopping import BILLING, pages
from tests.stories import MONDAY, a_client, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import FilePayload, Page

    from accounts.models import Client

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def tab(page: Page) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen; a form that is refused (422), or a total that the next page overtook
    while it was asked for, is no problem."""
    problems = problems_of(page, REFUSED)
    yield page
    assert problems == []


def fill_in(page: Page) -> None:
    for name, value in BILLING.items():
        if name.startswith("billing-") and name != "billing-country":
            page.fill(f"#id_{name}", value)
    page.select_option("#id_billing-country", BILLING["billing-country"])


def test_an_order_on_po_with_its_document_until_the_invoice(tab: Page, live_server: Any, hafen: Client) -> None:
    tab.goto(f"{live_server.url}/buy/hafen/?product=PRO&quantity=2&x-source=mail&language=en")
    assert violations(tab) == []
    fill_in(tab)
    expect(tab.locator("#gross")).to_have_text("€238.00")
    tab.get_by_label("Quantity of Hafen Pro").fill("3")
    tab.get_by_label("VAT ID").click()
    expect(tab.locator("#gross")).to_have_text("€357.00")
    tab.get_by_label("VAT ID").fill("DE1")
    tab.get_by_role("button", name="Continue to payment").click()
    expect(tab.get_by_text("This is no valid VAT ID of Germany.")).to_be_visible()
    assert violations(tab) == []
    tab.get_by_label("VAT ID").fill("")
    tab.get_by_role("button", name="Continue to payment").click()
    expect(tab.get_by_text("We check your signed order first.")).to_be_visible()
    assert violations(tab) == []
    tab.get_by_label("Your PO number").fill("4500001")
    tab.get_by_role("button", name="Place order").click()
    expect(tab.get_by_text("Thank you! Your order has arrived.")).to_be_visible()
    expect(tab.get_by_text("Waiting for your signed order")).to_be_visible()
    assert violations(tab) == []
    scan: FilePayload = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": pages()}
    tab.set_input_files("#id_po_document", scan)
    tab.get_by_role("button", name="Upload document").click()
    expect(tab.get_by_text("Your order document is being checked")).to_be_visible()
    purchase = Purchase.objects.get()
    assert (purchase.gross_minor, purchase.po_number, PoDocument.objects.count()) == (35_700, "4500001", 1)
    release_purchase(purchase, by=a_user("client_admin", hafen), at=MONDAY)
    tab.goto(tab.url.split("?")[0])
    expect(tab.get_by_text("Accepted, to be paid")).to_be_visible()
    expect(tab.get_by_role("link", name=re.compile("^Invoice INV-"))).to_be_visible()
    assert violations(tab) == []


def test_a_double_click_is_one_order(tab: Page, live_server: Any, hafen: Client) -> None:
    tab.goto(f"{live_server.url}/buy/hafen/?product=PRO&language=en")
    fill_in(tab)
    tab.get_by_role("button", name="Continue to payment").click()
    tab.get_by_label("Wire transfer").check()
    tab.get_by_role("button", name="Place order").dblclick()
    expect(tab.get_by_text("Thank you! Your order has arrived.")).to_be_visible()
    expect(tab.get_by_text("Payment reference")).to_be_visible()
    assert Purchase.objects.count() == 1
    tab.go_back()
    tab.get_by_role("button", name="Place order").click()
    expect(tab.get_by_text("This order was placed already, once.")).to_be_visible()
    assert Purchase.objects.count() == 1


def test_what_is_only_for_purchase_orders_shows_and_counts_only_there(
    tab: Page, live_server: Any, hafen: Client
) -> None:
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(f"{live_server.url}/buy/hafen/?product=PRO&language=en")
    cart, form = tab.locator("#cart").bounding_box(), tab.locator(".shop-form").bounding_box()
    assert cart is not None
    assert form is not None
    assert cart["x"] > form["x"] + form["width"], "the cart stays beside the address"
    fill_in(tab)
    tab.get_by_role("button", name="Continue to payment").click()
    lie: FilePayload = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": b"<script>alert(1)</script>"}
    tab.set_input_files("#id_po_document", lie)
    tab.get_by_role("button", name="Place order · €119.00").click()
    expect(tab.get_by_text("The file is not what its name says.")).to_be_visible()
    tab.set_input_files("#id_po_document", lie)
    tab.get_by_label("Wire transfer").check()
    expect(tab.get_by_label("Your PO number")).to_be_hidden()
    tab.get_by_role("button", name="Place order").click()
    expect(tab.get_by_text("All of it is in an e-mail to einkauf@werft.example.")).to_be_visible()
    assert (Purchase.objects.get().status, PoDocument.objects.count()) == ("WOF", 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out(browser: Any, live_server: Any, hafen: Client, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{live_server.url}/buy/hafen/?product=PRO&product=NOPE&quantity=-1&price=1&language=de")
    assert fits(page)
    assert violations(page) == []
    page.goto(f"{live_server.url}/buy/hafen/?product=PRO&language=de")
    fill_in(page)
    page.get_by_role("button", name="Weiter zur Zahlung").click()
    expect(page.get_by_text("Wie möchten Sie zahlen?")).to_be_visible()
    assert fits(page)
    assert violations(page) == []
    page.get_by_role("button", name="Zahlungspflichtig bestellen").click()
    expect(page.get_by_text("Vielen Dank!")).to_be_visible()
    assert fits(page)
    assert violations(page) == []
    context.close()


def test_without_script_everything_is_a_form(browser: Any, live_server: Any, hafen: Client) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/buy/hafen/?product=PRO&language=en")
    fill_in(page)
    page.get_by_label("Quantity of Hafen Pro").fill("2")
    page.get_by_role("button", name="Update totals").last.click()
    expect(page.locator("#gross")).to_have_text("€238.00")
    page.get_by_text("Delivery address").click()
    page.fill("#id_delivery-city", "Bremen")
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.locator("#id_delivery-last_name_error")).to_be_visible()
    page.fill("#id_delivery-city", "")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Change cart or contacts").click()
    expect(page.locator("#id_billing-last_name")).to_have_value("Petersen")
    page.get_by_role("button", name="Continue to payment").click()
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you! Your order has arrived.")).to_be_visible()
    context.close()


def test_the_admin_tries_the_checkout_out(tab: Page, live_server: Any, hafen: Client) -> None:
    enter(tab.context, live_server, a_user("client_admin", hafen, language="en"))
    tab.goto(f"{live_server.url}/purchases/policy/hafen/")
    tab.get_by_role("link", name="Test checkout").click()
    tab.get_by_role("link", name="Hafen Pro").click()
    tab.select_option("#id_customer_type", "MIS")
    fill_in(tab)
    expect(tab.get_by_text("Purchase order is not offered (type)")).to_be_visible()
    tab.select_option("#id_customer_type", "COM")
    expect(tab.get_by_text("Purchase order is offered.")).to_be_visible()
    assert violations(tab) == []
