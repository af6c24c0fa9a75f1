"""Giving money back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from purchases import emails
from purchases.models import DocumentKind, Nature, Purchase, Refund
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.states import REFUND_ALL, REFUND_PART

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from core.money import Money


@transaction.atomic
def refund_purchase(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    reason: str,
    amount: Money | None = None,
    dedupe_key: str | None = None,
) -> Purchase:
    """Give back `amount`, or without one all that is left, with a credit note and an e-mail.

    The same `dedupe_key` (a form sent twice) refunds once. Raises Refused before payment, in another currency, or for
    more than was paid in all.
    """
    purchase = Purchase.objects.lock(purchase)
    if dedupe_key is not None and Refund.objects.filter(dedupe_key=dedupe_key).exists():
        return purchase
    left = purchase.paid - purchase.refunded
    amount = left if amount is None else amount
    REFUND_PART.check(purchase.status)
    if amount.currency != purchase.currency:
        message = f"{purchase.reference} was paid in {purchase.currency}."
        raise Refused(message, "currency")
    if amount.minor <= 0 or amount > left:
        message = f"Between nothing and {left} can be refunded, not {amount}."
        raise Refused(message, "amount")
    purchase.move(REFUND_ALL if amount == left else REFUND_PART)
    Refund.objects.create(
        purchase=purchase, at=at, amount_minor=amount.minor, reason=reason, by=by, dedupe_key=dedupe_key
    )
    purchase.refunded_minor += amount.minor
    save_change(purchase, Note("refunded", f"Refund of {amount}", reason=reason, nature=Nature.OUTBOUND), by=by, at=at)
    credit_note = issue(purchase, DocumentKind.CREDIT_NOTE, at=at, amount=amount, reason=reason)
    emails.refund(purchase, credit_note=credit_note, amount=amount, at=at)
    report(purchase, "refunded", at=at)
    return purchase
