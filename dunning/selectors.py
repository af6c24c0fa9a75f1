"""Reads of the ladder: the facts of a purchase, why nothing happened, what happened and what is to come."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When, Window
from django.db.models.functions import RowNumber

from accounts.roles import Right
from dunning.models import Explanation, Heartbeat, Notice, NoticeStatus, ResponseLink, Run
from dunning.schedule import CANCELS, LETTERS, Decision, Facts, Step, decide, forecast
from dunning.states import SHORT_LABELS, STEP_LABELS
from purchases.models import Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from accounts.models import Client, User

DECISION_TIME = time(8)
"""From this time of day, in the client's zone, a day's decisions are taken."""
SILENT_AFTER = timedelta(minutes=5)
"""A worker that gave no sign of life for so long is taken for dead."""


def facts_of(purchase: Purchase, *, notices: Iterable[Notice] | None = None, without: Notice | None = None) -> Facts:
    """Collect all that a decision about `purchase` depends on; `without` leaves one notice out of account."""
    if notices is None:
        notices = Notice.objects.filter(purchase=purchase).standing().order_by("pk")
    standing = [notice for notice in notices if without is None or notice.pk != without.pk]
    policy, partner = purchase.policy, purchase.partner
    return Facts(
        status=purchase.status,
        ordered_on=purchase.ordered_on,
        due_on=purchase.due_on,
        gross_minor=purchase.gross_minor,
        paid_minor=purchase.kept.minor,
        is_test=purchase.is_test,
        is_exempt_partner=partner is not None and partner.month_end_statement,
        has_document=purchase.document_received_at is not None,
        has_email=is_address(purchase.billing_email),
        dunning=policy.dunning,
        cancel_step=policy.cancel_step,
        cancel_after_business_days=policy.cancel_after_business_days,
        document_deadline_days=policy.document_deadline_days,
        country=purchase.client.country,
        subdivision=purchase.client.subdivision,
        sent={Step(notice.step): notice.sent_on for notice in standing if notice.sent_on is not None},
        pending=next((Step(n.step) for n in standing if n.status == NoticeStatus.PENDING), None),
        last_step_on=max((notice.on for notice in standing), default=None),
        is_bounced=any(notice.returned_at is not None for notice in standing),
        is_held=purchase.held_at is not None,
        hold_until=purchase.hold_until,
        promised_until=purchase.promised_until,
        is_kept_active=purchase.kept_active_at is not None,
    )


def is_address(text: str) -> bool:
    """Whether a letter could be sent to `text`."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


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


def notices_of(purchases: Sequence[Purchase]) -> dict[int, list[Notice]]:
    """Group the standing notices of several purchases: one query."""
    grouped: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(purchase__in=purchases).standing().order_by("pk"):
        grouped.setdefault(notice.purchase_id, []).append(notice)
    return grouped


def is_notified(purchase: Purchase) -> bool:
    """Whether the client was told about the delinquency and the order is still open: the time for an answer."""
    sent = Notice.objects.filter(purchase=purchase, step=Step.NOTIFICATION).sent()
    return purchase.status == Status.PURCHASE_ORDER and sent.exists()


def is_stopped(purchase: Purchase) -> bool:
    """Whether a letter came back, or was refused for good, and nobody has resumed dunning since."""
    return Notice.objects.filter(purchase=purchase, returned_at__isnull=False).standing().exists()


def why(purchase: Purchase) -> Explanation | None:
    """Find the line that holds now: why something was sent or not, and the next date."""
    return Explanation.objects.filter(purchase=purchase).newest_first().first()


def why_on(purchase: Purchase, on: date) -> Explanation | None:
    """Find the line that held at the end of a past day."""
    return Explanation.objects.filter(purchase=purchase).until(on).newest_first().first()


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of a purchase's ladder as shown: behind it, on its way, or to come."""

    step: str
    label: str
    short_label: str
    on: date
    state: str
    """`done`, `pending`, `dropped` or `coming`."""
    note: str = ""
    document_number: str = ""

    @property
    def is_past(self) -> bool:
        """Whether it was taken."""
        return self.state != "coming"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A purchase's ladder: what was done, what comes if nobody does anything, and why it stands where it does."""

    rungs: list[Rung]
    decision: Decision
    facts: Facts
    today: date


