"""The worker's signs of life and the figures of the Today page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, F, Q, Value, When, Window
from django.db.models.functions import RowNumber

from accounts.roles import Right
from dunning.models import Heartbeat, Notice
from dunning.schedule import CANCELS, LETTERS, decide
from dunning.selectors.days import DECISION_TIME, LastDay, due_days, last_days
from dunning.selectors.facts import facts_of_all
from dunning.selectors.work import unanswered
from purchases.models import Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import Client, User


SILENT_AFTER = timedelta(minutes=5)
"""A worker that gave no sign of life for so long is taken for dead."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """Whether the worker is alive and its jobs are fresh; `problem` is a sentence, empty when all is well.

    `next_at` is when the next daily decisions fall for who asks.
    """

    last_seen_at: datetime | None
    last_jobs_at: datetime | None
    problem: str
    next_at: datetime | None = None

    @property
    def is_well(self) -> bool:
        """Whether nothing needs attention."""
        return not self.problem


def worker_state(*, at: datetime, user: User | None = None, last: Sequence[LastDay] | None = None) -> WorkerState:
    """Read the worker's signs of life and look for decisions that should have been taken an hour ago: one query.

    None when the caller has read the clients' `last` days already.
    """
    last = last_days() if last is None else last
    seen, jobs = (last[0].worker_at, last[0].jobs_at) if last else _signs_of_life()
    late = due_days(at - timedelta(hours=1), last=last)
    is_late = jobs is not None and not all(day.is_waiting for day in late)
    if seen is None:
        problem = "The worker has not started yet: no letters go out."
    elif at - seen > SILENT_AFTER:
        problem = f"The worker has been silent since {seen:%Y-%m-%d %H:%M} UTC: no letters go out."
    elif jobs is None or at - jobs > SILENT_AFTER * 3:
        problem = "The periodic jobs do not run: no decisions are taken."
    elif is_late:
        problem = "Today's dunning decisions are late."
    else:
        problem = ""
    times = clocks(user, None, at=at, last=last) if user is not None else []
    return WorkerState(seen, jobs, problem, min((clock.next_at for clock in times), default=None))


def _signs_of_life() -> tuple[datetime | None, datetime | None]:
    """Read when worker and jobs were seen last where there is no client yet."""
    beats = {beat.name: beat.at for beat in Heartbeat.objects.filter(name__in=["worker", "jobs"])}
    return beats.get("worker"), beats.get("jobs")


@dataclass(frozen=True, slots=True)
class Clock:
    """A client's day, and when its next daily decisions fall: 08:00 there; in the past when they are late."""

    client_id: int
    today: date
    next_at: datetime


def clocks(user: User, client: Client | None, *, at: datetime, last: Sequence[LastDay] | None = None) -> list[Clock]:
    """Tell day and next decisions of every client that `user` sees: one query, none with the `last` days at hand."""
    seen = user.client_id or (client.pk if client else None)
    found = []
    for row in last_days() if last is None else last:
        if seen not in {None, row.client_id} or not (user.client_id or user.is_platform):
            continue
        today = at.astimezone(row.zone).date()
        is_done = row.waiting_on == today or (row.finished_on is not None and row.finished_on >= today)
        day = today + timedelta(days=1) if is_done else today
        found.append(Clock(row.client_id, today, datetime.combine(day, DECISION_TIME, row.zone)))
    return found


@dataclass(frozen=True, slots=True)
class Coming:
    """What the next daily decisions will do if nothing changes: the orders that get a letter, or are canceled."""

    next_at: datetime | None
    lettered: tuple[int, ...] = ()
    canceled: tuple[int, ...] = ()

    @property
    def letters(self) -> int:
        """How many letters are written."""
        return len(self.lettered)

    @property
    def cancels(self) -> int:
        """How many orders are canceled."""
        return len(self.canceled)


MOST_CANDIDATES = 2000


def coming(user: User, client: Client | None, *, times: Sequence[Clock]) -> Coming:
    """Decide about everything that `user` sees as of each client's next decisions, without writing: three queries."""
    days = {clock.client_id: clock.next_at.date() for clock in times}
    if not days:
        return Coming(None)
    due = Purchase.objects.visible_to(user, client).due_for_action(max(days.values())).with_parties()
    candidates = list(due.order_by("next_action_on", "pk")[:MOST_CANDIDATES])
    facts = facts_of_all(candidates)
    steps = {purchase.pk: decide(facts[purchase.pk], days[purchase.client_id]).step for purchase in candidates}
    lettered, canceled = (tuple(pk for pk, step in steps.items() if step in kinds) for kinds in (LETTERS, CANCELS))
    return Coming(min(clock.next_at for clock in times), lettered, canceled)


def letters_by_day(user: User, client: Client | None, *, since: date, until: date) -> list[int]:
    """Count the letters handed over on each of the clients' days from `since` to `until`: one query."""
    rows = (
        Notice.objects.visible_to(user, client)
        .sent()
        .filter(sent_on__range=(since, until), step__in=LETTERS)
        .order_by()
        .values_list("sent_on")
        .annotate(count=Count("pk"))
    )
    counts = dict(rows)
    return [counts.get(since + timedelta(days=number), 0) for number in range((until - since).days + 1)]


def undecided(user: User, client: Client | None, *, limit: int) -> list[Purchase]:
    """Find the purchases that `user` sees and may decide about, at most `limit` of each `need`; one query.

    `need` is `answer` (the client was notified and has not said whether to keep or cancel, soonest cancel first) or
    `review` (the PO document is there, longest waiting first); `need_count` says how many there are of it.
    """
    answer = Q(pk__in=unanswered(Purchase.objects.visible_to(user, client)).order_by().values("pk"))
    review = Q(status=Status.AWAITING_RELEASE, document_received_at__isnull=False)
    if user.role != "platform_admin":
        review &= Q(policy__reviewer="platform" if user.client_id is None else "client")
    wanted = Q(pk__in=[])
    for right, which in ((Right.HOLD, answer), (Right.RELEASE, review)):
        if user.may(right):
            wanted |= which
    need = Case(When(status=Status.AWAITING_RELEASE, then=Value("review")), default=Value("answer"))
    turn: list[Any] = [F("next_action_on").asc(nulls_last=True), F("document_received_at"), F("pk")]
    place = Window(RowNumber(), partition_by=F("need"), order_by=turn)
    rows = (
        Purchase.objects.visible_to(user, client)
        .filter(wanted)
        .select_related("client")
        .annotate(need=need)
        .annotate(place=place, need_count=Window(Count("pk"), partition_by=F("need")))
        .filter(place__lte=limit)
    )
    return list(rows.order_by("need", "place"))
