"""Keeping what purchases are found by, in the transaction of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import Prefetch

from core.folding import address, bare, name, text_of
from purchases.models import Document, Purchase, PurchaseSearch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from purchases.models import PurchaseContact


RENAMED: Final = frozenset({"placed", "corrected", "converted", "anonymized", "revised", "accepted"})
"""Events after which a purchase may be found by something else, or counts as newer.

Documents add their number when they are issued."""


def search_row(purchase: Purchase, contacts: Iterable[PurchaseContact], documents: Iterable[str]) -> PurchaseSearch:
    """Put together what a purchase is found by: its numbers, those of its `documents`, the people it names."""
    names = [purchase.billing_company, purchase.billing_last_name]
    addresses = [purchase.billing_email]
    for contact in contacts:
        names += [contact.company, contact.first_name, contact.last_name]
        addresses.append(contact.email)
    numbers = [purchase.reference, purchase.external_id or "", purchase.po_number, purchase.card_last4]
    return PurchaseSearch(
        purchase_id=purchase.pk,
        client_id=purchase.client_id,
        ordered_at=purchase.ordered_at,
        email=address(purchase.billing_email),
        po_number=bare(purchase.po_number),
        last_name=name(purchase.billing_last_name),
        company=name(purchase.billing_company),
        text=text_of(names=names, numbers=[*numbers, purchase.vat_id, *documents], addresses=addresses),
    )


def keep_search(pks: Collection[int]) -> None:
    """Bring what these purchases are found by up to date. Three queries to read, one to write."""
    documents = Prefetch("documents", Document.objects.only("purchase_id", "number"))
    purchases = Purchase.objects.filter(pk__in=pks).prefetch_related("contacts", documents)
    PurchaseSearch.objects.bulk_create(
        [
            search_row(one, one.contacts.all(), [document.number for document in one.documents.all()])
            for one in purchases
        ],
        update_conflicts=True,
        unique_fields=["purchase"],
        update_fields=["client", "ordered_at", "email", "po_number", "last_name", "company", "text"],
    )


def add_number(purchase: Purchase, number: str) -> None:
    """Let a purchase be found by the number of one more document, too."""
    add_numbers({purchase.pk: number})


def add_numbers(numbers: Mapping[int, str]) -> None:
    """Let these purchases (by primary key) be found by the number of one more document each: one query.

    In SQL, because a query set would need a CASE with a line for each of them, which takes ten times as long.
    """
    if not numbers:
        return
    table, given = PurchaseSearch._meta.db_table, ", ".join(["(%s, %s)"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET text = text || given.column2 FROM (VALUES {given}) AS given"  # noqa: S608
            " WHERE purchase_id = given.column1",
            [value for pk, number in numbers.items() for value in (pk, f"{bare(number)} ")],
        )
