"""Giving money back for a paid purchase."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.roles import Right
from core.money import Money
from core.refused import Refused
from purchases import emails
from purchases.documents import Credit, latest_invoice, reason_for_customer
from purchases.models import CustomerReason, DocumentKind, Nature, Purchase, Refund, RefundItem, RefundKind
from purchases.services.credit import Wish, credit_for, worth_of
from purchases.services.delivery import has_keys
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.signals import license_decision_needed
from purchases.states import LABELS, REFUND_ALL, REFUND_PART

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from core.transitions import Transition


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refund would do: how much goes back, what of the sale is taken back, and the step of the life cycle.

    `step` empty: only money beyond the price goes back; the sale stays as it is and there is nothing to credit.
    """

    amount: Money
    credit: Credit
    step: Transition | None


def plan_refund(purchase: Purchase, wish: Wish, *, customer_reason: str = CustomerReason.OTHER) -> Plan:
    """Work out a refund without doing it: the figures before the button is pressed are those after it.

    Raises Refused before payment, in another currency, for nothing, and for more than is there.
    """
    REFUND_PART.check(purchase.status, label_of=LABELS)
    kept, worth = purchase.kept, worth_of(purchase)
    if wish.amount is not None and wish.amount.currency != purchase.currency:
        message = f"{purchase.reference} was paid in {purchase.currency}."
        raise Refused(message, "currency")
    if wish.kind == RefundKind.AMOUNT and customer_reason == CustomerReason.OVERPAYMENT:
        surplus = Money(max(kept.minor - worth.gross_minor, 0), purchase.currency)
        return _plan_surplus(purchase, wish, surplus=surplus)
    credit = credit_for(purchase, wish, worth=worth)
    amount = Money(credit.gross_minor, purchase.currency)
    if wish.kind == RefundKind.TOTAL:
        amount = kept
    elif wish.kind == RefundKind.AMOUNT and wish.is_tax_included and wish.amount:
        amount = wish.amount
    if amount.minor <= 0 or amount > kept:
        message = f"Between nothing and {kept} can be refunded, not {amount}."
        raise Refused(message, "amount")
    return Plan(amount, credit, REFUND_ALL if amount == kept else REFUND_PART)


def _plan_surplus(purchase: Purchase, wish: Wish, *, surplus: Money) -> Plan:
    amount = surplus if wish.amount is None else wish.amount
    if not 0 < amount.minor <= surplus.minor:
        message = f"{surplus} was paid too much on {purchase.reference}: no more can be given back as an overpayment."
        raise Refused(message, "overpayment")
    return Plan(amount, Credit(), REFUND_ALL if amount == purchase.kept else None)


def refund_refusal(user: User, kind: str) -> str:
    """Say why `user` can't give back a refund of this kind; empty when they can. Tax alone takes a lesser right."""
    if user.may(Right.REFUND) or (kind == RefundKind.TAX and user.may(Right.REFUND_TAX)):
        return ""
    label = user.role_data.label
    return f"Your role ({label}) gives back {'the tax only' if user.may(Right.REFUND_TAX) else 'no money'}."


@transaction.atomic
def refund_purchase(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    reason: str = "",
    amount: Money | None = None,
    wish: Wish | None = None,
    customer_reason: str = CustomerReason.OTHER,
    dedupe_key: str | None = None,
) -> Purchase:
    """Give back what `wish` says, else `amount`, else all that is left: credit note and e-mail say why.

    The customer reads `customer_reason`; where that is Other, `reason`. What was paid too much (an amount, with the
    reason Overpayment) goes back without a credit note and without touching the sale. The same `dedupe_key` (a form
    sent twice) refunds once. Raises Refused before payment, in another currency, or for more than was paid in all; who
    may refund what (`refund_refusal`) is the page's to ask.
    """
    purchase = Purchase.objects.lock(purchase)
    if dedupe_key is not None and Refund.objects.filter(dedupe_key=dedupe_key).exists():
        return purchase
    wish = wish or (Wish(RefundKind.AMOUNT, amount) if amount is not None else Wish())
    reason = reason.strip()
    if customer_reason == CustomerReason.OTHER and not reason:
        message = "Say why: with the reason “Other” the customer reads the remark."
        raise Refused(message, "reason")
    plan = plan_refund(purchase, wish, customer_reason=customer_reason)
    if plan.step is not None:
        purchase.move(plan.step)
    because = reason_for_customer(purchase, customer_reason, reason)
    refund = Refund(
        purchase=purchase,
        at=at,
        kind=wish.kind,
        customer_reason=customer_reason,
        reason=(reason or CustomerReason(customer_reason).label)[:300],
        by=by,
        dedupe_key=dedupe_key,
    )
    _book(refund, plan, remark=reason)
    if plan.credit.parts:
        invoice = latest_invoice(purchase)
        refund.credit_note = issue(
            purchase, DocumentKind.CREDIT_NOTE, at=at, credit=plan.credit, reason=because, corrects=invoice
        )
        refund.save(update_fields=["credit_note"])
    emails.refund(purchase, credit_note=refund.credit_note, amount=plan.amount, at=at, reason=because, key=refund.pk)
    if plan.step is REFUND_ALL and has_keys(purchase):
        license_decision_needed.send(Purchase, purchase=purchase, at=at)
    report(purchase, "refunded", at=at)
    return purchase


def _book(refund: Refund, plan: Plan, *, remark: str) -> None:
    """Write a refund down: the row with its pieces, the purchase's money, the history."""
    purchase, pieces = refund.purchase, plan.credit.pieces if refund.kind == RefundKind.ITEMS else ()
    refund.amount_minor, refund.tax_minor = plan.amount.minor, plan.credit.tax_minor
    refund.parts = [[str(part.percent), part.net_minor, part.tax_minor] for part in plan.credit.parts]
    refund.save()
    RefundItem.objects.bulk_create(
        RefundItem(refund=refund, item=piece.item, quantity=piece.quantity, amount_minor=piece.gross_minor)
        for piece in pieces
    )
    purchase.refunded_minor += plan.amount.minor
    kind, why = refund.get_kind_display().lower(), refund.get_customer_reason_display().lower()
    note = Note(
        "refunded",
        f"Refund of {plan.amount} ({kind}): {why}",
        reason=remark,
        detail=", ".join(str(piece) for piece in pieces),
        nature=Nature.OUTBOUND,
    )
    save_change(purchase, note, by=refund.by, at=refund.at)
