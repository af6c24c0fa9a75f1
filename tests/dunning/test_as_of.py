"""A past day decided again with what was known then, and the sentence for every difference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse

from dunning.models import Explanation, Notice, Run
from dunning.selectors.as_of import Replay, replay_day
from dunning.services.account_holds import hold_account
from dunning.services.notices import mark_returned
from dunning.services.pauses import extend_due_date, hold_dunning, resume_dunning
from dunning.services.promises import promise_payment
from mailing.models import Email
from partners.models import Partner
from purchases.models import HistoryEntry, Purchase
from purchases.services.cancel import cancel_purchase
from tests.dunning.test_bounces import a_po, comes_back
from tests.dunning.worker import at_nine, fresh, hands_over, works, works_daily
from tests.stories import MONDAY, a_client, a_partner, a_released_po, a_user, a_waiting_po, pays

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
EIGHT = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)
"""08:00 in Hamburg."""


def told(client: Client, at: datetime = EIGHT) -> Replay:
    return replay_day(client, at=at)


def shown(replay: Replay) -> list[tuple[str, str, str]]:
    return [(row.would, row.did, row.difference) for row in replay.rows]


def test_a_day_decided_again_is_the_day_as_it_was() -> None:
    client = a_client()
    for _ in range(2):
        a_released_po(client)
    works_daily(DUE, date(2026, 5, 12))
    for on in (DUE, date(2026, 4, 15), date(2026, 4, 29), date(2026, 5, 6), date(2026, 5, 11)):
        replay = told(client, at_nine(on))
        assert replay.differences == []
        assert len(replay.rows) == 2
    quiet = told(client, at_nine(DUE + timedelta(days=3)))
    assert (quiet.rows, quiet.looked_at) == ([], 2)
    assert told(client, at_nine(date(2026, 5, 12))).looked_at == 0


def test_paid_after_the_decision_and_before_the_sending() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works(DUE, mails=False)
    pays(purchase, "119.00", at=datetime(2026, 4, 1, 9, 2, tzinfo=UTC))
    hands_over(datetime(2026, 4, 1, 9, 5, tzinfo=UTC))
    sentence = "Not sent: Payment of 119.00 EUR received; fully paid at 11:02, decided at 11:00."
    assert shown(told(client)) == [("PDN 1", "PDN 1", sentence)]


def test_a_payment_booked_later_was_not_known() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works(DUE)
    pays(purchase, "119.00", at=at_nine(DUE + timedelta(days=1)))
    assert shown(told(client)) == [("PDN 1", "PDN 1", "")]


def test_paid_before_a_late_run() -> None:
    client = a_client()
    purchase = a_released_po(client)
    pays(purchase, "119.00", at=datetime(2026, 4, 1, 7, 2, tzinfo=UTC))
    a_released_po(client)
    works(DUE)
    (difference,) = told(client).differences
    assert difference.purchase == purchase
    assert difference.difference == (
        "Not decided: Payment of 119.00 EUR received; fully paid at 09:02, the run was at 11:00."
    )


def test_the_worker_stood_still() -> None:
    client = a_client()
    a_released_po(client)
    sentence = "No decisions were taken that day: the worker did not run."
    assert shown(told(client)) == [("PDN 1", "", sentence)]


def test_a_step_that_nobody_would_have_taken_as_of_then() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_released_po(client)
    hold_dunning(purchase, by=boss, at=MONDAY, reason="dispute")
    resume_dunning(purchase, by=boss, at=datetime(2026, 4, 1, 7, 0, tzinfo=UTC))
    works(DUE)
    (row,) = told(client).differences
    assert (row.would, row.did) == ("", "PDN 1")
    assert row.difference.startswith(
        "No step as of 08:00, but Payment delinquency notice 1 was decided: Dunning resumed at 09:00, decided at 11:00."
    )


def test_handed_over_days_later_and_still_on_its_way() -> None:
    client = a_client()
    a_released_po(client)
    works(DUE, mails=False)
    assert shown(told(client)) == [("PDN 1", "PDN 1", "Still on its way, decided at 11:00.")]
    hands_over(at_nine(DUE + timedelta(days=2)))
    assert shown(told(client)) == [("PDN 1", "PDN 1", "Handed over at 2026-04-03 11:00, decided at 11:00.")]
    # the day between knew of a letter on its way
    assert told(client, at_nine(DUE + timedelta(days=1))).rows == []


def test_a_run_that_waited_says_what_for() -> None:
    client = a_client()
    a_released_po(client)
    Run.objects.create(
        client=client, on=DUE, started_at=EIGHT, waits_for="approval", waits_because="It has to be approved."
    )
    assert shown(told(client))[0][2] == "Not decided: It has to be approved."
    Run.objects.update(waits_because="", waits_for="")
    assert shown(told(client))[0][2] == "Not decided: the run of that day was not finished."
    Run.objects.update(finished_at=EIGHT)
    assert "nothing on record says why" in shown(told(client))[0][2]


def test_what_is_on_record_about_the_day_is_the_reason() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_released_po(client)
    hold_dunning(purchase, by=boss, at=EIGHT - timedelta(hours=1), reason="dispute")
    works(DUE)
    # as of 06:00 nothing held it; the line of the day says that it was held
    early = told(client, EIGHT - timedelta(hours=2))
    assert early.is_early
    assert shown(early)[0][2].startswith("Not decided: Dunning held at 07:00")
    purchase.entries.filter(event="held").delete()
    assert "Dunning is held" in shown(told(client, EIGHT - timedelta(hours=2)))[0][2]


def test_holds_promises_terms_and_partners_are_those_of_then() -> None:
    client, boss = a_client(), a_user("platform_admin")
    partner = a_partner(client)
    promised, extended, held, of_partner = (a_released_po(client, partner=p) for p in (None, None, None, partner))
    at = EIGHT - timedelta(days=1)
    promise_payment(promised, by=boss, at=at, until=DUE)
    extend_due_date(extended, by=boss, at=EIGHT + timedelta(hours=1), due_on=date(2026, 5, 1), reason="asked")
    hold_account(held.customer, by=boss, at=EIGHT + timedelta(hours=1), reason="asked")
    Partner.objects.filter(pk=partner.pk).update(month_end_statement=True)  # without history: as it is
    replay = told(client)
    assert {row.purchase.reference for row in replay.rows} == {extended.reference, held.reference, of_partner.reference}
    later = told(client, EIGHT + timedelta(hours=2))
    assert later.rows == []


def test_letters_that_came_back_or_were_refused_stop_the_days_after() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_released_po(client)
    works(DUE)
    notice = Notice.objects.get()
    mark_returned(notice, at=at_nine(DUE + timedelta(days=2)), words="550 no such user")
    assert told(client, at_nine(date(2026, 4, 15))).rows == []
    resume_dunning(fresh(purchase), by=boss, at=at_nine(date(2026, 4, 10)), reason="address corrected")
    assert [row.would for row in told(client, at_nine(date(2026, 4, 15))).rows] == ["PDN 2"]
    assert told(client, at_nine(date(2026, 4, 9))).rows == []


def test_a_dropped_letter_frees_its_level_from_then_on() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_released_po(client)
    works(DUE, mails=False)
    hold_dunning(purchase, by=boss, at=at_nine(DUE) + timedelta(minutes=5), reason="asked", until=DUE)
    hands_over(at_nine(DUE) + timedelta(minutes=10))
    next_day = told(client, at_nine(DUE + timedelta(days=1)))
    assert [row.would for row in next_day.rows] == ["PDN 1"]
    Notice.objects.update(drop_reason="refused by the relay")
    purchase.entries.filter(event="pdn1_dropped").delete()
    assert told(client, at_nine(DUE + timedelta(days=1))).rows == []


def test_a_person_canceled_between() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_waiting_po(client)
    other = a_released_po(client)
    works(DUE, mails=False)
    cancel_purchase(fresh(other), by=boss, at=datetime(2026, 4, 1, 9, 30, tzinfo=UTC), reason="asked")
    hands_over(datetime(2026, 4, 1, 9, 45, tzinfo=UTC))
    (row,) = told(client).differences
    assert row.difference.endswith("at 11:30, decided at 11:00.")
    assert purchase.reference not in row.difference


def test_a_step_of_an_order_that_was_not_open_at_that_moment_is_shown() -> None:
    client = a_client()
    purchase = a_released_po(client, at=MONDAY)
    works(DUE)
    purchase.history.update(history_date=EIGHT + timedelta(hours=1))
    (row,) = told(client).differences
    assert row.purchase == purchase


def test_what_was_closed_then_is_not_looked_at_though_it_was_reinstated_later() -> None:
    client, boss = a_client(), a_user("platform_admin")
    purchase = a_released_po(client)
    cancel_purchase(purchase, by=boss, at=EIGHT - timedelta(days=2), reason="asked")
    Purchase.objects.update(status="PAY", paid_minor=11_900, closed_at=EIGHT + timedelta(days=2))
    assert told(client).looked_at == 0


def test_a_letter_that_reached_another_address_goes_on_from_that_day() -> None:
    purchase = a_po(delivery="lager@werft.example")
    client, later = purchase.client, DUE + timedelta(days=3)
    works(DUE)
    comes_back()
    hands_over(at_nine(later))
    assert Notice.objects.get().sent_on == later
    # on the day between it had come back, and nothing went on
    assert told(client, at_nine(DUE + timedelta(days=2))).rows == []
    assert told(client, at_nine(DUE + timedelta(days=14))).rows == []
    assert [row.would for row in told(client, at_nine(later + timedelta(days=14))).rows] == ["PDN 2"]


def test_a_letter_the_relay_refused_counts_from_the_address_that_took_it() -> None:
    purchase = a_po(delivery="lager@werft.example")
    works(DUE)
    comes_back()
    Email.objects.filter(kind="pdn1").update(status="FAILED", sent_at=None)
    hands_over(at_nine(DUE + timedelta(days=3)))
    assert told(purchase.client, at_nine(DUE + timedelta(days=2))).rows == []
    assert [row.would for row in told(purchase.client, at_nine(DUE + timedelta(days=17))).rows] == ["PDN 2"]


def test_internal_words_and_what_decides_nothing_are_no_reason() -> None:
    client = a_client()
    purchase = a_released_po(client)
    a_released_po(client)
    works(DUE)
    Notice.objects.filter(purchase=purchase).delete()
    at = EIGHT + timedelta(minutes=1)
    Explanation.objects.filter(purchase=purchase, on=DUE).delete()
    entries = [("note", "Between us", False), ("held", "Secretly held", True)]
    for event, note, is_internal in entries:
        HistoryEntry.objects.create(purchase=purchase, at=at, event=event, note=note, is_internal=is_internal)
    (row,) = told(client).differences
    assert "nothing on record says why" in row.difference
    (row,) = replay_day(client, at=EIGHT, shows_internal=True).differences
    assert row.difference == "Not decided: Secretly held at 08:01, the run was at 11:00."


def test_a_day_of_too_many_orders_says_that_not_all_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    first = a_released_po(client)
    a_released_po(client)
    works(DUE)
    monkeypatch.setattr("dunning.selectors.as_of.MOST_PURCHASES", 1)
    replay = told(client)
    assert replay.is_capped
    assert [(row.purchase, row.difference) for row in replay.rows] == [(first, "")]


def look(**query: str) -> Any:
    with time_machine.travel(at_nine(DUE + timedelta(days=1)), tick=False):
        browser = Browser()
        browser.force_login(a_user("platform_admin"))
        return browser.get(reverse("dunning:as_of"), query)


def test_the_page_shows_differences_or_all() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works(DUE)
    assert "No difference: 1 step, all as they would have been." in look(on="2026-04-01", time="08:00").text
    assert purchase.reference in look(on="2026-04-01", show="all").text
    assert "No step that day" in look().text
    assert "Nothing is known yet" in look(on="2031-01-01").text
    assert "Enter a valid date" in look(on="first of May").text
    assert "no run that day" in look(on="2026-03-31").text


def test_many_open_orders_are_looked_at_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    a_released_po(a_client())
    monkeypatch.setattr("dunning.selectors.calendar.FEW", 0)
    page = look().text
    assert "Choose a day, then Look." in page
    assert "No step that day" not in page
    assert "no run that day" in look(on="2026-03-31").text


def test_the_command_compares() -> None:
    client = a_client()
    purchase = a_released_po(client)
    works(DUE, mails=False)
    out = StringIO()
    call_command("dunning", "--as-of", "2026-04-01T08:00:00+02:00", "--compare", stdout=out)
    assert "Still on its way, decided at 11:00." in out.getvalue()
    out = StringIO()
    call_command("dunning", "--as-of", "2026-04-01T08:00:00+02:00", "--compare", "--json", stdout=out)
    assert f'"reference": "{purchase.reference}"' in out.getvalue()
    hands_over(at_nine(DUE))
    out = StringIO()
    call_command("dunning", "--as-of", "2026-04-01T08:00:00+02:00", "--compare", stdout=out)
    assert out.getvalue() == f"{client} 2026-04-01: 1 step, no difference\n"
