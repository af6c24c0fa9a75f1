"""The policy in a real browser: changed, previewed, saved; without script, on a phone, in the dark, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from purchases.models import Policy
from purchases.services.policy import set_policy
from tests.browser.axe import violations
from tests.browser.hands import fits, problems_of
from tests.browser.test_purchases import enter
from tests.stories import MONDAY, a_client, a_released_po, a_user, an_offline_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from accounts.models import Client

pytestmark = pytest.mark.django_db(transaction=True)
EXPECTED = ("status of 409", "status of 422", "Status Error Code 422")


@pytest.fixture
def hafen() -> Client:
    """A client with two orders of today."""
    from django.utils import timezone

    client = a_client("hafen")
    a_released_po(client, at=timezone.now())
    an_offline_order(client, at=timezone.now())
    return client


@pytest.fixture
def desk(page: Page, live_server: Any, hafen: Client) -> Iterator[Page]:
    """The admin's tab, in which nothing may go wrong unseen."""
    problems = problems_of(page, *EXPECTED)
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page.context, live_server, a_user("client_admin", hafen, name="Ida"))
    yield page
    assert problems == []


def newest() -> Policy:
    return Policy.objects.filter(client__slug="hafen").order_by("-version")[0]


def test_a_change_is_seen_beside_the_form_previewed_and_saved(desk: Page, live_server: Any) -> None:
    desk.goto(f"{live_server.url}/purchases/policy/hafen/")
    assert violations(desk) == []
    desk.get_by_role("link", name="Change the policy").click()
    live = desk.locator("#policy-live")
    desk.get_by_label("Payment term").select_option("60")
    expect(live).to_contain_text("Of the 2 orders of the last 90 days")
    expect(live).to_contain_text("Due date moved")
    desk.get_by_label("Smallest amount, row 1").fill("200")
    desk.get_by_label("Currency, row 1").fill("EUR")
    desk.get_by_label("Four eyes").check()
    expect(live).to_contain_text("PO no longer offered")
    assert violations(desk) == []
    desk.get_by_role("button", name="Preview the change").click()
    expect(desk.locator("h1")).to_contain_text("Preview of version 2")
    expect(desk.get_by_role("img", name="Orders of the last 90 days: now and with the change")).to_be_visible()
    expect(desk.locator(".affected tbody tr")).to_have_count(2)
    assert violations(desk) == []
    desk.get_by_role("button", name="Back to the form").click()
    expect(desk.get_by_label("Smallest amount, row 1")).to_have_value("200")
    desk.get_by_label("Smallest amount, row 1").fill("100")
    desk.get_by_role("button", name="Preview the change").click()
    desk.get_by_label("Why").fill("Agreed with finance")
    desk.get_by_role("button", name="Save as version 2").click()
    expect(desk.locator(".toast-box")).to_contain_text("Version 2 is in force.")
    saved = newest()
    assert (saved.version, saved.term_days, saved.minimum, saved.four_eyes) == (2, 60, {"EUR": 10_000}, True)


def test_two_admins_at_once_lose_nothing(desk: Page, live_server: Any, hafen: Client) -> None:
    desk.goto(f"{live_server.url}/purchases/policy/hafen/edit/")
    desk.get_by_label("Payment term").select_option("14")
    set_policy(hafen, values={"delivery": "prepaid"}, by=a_user("client_admin", hafen, name="Olaf"), at=MONDAY)
    desk.get_by_role("button", name="Preview the change").click()
    expect(desk.get_by_role("alert")).to_contain_text("This was changed by Olaf at")
    expect(desk.get_by_label("Payment term")).to_have_value("14")
    expect(desk.locator("#id_delivery")).to_have_value("prepaid")
    assert violations(desk) == []
    desk.get_by_role("button", name="Preview the change").click()
    desk.get_by_role("button", name="Save as version 3").dblclick()
    expect(desk.locator("h1")).to_contain_text("Purchase order policy")
    assert (newest().version, newest().term_days, newest().delivery) == (3, 14, "prepaid")


