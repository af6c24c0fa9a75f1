"""A client's daily decisions: every purchase whose day has come, then the statements; safe to interrupt and repeat."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog
from django.db import connection, transaction
from django.db.models import Count

from accounts.models import Client
from core.refused import Refused
from dunning.models import Run
from dunning.policy import APPROVAL, BANK, OPEN_GATE, wait_for
from dunning.schedule import Reason
from dunning.selectors.days import due_days, due_purchases
from dunning.services.approval import approved_purchases, ask_for_approval, lapse, plan_of, stale_wait
from dunning.services.explain import PROPOSED, waiting_reason
from dunning.services.statements import owe_statement, owed_statements, state_account
from dunning.services.steps import decide_purchase, decide_simple
from errorlog.models import ErrorType
from errorlog.services import log_error
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from dunning.policy import Wait
    from dunning.selectors.days import ClientDay
    from dunning.services.statements import Owed

log = structlog.get_logger(__name__)
AT_ONCE: Final = 250
"""How many purchases are decided in one transaction: a crash leaves so many to the next worker."""
SECONDS_FOR_OTHERS: Final = 0.15
"""How long a long run pauses on SQLite, where whoever waits to write looks every tenth of a second."""


def decide_due_days(*, at: datetime) -> list[Run]:
    """Take the daily decisions of every client for whom 08:00 has passed and today's are not finished.

    With nothing to do this costs one query. A client whose day fails is entered in the error log; the others go on.
    """
    return _decide_each(due_days(at), at=at)


def decide_approved_days(*, at: datetime) -> list[Run]:
    """Take the steps of the runs that were approved since; with none this costs one query."""
    runs = Run.objects.filter(finished_at=None, approved_at__isnull=False, has_lapsed=False).exclude(waits_for=BANK)
    approved = set(runs.values_list("client", "on"))
    if not approved:
        return []
    return _decide_each([day for day in due_days(at) if (day.client_id, day.on) in approved], at=at)


def _decide_each(days: Sequence[ClientDay], *, at: datetime) -> list[Run]:
    runs = []
    for day in days:
        try:
            runs.append(decide_day(day, at=at))
        except Exception as error:  # noqa: BLE001 -- one client's trouble must not keep the others' letters back
            client = Client.objects.get(pk=day.client_id)
            _log(client, error, reference="", key=f"dunning day:{client.slug}:{day.on}", at=at)
    return runs


def decide_day(day: ClientDay, *, at: datetime) -> Run:
    """Take one client's decisions of one day.

    Simple ones share a transaction, all others have their own: a crash loses nothing, and the next worker goes on with
    what is left. A purchase that fails is entered in the error log; the others go on, and it is tried again tomorrow.
    Where the client's settings say so, nothing is done but a proposal, which waits.
    """
    due = due_purchases(day.client_id, day.on)
    owed = owed_statements(day)
    if not (due or owed or day.has_leftovers):
        return _take_up(day, at=at, finished_at=at)
    if day.has_leftovers:
        lapse(day, at=at)
    run = _take_up(day, at=at)
    if run.approved_at is not None:
        approved = approved_purchases(run)
        due = [pk for pk in due if pk in approved]
        wait = stale_wait(day, at=at)
        if wait is not None:
            return _wait_on(run, wait, due, at=at)
        if run.waits_for == BANK:  # it was approved before that, and goes on by that
            run.waits_for = APPROVAL
            run.save(update_fields=["waits_for"])
    elif day.gate != OPEN_GATE and (proposal := _propose(run, day, due, at=at)) is not None:
        return proposal
    errors = _decide_all(run, due, at=at)
    errors += sum(not _state_safely(run, one, at=at) for one in owed)
    run = _finish(run, at=at, errors=errors)
    if day.has_leftovers:
        # Last, because only now all that the interrupted days left was made up for.
        for older in Run.objects.filter(client=day.client_id, on__lt=day.on, finished_at=None, has_lapsed=False):
            _finish(older, at=at, errors=0)
    return run


def _propose(run: Run, day: ClientDay, due: Sequence[int], *, at: datetime) -> Run | None:
    """Explain of every due purchase that its step waits, and ask for approval; None lets the run go by itself."""
    if run.is_waiting and (run.waits_for_person or stale_wait(day, at=at) is not None):
        return run  # it stands as it was proposed
    wait = wait_for(day.gate, plan_of(day, at=at))
    if wait is None:
        return None
    run.waits_for, run.waits_because = wait.what, wait.because
    errors = _decide_all(run, due, at=at, waits=waiting_reason(run))
    return ask_for_approval(run, wait, at=at, errors=errors)


def _wait_on(run: Run, wait: Wait, due: Sequence[int], *, at: datetime) -> Run:
    """Let an approved run wait for newer bank data; it keeps its approval."""
    if run.waits_for != wait.what:
        run.waits_for, run.waits_because = wait.what, wait.because
        run.save(update_fields=["waits_for", "waits_because"])
        _decide_all(run, due, at=at, waits=waiting_reason(run))
    return run


def _take_up(day: ClientDay, *, at: datetime, finished_at: datetime | None = None) -> Run:
    """Begin the day's run, or take up the one that another worker began."""
    run = Run(client_id=day.client_id, on=day.on, started_at=at, finished_at=finished_at)
    Run.objects.bulk_create([run], ignore_conflicts=True)
    return run if finished_at is not None else Run.objects.get(client=day.client_id, on=day.on)


