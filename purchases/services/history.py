"""How a change of a purchase is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.bulk import write_new
from core.history import record
from core.money import Money
from partners.services import set_reservation
from purchases.models import HistoryEntry, Method, Nature, Purchase
from purchases.signals import purchase_changed
from purchases.states import RECEIVABLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Note:
    """What is written into the history: the event's short name, a sentence, and what came with it."""

    event: str
    text: str
    reason: str = ""
    detail: str = ""
    nature: str = Nature.SYSTEM
    method: str = Method.NONE
    link: str = ""
    is_internal: bool = False


def enter(purchase: Purchase, note: Note, *, by: User | None, at: datetime) -> HistoryEntry:
    """Add an entry to a purchase's history; `by` empty means it happened automatically."""
    entry = _entry(purchase, note, by=by, at=at)
    entry.save()
    return entry


def enter_all(purchases: Iterable[Purchase], note: Note, *, by: User | None, at: datetime) -> None:
    """Add the same entry to the history of many purchases, in few queries."""
    enter_each([(purchase, note) for purchase in purchases], by=by, at=at)


def enter_each(notes: Iterable[tuple[Purchase, Note]], *, by: User | None, at: datetime) -> None:
    """Add an entry of its own to the history of each of many purchases, in few queries."""
    write_new(_entry(purchase, note, by=by, at=at) for purchase, note in notes)


def _entry(purchase: Purchase, note: Note, *, by: User | None, at: datetime) -> HistoryEntry:
    nature = note.nature
    if nature == Nature.SYSTEM and by is not None:
        nature = Nature.INTERNAL if by.client_id is None else Nature.CLIENT
    return HistoryEntry(
        purchase=purchase,
        at=at,
        by=by,
        event=note.event,
        nature=nature,
        method=note.method,
        note=note.text[:300],
        detail=note.detail,
        reason=note.reason[:300],
        link=note.link,
        is_internal=note.is_internal,
    )


def save_change(purchase: Purchase, note: Note, *, by: User | None, at: datetime) -> Purchase:
    """Save a locked purchase with its history, keep its partner's limit right, and tell who listens."""
    is_new = purchase.pk is None
    purchase.version += 1
    purchase.changed_at, purchase.changed_by = at, by
    record(purchase, by=by, at=at, reason=note.reason or note.event)
    if not is_new:
        keep_limit(purchase, by=by, at=at, comment=note.event)
    enter(purchase, note, by=by, at=at)
    return purchase


def report(purchase: Purchase, event: str, *, at: datetime) -> None:
    """Send the news up, once everything that belongs to the change is written."""
    purchase_changed.send(Purchase, purchase=purchase, event=event, at=at)


def keep_limit(purchase: Purchase, *, by: User | None, at: datetime, comment: str) -> None:
    """Make the partner's limit show what this purchase takes of it: its open amount while it is a PO, else nothing."""
    if purchase.partner is None or purchase.is_test:
        return
    counts = purchase.is_po and purchase.status in RECEIVABLE
    amount = purchase.open_amount if counts else Money(0, purchase.currency)
    set_reservation(purchase.partner, purchase.reference, amount, by=by, at=at, comment=comment)
