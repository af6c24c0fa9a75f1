"""The worker's round: hand over what is due."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mailing.selectors import relay_state
from mailing.services import notify_handover
from mailing.services.handover import configured_transport, hand_over_due
from mailing.services.mailbox import Mailbox, read_mailbox

ROUND = 500
"""E-mails per task: a long queue is worked off in rounds, so that a worker can be stopped between them."""
ROUND_TIME = timedelta(seconds=20)
"""After this no further e-mail of a round is begun: with a slow relay, too, the worker gets to its other jobs."""
READING_TIME = timedelta(seconds=60)
"""After this no further report is begun; the rest waits for the next round."""


@shared_task(name="mailing.tasks.read_reports", ignore_result=True)
def read_reports() -> int:
    """Read what mail servers report about sent e-mail, where a mailbox is configured; return how many were news."""
    if settings.MAIL_REPORTS is None:
        return 0
    mailbox = Mailbox(*settings.MAIL_REPORTS)
    return read_mailbox(mailbox, clock=timezone.now, until=timezone.now() + READING_TIME).reports


@shared_task(name="mailing.tasks.notify_endpoints", ignore_result=True)
def notify_endpoints() -> int:
    """Tell clients' endpoints what is due; return how many calls were made."""
    return notify_handover.hand_over_due(clock=timezone.now)


@shared_task(name="mailing.tasks.hand_over", ignore_result=True)
def hand_over() -> int:
    """Hand over what is due through the configured carrier; return how many e-mails went out."""
    now = timezone.now()
    if not relay_state().may_be_tried(now):
        return 0
    transport = configured_transport()
    return hand_over_due(clock=timezone.now, transport=transport, limit=ROUND, until=now + ROUND_TIME).sent
