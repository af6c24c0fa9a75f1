"""Writing the error log: what failed, that it failed again, that it is remedied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from core.history import record
from core.refused import Refused
from errorlog.models import RETRIED, ErrorRecord
from errorlog.signals import retry_asked

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client, Office, User


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
    next_try_at: datetime | None = None,
) -> ErrorRecord:
    """Enter a failure; the same `dedupe_key` is the same trouble and has one entry.

    An entry that was done is opened again, as of now; one that is open gets the words that are new. `client_handles`
    says that the client remedies it, not the platform; `next_try_at` when it is tried again by itself.
    """
    # The lock: two workers that meet the same trouble must not both open its entry again.
    known = ErrorRecord.objects.select_for_update().filter(dedupe_key=dedupe_key).first()
    if known is not None and not known.is_done and note in known.note:
        ErrorRecord.objects.filter(pk=known.pk).update(next_try_at=next_try_at)
        known.next_try_at = next_try_at
        return known
    entry = known or ErrorRecord(
        type=type, dedupe_key=dedupe_key, client=client, reference=reference, item_number=item_number, created_at=at
    )
    reason = "failed" if known is None else "happened again" if known.is_done else "failed in another way"
    entry.created_at = at if entry.is_done else entry.created_at
    entry.is_done, entry.done_at = False, None
    entry.note = entry.note if note in entry.note else f"{note}\n{entry.note}".strip()
    entry.purchase_status, entry.client_handles, entry.next_try_at = purchase_status, client_handles, next_try_at
    return record(entry, by=None, at=at, reason=reason)


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


def settle_errors(*dedupe_keys: str, by: User | None, at: datetime, note: str) -> None:
    """Note that these troubles are over, if there were any: what is open is done, nothing is tried again.

    Each entry stands by itself; a caller who wants all or nothing has a transaction of its own.
    """
    known = ErrorRecord.objects.filter(dedupe_key__in=set(dedupe_keys))
    for entry in known.filter(Q(is_done=False) | Q(next_try_at__isnull=False)).order_by("pk"):
        with transaction.atomic():
            ErrorRecord.objects.filter(pk=entry.pk).update(next_try_at=None)
            mark_done(entry, by=by, at=at, note=note)


@transaction.atomic
def edit_error(entry: ErrorRecord, *, note: str, office: Office | None, by: User, at: datetime) -> ErrorRecord:
    """Change an entry's note, and the office that takes care of it.

    Raises Refused for an office of another client.
    """
    if office is not None and office.client_id not in {None, entry.client_id}:
        message = f"{office} is an office of another client."
        raise Refused(message, "office")
    entry = ErrorRecord.objects.lock(entry)
    if (entry.note, entry.office) == (note, office):
        return entry
    reason = "note changed" if entry.note != note else f"given to {office}" if office else "given to no office"
    entry.note, entry.office = note, office
    return record(entry, by=by, at=at, reason=reason)


@transaction.atomic
def give_error(entry: ErrorRecord, *, office: Office | None, by: User, at: datetime) -> ErrorRecord:
    """Have an office take care of an entry, or none.

    Raises Refused for an office of another client.
    """
    return edit_error(entry, note=ErrorRecord.objects.lock(entry).note, office=office, by=by, at=at)


@transaction.atomic
def retry_error(entry: ErrorRecord, *, by: User, at: datetime) -> ErrorRecord:
    """Try again now what failed; the entry is done if that remedied it at once.

    Raises Refused for what can't be tried again, and when it still can't work.
    """
    if entry.type not in RETRIED:
        raise Refused("This can't be tried again from here.", "type")
    if entry.is_done:
        raise Refused("This error is done: nothing is left to try.", "done")
    retry_asked.send(ErrorRecord, entry=entry, by=by, at=at)
    entry = ErrorRecord.objects.lock(entry)  # only now: who delivers a key locks its purchase first
    return entry if entry.is_done else record(entry, by=by, at=at, reason="tried again")
