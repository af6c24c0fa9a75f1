"""Reads over many purchases: what is open, how old it is, what needs a decision, what happened lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Count, F, IntegerField, Q, Sum, Value, When

from purchases.models import HistoryEntry, OfPurchaseQuerySet, Purchase, ReviewCheck
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from accounts.models import Client, User


MOST_CARRIERS: Final = 5


@dataclass(frozen=True, slots=True)
class Age:
    """A class of open amounts by days overdue, ends included; `first` 0 is what is not due, `last` None has no end."""

    label: str
    first: int
    last: int | None


AGES: Final = (
    Age("Not due", 0, 0),
    Age("1–14 d", 1, 14),
    Age("15–30 d", 15, 30),
    Age("31–60 d", 31, 60),
    Age("61–90 d", 61, 90),
    Age("> 90 d", 91, None),
)


@dataclass(frozen=True, slots=True)
class Part:
    """Open amounts of one age: the sum in minor units and the number of purchases."""

    minor: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open in one currency, by age (one part for each of `AGES`)."""

    currency: str
    parts: tuple[Part, ...]

    @property
    def open(self) -> Part:
        """All of it."""
        return _sum(self.parts)

    @property
    def overdue(self) -> Part:
        """What should have been paid."""
        return _sum(self.parts[1:])


def _sum(parts: Sequence[Part]) -> Part:
    return Part(sum(part.minor for part in parts), sum(part.count for part in parts))


def balances(user: User, client: Client | None, *, days: Mapping[int, date]) -> list[Balance]:
    """Add up what is open for what `user` sees, by currency and age; the currency with most purchases first.

    `days` says which day it is at each client (by primary key). Test orders are no exposure. One query.
    """
    rows = (
        Purchase.objects.visible_to(user, client)
        .open()
        .real()
        .order_by()
        .annotate(age=_age(days))
        .values_list("currency", "age")
        .annotate(minor=Sum(F("gross_minor") - F("paid_minor")), count=Count("pk"))
    )
    found: dict[str, dict[int, Part]] = {}
    for currency, age, minor, count in rows:
        found.setdefault(currency, {})[age] = Part(minor, count)
    sums = [
        Balance(currency, tuple(parts.get(number, Part()) for number in range(len(AGES))))
        for currency, parts in found.items()
    ]
    return sorted(sums, key=lambda balance: (-balance.open.count, balance.currency))


def _age(days: Mapping[int, date]) -> Case:
    """Number the age of each purchase, oldest first so that the first match holds; one set of cases for each day."""
    clients: dict[date, list[int]] = {}
    for pk, day in days.items():
        clients.setdefault(day, []).append(pk)
    cases = [
        When(
            Q(status=Status.PURCHASE_ORDER, client__in=pks, due_on__lte=day - timedelta(days=age.first)),
            then=Value(number),
        )
        for day, pks in clients.items()
        for number, age in reversed(list(enumerate(AGES)))
        if number
    ]
    return Case(*cases, default=Value(0), output_field=IntegerField())


def latest_entries(user: User, client: Client | None, *, limit: int, shows_internal: bool) -> list[HistoryEntry]:
    """List what was written down last about the purchases `user` sees. One query."""
    rows: QuerySet[Any] = OfPurchaseQuerySet(HistoryEntry).visible_to(user, client).select_related("purchase", "by")
    if not shows_internal:
        rows = rows.filter(is_internal=False)
    return list(rows.order_by("-pk")[:limit])


CHECKLIST: Final[dict[str, str]] = {
    "letterhead": "Letterhead",
    "signature": "Signature",
    "reference": "Reference number",
    "products": "Products",
    "quantities": "Quantities",
    "amount": "Amount and currency",
    "addresses": "Addresses",
    "po_number": "PO number",
}
"""What a reviewer compares between the PO document and the order, in this order."""


@dataclass(frozen=True, slots=True)
class Review:
    """How far a purchase's checklist is: the checks by line, what is met, found wanting, and not looked at."""

    checks: Mapping[str, ReviewCheck]

    @property
    def met(self) -> list[str]:
        """The lines that are met."""
        return [key for key in CHECKLIST if key in self.checks and self.checks[key].is_met]

    @property
    def unmet(self) -> list[str]:
        """The lines that are not met."""
        return [key for key in CHECKLIST if key in self.checks and not self.checks[key].is_met]

    @property
    def open(self) -> list[str]:
        """The lines nobody looked at."""
        return [key for key in CHECKLIST if key not in self.checks]

    @property
    def progress(self) -> str:
        """How many lines are met, such as “6 of 8 met”."""
        return f"{len(self.met)} of {len(CHECKLIST)} met"

    @property
    def doubts(self) -> list[str]:
        """A sentence each for what is not met and what nobody looked at."""
        unmet = [
            CHECKLIST[key] + (f" ({self.checks[key].note})" if self.checks[key].note else "") for key in self.unmet
        ]
        lines = [f"Not met: {', '.join(unmet)}."] if unmet else []
        return [*lines, f"Not checked: {', '.join(CHECKLIST[key] for key in self.open)}."] if self.open else lines

    @property
    def result(self) -> str:
        """All of it in one text, for the history."""
        return " ".join([f"Checklist: {self.progress}.", *self.doubts])


def review_of(purchase: Purchase) -> Review:
    """Read a purchase's checklist. One query."""
    checks = ReviewCheck.objects.filter(purchase=purchase, key__in=CHECKLIST).select_related("by")
    return Review({check.key: check for check in checks})


def others_with_po_number(purchase: Purchase) -> list[Purchase]:
    """List the customer's other purchases that carry the same PO number, newest first. One query."""
    if not purchase.po_number.strip():
        return []
    rows = Purchase.objects.filter(
        client=purchase.client_id, customer=purchase.customer_id, po_number__iexact=purchase.po_number.strip()
    )
    return list(rows.exclude(pk=purchase.pk).with_parties().order_by("-ordered_at", "-pk")[:MOST_CARRIERS])
