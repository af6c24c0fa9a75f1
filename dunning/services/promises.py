"""Promises to pay: given, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from dunning.models import Promise, PromiseOutcome
from dunning.services.pauses import lock_order
from purchases.models import Nature
from purchases.services.history import Note, enter, report, save_change
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User
    from purchases.models import Purchase


@transaction.atomic
def promise_payment(purchase: Purchase, *, by: User, at: datetime, until: date, note: str = "") -> Purchase:
    """Note that the customer promised to pay by `until`: no step up to and including that day of the client.

    A second promise replaces the first. Raises Refused unless it is an unpaid purchase order.
    """
    purchase = lock_order(purchase)
    _settle(purchase, PromiseOutcome.REPLACED, at=at)
    Promise.objects.create(purchase=purchase, until=until, note=note[:300], by=by, at=at)
    purchase.promised_until = until
    text = f"Payment promised by {until:%Y-%m-%d}"
    save_change(purchase, Note("promised", text, reason=note, nature=Nature.INBOUND), by=by, at=at)
    report(purchase, "promised", at=at)
    return purchase


def settle_promise(purchase: Purchase, *, at: datetime) -> None:
    """Say what became of a locked purchase's open promise, if that is known as of `at`.

    Kept when it was paid in full up to and including the promised day of the client; no longer needed when it ended
    otherwise; broken once the day is over.
    """
    if purchase.promised_until is None:
        return
    is_over = purchase.promised_until < at.astimezone(purchase.client.zone).date()
    if purchase.status == Status.PURCHASE_ORDER or (purchase.status == Status.PAID and is_over):
        outcome = PromiseOutcome.BROKEN if is_over else None
    else:
        outcome = PromiseOutcome.KEPT if purchase.status == Status.PAID else PromiseOutcome.WITHDRAWN
    if outcome is None or not _settle(purchase, outcome, at=at) or outcome != PromiseOutcome.BROKEN:
        return
    text = f"The promise to pay by {purchase.promised_until:%Y-%m-%d} was broken"
    enter(purchase, Note("promise_broken", text), by=None, at=at)


def _settle(purchase: Purchase, outcome: PromiseOutcome, *, at: datetime) -> bool:
    standing = Promise.objects.filter(purchase=purchase, outcome=PromiseOutcome.OPEN)
    return bool(standing.update(outcome=outcome, settled_at=at))
