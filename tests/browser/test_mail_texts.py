"""A client's own words for an e-mail in a real browser: typed, seen at once, kept, and used by the next one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from playwright.sync_api import expect

from mailing.models import Email
from tests.browser.axe import violations
from tests.browser.hands import problems_of
from tests.stories import a_client, a_released_po, a_user

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)


def test_words_are_seen_while_they_are_typed_and_used_by_the_next_email(page: Page, live_server: Any) -> None:
    hafen = a_client("hafen")
    order = a_released_po(hafen)
    browser = Browser()
    browser.force_login(a_user("client_admin", hafen))
    cookie = browser.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    wrong = problems_of(page)
    page.goto(f"{live_server.url}/dunning/letters/hafen/")
    page.get_by_role("link", name="E-mail texts").click()
    page.get_by_role("link", name="Deutsch standard of Delivery").click()
    page.get_by_label("Subject").fill("Ihre Schlüssel")
    expect(page.get_by_text("It does not say which order it is about")).to_be_visible()
    page.get_by_label("Subject").fill("Ihre Schlüssel zu {{reference}}")
    page.get_by_label("Try it on").select_option(order.reference)
    expect(page.locator("#text-live")).to_contain_text(f"Ihre Schlüssel zu {order.reference}")
    expect(page.frame_locator("iframe").get_by_text("hafen-00000")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save as version 1").click()
    expect(page.get_by_text("Version 1 holds from the next e-mail on.")).to_be_visible()
    page.goto(f"{live_server.url}/purchases/{order.reference}/?tab=delivery")
    page.keyboard.press("e")
    dialog = page.locator("#dialog")
    dialog.get_by_label("Delivery", exact=True).check()
    expect(dialog.locator(".pane-subject")).to_contain_text(f"Ihre Schlüssel zu {order.reference}")
    assert violations(page) == []
    dialog.get_by_label("Also send to").fill("ap@werft.example")
    dialog.get_by_role("button", name="Queue e-mail").click()
    expect(page.get_by_text(re.compile("Queued for einkauf@werft.example, ap@werft.example"))).to_be_visible()
    newest = Email.objects.newest_first()[0]
    assert (newest.recipient, newest.subject) == ("ap@werft.example", f"Ihre Schlüssel zu {order.reference}")
    page.get_by_role("button", name="Decide about Delivery to ap@werft.example").click()
    page.locator(".row-menu:popover-open").get_by_role("button", name="Hold").click()
    expect(page.get_by_text("is on hold")).to_be_visible()
    assert Email.objects.get(pk=newest.pk).status == "HELD"
    assert wrong == []
