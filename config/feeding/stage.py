"""What goes on around played events: the periodic jobs, an outbox that accepts everything, and a progress bar."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection
from tqdm import tqdm

from config.feeding.replay import Stage
from dunning.services.jobs import next_work_at, run_periodic_jobs
from mailing.services.capture import SinkTransport, keep_due
from mailing.signals import email_queued

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mailing.states import Outcome


class _Outbox:
    """Hands every e-mail to an accepting sink as soon as the moment is over; with nothing queued it costs nothing."""

    def __init__(self) -> None:
        self.transport = SinkTransport()
        self.is_filled = True

    def notice(self, **_: Any) -> None:
        self.is_filled = True

    def empty(self, at: datetime) -> None:
        """Hand over what was queued, as of `at`; receivers may queue more."""
        while self.is_filled:
            self.is_filled = False
            keep_due(self.transport, clock=lambda: at, limit=None, note=_pass)


def _pass(_: Outcome) -> None:
    """Hear of an attempt's outcome; nobody asks how a replay's went."""


class _Worker:
    """Runs the periodic jobs, except in hours in which they can't find anything to do."""

    def __init__(self) -> None:
        self.idle_until: datetime | None = None

    def run(self, at: datetime) -> None:
        """Do what the worker would do at `at`."""
        if self.idle_until is None or at >= self.idle_until:
            run_periodic_jobs(at=at)
            self.idle_until = next_work_at(at=at)


SPEED_UP = {"sqlite": "PRAGMA synchronous=NORMAL", "postgresql": "SET synchronous_commit=off"}
SLOW_DOWN = {"sqlite": "PRAGMA synchronous=FULL", "postgresql": "SET synchronous_commit=on"}
"""While the past is played, no commit waits for the disk: after a power cut it would be played again anyway."""


@contextmanager
def hurried() -> Iterator[None]:
    """Commit without waiting for the disk; the database stays consistent all the same."""
    _execute(SPEED_UP)
    try:
        yield
    finally:
        _execute(SLOW_DOWN)


def _execute(statements: dict[str, str]) -> None:
    if not connection.in_atomic_block:  # SQLite changes nothing inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(statements[connection.vendor])


@contextmanager
def progress_stage(*, hours: int, what: str) -> Iterator[Stage]:
    """Set the stage for playing so many `hours`, with a progress bar on a terminal."""
    outbox, worker = _Outbox(), _Worker()
    email_queued.connect(outbox.notice)
    try:
        with hurried(), tqdm(total=hours, desc=what, unit="h", disable=None, mininterval=0.5) as bar:

            def tick(at: datetime) -> None:
                bar.update()
                if at.hour == 0:
                    bar.set_postfix_str(f"{at:%Y-%m-%d}", refresh=False)

            yield Stage(run_jobs=worker.run, settle=outbox.empty, tick=tick)
    finally:
        email_queued.disconnect(outbox.notice)
