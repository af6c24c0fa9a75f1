"""What the outbox asks of dunning right before the final dot: whether this letter may still go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning.models import Notice
from dunning.schedule import LETTERS, Step
from dunning.services.notices import reason_against_copy, reason_against_notice
from mailing.signals import register_guard

if TYPE_CHECKING:
    from mailing.models import Email

NOTICE_KINDS: Final = frozenset(
    {*(step.value for step in LETTERS if step is not Step.NOTIFICATION), "client_notification"}
)
"""E-mails whose hand-over makes a step count; the kind of a letter is its step."""
ANNOUNCEMENT: Final = "cancellation_announced"


def notice_of(email: Email) -> Notice | None:
    """Find the notice that an e-mail, or the copy of one, carries."""
    if email.kind not in NOTICE_KINDS:
        return None
    return Notice.objects.filter(email_id=email.root_id).first()


def still_wanted(email: Email) -> str:
    """Look at the purchase again under its lock; "" when the letter may go out, else why not.

    A copy that a person ordered of a sent letter asks for nothing new and goes out while the order is unpaid.
    """
    return _reason_against(notice_of(email), email)


def still_announced(email: Email) -> str:
    """The announcement of the cancel, or a copy of it, goes out while the notification would."""
    return _reason_against(notice_announced_by(email), email)


def notice_announced_by(email: Email) -> Notice | None:
    """Find the notification that was decided together with an announcement, or with the one that this is a copy of."""
    root = email.original or email
    notices = Notice.objects.filter(purchase__reference=root.reference, step=Step.NOTIFICATION)
    return notices.filter(decided_at=root.created_at).last()


def _reason_against(notice: Notice | None, email: Email) -> str:
    if notice is None:
        return "No notice is on record for it"  # what nobody decided does not go out
    if email.original_id is not None:
        return reason_against_copy(notice, at=email.created_at)
    return reason_against_notice(notice)


def register() -> None:
    """Stand guard over every kind of dunning e-mail."""
    for kind in sorted(NOTICE_KINDS):
        register_guard(kind, still_wanted)
    register_guard(ANNOUNCEMENT, still_announced)
