"""The worker's timetable: periodic jobs only look into the database, so missing or doubling one changes nothing."""

import gc
import os
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, setup_logging, task_failure
from django.conf import settings
from kombu.entity import Queue

from core.pdf import PdfError, warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("kontor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

POLL_SECONDS = 2.0 if not settings.REDIS_URL else 10.0

# Two queues: where several workers run, a slow relay keeps nobody from deciding. A worker told of no queue does both.
app.conf.task_default_queue = "celery"
app.conf.task_queues = tuple(Queue(name, routing_key=name) for name in ("celery", "mail"))  # type: ignore[no-untyped-call]
app.conf.task_routes = {"mailing.tasks.hand_over": {"queue": "mail"}}

app.conf.beat_schedule = {
    "hand over e-mail": {
        "task": "mailing.tasks.hand_over",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS * 5},
    },
    "notify endpoints": {
        "task": "mailing.tasks.notify_endpoints",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS * 5},
    },
    "read reports": {"task": "mailing.tasks.read_reports", "schedule": 120.0, "options": {"expires": 120}},
    "periodic jobs": {"task": "dunning.tasks.run_jobs", "schedule": 60.0, "options": {"expires": 60}},
    "ask for keys": {"task": "purchases.tasks.ask_for_keys", "schedule": 60.0, "options": {"expires": 60}},
    "read bank files": {"task": "purchases.tasks.read_bank_files", "schedule": 2.0, "options": {"expires": 10}},
    "forget presences": {"task": "purchases.tasks.forget_presences", "schedule": 3600.0, "options": {"expires": 600}},
    "write exports": {"task": "accounts.tasks.write_exports", "schedule": 2.0, "options": {"expires": 10}},
    "forget exports": {"task": "accounts.tasks.forget_exports", "schedule": 3600.0, "options": {"expires": 600}},
    "approved runs": {"task": "dunning.tasks.take_approved_steps", "schedule": 10.0, "options": {"expires": 30}},
    "follow-up digests": {"task": "followups.tasks.send_digests", "schedule": 300.0, "options": {"expires": 300}},
    "heartbeat": {"task": "dunning.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 30}},
}


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery leaves logging as the settings made it."""


@celeryd_after_setup.connect
def make_ready(**_: object) -> None:
    """Read fonts before the first letter, and keep what was loaded out of every later garbage collection."""
    with suppress(PdfError):  # the system checks have said it
        warm_up()
    gc.collect()
    gc.freeze()


@task_failure.connect
def tell_of_failure(*, sender: Any, exception: BaseException, **_: Any) -> None:
    """A job failed: the log has the trace, and operators find it in the error log."""
    from config.errors import task_failed  # noqa: PLC0415 -- only once the apps are loaded

    task_failed(sender=sender, exception=exception)
