"""Customers, or contacts of one, that turned out to be the same: merged, and for 30 days put back.

Nothing is deleted: the customer that goes points to the one that stays, apps above move its rows and name them, and
`Merge.moved` keeps what undoing needs. Locks: what others lock before a customer, then both customers by their key.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.db import transaction

from core.history import record
from core.refused import Refused
from customers.models import Contact, Customer, Merge, MergeKind
from customers.selectors import (
    CUSTOMER_FIELDS,
    effects_of_contact_merge,
    effects_of_merge,
    taken_over,
    undo_refusal,
)
from customers.services import AddressInput, refuse_gone
from customers.signals import customers_locking, customers_merged, merge_undone

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def merge_customers(
    kept: Customer, gone: Customer, *, take: Collection[str] = (), reason: str = "", by: User, at: datetime
) -> Merge:
    """Make `gone` a part of `kept`: its purchases and all that hangs on them, its partner record, its holds.

    `take` names what `kept` takes over from `gone`: fields of a customer, and kinds of contact. A contact that only
    `gone` has is taken over in any case. Purchases and documents keep what they say. Raises Refused where the two
    can't be one.
    """
    kept, gone = _lock(kept, gone)
    _lines, refusal = effects_of_merge(kept, gone)
    if refusal:
        raise Refused(refusal, "merge")
    fields = _take_fields(kept, gone, take)
    contacts = _take_contacts(kept, gone, take, by=by, at=at)
    answers: list[tuple[Any, Any]] = customers_merged.send(Customer, kept=kept, gone=gone, by=by, at=at)
    rows = {moved.name: list(moved.pks) for _receiver, moved in answers if moved.pks}
    gone.merged_into = kept
    record(gone, by=by, at=at, reason=f"merged into customer {kept.pk}")
    record(kept, by=by, at=at, reason=f"customer {gone.pk} merged into it")
    return Merge.objects.create(
        client_id=kept.client_id,
        kind=MergeKind.CUSTOMERS,
        kept=kept,
        gone=gone,
        moved={"rows": rows, "fields": fields, "contacts": contacts},
        reason=reason[:300],
        by=by,
        at=at,
    )


@transaction.atomic
def merge_contacts(customer: Customer, *, into: str, by: User, at: datetime) -> Merge:
    """Make all contacts of a customer one: the contact `into` stays, with an e-mail or a phone that only others had.

    Purchases keep their own addresses. Raises Refused when there is nothing to merge.
    """
    customer = Customer.objects.lock(customer)
    refuse_gone(customer)
    contacts = {contact.kind: contact for contact in customer.contacts.all()}
    refusal = effects_of_contact_merge(customer)[1]
    if refusal or into not in contacts:
        raise Refused(refusal or "Choose a contact that is there.", "contacts")
    taken = taken_over(contacts, into)
    stays = contacts.pop(into)
    before = _values(stays)
    moved: dict[str, Any] = {into: {"before": before, "after": before | taken}}
    if taken:
        _fill(stays, taken, by=by, at=at, reason="contacts merged")
    for kind, contact in contacts.items():
        moved[kind] = {"before": _values(contact), "after": None}
        _remove(contact, by=by, at=at, reason=f"merged into {into}")
    record(customer, by=by, at=at, reason=f"contacts merged into {into}")
    return Merge.objects.create(
        client_id=customer.client_id,
        kind=MergeKind.CONTACTS,
        kept=customer,
        gone=customer,
        moved={"contacts": moved},
        by=by,
        at=at,
    )


@transaction.atomic
def undo_merge(merge: Merge, *, by: User, at: datetime) -> Merge:
    """Put back exactly what a merge moved; what came since stays with the customer that was kept.

    Values that somebody changed since stay, too. Raises Refused once it can't be undone.
    """
    if merge.kind == MergeKind.CUSTOMERS:
        kept, gone = _lock(merge.kept, merge.gone)
    else:
        kept = gone = Customer.objects.lock(merge.kept)
    merge = Merge.objects.lock(merge)
    merge.kept, merge.gone = kept, gone
    refusal = undo_refusal(merge, at=at)
    if refusal:
        raise Refused(refusal, "undo")
    for name, (before, after) in merge.moved.get("fields", {}).items():
        if getattr(kept, name) == after:
            setattr(kept, name, before)
    for kind, values in merge.moved["contacts"].items():
        _put_back(kept, kind, values, by=by, at=at)
    if merge.kind == MergeKind.CUSTOMERS:
        gone.merged_into = None
        record(gone, by=by, at=at, reason=f"no longer merged into customer {kept.pk}")
        rows = merge.moved["rows"]
        merge_undone.send(Customer, kept=kept, gone=gone, moved=rows, by=by, at=at)
    record(kept, by=by, at=at, reason="merge undone")
    merge.undone_at, merge.undone_by = at, by
    merge.save(update_fields=["undone_at", "undone_by"])
    return merge


def _lock(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    pks = sorted({one.pk, other.pk})
    customers_locking.send(Customer, customers=pks)
    found = {row.pk: row for row in Customer.objects.select_for_update().filter(pk__in=pks).order_by("pk")}
    return found[one.pk], found[other.pk]


def _values(contact: Contact) -> dict[str, str]:
    return {name: getattr(contact, name) for name in asdict(AddressInput())}


def _take_fields(kept: Customer, gone: Customer, take: Collection[str]) -> dict[str, list[str]]:
    taken = {}
    for name in CUSTOMER_FIELDS:
        before, after = getattr(kept, name), getattr(gone, name)
        if name in take and before != after:
            taken[name] = [before, after]
            setattr(kept, name, after)
    return taken


def _take_contacts(kept: Customer, gone: Customer, take: Collection[str], *, by: User, at: datetime) -> dict[str, Any]:
    mine = {contact.kind: contact for contact in kept.contacts.all()}
    taken: dict[str, Any] = {}
    for theirs in gone.contacts.order_by("pk"):
        contact = mine.get(theirs.kind) or Contact(customer=kept, kind=theirs.kind)
        before, after = (_values(contact) if contact.pk else None), _values(theirs)
        if before is None or (theirs.kind in take and before != after):
            taken[theirs.kind] = {"before": before, "after": after}
            _fill(contact, after, by=by, at=at, reason=f"from customer {gone.pk}")
    return taken


def _put_back(customer: Customer, kind: str, values: dict[str, Any], *, by: User, at: datetime) -> None:
    contact = Contact.objects.filter(customer=customer, kind=kind).first()
    now = _values(contact) if contact else None
    if now != values["after"] or now == values["before"]:
        return
    if contact is not None and values["before"] is None:
        _remove(contact, by=by, at=at, reason="merge undone")
    else:
        _fill(contact or Contact(customer=customer, kind=kind), values["before"], by=by, at=at, reason="merge undone")


def _fill(contact: Contact, values: dict[str, str], *, by: User, at: datetime, reason: str) -> None:
    for name, value in values.items():
        setattr(contact, name, value)
    record(contact, by=by, at=at, reason=reason)


def _remove(contact: Contact, *, by: User, at: datetime, reason: str) -> None:
    """Take a contact away; its history keeps what it said."""
    contact._history_user = by  # type: ignore[attr-defined]
    contact._history_date = at  # type: ignore[attr-defined]
    contact._change_reason = reason  # type: ignore[attr-defined]
    contact.delete()
