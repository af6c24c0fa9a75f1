"""The partner portal in a real browser: from the e-mail to the accepted order, wide and narrow, without script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from partners.services.portal import open_link
from purchases.models import Purchase, Source
from purchases.services.place import place_order
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, problems_of
from tests.browser.test_purchases import enter
from tests.stories import a_client, a_partner, a_user, an_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from partners.models import Partner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner() -> Partner:
    """A partner with an open order over 833 of its 1,000 euros."""
    from django.utils import timezone

    client = a_client("hafen")
    found = a_partner(client)
    order = an_order(quantity=7, source=Source.PARTNER, partner=found)
    place_order(client, order, by=None, at=timezone.now())
    return found


@pytest.fixture
def tab(page: Page) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen; a form that is refused (422) is no problem."""
    problems = problems_of(page, REFUSED)
    yield page
    assert problems == []


def come_in(page: Page, live_server: Any, partner: Partner) -> None:
    from django.utils import timezone

    page.goto(f"{live_server.url}/p/partner/{open_link(partner, at=timezone.now())}/")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def order_one(page: Page) -> None:
    page.get_by_role("link", name="New order").first.click()
    page.get_by_label("Quantity").or_(page.get_by_label("Hafen Pro")).first.fill("1")
    page.get_by_label("PO number").fill("4711-B")
    page.get_by_role("button", name="Look at the order").click()


def test_from_the_login_to_an_accepted_order(tab: Page, live_server: Any, partner: Partner) -> None:
    tab.goto(f"{live_server.url}/partner/")
    tab.get_by_label("E-mail").fill("ap@reseller.example")
    tab.get_by_role("button", name="Send me a login link").click()
    expect(tab.get_by_text("a login link is on its way")).to_be_visible()
    come_in(tab, live_server, partner)
    expect(tab.get_by_text("83 % of your limit is used")).to_be_visible()
    order_one(tab)
    expect(tab.get_by_text("of your limit is left")).to_be_visible()
    tab.get_by_role("button", name="Change the order").click()
    expect(tab.get_by_label("PO number")).to_have_value("4711-B")
    tab.get_by_role("button", name="Look at the order").click()
    tab.get_by_role("button", name="Order on purchase order").click()
    expect(tab.get_by_text("Your purchase order is accepted.")).to_be_visible()
    assert Purchase.objects.filter(partner=partner, po_number="4711-B", status="WPO").count() == 1
    order_one(tab)
    expect(tab.get_by_text("more than what is left of the limit")).to_be_visible()
    expect(tab.get_by_role("button", name="Order on purchase order")).to_have_count(0)
    tab.get_by_role("button", name="Order and pay by wire transfer").click()
    expect(tab.get_by_text("it is delivered once it is paid")).to_be_visible()
    tab.get_by_role("button", name="Log out").click()
    expect(tab.get_by_label("E-mail")).to_be_visible()


def test_without_script_it_is_the_same(browser: Any, live_server: Any, partner: Partner) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    come_in(page, live_server, partner)
    order_one(page)
    page.get_by_role("button", name="Order on purchase order").click()
    expect(page.get_by_text("Your purchase order is accepted.")).to_be_visible()
    context.close()


def test_customer_service_lets_one_order_through(tab: Page, live_server: Any, partner: Partner) -> None:
    enter(tab.context, live_server, a_user("platform_customer_service"))
    tab.goto(f"{live_server.url}/partners/{partner.pk}/")
    expect(tab.get_by_text("83 % of the limit is used")).to_be_visible()
    tab.get_by_role("link", name="Allow one order over the limit").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Total of the order at most").fill("500")
    dialog.get_by_label("Note").fill("big deal")
    assert violations(tab) == []
    dialog.get_by_role("button", name="Allow").click()
    expect(tab.get_by_text("may place one order over the limit.")).to_be_visible()
    expect(tab.get_by_text("One order of up to €500.00 may go over the limit")).to_be_visible()


def test_it_speaks_the_browsers_language_until_another_is_chosen(
    browser: Any, live_server: Any, partner: Partner
) -> None:
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live_server.url}/partner/")
    expect(page.get_by_role("heading", name="Portail partenaires")).to_be_visible()
    page.get_by_role("link", name="日本語").click()
    expect(page.get_by_role("heading", name="パートナーポータル")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ja"
    from django.utils import timezone

    page.goto(f"{live_server.url}/p/partner/{open_link(partner, at=timezone.now())}/")
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_role("heading", name="概要")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Übersicht")).to_be_visible()
    context.close()


PAGES = ("partner/overview/", "partner/orders/", "partner/orders/{reference}/", "partner/new/")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_readable_for_everybody(tab: Page, live_server: Any, partner: Partner, theme: str, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 900})
    tab.add_init_script(f"try {{ localStorage.setItem('theme', '{theme}') }} catch {{}}")
    tab.goto(f"{live_server.url}/partner/")
    assert violations(tab) == []
    come_in(tab, live_server, partner)
    for path in PAGES:
        tab.goto(f"{live_server.url}/{path.format(reference=Purchase.objects.get().reference)}")
        assert violations(tab) == [], path
        assert fits(tab), path
    order_one(tab)
    expect(tab.get_by_role("button", name="Change the order")).to_be_visible()
    assert violations(tab) == []
    assert fits(tab)
