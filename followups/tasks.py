"""The worker's part: the daily e-mails about what is due."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from followups.services import digests


@shared_task(name="followups.tasks.send_digests", ignore_result=True)
def send_digests() -> int:
    """Queue the e-mails of those whose morning has come; return how many."""
    return digests.send_digests(at=timezone.now())