def test_everything_works_without_script(browser: Browser, live_server: Any, hafen: Client) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    enter(context, live_server, a_user("client_admin", hafen))
    page = context.new_page()
    page.goto(f"{live_server.url}/purchases/policy/hafen/edit/")
    page.get_by_label("Currency, row 1").fill("USD")
    page.get_by_label("Largest amount, row 1").fill("500")
    page.get_by_role("button", name="Add a currency").click()
    page.get_by_label("Currency, row 2").fill("EUR")
    page.get_by_label("Smallest amount, row 2").fill("1,000.00")
    page.get_by_role("button", name="Remove row 1").click()
    expect(page.get_by_label("Smallest amount, row 1")).to_have_value("1,000.00")
    page.get_by_label("Find customers").fill("werft")
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_label("Werft & Söhne KG").check()
    page.get_by_label("Deutsch").fill("Rufen Sie an.")
    page.get_by_role("button", name="Preview the change").click()
    expect(page.locator(".affected tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Save as version 2").click()
    expect(page.locator("h1")).to_contain_text("Purchase order policy")
    saved = newest()
    assert (saved.minimum, saved.maximum, saved.texts) == ({"EUR": 100_000}, {}, {"de": "Rufen Sie an."})
    assert [str(customer) for customer in saved.trusted_customers.all()] == ["Werft & Söhne KG"]
    page.get_by_label("Company", exact=True).fill("Werft")
    page.get_by_label("Amount with tax").fill("20")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".verdict")).to_contain_text("No. 20.00 EUR is below the minimum for purchase orders.")
    page.goto(f"{live_server.url}/purchases/policy/hafen/text/")
    expect(page.get_by_label("Text in Deutsch")).to_have_value(newest_text("Rufen Sie an."))
    expect(page.get_by_role("button", name="Copy text")).to_have_count(0)
    context.close()


def newest_text(end: str) -> Any:
    import re

    return re.compile(f"{re.escape(end)}\\s*$")


def test_the_text_is_copied_and_its_page_read(desk: Page, live_server: Any) -> None:
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.goto(f"{live_server.url}/purchases/policy/hafen/text/")
    assert violations(desk) == []
    desk.get_by_role("button", name="Copy text").nth(2).click()
    expect(desk.locator(".toast-box")).to_contain_text("Copied.")
    assert desk.evaluate("navigator.clipboard.readText()").startswith("Commander chez Hafen GmbH")
    desk.get_by_role("link", name="Open the page").first.click()
    expect(desk.locator("h1")).to_have_text("Ordering from Hafen GmbH on purchase order")
    assert violations(desk) == []
    desk.get_by_role("link", name="日本語").click()
    expect(desk.locator("html")).to_have_attribute("lang", "ja")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(desk: Page, live_server: Any, scheme: str) -> None:
    desk.add_init_script(f"localStorage.setItem('theme', '{scheme}')")
    desk.set_viewport_size({"width": 390, "height": 844})
    wide = []
    for path in (
        "purchases/policy/hafen/",
        "purchases/policy/hafen/edit/",
        "purchases/policy/hafen/text/",
        "po/hafen/de/",
    ):
        desk.goto(f"{live_server.url}/{path}")
        assert violations(desk) == [], path
        if not fits(desk):
            wide.append(path)
    desk.goto(f"{live_server.url}/purchases/policy/hafen/edit/")
    desk.get_by_label("Payment term").select_option("60")
    desk.get_by_role("button", name="Preview the change").click()
    expect(desk.locator("h1")).to_contain_text("Preview")
    assert violations(desk) == []
    inside = "(box) => box.scrollWidth - box.clientWidth"
    assert (wide, desk.locator(".table-container").last.evaluate(inside)) == ([], 0)
