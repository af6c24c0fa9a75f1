"""`manage.py worker`: one process that keeps the timetable and does the work, for a machine on its own."""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from contextlib import suppress
from typing import Any

import psutil
from celery.beat import EmbeddedService
from celery.platforms import SecurityWarning
from celery.signals import task_postrun
from celery.worker import state
from django.core.management.base import BaseCommand
from django.db import Error, connection
from django.utils import timezone
from kombu.exceptions import KombuError
from structlog import get_logger

from config.celery import app
from dunning.services.jobs import beat

log = get_logger(__name__)

LARGEST_BYTES = 400_000_000
BEAT_SECONDS = 10.0


def stop_when_large(**_: Any) -> None:
    """End after a task once the process has grown; whoever runs it starts a fresh one."""
    if psutil.Process().memory_info().rss > LARGEST_BYTES:  # now: the peak would count the parent's memory too
        state.should_stop = 0


def end_with(parent: int) -> None:
    """End this process when its parent is gone, also where the kernel does not see to it."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def keep_beating(stop: threading.Event) -> None:
    """Give a sign of life until `stop`, however long the relay lets the work wait."""
    while True:
        try:
            beat(name="worker", at=timezone.now())
        except Error:
            log.warning("worker.beat_not_noted", exc_info=True)
        finally:
            connection.close()
        if stop.wait(BEAT_SECONDS):
            return


class Command(BaseCommand):
    """Run worker and timetable in one process."""

    help = (
        "Runs the periodic jobs and hands over e-mail, until it is stopped. "
        "With REDIS_URL several may run at once: work is claimed in the database, nothing is done twice."
    )

    def handle(self, *_: Any, **__: Any) -> None:
        """Start the timetable in a thread and the worker in this one."""
        warnings.simplefilter("ignore", SecurityWarning)
        task_postrun.connect(stop_when_large)
        threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
        app.conf.beat_schedule.pop("heartbeat")
        threading.Thread(target=keep_beating, args=[threading.Event()], daemon=True).start()
        timetable = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
        timetable.daemon = True
        with suppress(KombuError):  # a broker that is not there yet: the timetable asks again
            for entry in app.conf.beat_schedule.values():
                app.send_task(entry["task"], expires=60, retry=False)
        timetable.start()
        worker = app.Worker(
            pool="solo",
            loglevel="WARNING",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        sys.exit(worker.exitcode or 0)
