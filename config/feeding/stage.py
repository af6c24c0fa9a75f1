"""What goes on around played events: the periodic jobs, an outbox that accepts everything, and a progress bar."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from config.feeding.replay import Stage
from dunning.services.jobs import run_periodic_jobs
from mailing.services.capture import SinkTransport
from mailing.services.handover import hand_over_due
from mailing.signals import email_queued

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


class _Outbox:
    """Hands every e-mail to an accepting sink as soon as the moment is over; with nothing queued it costs nothing."""

    def __init__(self) -> None:
        self.transport = SinkTransport()
        self.is_filled = True

    def notice(self, **_: Any) -> None:  # noqa: ANN401 -- signal arguments
        self.is_filled = True

    def empty(self, at: datetime) -> None:
        """Hand over what was queued, as of `at`; receivers may queue more."""
        while self.is_filled:
            self.is_filled = False
            hand_over_due(clock=lambda: at, transport=self.transport)


@contextmanager
def progress_stage(*, hours: int, what: str) -> Iterator[Stage]:
    """Set the stage for playing so many `hours`, with a progress bar on a terminal."""
    outbox = _Outbox()
    email_queued.connect(outbox.notice)
    try:
        with tqdm(total=hours, desc=what, unit="h", disable=None, mininterval=0.5) as bar:

            def run_jobs(at: datetime) -> None:
                run_periodic_jobs(at=at)

            def tick(at: datetime) -> None:
                bar.update()
                if at.hour == 0:
                    bar.set_postfix_str(f"{at:%Y-%m-%d}", refresh=False)

            yield Stage(run_jobs=run_jobs, settle=outbox.empty, tick=tick)
    finally:
        email_queued.disconnect(outbox.notice)
