"""Replaying a year: events at their moments, the periodic jobs at every full hour between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from config.feeding.events import Event
    from config.feeding.play import Player

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that could not be applied, and why."""

    line: int
    order: str
    event: str
    why: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What happens around the events: `run_jobs` at full hours, `settle` after everything, `tick` to show progress."""

    run_jobs: Callable[[datetime], None]
    settle: Callable[[datetime], None]
    tick: Callable[[datetime], None]


def replay(events: Iterable[Event], *, until: datetime, player: Player, stage: Stage) -> list[Refusal]:
    """Apply `events` up to and including `until`, and run the jobs at every full UTC hour from the first event on.

    At a full hour, the events of that moment and before come first, then the run.
    """
    refusals = []
    hour: datetime | None = None
    for event in events:
        if event.at > until:
            break
        hour = hour or full_hour(event.at)
        while hour < event.at:
            _run(hour, stage)
            hour += HOUR
        try:
            player.play(event)
        except Refused as refusal:
            refusals.append(Refusal(event.line, event.order, event.name, str(refusal)))
        else:
            stage.settle(event.at)
    while hour is not None and hour <= until:
        _run(hour, stage)
        hour += HOUR
    return refusals


def full_hour(at: datetime) -> datetime:
    """Find the first full UTC hour that is not before `at`."""
    start = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return start if start == at else start + HOUR


def _run(hour: datetime, stage: Stage) -> None:
    stage.run_jobs(hour)
    stage.settle(hour)
    stage.tick(hour)


def hours_between(first: datetime, until: datetime) -> int:
    """Count the full hours at which jobs run."""
    return max(0, (until - full_hour(first)) // HOUR + 1)
