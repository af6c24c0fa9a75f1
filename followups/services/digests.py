"""The daily e-mail about what is due: once a day in its reader's zone, and only if something is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from core.refused import Refused
from errorlog.models import ErrorType
from errorlog.services import log_error
from followups import emails
from followups.models import Digest
from followups.selectors.digests import waiting_readers, work_of

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

log = structlog.get_logger(__name__)


@transaction.atomic
def switch_digest(user: User, *, is_on: bool) -> Digest:
    """Have the daily e-mail sent or not."""
    row, _ = Digest.objects.update_or_create(user=user, defaults={"is_on": is_on})
    return row


def send_digests(*, at: datetime) -> int:
    """Queue today's e-mail for everybody whose morning has come and who was not looked at today; say how many."""
    return sum(_try(user, at=at) for user in waiting_readers(at))


def _try(user: User, *, at: datetime) -> bool:
    try:
        return send_digest(user, at=at)
    except Exception as error:  # one person's trouble must not keep the others' e-mails back
        log.exception("digest not sent", user=user.pk)
        log_error(
            type=ErrorType.UNEXPECTED,
            note=f"{type(error).__name__} in the daily e-mail to {user.username}",
            at=at,
            dedupe_key=f"digest:{user.pk}:{at.astimezone(user.zone).date()}",
            client=user.client,
        )
        return False


@transaction.atomic
def send_digest(user: User, *, at: datetime) -> bool:
    """Queue one person's e-mail of today unless it was looked at today, or nothing is due."""
    today = at.astimezone(user.zone).date()
    row, _ = Digest.objects.select_for_update().get_or_create(user=user)
    if not row.is_on or row.looked_on == today:  # another worker was here
        return False
    Digest.objects.filter(pk=row.pk).update(looked_on=today)
    work = work_of(user, at=at, most=emails.MOST_LINES)
    if not work.late_count and not work.today_count:
        return False
    try:
        emails.digest(user, work, at=at)
    except Refused:  # no address to write to: the list and its badge say it all the same
        return False
    return True
