"""Booking money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from purchases import emails
from purchases.models import Document, DocumentKind, Nature, Payment, Purchase
from purchases.services.delivery import deliver
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.signals import late_money
from purchases.states import LATE_MONEY, PAY_AGAIN, SETTLE, Status

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from core.money import Money


@transaction.atomic
def record_payment(
    purchase: Purchase,
    *,
    amount: Money,
    method: str,
    by: User | None,
    at: datetime,
    dedupe_key: str,
    bank_reference: str = "",
    card_last4: str = "",
) -> Purchase:
    """Book money received; an open purchase is Paid once everything is covered.

    Money is never lost: on a closed purchase, or beyond the gross, it is booked and shown, and the status stays.
    The same `dedupe_key` books once. Raises Refused for another currency, an amount of nothing, or a quote.
    """
    purchase = Purchase.objects.lock(purchase)
    if Payment.objects.filter(dedupe_key=dedupe_key).exists():
        return purchase
    _check(purchase, amount)
    owed = purchase.open_amount
    Payment.objects.create(
        purchase=purchase,
        at=at,
        amount_minor=amount.minor,
        method=method,
        bank_reference=bank_reference,
        dedupe_key=dedupe_key,
        by=by,
    )
    purchase.paid_minor += amount.minor
    purchase.card_last4 = card_last4 or purchase.card_last4
    is_settled = purchase.is_open and purchase.paid_minor >= purchase.gross_minor
    if is_settled:
        purchase.move(SETTLE)
        purchase.paid_at = purchase.closed_at = at
    elif (
        purchase.status == Status.CHARGED_BACK and purchase.paid_minor - purchase.refunded_minor >= purchase.gross_minor
    ):
        purchase.move(PAY_AGAIN)
        purchase.paid_at = at
    text = f"Payment of {amount} received" + ("; fully paid" if is_settled else "")
    save_change(purchase, Note("payment", text, reason=bank_reference, nature=Nature.INBOUND), by=by, at=at)
    if is_settled:
        _settle(purchase, by=by, at=at)
    if amount > owed:
        late_money.send(Purchase, purchase=purchase, amount=amount - owed, at=at)
    report(purchase, "payment", at=at)
    return purchase


def _check(purchase: Purchase, amount: Money) -> None:
    if amount.currency != purchase.currency:
        message = (
            f"{purchase.reference} is in {purchase.currency}; a payment in {amount.currency} can't be booked on it."
        )
        raise Refused(message, "currency")
    if amount.minor <= 0:
        message = "A payment is more than nothing."
        raise Refused(message, "amount")
    if not purchase.is_open and purchase.status not in LATE_MONEY | {Status.CHARGED_BACK}:
        message = f"{purchase.reference} is {purchase.status_label}: it can't be paid."
        raise Refused(message, "status")


def _settle(purchase: Purchase, *, by: User | None, at: datetime) -> None:
    """Deliver what waited for the money and send the receipt, with the invoice if none was issued before."""
    is_invoiced = Document.objects.filter(purchase=purchase, kind=DocumentKind.INVOICE).exists()
    document = issue(purchase, DocumentKind.RECEIPT if is_invoiced else DocumentKind.INVOICE, at=at)
    if not is_invoiced:
        deliver(purchase, by=by, at=at)
    emails.receipt(purchase, document=document, at=at)
