"""Noting what was reported about sent e-mail: each report once, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.db import transaction

from mailing.models import DeliveryReport, Email
from mailing.services.decide import note_bounce
from mailing.services.dsn import BOUNCED, COMPLAINED
from mailing.signals import email_complained, report_unmatched
from mailing.states import DELIVERED, Status

if TYPE_CHECKING:
    from datetime import datetime

    from mailing.services.dsn import Report

log = structlog.get_logger(__name__)

RECENT: Final = timedelta(days=5)
"""How long relays go on trying: a report that names only the recipient is about an e-mail of these days."""


@transaction.atomic
def note_report(report: Report, *, source: str, key: str, at: datetime) -> DeliveryReport | None:
    """Note a report and do what follows; None when it was noted before.

    An e-mail that came back is Bounced, which stops its ladder; a complaint asks somebody to look; a delay and a
    delivery are only noted. What nobody can match is told to whoever listens.
    """
    row = DeliveryReport(
        source=source, key=key, kind=report.kind, recipient=report.recipient, words=report.words, at=at
    )
    # Two workers read the same mailbox: the second waits for the first's commit and writes nothing.
    DeliveryReport.objects.bulk_create([row], ignore_conflicts=True)
    row = DeliveryReport.objects.select_for_update().get(key=key)
    if row.at != at or row.email_id is not None:
        return None
    email = reported_email(report, at=at)
    if email is None:
        if report.kind in {BOUNCED, COMPLAINED}:
            log.warning("mailing.report_unmatched", kind=report.kind, report=row.pk)
            report_unmatched.send(sender=DeliveryReport, report=row, at=at)
        return row
    row.email = email
    row.save(update_fields=["email"])
    if report.kind == BOUNCED and email.status == Status.SENT:
        note_bounce(email, by=None, at=at, reason=report.words or "Came back without a reason")
    elif report.kind == COMPLAINED:
        email_complained.send(sender=Email, email=email, at=at, words=report.words)
    return row


def reported_email(report: Report, *, at: datetime) -> Email | None:
    """Find which e-mail a report is about: by its Message-ID.

    One without it is about the last e-mail that its recipient got lately; not where several clients wrote to them: one
    client's ladder does not stop because of another's e-mail.
    """
    emails = Email.objects.select_related("client")
    if report.message_id:
        return emails.filter(status__in=DELIVERED, message_id=report.message_id).first()
    if not report.recipient:
        return None
    lately = emails.filter(
        status=Status.SENT, recipient__iexact=report.recipient, sent_at__lte=at, sent_at__gt=at - RECENT
    )
    if lately.values("client").distinct().count() != 1:
        return None
    return lately.order_by("-sent_at", "-pk").first()
