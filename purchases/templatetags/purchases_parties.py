"""What the pages of customers, partners and errors show of purchases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import template
from django.db.models import Count, F, Q, Sum

from core.tables import badge
from purchases.models import Purchase
from purchases.states import LABELS, OPEN, Status
from purchases.tables import TONES, days_overdue, purchase_link, status_cell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.utils.safestring import SafeString

    from customers.models import Customer
    from partners.models import Partner

register = template.Library()
MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One purchase in a panel: its page, its status, how many days it is overdue."""

    purchase: Purchase
    link: str
    status: SafeString
    overdue: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes in one currency, in minor units; `overdue_minor` is a part of `open_minor`."""

    currency: str
    open_minor: int
    overdue_minor: int
    open_count: int


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's newest purchases, and what is open by currency; test orders count in no balance."""

    lines: list[Line]
    count: int
    balances: list[Balance]


def _lines(purchases: Iterable[Purchase], on: date) -> list[Line]:
    return [
        Line(purchase, purchase_link(purchase), status_cell(purchase, on), days_overdue(purchase, on))
        for purchase in purchases
    ]


@register.simple_tag
def open_orders_of_partner(partner: Partner, on: date) -> list[Line]:
    """A partner's open purchase orders on the client's day `on`, the oldest first; test orders take of no limit."""
    rows = Purchase.objects.filter(partner=partner).receivable().real().select_related("client")
    return _lines(rows.order_by("ordered_at", "pk")[:MOST_LINES], on)


@register.simple_tag
def account_of_customer(customer: Customer, on: date) -> Account:
    """A customer's purchases and what is open and overdue on the client's day `on`."""
    rows = Purchase.objects.filter(customer=customer)
    left = F("gross_minor") - F("paid_minor") + F("refunded_minor")
    late = Q(status=Status.PURCHASE_ORDER, due_on__lt=on)
    sums = (
        rows.real()
        .filter(status__in=OPEN)
        .order_by("currency")
        .values("currency")
        .annotate(
            open_minor=Sum(left, default=0),
            overdue_minor=Sum(left, filter=late, default=0),
            open_count=Count("pk"),
        )
    )
    newest = rows.select_related("client").order_by("-ordered_at", "-pk")[:MOST_LINES]
    return Account(lines=_lines(newest, on), count=rows.count(), balances=[Balance(**line) for line in sums])


@register.filter
def purchase_status(code: str) -> SafeString | str:
    """A purchase's status code as a badge; what is no status stays as it is."""
    return badge(LABELS[code], TONES[Status(code)]) if code in LABELS else code
