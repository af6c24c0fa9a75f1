"""What a person decides about an e-mail: the row menu, the doubtful ones, and those that came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from core.refused import Refused
from mailing.models import Email
from mailing.services.claims import show
from mailing.services.compose import AttachmentSpec, checked_address, queue_email
from mailing.signals import email_bounced, email_dropped, email_handed_over, email_queued
from mailing.states import (
    BOUNCE,
    CANCEL,
    CONFIRM_DELIVERED,
    DELIVERED,
    HOLD,
    LABELS,
    QUEUE,
    RESEND,
    SEND,
    SEND_AGAIN,
    SEND_COPY,
    UNDER_WAY,
    Outcome,
    Status,
)
from mailing.wording import KEY_IN_LINK

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from django.dispatch import Signal

    from accounts.models import User
    from core.transitions import Transition


@transaction.atomic
def hold_email(email: Email, *, by: User, at: datetime, reason: str = "") -> Email:
    """Keep an e-mail back until somebody queues or sends it; works until the relay has it.

    Raises Refused when it is sent or about to be accepted.
    """
    return _decide(email, HOLD, {"next_attempt_at": None}, by=by, at=at, reason=reason)


@transaction.atomic
def queue_held_email(email: Email, *, by: User, at: datetime, reason: str = "") -> Email:
    """Let a held, failed or canceled e-mail take its turn again; its guard is asked as always.

    Raises Refused in any other status.
    """
    return _decide(email, QUEUE, {"next_attempt_at": at, "drop_reason": ""}, email_queued, by=by, at=at, reason=reason)


@transaction.atomic
def send_email(email: Email, *, by: User, at: datetime, reason: str = "") -> Email:
    """Send an e-mail now; return the row that will go out.

    One that was sent before stays what it is: a copy with its own Message-ID goes out. Its guard is asked as always.
    Raises Refused when it is on its way, in doubt, or when a copy is already waiting.
    """
    if email.status in DELIVERED:
        return _send_copy(email, by=by, at=at, reason=reason)
    return _decide(email, SEND, {"next_attempt_at": at, "drop_reason": ""}, email_queued, by=by, at=at, reason=reason)


@transaction.atomic
def cancel_email(email: Email, *, by: User | None, at: datetime, reason: str) -> Email:
    """Take an e-mail out of the outbox for good; without a person (`by` empty) it was a rule that changed its mind.

    Raises Refused without a reason, and when the relay has it.
    """
    return _decide(email, CANCEL, {"drop_reason": _needed(reason)}, email_dropped, by=by, at=at, reason=reason)


@transaction.atomic
def confirm_delivered(email: Email, *, by: User, at: datetime, reason: str) -> Email:
    """Settle a doubt: the e-mail did arrive; it counts as sent when the final dot was said.

    Raises Refused without a reason (what showed it?), and when it is not in doubt.
    """
    last = email.tries.exclude(handoff_at=None).order_by("-handoff_at").first()
    sent_at = at if last is None or last.handoff_at is None else last.handoff_at
    changes = {"sent_at": sent_at, "transport": "" if last is None else last.transport}
    return _decide(
        email, CONFIRM_DELIVERED, changes, email_handed_over, by=by, at=at, news_at=sent_at, reason=_needed(reason)
    )


@transaction.atomic
def send_again(email: Email, *, by: User, at: datetime, reason: str) -> Email:
    """Settle a doubt: the e-mail did not arrive, or may well arrive twice; it goes out under the same Message-ID.

    Raises Refused without a reason, and when it is not in doubt.
    """
    changes = {"next_attempt_at": at}
    return _decide(email, SEND_AGAIN, changes, email_queued, by=by, at=at, reason=_needed(reason))


@transaction.atomic
def note_bounce(email: Email, *, by: User | None, at: datetime, reason: str) -> Email:
    """Note that a sent e-mail came back; `reason` is what the returned message says.

    Raises Refused when it was not sent.
    """
    return _decide(email, BOUNCE, {"relay_reply": _needed(reason)}, email_bounced, by=by, at=at, reason=reason)


def _decide(
    email: Email,
    decision: Transition,
    changes: dict[str, Any],
    news: Signal | None = None,
    *,
    by: User | None,
    at: datetime,
    reason: str,
    news_at: datetime | None = None,
) -> Email:
    """Tell the other apps first (they lock purchases), then lock the row, check, change, record.

    A worker may fence between the screen and this click: the check under the lock then refuses, and the news with it.
    """
    decision.check(email.status, label_of=LABELS)
    changes = {"status": decision.target, "claim_token": None, "lease_until": None, **changes}
    if news is not None:
        told = Email.objects.select_related("client").get(pk=email.pk)
        show(told, changes)
        news.send(sender=Email, email=told, at=news_at or at)
    row: Email = Email.objects.lock(email)
    decision.check(row.status, label_of=LABELS)
    if row.status in UNDER_WAY:
        words = f"Stopped by {by or 'the system'} before the message was handed over."
        row.tries.filter(outcome=Outcome.RUNNING).update(outcome=Outcome.NOT_ACCEPTED, words=words, ended_at=at)
        changes = {"attempts": row.attempts - 1, **changes}  # the relay has not refused it
    show(row, changes)
    return record(row, by=by, at=at, reason=reason or decision.label)


def _send_copy(email: Email, *, by: User, at: datetime, reason: str) -> Email:
    row: Email = Email.objects.lock(email)  # two clicks on Send: the second sees the first's copy
    SEND_COPY.check(row.status, label_of=LABELS)
    return _copy(row, to=row.recipient, name=row.recipient_name, by=by, at=at, reason=reason)


@transaction.atomic
def resend_email(email: Email, *, to: str, by: User, at: datetime, reason: str = "") -> Email:
    """Send an e-mail that was sent, or refused for good, once more, to its own or another address; return the copy.

    Its guard is asked as always. Raises Refused in any other status, when a copy to that address is already waiting,
    and for another address when the e-mail holds a link that lets its reader in.
    """
    row: Email = Email.objects.lock(email)
    RESEND.check(row.status, label_of=LABELS)
    to = checked_address(to)
    is_other = to.lower() != row.recipient.lower()
    if is_other and KEY_IN_LINK.search(row.body_text):
        message = "It holds a link that lets its reader in: it goes to its own recipient only."
        raise Refused(message, "to")
    name = "" if is_other else row.recipient_name
    return _copy(row, to=to, name=name, by=by, at=at, reason=reason)


def _copy(row: Email, *, to: str, name: str, by: User, at: datetime, reason: str) -> Email:
    root: Email = row if row.original is None else Email.objects.lock(row.original)
    copies = root.copies.count()
    waiting = root.copies.filter(status__in=[Status.QUEUED, Status.HELD, *UNDER_WAY])
    if waiting.filter(recipient__iexact=to).exists():
        message = "Another copy of this e-mail is already waiting to go out."
        raise Refused(message, "waiting")
    copy = queue_email(
        client=root.client,
        kind=root.kind,
        reference=root.reference,
        dedupe_key=f"email:{root.pk}:copy-{copies + 1}",
        recipient=to,
        recipient_name=name,
        language=root.language,
        subject=root.subject,
        body_text=root.body_text,
        body_html=root.body_html,
        attachments=[
            AttachmentSpec(
                part.filename, part.source, part.content_type, None if part.content is None else bytes(part.content)
            )
            for part in root.attachments.order_by("pk")
        ],
        at=at,
        original=root,
    )
    return record(copy, by=by, at=at, reason=reason or "New attempt of a sent e-mail")


def _needed(reason: str) -> str:
    if not reason.strip():
        message = "Please give a reason."
        raise Refused(message, "reason")
    return reason.strip()
