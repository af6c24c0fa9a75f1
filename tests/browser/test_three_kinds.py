"""The three kinds of order, one journey each through the whole house, told by the rows of their table.

                       online order with          fax, letter or e-mail      online order
                       validation                 order                      for partners
customer type          institutional              institutional              registered partners
validation             fax, letter or e-mail      fax, letter or e-mail      none
the option is enabled  in the client's policy     by nobody: granted to one  for the partner
activated              ARP to PO by its release   Unpaid to PO               no release
offered in the cart    yes                        no                         yes

Then the two ways to review times the two ways to deliver, as the flow chart draws them.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from core.pages import draw_page
from partners.services.portal import open_link
from purchases.models import Purchase
from tests.browser.hands import press
from tests.browser.test_purchases import desk, enter
from tests.quotes.shopping import BILLING, pages
from tests.stories import a_client, a_partner, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FilePayload, Page

__all__ = ["desk"]
pytestmark = pytest.mark.django_db(transaction=True)

FIRST_PDF = 120_000
"""Milliseconds: the first PDF of a process loads all that draws one, which takes a busy machine its time."""
SCAN: FilePayload = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": pages()}


@pytest.fixture
def shop(browser: Browser) -> Iterator[Page]:
    """The customer's own browser."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def goes_to_pay(shop: Page, live_server: Any, quantity: int) -> None:
    """The customer fills the cart and looks at the ways to pay."""
    shop.goto(f"{live_server.url}/buy/hafen/?product=PRO&quantity={quantity}&language=en")
    for name in ("company", "first_name", "last_name", "email", "street", "postal_code", "city"):
        shop.fill(f"#id_billing-{name}", BILLING[f"billing-{name}"])
    shop.select_option("#id_billing-country", "DE")
    shop.get_by_role("button", name="Continue to payment").click()
    expect(shop.get_by_text("How do you want to pay?")).to_be_visible()


def buys_on_po(shop: Page, live_server: Any) -> Purchase:
    """Two licenses, 238.00 EUR, on purchase order."""
    goes_to_pay(shop, live_server, 2)
    shop.get_by_label("Purchase order", exact=True).check()
    shop.get_by_label("Your PO number").fill("4500001")
    shop.get_by_role("button", name="Place order").click()
    expect(shop.get_by_text("Thank you! Your order has arrived.")).to_be_visible()
    return Purchase.objects.latest("pk")


def sits_down(desk: Page, live_server: Any, role: str, client: Any, path: str) -> None:
    """Somebody of the staff opens a page."""
    enter(desk.context, live_server, a_user(role, client if role.startswith("client") else None))
    desk.goto(f"{live_server.url}{path}")


def state(page: Page, name: str) -> None:
    """The page says this status next to its title."""
    expect(page.locator("h1 .st").first).to_have_text(name)


def arrives(desk: Page, reference: str, channel: str) -> None:
    """The customer's signed order came in and is noted with its file."""
    desk.get_by_role("link", name="Document received").click()
    dialog = desk.locator("dialog")
    dialog.get_by_label("Came in by").select_option(channel)
    dialog.get_by_label("File").set_input_files(SCAN)
    dialog.get_by_role("button", name="Save").click()
    expect(desk.get_by_text(f"PO document of {reference} noted.")).to_be_visible()


def is_reviewed(desk: Page, reference: str) -> None:
    """The reviewer compares every line and releases the order, by keyboard."""
    expect(desk).to_have_url(re.compile(f"/{reference}/desk/"))
    state(desk, "Awaiting Release for Purchase Order")
    press(desk, *"12345678")
    expect(desk.get_by_text("8 of 8 met")).to_be_visible()
    press(desk, "r")
    desk.locator("dialog").get_by_role("button", name="Release").click()
    expect(desk.get_by_text(f"Purchase {reference} released.")).to_be_visible()


def is_paid(desk: Page, live_server: Any, reference: str) -> None:
    """Finance books the money."""
    sits_down(desk, live_server, "platform_finance", None, f"/purchases/{reference}/")
    desk.get_by_role("link", name="Record payment").click()
    desk.locator("dialog").get_by_role("button", name="Record payment").click()
    expect(desk.get_by_text("Payment recorded on")).to_be_visible()
    state(desk, "Paid")


def keys(desk: Page, live_server: Any, reference: str, number: int) -> None:
    """So many keys were delivered."""
    desk.goto(f"{live_server.url}/purchases/{reference}/?tab=delivery")
    expect(desk.get_by_role("heading", name="License keys")).to_be_visible()
    expect(desk.locator("td.mono")).to_have_count(number)


def wrote(desk: Page, *subjects: str) -> None:
    """These e-mails went to the customer, as the Delivery tab lists them."""
    for subject in subjects:
        expect(desk.get_by_role("link", name=subject).first).to_be_visible()


