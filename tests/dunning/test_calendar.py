"""The next sixty days: what stands on which day, and that it is one's own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dunning.selectors.calendar import STATEMENT, calendar, month_ends
from dunning.selectors.days import last_days
from dunning.selectors.today import clocks
from dunning.services.promises import promise_payment
from purchases.services.place import place_order
from tests.dunning.worker import works
from tests.stories import (
    MONDAY,
    a_client,
    a_partner,
    a_released_po,
    a_user,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import Client, User
    from dunning.selectors.calendar import Calendar

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
EVE = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
LADDER = [
    (date(2026, 4, 1), {"pdn1": 1}),
    (date(2026, 4, 15), {"pdn2": 1}),
    (date(2026, 4, 29), {"pdn3": 1}),
    (date(2026, 5, 6), {"notification": 1}),
    (date(2026, 5, 11), {"canceled": 1}),
]


def ahead(user: User, at: datetime = EVE, client: Client | None = None, **options: Any) -> Calendar:
    times = clocks(user, client, at=at, last=last_days())
    return calendar(user, client, first=min(clock.today for clock in times), times=times, **options)


def steps(found: Calendar) -> list[tuple[date, dict[str, int]]]:
    return [(day.on, day.steps) for day in found.days if day.total]


def page(user: User, at: datetime = EVE, **query: str) -> Any:
    with time_machine.travel(at, tick=False):
        browser = Browser()
        browser.force_login(user)
        return browser.get(reverse("dunning:calendar"), query)


def test_every_remaining_step_stands_on_its_day_with_its_amount() -> None:
    boss = a_user("platform_admin")
    pays(a_released_po(a_client()), "19.00")
    found = ahead(boss)
    assert steps(found) == LADDER[:4]  # partly paid: never canceled by itself
    assert found.days[1].amounts == {"EUR": 10_000}
    assert found.steps == {"pdn1": 1, "pdn2": 1, "pdn3": 1, "notification": 1}
    assert found.complete_until is None
    assert steps(ahead(boss, MONDAY)) == LADDER[:3]  # the rest lies beyond sixty days


def test_what_is_decided_today_is_behind_and_a_letter_on_its_way_counts_as_sent() -> None:
    boss = a_user("platform_admin")
    a_released_po(a_client())
    works(DUE, mails=False)
    after = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
    assert steps(ahead(boss, after)) == LADDER[1:]


def test_what_is_late_falls_on_the_first_day() -> None:
    boss = a_user("platform_admin")
    a_released_po(a_client())
    late = datetime(2026, 4, 20, 5, 0, tzinfo=UTC)
    assert steps(ahead(boss, late))[0] == (date(2026, 4, 20), {"pdn1": 1})


def test_reminders_deadlines_and_statements_stand_there_too_and_test_orders_do_not() -> None:
    boss, client = a_user("platform_admin"), a_client()
    an_offline_order(client)
    place_order(client, an_order(), by=None, at=MONDAY)
    place_order(client, an_order(is_test=True), by=None, at=MONDAY)
    partner = a_partner(client, month_end_statement=True)
    a_released_po(client, partner=partner)
    found = ahead(boss, MONDAY)
    assert steps(found) == [
        (date(2026, 3, 9), {"reminder1": 1}),
        (date(2026, 3, 16), {"reminder2": 1}),
        (date(2026, 3, 31), {STATEMENT: 1}),
        (date(2026, 4, 1), {"document_expired": 1, "offline_expired": 1}),
        (date(2026, 4, 30), {STATEMENT: 1}),
    ]
    on = date(2026, 3, 31)
    chosen = ahead(boss, MONDAY, chosen=on).chosen
    assert [(one.step, one.on, one.minor) for one in chosen] == [(STATEMENT, on, 11_900)]


def test_a_promise_moves_the_step_and_is_named_on_the_day() -> None:
    boss, client = a_user("platform_admin"), a_client()
    purchase = a_released_po(client)
    promise_payment(purchase, by=boss, at=MONDAY, until=date(2026, 4, 9))
    answer = page(boss, day="2026-04-10").text
    assert "Payment delinquency notice 1" in answer
    assert "Promised" in answer
    assert purchase.reference in answer


def test_with_too_many_purchases_it_says_until_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    boss, client = a_user("platform_admin"), a_client()
    a_released_po(client)
    a_released_po(client, at=days_later(9))
    found = ahead(boss, most=1)
    assert steps(found) == LADDER
    assert found.complete_until == date(2026, 4, 9)
    monkeypatch.setattr("dunning.views.calendar.calendar", lambda *args, **more: found)
    assert "some steps are missing here" in page(boss).text


def test_month_ends_lie_after_one_day_and_up_to_another() -> None:
    client = a_client()
    ends = month_ends(client, after=date(2026, 3, 31), until=date(2026, 6, 29))
    assert ends == [date(2026, 4, 30), date(2026, 5, 29)]


def test_the_page_shows_chart_weeks_and_the_days_list() -> None:
    boss, client = a_user("platform_admin"), a_client()
    purchase = a_released_po(client)
    answer = page(boss, day="2026-04-15").text
    assert '<title id="steps-title">Steps by day</title>' in answer
    assert 'href="?day=2026-04-15#day"' in answer
    assert "<title>Apr 15, 2026: 1 PDN 2</title>" in answer
    assert answer.count(f">{purchase.reference}</a>") == 1
    assert "Holiday" in answer  # Good Friday
    assert "Nothing is expected on this day." in page(boss, day="2026-04-02").text
    for day in ("2030-01-01", "never"):
        assert 'id="day"' not in page(boss, day=day).text


def test_an_empty_house_has_an_empty_calendar() -> None:
    assert "Nothing is to come" in page(a_user("platform_admin")).text


def test_ones_own_steps_only_and_as_many_queries_for_three_as_for_one() -> None:
    hafen, elbe = a_client(), a_client("elbe")
    a_released_po(hafen)
    assert "Nothing is to come" in page(a_user("client_admin", elbe)).text
    browser, url = Browser(), f"{reverse('dunning:calendar')}?day=2026-04-01"
    browser.force_login(a_user("client_admin", hafen))
    with time_machine.travel(EVE, tick=False):
        browser.get(url)
        with CaptureQueriesContext(connection) as one:
            browser.get(url)
        for days in (0, 3):
            a_released_po(hafen, at=MONDAY + timedelta(days=days))
        with CaptureQueriesContext(connection) as three:
            browser.get(url)
    assert len(three) == len(one) <= 16
