"""What the pages of customers, partners and errors show of purchases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import template
from django.db.models import Case, Count, F, Q, Sum, When

from core.tables import badge
from mailing.models import Email
from purchases.models import Purchase
from purchases.states import LABELS, OPEN, QUOTES, RECEIVABLE, Status
from purchases.tables import TONES, days_overdue, purchase_link, status_cell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.utils.safestring import SafeString

    from customers.models import Customer
    from partners.models import Partner

register = template.Library()
MOST_LINES = 50
MOST_EMAILS = 8
PARTS = {"": "All", "open": "Open", "overdue": "Overdue", "quotes": "Quotes", "closed": "Closed"}
"""What a customer's list of purchases can be narrowed to."""


@dataclass(frozen=True, slots=True)
class Line:
    """One purchase in a panel: its page, its status, how many days it is overdue."""

    purchase: Purchase
    link: str
    status: SafeString
    overdue: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes in one currency, in minor units; the others are parts of `open_minor`.

    `exposure_minor` is what it ordered on purchase order: accepted, or waiting for review.
    """

    currency: str
    open_minor: int
    overdue_minor: int
    exposure_minor: int
    open_count: int


@dataclass(frozen=True, slots=True)
class Account:
    """A customer's purchases, the open ones first, and what is open by currency; test orders count in no balance.

    `parts` are what the list can be narrowed to, each with its number of purchases; `shown` is the one it is.
    """

    lines: list[Line]
    count: int
    balances: list[Balance]
    parts: list[tuple[str, str, int]]
    shown: str


def _lines(purchases: Iterable[Purchase], on: date, origin: str | None = None) -> list[Line]:
    return [
        Line(purchase, purchase_link(purchase, origin), status_cell(purchase, on), days_overdue(purchase, on))
        for purchase in purchases
    ]


@register.simple_tag
def open_orders_of_partner(partner: Partner, on: date) -> list[Line]:
    """A partner's open purchase orders on the client's day `on`, the oldest first; test orders take of no limit."""
    rows = Purchase.objects.filter(partner=partner).receivable().real().select_related("client")
    return _lines(rows.order_by("ordered_at", "pk")[:MOST_LINES], on)


@register.simple_tag
def account_of_customer(customer: Customer, on: date, show: str = "") -> Account:
    """A customer's purchases and what is open and overdue on the client's day `on`; `show` narrows the list."""
    rows = Purchase.objects.filter(customer=customer)
    left = F("gross_minor") - F("paid_minor") + F("refunded_minor")
    late = Q(status=Status.PURCHASE_ORDER, due_on__lt=on)
    owed = Q(status__in=OPEN, is_test=False)
    narrowings = {"": Q(), "open": Q(status__in=OPEN), "overdue": late, "quotes": Q(status__in=QUOTES)}
    narrowings["closed"] = ~Q(status__in=OPEN | QUOTES)
    shown = show if show in narrowings else ""
    sums = list(
        rows.order_by("currency")
        .values("currency")
        .annotate(
            open_minor=Sum(left, filter=owed, default=0),
            overdue_minor=Sum(left, filter=owed & late, default=0),
            exposure_minor=Sum(left, filter=owed & Q(status__in=RECEIVABLE), default=0),
            open_count=Count("pk", filter=owed),
            **{f"in_{key}": Count("pk", filter=narrowing) for key, narrowing in narrowings.items()},
        )
    )
    counts = {key: sum(line.pop(f"in_{key}") for line in sums) for key in narrowings}
    is_open = Case(When(status__in=OPEN, then=0), default=1)
    lines = rows.filter(narrowings[shown]).select_related("client").order_by(is_open, "-ordered_at", "-pk")
    return Account(
        lines=_lines(lines[:MOST_LINES], on, f"customer={customer.pk}"),
        count=counts[shown],
        balances=[Balance(**line) for line in sums if line["open_count"]],
        parts=[(key, label, counts[key]) for key, label in PARTS.items() if counts[key] or not key],
        shown=shown,
    )


@register.simple_tag
def emails_of_customer(customer: Customer) -> list[Email]:
    """The newest e-mails about a customer's purchases."""
    references = Purchase.objects.filter(customer=customer).order_by().values("reference")
    return list(Email.objects.filter(reference__in=references).order_by("-created_at", "-pk")[:MOST_EMAILS])


@register.filter
def purchase_status(code: str) -> SafeString | str:
    """A purchase's status code as a badge; what is no status stays as it is."""
    return badge(LABELS[code], TONES[Status(code)]) if code in LABELS else code
