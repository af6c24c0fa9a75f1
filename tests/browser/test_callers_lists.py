"""Lists searched with a caller on the line, by keyboard alone, and what the pages of a call look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accounts.models import SavedView
from tests.browser.axe import violations
from tests.browser.hands import days_ago, fits
from tests.stories import a_client, a_customer, a_released_po, a_user, an_offline_order

if TYPE_CHECKING:
    from accounts.models import Client
    from tests.browser.hands import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    """A client with an order of somebody who doesn't call."""
    client = a_client("hafen")
    an_offline_order(
        client,
        at=days_ago(9),
        customer=a_customer(company="Elbwind GmbH", last_name="Brandt", email="b@elbwind.example"),
    )
    return client


def test_a_list_of_numbers_with_one_unknown(desk: Desk, hafen: Client) -> None:
    """Five numbers from the caller's e-mail; the one that leads nowhere is named."""
    orders = [an_offline_order(hafen, at=days_ago(2)) for _ in range(4)]
    hands = desk.sit(a_user("platform_customer_service"), "/purchases/")
    hands.press("b")
    hands.see(desk.page.locator("#numbers:focus"))
    hands.paste("\n".join([*(order.reference for order in orders), "999999999"]))
    hands.press("Control+Enter")
    hands.see(desk.page.locator(".batch-found"), "4 purchases found for 5 numbers.")
    assert desk.page.get_by_label("Unknown numbers").input_value() == "999999999"
    assert desk.page.locator("tr[data-row]").count() == 4
    assert hands.strokes <= 4


def test_a_search_that_is_kept(desk: Desk, hafen: Client) -> None:
    """Conditions are chosen by their first letters, kept under a name, and opened again from there."""
    order = an_offline_order(hafen, at=days_ago(2))
    hands = desk.sit(a_user("platform_customer_service"), "/purchases/")
    hands.press("a")
    hands.see(desk.page.get_by_label("Parameter 1").and_(desk.page.locator(":focus")))
    hands.type("comp")
    hands.see(desk.page.get_by_label("Operator 1"), "contains")
    hands.press("Tab")
    hands.type("con")
    hands.press("Tab")
    hands.type("werft")
    hands.press("Enter")
    hands.see(desk.page.locator("tr[data-row]"), order.reference)
    hands.press("v")
    hands.open(desk.page.get_by_role("link", name="Save this view"))
    hands.see(desk.page.get_by_role("dialog"), "The list opens again")
    hands.type("Werft")
    hands.press("Enter")
    hands.see("View Werft saved.")
    desk.page.goto(f"{desk.url}/purchases/")
    hands.press("v")
    hands.open(desk.page.locator(".vlist").get_by_role("link", name="Werft", exact=True))
    hands.see(desk.page.locator("tr[data-row]"), order.reference)
    assert SavedView.objects.get().name == "Werft"
    assert hands.strokes <= 31


def test_one_letter_wrong_still_finds(desk: Desk, hafen: Client) -> None:
    """A name heard on the phone."""
    order = an_offline_order(hafen, at=days_ago(2))
    hands = desk.sit(a_user("platform_customer_service"))
    hands.press("/")
    hands.type("peterson")
    hands.see("All hits for “peterson”")
    hands.see("Nothing is spelled")
    hands.press("ArrowDown", "Enter")
    hands.see(desk.page.locator("h1"), order.reference)
    assert hands.strokes <= 11


@pytest.fixture
def pages(hafen: Client) -> list[str]:
    """What a representative has on the screen during a call; after a # the key that opens a dialog or a menu."""
    order = a_released_po(hafen, at=days_ago(45))
    other = a_customer(company="Werft und Soehne", email="j.petersen@werft.example")
    twin = an_offline_order(hafen, at=days_ago(2), customer=other).customer
    viewer = f"/purchases/{order.reference}/"
    return [
        "/search/?q=werft",
        "/purchases/?p0=company&o0=has&t0=werft#v",
        "/purchases/?by=batch",
        "/customers/duplicates/",
        f"/customers/{twin.pk}/",
        f"/customers/{twin.pk}/merge/{order.customer_id}/",
        f"{viewer}#e",
        f"{viewer}?tab=delivery",
        "/accounts/exports/",
        "/purchases/#?",
    ]


def turn_to(desk: Desk, page: str) -> None:
    """Open a page, and what its key opens."""
    path, _, key = page.partition("#")
    desk.page.goto(f"{desk.url}{path}")
    if key:
        desk.hands.press(key)
        desk.hands.see(desk.page.locator("dialog[open], details.menu[open] .menu-list").first)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_a_call_needs_is_readable_for_everybody(desk: Desk, pages: list[str], theme: Any) -> None:
    """No violation, whatever is open."""
    desk.sit(a_user("platform_admin"))
    desk.page.emulate_media(color_scheme=theme)
    found = {}
    for page in pages:
        turn_to(desk, page)
        found[page] = violations(desk.page)
    assert {page: problems for page, problems in found.items() if problems} == {}


def test_what_a_call_needs_fits_a_phone(desk: Desk, pages: list[str]) -> None:
    """Nothing sticks out at 390 pixels."""
    desk.sit(a_user("platform_admin"))
    desk.page.set_viewport_size({"width": 390, "height": 844})
    wide = []
    for page in pages:
        turn_to(desk, page)
        if not fits(desk.page):
            wide.append(page)
    assert wide == []
