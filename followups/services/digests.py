"""The daily e-mail about what is due: once a day in its reader's zone, and only if something is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from followups import emails
from followups.models import Digest
from followups.selectors.digests import waiting_readers, work_of

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def switch_digest(user: User, *, is_on: bool) -> Digest:
    """Have the daily e-mail sent or not."""
    row, _ = Digest.objects.update_or_create(user=user, defaults={"is_on": is_on})
    return row


def send_digests(*, at: datetime) -> int:
    """Queue today's e-mail for everybody whose morning has come and who was not looked at today; say how many."""
    return sum(send_digest(user, at=at) for user in waiting_readers(at))


@transaction.atomic
def send_digest(user: User, *, at: datetime) -> bool:
    """Queue one person's e-mail of today unless it was looked at today, or nothing is due."""
    today = at.astimezone(user.zone).date()
    row, _ = Digest.objects.select_for_update().get_or_create(user=user)
    if not row.is_on or row.looked_on == today:  # another worker was here
        return False
    Digest.objects.filter(pk=row.pk).update(looked_on=today)
    work = work_of(user, at=at)
    if not work.late and not work.today:
        return False
    try:
        emails.digest(user, work, at=at)
    except Refused:  # no address to write to: the list and its badge say it all the same
        return False
    return True
