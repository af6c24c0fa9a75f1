"""What people decide about an order's dunning: hold or dispute, resume, keep active, extend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.refused import Refused
from dunning.models import HoldKind, Notice
from dunning.selectors.why import is_notified
from purchases.models import Nature, Purchase
from purchases.services.history import Note, report, save_change
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User

REMINDED: Final = frozenset({Status.AWAITING_OFFLINE_PAYMENT, Status.UNPAID})
"""Orders that are only reminded: nobody holds them, but a reminder that came back stops them too."""


def lock_order(purchase: Purchase) -> Purchase:
    """Lock an accepted, unpaid PO: a letter or a cancel must not be decided while somebody stops it."""
    purchase = Purchase.objects.lock(purchase)
    if purchase.status != Status.PURCHASE_ORDER:
        message = f"{purchase.reference} is {purchase.status_label}: only an unpaid purchase order is dunned."
        raise Refused(message, "status")
    return purchase


@transaction.atomic
def hold_dunning(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    reason: str,
    until: date | None = None,
    kind: str = HoldKind.HOLD,
) -> Purchase:
    """Take no step up to and including the client's day `until`, or until resumed; a second hold replaces the first.

    A dispute is a hold with a name of its own: the customer says that the claim is not owed. Raises Refused unless it
    is an unpaid purchase order.
    """
    purchase = lock_order(purchase)
    purchase.held_at, purchase.hold_until, purchase.hold_reason = at, until, reason[:300]
    purchase.is_disputed = kind == HoldKind.DISPUTE
    what = "Claim disputed" if purchase.is_disputed else "Dunning held"
    text = f"{what} until {until:%Y-%m-%d}" if until else what
    save_change(purchase, Note("held", text, reason=reason), by=by, at=at)
    report(purchase, "held", at=at)
    return purchase


@transaction.atomic
def resume_dunning(purchase: Purchase, *, by: User, at: datetime, reason: str = "") -> Purchase:
    """End the hold, or the stop after a returned e-mail; the next daily decision goes on where the ladder stood.

    A promise stays. Raises Refused unless the order is an unpaid purchase order that is held or stopped, or one
    that awaits an offline payment and whose reminder came back.
    """
    purchase = Purchase.objects.lock(purchase)
    if purchase.status not in REMINDED:
        purchase = lock_order(purchase)
    returned = Notice.objects.filter(purchase=purchase, returned_at__isnull=False).standing()
    is_stopped = returned.exists()
    if purchase.held_at is None and not is_stopped:
        message = f"{purchase.reference} is not held."
        raise Refused(message, "not held")
    if is_stopped:
        # A letter that never left is dropped so that its level can be decided again; one that came back counts.
        returned.pending().update(status="dropped", drop_reason="refused by the relay", returned_at=None)
        returned.update(returned_at=None)
    purchase.held_at, purchase.hold_until, purchase.hold_reason, purchase.is_disputed = None, None, "", False
    save_change(purchase, Note("resumed", "Dunning resumed", reason=reason), by=by, at=at)
    report(purchase, "resumed", at=at)
    return purchase


@transaction.atomic
def keep_active(purchase: Purchase, *, by: User | None, at: datetime, reason: str = "") -> Purchase:
    """Note the client's wish to keep a delinquent order: no cancel and no further step; may be repeated.

    `by` empty is the client answering by the link in the notification. Raises Refused before the notification
    and after the cancel.
    """
    purchase = Purchase.objects.lock(purchase)
    if not is_notified(purchase):
        message = f"{purchase.reference} can be kept active only between the delinquency notification and its cancel."
        raise Refused(message, "nothing to keep")
    purchase.kept_active_at = at
    note = Note("kept_active", "Kept active by the client", reason=reason, nature=Nature.CLIENT)
    save_change(purchase, note, by=by, at=at)
    report(purchase, "kept_active", at=at)
    return purchase


@transaction.atomic
def extend_due_date(purchase: Purchase, *, by: User | None, at: datetime, due_on: date, reason: str = "") -> Purchase:
    """Give the customer more time: later steps count from the new due date, letters already sent stay sent.

    `by` empty is the client answering by the link in the notification.
    Raises Refused unless it is an unpaid purchase order and the day is after both the old due date and today.
    """
    purchase = lock_order(purchase)
    today = at.astimezone(purchase.client.zone).date()
    if due_on <= today or (purchase.due_on is not None and due_on <= purchase.due_on):
        message = f"The new due date has to be after today and after {purchase.due_on:%Y-%m-%d}."
        raise Refused(message, "due_on")
    text = f"Due date extended from {purchase.due_on:%Y-%m-%d} to {due_on:%Y-%m-%d}"
    purchase.due_on = due_on
    nature = Nature.CLIENT if by is None else Nature.SYSTEM
    save_change(purchase, Note("extended", text, reason=reason, nature=nature), by=by, at=at)
    report(purchase, "extended", at=at)
    return purchase