def reads(page: Page, kind: str, *words: str) -> None:
    """Open a document of this kind and find the words on its first page, which is drawn as it would be printed."""
    link = page.get_by_role("link", name=re.compile(kind)).first
    address = link.evaluate("link => link.href")
    content = page.context.request.get(address, timeout=FIRST_PDF).body()
    text = re.sub(r"\s+", " ", PdfReader(io.BytesIO(content)).pages[0].extract_text())
    assert [word for word in words if word not in text] == [], text
    drawn = draw_page(content, page=1, width=1000)
    assert len(drawn) > 4_000
    if folder := os.environ.get("PICTURES"):
        Path(folder, f"{kind}-{words[0]}.webp").write_bytes(drawn)


def test_an_online_order_with_validation(desk: Page, shop: Page, live_server: Any) -> None:
    client = a_client("hafen", offered_at_checkout=False)
    goes_to_pay(shop, live_server, 2)
    expect(shop.get_by_label("Purchase order", exact=True)).to_have_count(0)
    # Enabled per request of the client, from 150 euros.
    sits_down(desk, live_server, "client_admin", client, "/purchases/policy/hafen/edit/")
    desk.get_by_label("Offered at checkout").check()
    desk.get_by_label("Smallest amount, row 1").fill("150")
    desk.get_by_label("Currency, row 1").fill("EUR")
    desk.get_by_role("button", name="Preview the change").click()
    desk.get_by_role("button", name="Save as version 2").click()
    expect(desk.get_by_text("Version 2 is in force.")).to_be_visible()
    # Offered in the order process: yes, if the cart is large enough.
    goes_to_pay(shop, live_server, 1)
    expect(shop.get_by_label("Purchase order", exact=True)).to_have_count(0)
    reference = buys_on_po(shop, live_server).reference
    expect(shop.get_by_role("heading", level=1)).to_contain_text(reference)
    expect(shop.get_by_text("On your letterhead we need:")).to_be_visible()
    # Validation of the order data: what came by fax is compared by the reviewer.
    sits_down(desk, live_server, "client_support", client, f"/purchases/{reference}/")
    state(desk, "Awaiting Release for Purchase Order")
    arrives(desk, reference, "fax")
    # Activated by its release: Awaiting Release for Purchase Order becomes Purchase Order.
    sits_down(desk, live_server, "client_admin", client, "/purchases/review/?show=mine")
    press(desk, "j", "Enter")
    is_reviewed(desk, reference)
    desk.goto(f"{live_server.url}/purchases/{reference}/")
    state(desk, "Purchase Order")
    keys(desk, live_server, reference, 1)
    wrote(desk, f"Your purchase order {reference} is accepted: INV-", f"Your delivery for order {reference}")
    shop.reload()
    state(shop, "Accepted, to be paid")
    reads(shop, "Invoice", "Invoice", reference, "238")
    is_paid(desk, live_server, reference)
    shop.reload()
    state(shop, "Paid, thank you")
    reads(shop, "Receipt", "Receipt", reference, "238")


def test_an_order_by_letter(desk: Page, shop: Page, live_server: Any) -> None:
    client = a_client("hafen", offered_at_checkout=False, reviewer="platform")
    # Offered in the order process: no.
    goes_to_pay(shop, live_server, 2)
    expect(shop.get_by_label("Purchase order", exact=True)).to_have_count(0)
    # Keyed in by Customer Service, who may always choose: Unpaid.
    sits_down(desk, live_server, "platform_customer_service", client, "/purchases/new/?client=hafen")
    desk.locator("#id_channel").select_option("letter")
    desk.get_by_label("Company").first.fill("Werft & Söhne KG")
    desk.get_by_label("Last name").first.fill("Petersen")
    desk.get_by_label("E-mail").first.fill("einkauf@werft.example")
    desk.locator("#id_item0-product").fill("PRO")
    desk.locator("#id_item0-quantity").fill("2")
    desk.get_by_role("button", name="Place the order").click()
    desk.wait_for_url(re.compile(r"/purchases/\d{9}/$"))
    reference = desk.url.rstrip("/").rsplit("/", 1)[1]
    state(desk, "Unpaid")
    # Granted to this customer alone, once the letter is here: Unpaid becomes an order on PO, reviewed like any other.
    expect(desk.locator("[aria-disabled=true]", has_text="Convert to PO")).to_have_attribute(
        "title", "No PO document was received yet."
    )
    arrives(desk, reference, "letter")
    desk.get_by_role("link", name="Convert to PO").click()
    desk.locator("dialog").get_by_label("PO number").fill("4500001")
    desk.locator("dialog").get_by_role("button", name="Convert to PO").click()
    state(desk, "Awaiting Release for Purchase Order")
    desk.goto(f"{live_server.url}/purchases/{reference}/desk/")
    is_reviewed(desk, reference)
    desk.goto(f"{live_server.url}/purchases/{reference}/")
    state(desk, "Purchase Order")
    keys(desk, live_server, reference, 1)
    is_paid(desk, live_server, reference)
    desk.goto(f"{live_server.url}/purchases/{reference}/?tab=documents")
    reads(desk, "RCP-", reference, "Petersen")


