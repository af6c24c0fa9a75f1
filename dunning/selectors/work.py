"""Purchases that wait for somebody: which, and by which day one sees what is urgent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, F, OuterRef

from accounts.roles import Right
from dunning.models import Notice, Promise, PromiseOutcome
from dunning.schedule import Step
from purchases.states import WON, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from purchases.querysets import PurchaseQuerySet

DEADLINE_IS_NEAR: Final = timedelta(days=7)
TAKEN_BACK: Final = (Status.CANCELED, Status.REJECTED, Status.REFUNDED)


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: whose it is (`right`), its purchases as of a day, and the field that says what is urgent.

    `when` names that field on screens, `amount` which of a purchase's amounts it is about.
    """

    key: str
    label: str
    right: Right
    narrow: Callable[[PurchaseQuerySet, date], PurchaseQuerySet]
    sort: str
    when: str
    amount: str = "open"


def unanswered(rows: PurchaseQuerySet) -> PurchaseQuerySet:
    """Orders whose client was notified and has not said whether to keep or cancel them."""
    told = Notice.objects.filter(purchase=OuterRef("pk"), step=Step.NOTIFICATION).sent()
    return rows.accepted().filter(Exists(told), held_at=None, kept_active_at=None)


def broken(rows: PurchaseQuerySet) -> PurchaseQuerySet:
    """Unpaid orders whose promised day passed without a newer promise."""
    promises = Promise.objects.filter(purchase=OuterRef("pk"))
    is_open = Exists(promises.filter(outcome=PromiseOutcome.OPEN))
    return rows.accepted().filter(~is_open, Exists(promises.filter(outcome=PromiseOutcome.BROKEN)))


def undocumented(rows: PurchaseQuerySet, on: date) -> PurchaseQuerySet:
    """Orders that are canceled within a week unless their PO document comes."""
    return rows.awaiting_release().filter(document_received_at=None, next_action_on__lte=on + DEADLINE_IS_NEAR)


WORK: Final[tuple[Work, ...]] = (
    Work("answers", "Keep or cancel", Right.HOLD, lambda rows, _: unanswered(rows), "next_action_on", "Canceled on"),
    Work("promises", "Broken promises", Right.HOLD, lambda rows, _: broken(rows), "promised_until", "Promised by"),
    Work("documents", "Document deadline", Right.CONVERT, undocumented, "next_action_on", "Canceled on"),
    Work(
        "late_money",
        "Late money",
        Right.PAYMENTS,
        lambda rows, _: rows.filter(status__in=TAKEN_BACK, paid_minor__gt=F("refunded_minor")),
        "closed_at",
        "Closed on",
        "kept",
    ),
    Work(
        "overpaid",
        "Overpaid",
        Right.PAYMENTS,
        lambda rows, _: rows.filter(status__in=WON, paid_minor__gt=F("gross_minor") + F("refunded_minor")),
        "paid_at",
        "Paid on",
        "excess",
    ),
    Work(
        "charged_back",
        "Charged back",
        Right.PAYMENTS,
        lambda rows, _: rows.filter(status=Status.CHARGED_BACK),
        "paid_at",
        "Paid on",
        "missing",
    ),
    Work(
        "untaxed",
        "Untaxed in review",
        Right.CERTIFICATES,
        lambda rows, _: rows.awaiting_release().filter(tax_minor=0, gross_minor__gt=0),
        "ordered_at",
        "Ordered on",
    ),
    Work(
        "quotes",
        "Open quotes",
        Right.QUOTES,
        lambda rows, _: rows.filter(status=Status.QUOTE),
        "ordered_at",
        "Made on",
        "gross",
    ),
)
"""Every kind of work, the most pressing first."""
