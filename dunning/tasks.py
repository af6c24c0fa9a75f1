"""The worker's round: the periodic jobs, and a sign of life."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from dunning.services import days, jobs


@shared_task(name="dunning.tasks.run_jobs", ignore_result=True)
def run_jobs() -> int:
    """Do the periodic jobs, unless another scheduler took this slot; return how many steps were taken."""
    return jobs.run_claimed_jobs(at=timezone.now()).steps


@shared_task(name="dunning.tasks.take_approved_steps", ignore_result=True)
def take_approved_steps() -> int:
    """Take the steps of runs that somebody has approved since; return how many runs there were."""
    return len(days.decide_approved_days(at=timezone.now()))


@shared_task(name="dunning.tasks.heartbeat", ignore_result=True)
def heartbeat() -> None:
    """Say that a worker is alive."""
    jobs.beat(name="worker", at=timezone.now())