def _decide_all(run: Run, due: Sequence[int], *, at: datetime, waits: Reason | None = None) -> int:
    """Decide about every due purchase: what is simple for many at once, all else one by one; return how many failed."""
    errors = 0
    for start in range(0, len(due), AT_ONCE):
        some = due[start : start + AT_ONCE]
        if start and not connection.features.has_select_for_update:
            time.sleep(SECONDS_FOR_OTHERS)  # nobody queues there: without a gap others wait for the whole run
        try:
            decided = decide_simple(some, on=run.on, at=at, run=run, waits=waits)
        except Exception as error:
            log.warning("dunning decided one by one", on=run.on.isoformat(), exc_info=error)
            decided = set()
        errors += sum(not _decide_safely(run, pk, at=at, waits=waits) for pk in some if pk not in decided)
    return errors


def _decide_safely(run: Run, pk: int, *, at: datetime, waits: Reason | None = None) -> bool:
    try:
        decide_purchase(pk, on=run.on, at=at, run=run, waits=waits)
    except Exception as error:  # noqa: BLE001 -- one purchase's trouble must not keep the others' letters back
        reference = Purchase.objects.values_list("reference", flat=True).get(pk=pk)
        _log(run.client, error, reference=reference, key=f"dunning:{reference}:{run.on}", at=at)
        return False
    return True


def _state_safely(run: Run, owed: Owed, *, at: datetime) -> bool:
    try:
        state_account(owed.partner, period=owed.period, on=run.on, at=at)
    except Exception as error:  # noqa: BLE001 -- likewise; it is tried again every day
        owe_statement(owed.partner, period=owed.period, at=at)
        _log(run.client, error, reference="", key=f"statement:{owed.partner.code}:{owed.period:%Y-%m}", at=at)
        return False
    return True


def _log(client: Client, error: Exception, *, reference: str, key: str, at: datetime) -> None:
    log.error("dunning decision failed", reference=reference, exc_info=error)
    note = str(error) if isinstance(error, Refused) else f"{type(error).__name__} in the dunning decision"
    log_error(type=ErrorType.UNEXPECTED, note=note, at=at, dedupe_key=key, client=client, reference=reference)


@transaction.atomic
def _finish(run: Run, *, at: datetime, errors: int) -> Run:
    """Note the end of a run with what it did; counted from what is written, so right after an interruption too."""
    decided = run.explanations.exclude(reason__in=PROPOSED)
    lines = decided.values("step", "reason").annotate(count=Count("pk")).order_by("step", "reason")
    steps = {line["step"]: line["count"] for line in lines if line["step"]}
    waits = {line["reason"]: line["count"] for line in lines if not line["step"] and line["reason"] != Reason.CLOSED}
    run = Run.objects.select_for_update().get(pk=run.pk)
    run.finished_at = run.finished_at or at
    run.counts = {"steps": steps, "waits": waits, "errors": errors}
    run.save(update_fields=["finished_at", "counts"])
    return run
