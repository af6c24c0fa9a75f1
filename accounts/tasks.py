"""What the worker does for people: the files they asked for."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.services import exports


@shared_task(name="accounts.tasks.write_exports", ignore_result=True)
def write_exports() -> int:
    """Write at the files that wait; return how many were taken up."""
    return exports.write_due(clock=timezone.now)


@shared_task(name="accounts.tasks.forget_exports", ignore_result=True)
def forget_exports() -> int:
    """Remove files that are older than a week; return how many."""
    return exports.forget_exports(at=timezone.now())
