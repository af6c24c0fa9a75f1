"""Purchases in a real browser: by keyboard, by mouse, without script, narrow, dark, and readable for everybody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from playwright.sync_api import expect

from purchases.models import Purchase
from purchases.states import Status
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, press, problems_of
from tests.stories import a_client, a_released_po, a_user, a_waiting_po, an_offline_order, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    """A client whose admin reviews."""
    return a_client("hafen")


@pytest.fixture
def desk(page: Page, live_server: Any) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen: no console error, no page error, no violated policy."""
    problems = problems_of(page, REFUSED)
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    assert problems == []


def enter(context: BrowserContext, live_server: Any, user: User) -> None:
    """Log in without the form."""
    browser = Browser()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])


def test_the_login_lets_in_and_says_what_is_wrong(desk: Page, live_server: Any, hafen: Client) -> None:
    user = a_user("client_admin", hafen, username="ida")
    desk.goto(f"{live_server.url}/accounts/login/?next=/purchases/")
    desk.fill("#id_username", user.username)
    desk.fill("#id_password", "wrong")
    desk.click("button[type=submit]")
    expect(desk.get_by_text("User name and password do not match.")).to_be_visible()
    assert violations(desk) == []
    desk.fill("#id_password", "a long enough password")
    desk.click("button[type=submit]")
    expect(desk.locator("h1")).to_have_text("Purchases")


def test_two_purchase_orders_are_released_by_keyboard(desk: Page, live_server: Any, hafen: Client) -> None:
    purchases = [a_waiting_po(hafen) for _ in range(2)]
    enter(desk.context, live_server, a_user("client_admin", hafen))
    desk.goto(f"{live_server.url}/purchases/review/")
    for key in ("j", "x", "j", "x", "r"):
        desk.keyboard.press(key)
    expect(desk.get_by_text("2 of 2 can be released")).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Release: 2 of 2 done")).to_be_visible()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Nothing to review")).to_be_visible()
    assert {Purchase.objects.get(pk=p.pk).status for p in purchases} == {Status.PURCHASE_ORDER}
    desk.goto(f"{live_server.url}/purchases/")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(r"/purchases/\d{9}/\?list=$"))
    desk.get_by_role("link", name="Documents").click()
    expect(desk.get_by_text(re.compile(r"^INV-\d{4}-\d{6}$")).first).to_be_visible()
    press(desk, "e")
    expect(desk.get_by_role("heading", name="Generate new e-mail")).to_be_visible()


def test_the_drawer_lives_in_the_address(desk: Page, live_server: Any, hafen: Client) -> None:
    first, second = a_waiting_po(hafen), a_waiting_po(hafen)
    enter(desk.context, live_server, a_user("auditor"))
    desk.goto(f"{live_server.url}/purchases/?show=review")
    desk.keyboard.press("j")
    desk.keyboard.press("o")
    drawer = desk.locator("#drawer")
    expect(drawer.locator("h2")).to_have_text(second.reference)
    expect(desk).to_have_url(re.compile(f"preview={second.reference}"))
    desk.keyboard.press("j")
    expect(drawer.locator("h2")).to_have_text(first.reference)
    desk.go_back()
    expect(drawer.locator("h2")).to_have_text(second.reference)
    press(desk, "Escape")
    expect(drawer).to_be_hidden()
    expect(desk).not_to_have_url(re.compile("preview"))
    desk.goto(f"{live_server.url}/purchases/?preview={first.reference}")
    expect(drawer.locator("h2")).to_have_text(first.reference)
    assert violations(desk) == []


