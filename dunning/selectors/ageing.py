"""What customers owe and for how long it has been due."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db.models import Count, F, Sum

from purchases.models import Purchase
from purchases.selectors import Age, age_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from accounts.models import Client, User
    from purchases.querysets import PurchaseQuerySet

AGES: Final = (
    Age("Not due", 0, 0),
    Age("1–30 days", 1, 30),
    Age("31–60 days", 31, 60),
    Age("61–90 days", 61, 90),
    Age("> 90 days", 91, None),
)
"""Days after the due date; an order that is no accepted purchase order yet is not due."""


@dataclass(slots=True)
class Debtor:
    """What one customer owes in one currency, by age: amounts in minor units and numbers of orders."""

    customer_id: int
    name: str
    client_name: str
    minors: list[int] = field(default_factory=lambda: [0] * len(AGES))
    counts: list[int] = field(default_factory=lambda: [0] * len(AGES))

    @property
    def minor(self) -> int:
        """All of it."""
        return sum(self.minors)

    @property
    def overdue_minor(self) -> int:
        """What should have been paid."""
        return sum(self.minors[1:])


@dataclass(frozen=True, slots=True)
class Report:
    """The debtors of one currency, who owes most first."""

    currency: str
    debtors: list[Debtor]

    @property
    def minors(self) -> list[int]:
        """The sums by age."""
        return [sum(debtor.minors[number] for debtor in self.debtors) for number in range(len(AGES))]

    @property
    def counts(self) -> list[int]:
        """The numbers of orders by age."""
        return [sum(debtor.counts[number] for debtor in self.debtors) for number in range(len(AGES))]

    @property
    def minor(self) -> int:
        """All that is open."""
        return sum(self.minors)


def ageing(user: User, client: Client | None, *, days: Mapping[int, date], customer: int | None = None) -> list[Report]:
    """Add up what is open by currency, customer and age, for what `user` sees; most orders first. One query.

    `days` says which day it is at each client. Test orders are no exposure. With `customer` its own alone.
    """
    seen = Purchase.objects.visible_to(user, client)
    rows = (
        (seen if customer is None else seen.filter(customer=customer))
        .open()
        .real()
        .order_by()
        .annotate(age=age_of(days, AGES))
        .values_list("currency", "customer", "customer__company", "client__name", "age")
        .annotate(minor=Sum(F("gross_minor") - F("paid_minor") + F("refunded_minor")), count=Count("pk"))
    )
    found: dict[str, dict[int, Debtor]] = {}
    for currency, customer_id, company, client_name, age, minor, count in rows:
        debtors = found.setdefault(currency, {})
        debtor = debtors.setdefault(customer_id, Debtor(customer_id, company or f"Customer {customer_id}", client_name))
        debtor.minors[age], debtor.counts[age] = minor, count
    reports = [
        Report(currency, sorted(debtors.values(), key=lambda one: (-one.minor, one.name, one.customer_id)))
        for currency, debtors in found.items()
    ]
    return sorted(reports, key=lambda report: (-sum(report.counts), report.currency))


def aged_orders(
    user: User, client: Client | None, *, days: Mapping[int, date], currency: str, age: int | None, customer: int | None
) -> PurchaseQuerySet:
    """Find the orders behind a figure of the report, the longest due first."""
    rows = Purchase.objects.visible_to(user, client).open().real().filter(currency=currency).select_related("client")
    if age is not None:
        rows = rows.alias(age=age_of(days, AGES)).filter(age=age)
    if customer is not None:
        rows = rows.filter(customer=customer)
    return rows.order_by(F("due_on").asc(nulls_last=True), "ordered_at", "pk")
