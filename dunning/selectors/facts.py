"""What a decision about a purchase depends on, collected from its rows."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from dunning.models import AccountHold, HoldKind, Notice, NoticeStatus
from dunning.schedule import Facts, Step
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from purchases.models import Purchase


AT_ONCE: Final = 1000
"""How many purchases one query asks about: PostgreSQL takes at most 65,535 parameters."""


class Hold(NamedTuple):
    """A hold that stands: until when (its last day; None is open-ended), whose, and whether it is a dispute."""

    until: date | None
    scope: str = ""
    is_disputed: bool = False

    @property
    def strength(self) -> tuple[date, bool]:
        """The one that lasts longest decides; of two alike the purchase order's own."""
        return (self.until or date.max, not self.scope)


def facts_of(
    purchase: Purchase,
    *,
    notices: Iterable[Notice] | None = None,
    account_holds: Iterable[AccountHold] | None = None,
    without: Notice | None = None,
) -> Facts:
    """Collect all that a decision about `purchase` depends on; `without` leaves one notice out of account.

    For several purchases use `facts_of_all`: what is not handed in is read here.
    """
    if notices is None:
        notices = Notice.objects.filter(purchase=purchase).standing().order_by("pk")
    if account_holds is None:
        account_holds = account_holds_of(purchase)
    standing = [notice for notice in notices if without is None or notice.pk != without.pk]
    policy, partner = purchase.policy, purchase.partner
    hold = max(_holds(purchase, account_holds), key=lambda hold: hold.strength, default=None)
    return Facts(
        status=purchase.status,
        ordered_on=purchase.ordered_on,
        due_on=purchase.due_on,
        gross_minor=purchase.gross_minor,
        paid_minor=purchase.kept.minor,
        is_test=purchase.is_test,
        is_exempt_partner=partner is not None and partner.month_end_statement,
        has_document=purchase.document_received_at is not None,
        has_email=is_address(purchase.billing_email),
        dunning=policy.dunning,
        cancel_step=policy.cancel_step,
        cancel_after_business_days=policy.cancel_after_business_days,
        document_deadline_days=policy.document_deadline_days,
        country=purchase.client.country,
        subdivision=purchase.client.subdivision,
        sent={Step(notice.step): notice.sent_on for notice in standing if notice.sent_on is not None},
        pending=next((Step(n.step) for n in standing if n.status == NoticeStatus.PENDING), None),
        last_step_on=max((notice.on for notice in standing), default=None),
        is_bounced=any(notice.returned_at is not None for notice in standing),
        is_held=hold is not None,
        hold_until=hold.until if hold else None,
        is_disputed=hold is not None and hold.is_disputed,
        hold_scope=hold.scope if hold else "",
        promised_until=purchase.promised_until,
        is_kept_active=purchase.kept_active_at is not None,
    )


def _holds(purchase: Purchase, account_holds: Iterable[AccountHold]) -> list[Hold]:
    holds = [Hold(hold.until, hold.scope, hold.kind == HoldKind.DISPUTE) for hold in account_holds]
    if purchase.held_at is not None:
        holds.append(Hold(purchase.hold_until, "", purchase.is_disputed))
    return holds


def account_holds_of(purchase: Purchase) -> list[AccountHold]:
    """List the holds that stand over a purchase's customer and partner; only an accepted PO is held."""
    if purchase.status != Status.PURCHASE_ORDER:
        return []
    account = Q(customer=purchase.customer_id)
    if purchase.partner_id is not None:
        account |= Q(partner=purchase.partner_id)
    return list(AccountHold.objects.filter(account, ended_at=None).order_by("pk"))


def facts_of_all(purchases: Sequence[Purchase]) -> dict[int, Facts]:
    """Collect the facts of several purchases, by primary key: two queries for each thousand of them."""
    found: dict[int, Facts] = {}
    for start in range(0, len(purchases), AT_ONCE):
        found |= _facts_of_some(purchases[start : start + AT_ONCE])
    return found


def _facts_of_some(purchases: Sequence[Purchase]) -> dict[int, Facts]:
    notices, by_account = notices_of(purchases), _account_holds(purchases)
    return {
        purchase.pk: facts_of(
            purchase,
            notices=notices.get(purchase.pk, ()),
            account_holds=[
                by_account[key]
                for key in (("customer", purchase.customer_id), ("partner", purchase.partner_id))
                if key in by_account and purchase.status == Status.PURCHASE_ORDER
            ],
        )
        for purchase in purchases
    }


def _account_holds(purchases: Sequence[Purchase]) -> dict[tuple[str, int | None], AccountHold]:
    customers = {purchase.customer_id for purchase in purchases}
    partners = {purchase.partner_id for purchase in purchases if purchase.partner_id is not None}
    standing = AccountHold.objects.filter(Q(customer__in=customers) | Q(partner__in=partners), ended_at=None)
    return {(hold.scope, hold.customer_id or hold.partner_id): hold for hold in standing}


def is_address(text: str) -> bool:
    """Whether a letter could be sent to `text`."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def notices_of(purchases: Sequence[Purchase]) -> dict[int, list[Notice]]:
    """Group the standing notices of several purchases: one query."""
    grouped: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(purchase__in=purchases).standing().order_by("pk"):
        grouped.setdefault(notice.purchase_id, []).append(notice)
    return grouped
