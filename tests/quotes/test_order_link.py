"""The link to a customer's order page: seen, sent anew, revoked by the people in the house."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.refused import Refused
from mailing.models import Email
from purchases.models import HistoryEntry, Purchase, StatusLink
from quotes.services.link import revoke_links, send_link
from tests.stories import MONDAY, a_client, a_user, a_waiting_po

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def purchase() -> Purchase:
    """An order that was not placed at the checkout: its customer has no link yet."""
    return a_waiting_po(a_client())


@pytest.fixture
def agent() -> User:
    return a_user("platform_customer_service", name="Clara")


def the_link() -> str:
    """The link in the newest e-mail."""
    found = re.search(
        r"http://localhost:8000(/order/\S+)", Email.objects.filter(kind="order_link").latest("pk").body_text
    )
    assert found
    return found[1]


def viewer(purchase: Purchase, browser: Browser) -> str:
    page = browser.get(reverse("purchases:viewer", args=[purchase.reference])).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index('id="order-link"') :]).split())


def test_a_new_link_ends_the_one_before(purchase: Purchase, agent: User) -> None:
    send_link(purchase, by=agent, at=MONDAY)
    first = the_link()
    assert Browser().get(first).status_code == 200
    send_link(purchase, by=agent, at=MONDAY + timedelta(minutes=1))
    second = the_link()
    assert first != second
    assert [Browser().get(link).status_code for link in (first, second)] == [404, 200]
    email = Email.objects.filter(kind="order_link").latest("pk")
    assert (email.recipient, email.language) == ("einkauf@werft.example", "de")
    entry = HistoryEntry.objects.filter(purchase=purchase).latest("pk")
    assert (entry.note, entry.by, entry.nature) == (
        "Link to the order page sent to einkauf@werft.example",
        agent,
        "outbound",
    )
    token = second.split("/")[2]
    assert token not in str(list(StatusLink.objects.values()) + list(HistoryEntry.objects.values()))


def test_a_revoked_link_opens_nothing(purchase: Purchase, agent: User) -> None:
    with pytest.raises(Refused, match="nothing to revoke"):
        revoke_links(purchase, reason="x", by=agent, at=MONDAY)
    send_link(purchase, by=agent, at=MONDAY)
    revoke_links(purchase, reason="sent to the wrong person", by=agent, at=MONDAY)
    assert Browser().get(the_link()).status_code == 404
    entry = HistoryEntry.objects.filter(purchase=purchase).latest("pk")
    assert (entry.note, entry.reason) == ("Link to the order page revoked", "sent to the wrong person")


def test_without_an_address_no_link_is_made(purchase: Purchase, agent: User) -> None:
    Purchase.objects.update(billing_email="")
    with pytest.raises(Refused, match="e-mail address is missing"):
        send_link(purchase, by=agent, at=MONDAY)
    assert StatusLink.objects.count() == 0


def test_the_viewer_tells_when_it_was_opened_and_offers_what_can_be_done(purchase: Purchase, agent: User) -> None:
    browser = Browser()
    browser.force_login(agent)
    send, revoke = (reverse(f"quotes:link_{act}", args=[purchase.reference]) for act in ("send", "revoke"))
    shown = viewer(purchase, browser)
    assert "The customer has no link to a page of this order." in shown
    assert "Send a link" in shown
    assert "Revoke" not in shown
    assert "nothing to revoke" in browser.get(revoke).content.decode()
    assert "The link that works now ends." not in browser.get(send).content.decode()
    answer = browser.post(send, {"form_key": "a"}, follow=True)
    assert "A new link goes to einkauf@werft.example." in answer.content.decode()
    shown = viewer(purchase, browser)
    assert "Works until Apr 6, 2027" in shown
    assert "Last opened Never" in shown
    assert browser.get(the_link()).status_code == 200
    assert "Last opened Never" in viewer(purchase, browser), "a colleague who looks is not the customer"
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        Browser().get(the_link())
    with time_machine.travel(MONDAY + timedelta(hours=1, minutes=3), tick=False):
        with CaptureQueriesContext(connection) as captured:
            Browser().get(the_link())
        assert [query["sql"] for query in captured if query["sql"].startswith("UPDATE")] == []
    assert StatusLink.objects.get().opened_at == MONDAY + timedelta(hours=1)
    assert "Never" not in viewer(purchase, browser)
    assert "The link that works now ends." in browser.get(send).content.decode()
    assert browser.post(revoke, {"reason": ""}).status_code == 422
    answer = browser.post(revoke, {"reason": "wrong person", "form_key": "b"}, follow=True)
    assert "works any more" in answer.content.decode()
    assert "Link Revoked" in viewer(purchase, browser)
    StatusLink.objects.update(revoked_at=None, expires_at=MONDAY)
    assert "Link Expired" in viewer(purchase, browser)
    Purchase.objects.update(billing_email="nobody")
    assert "has no e-mail address" in browser.get(send).content.decode()


def test_who_may_write_no_e_mails_only_looks(purchase: Purchase) -> None:
    browser = Browser()
    browser.force_login(a_user("auditor"))
    assert "Send a link" not in viewer(purchase, browser)
    assert browser.get(reverse("quotes:link_send", args=[purchase.reference])).status_code == 403
