"""What happens to certificates by the calendar: reminders 30 and 7 days before the end, then Expired."""

from __future__ import annotations

from datetime import time, timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction
from django.db.models import Q

from core.history import record
from core.walking import by_key
from errorlog.models import ErrorType
from errorlog.services import log_error
from taxexempt import emails
from taxexempt.models import Certificate
from taxexempt.states import EXPIRE, Status

if TYPE_CHECKING:
    from datetime import date, datetime

REMINDED: Final = (30, 7)
"""How many days before the end the contact is reminded."""
MORNING: Final = time(8)
"""From this time of day, in the client's zone, a day's reminders go out."""

log = structlog.get_logger(__name__)


def look_at_expiry(*, at: datetime) -> int:
    """Expire certificates whose life is over and remind of those that end soon; return how many steps were taken.

    Each certificate is a transaction of its own; doing it again changes nothing. With nothing to do it is one query. A
    certificate that fails is entered in the error log; the others go on.
    """
    early, late = REMINDED
    last = at.date() + timedelta(days=1)  # a day more than it is in most zones: each certificate looks again
    due = Q(expires_on__lt=last) | Q(expires_on__lte=last + timedelta(days=late)) & ~Q(reminded_days=late)
    due |= Q(expires_on__lte=last + timedelta(days=early), reminded_days=0)
    rows = Certificate.objects.filter(due, status=Status.VALID).select_related("client", "customer")
    return sum(_look_at(certificate, at=at) for certificate in by_key(rows))


def _look_at(certificate: Certificate, *, at: datetime) -> bool:
    try:
        return _step(certificate, at=at)
    except Exception as error:  # one certificate's trouble must not keep the others back
        log.exception("certificate not looked at", certificate=certificate.pk)
        log_error(
            type=ErrorType.UNEXPECTED,
            note=f"{type(error).__name__} when the last day of {certificate} was looked at",
            at=at,
            dedupe_key=f"certificate:{certificate.pk}:{certificate.expires_on}",
            client=certificate.client,
        )
        return False


@transaction.atomic
def _step(certificate: Certificate, *, at: datetime) -> bool:
    """Take the one step that is due, if any."""
    now = at.astimezone(certificate.client.zone)
    if now.time() < MORNING:
        return False
    certificate = Certificate.objects.lock(certificate)
    if certificate.status != Status.VALID or certificate.expires_on is None:
        return False  # somebody was faster
    if certificate.expires_on < now.date():
        certificate.move(EXPIRE)
        certificate.changed_at, certificate.changed_by = at, None
        record(certificate, by=None, at=at, reason="its life is over")
        return True
    days = _due_reminder(certificate, now.date())
    if not days or certificate.reminded_days == days:
        return False
    certificate.reminded_days = days
    is_replaced = Certificate.objects.filter(
        replaces=certificate, status=Status.VALID, expires_on__gt=certificate.expires_on
    ).exists()
    email = None if is_replaced else emails.send(certificate, "exemption_expiring", key=str(days), at=at)
    why = (
        "a newer version follows" if is_replaced else "reminded of its end" if email else "nobody to remind of its end"
    )
    record(certificate, by=None, at=at, reason=f"{why}, {days} days before", fields=["reminded_days"])
    return True


def _due_reminder(certificate: Certificate, on: date) -> int:
    """The reminder that is due on a day: the last one whose day has come; 0: none."""
    left = (certificate.expires_on - on).days if certificate.expires_on else REMINDED[0] + 1
    return min((days for days in REMINDED if left <= days), default=0)
