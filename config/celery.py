"""The worker's timetable: periodic jobs only look into the database, so missing or doubling one changes nothing."""

import os

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("kontor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

POLL_SECONDS = 2.0 if not settings.REDIS_URL else 10.0

app.conf.beat_schedule = {
    "hand over e-mail": {
        "task": "mailing.tasks.hand_over",
        "schedule": POLL_SECONDS,
        "options": {"expires": POLL_SECONDS * 5},
    },
    "periodic jobs": {"task": "dunning.tasks.run_jobs", "schedule": 60.0, "options": {"expires": 60}},
    "heartbeat": {"task": "dunning.tasks.heartbeat", "schedule": 10.0, "options": {"expires": 30}},
}


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Celery leaves logging as the settings made it."""
