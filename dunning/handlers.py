"""What the outbox asks of dunning right before the final dot: whether this letter may still go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning.emails import NOTICE_COPY, PAYMENT_REMINDER, payment_reminder
from dunning.models import Notice, NoticeStatus
from dunning.schedule import LETTERS, Step
from dunning.selectors.letters import DRAFTS
from dunning.services.delivery import carried_by, carried_by_copy, reason_against_letter
from dunning.services.notices import reason_against_copy
from dunning.wording import EMAILS
from dunning.wording.places import MAILS
from mailing.signals import register_guard
from purchases.handlers import let_clients_word
from purchases.models import Purchase
from purchases.services.generate import register_writer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailing.models import Email

NOTICE_KINDS: Final = frozenset(
    {*(step.value for step in LETTERS if step is not Step.NOTIFICATION), "client_notification"}
)
"""E-mails whose hand-over makes a step count; the kind of a letter is its step."""
ANNOUNCEMENT: Final = "cancellation_announced"


def notices_of(email: Email) -> list[Notice]:
    """List the notices that an e-mail, or the copy of one, carries: several where letters are consolidated."""
    return carried_by(email) if email.kind in NOTICE_KINDS else []


def still_wanted(email: Email) -> str:
    """Look at the purchases again under their locks; "" when the letter may go out, else why not.

    A copy that a person ordered of a sent letter asks for nothing new and goes out while the orders are unpaid.
    """
    return _reason_against(notices_of(email), email)


def copy_still_wanted(email: Email) -> str:
    """A copy to a second address goes out while its letter was not stopped and all of it is still true."""
    notices = [notice for notice in carried_by_copy(email) if notice.status != NoticeStatus.DROPPED]
    if not notices:
        return "Its letter was not sent"
    reasons = (reason_against_copy(notice, at=email.created_at) for notice in notices)
    return next(filter(None, reasons), "")


def still_announced(email: Email) -> str:
    """The announcement of the cancel, or a copy of it, goes out while the notification would."""
    notice = notice_announced_by(email)
    return _reason_against([notice] if notice else [], email)


def notice_announced_by(email: Email) -> Notice | None:
    """Find the notification that was decided together with an announcement, or with the one that this is a copy of."""
    root = email.original or email
    notices = Notice.objects.filter(purchase__reference=root.reference, step=Step.NOTIFICATION)
    return notices.filter(decided_at=root.created_at).last()


def still_open(email: Email) -> str:
    """A reminder that a person asked for goes out while something is to be paid."""
    purchase = Purchase.objects.lock(Purchase.objects.get(reference=email.reference, client=email.client))
    return "" if purchase.is_open and purchase.open_amount.minor > 0 else f"The purchase is {purchase.status_label}"


def _reason_against(notices: Sequence[Notice], email: Email) -> str:
    if not notices:
        return "No notice is on record for it"  # what nobody decided does not go out
    if email.original_id is None:
        return reason_against_letter(notices)
    return next(filter(None, (reason_against_copy(notice, at=email.created_at) for notice in notices)), "")


def register() -> None:
    """Stand guard over every kind of dunning e-mail; let clients word those that are no letters."""
    for kind in sorted(NOTICE_KINDS):
        register_guard(kind, still_wanted)
    register_guard(ANNOUNCEMENT, still_announced)
    register_guard(NOTICE_COPY, copy_still_wanted)
    register_guard(PAYMENT_REMINDER, still_open)
    let_clients_word(MAILS, EMAILS, DRAFTS)
    register_writer(PAYMENT_REMINDER, lambda purchase, at: payment_reminder.draft(purchase, at=at))
