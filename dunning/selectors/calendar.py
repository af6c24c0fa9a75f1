"""What the next weeks will bring if nobody does anything: every step to come, by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, F, OuterRef, Q

from core.days import ONE_DAY, last_business_day_of_month
from dunning.models import Notice
from dunning.schedule import forecast
from dunning.selectors.facts import facts_of_all
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from accounts.models import Client, User
    from dunning.schedule import Facts
    from dunning.selectors.today import Clock
    from purchases.querysets import PurchaseQuerySet

HORIZON: Final = 60
"""Days that the calendar shows."""
MOST_PURCHASES: Final = 20_000
"""Open purchases that are looked at, those with the nearest next day first."""
STATEMENT: Final = "statement"
FEW: Final = 2_000
"""Open purchases that are looked at one by one without being asked to."""


def are_few(user: User, client: Client | None = None) -> bool:
    """Whether the open purchases that `user` sees are few enough for an answer before anybody asked."""
    return Purchase.objects.visible_to(user, client).open()[: FEW + 1].count() <= FEW


@dataclass(frozen=True, slots=True)
class Expected:
    """A step that is expected on the client's day `on`: with which purchase, for which open amount, after which wait.

    `reason` is what it waited for before: its day, a hold, a promise.
    """

    purchase: Purchase
    step: str
    on: date
    reason: str

    @property
    def minor(self) -> int:
        """What is open, in minor units."""
        return self.purchase.gross_minor - self.purchase.kept.minor


@dataclass(slots=True)
class Day:
    """What is expected on one day: how many of each step, and the amounts they are about by currency (minor units)."""

    on: date
    steps: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All steps."""
        return sum(self.steps.values())

    def add(self, step: str, purchase: Purchase, minor: int) -> None:
        """Count one more."""
        self.steps[step] = self.steps.get(step, 0) + 1
        self.amounts[purchase.currency] = self.amounts.get(purchase.currency, 0) + minor


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days ahead, and what is expected on one of them.

    `complete_until`: with more open purchases than are looked at, the last day on which nothing is missing.
    """

    days: list[Day]
    chosen: list[Expected]
    complete_until: date | None = None

    @property
    def steps(self) -> dict[str, int]:
        """How many of each step in all."""
        sums: dict[str, int] = {}
        for day in self.days:
            for step, count in day.steps.items():
                sums[step] = sums.get(step, 0) + count
        return sums


def calendar(
    user: User,
    client: Client | None,
    *,
    first: date,
    times: Sequence[Clock],
    chosen: date | None = None,
    most: int = MOST_PURCHASES,
) -> Calendar:
    """Tell what is expected on `HORIZON` days from `first` on for what `user` sees; test orders are left out.

    `times` are the clients' next decisions: from them on nothing is decided yet. Nine queries however many purchases.
    """
    last = first + timedelta(days=HORIZON - 1)
    days = {first + timedelta(days=number): Day(first + timedelta(days=number)) for number in range(HORIZON)}
    since = {clock.client_id: clock.next_at.date() - ONE_DAY for clock in times}
    open_orders = with_steps_until(Purchase.objects.visible_to(user, client).open().real(), last)
    found = list(open_orders.order_by(F("next_action_on").asc(nulls_first=True), "pk")[: most + 1])
    listed: list[Expected] = []
    for expected in expectations(found[:most], since=since, until=last):
        on = max(expected.on, first)  # what is late is done with the next decisions
        days[on].add(expected.step, expected.purchase, expected.minor)
        if on == chosen:
            listed.append(expected)
    for expected in _statements(user, client, since=since, last=last):
        days[expected.on].add(STATEMENT, expected.purchase, expected.minor)
        if expected.on == chosen:
            listed.append(expected)
    beyond = found[most].next_action_on if len(found) > most else None
    return Calendar(list(days.values()), listed, beyond - ONE_DAY if beyond else None)


def with_steps_until(rows: PurchaseQuerySet, last: date) -> PurchaseQuerySet:
    """Narrow to purchases that can have a step up to `last`: those with a day to come, or with a letter on its way."""
    flying = Notice.objects.filter(purchase=OuterRef("pk")).pending()
    return rows.filter(Q(next_action_on__lte=last) | Q(Exists(flying))).prefetch_related("client", "policy", "partner")


def expectations(
    purchases: Sequence[Purchase],
    *,
    since: Mapping[int, date],
    until: date,
    changed: Callable[[Purchase, Facts], Facts] = lambda _, facts: facts,
) -> Iterator[Expected]:
    """Walk on from each client's last decided day `since`; `changed` puts other facts in the place of the true ones."""
    facts = facts_of_all(purchases)
    for purchase in purchases:
        for step, on, reason in forecast(changed(purchase, facts[purchase.pk]), since[purchase.client_id]):
            if on > until:
                break
            yield Expected(purchase, step, on, reason)


def _statements(user: User, client: Client | None, *, since: Mapping[int, date], last: date) -> Iterator[Expected]:
    """Month-end statements: on the last business day of each month, one line for each order on them."""
    orders = Purchase.objects.visible_to(user, client).accepted().real().filter(partner__month_end_statement=True)
    for purchase in orders.prefetch_related("client", "policy", "partner").order_by("pk")[:MOST_PURCHASES]:
        for on in month_ends(purchase.client, after=since[purchase.client_id], until=last):
            yield Expected(purchase, STATEMENT, on, "")


def month_ends(client: Client, *, after: date, until: date) -> Collection[date]:
    """List the last business days of the months after one day and up to another."""
    found, month = [], after.replace(day=1)
    while month <= until:
        on = last_business_day_of_month(month, client.country, client.subdivision)
        if after < on <= until:
            found.append(on)
        month = (month + timedelta(days=31)).replace(day=1)
    return found
