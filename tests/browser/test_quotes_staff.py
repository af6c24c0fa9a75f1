"""A seller's quotes in a browser: a link with a live total, its quote revised and ordered, in the dark and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from purchases.models import Purchase
from quotes.models import Quote, QuoteLink
from quotes.services.quote_link import request_url
from tests.browser.axe import violations
from tests.browser.hands import fits
from tests.browser.test_checkout import tab  # noqa: F401 -- a fixture
from tests.browser.test_purchases import enter
from tests.quotes.quoting import a_quote
from tests.stories import a_client, a_user

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_typed_while_a_total_is_on_its_way_counts_too(tab: Page, live_server: Any) -> None:  # noqa: F811
    enter(tab.context, live_server, a_user("client_admin", a_client()))
    tab.goto(f"{live_server.url}/quotes/links/")
    tab.get_by_role("link", name="Create quote link").first.click()
    held: list[Route] = []
    tab.get_by_label("Title").fill("Spring offer")
    tab.route("**/quotes/links/**", lambda route: route.continue_() if held else held.append(route))
    row = tab.get_by_role("group", name="Row 1")
    row.get_by_label("Product").fill("PRO")
    row.get_by_label("Quantity").fill("5")
    with tab.expect_request("**/quotes/links/**"):
        tab.get_by_label("Message to the customer").click()
    row.get_by_label("Discount in %").fill("10")
    tab.get_by_label("Message to the customer").click()
    held[0].continue_()
    expect(tab.locator("#totals .due")).to_contain_text("€450.00")


def test_a_link_is_made_its_quote_revised_and_ordered(tab: Page, live_server: Any) -> None:  # noqa: F811
    client = a_client()
    enter(tab.context, live_server, a_user("client_admin", client))
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto(f"{live_server.url}/quotes/links/")
    assert violations(tab) == []
    tab.get_by_role("link", name="Create quote link").first.click()

    tab.get_by_label("Title").fill("Spring offer")
    row = tab.get_by_role("group", name="Row 1")
    row.get_by_label("Product").fill("PRO")
    row.get_by_label("Quantity").fill("5")
    row.get_by_label("Discount in %").fill("10")
    tab.get_by_label("Message to the customer").click()
    expect(tab.locator("#totals .due")).to_contain_text("€450.00")
    expect(tab.locator("#totals")).to_contain_text("You give 10%")
    assert violations(tab) == []
    tab.get_by_role("button", name="Create quote link").click()
    expect(tab.get_by_role("textbox", name="Protected link")).to_be_visible()
    link = QuoteLink.objects.get()
    assert tab.get_by_role("textbox", name="Protected link").input_value() == request_url(link)
    assert violations(tab) == []

    quote = a_quote(link, at=timezone.now())
    tab.goto(f"{live_server.url}/quotes/")
    assert violations(tab) == []
    tab.get_by_role("link", name=quote.purchase.reference).click()
    expect(tab.get_by_role("heading", name="Quote", exact=True)).to_be_visible()
    assert violations(tab) == []
    tab.get_by_role("link", name="Revise").click()
    tab.get_by_role("group", name="Row 1").get_by_label("Quantity").fill("8")
    tab.get_by_label("Message to the customer").click()
    expect(tab.locator("#totals .due")).to_contain_text("€856.80")
    assert violations(tab) == []
    tab.get_by_role("button", name="Send revision 2").click()
    expect(tab.get_by_text("is on its way to the customer")).to_be_visible()
    expect(tab.get_by_text("Replaced")).to_be_visible()
    assert Quote.objects.current().get().revision == 2

    tab.emulate_media(color_scheme="dark")
    tab.set_viewport_size({"width": 390, "height": 844})
    assert (fits(tab), violations(tab)) == (True, [])
    tab.get_by_role("link", name="Convert to PO").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("PO number").fill("4500077")
    dialog.get_by_label("The signed PO document is here").check()
    dialog.get_by_role("button", name="Convert to PO").click()
    expect(tab.get_by_text("is a purchase order now")).to_be_visible()
    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.po_number, purchase.document_received_at is None) == ("ARP", "4500077", False)
