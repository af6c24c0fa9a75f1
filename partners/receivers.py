"""What partners do when customers become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from customers.models import Customer
from customers.signals import anonymizing_asked, customers_merged, merge_asked, merge_undone
from partners.services import merging

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from customers.signals import Effect, Moved


@receiver(merge_asked, sender=Customer, dispatch_uid="partners-merge-asked")
def tell_of_partners(*, kept: Customer, gone: Customer, **_: Any) -> Effect:
    """Say what a merge would do with partner records."""
    return merging.merge_effect(kept, gone)


@receiver(customers_merged, sender=Customer, dispatch_uid="partners-merged")
def move_partners(*, kept: Customer, gone: Customer, by: User, at: datetime, **_: Any) -> Moved:
    """Two customers are one: its partner record goes along."""
    return merging.move_partners(kept, gone, by=by, at=at)


@receiver(merge_undone, sender=Customer, dispatch_uid="partners-merge-undone")
def move_partners_back(
    *, kept: Customer, gone: Customer, moved: dict[str, list[int]], by: User, at: datetime, **_: Any
) -> None:
    """They are two after all."""
    merging.move_partners_back(moved.get("partners", []), kept, gone, by=by, at=at)


@receiver(anonymizing_asked, sender=Customer, dispatch_uid="partners-anonymizing-asked")
def keep_partners_named(*, customer: Customer, **_: Any) -> Effect:
    """A partner keeps its name."""
    return merging.anonymizing_effect(customer)
