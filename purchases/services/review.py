"""Reviewing a PO document: the reviewer's checklist, and asking the customer for the document again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.lengths import one_line, refuse_too_long
from core.refused import Refused
from purchases import emails
from purchases.models import Method, Nature, Purchase, ReviewCheck
from purchases.selectors import CHECKLIST
from purchases.services.history import Note, report, save_change
from purchases.services.release import reviewer_refusal
from purchases.states import LABELS, RELEASE
from purchases.wording import MISSING_POINTS

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def check_line(
    purchase: Purchase, *, by: User, at: datetime, key: str, is_met: bool | None, note: str = ""
) -> ReviewCheck | None:
    """Note that a line of the checklist is met or not; `is_met` None takes the note back.

    The last one to look has the line: with four eyes the second person sees who found what, and may find otherwise.
    Raises Refused when there is no such line, nothing is to be reviewed, or `by` may not review it.
    """
    purchase = Purchase.objects.lock(purchase)
    _check_review(purchase, by)
    if key not in CHECKLIST:
        message = f"“{key}” is no line of the checklist."
        raise Refused(message, "line")
    if is_met is None:
        ReviewCheck.objects.filter(purchase=purchase, key=key).delete()
        return None
    check = ReviewCheck.objects.filter(purchase=purchase, key=key).first() or ReviewCheck(purchase=purchase, key=key)
    check.is_met, check.note, check.by, check.at = is_met, one_line(note), by, at
    refuse_too_long(check)
    check.save()
    return check


def ask_again_refusal(purchase: Purchase, user: User) -> str:
    """Say why `user` can't ask the customer for the document; empty when they can."""
    refusal = reviewer_refusal(purchase, user)
    if refusal:
        return refusal
    if not emails.is_address(purchase.billing_email):
        return "There is no e-mail address to write to; ask by phone, fax or letter."
    return ""


@transaction.atomic
def ask_again(purchase: Purchase, *, by: User, at: datetime, points: Collection[str], message: str = "") -> Purchase:
    """Write to the customer, in their language, what their PO document lacks; the purchase goes on waiting.

    `points` are keys of `MISSING_POINTS`, `message` is a sentence of the reviewer's own. Raises Refused when there is
    nothing to ask, nobody to write to, nothing to be reviewed, or `by` may not review it.
    """
    purchase = Purchase.objects.lock(purchase)
    _check_review(purchase, by)
    refusal = ask_again_refusal(purchase, by)
    if refusal:
        raise Refused(refusal, "no address")
    chosen = [point for point in MISSING_POINTS["en"] if point in points]
    if len(chosen) != len(set(points)) or not (chosen or message.strip()):
        raise Refused("Say what the document lacks.", "points")
    purchase.document_asked_at = at
    names = ", ".join(CHECKLIST.get(point, "The document itself") for point in chosen)
    note = Note(
        "document_asked",
        "Customer asked for the PO document again",
        reason=names,
        detail=message,
        nature=Nature.OUTBOUND,
        method=Method.EMAIL,
    )
    save_change(purchase, note, by=by, at=at)
    emails.po_ask_again(purchase, points=chosen, message=message, at=at)
    report(purchase, "document_asked", at=at)
    return purchase


def _check_review(purchase: Purchase, user: User) -> None:
    RELEASE.check(purchase.status, label_of=LABELS)
    refusal = reviewer_refusal(purchase, user)
    if refusal:
        raise Refused(refusal, "not the reviewer")
