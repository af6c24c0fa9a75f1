"""Endpoints in a real browser: added, its secret seen once, tested, and the page tells by itself what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mailing.models import Endpoint
from mailing.services.notify import secret_of
from tests.browser.axe import violations
from tests.browser.test_errorlog import tab
from tests.browser.test_purchases import enter
from tests.mailing.listener import works
from tests.mailing.test_notifications import listener
from tests.stories import a_client, a_user

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.mailing.listener import Listener

__all__ = ["listener", "tab"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_an_endpoint_from_its_address_to_a_delivered_test(
    tab: Page, live_server: Any, listener: Listener, settings: Any
) -> None:
    settings.LOCAL_ENDPOINTS = True
    enter(tab.context, live_server, a_user("client_admin", a_client()))
    tab.goto(f"{live_server.url}/")
    tab.get_by_role("link", name="Notifications", exact=True).click()
    expect(tab.get_by_role("heading", name="No endpoints yet")).to_be_visible()
    tab.get_by_role("link", name="Add endpoint").click()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_label("Address").fill("https://10.0.0.1/in")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("leads into a private network")).to_be_visible()
    dialog.get_by_label("Address").fill(listener.url)
    dialog.get_by_label("Dunned").uncheck()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(tab.get_by_role("textbox", name="Secret")).to_be_visible()
    expect(tab.get_by_role("textbox", name="Secret")).to_have_value(secret_of(Endpoint.objects.get()))
    assert violations(tab) == []

    tab.get_by_role("link", name="Send test event").click()
    dialog.get_by_role("button", name="Send test event").click()
    expect(tab.get_by_role("row").filter(has_text="Test")).to_contain_text("Waiting")
    expect(tab.get_by_role("textbox", name="Secret")).to_have_count(0)
    assert works(timezone.now()) == 1
    expect(tab.get_by_role("row").filter(has_text="Test")).to_contain_text("Delivered")
    assert [heard.event for heard in listener.heard] == ["test"]

    tab.get_by_role("row").filter(has_text="Test").get_by_role("link", name="Test").click()
    expect(tab.get_by_text("Taken, status 200")).to_be_visible()
    tab.get_by_text("Answer", exact=True).click()
    expect(tab.get_by_text("thank you")).to_be_visible()
    assert violations(tab) == []
