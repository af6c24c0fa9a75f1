"""Quotes in a browser, from the protected link to the money: paid offline, ordered on PO; on a phone and unscripted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mailing.models import Email
from purchases.models import LicenseKey, PoDocument, Purchase
from purchases.services.place import OrderLine
from purchases.services.release import release_purchase
from quotes.models import Quote
from quotes.services.revision import revise_quote
from tests.browser.axe import violations
from tests.browser.hands import fits
from tests.browser.test_checkout import fill_in, tab  # noqa: F401 -- a fixture
from tests.quotes.quoting import a_quote, a_quote_link
from tests.quotes.shopping import pages
from tests.stories import a_client, a_user, pays

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

    from accounts.models import Client
    from quotes.models import QuoteLink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def link(hafen: Client) -> QuoteLink:
    return a_quote_link(hafen)


def asks(tab: Page, url: str, link: QuoteLink) -> Quote:  # noqa: F811
    """Follow the protected link and ask for the quote."""
    tab.goto(f"{url}/quote/{link.token}/?language=en")
    expect(tab.get_by_role("heading", name="Hafen Pro for shipyards")).to_be_visible()
    assert violations(tab) == []
    fill_in(tab)
    # The tax for the country is on its way; what is typed meanwhile stays.
    tab.get_by_label("Quantity of Hafen Pro").fill("3")
    tab.get_by_label("VAT ID").click()
    expect(tab.locator("#gross")).to_have_text("€321.30")
    tab.get_by_role("button", name="Get the quote").dblclick()
    expect(tab.get_by_text("Your quote is ready.")).to_be_visible()
    assert violations(tab) == []
    return Quote.objects.get()


def test_from_a_link_to_a_quote_accepted_paid_and_delivered(tab: Page, live_server: Any, link: QuoteLink) -> None:  # noqa: F811
    quote = asks(tab, live_server.url, link)
    with tab.expect_response(lambda answer: answer.status == 204):
        tab.goto(f"{live_server.url}/p/quote/{quote.token}/")
        tab.mouse.move(40, 40)
        tab.mouse.move(80, 80)
    assert Quote.objects.get().first_viewed_at is not None
    tab.get_by_label("Wire transfer").check()
    tab.get_by_label("Remark for the seller").fill("Cost center 4711")
    tab.get_by_role("button", name="Place order · €321.30").click()
    expect(tab.get_by_text("Thank you! Your order has arrived.")).to_be_visible()
    expect(tab.get_by_text("Payment reference")).to_be_visible()
    expect(tab.get_by_role("link", name=re.compile("^Pro-forma invoice PFI-"))).to_be_visible()
    assert violations(tab) == []
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.reference) == ("WOF", quote.purchase.reference)
    tab.goto(f"{live_server.url}/p/quote/{quote.token}/")
    expect(tab.get_by_text("Waiting for your payment")).to_be_visible()
    pays(purchase, "321.30", at=timezone.now())
    tab.reload()
    expect(tab.get_by_text("Paid, thank you")).to_be_visible()
    expect(tab.get_by_role("link", name=re.compile("^Invoice INV-"))).to_be_visible()
    delivered = Email.objects.get(kind="delivery").body_text
    keys = LicenseKey.objects.filter(item__purchase=purchase).values_list("code", flat=True)
    assert [code in delivered for code in keys] == [True]


def test_from_a_link_to_a_quote_ordered_on_po_reviewed_and_released(
    tab: Page,  # noqa: F811
    live_server: Any,
    hafen: Client,
    link: QuoteLink,
) -> None:
    asks(tab, live_server.url, link)
    expect(tab.get_by_text("We check your signed order first.")).to_be_visible()
    tab.get_by_label("Your PO number").fill("4500001")
    scan: FilePayload = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": pages()}
    tab.set_input_files("#id_po_document", scan)
    tab.get_by_role("button", name="Place order").click()
    expect(tab.get_by_text("Your order document is being checked")).to_be_visible()
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.po_number, PoDocument.objects.count()) == ("ARP", "4500001", 1)
    release_purchase(purchase, by=a_user("client_admin", hafen), at=timezone.now())
    tab.goto(tab.url.split("?")[0])
    expect(tab.get_by_text("Accepted, to be paid")).to_be_visible()
    expect(tab.get_by_role("link", name=re.compile("^Invoice INV-"))).to_be_visible()
    assert violations(tab) == []
    pays(purchase, "321.30", at=timezone.now())
    tab.reload()
    expect(tab.get_by_text("Paid, thank you")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out(browser: Any, live_server: Any, link: QuoteLink, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{live_server.url}/quote/{link.token}/?language=de")
    assert (violations(page), fits(page)) == ([], True)
    quote = a_quote(link, at=timezone.now(), language="de")
    page.goto(f"{live_server.url}/p/quote/{quote.token}/")
    assert (violations(page), fits(page)) == ([], True)
    seller = a_user("client_sales", link.client)
    revise_quote(quote, lines=[OrderLine("PRO", 3)], message="", by=seller, at=timezone.now())
    page.reload()
    page.get_by_role("link", name="Aktuelles Angebot öffnen").click()
    expect(page.get_by_role("button", name=re.compile("Zahlungspflichtig bestellen · 357,00"))).to_be_visible()
    assert fits(page)
    context.close()


def test_without_script_a_quote_is_asked_for_and_accepted(browser: Any, live_server: Any, link: QuoteLink) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/quote/{link.token}/?language=en")
    fill_in(page)
    page.get_by_label("Quantity of Hafen Pro").fill("3")
    page.get_by_role("button", name="Update totals").first.click()
    expect(page.locator("#gross")).to_have_text("€321.30")
    page.get_by_role("button", name="Get the quote").click()
    page.get_by_label("Check", exact=True).check()
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Send the check to")).to_be_visible()
    context.close()
    assert Purchase.objects.get().payment_type == "check"