def timeline(purchase: Purchase, on: date) -> Timeline:
    """Tell past and forecast of a purchase's ladder as seen on the client's day `on`."""
    notices = list(Notice.objects.filter(purchase=purchase).select_related("document").order_by("pk"))
    facts = facts_of(purchase, notices=[n for n in notices if n.status != NoticeStatus.DROPPED])
    past = [_past(notice) for notice in notices]
    is_decided = Run.objects.filter(client=purchase.client_id, on=on, finished_at__isnull=False).exists()
    since = on if is_decided else on - timedelta(days=1)
    coming = [
        Rung(step, STEP_LABELS[step], SHORT_LABELS[step], day, "coming", note=reason)
        for step, day, reason in forecast(facts, since)
    ]
    return Timeline(past + coming, decide(facts, on), facts, on)


def _past(notice: Notice) -> Rung:
    states = {NoticeStatus.SENT: "done", NoticeStatus.PENDING: "pending", NoticeStatus.DROPPED: "dropped"}
    return Rung(
        notice.step,
        notice.label,
        notice.short_label,
        notice.sent_on or notice.on,
        states[NoticeStatus(notice.status)],
        note=notice.drop_reason or ("came back" if notice.returned_at else ""),
        document_number=notice.document.number if notice.document else "",
    )


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
    """Read the worker's signs of life and look for decisions that should have been taken an hour ago: two queries.

    One when the caller has read the clients' `last` days already.
    """
    beats = {beat.name: beat.at for beat in Heartbeat.objects.filter(name__in=["worker", "jobs"])}
    seen, jobs = beats.get("worker"), beats.get("jobs")
    last = last_days() if last is None else last
    is_late = jobs is not None and bool(due_days(at - timedelta(hours=1), last=last))
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


def hash_of(token: str) -> str:
    """Return what is stored of a token: whoever reads the database can't use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def answer_of(token: str, *, at: datetime) -> ResponseLink | None:
    """Find the link of a token while it may be used; None when it is wrong, expired or revoked alike."""
    return (
        ResponseLink.objects.filter(token_hash=hash_of(token), revoked_at=None, expires_at__gt=at)
        .select_related("notice__purchase__client")
        .first()
    )


# Today -------------------------------------------------------------------------------------------------------------


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
        is_done = row.finished_on is not None and row.finished_on >= today
        day = today + timedelta(days=1) if is_done else today
        found.append(Clock(row.client_id, today, datetime.combine(day, DECISION_TIME, row.zone)))
    return found


@dataclass(frozen=True, slots=True)
class Coming:
    """What the next daily decisions will do if nothing changes: letters written, orders canceled."""

    next_at: datetime | None
    letters: int = 0
    cancels: int = 0


MOST_CANDIDATES = 2000


def coming(user: User, client: Client | None, *, times: Sequence[Clock]) -> Coming:
    """Decide about everything that `user` sees as of each client's next decisions, without writing: two queries."""
    days = {clock.client_id: clock.next_at.date() for clock in times}
    if not days:
        return Coming(None)
    due = Purchase.objects.visible_to(user, client).due_for_action(max(days.values())).with_parties()
    candidates = list(due.order_by("next_action_on", "pk")[:MOST_CANDIDATES])
    notices = notices_of(candidates)
    steps = [
        decide(facts_of(purchase, notices=notices.get(purchase.pk, ())), days[purchase.client_id]).step
        for purchase in candidates
    ]
    letters, cancels = (sum(step in kinds for step in steps) for kinds in (LETTERS, CANCELS))
    return Coming(min(clock.next_at for clock in times), letters, cancels)


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
    told = Notice.objects.filter(purchase=OuterRef("pk"), step=Step.NOTIFICATION).sent()
    answer = Q(status=Status.PURCHASE_ORDER, held_at=None, kept_active_at=None) & Q(Exists(told))
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
