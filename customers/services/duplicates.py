"""What somebody says about proposed duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from customers.models import NotTheSame

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from customers.models import Customer


@transaction.atomic
def mark_not_the_same(one: Customer, other: Customer, *, by: User, at: datetime) -> NotTheSame:
    """Note that two customers, proposed as one, are two; saying it again changes nothing."""
    if one.client_id != other.client_id or one.pk == other.pk:
        message = "Choose two customers of one client."
        raise Refused(message, "pair")
    first, second = sorted((one.pk, other.pk))
    told, _is_new = NotTheSame.objects.get_or_create(first_id=first, second_id=second, defaults={"by": by, "at": at})
    return told
