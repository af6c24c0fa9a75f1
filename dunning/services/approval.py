"""A day's run as a proposal: asked for, approved, a purchase taken out, lapsed when nobody approved it in time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from core.refused import Refused
from dunning.models import Explanation, Run, TakenOut, Waiting
from dunning.policy import OPEN_GATE, Plan, stale_bank, wait_for
from dunning.schedule import LETTERS
from dunning.selectors.days import letters_before, newest_bank_data, preview_days
from dunning.services.explain import refresh
from dunning.services.statements import preview_statements
from followups.models import Category, FollowUp
from followups.services import finish_follow_up, open_client_follow_up
from purchases.models import Purchase
from purchases.services.history import Note, enter

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from dunning.policy import Wait
    from dunning.selectors.days import ClientDay


NEEDED: Final = timedelta(minutes=2)
"""How long before midnight a run has to be approved, so that the worker takes its steps on the same day."""


def plan_of(day: ClientDay, *, at: datetime) -> Plan:
    """Count what a day's run would do, without writing, and read what it is measured by."""
    steps = [one.decision.step for one in preview_days([day]) if one.decision.step is not None]
    statements = preview_statements([day])
    return Plan(
        at=at,
        steps=len(steps) + len(statements),
        letters=sum(step in LETTERS for step in steps),
        previous=letters_before(day.client_id, day.on),
        bank_data_at=newest_bank_data(day.client_id),
    )


def stale_wait(day: ClientDay, *, at: datetime) -> Wait | None:
    """Say that a day's run waits for newer bank data: one query, none without that setting."""
    if day.gate.bank_data_hours is None:
        return None
    return stale_bank(day.gate, at=at, bank_data_at=newest_bank_data(day.client_id))


def wait_of(day: ClientDay, *, at: datetime) -> Wait | None:
    """Say what a day's run would wait for, without writing; None when it would take its steps."""
    if Run.objects.filter(client=day.client_id, on=day.on, approved_at__isnull=False).exists():
        return stale_wait(day, at=at)
    return None if day.gate == OPEN_GATE else wait_for(day.gate, plan_of(day, at=at))


@transaction.atomic
def ask_for_approval(run: Run, wait: Wait, *, at: datetime, errors: int = 0) -> Run:
    """Let a run wait, now that all it would do is explained; another worker may have been faster."""
    lines = Explanation.objects.proposed_in(run).values_list("purchase", "coming")
    steps: dict[str, int] = {}
    for step in dict(lines.order_by("pk")).values():
        steps[step] = steps.get(step, 0) + 1
    run = Run.objects.select_related("client").select_for_update(of=("self",)).get(pk=run.pk)
    if run.approved_at is not None or run.is_finished:
        return run
    run.waits_for, run.waits_because = wait.what, wait.because
    run.counts = {"proposed": steps, "errors": errors} if errors else {"proposed": steps}
    run.save(update_fields=["waits_for", "waits_because", "counts"])
    if run.waits_for_person:
        open_client_follow_up(
            run.client,
            category=Category.DUNNING,
            reason="Dunning run awaits approval",
            subject=f"Approve the dunning run of {run.on:%Y-%m-%d}",
            note=wait.because,
            at=at,
            dedupe_key=_key(run),
        )
    return run


def approved_purchases(run: Run) -> set[int]:
    """List what an approved run may act on: what it proposed, without what was taken out."""
    taken_out = TakenOut.objects.filter(run=run).values("purchase")
    return set(Explanation.objects.proposed_in(run).exclude(purchase__in=taken_out).values_list("purchase", flat=True))


@transaction.atomic
def approve_run(run: Run, *, by: User, at: datetime) -> Run:
    """Let a proposed run take its steps; the worker takes them on the same day of the client.

    Raises Refused when it does not wait for a person (any more), or its day is over, or will be in a moment.
    """
    run = _lock_waiting(run, at=at)
    run.approved_at, run.approved_by = at, by
    run.save(update_fields=["approved_at", "approved_by"])
    _finish_asking(run, by=by, at=at)
    return run


@transaction.atomic
def take_out(run: Run, *, purchase: Purchase, by: User, at: datetime, reason: str) -> TakenOut:
    """Leave one purchase out of a proposed run; the next day's run looks at it again.

    Raises Refused when the run does not wait for a person (any more) or does not propose a step for it.
    """
    purchase = Purchase.objects.lock(purchase)
    run = _lock_waiting(run, at=at)
    if purchase.pk not in approved_purchases(run):
        message = f"{purchase.reference} is no part of this proposal."
        raise Refused(message, "not proposed")
    taken_out = TakenOut.objects.create(run=run, purchase=purchase, reason=reason[:300], by=by, at=at)
    text = f"Taken out of the dunning run of {run.on:%Y-%m-%d}"
    enter(purchase, Note("taken_out", text, reason=reason), by=by, at=at)
    refresh(purchase, at=at)
    return taken_out


def lapse(day: ClientDay, *, at: datetime) -> None:
    """Say of a client's older runs that still wait that nobody let them go in time: nothing was done.

    Nor was it when one was approved too late for the worker. One that took a step was interrupted: that is no lapse.
    """
    older = Run.objects.filter(client=day.client_id, on__lt=day.on, finished_at=None, has_lapsed=False)
    step = Explanation.objects.filter(run=OuterRef("pk")).exclude(step="")
    for run in older.exclude(waits_for="").filter(Q(approved_at=None) | ~Exists(step)):
        Run.objects.filter(pk=run.pk, approved_at=run.approved_at).update(has_lapsed=True)
        _finish_asking(run, by=None, at=at)


def approval_refusal(run: Run, *, at: datetime) -> str:
    """Say why a run can't be approved now; empty when it can."""
    if run.approved_at is not None:
        return f"{run.approved_by} has approved this run already."
    if run.waits_for == Waiting.BANK and run.is_waiting:
        return "This run waits for a newer bank statement and goes on by itself once it is there."
    if not run.is_waiting:
        return "This run does not wait for approval."
    if at.astimezone(run.client.zone).date() != run.on:
        return "The day of this proposal is over: the next run proposes anew what is due."
    if (at + NEEDED).astimezone(run.client.zone).date() != run.on:
        return (
            "The day of this proposal is almost over, too late for its steps: the next run proposes anew what is due."
        )
    return ""


def _lock_waiting(run: Run, *, at: datetime) -> Run:
    run = Run.objects.select_related("client", "approved_by").select_for_update(of=("self",)).get(pk=run.pk)
    refusal = approval_refusal(run, at=at)
    if refusal:
        raise Refused(refusal, "not waiting")
    return run


def _finish_asking(run: Run, *, by: User | None, at: datetime) -> None:
    for asked in FollowUp.objects.filter(dedupe_key=_key(run), done_at=None):
        finish_follow_up(asked, by=by, at=at)


def _key(run: Run) -> str:
    return f"run:{run.pk}"
