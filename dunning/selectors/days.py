"""The clients' days: whose decisions are due, which purchases they concern, what would be decided."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import connection

from dunning.models import Run
from dunning.policy import BANK, OPEN_GATE, Gate
from dunning.schedule import LETTERS, Decision, decide
from dunning.selectors.facts import facts_of_all
from purchases.models import BankStatement, Purchase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


DECISION_TIME = time(8)
"""From this time of day, in the client's zone, a day's decisions are taken."""
LOOKED_BACK = 100
"""How many runs back the last one that sent a letter is looked for."""


@dataclass(frozen=True, slots=True)
class ClientDay:
    """A client's day: its decisions, the place whose calendar holds, and the last day that was finished.

    `has_leftovers`: this or earlier days may have left a run unfinished or a statement owed. `gate` is what can keep
    the run from going by itself; `is_waiting`: it waits for newer bank data.
    """

    client_id: int
    on: date
    country: str
    subdivision: str
    previous_on: date | None
    has_leftovers: bool = True
    gate: Gate = OPEN_GATE
    is_waiting: bool = False


LAST_DAYS = """
    SELECT client.id, client.time_zone, client.country, client.subdivision,
           (SELECT run."on" FROM dunning_run run
            WHERE run.client_id = client.id AND run.finished_at IS NOT NULL ORDER BY run."on" DESC LIMIT 1),
           EXISTS (SELECT 1 FROM dunning_run run
                   WHERE run.client_id = client.id AND run.finished_at IS NULL AND NOT run.has_lapsed)
           OR EXISTS (SELECT 1 FROM dunning_owedstatement owed JOIN partners_partner partner
                      ON partner.id = owed.partner_id WHERE partner.client_id = client.id),
           waiting."on", waiting.waits_for,
           (SELECT beat.at FROM dunning_heartbeat beat WHERE beat.name = 'worker'),
           (SELECT beat.at FROM dunning_heartbeat beat WHERE beat.name = 'jobs'),
           gate.is_approved_by_person, gate.brake_percent, gate.brake_letters, gate.bank_data_hours
    FROM accounts_client client
    LEFT JOIN dunning_settings gate ON gate.client_id = client.id
    LEFT JOIN dunning_run waiting ON waiting.id = (
        SELECT MAX(run.id) FROM dunning_run run
        WHERE run.client_id = client.id AND run.finished_at IS NULL AND NOT run.has_lapsed
        AND (run.waits_for = 'bank' OR (run.waits_for <> '' AND run.approved_at IS NULL)))
    ORDER BY client.id
"""


@dataclass(frozen=True, slots=True)
class LastDay:
    """A client, the place whose clock and calendar hold, and the last day whose decisions were finished.

    `waiting_on` is the day of the run that waits, and `waits_for` for what; `gate` the client's settings. When
    the worker and its jobs were seen last comes along: every page asks for both.
    """

    client_id: int
    zone: ZoneInfo
    country: str
    subdivision: str
    finished_on: date | None
    has_leftovers: bool
    waiting_on: date | None = None
    waits_for: str = ""
    gate: Gate = OPEN_GATE
    worker_at: datetime | None = None
    jobs_at: datetime | None = None


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
            finished_on=_day(last),
            has_leftovers=bool(leftovers),
            waiting_on=_day(waiting_on),
            waits_for=waits_for or "",
            worker_at=_moment(worker),
            jobs_at=_moment(jobs),
            gate=Gate(bool(gate[0]), *gate[1:]) if any(gate) else OPEN_GATE,
        )
        for pk, zone, country, subdivision, last, leftovers, waiting_on, waits_for, worker, jobs, *gate in rows
    ]


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _moment(value: datetime | str | None) -> datetime | None:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def due_days(at: datetime, *, last: Sequence[LastDay] | None = None) -> list[ClientDay]:
    """Find the clients for which 08:00 has passed at `at` and today's decisions are not finished: one query.

    A day that waits for a person is not due: nothing can be decided before its approval. No query when the caller has
    read the clients' `last` days already.
    """
    days = []
    for row in last_days() if last is None else last:
        local = at.astimezone(row.zone)
        is_waiting = row.waiting_on == local.date()
        if is_waiting and row.waits_for != BANK:
            continue
        if local.time() >= DECISION_TIME and (row.finished_on is None or row.finished_on < local.date()):
            day = ClientDay(
                client_id=row.client_id,
                on=local.date(),
                country=row.country,
                subdivision=row.subdivision,
                previous_on=row.finished_on,
                has_leftovers=row.has_leftovers,
                gate=row.gate,
                is_waiting=is_waiting,
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
    facts_by_purchase = facts_of_all(found)
    previews = []
    for purchase in found:
        facts = facts_by_purchase[purchase.pk]
        if purchase.client_id in days:
            on = days[purchase.client_id].on
            previews.append(Preview(purchase, on, decide(facts, on)))
            continue
        next_at = next_morning(at, purchase.client.zone)
        decision = replace(decide(facts, next_at.date()), step=None)
        previews.append(Preview(purchase, next_at.date(), decision, next_at))
    return previews


def preview_days(days: Iterable[ClientDay]) -> list[Preview]:
    """Decide about all that is due on the given clients' days, without writing.

    What can't be decided is left out: the run itself finds that out too, and enters it in the error log.
    """
    previews = []
    for day in days:
        due = list(Purchase.objects.filter(client=day.client_id).due_for_action(day.on).with_parties().order_by("pk"))
        try:
            previews += _previews(due, day.on)
        except Exception:  # noqa: BLE001 -- one purchase's trouble must not keep the others from being seen
            for purchase in due:
                with suppress(Exception):
                    previews += _previews([purchase], day.on)
    return previews


def _previews(due: Sequence[Purchase], on: date) -> list[Preview]:
    facts = facts_of_all(due)
    return [Preview(purchase, on, decide(facts[purchase.pk], on)) for purchase in due]


def letters_before(client_id: int, on: date) -> int | None:
    """Count the letters of a client's last run before the day `on` that sent any; None when there was none."""
    runs = Run.objects.filter(client=client_id, on__lt=on, finished_at__isnull=False).exclude(counts__steps={})
    for counts in runs.order_by("-on").values_list("counts", flat=True)[:LOOKED_BACK]:
        letters = letters_in(counts)
        if letters:
            return letters
    return None


def letters_in(counts: Mapping[str, Mapping[str, int]]) -> int:
    """Count the letters among the steps of a run."""
    return sum(count for step, count in counts.get("steps", {}).items() if step in LETTERS)


def newest_bank_data(client_id: int) -> datetime | None:
    """Find when a client's newest bank statement was imported."""
    statements = BankStatement.objects.filter(client=client_id).order_by("-imported_at")
    return statements.values_list("imported_at", flat=True).first()
