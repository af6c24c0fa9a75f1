"""Other days to pay for one purchase: who gave them, why, and what follows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from core.refused import Refused
from purchases.models import HistoryEntry, Purchase
from purchases.services.release import release_purchase
from purchases.services.term import change_term
from tests.stories import MONDAY, a_client, a_released_po, a_user, a_waiting_po, an_offline_order

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


def test_another_term_moves_the_due_date_and_stands_in_the_history() -> None:
    client = a_client(four_eyes=True)
    purchase, agent = a_waiting_po(client), a_user("platform_customer_service", name="Clara")
    first, second = a_user("client_admin", client), a_user("client_admin", client)
    release_purchase(purchase, by=first, at=MONDAY)
    changed = change_term(purchase, term_days=60, reason="asked for by their buyer", by=agent, at=MONDAY)
    assert (changed.term_days, changed.approved_by, changed.policy.term_days) == (60, None, 30)
    entry = HistoryEntry.objects.get(purchase=purchase, event="term")
    assert (entry.by, entry.at, entry.note, entry.reason) == (
        agent,
        MONDAY,
        "Term of 60 days; the policy's is 30",
        "asked for by their buyer",
    )
    release_purchase(purchase, by=first, at=MONDAY)
    assert release_purchase(purchase, by=second, at=MONDAY).due_on == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("term_days", "reason", "why"),
    [(45, "why not", "A term is 14, 30, 60 days."), (60, " ", "Say why"), (30, "so", "30 days already")],
)
def test_no_other_days_no_silence_and_no_change_to_the_same(term_days: int, reason: str, why: str) -> None:
    purchase = a_waiting_po(a_client())
    with pytest.raises(Refused, match=why):
        change_term(purchase, term_days=term_days, reason=reason, by=a_user("platform_admin"), at=MONDAY)


def test_once_released_the_term_is_fixed() -> None:
    purchase = a_released_po(a_client())
    with pytest.raises(Refused, match="its term is fixed"):
        change_term(purchase, term_days=60, reason="late wish", by=a_user("platform_admin"), at=MONDAY)


def test_it_is_changed_in_the_viewer() -> None:
    client = a_client()
    purchase = a_waiting_po(client)
    browser = Browser()
    browser.force_login(a_user("client_admin", client))
    page = reverse("purchases:term", args=[purchase.reference])
    asked = browser.get(page).content.decode()
    assert "Now 30 days; version 1 of the policy says 30." in asked
    assert "approval" not in asked
    assert browser.post(page, {"term_days": "14", "reason": ""}).status_code == 422
    answer = browser.post(page, {"term_days": "14", "reason": "short of money"}, follow=True)
    assert "is to be paid within 14 days of its release." in answer.content.decode()
    assert Purchase.objects.get().term_days == 14
    shown = browser.get(reverse("purchases:viewer", args=[purchase.reference]) + "?tab=po").content.decode()
    assert "instead of the policy's 30" in shown.replace("&#x27;", "'")
    Purchase.objects.update(approved_at=MONDAY)
    assert "The first approval has to be given again." in browser.get(page).content.decode()


def test_an_order_that_is_no_purchase_order_has_no_term() -> None:
    client = a_client()
    purchase = an_offline_order(client)
    browser = Browser()
    browser.force_login(a_user("client_admin", client))
    page = reverse("purchases:term", args=[purchase.reference])
    assert "Only a purchase order has a term." in browser.get(page).content.decode()
    browser.post(page, {"term_days": "14", "reason": "short of money"})
    assert Purchase.objects.get().term_days == 30
