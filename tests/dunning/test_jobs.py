"""The periodic jobs: claimed once per slot, signs of life, tasks and commands."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dunning import tasks
from dunning.models import Heartbeat, Notice, Run, ScheduledRun, Settings
from dunning.selectors.today import worker_state
from dunning.services.jobs import JOBS, beat, claim_slot, run_claimed_jobs, run_now
from purchases.services.place import place_order
from tests.dunning.worker import at_nine, steps_of, works_daily
from tests.stories import MONDAY, a_client, a_partner, a_released_po, a_user, an_offline_order, an_order

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
DUE = date(2026, 4, 1)


def call(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def written() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Notice, Run, ScheduledRun)]


def test_of_two_schedulers_one_gets_the_slot() -> None:
    assert run_claimed_jobs(at=NOON).is_claimed
    assert not run_claimed_jobs(at=NOON + timedelta(minutes=4, seconds=59)).is_claimed
    assert run_claimed_jobs(at=NOON + timedelta(minutes=5)).is_claimed


def test_old_slots_are_cleared_away() -> None:
    claim_slot("periodic jobs", at=NOON)
    claim_slot("periodic jobs", at=NOON + timedelta(days=8))
    assert [row.slot for row in ScheduledRun.objects.all()] == [NOON + timedelta(days=8)]


def test_the_worker_gives_signs_of_life_and_silence_is_an_alarm() -> None:
    a_client()
    assert worker_state(at=NOON).problem == "The worker has not started yet: no letters go out."
    beat(name="worker", at=NOON)
    assert worker_state(at=NOON).problem == "The periodic jobs do not run: no decisions are taken."
    run_claimed_jobs(at=NOON)
    assert worker_state(at=NOON + timedelta(minutes=4)).is_well
    late = worker_state(at=NOON + timedelta(minutes=6))
    assert late.problem == "The worker has been silent since 2026-04-01 12:00 UTC: no letters go out."
    beat(name="worker", at=NOON + timedelta(days=1))
    beat(name="jobs", at=NOON + timedelta(days=1))
    assert worker_state(at=NOON + timedelta(days=1)).problem == "Today's dunning decisions are late."


def test_the_tasks_run_the_jobs_and_beat() -> None:
    a_client()
    tasks.heartbeat()
    tasks.run_jobs()
    assert sorted(Heartbeat.objects.values_list("name", flat=True)) == ["jobs", "worker"]
    assert ScheduledRun.objects.get().finished_at is not None


def test_run_jobs_works_as_of_a_moment_and_repeating_it_changes_nothing() -> None:
    purchase = a_released_po(a_client())
    assert "Clients decided: 1; steps taken: 1." in call("run_jobs", "--as-of", NOON.isoformat())
    assert "Clients decided: 0; steps taken: 0." in call("run_jobs", "--as-of", NOON.isoformat())
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]


def test_run_jobs_as_of_another_moment_is_no_sign_of_life_and_clears_no_slots_away() -> None:
    a_released_po(a_client())
    claim_slot("periodic jobs", at=NOON)
    before = list(ScheduledRun.objects.values())
    call("run_jobs", "--as-of", "2030-04-01T12:00:00+00:00")
    assert list(ScheduledRun.objects.values()) == before
    assert not Heartbeat.objects.exists()
    call("run_jobs")
    assert ScheduledRun.objects.filter(finished_at__isnull=False).count() == 1


def test_who_asks_for_a_run_gets_it_although_a_scheduler_has_the_slot() -> None:
    purchase = a_released_po(a_client())
    slot = claim_slot(JOBS, at=NOON)
    assert run_now(at=NOON + timedelta(minutes=1)).steps == 1
    assert steps_of(purchase) == [("pdn1", "2026-04-01")]
    assert list(ScheduledRun.objects.values_list("pk", "finished_at")) == [(slot and slot.pk, None)]


def test_a_dry_run_says_what_it_would_do_and_writes_nothing() -> None:
    client = a_client()
    due, offline = a_released_po(client), an_offline_order(client, at=MONDAY + timedelta(days=25))
    before = written()
    assert "Clients to decide about: 1; steps due: 1; nothing written." in call(
        "run_jobs", "--as-of", NOON.isoformat(), "--dry-run"
    )
    plain = call("dunning", "--as-of", NOON.isoformat(), "--dry-run").splitlines()
    facts = {
        fact["reference"]: fact
        for fact in map(json.loads, call("dunning", "--as-of", NOON.isoformat(), "--dry-run", "--json").splitlines())
    }
    assert written() == before
    assert len(plain) == 2
    assert facts[due.reference] == {
        "order": due.reference,
        "reference": due.reference,
        "client": "hafen",
        "on": "2026-04-01",
        "step": "pdn1",
        "reason": "due",
        "next_step": "pdn1",
        "next_on": "2026-04-01",
        "numbers": {"start_on": "2026-04-01", "day": 0, "paid": 0, "open": 11900},
        "why": "Payment delinquency notice 1 is due: due date 2026-04-01.",
    }
    assert facts[offline.reference]["why"] == ("Payment reminder 1 not before 2026-04-03: 7 days after 2026-03-27.")


def test_a_dry_run_lists_no_step_that_the_run_would_not_take() -> None:
    purchase = a_released_po(a_client())
    early = "2026-04-01T05:59:00+00:00"  # 07:59 in Berlin
    fact = json.loads(call("dunning", "--as-of", early, "--dry-run", "--json"))
    assert (fact["step"], fact["next_step"], fact["next_on"]) == (None, "pdn1", "2026-04-01")
    assert fact["why"] == (
        "Payment delinquency notice 1 is due: due date 2026-04-01. The next decisions fall on 2026-04-01 at 08:00."
    )
    assert "; steps due: 0;" in call("run_jobs", "--as-of", early, "--dry-run")
    call("dunning", "--as-of", NOON.isoformat())
    decided = json.loads(call("dunning", "--as-of", NOON.isoformat(), "--dry-run", "--json"))
    assert (decided["reference"], decided["step"], decided["on"]) == (purchase.reference, None, "2026-04-02")
    assert decided["why"].endswith(" The next decisions fall on 2026-04-02 at 08:00.")


def test_a_dry_run_says_that_the_run_would_wait_and_for_what() -> None:
    client = a_client()
    Settings.objects.create(client=client, is_approved_by_person=True, bank_data_hours=24)
    partner = a_partner(client, code="P-1", month_end_statement=True)
    place_order(client, an_order(source="partner", partner=partner), by=None, at=MONDAY)
    a_released_po(client)

    def waits(moment: datetime) -> list[tuple[str | None, str | None]]:
        lines = call("dunning", "--as-of", moment.isoformat(), "--dry-run", "--json").splitlines()
        return sorted((fact["step"] or "", fact.get("waits_for", "")) for fact in map(json.loads, lines))

    assert waits(NOON - timedelta(days=1)) == [("", ""), ("", ""), ("statement", "bank")]
    call("dunning", "--as-of", (NOON - timedelta(days=2)).isoformat())
    Settings.objects.update(bank_data_hours=None)
    assert waits(NOON) == [("", ""), ("pdn1", "approval"), ("statement", "approval")]
    plain = call("dunning", "--as-of", NOON.isoformat(), "--dry-run")
    assert plain.count("The run waits: Every run waits for approval.") == 2
    Run.objects.create(client=client, on=DUE, started_at=NOON, approved_at=NOON, approved_by=a_user("platform_admin"))
    assert waits(NOON) == [("", ""), ("pdn1", ""), ("statement", "")]


def test_a_dry_run_lists_the_statements() -> None:
    partner = a_partner(a_client(), code="P-1", month_end_statement=True)
    a_partner(partner.client, code="P-2", month_end_statement=True)  # owes nothing
    place_order(partner.client, an_order(source="partner", partner=partner, external_id="N-1"), by=None, at=MONDAY)
    noon = "2026-03-31T12:00:00+00:00"
    order, statement = map(json.loads, call("dunning", "--as-of", noon, "--dry-run", "--json").splitlines())
    assert (order["order"], order["reason"]) == ("N-1", "exempt_partner")
    assert statement == {
        "partner": "P-1",
        "client": "hafen",
        "on": "2026-03-31",
        "step": "statement",
        "orders": ["N-1"],
    }
    assert "Month-end statement             N-1" in call("dunning", "--as-of", noon, "--dry-run")
    assert "steps due: 1" in call("run_jobs", "--as-of", noon, "--dry-run")
    call("dunning", "--as-of", noon)
    assert '"statement"' not in call("dunning", "--as-of", noon, "--dry-run", "--json")


def test_a_dry_run_after_the_notification_says_when_the_cancel_comes_and_why() -> None:
    a_released_po(a_client())
    works_daily(DUE, date(2026, 5, 6))
    fact = json.loads(call("dunning", "--as-of", "2026-05-07T12:00:00+00:00", "--dry-run", "--json"))
    assert (fact["step"], fact["next_step"], fact["next_on"]) == (None, "canceled", "2026-05-11")
    assert fact["why"] == (
        "Cancel for non-payment not before 2026-05-11: 3 business days after Delinquency notification of 2026-05-06."
    )


def test_one_dunning_run_by_command_in_words_and_as_json() -> None:
    a_released_po(a_client())
    fact = json.loads(call("dunning", "--as-of", NOON.isoformat(), "--json"))
    assert fact == {"client": "hafen", "on": "2026-04-01", "steps": {"pdn1": 1}, "waits": {}, "errors": 0}
    assert call("dunning", "--as-of", NOON.isoformat()).startswith("Nothing to decide")
    assert (
        call("dunning", "--as-of", at_nine(DUE + timedelta(days=1)).isoformat()) == "Hafen GmbH 2026-04-02: no step\n"
    )


@pytest.mark.parametrize(
    ("moment", "message"),
    [("yesterday", "is not a moment"), ("2026-04-01", "has no offset"), ("2026-04-01T12:00:00", "has no offset")],
)
@pytest.mark.parametrize("command", ["dunning", "run_jobs"])
def test_a_moment_that_is_none_is_refused_in_one_sentence(command: str, moment: str, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call(command, "--as-of", moment)
    assert not Run.objects.exists()
