"""What another ladder or another term would do: to the orders that are open, and to those who paid last year."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from django.db.models import F

from core.days import ONE_DAY, nth_business_day_after
from dunning.schedule import CANCELS, LADDER, LETTERS, Rung, Step
from dunning.selectors.calendar import MOST_PURCHASES, Expected, expectations
from dunning.selectors.days import DECISION_TIME
from purchases.models import Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from accounts.models import Client, User
    from dunning.schedule import Facts
    from dunning.selectors.today import Clock
    from purchases.querysets import PurchaseQuerySet

HORIZON: Final = 90
"""Days over which letters are counted."""
PAYERS_DAYS: Final = 365
MOST_PAYERS: Final = 20_000
CLIMBED: Final = (Step.PDN1, Step.PDN2, Step.PDN3, Step.NOTIFICATION, Step.CANCELED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A ladder and a term to try out. `term`: days to pay for every order; None leaves each order its own.

    `grace`: days from the due date to the first notice; the next three are distances; `cancel_after` counts business
    days, None leaves each order what its policy says.
    """

    term: int | None = None
    grace: int = 0
    second: int = 14
    third: int = 14
    notification: int = 7
    cancel_after: int | None = None

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """The rungs, counted from the due date."""
        days = [self.grace, self.second, self.third, self.notification]
        rungs = [
            Rung(step, sum(days[: number + 1]), days[number] if number else 0)
            for number, step in enumerate(CLIMBED[:-1])
        ]
        return (*rungs, Rung(Step.CANCELED, sum(days)))

    @property
    def is_todays(self) -> bool:
        """Whether nothing would change."""
        return self.ladder == LADDER and self.term is None and self.cancel_after is None

    def applied(self, purchase: Purchase, facts: Facts) -> Facts:
        """Put these terms in the place of a purchase's own; what was extended stays extended."""
        due_on = facts.due_on
        if due_on is not None and self.term is not None:
            due_on += timedelta(days=self.term - purchase.term_days)
        return replace(
            facts,
            due_on=due_on,
            ladder=self.ladder,
            cancel_after_business_days=self.cancel_after or facts.cancel_after_business_days,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """An open order whose next step or cancel would fall on another day; None where there is none in sight."""

    purchase: Purchase
    step: str
    before: date | None
    after: date | None
    cancel_before: date | None
    cancel_after: date | None


@dataclass(frozen=True, slots=True)
class Passage:
    """One rung and last year's payers: on which day after the due date it stands, and how many had paid by then."""

    step: Step
    day: int
    paid_before: int
    share: float


@dataclass(frozen=True, slots=True)
class Payers:
    """Last year's payers under one ladder: how many, the letters they got, and who had paid before each rung."""

    count: int
    letters: int
    passages: list[Passage]


@dataclass(slots=True)
class WhatIf:
    """The answer: which orders move, letters and cancels by day before and after, and last year's payers."""

    first: date
    open_count: int = 0
    moves: list[Move] = field(default_factory=list)
    before: list[int] = field(default_factory=lambda: [0] * HORIZON)
    after: list[int] = field(default_factory=lambda: [0] * HORIZON)
    cancels_before: int = 0
    cancels_after: int = 0
    payers_before: Payers | None = None
    payers_after: Payers | None = None
    is_capped: bool = False


def what_if(
    user: User,
    client: Client | None,
    terms: Terms,
    *,
    only: Collection[int] = (),
    first: date,
    at: datetime,
    times: Sequence[Clock],
) -> WhatIf:
    """Try other terms on the accepted orders that `user` sees, of the clients `only` if any are named; writes nothing.

    `times` are the clients' next decisions. Orders already on the ladder keep the letters they got. Twelve queries.
    """
    seen = Purchase.objects.visible_to(user, client)
    if only:
        seen = seen.filter(client__in=only)
    since = {clock.client_id: clock.next_at.date() - ONE_DAY for clock in times}
    rows = seen.accepted().real().prefetch_related("client", "policy", "partner")
    found = list(rows.order_by(F("next_action_on").asc(nulls_last=True), "pk")[: MOST_PURCHASES + 1])
    answer = WhatIf(first, open_count=min(len(found), MOST_PURCHASES), is_capped=len(found) > MOST_PURCHASES)
    found = found[:MOST_PURCHASES]
    last = first + timedelta(days=HORIZON - 1)
    before = _by_purchase(list(expectations(found, since=since, until=date.max)))
    after = _by_purchase(list(expectations(found, since=since, until=date.max, changed=terms.applied)))
    answer.cancels_before = _count(answer.before, before, first, last)
    answer.cancels_after = _count(answer.after, after, first, last)
    answer.moves = [move for purchase in found if (move := _move(purchase, before, after)) is not None]
    paid = _payers(seen, at=at)
    answer.payers_before, answer.payers_after = _passed(paid, Terms()), _passed(paid, terms)
    return answer


def _by_purchase(expected: Sequence[Expected]) -> dict[int, list[Expected]]:
    grouped: dict[int, list[Expected]] = {}
    for one in expected:
        grouped.setdefault(one.purchase.pk, []).append(one)
    return grouped


def _count(days: list[int], expected: Mapping[int, list[Expected]], first: date, last: date) -> int:
    """Count letters by day; return how many cancels there are."""
    cancels = 0
    for steps in expected.values():
        for one in steps:
            on = max(one.on, first)
            if on <= last:
                days[(on - first).days] += one.step in LETTERS
                cancels += one.step in CANCELS
    return cancels


def _move(purchase: Purchase, before: Mapping[int, list[Expected]], after: Mapping[int, list[Expected]]) -> Move | None:
    was, would_be = before.get(purchase.pk, []), after.get(purchase.pk, [])
    if [(one.step, one.on) for one in was] == [(one.step, one.on) for one in would_be]:
        return None

    def cancel(steps: Sequence[Expected]) -> date | None:
        return next((one.on for one in steps if one.step in CANCELS), None)

    first = (was or would_be)[0].step
    return Move(
        purchase,
        first,
        was[0].on if was else None,
        next((one.on for one in would_be if one.step == first), None),
        cancel(was),
        cancel(would_be),
    )


@dataclass(frozen=True, slots=True)
class _Paid:
    """Somebody who paid: when the money was due under the order's own term, and the day whose decisions it beat."""

    due_on: date
    term_days: int
    too_late_on: date
    """The first day whose decisions at 08:00 came after the payment."""
    client: Client
    cancel_after: int


def _payers(seen: PurchaseQuerySet, *, at: datetime) -> list[_Paid]:
    """Read who paid an accepted purchase order in the last year; partners with a statement get no letters."""
    rows = (
        seen.real()
        .filter(status__in=[Status.PAID, Status.PARTIALLY_REFUNDED, Status.REFUNDED])
        .filter(is_po=True, due_on__isnull=False, paid_at__gte=at - timedelta(days=PAYERS_DAYS), paid_at__lte=at)
        .exclude(partner__month_end_statement=True)
        .prefetch_related("client", "policy")
        .order_by("-paid_at", "-pk")[:MOST_PAYERS]
    )
    payers = []
    for purchase in rows:
        paid_at, due_on = cast("datetime", purchase.paid_at), cast("date", purchase.due_on)
        local = paid_at.astimezone(purchase.client.zone)
        beaten = local.date() if local.time() <= DECISION_TIME else local.date() + ONE_DAY
        cancel_after = purchase.policy.cancel_after_business_days
        payers.append(_Paid(due_on, purchase.term_days, beaten, purchase.client, cancel_after))
    return payers


def _passed(payers: Sequence[_Paid], terms: Terms) -> Payers:
    """Count for each rung who had paid before it, had everybody climbed this ladder and paid when they did."""
    ladder = terms.ladder
    paid_before = dict.fromkeys(CLIMBED, 0)
    letters = 0
    for payer in payers:
        due_on = payer.due_on + timedelta(days=terms.term - payer.term_days if terms.term is not None else 0)
        for rung in ladder:
            on = due_on + timedelta(days=rung.day)
            if rung.step is Step.CANCELED:
                count = terms.cancel_after or payer.cancel_after
                on = nth_business_day_after(on, count, payer.client.country, payer.client.subdivision)
            is_paid = payer.too_late_on <= on
            paid_before[rung.step] += is_paid
            letters += rung.step in LETTERS and not is_paid
    count = len(payers)
    passages = [
        Passage(rung.step, rung.day, paid_before[rung.step], paid_before[rung.step] / count if count else 0.0)
        for rung in ladder
    ]
    return Payers(count, letters, passages)
