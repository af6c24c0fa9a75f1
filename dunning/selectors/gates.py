"""How a client's runs are let go, and what other settings would have done to its last ones."""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dunning.models import Run
from dunning.policy import APPROVAL, BANK, BRAKE, Gate, Plan, rehearse
from dunning.selectors.days import letters_before, letters_in
from purchases.models import BankStatement

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client

REHEARSED_DAYS: Final = 30


def plans_of(client: Client, *, at: datetime) -> list[Plan]:
    """Tell what each run of the last days did, and what it would have been measured by: three queries."""
    since = at - timedelta(days=REHEARSED_DAYS)
    runs = Run.objects.filter(client=client, started_at__gt=since, finished_at__isnull=False).order_by("on")
    imports = BankStatement.objects.filter(client=client, imported_at__lte=at).order_by("imported_at")
    moments = list(imports.values_list("imported_at", flat=True))
    plans: list[Plan] = []
    previous: int | None = None
    for number, run in enumerate(runs):
        if number == 0:
            previous = letters_before(client.pk, run.on)
        letters = letters_in(run.counts)
        known = bisect_right(moments, run.started_at)
        plans.append(
            Plan(
                at=run.started_at,
                steps=sum(run.counts.get("steps", {}).values()),
                letters=letters,
                previous=previous,
                bank_data_at=moments[known - 1] if known else None,
            )
        )
        previous = letters or previous
    return plans


def effect_of(gate: Gate, plans: list[Plan]) -> list[tuple[str, int]]:
    """Count for each setting by itself how many of the runs would have waited."""
    return [
        (words, rehearse(alone, plans)[what])
        for words, what, alone in (
            ("Approval of every run", APPROVAL, Gate(is_approved_by_person=gate.is_approved_by_person)),
            ("More letters than a share of the last run", BRAKE, Gate(brake_percent=gate.brake_percent)),
            ("More letters than a number", BRAKE, Gate(brake_letters=gate.brake_letters)),
            ("Bank data too old", BANK, Gate(bank_data_hours=gate.bank_data_hours)),
        )
    ]
