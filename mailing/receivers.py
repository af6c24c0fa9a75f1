"""The doorbell: a queued e-mail wakes the worker when there is a broker; without one it is found within seconds."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.dispatch import receiver
from kombu.exceptions import KombuError
from structlog import get_logger

from mailing.signals import email_queued

log = get_logger(__name__)


@receiver(email_queued)
def ring_after_commit(**_: Any) -> None:
    """Wake the worker once the row is there for it to see: once per transaction, however many e-mails it queues."""
    if not settings.REDIS_URL:
        return
    if all(entry[1] is not ring for entry in connection.run_on_commit):
        transaction.on_commit(ring, robust=True)


def ring() -> None:
    """Wake the worker; a broker that doesn't answer only costs the few seconds until the worker looks by itself."""
    try:
        current_app.send_task("mailing.tasks.hand_over", expires=30, retry=False, ignore_result=True)
    except KombuError as reason:
        log.warning("mailing.doorbell_silent", reason=str(reason))
