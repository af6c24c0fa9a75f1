"""A client's daily decisions: every purchase whose day has come, then the statements; safe to interrupt and repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Count

from accounts.models import Client
from core.refused import Refused
from dunning.models import Run
from dunning.schedule import Reason
from dunning.selectors import ClientDay, broken_promises, due_days, due_purchases
from dunning.services.statements import is_statement_day, partners_with_statement, state_account
from dunning.services.steps import decide_purchase
from errorlog.models import ErrorType
from errorlog.services import log_error
from followups.models import Category
from followups.services import open_follow_up
from purchases.models import Purchase

if TYPE_CHECKING:
    from datetime import date, datetime

log = structlog.get_logger(__name__)


def decide_due_days(*, at: datetime) -> list[Run]:
    """Take the daily decisions of every client for whom 08:00 has passed and today's are not finished.

    With nothing to do this costs one query.
    """
    return [decide_day(day, at=at) for day in due_days(at)]


def decide_client(client: Client, *, at: datetime) -> Run | None:
    """Take one client's daily decisions; None when it is not yet 08:00 there, or they were taken today."""
    day = next((day for day in due_days(at) if day.client_id == client.pk), None)
    return decide_day(day, at=at) if day is not None else None


def decide_day(day: ClientDay, *, at: datetime) -> Run:
    """Take one client's decisions of one day.

    Each purchase is decided in a transaction of its own: a crash loses nothing, and the next worker goes on with
    what is left. A purchase that fails is entered in the error log; the others go on, and it is tried again tomorrow.
    """
    client = Client.objects.get(pk=day.client_id)
    due = due_purchases(client, day.on)
    states = is_statement_day(client, day.on, day.previous_on)
    broken = broken_promises(client, day.on, day.previous_on)
    if not due and not states and not broken:
        return _take_up(client, day.on, at=at, finished_at=at)
    run = _take_up(client, day.on, at=at)
    errors = sum(not _decide_safely(client, pk, run=run, at=at) for pk in due)
    for purchase in broken:
        _follow_up_promise(purchase, at=at)
    if states:
        errors += sum(not _state_safely(client, pk, on=day.on, at=at) for pk in partners_with_statement(client))
    return _finish(run, at=at, errors=errors)


def _take_up(client: Client, on: date, *, at: datetime, finished_at: datetime | None = None) -> Run:
    defaults = {"started_at": at, "finished_at": finished_at}
    run, _ = Run.objects.get_or_create(client=client, on=on, defaults=defaults)
    return run


def _decide_safely(client: Client, pk: int, *, run: Run, at: datetime) -> bool:
    try:
        decide_purchase(pk, on=run.on, at=at, run=run)
    except Exception as error:  # one purchase's trouble must not keep the others' letters back
        reference = Purchase.objects.values_list("reference", flat=True).get(pk=pk)
        _log(client, error, reference=reference, key=f"dunning:{reference}:{run.on}", at=at)
        return False
    return True


def _state_safely(client: Client, partner: object, *, on: date, at: datetime) -> bool:
    try:
        state_account(partner, on=on, at=at)  # type: ignore[arg-type]
    except Exception as error:
        _log(client, error, reference="", key=f"statement:{partner}:{on}", at=at)
        return False
    return True


def _log(client: Client, error: Exception, *, reference: str, key: str, at: datetime) -> None:
    log.exception("dunning decision failed", reference=reference)
    note = str(error) if isinstance(error, Refused) else f"{type(error).__name__} in the dunning decision"
    log_error(type=ErrorType.UNEXPECTED, note=note, at=at, dedupe_key=key[:120], client=client, reference=reference)


def _follow_up_promise(purchase: Purchase, *, at: datetime) -> None:
    open_follow_up(
        purchase,
        category=Category.PAYMENT,
        reason="Broken promise",
        subject=f"{purchase.reference} was promised to be paid by {purchase.promised_until:%Y-%m-%d}",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:promise:{purchase.promised_until:%Y-%m-%d}",
    )


@transaction.atomic
def _finish(run: Run, *, at: datetime, errors: int) -> Run:
    """Note the end of a run with what it did; counted from what is written, so right after an interruption too."""
    lines = run.explanations.values("step", "reason").annotate(count=Count("pk")).order_by("step", "reason")
    steps = {line["step"]: line["count"] for line in lines if line["step"]}
    waits = {line["reason"]: line["count"] for line in lines if not line["step"] and line["reason"] != Reason.CLOSED}
    run = Run.objects.select_for_update().get(pk=run.pk)
    run.finished_at = run.finished_at or at
    run.counts = {"steps": steps, "waits": waits, "errors": errors}
    run.save(update_fields=["finished_at", "counts"])
    return run
