"""Another ladder or term tried out: which orders move, what payers would have seen, and nothing saved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dunning.models import Explanation, Notice
from dunning.schedule import LADDER, Step
from dunning.selectors.days import last_days
from dunning.selectors.today import clocks
from dunning.selectors.what_if import Terms, WhatIf, what_if
from tests.dunning.worker import at_nine, works
from tests.stories import MONDAY, a_client, a_partner, a_released_po, a_user, days_later, pays

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
EVE = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def tried(terms: Terms, at: datetime = EVE, user: User | None = None, **more: Any) -> WhatIf:
    user = user or a_user("platform_admin")
    times = clocks(user, None, at=at, last=last_days())
    return what_if(user, None, terms, first=min(clock.today for clock in times), at=at, times=times, **more)


def test_the_standard_terms_are_the_ladder_in_force() -> None:
    assert Terms().ladder == LADDER
    assert Terms().is_todays
    assert not Terms(grace=1).is_todays
    assert not Terms(term=30).is_todays


def test_grace_and_distances_move_every_step() -> None:
    a_released_po(a_client())
    answer = tried(Terms(grace=3, second=10, third=10, notification=5, cancel_after=2))
    (move,) = answer.moves
    assert (move.step, move.before, move.after) == (Step.PDN1, DUE, DUE + timedelta(days=3))
    assert (move.cancel_before, move.cancel_after) == (date(2026, 5, 11), date(2026, 5, 4))
    letters = [number for number, count in enumerate(answer.after) if count]
    assert letters == [4, 14, 24, 29]
    assert (sum(answer.before), answer.cancels_before, answer.cancels_after) == (4, 1, 1)
    slow = tried(Terms(grace=60, second=60), user=a_user("platform_admin"))
    assert (sum(slow.after), slow.cancels_after) == (1, 0)  # the others lie beyond the days that are counted


def test_letters_that_were_sent_stay_sent() -> None:
    a_released_po(a_client())
    works(DUE)
    (move,) = tried(Terms(second=5), at_nine(DUE)).moves
    assert (move.step, move.before, move.after) == (Step.PDN2, date(2026, 4, 15), date(2026, 4, 6))


def test_another_term_moves_the_due_date_and_what_is_late_goes_at_once() -> None:
    a_released_po(a_client())
    (move,) = tried(Terms(term=14)).moves
    assert (move.before, move.after) == (DUE, EVE.date())
    assert tried(Terms(term=30), user=a_user("platform_admin")).moves == []


def test_nothing_moves_with_todays_terms_and_other_clients_can_be_left_out() -> None:
    hafen, elbe = a_client(), a_client("elbe")
    a_released_po(hafen)
    a_released_po(elbe)
    assert tried(Terms()).moves == []
    answer = tried(Terms(grace=1), only=[elbe.pk])
    assert [move.purchase.client for move in answer.moves] == [elbe]
    assert answer.open_count == 1


def test_payers_are_counted_before_each_rung_by_the_moment_they_paid() -> None:
    client = a_client()
    early = datetime(2026, 4, 1, 5, 59, tzinfo=UTC)  # a minute before the decisions of the due date
    pays(a_released_po(client), "119.00", at=early)
    pays(a_released_po(client), "119.00", at=early + timedelta(minutes=2))
    pays(a_released_po(client), "119.00", at=days_later(50))
    partner = a_partner(client, month_end_statement=True)
    pays(a_released_po(client, partner=partner), "119.00", at=days_later(50))
    now = days_later(60)
    answer = tried(Terms(grace=1, cancel_after=5), now)
    before, after = answer.payers_before, answer.payers_after
    assert before is not None
    assert after is not None
    assert (before.count, before.letters, after.letters) == (3, 3, 2)
    assert [passage.paid_before for passage in before.passages] == [1, 2, 3, 3, 3]
    assert [passage.paid_before for passage in after.passages] == [2, 2, 3, 3, 3]
    assert before.passages[0].share == pytest.approx(1 / 3)
    slower = tried(Terms(term=60), now, user=a_user("platform_admin")).payers_after
    assert slower is not None
    assert slower.letters == 0
    later = tried(Terms(), days_later(800), user=a_user("platform_admin")).payers_after
    assert later is not None
    assert later.passages[0].share == 0


def test_an_order_on_hold_without_end_does_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    a_released_po(client)
    a_released_po(client)
    monkeypatch.setattr("dunning.selectors.what_if.MOST_PURCHASES", 1)
    answer = tried(Terms(grace=2))
    assert answer.is_capped
    assert len(answer.moves) == answer.open_count == 1


def look(user: User, **query: Any) -> Any:
    with time_machine.travel(EVE, tick=False):
        browser = Browser()
        browser.force_login(user)
        return browser.get(reverse("dunning:what_if"), query)


def test_the_page_answers_from_its_address_and_saves_nothing() -> None:
    boss, client = a_user("platform_admin"), a_client()
    a_client("elbe")
    purchase = a_released_po(client)
    lines = Explanation.objects.count()
    page = look(boss, grace=3, clients=[client.pk]).text
    assert f"{purchase.reference}</a>" in page
    assert "+3" in page
    assert "1 order would move" in page
    assert "Nobody paid a purchase order" in page
    assert "This is the ladder in force" in look(boss).text
    refused = look(boss, grace="-1").text
    assert "greater than or equal to 0" in refused
    assert "would move" not in refused
    assert (Notice.objects.count(), Explanation.objects.count()) == (0, lines)


def test_many_open_orders_are_tried_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    boss = a_user("platform_admin")
    a_released_po(a_client())
    monkeypatch.setattr("dunning.selectors.calendar.FEW", 0)
    page = look(boss).text
    assert "Ask first" in page
    assert "Orders that move" not in page
    assert "1 order would move" in look(boss, grace=3).text


def test_payers_are_drawn_with_their_shares() -> None:
    client = a_client()
    pays(a_released_po(client, at=MONDAY - timedelta(days=60)), "119.00", at=MONDAY)
    page = look(a_user("client_admin", client), grace=40).text
    assert "0 → 40" in page
    assert "0% → 100%" in page


def test_ones_own_orders_only_and_as_many_queries_for_three_as_for_one() -> None:
    hafen, elbe = a_client(), a_client("elbe")
    purchase = a_released_po(hafen)
    stranger = a_user("client_admin", elbe)
    assert purchase.reference not in look(stranger, grace=3, clients=[hafen.pk]).text
    browser, url = Browser(), f"{reverse('dunning:what_if')}?grace=3"
    browser.force_login(a_user("client_admin", hafen))
    with time_machine.travel(EVE, tick=False):
        browser.get(url)
        with CaptureQueriesContext(connection) as one:
            browser.get(url)
        for _ in range(2):
            a_released_po(hafen)
        with CaptureQueriesContext(connection) as three:
            browser.get(url)
    assert len(three) == len(one) <= 18
