"""The days to pay of one purchase, other than its policy's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.refused import Refused
from purchases.models import Policy, Purchase
from purchases.services.history import Note, report, save_change
from purchases.states import AWAITING_PO_DOCUMENT

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

TERMS: Final[dict[int, str]] = dict(Policy._meta.get_field("term_days").choices or ())  # type: ignore[arg-type]
NO_TERM: Final = "Only a purchase order has a term."


def term_note(purchase: Purchase, reason: str) -> Note:
    """Word which term holds instead of the policy's, and why."""
    text = f"Term of {purchase.term_days} days; the policy's is {purchase.policy.term_days}"
    return Note("term", text, reason=reason.strip())


def check_term(term_days: int, reason: str) -> None:
    """Raise Refused unless `term_days` is a term at all and somebody says why it is to hold."""
    if term_days not in TERMS:
        message = f"A term is {', '.join(str(days) for days in TERMS)} days."
        raise Refused(message, "term")
    if not reason.strip():
        message = "Say why another term holds: it stands in the history beside your name."
        raise Refused(message, "reason")


@transaction.atomic
def change_term(purchase: Purchase, *, term_days: int, reason: str, by: User, at: datetime) -> Purchase:
    """Give a purchase order that is not released yet another term; its due date follows from it at the release.

    A first approval has to be given again. Raises Refused in another status, for no term at all or the one it has, and
    without a reason.
    """
    purchase = Purchase.objects.lock(purchase)
    if purchase.status not in AWAITING_PO_DOCUMENT:
        message = f"{purchase.reference} is {purchase.status_label}: its term is fixed. The due date may be extended."
        raise Refused(message, "status")
    if not purchase.is_po:
        raise Refused(NO_TERM, "po")
    check_term(term_days, reason)
    if purchase.term_days == term_days:
        message = f"The term is {term_days} days already."
        raise Refused(message, "same")
    purchase.term_days = term_days
    purchase.approved_by, purchase.approved_at = None, None
    save_change(purchase, term_note(purchase, reason), by=by, at=at)
    report(purchase, "term", at=at)
    return purchase
