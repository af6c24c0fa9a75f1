"""Ending a purchase without money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from purchases import emails
from purchases.documents import latest_invoice
from purchases.models import DocumentKind, Nature, Purchase
from purchases.services.delivery import has_keys
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.signals import license_decision_needed
from purchases.states import CANCEL

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def cancel_purchase(
    purchase: Purchase,
    *,
    by: User | None,
    at: datetime,
    reason: str,
    is_announced: bool = True,
    nature: str = Nature.SYSTEM,
) -> Purchase:
    """Cancel an open purchase on which no money is kept: credit note if it was invoiced, e-mail to the customer.

    `by` empty is the worker, or, with `nature`, somebody who is no user. A caller that writes its own e-mail passes
    `is_announced=False`. If keys were delivered, a follow-up asks the client about the licenses. Raises Refused in a
    closed status or when money was paid: refund it first.
    """
    purchase = Purchase.objects.lock(purchase)
    purchase.move(CANCEL)
    if purchase.kept:
        message = f"{purchase.kept} was paid on {purchase.reference}: give it back first."
        raise Refused(message, "paid")
    purchase.closed_at = at
    save_change(purchase, Note("canceled", "Purchase canceled", reason=reason, nature=nature), by=by, at=at)
    invoice, credit_note = latest_invoice(purchase), None
    if invoice is not None:
        credit_note = issue(purchase, DocumentKind.CREDIT_NOTE, at=at, corrects=invoice)
    if is_announced:
        emails.cancellation(purchase, credit_note=credit_note, at=at)
    if has_keys(purchase):
        license_decision_needed.send(Purchase, purchase=purchase, at=at)
    report(purchase, "canceled", at=at)
    return purchase
