"""What becomes of a customer's purchases when it turns out to be another one, or when its names are taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from django.db.models import Count, F, Sum

from core.history import TAKEN_OUT, record_changed, take_out
from core.money import Money
from customers.models import Address, Contact, Customer
from customers.selectors import family_of
from customers.signals import Effect, Moved
from errorlog.models import ErrorRecord
from mailing.services.anonymize import anonymize_emails, are_all_done
from purchases.models import HistoryEntry, Policy, Purchase, PurchaseContact
from purchases.services.history import Note, enter_all, report, save_change
from purchases.signals import people_removed
from purchases.states import OPEN, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from accounts.models import User
    from purchases.querysets import PurchaseQuerySet

PERSONAL: Final = ("first_name", "last_name", "email", "phone", "fax")
"""What a contact says about a person; the rest is about a company where it names one."""
PLACE: Final = ("street", "postal_code", "city", "state")
LOST: Final = "people's names, e-mail addresses and phone numbers, and the place where no company is named."
KEPT: Final = (
    "The e-mails about them lose recipient and text.",
    "What the law requires stays: documents as issued, PO documents as received, a company with its address.",
    "Notes of staff stay; only names, addresses and numbers on file are taken out of them.",
)
NOTHING: Final = "(?!)"
SHORTEST: Final = 4
"""Shorter names are part of too many words to be looked for in texts."""


# Merging -------------------------------------------------------------------------------------------------------------


def merge_effect(kept: Customer, gone: Customer) -> Effect:
    """Say which purchases move, what is open on them, and that trust does not move along."""
    count = Purchase.objects.filter(customer=gone).count()
    move = "1 purchase moves" if count == 1 else f"{count:,} purchases move"
    along = "with payments, letters, e-mails, promises and follow-ups; documents keep what they say."
    lines = [f"{move}, {along}" if count else "It has no purchases: only what is on file about it goes."]
    sums = (
        Purchase.objects.filter(customer=gone)
        .open()
        .real()
        .order_by("currency")
        .values_list("currency")
        .annotate(count=Count("pk"), left=Sum(F("gross_minor") - F("paid_minor") + F("refunded_minor")))
    )
    lines += [f"{Money(left, currency)} is open on {number} of them." for currency, number, left in sums]
    newest = Policy.objects.filter(client=kept.client_id).order_by("-version").first()
    trusted = set(newest.trusted_customers.values_list("pk", flat=True)) if newest else set()
    if gone.pk in trusted and kept.pk not in trusted:
        lines.append("The policy trusts it but not the one you keep: new orders are reviewed until it does.")
    return Effect(tuple(lines))


def lock_purchases(customers: Collection[int]) -> None:
    """Lock customers' purchases before the customers themselves, as every change of a purchase does."""
    rows = Purchase.objects.filter(customer__in=customers).order_by("pk").select_for_update(of=("self",))
    list(rows.values_list("pk", flat=True))


def move_purchases(kept: Customer, gone: Customer, *, by: User, at: datetime) -> Moved:
    """Make the purchases of `gone` those of `kept`; both are locked, so that none is placed meanwhile."""
    note = Note("customer", f"Customer {gone.pk} was merged into customer {kept.pk}")
    return Moved("purchases", _give(Purchase.objects.filter(customer=gone), kept, note, by=by, at=at))


def move_purchases_back(pks: Collection[int], kept: Customer, gone: Customer, *, by: User, at: datetime) -> None:
    """Give back the purchases that a merge moved."""
    note = Note("customer", f"Merge undone: customer {gone.pk} is another one than customer {kept.pk}")
    _give(Purchase.objects.filter(pk__in=pks, customer=kept), gone, note, by=by, at=at)


