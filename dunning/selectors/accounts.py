"""A customer's account: what is unpaid, and what was paid within some days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from purchases.models import Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from customers.models import Customer

MOST_ORDERS: Final = 500
"""Orders on one letter: more is a book, and with fewer than all its totals would be wrong."""
FEW_ORDERS: Final = 40
"""Orders that fit on two pages: a statement with more of them is rendered by the worker."""


def unpaid_orders(customer: Customer, *, most: int | None = None) -> list[Purchase]:
    """List a customer's open orders without test orders, those due first: what its statement asks for."""
    rows = Purchase.objects.filter(customer=customer).open().real().exclude(status=Status.AWAITING_RELEASE)
    return list(rows.with_parties().order_by("due_on", "ordered_at", "pk")[:most])


def orders_between(
    customer: Customer, since: date | None, until: date | None, *, at: datetime, most: int | None = None
) -> tuple[list[Purchase], list[Purchase]]:
    """List what a customer's statement holds: what is unpaid, and what was paid from `since` on, if that is asked."""
    today = at.astimezone(customer.client.zone).date()
    paid = paid_orders(customer, since=since, until=until or today, most=most) if since else []
    return unpaid_orders(customer, most=most), paid


def paid_orders(customer: Customer, *, since: date, until: date, most: int | None = None) -> list[Purchase]:
    """List a customer's orders that were paid from one of the client's days to another, the first one first."""
    zone = customer.client.zone
    first = datetime.combine(since, time.min, zone)
    end = datetime.combine(until + timedelta(days=1), time.min, zone)
    rows = Purchase.objects.filter(customer=customer, paid_at__gte=first, paid_at__lt=end).real()
    rows = rows.filter(status__in=[Status.PAID, Status.PARTIALLY_REFUNDED])
    return list(rows.with_parties().order_by("paid_at", "pk")[:most])
