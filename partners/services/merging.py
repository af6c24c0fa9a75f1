"""What becomes of a partner whose customer turns out to be another one, or whose names are to be taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.history import record
from customers.signals import Effect, Moved
from partners.models import Partner

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from accounts.models import User
    from customers.models import Customer


def merge_effect(kept: Customer, gone: Customer) -> Effect:
    """Say that the partner record goes along; two partners stay two, each with its own limit."""
    partners = {customer: list(Partner.objects.filter(customer=customer).order_by("pk")) for customer in (kept, gone)}
    if partners[kept] and partners[gone]:
        names = f"{partners[gone][0]} and {partners[kept][0]}"
        return Effect(refusal=f"Both are partners, each with its own limit: {names}. They stay two customers.")
    return Effect(tuple(f"The partner record {partner} goes along, with its limit." for partner in partners[gone]))


def move_partners(kept: Customer, gone: Customer, *, by: User, at: datetime) -> Moved:
    """Make a partner record the kept customer's; within the transaction of the merge."""
    partners = Partner.objects.select_for_update().filter(customer=gone).order_by("pk")
    return Moved("partners", tuple(_give(partner, kept, by=by, at=at) for partner in partners))


def move_partners_back(pks: Collection[int], kept: Customer, gone: Customer, *, by: User, at: datetime) -> None:
    """Give back the partner records that a merge moved."""
    for partner in Partner.objects.select_for_update().filter(pk__in=pks, customer=kept).order_by("pk"):
        _give(partner, gone, by=by, at=at)


def _give(partner: Partner, customer: Customer, *, by: User, at: datetime) -> int:
    partner.customer = customer
    record(partner, by=by, at=at, reason=f"of customer {customer.pk}")
    return partner.pk


def anonymizing_effect(customer: Customer) -> Effect:
    """A partner is known by its name: it can't lose it."""
    partner = Partner.objects.filter(customer=customer).order_by("pk").first()
    if partner is None:
        return Effect()
    return Effect(refusal=f"{partner} is a partner, whose record needs its name and address.")
