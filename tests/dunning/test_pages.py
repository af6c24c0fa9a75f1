"""Runs, their lines, and the acts on an order: what is shown, and who may."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.template import Context, Template
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dunning.models import Notice, Run
from dunning.services.notices import mark_returned
from dunning.services.pauses import hold_dunning
from mailing.models import Email
from mailing.services.decide import note_bounce
from tests.dunning.worker import at_nine, fresh, hands_over, works, works_daily
from tests.stories import MONDAY, a_client, a_released_po, a_user, a_waiting_po, an_offline_order

if TYPE_CHECKING:
    from accounts.models import User
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
ACTS = ["hold", "resume", "promise", "keep-active", "extend"]


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_the_runs_of_all_clients_and_of_ones_own() -> None:
    hafen, elbe = a_client(), a_client("elbe")
    a_released_po(hafen)
    works(DUE)
    everywhere = logged_in(a_user("platform_finance")).get("/dunning/runs/").text
    at_home = logged_in(a_user("client_support", elbe)).get("/dunning/runs/").text
    assert "Hafen GmbH" in everywhere
    assert "PDN 1" in everywhere
    assert "PDN 1" not in at_home
    assert "<strong>1</strong> run" in at_home


def test_a_run_says_why_and_why_not_order_by_order() -> None:
    client = a_client()
    due, later = a_released_po(client), an_offline_order(client, at=MONDAY + timedelta(days=25))
    held = a_released_po(client)
    hold_dunning(held, by=a_user("platform_admin"), at=MONDAY, reason="dispute")
    works(DUE)
    run = Run.objects.get()
    browser = logged_in(a_user("client_admin", client))
    decided = browser.get(f"/dunning/runs/{run.pk}/").text
    assert "Payment delinquency notice 1: due date Apr 1, 2026." in decided
    assert due.reference in decided
    assert later.reference not in decided
    everything = browser.get(f"/dunning/runs/{run.pk}/?show=all").text
    assert "Payment reminder 1 not before Apr 3, 2026: 7 days after Mar 27, 2026." in everything
    assert "Dunning is held until it is resumed; Payment delinquency notice 1 waits." in everything
    filtered = browser.get(f"/dunning/runs/{run.pk}/?show=all&reason=held").text
    assert held.reference in filtered
    assert later.reference not in filtered
    assert held.reference in browser.get(f"/dunning/runs/{run.pk}/?show=all&q={held.reference}").text
    by_step = browser.get(f"/dunning/runs/{run.pk}/?show=all&step=reminder1").text
    assert later.reference in by_step
    assert held.reference not in by_step


def test_a_past_run_is_explained_as_it_was() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works_daily(DUE, DUE + timedelta(days=20))
    old, new = Run.objects.get(on=DUE + timedelta(days=3)), Run.objects.get(on=DUE + timedelta(days=20))
    browser = logged_in(a_user("client_admin", client))
    assert "notice 2 not before Apr 15" in browser.get(f"/dunning/runs/{old.pk}/?show=all").text
    assert "notice 3 not before Apr 29" in browser.get(f"/dunning/runs/{new.pk}/?show=all").text
    assert "Nothing was decided" in browser.get(f"/dunning/runs/{old.pk}/").text
    assert purchase.reference in browser.get(f"/dunning/runs/{new.pk}/?show=all").text


@pytest.mark.parametrize("address", ["/dunning/runs/", "/dunning/runs/{run}/", "/dunning/runs/{run}/?show=all"])
def test_as_many_queries_for_three_rows_as_for_one(address: str) -> None:
    client = a_client()
    a_released_po(client)
    works(DUE)
    browser = logged_in(a_user("client_admin", client))
    url = address.format(run=Run.objects.get().pk)
    browser.get(url)
    with CaptureQueriesContext(connection) as one:
        browser.get(url)
    a_released_po(client)
    a_released_po(client)
    works(DUE + timedelta(days=1))
    works(DUE + timedelta(days=2))
    with CaptureQueriesContext(connection) as three:
        browser.get(url)
    assert len(three) == len(one) <= 12


def test_another_clients_run_does_not_exist() -> None:
    client = a_client()
    a_released_po(client)
    works(DUE)
    run = Run.objects.get()
    stranger = logged_in(a_user("client_admin", a_client("elbe")))
    assert stranger.get(f"/dunning/runs/{run.pk}/").status_code == 404
    assert stranger.get(f"/dunning/runs/{run.pk + 1000}/").status_code == 404
    assert Browser().get(f"/dunning/runs/{run.pk}/").status_code == 302


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_closed_to_anonymous_bystander_and_stranger(act: str) -> None:
    client = a_client()
    purchase = a_released_po(client)
    url = f"/dunning/{purchase.reference}/{act}/"
    for way in ("get", "post"):
        assert getattr(Browser(), way)(url).status_code == 302
        assert getattr(logged_in(a_user("client_sales", client)), way)(url).status_code == 403
        assert getattr(logged_in(a_user("client_admin", a_client(f"other-{way}"))), way)(url).status_code == 404
        assert getattr(logged_in(a_user("client_admin", client)), way)("/dunning/123/hold/").status_code == 404
    assert fresh(purchase).version == purchase.version


def post(browser: Browser, purchase: Purchase, act: str, **data: str) -> Any:
    return browser.post(f"/dunning/{purchase.reference}/{act}/", {"form_key": f"{act}-{data}", **data})


def test_hold_resume_promise_extend_and_keep_active_by_dialog() -> None:
    client = a_client()
    purchase = a_released_po(client, at=timezone.now())
    browser = logged_in(a_user("client_admin", client))
    assert post(browser, purchase, "hold", reason="dispute", until="2031-01-05").status_code == 302
    assert (fresh(purchase).hold_until, fresh(purchase).hold_reason) == (date(2031, 1, 5), "dispute")
    assert "this hold replaces the other" in browser.get(f"/dunning/{purchase.reference}/hold/").text
    assert post(browser, purchase, "resume", reason="settled").status_code == 302
    assert fresh(purchase).held_at is None
    assert post(browser, purchase, "promise", until="2031-02-01", note="by phone").status_code == 302
    assert fresh(purchase).promised_until == date(2031, 2, 1)
    assert "Feb 1, 2031" in browser.get(f"/dunning/{purchase.reference}/promise/").text
    assert post(browser, purchase, "extend", due_on="2031-03-01", reason="asked").status_code == 302
    assert fresh(purchase).due_on == date(2031, 3, 1)
    refused = post(browser, purchase, "keep-active")
    assert refused.status_code == 422
    assert "between the delinquency notification and its cancel" in refused.text


@pytest.mark.parametrize("act", ["hold", "promise"])
@time_machine.travel("2026-03-10 23:30Z", tick=False)  # in Berlin the 11th has begun
def test_what_would_end_on_a_day_that_is_over_is_refused_in_a_sentence(act: str) -> None:
    client = a_client()
    purchase = a_released_po(client)
    browser = logged_in(a_user("platform_customer_service"))
    refused = post(browser, purchase, act, reason="dispute", until="2026-03-10")
    assert refused.status_code == 422
    assert "This day is over: choose Mar 11, 2026 or a later one." in refused.text
    assert (fresh(purchase).held_at, fresh(purchase).promised_until) == (None, None)
    assert post(browser, purchase, act, reason="dispute", until="2026-03-11").status_code == 302


def test_a_ladder_stopped_by_a_returned_letter_is_resumed_from_its_dialog() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works(DUE)
    note_bounce(Email.objects.get(kind="pdn1"), by=a_user("platform_admin"), at=at_nine(DUE), reason="unknown user")
    browser = logged_in(a_user("client_admin", client))
    asked = browser.get(f"/dunning/{purchase.reference}/resume/").text
    assert "is not on hold" not in asked
    assert "goes on where the ladder stood" in asked
    assert post(browser, purchase, "resume", reason="address corrected").status_code == 302
    assert "is not on hold" in browser.get(f"/dunning/{purchase.reference}/resume/").text


@pytest.mark.parametrize(
    ("act", "data", "problem"),
    [
        ("hold", {}, "Enter the reason."),
        ("hold", {"reason": "x", "until": "31.12."}, "Enter a valid date."),
        ("promise", {"until": ""}, "Fill in “Promised until”."),
        ("extend", {"due_on": "2026-01-01", "reason": "x"}, "has to be after today"),
        ("resume", {}, "is not held"),
    ],
)
def test_what_is_wrong_is_said_next_to_the_form(act: str, data: dict[str, str], problem: str) -> None:
    client = a_client()
    purchase = a_released_po(client, at=timezone.now())
    answer = post(logged_in(a_user("client_admin", client)), purchase, act, **data)
    assert answer.status_code == 422
    assert problem in answer.text
    assert fresh(purchase).version == purchase.version


@pytest.mark.parametrize("act", ACTS)
def test_an_order_that_is_not_dunned_says_so(act: str) -> None:
    client = a_client()
    waiting = a_waiting_po(client)
    answer = logged_in(a_user("client_admin", client)).get(f"/dunning/{waiting.reference}/{act}/")
    assert "only an unpaid purchase order is dunned" in answer.text


def test_an_offline_order_is_resumed_once_its_reminder_came_back() -> None:
    client = a_client()
    order = an_offline_order(client)
    day = MONDAY.date() + timedelta(days=7)
    works(day)
    browser = logged_in(a_user("client_admin", client))
    page = f"/dunning/{order.reference}/resume/"
    assert "only an unpaid purchase order is dunned" in browser.get(page).text
    mark_returned(Notice.objects.get(purchase=order), at=at_nine(day), words="550 no such user")
    assert "goes on where the ladder stood" in browser.get(page).text
    assert post(browser, order, "resume", reason="address corrected").status_code == 302
    assert "only an unpaid purchase order is dunned" in browser.get(page).text


def test_kept_active_by_a_person_after_the_notification() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works_daily(DUE, date(2026, 5, 6))
    browser = logged_in(a_user("client_admin", client))
    assert "no further step is taken" in browser.get(f"/dunning/{purchase.reference}/keep-active/").text
    assert post(browser, purchase, "keep-active", reason="known customer").status_code == 302
    assert fresh(purchase).kept_active_at is not None


def drawn(purchase: Purchase, on: date) -> str:
    request = RequestFactory().get("/")
    request.user = a_user("platform_admin")
    request.session = {}  # type: ignore[assignment]
    template = Template("{% load dunning %}{% dunning_timeline purchase %}{% worker_state %}")
    return template.render(Context({"request": request, "purchase": fresh(purchase), "at": at_nine(on)}))


def test_the_ladder_is_drawn_with_title_words_and_letters() -> None:
    purchase = a_released_po(a_client())
    works(DUE)
    picture = drawn(purchase, DUE)
    assert f'<title id="ladder-title">Dunning of {purchase.reference}</title>' in picture
    assert (
        "Payment delinquency notice 1: Apr 1, 2026. Payment delinquency notice 2: Expected Apr 15, 2026, €119.00 open."
        in picture
    )
    assert "PDN 1 (PDF)" in picture
    assert "Payment delinquency notice 2 not before Apr 15, 2026" in picture
    assert "Worker needs attention" in picture


def test_the_ladder_shows_letters_on_their_way_and_dropped_ones() -> None:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    assert "Decided Apr 1, 2026, on its way" in drawn(purchase, DUE)
    hold_dunning(purchase, by=a_user("platform_admin"), at=at_nine(DUE), reason="dispute")
    hands_over(at_nine(DUE))
    assert "Apr 1, 2026, not sent: Held" in drawn(purchase, DUE)


def test_an_order_without_a_ladder_says_so() -> None:
    purchase = a_released_po(a_client(dunning=False))
    assert "No step was taken, and none is to come." in drawn(purchase, DUE)
