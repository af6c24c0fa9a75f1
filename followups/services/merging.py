"""What becomes of follow-ups on a customer when it turns out to be another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from customers.signals import Moved
from followups.models import FollowUp

if TYPE_CHECKING:
    from collections.abc import Collection

    from customers.models import Customer


@transaction.atomic
def move_follow_ups(kept: Customer, gone: Customer) -> Moved:
    """Make the follow-ups on `gone` those on `kept`."""
    moved = tuple(FollowUp.objects.filter(customer=gone).order_by("pk").values_list("pk", flat=True))
    FollowUp.objects.filter(pk__in=moved).update(customer=kept)
    return Moved("follow_ups", moved)


@transaction.atomic
def move_follow_ups_back(pks: Collection[int], kept: Customer, gone: Customer) -> None:
    """Give back the follow-ups that a merge moved."""
    FollowUp.objects.filter(pk__in=pks, customer=kept).update(customer=gone)
