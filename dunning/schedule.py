"""What happens with an unpaid purchase on a given day, and why: pure decisions on plain values.

The ladder of the seeds (dunning page): a letter on the due date, two more 14 days apart, a notification of the
client 7 days later, and the cancel 2 or 3 business days after it. `decide` answers for one day, `forecast` walks on.
All days are the client's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from core.days import ONE_DAY, nth_business_day_after
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


class Step(StrEnum):
    """What the worker can do with an open purchase; at most one a day."""

    PDN1 = "pdn1"
    PDN2 = "pdn2"
    PDN3 = "pdn3"
    NOTIFICATION = "notification"
    CANCELED = "canceled"
    DOCUMENT_EXPIRED = "document_expired"
    REMINDER1 = "reminder1"
    REMINDER2 = "reminder2"
    OFFLINE_EXPIRED = "offline_expired"


CANCELS: Final = frozenset({Step.CANCELED, Step.DOCUMENT_EXPIRED, Step.OFFLINE_EXPIRED})
"""Steps that end the purchase; all others are letters that count once they were handed over."""
LETTERS: Final = frozenset({Step.PDN1, Step.PDN2, Step.PDN3, Step.NOTIFICATION, Step.REMINDER1, Step.REMINDER2})


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: its first day counted from the start, and its distance from the step before."""

    step: Step
    day: int
    distance: int = 0


LADDER: Final = (
    Rung(Step.PDN1, 0),
    Rung(Step.PDN2, 14, 14),
    Rung(Step.PDN3, 28, 14),
    Rung(Step.NOTIFICATION, 35, 7),
    Rung(Step.CANCELED, 35),
)
"""Days counted from the due date; the cancel's distance is in business days and stands in the policy."""
OFFLINE: Final = (Rung(Step.REMINDER1, 7), Rung(Step.REMINDER2, 14), Rung(Step.OFFLINE_EXPIRED, 30))
"""Days counted from the order date of an order that awaits an offline payment."""
OFFLINE_LASTS: Final = timedelta(days=OFFLINE[-1].day)


