"""Booking money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.money import Money
from core.refused import Refused
from purchases import emails
from purchases.documents import latest_invoice
from purchases.models import DocumentKind, Nature, Payment, Purchase
from purchases.services.credit import missing_on
from purchases.services.delivery import deliver, lacks_keys
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.signals import late_money
from purchases.states import LATE_MONEY, PAY_AGAIN, REINSTATE, SETTLE, Status

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from core.transitions import Transition


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
    booked = Payment.objects.filter(dedupe_key=dedupe_key).first()
    if booked is not None and booked.purchase_id != purchase.pk:
        message = "This payment was booked on another purchase already."
        raise Refused(message, "booked")
    if booked is not None:
        return purchase
    _check(purchase, amount)
    is_owed = purchase.is_open or purchase.status == Status.CHARGED_BACK
    owed = missing_on(purchase) if is_owed else Money(0, purchase.currency)
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
    step = _step_of(purchase, is_covered=amount >= owed)
    if step is not None:
        purchase.move(step)
        purchase.paid_at = purchase.closed_at = at
    text = f"Payment of {amount} received" + ("; fully paid" if step else "")
    save_change(purchase, Note("payment", text, reason=bank_reference, nature=Nature.INBOUND), by=by, at=at)
    if step is not None:
        settle(purchase, step, by=by, at=at)
    if amount > owed:
        late_money.send(Purchase, purchase=purchase, amount=amount - owed, at=at)
    report(purchase, "payment", at=at)
    return purchase


def _step_of(purchase: Purchase, *, is_covered: bool) -> Transition | None:
    if is_covered and purchase.is_open:
        return SETTLE
    return PAY_AGAIN if is_covered and purchase.status == Status.CHARGED_BACK else None


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


def settle_free(purchase: Purchase, *, by: User | None, at: datetime, link: str = "") -> None:
    """Make a locked open purchase over nothing Paid at once: no money will ever come that could settle it.

    It is invoiced and delivered, also where delivery waits for the money. `link` is the order's own page.
    """
    purchase.move(SETTLE)
    purchase.paid_at = purchase.closed_at = at
    save_change(purchase, Note("settled", "Nothing to pay: settled at once"), by=by, at=at)
    settle(purchase, SETTLE, by=by, at=at, link=link)


def settle(purchase: Purchase, step: Transition, *, by: User | None, at: datetime, link: str = "") -> None:
    """Send a purchase that `step` made Paid its receipt; where no invoice holds, the invoice. Deliver what is owed.

    Keys go along with the first invoice; what was Paid or Canceled before gets those that are missing by now.
    """
    invoice = latest_invoice(purchase)
    is_invoiced = invoice is not None and step is not REINSTATE  # the cancel credited what was invoiced
    document = issue(purchase, DocumentKind.RECEIPT if is_invoiced else DocumentKind.INVOICE, at=at)
    if invoice is None or (step is not SETTLE and lacks_keys(purchase)):
        deliver(purchase, by=by, at=at)
    if purchase.gross_minor:
        emails.receipt(purchase, document=document, at=at, again="" if step is SETTLE else document.number)
    else:
        emails.nothing_to_pay(purchase, document=document, at=at, link=link)
