"""Hold and resume as people ask for it: this purchase order, all of its customer's, or all of its partner's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.refused import Refused
from dunning.models import HoldKind
from dunning.selectors.facts import account_holds_of
from dunning.services.account_holds import end_account_hold, hold_account
from dunning.services.pauses import hold_dunning, resume_dunning

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from accounts.models import User
    from purchases.models import Purchase

ORDER: Final = "order"
"""The scope that is one purchase order; the others are `customer` and `partner`."""


@transaction.atomic
def hold(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    reason: str,
    until: date | None = None,
    kind: str = HoldKind.HOLD,
    scope: str = ORDER,
) -> Purchase:
    """Hold a purchase order, or all of its customer's or partner's; see `hold_dunning` and `hold_account`."""
    if scope == ORDER:
        return hold_dunning(purchase, by=by, at=at, reason=reason, until=until, kind=kind)
    account = purchase.customer if scope == "customer" else purchase.partner
    if account is None:
        message = f"{purchase.reference} has no partner."
        raise Refused(message, "scope")
    hold_account(account, by=by, at=at, reason=reason, until=until, kind=kind)
    return purchase


@transaction.atomic
def resume(purchase: Purchase, *, by: User, at: datetime, reason: str = "", scopes: Collection[str] = ()) -> Purchase:
    """End what is chosen of the holds over a purchase order; without a choice its own, as `resume_dunning`.

    Raises Refused when nothing that is chosen stands any more: another hold is not meant.
    """
    chosen = [one for one in account_holds_of(purchase) if one.scope in scopes]
    if scopes and not chosen and ORDER not in scopes:
        message = "This hold was ended already; what else stands was not chosen."
        raise Refused(message, "not held")
    for one in chosen:
        end_account_hold(one, by=by, at=at, reason=reason)
    if ORDER in scopes or not scopes:
        purchase = resume_dunning(purchase, by=by, at=at, reason=reason)
    return purchase
