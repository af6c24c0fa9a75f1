"""What keeps a day's run from taking its steps by itself: pure decisions on plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

APPROVAL, BRAKE, BANK = "approval", "brake", "bank"
"""What a run can wait for."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A client's settings for its runs; the defaults let every run go by itself."""

    is_approved_by_person: bool = False
    brake_percent: int | None = None
    brake_letters: int | None = None
    bank_data_hours: int | None = None


OPEN_GATE: Final = Gate()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do as of `at`, and what it is measured by.

    `previous` is how many letters the last run that sent any sent; `bank_data_at` when the newest bank statement came.
    """

    at: datetime
    steps: int
    letters: int
    previous: int | None = None
    bank_data_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """What a run waits for, and why in a sentence."""

    what: str
    because: str


def wait_for(gate: Gate, plan: Plan) -> Wait | None:
    """Say what a run waits for before it takes any step; None lets it go. A run without steps never waits."""
    if not plan.steps:
        return None
    stale, braked = stale_bank(gate, at=plan.at, bank_data_at=plan.bank_data_at), _braked(gate, plan)
    if stale is not None:
        return stale
    if braked:
        return Wait(BRAKE, braked)
    return Wait(APPROVAL, "Every run waits for approval.") if gate.is_approved_by_person else None


def stale_bank(gate: Gate, *, at: datetime, bank_data_at: datetime | None) -> Wait | None:
    """Say that a run waits for newer bank data than that of `bank_data_at`; None when it is new enough."""
    if gate.bank_data_hours is None:
        return None
    if bank_data_at is None:
        return Wait(BANK, "No bank statement was imported yet.")
    if at - bank_data_at <= timedelta(hours=gate.bank_data_hours):
        return None
    hours = (at - bank_data_at) // timedelta(hours=1)
    return Wait(BANK, f"The newest bank statement is {hours} hours old; the limit is {gate.bank_data_hours}.")


def _braked(gate: Gate, plan: Plan) -> str:
    if gate.brake_letters is not None and plan.letters > gate.brake_letters:
        return f"{plan.letters} letters are more than {gate.brake_letters}."
    if gate.brake_percent is None or plan.previous is None:
        return ""
    if plan.letters * 100 <= plan.previous * gate.brake_percent:
        return ""
    return f"{plan.letters} letters are more than {gate.brake_percent} % of the last run's {plan.previous}."


def rehearse(gate: Gate, plans: Iterable[Plan]) -> dict[str, int]:
    """Count how many of the past runs would have waited, by what they would have waited for."""
    counts = {APPROVAL: 0, BRAKE: 0, BANK: 0}
    for plan in plans:
        wait = wait_for(gate, plan)
        if wait is not None:
            counts[wait.what] += 1
    return counts
