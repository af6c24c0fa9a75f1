"""A past day's decisions taken again with what was known then, and how that differs from what was done.

What was known is read from what is never overwritten: the history of purchases, partners and clients, the notices with
the moments of their e-mails, the holds. A payment that was booked later was not known, whatever its value date.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q, Subquery

from core.days import ONE_DAY
from dunning.models import AccountHold, Explanation, Notice, NoticeStatus, Run
from dunning.schedule import Decision, Reason, Step, decide
from dunning.selectors.days import DECISION_TIME
from dunning.selectors.facts import facts_of
from dunning.states import SHORT_LABELS, STEP_LABELS, sentence
from partners.models import Partner
from purchases.models import HistoryEntry, Policy, Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from django.db.models import QuerySet

    from accounts.models import Client

MOST_PURCHASES: Final = 20_000
SAME: Final = ""
DECIDING: Final = frozenset(
    {
        "document", "converted", "approved", "released", "rejected", "canceled", "payment", "settled", "refunded",
        "returned", "charged_back", "reinstated", "corrected", "term", "extended", "kept_active", "held", "resumed",
        "promised", "taken_out", *Step,
        *(f"{step}_{fate}" for step in Step for fate in ("dropped", "returned", "reached")),
    }
)  # fmt: skip
"""Events of a purchase's history that may change a decision; others are no reason for a difference."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One purchase on the day: what would have been decided at the moment, what was done, and why they differ.

    `difference` is a sentence, empty when the same was done; moments in it are the client's.
    """

    purchase: Purchase
    decision: Decision
    done: Notice | None
    difference: str
    why: str

    @property
    def would(self) -> str:
        """The step that would have been taken, in two words."""
        return SHORT_LABELS[self.decision.step] if self.decision.step else ""

    @property
    def did(self) -> str:
        """The step that was taken, in two words."""
        return self.done.short_label if self.done else ""


@dataclass(frozen=True, slots=True)
class Replay:
    """A client's day decided again as of the moment `at`: what concerns a step, and how many were looked at."""

    client: Client
    on: date
    at: datetime
    run: Run | None
    rows: list[Replayed]
    looked_at: int
    is_capped: bool = False

    @property
    def differences(self) -> list[Replayed]:
        """What was done otherwise."""
        return [row for row in self.rows if row.difference]

    @property
    def is_early(self) -> bool:
        """Whether no decision falls yet at that moment: it is before 08:00 there."""
        return self.at.astimezone(self.client.zone).time() < DECISION_TIME


def morning_of(client: Client, on: date) -> datetime:
    """08:00 of a day where the client is at home: when its decisions are to be taken."""
    return datetime.combine(on, DECISION_TIME, client.zone)


def replay_day(client: Client, *, at: datetime, shows_internal: bool = False) -> Replay:
    """Decide the client's day of `at` again with what was known at `at`; what happened at that very moment is known.

    The day's own decisions are not known, or every step would find itself taken. Without `shows_internal` the history's
    entries for the platform alone are no reasons.
    """
    client = _as_known(client, at)
    on = at.astimezone(client.zone).date()
    done = {notice.purchase_id: notice for notice in _notices(client).filter(on=on).order_by("pk")}
    candidates = _candidates(client, at=at, own=done)
    is_capped, candidates = len(candidates) > MOST_PURCHASES, candidates[:MOST_PURCHASES]
    if is_capped:
        done = {pk: notice for pk, notice in done.items() if pk <= candidates[-1]}
    known = _purchases(client, candidates, at=at, on=on)
    pks = {purchase.pk for purchase in known}
    notices = _notices_known(client, pks, at=at, before=on)
    holds = _holds_known(client, at=at)
    run = Run.objects.filter(client=client.pk, on=on).first()
    told = _Told(client, on, at, run, pks | set(done), shows_internal=shows_internal)
    rows = []
    for purchase in known:
        facts = facts_of(purchase, notices=notices.get(purchase.pk, ()), account_holds=_holds_of(purchase, holds))
        decision, notice = decide(facts, on), done.get(purchase.pk)
        if decision.step is not None or notice is not None:
            rows.append(told.compared(purchase, decision, notice))
    nothing = Decision(None, Reason.CLOSED, numbers={"status": "it was not open then"})
    rows += [told.compared(notice.purchase, nothing, notice) for notice in _unknown(done, pks)]
    return Replay(client, on, at, run, rows, len(known), is_capped)


def _why(decision: Decision) -> str:
    return sentence(
        reason=decision.reason,
        step=decision.step or "",
        coming=decision.coming or "",
        next_on=decision.next_on,
        numbers=decision.numbers,
        day=date.isoformat,
    )


# What was known ------------------------------------------------------------------------------------------------------


def _as_known(row: Any, at: datetime) -> Any:
    """Give a row the values that its history says it had; without a history of that time it stays as it is."""
    old = row.history.filter(history_date__lte=at).order_by("history_date", "history_id").values().last()
    return _revived(row, old) if old else row


