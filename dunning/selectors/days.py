"""The clients' days: whose decisions are due, which purchases they concern, what would be decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import connection

from dunning.schedule import Decision, decide
from dunning.selectors.facts import facts_of, notices_of
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


DECISION_TIME = time(8)
"""From this time of day, in the client's zone, a day's decisions are taken."""


@dataclass(frozen=True, slots=True)
class ClientDay:
    """A client's day: its decisions, the place whose calendar holds, and the last day that was finished.

    `has_leftovers`: earlier days may have left a run unfinished or a statement owed.
    """

    client_id: int
    on: date
    country: str
    subdivision: str
    previous_on: date | None
    has_leftovers: bool = True


LAST_DAYS = """
    SELECT client.id, client.time_zone, client.country, client.subdivision,
           (SELECT run."on" FROM dunning_run run
            WHERE run.client_id = client.id AND run.finished_at IS NOT NULL ORDER BY run."on" DESC LIMIT 1),
           EXISTS (SELECT 1 FROM dunning_run run WHERE run.client_id = client.id AND run.finished_at IS NULL)
           OR EXISTS (SELECT 1 FROM dunning_owedstatement owed JOIN partners_partner partner
                      ON partner.id = owed.partner_id WHERE partner.client_id = client.id)
    FROM accounts_client client ORDER BY client.id
"""


@dataclass(frozen=True, slots=True)
class LastDay:
    """A client, the place whose clock and calendar hold, and the last day whose decisions were finished."""

    client_id: int
    zone: ZoneInfo
    country: str
    subdivision: str
    finished_on: date | None
    has_leftovers: bool


def last_days() -> list[LastDay]:
    """Read the last finished day of every client: one query.

    In SQL, because the worker asks every minute and a replay at every hour of a year: building the query would cost
    ten times what it takes to run it.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_DAYS)
        rows = cursor.fetchall()
    return [
        LastDay(
            client_id=pk,
            zone=ZoneInfo(zone),
            country=country,
            subdivision=subdivision,
            finished_on=date.fromisoformat(last) if isinstance(last, str) else last,
            has_leftovers=bool(leftovers),
        )
        for pk, zone, country, subdivision, last, leftovers in rows
    ]


def due_days(at: datetime, *, last: Sequence[LastDay] | None = None) -> list[ClientDay]:
    """Find the clients for which 08:00 has passed at `at` and today's decisions are not finished: one query.

    None when the caller has read the clients' `last` days already.
    """
    days = []
    for row in last_days() if last is None else last:
        local = at.astimezone(row.zone)
        if local.time() >= DECISION_TIME and (row.finished_on is None or row.finished_on < local.date()):
            day = ClientDay(
                client_id=row.client_id,
                on=local.date(),
                country=row.country,
                subdivision=row.subdivision,
                previous_on=row.finished_on,
                has_leftovers=row.has_leftovers,
            )
            days.append(day)
    return days


def next_morning(at: datetime, zone: ZoneInfo) -> datetime:
    """Find the first 08:00 of a zone after `at`: when its clients' next decisions fall."""
    local = at.astimezone(zone)
    day = local.date() if local.time() < DECISION_TIME else local.date() + timedelta(days=1)
    return datetime.combine(day, DECISION_TIME, zone)


def due_purchases(client_id: int, on: date) -> list[int]:
    """Find a client's open purchases whose next action day has come, in the order in which they are decided."""
    return list(
        Purchase.objects.filter(client=client_id)
        .due_for_action(on)
        .order_by("next_action_on", "pk")
        .values_list("pk", flat=True)
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next decision about a purchase would be: on the day `on`, which comes at `next_at` if not yet."""

    purchase: Purchase
    on: date
    decision: Decision
    next_at: datetime | None = None


def preview(*, at: datetime) -> list[Preview]:
    """Decide about every open purchase as of `at` without writing anything.

    Where it is not yet 08:00, or the day was decided already, no step is due: what is said is how the next decision
    stands, and when it falls.
    """
    days = {day.client_id: day for day in due_days(at)}
    found = list(Purchase.objects.open().with_parties().order_by("client", "reference", "pk"))
    notices = notices_of(found)
    previews = []
    for purchase in found:
        facts = facts_of(purchase, notices=notices.get(purchase.pk, ()))
        if purchase.client_id in days:
            on = days[purchase.client_id].on
            previews.append(Preview(purchase, on, decide(facts, on)))
            continue
        next_at = next_morning(at, purchase.client.zone)
        decision = replace(decide(facts, next_at.date()), step=None)
        previews.append(Preview(purchase, next_at.date(), decision, next_at))
    return previews


def preview_days(days: Iterable[ClientDay]) -> list[Preview]:
    """Decide about all that is due on the given clients' days, without writing."""
    previews = []
    for day in days:
        due = list(Purchase.objects.filter(client=day.client_id).due_for_action(day.on).with_parties().order_by("pk"))
        notices = notices_of(due)
        for purchase in due:
            facts = facts_of(purchase, notices=notices.get(purchase.pk, ()))
            previews.append(Preview(purchase, day.on, decide(facts, day.on)))
    return previews
