"""Promises to pay: given, and what became of them."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from django.db import transaction

from dunning.models import Promise, PromiseOutcome
from dunning.services.pauses import lock_order
from purchases.models import BankLine, Nature, Payment
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

    Kept when it was paid in full, at once or in parts, up to and including the promised day of the client, also where
    that was booked later; no longer needed when it ended otherwise; broken once the day is over.
    """
    if purchase.promised_until is None:
        return
    outcome: PromiseOutcome | None
    today = at.astimezone(purchase.client.zone).date()
    is_over = purchase.promised_until < today
    if purchase.status == Status.PAID:
        is_over = is_over and _covered_on(purchase, today) > purchase.promised_until
        outcome = PromiseOutcome.BROKEN if is_over else PromiseOutcome.KEPT
    elif purchase.status == Status.PURCHASE_ORDER:
        outcome = PromiseOutcome.BROKEN if is_over else None
    else:
        outcome = PromiseOutcome.WITHDRAWN
    if outcome == PromiseOutcome.KEPT:
        _keep_after_all(purchase, purchase.promised_until, at=at)
    if outcome is None or not _settle(purchase, outcome, at=at) or outcome != PromiseOutcome.BROKEN:
        return
    text = f"The promise to pay by {purchase.promised_until:%Y-%m-%d} was broken"
    enter(purchase, Note("promise_broken", text), by=None, at=at)


def _covered_on(purchase: Purchase, today: date) -> date:
    """Find the day by which a purchase's money had arrived in full: the bank's own day where it came in its file.

    What came later on top of it changes nothing, whichever was booked first.
    """
    bank = f"bank:{purchase.client_id}:"
    payments = list(Payment.objects.filter(purchase=purchase))
    marks = [payment.dedupe_key.removeprefix(bank) for payment in payments]
    lines = BankLine.objects.filter(client=purchase.client_id, fingerprint__in=marks)
    booked = dict(lines.values_list("fingerprint", "booked_on"))
    zone = purchase.client.zone
    arrived = sorted(
        (booked.get(mark, payment.at.astimezone(zone).date()), payment.amount_minor)
        for mark, payment in zip(marks, payments, strict=True)
    )
    sums = accumulate(minor for _, minor in arrived)
    owed = purchase.gross_minor + purchase.refunded_minor
    return next((day for (day, _), total in zip(arrived, sums, strict=True) if total >= owed), today)


def _keep_after_all(purchase: Purchase, until: date, *, at: datetime) -> None:
    """Take back that a promise was broken: the money was there in time and only booked later."""
    broken = Promise.objects.filter(purchase=purchase, until=until, outcome=PromiseOutcome.BROKEN)
    if broken.update(outcome=PromiseOutcome.KEPT, settled_at=at):
        text = f"The promise to pay by {until:%Y-%m-%d} was kept: the money was there, booked later"
        enter(purchase, Note("promise_kept", text), by=None, at=at)


def _settle(purchase: Purchase, outcome: PromiseOutcome, *, at: datetime) -> bool:
    standing = Promise.objects.filter(purchase=purchase, outcome=PromiseOutcome.OPEN)
    return bool(standing.update(outcome=outcome, settled_at=at))