def test_an_order_of_a_partner(desk: Page, shop: Page, live_server: Any) -> None:
    from django.utils import timezone

    client = a_client("hafen")
    partner = a_partner(client, limit="0")
    shop.goto(f"{live_server.url}/p/partner/{open_link(partner, at=timezone.now())}/")
    shop.get_by_role("button", name="Log in").click()
    expect(shop.get_by_role("heading", name="Overview")).to_be_visible()
    # A limit of zero: not offered.
    orders_one(shop)
    expect(shop.get_by_role("button", name="Order on purchase order")).to_have_count(0)
    # Enabled for this partner, with a limit and a currency.
    sits_down(desk, live_server, "client_admin", client, f"/partners/{partner.pk}/")
    desk.get_by_role("link", name="Edit", exact=True).click()
    desk.locator("dialog").get_by_label("PO limit").fill("1000")
    desk.locator("dialog").get_by_label("Comment").fill("Contract signed")
    desk.locator("dialog").get_by_role("button", name="Save").click()
    expect(desk.get_by_text("Reseller AG is changed.")).to_be_visible()
    # Offered in the order process: yes. No validation, no release.
    orders_one(shop)
    shop.get_by_role("button", name="Order on purchase order").click()
    expect(shop.get_by_text("Your purchase order is accepted.")).to_be_visible()
    reference = Purchase.objects.get().reference
    expect(shop.get_by_role("heading", level=1)).to_contain_text(reference)
    desk.goto(f"{live_server.url}/purchases/review/")
    expect(desk.get_by_text("Nothing to review")).to_be_visible()
    desk.goto(f"{live_server.url}/purchases/{reference}/")
    state(desk, "Purchase Order")
    keys(desk, live_server, reference, 1)
    desk.goto(f"{live_server.url}/partners/{partner.pk}/")
    expect(desk.get_by_text("€881.00 left").first).to_be_visible()
    is_paid(desk, live_server, reference)
    shop.reload()
    reads(shop, "RCP-", reference, "119")
    shop.get_by_role("link", name="Overview").click()
    expect(shop.get_by_text("€1,000.00 left").first).to_be_visible()


def orders_one(shop: Page) -> None:
    """The partner puts one license into a new order and looks at it."""
    shop.get_by_role("link", name="New order").first.click()
    shop.get_by_label("Hafen Pro").first.fill("1")
    shop.get_by_label("Street").first.fill("Hafenweg 1")
    shop.get_by_label("City").first.fill("Bremen")
    shop.get_by_label("Country").first.select_option("DE")
    shop.get_by_label("PO number").fill("4711-B")
    shop.get_by_role("button", name="Look at the order").click()
    expect(shop.get_by_role("button", name="Change the order")).to_be_visible()


@pytest.mark.parametrize(("review", "delivery"), [(True, "prepaid"), (False, "immediate"), (False, "prepaid")])
def test_the_flow_chart(desk: Page, shop: Page, live_server: Any, *, review: bool, delivery: str) -> None:
    """The fourth way, reviewed and delivered at once, is the first journey."""
    client = a_client("hafen", review=review, delivery=delivery)
    reference = buys_on_po(shop, live_server).reference
    if review:
        shop.set_input_files("#id_po_document", SCAN)
        shop.get_by_role("button", name="Upload document").click()
        expect(shop.get_by_text("Your order document is being checked")).to_be_visible()
        sits_down(desk, live_server, "client_admin", client, f"/purchases/{reference}/desk/")
        is_reviewed(desk, reference)
        shop.reload()
    state(shop, "Accepted, to be paid")
    sits_down(desk, live_server, "client_admin", client, f"/purchases/{reference}/")
    state(desk, "Purchase Order")
    # Delivered at once with the invoice, or after payment against the pro-forma invoice.
    keys(desk, live_server, reference, 1 if delivery == "immediate" else 0)
    reads(shop, "Invoice" if delivery == "immediate" else "Pro-forma", reference, "238")
    is_paid(desk, live_server, reference)
    keys(desk, live_server, reference, 1)
    shop.reload()
    state(shop, "Paid, thank you")
    reads(shop, "Receipt" if delivery == "immediate" else "Invoice", reference, "238")
