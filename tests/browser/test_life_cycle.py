"""What undoes a purchase, in a real browser: figures that follow the form, with and without script, wide and narrow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from core.money import Money
from purchases.models import LicenseKey, Purchase
from purchases.services.place import OrderLine
from tests.browser.axe import violations
from tests.browser.hands import press
from tests.browser.test_purchases import desk, enter
from tests.stories import a_client, a_released_po, a_user, pays

if TYPE_CHECKING:
    from playwright.sync_api import Browser as RealBrowser
    from playwright.sync_api import Page

    from accounts.models import Client

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["desk"]
LINES = [OrderLine("PRO", 3), OrderLine("PRO", 1, unit_price=Money(5_000, "EUR"))]


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


def picture(page: Page, name: str) -> None:
    """Keep what is seen where somebody asked for it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def state(purchase: Purchase) -> tuple[str, int]:
    found = Purchase.objects.get(pk=purchase.pk)
    return found.status, found.refunded_minor


def test_the_figures_follow_what_is_chosen(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = pays(a_released_po(hafen, lines=LINES), "416.50")
    enter(desk.context, live_server, a_user("platform_finance"))
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/?tab=payments")
    desk.get_by_role("link", name="Refund", exact=True).click()
    figures = desk.locator("#refund-figures")
    expect(figures).to_contain_text("€416.50 goes back")
    expect(desk.get_by_label("Amount in EUR")).to_be_hidden()
    picture(desk, "refund-total")
    desk.get_by_label("A partial amount").check()
    desk.get_by_label("Amount in EUR").fill("41.65")
    expect(figures).to_contain_text("€41.65 goes back: €35.00 net and €6.65 tax at 19%.")
    desk.get_by_label("The amount is without tax").check()
    expect(figures).to_contain_text("€49.56 goes back")
    desk.get_by_label("Items: choose").check()
    expect(desk.get_by_label("Amount in EUR")).to_be_hidden()
    desk.get_by_label("Hafen Pro: pieces, at most 3").fill("2")
    expect(figures).to_contain_text("€238.00 goes back: €200.00 net and €38.00 tax at 19%.")
    expect(figures).to_contain_text("The purchase is then Partially Refunded; €178.50 stays.")
    picture(desk, "refund-items")
    assert violations(desk) == []
    desk.locator("dialog").get_by_role("button", name="Refund").click()
    expect(desk.locator("dialog .invalid-feedback")).to_contain_text("Choose a reason.")
    desk.get_by_label("Reason").select_option("not_delivered")
    desk.locator("dialog").get_by_role("button", name="Refund").click()
    expect(desk.get_by_text("€238.00 given back in all, status Partially Refunded")).to_be_visible()
    expect(desk.get_by_role("link", name="CRN-2026-000001")).to_be_visible()
    picture(desk, "payment-log")
    assert state(purchase) == ("PRF", 23_800)


def test_without_script_a_button_shows_the_figures(browser: RealBrowser, live_server: Any, hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    enter(context, live_server, a_user("platform_finance"))
    page = context.new_page()
    page.goto(f"{live_server.url}/purchases/{purchase.reference}/refund/")
    page.get_by_label("The tax only: €19.00").check()
    page.get_by_role("button", name="Show the figures").click()
    expect(page.locator("#refund-figures")).to_contain_text("€19.00 goes back: €0.00 net and €19.00 tax at 19%.")
    assert state(purchase) == ("PAY", 0)
    page.get_by_label("Reason").select_option("tax_exemption")
    picture(page, "refund-plain")
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("€19.00 given back in all")).to_be_visible()
    assert state(purchase) == ("PRF", 1_900)
    context.close()


def test_a_part_payment_is_returned_then_canceled_paid_late_and_reinstated(
    desk: Page, live_server: Any, hafen: Client
) -> None:
    purchase = pays(a_released_po(hafen), "19.00")
    enter(desk.context, live_server, a_user("platform_admin"))
    desk.emulate_media(color_scheme="dark")
    home = f"{live_server.url}/purchases/{purchase.reference}/"
    desk.goto(home)
    desk.locator("summary", has_text="More").click()
    desk.get_by_role("link", name="Return payment").click()
    desk.get_by_label("Reason").fill("Wrong order")
    picture(desk, "return")
    desk.locator("dialog").get_by_role("button", name="Return payment").click()
    expect(desk.get_by_text("returned; €0.00 is kept")).to_be_visible()
    press(desk, "c")
    desk.get_by_label("Reason").fill("Customer asked")
    desk.get_by_role("button", name="Cancel the purchase").click()
    expect(desk.locator("h1")).to_contain_text("Canceled")
    desk.get_by_role("link", name="Deactivate license").click()
    desk.get_by_label("Reason").fill("Client asked")
    picture(desk, "deactivate")
    assert violations(desk) == []
    desk.get_by_role("button", name="Deactivate").click()
    expect(desk.get_by_text("deactivated").first).to_be_visible()
    pays(Purchase.objects.get(pk=purchase.pk), "119.00")
    desk.goto(home)
    desk.get_by_role("link", name="Reinstate").click()
    desk.get_by_label("Reason").fill("Paid late")
    desk.locator("dialog").get_by_role("button", name="Reinstate").click()
    expect(desk.locator("h1")).to_contain_text("Paid")
    assert LicenseKey.objects.filter(item__purchase=purchase, deactivated_at=None).count() == 1


def test_a_contact_is_corrected_on_a_phone(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    enter(desk.context, live_server, a_user("platform_finance"))
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/")
    desk.get_by_role("link", name="Correct the billing contact").click()
    desk.get_by_label("Last name").fill("Brandt")
    desk.get_by_label("Reason").fill("Moved")
    picture(desk, "contact")
    assert violations(desk) == []
    width = desk.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_text(f"Billing contact of {purchase.reference} saved.")).to_be_visible()
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/?tab=documents")
    expect(desk.get_by_text("Replaces INV-2026-000001")).to_be_visible()
    picture(desk, "documents")
