"""What becomes of holds over a customer's orders when it turns out to be another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from customers.signals import Effect, Moved
from dunning.models import AccountHold
from dunning.selectors.payers import hold_of
from dunning.services.account_holds import lock_orders
from dunning.services.explain import refresh

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from customers.models import Customer


def merge_effect(kept: Customer, gone: Customer) -> Effect:
    """Say whose orders will be held, too; two holds would contradict each other."""
    mine, theirs = hold_of(kept), hold_of(gone)
    if mine and theirs:
        return Effect(refusal="All orders of both are on hold, each for its own reason: end one of the holds first.")
    hold = mine or theirs
    if hold is None:
        return Effect()
    which = "that move" if hold is mine else "of the customer you keep"
    return Effect((f"{hold.get_kind_display()} over all orders: the orders {which} are held, too ({hold.reason}).",))


def move_holds(kept: Customer, gone: Customer, *, at: datetime) -> Moved:
    """Make the holds over `gone` those over `kept`, and decide anew about all its open orders."""
    holds = list(AccountHold.objects.select_for_update().filter(customer=gone).order_by("pk"))
    moved = tuple(hold.pk for hold in holds)
    AccountHold.objects.filter(pk__in=moved).update(customer=kept)
    _decide_anew(kept, at=at)
    return Moved("holds", moved)


def move_holds_back(pks: Collection[int], kept: Customer, gone: Customer, *, at: datetime) -> None:
    """Give back the holds that a merge moved, and decide anew about both customers' open orders."""
    AccountHold.objects.filter(pk__in=pks, customer=kept).update(customer=gone)
    for customer in (kept, gone):
        _decide_anew(customer, at=at)


def _decide_anew(customer: Customer, *, at: datetime) -> None:
    for purchase in lock_orders(customer):
        refresh(purchase, at=at)
