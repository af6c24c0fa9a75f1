"""Writing the error log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from errorlog.models import ErrorRecord

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client, User


@transaction.atomic
def log_error(
    *,
    type: str,  # noqa: A002 -- the column's name
    note: str,
    at: datetime,
    dedupe_key: str,
    client: Client | None = None,
    reference: str = "",
    purchase_status: str = "",
    item_number: int | None = None,
    client_handles: bool = False,
) -> ErrorRecord:
    """Enter a failure once: the same `dedupe_key` returns the entry that is there.

    `client_handles` says that the client remedies it, not the platform.
    """
    known = ErrorRecord.objects.filter(dedupe_key=dedupe_key).first()
    if known is not None:
        return known
    entry = ErrorRecord(
        type=type,
        note=note,
        created_at=at,
        dedupe_key=dedupe_key,
        client=client,
        reference=reference,
        purchase_status=purchase_status,
        item_number=item_number,
        client_handles=client_handles,
    )
    return record(entry, by=None, at=at, reason="failed")


@transaction.atomic
def mark_done(entry: ErrorRecord, *, by: User | None, at: datetime, note: str = "") -> ErrorRecord:
    """Note that the cause is remedied; doing it twice changes nothing."""
    entry = ErrorRecord.objects.lock(entry)
    if entry.is_done:
        return entry
    entry.is_done, entry.done_at = True, at
    return record(entry, by=by, at=at, reason=note or "done")


@transaction.atomic
def reopen(entry: ErrorRecord, *, by: User, at: datetime) -> ErrorRecord:
    """Take back a Done that was set by mistake."""
    entry = ErrorRecord.objects.lock(entry)
    if not entry.is_done:
        return entry
    entry.is_done, entry.done_at = False, None
    return record(entry, by=by, at=at, reason="reopened")
