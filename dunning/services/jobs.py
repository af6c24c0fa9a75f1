"""The periodic jobs: claimed once per slot, whoever comes first, and signs of life."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from dunning.models import Heartbeat, ScheduledRun
from dunning.selectors.days import last_days, next_morning
from dunning.services.days import decide_due_days
from quotes.services.validity import look_at_quotes
from taxexempt.services.expiry import look_at_expiry

if TYPE_CHECKING:
    from dunning.models import Run

SLOT: Final = timedelta(minutes=5)
KEPT: Final = timedelta(days=7)
JOBS: Final = "periodic jobs"


@dataclass(frozen=True, slots=True)
class JobResult:
    """What one round of the periodic jobs did."""

    runs: list[Run] = field(default_factory=list)
    certificates: int = 0
    quotes: int = 0
    is_claimed: bool = True

    @property
    def steps(self) -> int:
        """How many steps were taken in all."""
        return sum(sum(run.counts.get("steps", {}).values()) for run in self.runs) + self.certificates + self.quotes


def run_periodic_jobs(*, at: datetime) -> JobResult:
    """Do everything that is to be done periodically, as of `at`; repeating it changes nothing."""
    return JobResult(runs=decide_due_days(at=at), certificates=look_at_expiry(at=at), quotes=look_at_quotes(at=at))


def next_work_at(*, at: datetime) -> datetime:
    """Find the first moment after `at` at which the periodic jobs can find work, when all was done as of `at`.

    A replay skips the hours before it: nothing is decided between two mornings of the clients, about quotes neither.
    Whoever adds a periodic job adds its next moment here.
    """
    return min((next_morning(at, zone) for zone in {day.zone for day in last_days()}), default=at + SLOT)


def run_now(*, at: datetime) -> JobResult:
    """Do the periodic jobs because somebody asked for it, whoever has the slot, and note that they ran.

    `at` is now: for another moment use `run_periodic_jobs`, which leaves no sign of life.
    """
    result = run_periodic_jobs(at=at)
    slot = claim_slot(JOBS, at=at)
    if slot is not None:
        ScheduledRun.objects.filter(pk=slot.pk).update(finished_at=at)
    return result


def run_claimed_jobs(*, at: datetime) -> JobResult:
    """Do the periodic jobs unless another scheduler has taken the slot of five minutes in which `at` lies."""
    slot = claim_slot(JOBS, at=at)
    if slot is None:
        return JobResult(is_claimed=False)
    result = run_periodic_jobs(at=at)
    ScheduledRun.objects.filter(pk=slot.pk).update(finished_at=at)
    beat(name="jobs", at=at, detail=f"{result.steps} steps")
    return result


@transaction.atomic
def claim_slot(job: str, *, at: datetime) -> ScheduledRun | None:
    """Claim a job's slot; None when it is taken: two schedulers are harmless."""
    seconds = int(at.timestamp() // SLOT.total_seconds() * SLOT.total_seconds())
    slot = datetime.fromtimestamp(seconds, tz=UTC)
    row, is_mine = ScheduledRun.objects.get_or_create(job=job, slot=slot, defaults={"claimed_at": at})
    if not is_mine:
        return None
    ScheduledRun.objects.filter(job=job, slot__lt=slot - KEPT).delete()
    return row


def beat(*, name: str, at: datetime, detail: str = "") -> Heartbeat:
    """Give a sign of life."""
    row, _ = Heartbeat.objects.update_or_create(name=name, defaults={"at": at, "detail": detail[:300]})
    return row
