"""Somebody is on the line: found by keyboard alone, while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from playwright.sync_api import expect

from purchases.services.release import receive_document
from tests.browser.axe import violations
from tests.browser.hands import problems_of
from tests.stories import MONDAY, a_client, a_customer, a_user, an_offline_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from purchases.models import Purchase

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def orders() -> list[Purchase]:
    """Two orders of one customer and one of another."""
    client = a_client("hafen")
    quandt = a_customer(company="Reederei Nord", last_name="Quandt", email="ap@nord.example")
    return [an_offline_order(client, customer=who) for who in (quandt, a_customer(), quandt)]


@pytest.fixture
def desk(page: Page, live_server: Any, orders: list[Purchase]) -> Iterator[Page]:
    """A representative's tab, in which nothing may go wrong unseen."""
    problems = problems_of(page)
    browser = Browser()
    browser.force_login(a_user("platform_customer_service"))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])
    page.goto(f"{live_server.url}/customers/")
    yield page
    assert problems == []


def test_hits_come_while_one_types_and_open_by_keyboard(desk: Page, orders: list[Purchase]) -> None:
    box = desk.get_by_role("combobox", name="Search purchases, customers, quotes")
    desk.keyboard.press("/")
    desk.keyboard.type("quandt")
    hits = desk.locator("#gs-pop").get_by_role("option")
    expect(hits).to_have_count(4)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(desk.locator("#gs-status")).to_have_text("3 hits. Arrow keys choose.")
    assert violations(desk) == []
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("ArrowUp")
    expect(desk.get_by_role("option", name="All hits for")).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("Escape")
    expect(hits).to_have_count(0)
    desk.keyboard.press("ArrowDown")
    expect(hits.first).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/purchases/{orders[2].reference}/")


def test_g_and_a_letter_lead_to_a_list_and_do_nothing_else(
    desk: Page, live_server: Any, orders: list[Purchase]
) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("gp")
    expect(desk.locator("#search")).to_have_value("gp")
    desk.keyboard.press("Escape")
    desk.keyboard.press("Escape")
    for keys, path in (("gf", "/follow-ups/"), ("ge", "/errors/"), ("gc", "/customers/"), ("gp", "/purchases/")):
        desk.keyboard.type(keys)
        desk.wait_for_url(f"**{path}")
        desk.wait_for_load_state()
    receive_document(orders[0], channel="email", by=None, at=MONDAY)
    desk.goto(f"{live_server.url}/purchases/{orders[0].reference}/")
    desk.keyboard.type("g1")
    desk.keyboard.type("gz")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    desk.keyboard.press("t")
    expect(desk.locator("#dialog")).to_contain_text("contact")
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog[open]")).to_have_count(0)
    desk.keyboard.press("v")
    expect(desk.locator("#dialog")).to_contain_text("Convert to PO")
    desk.keyboard.press("Escape")
    desk.keyboard.press("?")
    expect(desk.locator("#shortcuts")).to_contain_text("Go to Error log")
    assert violations(desk) == []


def test_enter_opens_the_page_of_hits_and_a_number_its_purchase(desk: Page, orders: list[Purchase]) -> None:
    desk.keyboard.press("/")
    desk.keyboard.type("quandt")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/search/?q=quandt")
    expect(desk.get_by_role("heading", name="Purchases")).to_be_visible()
    assert violations(desk) == []
    desk.keyboard.press("/")
    desk.keyboard.type("qua")
    expect(desk.locator("#gs-pop").get_by_role("option")).to_have_count(4)
    desk.keyboard.type("dnt")
    expect(desk.locator("#gs-pop")).to_contain_text("one letter off")
    desk.locator("#search").fill(orders[1].reference)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/purchases/{orders[1].reference}/")
