"""Finding customers by what people know of them or of what they bought."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from core.folding import parts_of
from core.search import MOST, MOST_QUICKLY, NEWEST, search

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.search import Found
    from customers.models import CustomerSearch

PURCHASES_QUICKLY: Final = 1_000
"""Purchases whose customers are looked at while somebody types a number."""


def find_customers(
    rows: QuerySet[CustomerSearch],
    query: str,
    *,
    enough: int = NEWEST,
    corrects: bool = True,
    is_quick: bool = False,
    buyers: Found | None = None,
) -> Found:
    """Find customers by comma-separated keywords, all of which must match; `rows` are those that may be found.

    Digits are also those of a reference number, a card or a document of one of the customer's purchases; `buyers` are
    these customers where they are known already.
    """
    most = MOST_QUICKLY if is_quick else MOST
    if buyers is None:
        bought, is_cut = _by_purchase(rows, query, most=PURCHASES_QUICKLY if is_quick else MOST)
    else:
        bought, is_cut = sorted(buyers.keys, reverse=True), buyers.is_capped
    found = search(rows, query, newest="pk", enough=enough, corrects=corrects and not bought, is_quick=is_quick)
    best = list(dict.fromkeys([*found.keys, *bought]))
    keys = tuple(sorted(best[:most], reverse=True))
    return replace(found, keys=keys, is_capped=found.is_capped or is_cut or len(best) > most)


def _by_purchase(rows: QuerySet[CustomerSearch], query: str, *, most: int) -> tuple[list[int], bool]:
    """Find those whose purchases have the numbers of a query, and who themselves have all else of it; and if more do.

    Of no more purchases than are shown: to know first who is there twice, all of them would be read.
    """
    parts = parts_of(query)
    numbers = [part for part in parts if part.strip().isdigit()]
    if not numbers:
        return [], False
    for part in parts:
        rows = rows.filter(**{f"{'customer__purchases__search__' if part in numbers else ''}text__has": part})
    found = list(rows.order_by().values_list("pk", flat=True)[: most + 1])
    return sorted(set(found), reverse=True), len(found) > most