def _revived(row: Any, values: Mapping[str, Any]) -> Any:
    known = copy(row)
    for field_ in row._meta.concrete_fields:
        setattr(known, field_.attname, values[field_.attname])
    return known


def _notices(client: Client) -> QuerySet[Notice]:
    return Notice.objects.filter(purchase__client=client.pk).select_related("email", "purchase__client")


def _candidates(client: Client, *, at: datetime, own: Collection[int]) -> list[int]:
    """The purchases that may have been open at a moment, and those of the day's `own` decisions: one too many tells."""
    rows = Purchase.objects.filter(client=client.pk, ordered_at__lte=at)
    rows = rows.filter(Q(closed_at=None) | Q(closed_at__gte=at) | Q(pk__in=own))
    return list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_PURCHASES + 1])


def _purchases(client: Client, candidates: Sequence[int], *, at: datetime, on: date) -> list[Purchase]:
    """Rebuild those that were open at a moment; the cancels that the decisions of the day `on` made don't count.

    Four queries; of each purchase's history only the row that held is read.
    """
    own = Notice.objects.filter(purchase=OuterRef("id"), on=on, decided_at=OuterRef("history_date"))
    rows = Purchase.history.filter(id=OuterRef("pk"), history_date__lte=at)
    rows = rows.exclude(Exists(own), status=Status.CANCELED, history_user=None)
    held = rows.order_by("-history_date", "-history_id").values("history_id")[:1]
    newest = Purchase.objects.filter(pk__in=candidates).values_list(Subquery(held), flat=True)
    states: dict[int, dict[str, Any]] = {
        row["id"]: row for row in Purchase.history.filter(history_id__in=newest).values()
    }
    names = [field_.attname for field_ in Purchase._meta.concrete_fields]
    policies = Policy.objects.filter(client=client.pk).in_bulk()
    partners = {partner.pk: _as_known(partner, at) for partner in Partner.objects.filter(client=client.pk)}
    found = []
    for pk in sorted(states):
        purchase = Purchase(**{name: states[pk][name] for name in names if name in states[pk]})
        if purchase.is_open:
            purchase.client, purchase.policy = client, policies[purchase.policy_id]
            purchase.partner = partners.get(purchase.partner_id) if purchase.partner_id else None
            found.append(purchase)
    return found


def _unknown(done: Mapping[int, Notice], known: set[int]) -> list[Notice]:
    """Steps of the day whose purchases were not open at the moment."""
    stood = [notice for notice in done.values() if notice.status != NoticeStatus.DROPPED]
    return [notice for notice in stood if notice.purchase_id not in known]


def _notices_known(client: Client, pks: set[int], *, at: datetime, before: date) -> dict[int, list[Notice]]:
    """Rebuild the notices of the days before as they stood at a moment: on their way, handed over, come back.

    A notice keeps only its last state; when it was dropped, came back or reached another address stands in the
    purchase's history.
    """
    entries: dict[int, list[HistoryEntry]] = defaultdict(list)
    events = [f"{step}_{fate}" for step in Step for fate in ("dropped", "returned", "reached")] + ["resumed"]
    told = HistoryEntry.objects.filter(purchase__in=pks, event__in=events, at__lte=at).order_by("at", "pk")
    for entry in told:
        entries[entry.purchase_id].append(entry)
    found: dict[int, list[Notice]] = defaultdict(list)
    notices = Notice.objects.filter(purchase__in=pks, decided_at__lte=at, on__lt=before).select_related("email")
    for notice in notices.order_by("pk"):
        known = _notice_known(notice, entries[notice.purchase_id], at=at, zone=client.zone)
        if known.status != NoticeStatus.DROPPED:
            found[notice.purchase_id].append(known)
    return found


def _notice_known(notice: Notice, entries: Sequence[HistoryEntry], *, at: datetime, zone: tzinfo) -> Notice:
    later = [entry for entry in entries if entry.at >= notice.decided_at]
    dropped = next((entry for entry in later if entry.event == f"{notice.step}_dropped"), None)
    returned = next((entry for entry in reversed(later) if entry.event == f"{notice.step}_returned"), None)
    reached = next((entry for entry in reversed(later) if entry.event == f"{notice.step}_reached"), None)
    resumed = any(returned and entry.event == "resumed" and entry.at >= returned.at for entry in later)
    is_over = resumed or bool(returned and reached and reached.at >= returned.at)
    sent_at = reached.at if reached else _sent_at(notice)
    known = copy(notice)
    known.returned_at = returned.at if returned and not is_over else None
    if notice.status == NoticeStatus.DROPPED:
        # one that the relay refused is dropped without a word of its own, when dunning is resumed
        is_gone = dropped is not None or (returned is not None and resumed)
        known.status = NoticeStatus.DROPPED if is_gone else NoticeStatus.PENDING
    elif (sent_at or at) > at or (sent_at is None and known.returned_at):
        known.status, known.sent_on = NoticeStatus.PENDING, None
    elif returned and sent_at is not None:
        # that it reached another address later has put its day on
        known.sent_on = sent_at.astimezone(zone).date()
    return known