def _give(rows: PurchaseQuerySet, customer: Customer, note: Note, *, by: User, at: datetime) -> tuple[int, ...]:
    """Make purchases a customer's, in as many queries for thousands as for one, but for those that are open.

    Amounts stay, so limits and what is found do; whose purchase an open one is may change what comes next.
    """
    purchases = list(rows.select_for_update(of=("self",)).order_by("pk").only("pk"))
    pks = tuple(purchase.pk for purchase in purchases)
    moved = Purchase.objects.filter(pk__among=pks)
    moved.update(customer=customer, version=F("version") + 1, changed_at=at, changed_by=by)
    record_changed(moved, by=by, at=at, reason=note.event)
    enter_all(purchases, note, by=by, at=at)
    for purchase in moved.open().with_parties().order_by("pk"):
        report(purchase, "customer", at=at)
    return pks


# Anonymizing ---------------------------------------------------------------------------------------------------------


def anonymizing_effect(customer: Customer) -> Effect:
    """Say what is taken out of purchases and e-mails and what stays; an unfinished one still needs its names."""
    rows = Purchase.objects.filter(customer__in=family_of([customer.pk]))
    waiting = list(rows.filter(status__in=[*OPEN, Status.QUOTE]).order_by("pk").values_list("reference", flat=True)[:5])
    if waiting:
        return Effect(refusal=f"Not yet settled: {', '.join(waiting)}. Close what is open first.")
    references = list(rows.values_list("reference", flat=True))
    if not are_all_done(references):
        return Effect(refusal="An e-mail about its purchases has not gone out yet: send or cancel it first.")
    lose = f"{len(references)} {'purchase loses' if len(references) == 1 else 'purchases lose'}"
    return Effect((f"{lose} {LOST}", *KEPT))


def anonymize_purchases(customer: Customer, *, by: User, at: datetime) -> None:
    """Take people out of a customer's purchases, their history and their e-mails; documents stay as issued."""
    customers = family_of([customer.pk])
    purchases = list(Purchase.objects.select_for_update().filter(customer__in=customers).order_by("pk"))
    people: list[Address] = [*PurchaseContact.objects.filter(purchase__in=purchases)]
    people += [line.instance for line in Contact.history.filter(customer_id__in=customers)]
    words = names_of(people)
    _take_out(purchases, words)
    anonymize_emails([purchase.reference for purchase in purchases])
    for contact in people:
        if isinstance(contact, PurchaseContact):
            anonymize_address(contact)
    blank = {"billing_last_name": "", "billing_email": "", "remote_address": "", "card_last4": ""}
    Purchase.history.filter(id__in=[purchase.pk for purchase in purchases]).update(**blank)
    for purchase in purchases:
        for name, value in blank.items():
            setattr(purchase, name, value)
        save_change(purchase, Note("anonymized", "Names and addresses of people taken out on request"), by=by, at=at)
        report(purchase, "anonymized", at=at)


def anonymize_address(contact: PurchaseContact) -> None:
    """Take the person out of an order's address; a company's name and place stay, which its documents need."""
    for name in (*PERSONAL, *(() if contact.company else PLACE)):
        setattr(contact, name, "")
    contact.save()


def names_of(people: Iterable[Address]) -> re.Pattern[str]:
    """What people are found by in texts: their names, e-mail addresses and phone numbers."""
    words = {word for one in people for word in (one.name, one.last_name, one.email, one.phone, one.fax)}
    known = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, known)) or NOTHING, re.IGNORECASE)


def _take_out(purchases: Collection[Purchase], words: re.Pattern[str]) -> None:
    """Take people out of what was written about purchases, here, in the error log and in the apps above."""
    entries = HistoryEntry.objects.filter(purchase__in=purchases)
    entries.filter(event="corrected").exclude(detail="").update(detail=TAKEN_OUT)
    take_out(entries, ("note", "detail", "reason"), words)
    references = [purchase.reference for purchase in purchases]
    take_out(ErrorRecord.objects.filter(reference__in=references), ("note",), words)
    take_out(ErrorRecord.history.filter(reference__in=references), ("note",), words)
    people_removed.send(Purchase, purchases=[purchase.pk for purchase in purchases], words=words)
