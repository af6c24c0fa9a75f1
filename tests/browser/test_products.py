"""Products in a real browser: added in a dialog, filled with keys, narrow, dark, readable for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from purchases.models import LicenseKey, Product
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, problems_of
from tests.browser.test_purchases import enter
from tests.stories import a_client, a_released_po, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tab(page: Page) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen; a form that is refused (422) is no problem."""
    problems = problems_of(page, REFUSED)
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    assert problems == []


def test_keys_are_pasted_and_what_waited_is_delivered(tab: Page, live_server: Any) -> None:
    client = a_client("empty", keys=0)
    purchase = a_released_po(client)
    enter(tab.context, live_server, a_user("client_admin", client))
    tab.goto(f"{live_server.url}/purchases/products/")
    tab.get_by_role("link", name="Hafen Pro", exact=True).click()
    expect(tab.get_by_text("1 item waits for a key.")).to_be_visible()
    tab.get_by_role("link", name="Add keys").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Or paste the keys").fill("A-1\nA-1\n" + "B" * 201)
    dialog.get_by_role("button", name="Add keys").click()
    expect(tab.get_by_text("Nothing was added")).to_be_visible()
    assert not LicenseKey.objects.exists()
    dialog.get_by_label("Or paste the keys").fill("A-1\nA-1\nB-2")
    dialog.get_by_role("button", name="Add keys").click()
    expect(tab.get_by_text("2 keys added. Repeated in the list: line 2.")).to_be_visible()
    expect(tab.get_by_text("Every order has its key.")).to_be_visible()
    assert LicenseKey.objects.get(item__purchase=purchase).code == "A-1"


def test_a_product_is_added_in_a_dialog(tab: Page, live_server: Any) -> None:
    client = a_client("hafen")
    enter(tab.context, live_server, a_user("client_admin", client))
    tab.goto(f"{live_server.url}/purchases/products/")
    tab.get_by_role("link", name="Add product").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Hafen LT")
    dialog.get_by_label("Product ID").fill("LT")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(tab.get_by_text("Enter the net price in at least one currency.")).to_be_visible()
    dialog.get_by_label("Net price in EUR").fill("49.90")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(tab.get_by_role("heading", name="Hafen LT")).to_be_visible()
    assert Product.objects.get(code="LT").prices.get().unit_minor == 4_990


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_products_page_is_readable_and_fits(tab: Page, live_server: Any, width: int, scheme: Any) -> None:
    client = a_client("hafen", keys=0)
    client.products.update(generator_url="https://keys.hafen.example/generate?version=1")
    a_released_po(client)
    enter(tab.context, live_server, a_user("client_admin", client))
    tab.set_viewport_size({"width": width, "height": 900 if width > 500 else 844})
    tab.emulate_media(color_scheme=scheme)
    for path in ("", f"{client.products.get().pk}/", f"{client.products.get().pk}/keys/", "add/"):
        tab.goto(f"{live_server.url}/purchases/products/{path}")
        assert fits(tab), path
        assert violations(tab) == [], path