def _sent_at(notice: Notice) -> datetime | None:
    """When a step counted: the hand-over of its e-mail; a cancel counts at once."""
    return notice.email.sent_at if notice.email is not None else notice.decided_at


def _holds_known(client: Client, *, at: datetime) -> list[AccountHold]:
    standing = AccountHold.objects.filter(client=client.pk, set_at__lte=at)
    return list(standing.filter(Q(ended_at=None) | Q(ended_at__gt=at)).order_by("pk"))


def _holds_of(purchase: Purchase, holds: Iterable[AccountHold]) -> list[AccountHold]:
    if purchase.status != Status.PURCHASE_ORDER:
        return []
    return [
        hold
        for hold in holds
        if hold.customer_id == purchase.customer_id
        or (hold.partner_id is not None and hold.partner_id == purchase.partner_id)
    ]


# Why it differs ------------------------------------------------------------------------------------------------------


@dataclass
class _Told:
    """What is on record about the day, to say why something was done otherwise."""

    client: Client
    on: date
    at: datetime
    run: Run | None
    pks: set[int]
    shows_internal: bool
    entries: dict[int, list[HistoryEntry]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[int, Explanation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        until = max(self.at, morning_of(self.client, self.on)) + 2 * ONE_DAY
        own = Q(event__in=[step.value for step in Step]) | Q(event__endswith="_dropped")
        told = HistoryEntry.objects.filter(purchase__in=self.pks, at__gte=self.at - timedelta(days=1), at__lte=until)
        told = told.filter(event__in=DECIDING).exclude(own, by=None)
        if not self.shows_internal:
            told = told.filter(is_internal=False)
        for entry in told.order_by("at", "pk"):
            self.entries[entry.purchase_id].append(entry)
        for line in Explanation.objects.filter(purchase__in=self.pks, on=self.on).order_by("pk"):
            self.lines[line.purchase_id] = line

    def compared(self, purchase: Purchase, decision: Decision, notice: Notice | None) -> Replayed:
        """Put what would have been beside what was."""
        return Replayed(purchase, decision, notice, self.difference(purchase, decision, notice), _why(decision))

    def difference(self, purchase: Purchase, decision: Decision, notice: Notice | None) -> str:
        """Say in a sentence why what was done is not what would have been; empty when it is."""
        if notice is not None and decision.step == notice.step:
            return self.fate_of(notice)
        if notice is None:
            return self.not_done(purchase)
        would = STEP_LABELS[decision.step] if decision.step else "No step"
        entry = self.between(purchase.pk, self.at, notice.decided_at)
        because = f": {self.words(entry)}, decided at {self.clock(notice.decided_at)}" if entry else ""
        return (
            f"{would} as of {self.clock(self.at)}, but {notice.label} was decided{because}. {_why(decision)}".rstrip()
        )

    def fate_of(self, notice: Notice) -> str:
        """The same step was decided: say what became of it when it did not count that day."""
        decided = f"decided at {self.clock(notice.decided_at)}"
        if notice.status == NoticeStatus.DROPPED:
            entry = self.between(notice.purchase_id, notice.decided_at, notice.decided_at + 2 * ONE_DAY)
            what = self.words(entry) if entry else notice.drop_reason
            return f"Not sent: {what}, {decided}."
        if notice.status == NoticeStatus.PENDING:
            return f"Still on its way, {decided}."
        sent_at = _sent_at(notice)
        if sent_at is not None and sent_at.astimezone(self.client.zone).date() > self.on:
            return f"Handed over at {self.clock(sent_at)}, {decided}."
        return SAME

    def not_done(self, purchase: Purchase) -> str:
        """Nothing was done: say what the run of the day says of it."""
        run = self.run
        if run is None:
            return "No decisions were taken that day: the worker did not run."
        entry = self.between(purchase.pk, self.at, run.finished_at or run.started_at)
        if entry is not None:
            return f"Not decided: {self.words(entry)}, the run was at {self.clock(run.started_at)}."
        if run.waits_because and not run.approved_at:
            return f"Not decided: {run.waits_because}"
        line = self.lines.get(purchase.pk)
        if line is not None and not line.step:
            coming = Step(line.coming) if line.coming else None
            said = Decision(None, Reason(line.reason), coming, line.next_on, line.numbers)
            return f"Not decided: {_why(said)}"
        if run.finished_at is None:
            return "Not decided: the run of that day was not finished."
        return "Not decided, and nothing on record says why; see the error log of that day."

    def between(self, pk: int, after: datetime, until: datetime) -> HistoryEntry | None:
        """What happened with a purchase after one moment and up to another, first."""
        return next((entry for entry in self.entries[pk] if after < entry.at <= until), None)

    def words(self, entry: HistoryEntry) -> str:
        """An entry of the history with its moment."""
        return f"{entry.note} at {self.clock(entry.at)}"

    def clock(self, moment: datetime) -> str:
        """A moment on the client's clock; with its day when that is another one."""
        local = moment.astimezone(self.client.zone)
        return f"{local:%H:%M}" if local.date() == self.on else f"{local:%Y-%m-%d %H:%M}"