class Reason(StrEnum):
    """Why a step is taken or not, as a short stable word; sentences are made of it elsewhere."""

    DUE = "due"
    NOT_YET = "not_yet"
    HELD = "held"
    PROMISED = "promised"
    ON_ITS_WAY = "on_its_way"
    BOUNCED = "bounced"
    NO_EMAIL = "no_email"
    ONE_A_DAY = "one_a_day"
    KEPT_ACTIVE = "kept_active"
    PARTLY_PAID = "partly_paid"
    LADDER_ENDS = "ladder_ends"
    DUNNING_OFF = "dunning_off"
    EXEMPT_PARTNER = "exempt_partner"
    TEST_ORDER = "test_order"
    AWAITING_REVIEW = "awaiting_review"
    AWAITING_APPROVAL = "awaiting_approval"
    STALE_BANK = "stale_bank"
    TAKEN_OUT = "taken_out"
    DISPUTED = "disputed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a decision depends on. `sent`: the day on which each step's letter was really handed over.

    `paid_minor` is the money that is there: what was returned does not count as paid. The hold is the strongest of all
    that stand; `hold_scope` says whose it is when it is not the purchase's own.
    """

    status: str
    ordered_on: date
    due_on: date | None = None
    gross_minor: int = 1
    paid_minor: int = 0
    is_test: bool = False
    is_exempt_partner: bool = False
    has_document: bool = False
    has_email: bool = True
    dunning: bool = True
    cancel_step: bool = True
    cancel_after_business_days: int = 3
    document_deadline_days: int = 30
    country: str = ""
    subdivision: str = ""
    sent: Mapping[Step, date] = field(default_factory=dict)
    pending: Step | None = None
    last_step_on: date | None = None
    is_bounced: bool = False
    is_held: bool = False
    hold_until: date | None = None
    is_disputed: bool = False
    hold_scope: str = ""
    promised_until: date | None = None
    is_kept_active: bool = False
    ladder: tuple[Rung, ...] = LADDER
    """The ladder it climbs; another one only where somebody asks what would be if."""

    @property
    def open_minor(self) -> int:
        """What is left to pay."""
        return self.gross_minor - self.paid_minor

    @property
    def hold_reason(self) -> Reason:
        """A dispute is a hold with a name of its own."""
        return Reason.DISPUTED if self.is_disputed else Reason.HELD


Number = int | str
"""A number behind a decision, ready for JSON: a count or an ISO date."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one day: a step to take now or none, why, and when the answer can change by itself.

    `coming` is the step that comes next (now or on `next_on`); `next_on` empty means: not before something changes.
    """

    step: Step | None
    reason: Reason
    coming: Step | None = None
    next_on: date | None = None
    numbers: Mapping[str, Number] = field(default_factory=dict)


def decide(facts: Facts, on: date) -> Decision:
    """Say what is to be done with a purchase on the day `on`, and why."""
    if facts.status == Status.AWAITING_RELEASE:
        return _decide_document(facts, on)
    if facts.open_minor <= 0:
        return Decision(None, Reason.CLOSED)  # at a discount of 100 % there is nothing to ask for
    if facts.status in {Status.AWAITING_OFFLINE_PAYMENT, Status.UNPAID}:
        return _decide_offline(facts, on)
    if facts.status == Status.PURCHASE_ORDER and facts.due_on is not None:
        return _decide_ladder(facts, facts.due_on, on)
    return Decision(None, Reason.CLOSED)


def forecast(facts: Facts, on: date) -> list[tuple[Step, date, Reason]]:
    """List the steps to come after the day `on` if nobody does anything, each with its day and reason.

    Letters are taken to be handed over on the day they are decided; one on its way, on `on` itself.
    """
    if facts.pending is not None:
        facts = replace(facts, sent={**facts.sent, facts.pending: on}, pending=None)
    coming: list[tuple[Step, date, Reason]] = []
    day, waited_for = on + ONE_DAY, Reason.DUE
    while (decision := decide(facts, day)).step or decision.next_on:
        if decision.reason is Reason.NO_EMAIL:
            day, waited_for = max(day, facts.ordered_on + OFFLINE_LASTS), Reason.NO_EMAIL
            if decide(facts, day).step is not Step.OFFLINE_EXPIRED:
                break
            continue
        if decision.step is None:
            day, waited_for = decision.next_on or day, decision.reason
            continue
        coming.append((decision.step, day, waited_for))
        if decision.step in CANCELS:
            break
        facts = replace(facts, sent={**facts.sent, decision.step: day}, last_step_on=day)
        day, waited_for = day + ONE_DAY, Reason.DUE
    return coming


def against_copy(facts: Facts, step: Step, on: date) -> Reason | None:
    """Say why a copy of a letter that was sent may not go out on the day `on`; None when it may.

    A copy asks for nothing new, so neither its day nor later letters matter: only whether the letter is still true.
    """
    is_reminder = step in {rung.step for rung in OFFLINE}
    expected = {Status.AWAITING_OFFLINE_PAYMENT, Status.UNPAID} if is_reminder else {Status.PURCHASE_ORDER}
    if facts.status not in expected or facts.open_minor <= 0:
        return Reason.CLOSED
    is_held = facts.is_held and (facts.hold_until is None or on <= facts.hold_until)
    reasons = (
        (is_held, facts.hold_reason),
        (facts.promised_until is not None and on <= facts.promised_until, Reason.PROMISED),
        (facts.is_kept_active, Reason.KEPT_ACTIVE),
        (facts.is_exempt_partner and not is_reminder, Reason.EXEMPT_PARTNER),
    )
    return next((reason for applies, reason in reasons if applies), None)


def put_off(decision: Decision, reason: Reason, on: date) -> Decision:
    """Turn a step that is due on the day `on` into none, because its run waits or leaves the purchase out."""
    return Decision(None, reason, decision.coming, on, {**decision.numbers, "run_on": on.isoformat()})


def _decide_offline(facts: Facts, on: date) -> Decision:
    if facts.is_test:
        return Decision(None, Reason.TEST_ORDER)
    rung = _next_rung(OFFLINE, facts)
    if rung is None:
        return Decision(None, Reason.CLOSED)
    stopped = _stopped(facts, rung)
    if stopped is not None:
        return stopped
    if not facts.has_email and facts.paid_minor == 0 and on >= facts.ordered_on + OFFLINE_LASTS:
        rung = OFFLINE[-1]  # nobody could be reminded: it ends on its day instead of staying open for ever
    numbers: dict[str, Number] = {"start_on": facts.ordered_on.isoformat(), "day": rung.day}
    if rung.step is Step.OFFLINE_EXPIRED and facts.paid_minor > 0:
        return Decision(None, Reason.PARTLY_PAID, numbers=_money(facts))
    return _when_due(facts, rung.step, facts.ordered_on + timedelta(days=rung.day), on, numbers)


def _decide_document(facts: Facts, on: date) -> Decision:
    if facts.has_document:
        return Decision(None, Reason.AWAITING_REVIEW)
    if facts.paid_minor > 0:
        return Decision(None, Reason.PARTLY_PAID, numbers=_money(facts))
    days = facts.document_deadline_days
    numbers: dict[str, Number] = {"start_on": facts.ordered_on.isoformat(), "day": days}
    return _when_due(facts, Step.DOCUMENT_EXPIRED, facts.ordered_on + timedelta(days=days), on, numbers)


def _decide_ladder(facts: Facts, due_on: date, on: date) -> Decision:
    never = _never(facts)
    if never is not None:
        return Decision(None, never)
    rung = _next_rung(facts.ladder, facts)
    if rung is None or (rung.step in {Step.NOTIFICATION, Step.CANCELED} and not facts.cancel_step):
        return Decision(None, Reason.LADDER_ENDS)
    stopped = _stopped(facts, rung)
    if stopped is not None:
        return stopped
    if rung.step is Step.CANCELED and facts.paid_minor > 0:
        return Decision(None, Reason.PARTLY_PAID, numbers=_money(facts))
    earliest, numbers = _earliest(facts, rung, due_on)
    numbers |= _broken_promise(facts, on)
    free_on, reason, until = _unblocked(facts, earliest)
    if free_on is None or (reason is not Reason.NOT_YET and on < free_on):
        return Decision(None, reason, rung.step, free_on, numbers | until)
    return _when_due(facts, rung.step, free_on, on, numbers | _money(facts))


def _never(facts: Facts) -> Reason | None:
    reasons = (
        (facts.is_test, Reason.TEST_ORDER),
        (facts.is_exempt_partner, Reason.EXEMPT_PARTNER),
        (not facts.dunning, Reason.DUNNING_OFF),
        (facts.is_kept_active, Reason.KEPT_ACTIVE),
    )
    return next((reason for applies, reason in reasons if applies), None)


def _stopped(facts: Facts, rung: Rung) -> Decision | None:
    """A letter that is not handed over yet, or came back, stops everything until that is settled."""
    if facts.is_bounced:
        return Decision(None, Reason.BOUNCED, rung.step)
    return Decision(None, Reason.ON_ITS_WAY, facts.pending) if facts.pending is not None else None


def _next_rung(ladder: tuple[Rung, ...], facts: Facts) -> Rung | None:
    return next((rung for rung in ladder if rung.step not in facts.sent), None)


def _earliest(facts: Facts, rung: Rung, due_on: date) -> tuple[date, dict[str, Number]]:
    """Count from the due date, but never closer to the previous letter than the ladder's distance."""
    day = due_on + timedelta(days=rung.day)
    numbers: dict[str, Number] = {"start_on": due_on.isoformat(), "day": rung.day}
    position = facts.ladder.index(rung)
    if position == 0:
        return day, numbers
    previous = facts.ladder[position - 1].step
    sent_on = facts.sent[previous]
    numbers |= {"previous": previous.value, "previous_on": sent_on.isoformat()}
    if rung.step is not Step.CANCELED:
        return max(day, sent_on + timedelta(days=rung.distance)), numbers | {"distance": rung.distance}
    count = facts.cancel_after_business_days
    earliest = nth_business_day_after(max(day, sent_on), count, facts.country, facts.subdivision)
    return earliest, numbers | {"business_days": count}


