"""How much of a partner's limit is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum

from core.money import Money
from partners.models import Reservation

if TYPE_CHECKING:
    from partners.models import Partner


def outstanding(partner: Partner) -> Money:
    """Sum the open amounts of a partner's orders, in the currency of the limit."""
    total = Reservation.objects.filter(partner=partner).aggregate(total=Sum("amount_minor"))["total"]
    return Money(total or 0, partner.currency)
