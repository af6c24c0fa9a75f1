"""Money and keys that go back outside a refund: return payment, charge back, reinstating, deactivating licenses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.roles import Right
from core.refused import Refused
from purchases import emails
from purchases.models import LicenseKey, Nature, Purchase, Refund, RefundKind
from purchases.services.delivery import has_keys
from purchases.services.history import Note, report, save_change
from purchases.services.payment import settle
from purchases.signals import license_decision_needed
from purchases.states import CHARGE_BACK, DEACTIVATABLE, REINSTATE, RETURNABLE

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from accounts.models import User
    from core.money import Money


@transaction.atomic
def return_payment(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    reason: str,
    amount: Money | None = None,
    dedupe_key: str | None = None,
) -> Purchase:
    """Give back `amount`, or without one all of the money that is there, where it pays for nothing (yet).

    On an open purchase the amount is open again, and once nothing is kept it can be canceled; on a closed one late
    money goes back. The status stays; there is no credit note, since nothing of the sale is taken back. The same
    `dedupe_key` books once. Raises Refused on a paid purchase (that is a refund), a quote, in another currency, or
    for more than is there.
    """
    purchase = Purchase.objects.lock(purchase)
    if dedupe_key is not None and Refund.objects.filter(dedupe_key=dedupe_key).exists():
        return purchase
    kept = purchase.kept
    amount = kept if amount is None else amount
    if purchase.status not in RETURNABLE:
        message = f"{purchase.reference} is {purchase.status_label}: there is no payment to return, only to refund."
        raise Refused(message, "status")
    if amount.currency != purchase.currency:
        message = f"{purchase.reference} was paid in {purchase.currency}."
        raise Refused(message, "currency")
    if not 0 < amount.minor <= kept.minor:
        message = f"Between nothing and {kept} can be returned, not {amount}."
        raise Refused(message, "amount")
    refund = _take_out(
        purchase, amount, kind=RefundKind.RETURN_PAYMENT, by=by, at=at, reason=reason, dedupe_key=dedupe_key
    )
    note = Note("returned", f"Payment of {amount} returned", reason=reason, nature=Nature.OUTBOUND)
    save_change(purchase, note, by=by, at=at)
    emails.payment_returned(purchase, amount=amount, at=at, key=refund.pk)
    report(purchase, "returned", at=at)
    return purchase


@transaction.atomic
def charge_back(purchase: Purchase, *, by: User | None, at: datetime, reason: str) -> Purchase:
    """Note that the bank took all the money back: a returned debit, a card charge back.

    Nothing is credited, since the sale stands and is still owed; a follow-up asks what to do, another about the
    licenses. When the money comes again, the purchase is Paid again. Raises Refused unless it is paid.
    """
    purchase = Purchase.objects.lock(purchase)
    purchase.move(CHARGE_BACK)
    amount = purchase.kept
    if not amount:
        message = f"Nothing was paid on {purchase.reference}."
        raise Refused(message, "amount")
    _take_out(purchase, amount, kind=RefundKind.CHARGE_BACK, by=by, at=at, reason=reason)
    note = Note("charged_back", f"{amount} charged back", reason=reason, nature=Nature.INBOUND)
    save_change(purchase, note, by=by, at=at)
    if has_keys(purchase):
        license_decision_needed.send(Purchase, purchase=purchase, at=at)
    report(purchase, "charged_back", at=at)
    return purchase


@transaction.atomic
def reinstate_purchase(purchase: Purchase, *, by: User, at: datetime, reason: str) -> Purchase:
    """Bring a canceled purchase back as Paid, since money that covers it came late.

    The cancel's credit note undid the invoice, so there is a new one; keys are delivered if they never were or were
    deactivated. Raises Refused without the right, without a reason, unless it is canceled, or while money is missing.
    """
    purchase = Purchase.objects.lock(purchase)
    purchase.move(REINSTATE)
    if not by.may(Right.PAYMENTS):
        message = f"Your role ({by.role_data.label}) does not include reinstating a purchase."
        raise Refused(message, "right")
    if not reason.strip():
        message = "Say why it is reinstated."
        raise Refused(message, "reason")
    if purchase.kept < purchase.gross:
        message = f"{purchase.kept} of {purchase.gross} is there: the rest has to come in first."
        raise Refused(message, "not covered")
    purchase.paid_at = purchase.closed_at = at
    save_change(purchase, Note("reinstated", "Purchase reinstated; fully paid", reason=reason), by=by, at=at)
    settle(purchase, REINSTATE, by=by, at=at)
    report(purchase, "reinstated", at=at)
    return purchase


@transaction.atomic
def deactivate_licenses(
    purchase: Purchase, *, by: User, at: datetime, reason: str = "", keys: Collection[int] | None = None
) -> Purchase:
    """Take delivered license keys back: those with the ids `keys`, or all that are active. The client decides.

    Nobody is written to: the client asked for it. Raises Refused unless the purchase is canceled, refunded or charged
    back, or when there is no such active key.
    """
    purchase = Purchase.objects.lock(purchase)
    if purchase.status not in DEACTIVATABLE:
        message = f"{purchase.reference} is {purchase.status_label}: its license keys stay valid."
        raise Refused(message, "status")
    active = LicenseKey.objects.select_for_update().filter(item__purchase=purchase, deactivated_at=None)
    chosen = [key for key in active.order_by("pk") if keys is None or key.pk in keys]
    if not chosen or (keys is not None and len(chosen) < len(set(keys))):
        message = f"{purchase.reference} has no such active license key."
        raise Refused(message, "keys")
    LicenseKey.objects.filter(pk__in=[key.pk for key in chosen]).update(deactivated_at=at)
    text = "1 license key deactivated" if len(chosen) == 1 else f"{len(chosen)} license keys deactivated"
    codes = "\n".join(key.code for key in chosen)
    save_change(purchase, Note("deactivated", text, reason=reason, detail=codes), by=by, at=at)
    report(purchase, "deactivated", at=at)
    return purchase


def _take_out(
    purchase: Purchase,
    amount: Money,
    *,
    kind: str,
    by: User | None,
    at: datetime,
    reason: str,
    dedupe_key: str | None = None,
) -> Refund:
    purchase.refunded_minor += amount.minor
    return Refund.objects.create(
        purchase=purchase,
        at=at,
        amount_minor=amount.minor,
        kind=kind,
        reason=reason[:300],
        by=by,
        dedupe_key=dedupe_key,
    )