def _unblocked(facts: Facts, earliest: date) -> tuple[date | None, Reason, dict[str, Number]]:
    """First day from `earliest` on that neither a hold nor a promise covers, and which of them decides."""
    scope: dict[str, Number] = {"scope": facts.hold_scope} if facts.hold_scope else {}
    if facts.is_held and facts.hold_until is None:
        return None, facts.hold_reason, scope
    held = facts.hold_until if facts.is_held else None
    promised = facts.promised_until
    last, reason = max(
        ((day, why) for day, why in ((promised, Reason.PROMISED), (held, facts.hold_reason)) if day is not None),
        default=(None, Reason.NOT_YET),
    )
    if last is None or last < earliest:
        return earliest, Reason.NOT_YET, {}
    return last + ONE_DAY, reason, {"until": last.isoformat(), **({} if reason is Reason.PROMISED else scope)}


def _broken_promise(facts: Facts, on: date) -> dict[str, Number]:
    """Name the promise that passed without payment, until the next step has answered it."""
    promised = facts.promised_until
    if promised is None or promised >= on or (facts.last_step_on is not None and facts.last_step_on > promised):
        return {}
    return {"broken_promise": promised.isoformat()}


def _when_due(facts: Facts, step: Step, earliest: date, on: date, numbers: Mapping[str, Number]) -> Decision:
    if on < earliest:
        return Decision(None, Reason.NOT_YET, step, earliest, numbers)
    if facts.last_step_on is not None and facts.last_step_on >= on:
        return Decision(None, Reason.ONE_A_DAY, step, facts.last_step_on + ONE_DAY, numbers)
    if step in LETTERS and not facts.has_email:
        return Decision(None, Reason.NO_EMAIL, step, on + ONE_DAY, numbers)
    return Decision(step, Reason.DUE, step, on, numbers)


def _money(facts: Facts) -> dict[str, Number]:
    return {"paid": facts.paid_minor, "open": facts.open_minor}