def test_a_dialog_says_what_is_wrong_and_gives_the_focus_back(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    enter(desk.context, live_server, a_user("platform_finance"))
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/")
    desk.get_by_role("link", name="Record payment").click()
    desk.fill("#id_amount", "abc")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Enter an amount in EUR")).to_be_visible()
    expect(desk.locator("#id_amount")).to_be_focused()
    assert violations(desk) == []
    desk.keyboard.press("Escape")
    expect(desk.locator("#dialog")).to_be_hidden()
    expect(desk.get_by_role("link", name="Record payment")).to_be_focused()
    desk.locator("summary", has_text="More").click()
    desk.get_by_role("link", name="Add follow-up").click()
    expect(desk.locator("#dialog")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#dialog")).to_be_hidden()
    expect(desk.locator("summary", has_text="More")).to_be_focused()
    desk.get_by_role("link", name="Record payment").focus()
    desk.keyboard.press("Enter")
    desk.fill("#id_amount", "19.00")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("Payment recorded on")).to_be_visible()
    expect(desk.locator(".strip")).to_contain_text("€100.00")


def test_previous_and_next_walk_through_the_list(desk: Page, live_server: Any, hafen: Client) -> None:
    older, newer = a_waiting_po(hafen), a_waiting_po(hafen)
    an_offline_order(hafen)
    enter(desk.context, live_server, a_user("platform_customer_service"))
    desk.goto(f"{live_server.url}/purchases/?show=review")
    press(desk, "j", "Enter")
    desk.wait_for_url(f"**/purchases/{newer.reference}/?list=show%3Dreview")
    expect(desk.locator("#neighbors")).to_contain_text("1 of 2")
    press(desk, "2")
    expect(desk.get_by_role("link", name="Items")).to_have_attribute("aria-current", "page")
    press(desk, "]")
    desk.wait_for_url(f"**/purchases/{older.reference}/?list=show%3Dreview&tab=items")
    expect(desk.locator("#neighbors")).to_contain_text("2 of 2")
    press(desk, "[")
    desk.wait_for_url(f"**/purchases/{newer.reference}/?list=show%3Dreview&tab=items")


def test_a_call_is_written_down_by_keyboard(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    enter(desk.context, live_server, a_user("platform_customer_service"))
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/")
    press(desk, "9")
    expect(desk.locator("#tab-history")).to_have_attribute("aria-current", "page")
    press(desk, "h")
    expect(desk.locator("#dialog")).to_be_visible()
    assert violations(desk) == []
    desk.get_by_label("What happened").fill("Asks where the key is")
    desk.keyboard.press("Enter")
    expect(desk.get_by_text(f"The history of {purchase.reference} has a new entry.")).to_be_visible()
    expect(desk.locator("#parts")).to_contain_text("Asks where the key is")
    press(desk, "7")
    expect(desk.locator("#tab-followups")).to_have_attribute("aria-current", "page")
    press(desk, "f")
    expect(desk.locator("#dialog")).to_contain_text("Add a follow-up")
    desk.keyboard.press("Escape")
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/print/")
    expect(desk.get_by_text("Asks where the key is")).to_be_visible()
    assert violations(desk) == []


def test_search_help_and_theme_by_key(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    enter(desk.context, live_server, a_user("auditor"))
    desk.goto(f"{live_server.url}/purchases/")
    desk.keyboard.press("?")
    expect(desk.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Switch between light and dark").click()
    desk.reload()
    expect(desk.locator("html")).to_have_attribute("data-bs-theme", "dark")
    desk.keyboard.press("/")
    desk.keyboard.type(purchase.reference)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/purchases/{purchase.reference}/")


def test_everything_works_without_script(browser: Any, live_server: Any, hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    context = browser.new_context(java_script_enabled=False)
    enter(context, live_server, a_user("client_admin", hafen))
    page = context.new_page()
    page.goto(f"{live_server.url}/purchases/")
    page.get_by_label(f"Preview {purchase.reference}").click()
    page.get_by_role("link", name="Open purchase").click()
    page.get_by_role("link", name="Release", exact=True).click()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text(f"Purchase {purchase.reference} released.")).to_be_visible()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_readable_for_everybody(desk: Page, live_server: Any, hafen: Client, theme: str) -> None:
    a_waiting_po(hafen)
    purchase = pays(a_released_po(hafen, x_parameters={"x-a": "1"}), "19.00")
    Purchase.objects.filter(pk=purchase.pk).update(
        dunning_level=2, held_at=purchase.ordered_at, hold_reason="Complaint"
    )
    enter(desk.context, live_server, a_user("platform_admin"))
    desk.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    tabs = ("general", "items", "delivery", "payments", "po", "documents", "history")
    paths = ["", "review/", "products/", "policy/", "policy/hafen/", "release/"]
    paths += [f"{purchase.reference}/?tab={tab}" for tab in tabs] + [
        f"{purchase.reference}/{a}/" for a in ("cancel", "payment")
    ]
    found = {}
    for path in paths:
        desk.goto(f"{live_server.url}/purchases/{path}")
        found[path] = violations(desk)
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/")
    desk.locator("summary", has_text="More").click()
    found["menu"] = violations(desk)
    desk.goto(f"{live_server.url}/accounts/settings/")
    found["settings"] = violations(desk)
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("width", [390, 720])
def test_nothing_sticks_out_on_narrow_screens(desk: Page, live_server: Any, hafen: Client, width: int) -> None:
    purchase = a_released_po(hafen, quantity=9_999_999)
    Purchase.objects.filter(pk=purchase.pk).update(billing_company="W" * 300, po_number="9" * 60)
    enter(desk.context, live_server, a_user("platform_admin"))
    desk.set_viewport_size({"width": width, "height": 844})
    wide = []
    for path in (
        "",
        "review/",
        "products/",
        "policy/hafen/",
        f"{purchase.reference}/",
        f"{purchase.reference}/?tab=items",
    ):
        desk.goto(f"{live_server.url}/purchases/{path}")
        if not fits(desk):
            wide.append(path)
    assert wide == []
    desk.get_by_role("button", name="Menu").click()
    desk.get_by_role("navigation", name="Main").get_by_role("link", name="Review").click()
    expect(desk.locator("h1")).to_have_text("Review")


def test_print_shows_the_page_alone(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    enter(desk.context, live_server, a_user("auditor"))
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/")
    desk.emulate_media(media="print")
    assert [desk.locator(part).is_visible() for part in (".side", ".top", ".tabs", ".strip")] == [
        False,
        False,
        False,
        True,
    ]
