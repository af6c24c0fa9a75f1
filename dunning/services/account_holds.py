"""Holds over all purchase orders of a customer or a partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from dunning.models import AccountHold, HoldKind
from dunning.services.explain import refresh_all
from purchases.models import Purchase
from purchases.services.history import Note, enter_all
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User
    from customers.models import Customer
    from partners.models import Partner

    Account = Customer | Partner


@transaction.atomic
def hold_account(
    account: Account,
    *,
    by: User,
    at: datetime,
    reason: str,
    until: date | None = None,
    kind: str = HoldKind.HOLD,
) -> AccountHold:
    """Take no step for any purchase order of an account up to and including the client's day `until`.

    Orders that come later are held too. A second hold replaces the first.
    """
    orders = lock_orders(account)
    for standing in _standing(account):
        _end(standing, by=by, at=at, reason="Replaced by another hold")
    hold = AccountHold.objects.create(
        client_id=account.client_id,
        **{_scope(account): account},
        kind=kind,
        reason=reason[:300],
        until=until,
        set_at=at,
        set_by=by,
    )
    what = "All orders disputed" if kind == HoldKind.DISPUTE else "Dunning of all orders held"
    text = f"{what} until {until:%Y-%m-%d}" if until else what
    _tell(orders, Note("held", f"{text} ({hold.scope})", reason=reason), by=by, at=at)
    return hold


@transaction.atomic
def end_account_hold(hold: AccountHold, *, by: User, at: datetime, reason: str = "") -> AccountHold:
    """End a hold over an account; the next daily decision goes on where each ladder stood.

    Raises Refused when it was ended before.
    """
    orders = lock_orders(hold.customer or hold.partner)  # type: ignore[arg-type]  # it is one or the other
    hold = AccountHold.objects.select_for_update().get(pk=hold.pk)
    if hold.ended_at is not None:
        message = f"This hold of the {hold.scope} was ended already."
        raise Refused(message, "not held")
    _end(hold, by=by, at=at, reason=reason)
    _tell(orders, Note("resumed", f"Dunning resumed ({hold.scope})", reason=reason), by=by, at=at)
    return hold


def lock_orders(account: Account) -> list[Purchase]:
    """Lock an account's open purchases, then the account itself, then what was placed in between.

    With the account locked no order can be placed for it: each new one finds the hold as it stands afterwards.
    """
    rows = Purchase.objects.filter(**{_scope(account): account}).open().with_parties().order_by("pk")
    locked = rows.select_for_update(of=("self",))
    list(locked)
    type(account).objects.select_for_update().get(pk=account.pk)
    return list(locked)


def _scope(account: Account) -> str:
    return account._meta.model_name or ""


def _standing(account: Account) -> list[AccountHold]:
    return list(AccountHold.objects.select_for_update().filter(**{_scope(account): account}, ended_at=None))


def _end(hold: AccountHold, *, by: User, at: datetime, reason: str) -> None:
    hold.ended_at, hold.ended_by, hold.end_reason = at, by, reason[:300]
    hold.save(update_fields=["ended_at", "ended_by", "end_reason"])


def _tell(orders: list[Purchase], note: Note, *, by: User, at: datetime) -> None:
    dunned = [purchase for purchase in orders if purchase.status == Status.PURCHASE_ORDER]
    enter_all(dunned, note, by=by, at=at)
    refresh_all(dunned, at=at)
