"""Purchases by many numbers at once, as somebody pasted them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accounts.models import Client
from purchases.models import Document, Purchase
from purchases.querysets import Bare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User

MOST_FOUND: Final = 2000
"""Purchases that the numbers of one list may lead to; a PO number may stand on several."""
MARKS: Final = str.maketrans("", "", " -/._#:,()")


def numbers_in(text: str) -> list[str]:
    """The numbers in a pasted text: lines, or parts between commas, semicolons, tabs, bars and quotes; each once."""
    parts = (" ".join(part.split()) for part in re.split(r"[\n\r,;|\t\"']", text.replace("\x00", "")))
    return list(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class Found:
    """What a list of numbers leads to: purchases in the order of the numbers, and the numbers that lead nowhere."""

    purchases: list[int]
    unknown: list[str]


def find_numbers(numbers: Sequence[str], *, user: User, client: Client | None) -> Found:
    """Find the purchases of these numbers among those the user may see: reference, external, PO, document number.

    What stands on one line is one number where there is such a number, spaces and all, else several.
    """
    parts = {part for number in numbers for part in (number, *number.split())}
    known = _known(parts, user=user, client=client)
    purchases: list[int] = []
    unknown: list[str] = []
    for number in numbers:
        words = [number] if _bare(number) in known or " " not in number else number.split()
        for word in words:
            found = known.get(_bare(word))
            if found:
                purchases += found
            else:
                unknown.append(word)
    return Found(list(dict.fromkeys(purchases))[:MOST_FOUND], list(dict.fromkeys(unknown)))


def _bare(number: str) -> str:
    return number.translate(MARKS).upper()


def _known(parts: set[str], *, user: User, client: Client | None) -> dict[str, list[int]]:
    """The purchases of each number, bare; one query."""
    # Naming the clients lets the index on bare PO numbers serve those who see all of them.
    clients = Client.objects.visible_to(user, client).values("pk")
    mine = Purchase.objects.filter(client__in=clients).order_by()
    bare = {_bare(part) for part in parts} - {""}
    by_reference = mine.filter(reference__in=parts).values_list("pk", "reference")
    by_external = mine.filter(external_id__in=parts).values_list("pk", "external_id")
    by_po = mine.annotate(bare=Bare("po_number")).filter(bare__in=bare).values_list("pk", "bare")
    documents = Document.objects.filter(client__in=clients, purchase__isnull=False).order_by()
    by_document = documents.filter(number__in={part.upper() for part in parts}).values_list("purchase", "number")
    known: dict[str, list[int]] = {}
    for pk, number in by_reference.union(by_external, by_po, by_document):
        known.setdefault(_bare(number), []).append(pk)
    return {number: sorted(pks) for number, pks in known.items()}
