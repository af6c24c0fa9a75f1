"""What a run waits for, and how a broken promise is told: tables of plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dunning.policy import Gate, Plan, Wait, rehearse, wait_for
from dunning.schedule import Reason
from dunning.states import sentence

NOW = datetime(2026, 4, 1, 6, 0, tzinfo=UTC)


def plan(letters: int, *, previous: int | None = None, bank_hours: int | None = None) -> Plan:
    bank_data_at = None if bank_hours is None else NOW - timedelta(hours=bank_hours)
    return Plan(at=NOW, steps=letters, letters=letters, previous=previous, bank_data_at=bank_data_at)


@pytest.mark.parametrize(
    ("gate", "what", "expected"),
    [
        (Gate(), plan(500, previous=1), None),
        (Gate(is_approved_by_person=True), plan(0), None),
        (Gate(is_approved_by_person=True), plan(1), Wait("approval", "Every run waits for approval.")),
        (Gate(brake_letters=10), plan(10), None),
        (Gate(brake_letters=10), plan(11), Wait("brake", "11 letters are more than 10.")),
        (Gate(brake_percent=200), plan(9), None),
        (Gate(brake_percent=200), plan(8, previous=4), None),
        (
            Gate(brake_percent=200),
            plan(9, previous=4),
            Wait("brake", "9 letters are more than 200 % of the last run's 4."),
        ),
        (Gate(bank_data_hours=24), plan(1, bank_hours=24), None),
        (Gate(bank_data_hours=24), plan(1), Wait("bank", "No bank statement was imported yet.")),
        (
            Gate(bank_data_hours=24, brake_letters=0),
            plan(1, bank_hours=30),
            Wait("bank", "The newest bank statement is 30 hours old; the limit is 24."),
        ),
    ],
)
def test_what_a_run_waits_for(gate: Gate, what: Plan, expected: Wait | None) -> None:
    assert wait_for(gate, what) == expected


def test_past_runs_are_counted_by_what_they_would_have_waited_for() -> None:
    plans = [plan(1, bank_hours=1), plan(3, bank_hours=1), plan(1), plan(0)]
    gate = Gate(is_approved_by_person=True, brake_letters=2, bank_data_hours=24)
    assert rehearse(gate, plans) == {"approval": 1, "brake": 1, "bank": 1}


def test_a_broken_promise_is_told_with_the_step_that_follows_it() -> None:
    words = sentence(
        reason=Reason.DUE,
        step="pdn2",
        coming="pdn2",
        next_on=None,
        numbers={"start_on": "2026-03-01", "day": 14, "broken_promise": "2026-03-20"},
        day=lambda day: f"{day:%d.%m.%Y}",
    )
    assert words == (
        "Payment delinquency notice 2: 14 days after 01.03.2026. The promise to pay by 20.03.2026 was broken."
    )
