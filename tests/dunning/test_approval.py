"""A day's run as a proposal: it waits, is approved, braked, kept from stale bank data; nothing happens before."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from core.refused import Refused
from dunning import tasks
from dunning.models import Explanation, Notice, Run, Settings, Statement, TakenOut
from dunning.policy import Wait
from dunning.selectors.days import letters_before
from dunning.selectors.proposals import Totals, in_one_letter, proposal_of, totals_of
from dunning.selectors.today import worker_state
from dunning.selectors.why import why
from dunning.services import days
from dunning.services.approval import approve_run, ask_for_approval, take_out
from dunning.services.days import decide_approved_days
from dunning.services.jobs import beat, run_periodic_jobs
from dunning.services.pauses import hold_dunning, resume_dunning
from dunning.services.settings import change_settings
from errorlog.models import ErrorRecord
from followups.models import FollowUp
from mailing.signals import email_queued
from purchases.models import BankStatement
from purchases.services.place import place_order
from tests.dunning.worker import at_nine, fresh, hands_over, steps_of, works, works_daily
from tests.stories import MONDAY, a_client, a_customer, a_partner, a_released_po, a_user, an_order, pays

if TYPE_CHECKING:
    from accounts.models import Client, User
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
NOON = at_nine(DUE) + timedelta(hours=3)
TOMORROW = DUE + timedelta(days=1)


def careful(**settings: Any) -> Client:
    """A client whose runs wait."""
    client = a_client()
    Settings.objects.create(client=client, **(settings or {"is_approved_by_person": True}))
    return client


def imports(client: Client, at: datetime) -> None:
    """A bank statement comes in."""
    BankStatement.objects.create(
        client=client,
        format="mt940",
        filename="bank.sta",
        sha256=f"{at:%Y%m%d%H}",
        currency="EUR",
        imported_at=at,
        imported_by=a_user("platform_finance"),
    )


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def reason_of(purchase: Purchase) -> str:
    line = why(purchase)
    return line.reason if line else ""


def test_no_step_happens_before_approval_and_all_of_them_after_it_on_the_same_day() -> None:
    client, boss = careful(), a_user("platform_admin")
    first, second = a_released_po(client), a_released_po(client)
    works(DUE)
    run = Run.objects.get()
    assert (run.is_waiting, run.waits_for_person, run.counts) == (True, True, {"proposed": {"pdn1": 2}})
    assert [steps_of(one) for one in (first, second)] == [[], []]
    assert reason_of(first) == "awaiting_approval"
    asked = FollowUp.objects.get(reason="Dunning run awaits approval")
    assert (asked.client, asked.is_done) == (client, False)
    assert works(DUE) == []
    approve_run(run, by=boss, at=NOON)
    assert decide_approved_days(at=NOON)[0].counts == {"steps": {"pdn1": 2}, "waits": {}, "errors": 0}
    hands_over(NOON)
    assert steps_of(first) == steps_of(second) == [("pdn1", "2026-04-01")]
    asked.refresh_from_db()
    assert asked.is_done
    assert decide_approved_days(at=NOON) == []


def test_a_proposal_that_nobody_approves_lapses_when_the_next_days_run_begins() -> None:
    purchase = a_released_po(careful())
    works_daily(DUE, TOMORROW)
    old, new = Run.objects.order_by("on")
    assert (old.has_lapsed, old.is_waiting, old.finished_at) == (True, False, None)
    assert new.is_waiting
    assert steps_of(purchase) == []
    with pytest.raises(Refused, match="does not wait"):
        approve_run(old, by=a_user("platform_admin"), at=at_nine(TOMORROW))
    lines = Explanation.objects.filter(purchase=purchase, reason="awaiting_approval").order_by("pk")
    assert [line.on for line in lines] == [DUE, TOMORROW]
    assert FollowUp.objects.filter(reason="Dunning run awaits approval", done_at=None).count() == 1


def test_after_midnight_nobody_approves_yesterdays_proposal() -> None:
    a_released_po(careful())
    works(DUE)
    late = at_nine(DUE) + timedelta(hours=14)  # 01:00 in Berlin
    with pytest.raises(Refused, match="The day of this proposal is over"):
        approve_run(Run.objects.get(), by=a_user("platform_admin"), at=late)


def test_approved_twice_acts_once_and_the_second_is_told_who_was_first() -> None:
    purchase, boss = a_released_po(careful()), a_user("platform_admin", name="Ada Boss")
    works(DUE)
    run = Run.objects.get()
    approve_run(run, by=boss, at=NOON)
    with pytest.raises(Refused, match="Ada Boss has approved this run already"):
        approve_run(run, by=a_user("platform_finance"), at=NOON)
    works(DUE)
    works(DUE)
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


def test_a_run_that_crashes_after_approval_is_taken_up_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "AT_ONCE", 1)
    client = careful()
    purchases = [a_released_po(client) for _ in range(2)]
    works(DUE)
    approve_run(Run.objects.get(), by=a_user("platform_admin"), at=NOON)

    def die(**_: Any) -> None:
        if Notice.objects.count() > 1:
            raise KeyboardInterrupt

    email_queued.connect(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            decide_approved_days(at=NOON)
    finally:
        email_queued.disconnect(die)
    assert Notice.objects.count() == 1
    decide_approved_days(at=NOON)
    assert [steps_of(one) for one in purchases] == [[("pdn1", "2026-04-01")]] * 2


def test_an_approved_run_that_was_interrupted_after_a_step_has_not_lapsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "AT_ONCE", 1)
    client = careful()
    for _ in range(2):
        a_released_po(client)
    works(DUE)
    approve_run(Run.objects.get(), by=a_user("platform_admin"), at=NOON)

    def die(**_: Any) -> None:
        if Notice.objects.count() > 1:
            raise KeyboardInterrupt

    email_queued.connect(die)
    try:
        with pytest.raises(KeyboardInterrupt):
            decide_approved_days(at=NOON)
    finally:
        email_queued.disconnect(die)
    Settings.objects.update(is_approved_by_person=False)
    works(TOMORROW)
    run = Run.objects.get(on=DUE)
    assert (run.has_lapsed, run.is_finished, run.counts["steps"]) == (False, True, {"pdn1": 1})


def test_what_was_taken_out_waits_for_the_next_days_run() -> None:
    client, boss = careful(), a_user("platform_admin")
    out, stays = a_released_po(client), a_released_po(client)
    works(DUE)
    run = Run.objects.get()
    take_out(run, purchase=out, by=boss, at=NOON, reason="called this morning")
    assert reason_of(out) == "taken_out"
    with pytest.raises(Refused, match="no part of this proposal"):
        take_out(run, purchase=out, by=boss, at=NOON, reason="again")
    approve_run(run, by=boss, at=NOON)
    with pytest.raises(Refused, match="has approved this run already"):
        take_out(run, purchase=stays, by=boss, at=NOON, reason="too late")
    works(DUE)
    assert (steps_of(out), steps_of(stays)) == ([], [("pdn1", "2026-04-01")])
    Settings.objects.update(is_approved_by_person=False)
    works(TOMORROW)
    assert steps_of(out) == [("pdn1", "2026-04-02")]
    assert TakenOut.objects.get().reason == "called this morning"


def test_paid_or_held_between_proposal_and_approval_is_dropped_with_that_reason() -> None:
    client, boss = careful(), a_user("platform_admin")
    paid, held, part, stays = (a_released_po(client) for _ in range(4))
    works(DUE)
    pays(paid, "119.00", at=NOON)
    hold_dunning(held, by=boss, at=NOON, reason="asked")
    pays(part, "19.00", at=NOON)
    run = Run.objects.get()
    proposal = proposal_of(run)
    assert {pk: (one.state, one.why) for pk, one in proposal.steps.items()} == {
        paid.pk: ("dropped", "Paid"),
        held.pk: ("dropped", "Held"),
        part.pk: ("goes", ""),
        stays.pk: ("goes", ""),
    }
    assert totals_of(run) == Totals({"pdn1": 2}, {"EUR": 21_900}, taken_out=0, dropped=2)
    assert reason_of(part) == "awaiting_approval"
    approve_run(run, by=boss, at=NOON)
    works(DUE)
    assert [steps_of(one) for one in (paid, held)] == [[], []]
    assert steps_of(part) == steps_of(stays) == [("pdn1", "2026-04-01")]


def test_a_hold_lifted_after_the_proposal_is_no_part_of_it() -> None:
    client, boss = careful(), a_user("platform_admin")
    held, other = a_released_po(client), a_released_po(client)
    hold_dunning(held, by=boss, at=MONDAY, reason="asked")
    works(DUE)
    resume_dunning(held, by=boss, at=NOON)
    run = Run.objects.get()
    assert reason_of(held) == "due"
    assert set(proposal_of(run).steps) == {other.pk}
    approve_run(run, by=boss, at=NOON)
    works(DUE)
    assert (steps_of(held), steps_of(other)) == ([], [("pdn1", "2026-04-01")])


@pytest.mark.parametrize(
    ("settings", "because"),
    [
        ({"brake_letters": 2}, "3 letters are more than 2."),
        ({"brake_percent": 200}, "3 letters are more than 200 % of the last run's 1."),
    ],
)
def test_a_run_with_more_letters_than_usual_is_braked(settings: dict[str, int], because: str) -> None:
    client = careful(**settings)
    a_released_po(client, at=MONDAY - timedelta(days=1))
    for _ in range(3):
        a_released_po(client)
    works_daily(DUE - timedelta(days=1), DUE)
    before, run = Run.objects.order_by("on")
    assert before.counts["steps"] == {"pdn1": 1}
    assert (run.waits_for, run.waits_because) == ("brake", because)


def test_a_usual_run_is_not_braked_and_the_first_has_nothing_to_be_measured_by() -> None:
    client = careful(brake_letters=2, brake_percent=200)
    for _ in range(2):
        a_released_po(client)
    works(DUE)
    assert Run.objects.get().counts["steps"] == {"pdn1": 2}


def test_no_step_on_stale_bank_data_and_by_itself_as_soon_as_fresh_data_is_there() -> None:
    client = careful(bank_data_hours=24)
    purchase = a_released_po(client)
    works(DUE)
    run = Run.objects.get()
    assert run.waits_because == "No bank statement was imported yet."
    assert not FollowUp.objects.filter(reason="Dunning run awaits approval").exists()
    imports(client, at_nine(DUE) - timedelta(hours=30))
    works(DUE)
    assert (steps_of(purchase), reason_of(purchase)) == ([], "stale_bank")
    with pytest.raises(Refused, match="waits for a newer bank statement"):
        approve_run(run, by=a_user("platform_admin"), at=NOON)
    imports(client, at_nine(DUE) - timedelta(hours=1))
    works(DUE)
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


def test_fresh_bank_data_does_not_replace_the_approval() -> None:
    client = careful(bank_data_hours=24, is_approved_by_person=True)
    a_released_po(client)
    works(DUE)
    imports(client, at_nine(DUE))
    works(DUE)
    run = Run.objects.get()
    assert (run.waits_for, run.waits_for_person) == ("approval", True)


def test_an_approved_run_waits_for_newer_bank_data_and_keeps_its_approval() -> None:
    client = careful(bank_data_hours=24, is_approved_by_person=True)
    purchase = a_released_po(client)
    imports(client, at_nine(DUE) - timedelta(hours=20))
    works(DUE)
    run, later = Run.objects.get(), at_nine(DUE) + timedelta(hours=6)
    approve_run(run, by=a_user("platform_admin", name="Ada Boss"), at=later)
    (waits,) = decide_approved_days(at=later)
    assert (waits.waits_for, waits.is_waiting, waits.waits_for_person) == ("bank", True, False)
    assert (steps_of(purchase), reason_of(purchase)) == ([], "stale_bank")
    assert decide_approved_days(at=later) == []
    assert [one.waits_because for one in run_periodic_jobs(at=later).runs] == [
        "The newest bank statement is 26 hours old; the limit is 24."
    ]
    with time_machine.travel(later, tick=False):
        browser = logged_in(a_user("client_admin", client))
        page = browser.get(f"/dunning/runs/{run.pk}/").text
        assert "as soon as a newer one is imported. Approved by Ada Boss" in page
        assert "A newer bank statement" in browser.get("/").text
    imports(client, later)
    (done,) = run_periodic_jobs(at=later + timedelta(minutes=5)).runs
    assert (done.is_finished, done.waits_for, steps_of(purchase)) == (True, "approval", [("pdn1", "2026-04-01")])


def test_a_run_that_was_approved_too_late_for_the_worker_lapses() -> None:
    client, boss = careful(), a_user("platform_admin")
    purchase = a_released_po(client)
    works(DUE)
    run, midnight = Run.objects.get(), at_nine(DUE) + timedelta(hours=13)  # in Berlin
    with pytest.raises(Refused, match="The day of this proposal is almost over"):
        approve_run(run, by=boss, at=midnight - timedelta(seconds=90))
    approve_run(run, by=boss, at=midnight - timedelta(minutes=3))
    assert decide_approved_days(at=midnight) == []
    works(TOMORROW)
    run.refresh_from_db()
    assert (run.has_lapsed, run.is_waiting, steps_of(purchase)) == (True, False, [])
    assert Run.objects.get(on=TOMORROW).is_waiting
    assert "Approved too late" in logged_in(a_user("client_admin", client)).get(f"/dunning/runs/{run.pk}/").text


def test_one_bad_order_or_client_keeps_nobody_elses_dunning_back() -> None:
    nowhere, client, other = careful(), a_client("elbe"), a_client("weser")
    Settings.objects.create(client=client, is_approved_by_person=True)
    for one in (nowhere, client, other):
        a_released_po(one)
    broken = a_released_po(client)
    Notice.objects.create(
        purchase=broken,
        step="unheard of",
        on=MONDAY.date(),
        status="sent",
        decided_at=MONDAY,
        sent_on=MONDAY.date(),
        open_minor=1,
    )
    before = {"started_at": MONDAY, "finished_at": MONDAY, "counts": {"steps": {"pdn1": "many"}}}
    Run.objects.create(client=nowhere, on=DUE - timedelta(days=1), **before)
    works(DUE)
    assert {run.client: run.counts for run in Run.objects.filter(on=DUE)} == {
        nowhere: {},
        client: {"proposed": {"pdn1": 1}, "errors": 1},
        other: {"steps": {"pdn1": 1}, "waits": {}, "errors": 0},
    }
    assert sorted(ErrorRecord.objects.values_list("client__slug", "reference")) == [
        ("elbe", broken.reference),
        ("hafen", ""),
    ]


def test_the_preview_of_a_consolidated_letter_names_all_orders_that_share_it() -> None:
    client, boss = careful(is_approved_by_person=True, is_consolidated=True), a_user("platform_admin")
    first, second = a_released_po(client), a_released_po(client, po_number="4500002")
    elsewhere = a_released_po(client, customer=a_customer(company="Zweite GmbH", email="zwei@werft.example"))
    works(DUE)
    run = Run.objects.get()

    def shared() -> list[list[str]]:
        return [[step.purchase.reference for step in in_one_letter(run, one)] for one in (first, second, elsewhere)]

    assert shared() == [
        [first.reference, second.reference],
        [second.reference, first.reference],
        [elsewhere.reference],
    ]
    assert in_one_letter(run, a_released_po(client)) == []
    browser = logged_in(a_user("client_admin", client))
    joint = browser.get(f"/dunning/runs/{run.pk}/{second.reference}/letter.pdf").content
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(joint)).pages)
    assert [one.reference in text for one in (first, second, elsewhere)] == [True, True, False]
    take_out(run, purchase=second, by=boss, at=NOON, reason="called")
    assert shared() == [[first.reference], [second.reference], [elsewhere.reference]]


def test_a_waiting_run_is_not_late() -> None:
    for settings in ({"is_approved_by_person": True}, {"bank_data_hours": 1}):
        client = a_client(f"c{len(settings)}{next(iter(settings))[:4]}".replace("_", ""))
        Settings.objects.create(client=client, **settings)
        a_released_po(client)
    works(DUE)
    evening = at_nine(DUE) + timedelta(hours=8)
    for name in ("worker", "jobs"):
        beat(name=name, at=evening)
    assert worker_state(at=evening).problem == ""


def test_a_run_without_steps_never_waits() -> None:
    a_released_po(careful())
    works(DUE - timedelta(days=1))
    assert Run.objects.get().is_finished


def test_a_statement_waits_too_and_a_lapsed_one_is_made_up_for() -> None:
    client, boss = careful(), a_user("platform_admin")
    partner = a_partner(client, month_end_statement=True)
    place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)
    end = date(2026, 3, 31)
    works_daily(end - timedelta(days=1), end)
    assert Run.objects.get(on=end).is_waiting
    works(end + timedelta(days=1))
    assert not Statement.objects.exists()
    approve_run(Run.objects.get(on=end + timedelta(days=1)), by=boss, at=at_nine(end + timedelta(days=1)))
    works(end + timedelta(days=1))
    assert Statement.objects.get().period == date(2026, 3, 1)


def test_the_workers_task_takes_the_approved_steps() -> None:
    purchase = a_released_po(careful())
    works(DUE)
    with time_machine.travel(NOON, tick=False):
        assert tasks.take_approved_steps() == 0
        approve_run(Run.objects.get(), by=a_user("platform_admin"), at=NOON)
        assert tasks.take_approved_steps() == 1
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


def test_the_proposal_on_its_page_is_looked_at_thinned_out_and_approved() -> None:
    client = careful()
    out, stays = a_released_po(client), a_released_po(client)
    works(DUE)
    run = Run.objects.get()
    home = f"/dunning/runs/{run.pk}/"
    with time_machine.travel(NOON, tick=False):
        browser = logged_in(a_user("client_admin", client, name="Ada Admin"))
        page = browser.get(home).text
        assert "No step is taken yet. Every run waits for approval." in page
        assert "€238.00" in page
        assert "Take out" in page
        letter = browser.get(f"{home}{out.reference}/letter.pdf")
        assert browser.get(f"{home}{a_released_po(client).reference}/letter.pdf").status_code == 404
        assert (letter["Content-Type"], letter.content[:4]) == ("application/pdf", b"%PDF")
        assert "Approval" in browser.get("/dunning/runs/").text
        assert "Dunning run, 2 steps" in browser.get("/").text
        assert browser.post(f"{home}{out.reference}/take-out/", {"reason": "called"}).status_code == 302
        dialog = browser.get(f"{home}approve/").text
        assert "1 × Payment delinquency notice 1 goes out." in dialog
        assert "1 taken out" in dialog
        assert browser.post(f"{home}approve/").status_code == 302
        assert "Approved by Ada Admin" in browser.get(home).text
        assert "has approved this run already" in browser.get(f"{home}approve/").text
        assert "Dunning run" not in browser.get("/").text
    works(DUE)
    assert (steps_of(out), steps_of(stays)) == ([], [("pdn1", "2026-04-01")])


def test_a_proposal_costs_as_many_queries_for_three_letters_as_for_one() -> None:
    client = careful()
    a_released_po(client)
    works(DUE)
    browser = logged_in(a_user("client_admin", client))
    home = f"/dunning/runs/{Run.objects.get().pk}/"
    browser.get(home)
    with CaptureQueriesContext(connection) as one:
        browser.get(home)
    a_released_po(client, at=MONDAY)
    a_released_po(client, at=MONDAY, customer=a_customer(company="Zweite GmbH", email="zwei@werft.example"))
    works(TOMORROW)
    home = f"/dunning/runs/{Run.objects.get(on=TOMORROW).pk}/"
    browser.get(home)
    with CaptureQueriesContext(connection) as three:
        browser.get(home)
    assert len(three) == len(one)


def test_another_clients_proposal_does_not_exist_and_sales_may_not_approve() -> None:
    client = careful()
    purchase = a_released_po(client)
    works(DUE)
    run = Run.objects.get()
    for page in ("approve/", f"{purchase.reference}/take-out/"):
        path = f"/dunning/runs/{run.pk}/{page}"
        assert logged_in(a_user("client_sales", client)).get(path).status_code == 403
        assert logged_in(a_user("client_admin", a_client(f"x{len(page)}"))).get(path).status_code == 404
    strangers = a_released_po(a_client("elbe"))
    boss = logged_in(a_user("platform_admin"))
    assert boss.get(f"/dunning/runs/{run.pk}/{strangers.reference}/letter.pdf").status_code == 404


def test_settings_are_tried_on_the_last_runs_saved_and_their_changes_listed() -> None:
    client = a_client()
    for later in (0, 0, 1):
        a_released_po(client, at=MONDAY + timedelta(days=later))
    works_daily(DUE, TOMORROW)
    with time_machine.travel(at_nine(TOMORROW) + timedelta(hours=1), tick=False):
        browser = logged_in(a_user("client_admin", client, name="Ada Admin"))
        home = f"/dunning/settings/{client.slug}/"
        assert browser.get("/dunning/settings/")["Location"] == home
        assert "<strong>0</strong> of the last 30 days’ 2 runs" in browser.get(home).text
        tried = browser.post(home, {"brake_letters": "1", "bank_data_hours": "24", "try": "1"}).text
        assert "<strong>2</strong> of the last 30 days’ 2 runs" in tried
        assert not Settings.objects.exists()
        assert browser.post(home, {"brake_letters": "0"}).status_code == 422
        assert browser.post(home, {"brake_letters": "1"}).status_code == 302
        assert "Brake letters: None → 1" in browser.get(home).text
    assert Settings.objects.get().brake_letters == 1
    boss = logged_in(a_user("platform_admin"))
    assert "over 1" in boss.get("/dunning/settings/").text
    assert boss.get("/dunning/settings/nowhere/").status_code == 404
    assert logged_in(a_user("client_admin", a_client("elbe"))).get(home).status_code == 404


def test_equal_settings_leave_no_trace() -> None:
    client, boss = a_client(), a_user("platform_admin")
    assert change_settings(client, by=boss, at=MONDAY, brake_letters=None).pk is None
    kept = change_settings(client, by=boss, at=MONDAY, brake_letters=5)
    change_settings(client, by=boss, at=MONDAY, brake_letters=5)
    assert kept.history.count() == 1


def test_the_effect_counts_past_runs_by_the_bank_data_known_then() -> None:
    client = a_client()
    a_released_po(client)
    imports(client, at_nine(DUE) - timedelta(hours=2))
    works(DUE)
    with time_machine.travel(NOON, tick=False):
        browser = logged_in(a_user("client_admin", client))
        home = f"/dunning/settings/{client.slug}/"
        assert "<strong>0</strong> of the last" in browser.post(home, {"bank_data_hours": "3", "try": "1"}).text
        assert "<strong>1</strong> of the last" in browser.post(home, {"bank_data_hours": "1", "try": "1"}).text
    assert fresh(Run.objects.get().explanations.first().purchase).dunning_level == 1  # type: ignore[union-attr]


def test_approved_letters_of_one_customer_go_out_together() -> None:
    client = careful(is_approved_by_person=True, is_consolidated=True)
    first, second = a_released_po(client), a_released_po(client)
    works(DUE)
    approve_run(Run.objects.get(), by=a_user("platform_admin"), at=NOON)
    decide_approved_days(at=NOON)
    letters = Notice.objects.filter(purchase__in=[first, second]).values_list("document", flat=True)
    assert (len(letters), len(set(letters))) == (2, 1)


def test_a_proposal_that_comes_too_late_for_an_approval_changes_nothing() -> None:
    client = careful()
    a_released_po(client)
    works(DUE)
    run = approve_run(Run.objects.get(), by=a_user("platform_admin"), at=NOON)
    late = ask_for_approval(run, Wait("brake", "9 letters are more than 4."), at=NOON)
    assert (late.waits_for, late.approved_at) == ("approval", NOON)


def test_the_brake_looks_at_the_last_run_that_sent_letters() -> None:
    client = a_client()
    for ago, steps in ((3, {"pdn1": 4}), (2, {"canceled": 2}), (1, {})):
        at = at_nine(DUE - timedelta(days=ago))
        Run.objects.create(client=client, on=at.date(), started_at=at, finished_at=at, counts={"steps": steps})
    assert letters_before(client.pk, DUE) == 4
    assert letters_before(client.pk, DUE - timedelta(days=3)) is None
