"""Why and why not over all: found by reason, step, partner and day; as a page and as a file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from dunning.services.pauses import hold_dunning
from dunning.services.promises import promise_payment
from purchases.services.place import place_order
from tests.dunning.worker import at_nine, works, works_daily
from tests.stories import MONDAY, a_client, a_customer, a_partner, a_released_po, a_user, an_order, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(at_nine(DUE) + timedelta(hours=1), tick=False):
        yield


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_not_dunned_because_promised_is_found_over_all() -> None:
    client, boss = a_client(), a_user("platform_admin")
    promised, held, plain = (a_released_po(client) for _ in range(3))
    promise_payment(promised, by=boss, at=MONDAY, until=DUE + timedelta(days=3))
    hold_dunning(held, by=boss, at=MONDAY, reason="asked")
    works(DUE)
    browser = logged_in(a_user("client_admin", client))

    def shown(query: str) -> list[bool]:
        page = browser.get(f"/dunning/why/?{query}").text
        return [one.reference in page for one in (promised, held, plain)]

    assert shown("") == [True, True, True]
    assert shown("reason=promised") == [True, False, False]
    assert shown("show=stopped") == [True, True, False]
    assert shown("show=coming") == [False, False, True]
    assert shown("show=never") == [False, False, False]
    assert shown("step=pdn2") == [False, False, True]
    assert shown(f"q={held.reference}") == [False, True, False]
    assert "Payment is promised until Apr 4, 2026" in browser.get("/dunning/why/?reason=promised").text


def test_a_past_day_is_shown_as_it_was_also_of_orders_paid_since() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works(DUE)
    pays(purchase, "119.00", at=at_nine(DUE))
    browser = logged_in(a_user("client_admin", client))
    assert purchase.reference not in browser.get("/dunning/why/").text
    past = browser.get("/dunning/why/?on=2026-03-15").text
    assert purchase.reference in past
    assert "Payment delinquency notice 1 not before Apr 1, 2026" in past
    wrong = browser.get("/dunning/why/?on=soon").text
    assert "Enter a valid date." in wrong
    assert purchase.reference not in wrong


def test_a_partners_orders_are_found_and_another_clients_are_not() -> None:
    client = a_client()
    partner = a_partner(client)
    theirs = place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)
    other, foreign = a_released_po(client), a_released_po(a_client("elbe"))
    browser = logged_in(a_user("client_admin", client))
    page = browser.get(f"/dunning/why/?partner={partner.pk}").text
    assert theirs.reference in page
    assert other.reference not in page
    assert foreign.reference not in browser.get("/dunning/why/").text


def test_the_file_holds_what_the_list_shows_and_nothing_that_calculates() -> None:
    client = a_client()
    purchase = a_released_po(client, customer=a_customer(company="=1+1"))
    held = a_released_po(client)
    hold_dunning(held, by=a_user("platform_admin"), at=MONDAY, reason="asked")
    browser = logged_in(a_user("client_admin", client))
    answer = browser.get("/dunning/why.csv?show=coming")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="why-2026-04-01.csv"'
    assert len(lines) == 2
    assert lines[1].startswith(f"{purchase.reference},Hafen GmbH,'=1+1,,Purchase Order,EUR,119.00,0,Not yet,")
    assert len(browser.get("/dunning/why.csv").content.decode().splitlines()) == 3


def test_a_file_that_is_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    for _ in range(2):
        a_released_po(client)
    monkeypatch.setattr("dunning.views.why.MOST_LINES", 1)
    lines = logged_in(a_user("client_admin", client)).get("/dunning/why.csv").content.decode().splitlines()
    assert len(lines) == 3
    assert "Only the first 1 are listed" in lines[-1]


def test_what_is_open_today_is_not_shown_as_of_a_past_day() -> None:
    client = a_client()
    pays(a_released_po(client), "19.00", at=at_nine(DUE))
    browser = logged_in(a_user("client_admin", client))
    assert "€100.00" in browser.get("/dunning/why/").text
    assert "€100.00" not in browser.get("/dunning/why/?on=2026-03-15").text
    head = browser.get("/dunning/why.csv?on=2026-03-15").content.decode().splitlines()[0]
    assert "Status today,Currency,Open today,Level today" in head


def test_every_viewer_links_to_it_and_shows_how_promises_were_kept() -> None:
    client, boss = a_client(), a_user("platform_admin")
    first, second = a_released_po(client), a_released_po(client)
    promise_payment(first, by=boss, at=MONDAY, until=DUE)
    pays(first, "119.00", at=at_nine(DUE))
    browser = logged_in(a_user("client_admin", client))
    viewer = browser.get(f"/purchases/{second.reference}/?tab=po").text
    assert f"/dunning/why/?q={second.reference}" in viewer
    assert "promises to pay: 1 of 1 kept (100 %)." in viewer
    assert "1 of 1 kept (100 %)" in browser.get(f"/customers/{first.customer_id}/").text


@pytest.mark.parametrize("page", ["/dunning/why/", "/dunning/why/?on=2026-04-02", "/dunning/why.csv"])
def test_as_many_queries_for_three_rows_as_for_one(page: str) -> None:
    client = a_client()
    a_released_po(client)
    works_daily(DUE, DUE)
    browser = logged_in(a_user("client_admin", client))
    browser.get(page)
    with CaptureQueriesContext(connection) as one:
        browser.get(page)
    partner = a_partner(client)
    place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)
    a_released_po(client)
    with CaptureQueriesContext(connection) as three:
        browser.get(page)
    assert len(three) == len(one)
