"""The worker's round: hand over what is due."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from mailing.selectors import relay_state
from mailing.services.handover import configured_transport, hand_over_due

ROUND = 500
"""E-mails per task: a long queue is worked off in rounds, so that a worker can be stopped between them."""


@shared_task(name="mailing.tasks.hand_over", ignore_result=True)
def hand_over() -> int:
    """Hand over what is due through the configured carrier; return how many e-mails went out."""
    if not relay_state().may_be_tried(timezone.now()):
        return 0
    return hand_over_due(clock=timezone.now, transport=configured_transport(), limit=ROUND).sent
