"""Keeping the why/why-not line and the next action day of a purchase right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from core.bulk import write_new
from core.days import ONE_DAY
from dunning.models import Explanation, Run, TakenOut, Waiting
from dunning.schedule import Reason, decide, put_off
from dunning.selectors.facts import AT_ONCE, facts_of, facts_of_all
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from dunning.schedule import Decision
    from partners.models import Partner

PROPOSED = frozenset({Reason.AWAITING_APPROVAL, Reason.STALE_BANK})
"""Answers of a run that waits."""
DAILY = frozenset({Reason.NO_EMAIL, Reason.ONE_A_DAY, Reason.TAKEN_OUT}) | PROPOSED
"""Answers that are looked at again each day but do not change by that."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided about a locked purchase; `is_taken`: the decision's step was taken just now."""

    purchase: Purchase
    decision: Decision
    run: Run | None = None
    is_taken: bool = False


def explain(
    purchase: Purchase,
    decision: Decision,
    *,
    on: date,
    at: datetime,
    run: Run | None = None,
    is_taken: bool = False,
) -> Explanation:
    """Write down the answer for a locked purchase if it changed, and when to look again.

    `is_taken`: the decision's step was taken just now.
    """
    last = Explanation.objects.filter(purchase=purchase).newest_first().first()
    standing = {} if last is None else {purchase.pk: last}
    (line,) = _write_down([Answer(purchase, decision, run, is_taken)], standing, on=on, at=at)
    return line


def explain_all(answers: Sequence[Answer], *, on: date, at: datetime) -> None:
    """Write down the answers for many locked purchases, as `explain` does for one: few queries for all of them."""
    purchases = [answer.purchase for answer in answers]
    lines = Explanation.objects.filter(purchase__in=purchases).last_of_each()
    _write_down(answers, {line.purchase_id: line for line in lines}, on=on, at=at)


def _write_down(
    answers: Sequence[Answer], standing: Mapping[int, Explanation], *, on: date, at: datetime
) -> list[Explanation]:
    """Write the lines that differ from what is standing, and the days to look again; return the lines that hold."""
    moved: dict[date | None, list[int]] = {}
    lines = []
    for answer in answers:
        purchase = answer.purchase
        look_on, line = _answer(purchase, answer.decision, on=on, at=at, run=answer.run, is_taken=answer.is_taken)
        if purchase.next_action_on != look_on:
            moved.setdefault(look_on, []).append(purchase.pk)
            purchase.next_action_on = look_on
        last = standing.get(purchase.pk)
        lines.append(line if last is None or last.answer != line.answer else last)
    for look_on, pks in moved.items():
        # Derived from other rows and recomputed at every change: no history line of its own.
        Purchase.objects.filter(pk__in=pks).update(next_action_on=look_on)
    write_new(line for line in lines if line.pk is None)
    return lines


def _answer(
    purchase: Purchase, decision: Decision, *, on: date, at: datetime, run: Run | None, is_taken: bool
) -> tuple[date | None, Explanation]:
    """Word the answer: the day to look again, and the line."""
    numbers = dict(decision.numbers)
    if decision.reason is Reason.CLOSED:
        numbers["status"] = purchase.status_label
    look_on = _look_on(purchase, decision, on=on, is_taken=is_taken)
    return look_on, Explanation(
        purchase=purchase,
        run=run,
        on=on,
        at=at,
        step=(decision.step or "") if is_taken else "",
        reason=decision.reason,
        coming=decision.coming or "",
        next_on=None if is_taken or decision.reason in DAILY else decision.next_on,
        numbers=numbers,
    )


def _look_on(purchase: Purchase, decision: Decision, *, on: date, is_taken: bool) -> date | None:
    """Find the next day on which something is to be done: the coming step, or finding that a promise was broken."""
    next_on = None if is_taken else decision.next_on
    if purchase.promised_until is None or purchase.promised_until < on or decision.reason is Reason.CLOSED:
        return next_on
    after_promise = purchase.promised_until + ONE_DAY
    return after_promise if next_on is None else min(next_on, after_promise)


def refresh(purchase: Purchase, *, at: datetime) -> Explanation:
    """Decide anew, without acting, after anything about a locked purchase changed."""
    on = at.astimezone(purchase.client.zone).date()
    decision, run = decide(facts_of(purchase), on), None
    if decision.step is not None:  # its day has come: rare, so that only then it is worth asking for the run
        decision, run = _as_proposed(purchase, decision, on)
    return explain(purchase, decision, on=on, at=at, run=run)


def refresh_all(purchases: Sequence[Purchase], *, at: datetime) -> None:
    """Decide anew, without acting, about many locked purchases of one client: few queries for each thousand of them."""
    for start in range(0, len(purchases), AT_ONCE):
        _refresh_some(purchases[start : start + AT_ONCE], at=at)


def _refresh_some(purchases: Sequence[Purchase], *, at: datetime) -> None:
    client, facts = purchases[0].client, facts_of_all(purchases)
    on = at.astimezone(client.zone).date()
    decisions = {purchase.pk: decide(facts[purchase.pk], on) for purchase in purchases}
    run = Run.objects.filter(client=client, on=on).first()
    proposed = Explanation.objects.none() if run is None else Explanation.objects.proposed_in(run)
    in_run = set(proposed.filter(purchase__in=purchases).values_list("purchase", flat=True))
    answers = []
    for purchase in purchases:
        decision, its_run = decisions[purchase.pk], None
        if decision.step is not None and purchase.pk in in_run:
            decision, its_run = _as_proposed(purchase, decision, on)
        answers.append(Answer(purchase, decision, its_run))
    explain_all(answers, on=on, at=at)


def waiting_reason(run: Run) -> Reason:
    """Why no step is taken while a run waits."""
    return Reason.STALE_BANK if run.waits_for == Waiting.BANK else Reason.AWAITING_APPROVAL


def _as_proposed(purchase: Purchase, decision: Decision, on: date) -> tuple[Decision, Run | None]:
    """Say of a due step that the day's run has proposed it and waits, or that it was taken out of the run.

    What comes due after the proposal was made is no part of it: it waits for the next day's.
    """
    run = Run.objects.filter(client=purchase.client_id, on=on).first()
    if run is None or not Explanation.objects.proposed_in(run).filter(purchase=purchase).exists():
        return decision, None
    if TakenOut.objects.filter(run=run, purchase=purchase).exists():
        return put_off(decision, Reason.TAKEN_OUT, on), run
    return (put_off(decision, waiting_reason(run), on), run) if run.is_waiting else (decision, None)


@transaction.atomic
def refresh_partner(partner: Partner, *, at: datetime) -> int:
    """Decide anew, without acting, about every open purchase of a partner; return how many there are."""
    purchases = lock_orders_of(partner)
    refresh_all(purchases, at=at)
    return len(purchases)


def lock_orders_of(partner: Partner) -> list[Purchase]:
    """Lock the open purchases of a partner."""
    rows = Purchase.objects.filter(partner=partner).open().with_parties()
    return list(rows.select_for_update(of=("self",)).order_by("pk"))
