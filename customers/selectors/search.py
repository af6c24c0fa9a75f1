"""Finding customers by what people know of them or of what they bought."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.folding import parts_of
from core.search import MOST, NEWEST, search

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.search import Found
    from customers.models import CustomerSearch


def find_customers(rows: QuerySet[CustomerSearch], query: str, *, enough: int = NEWEST, corrects: bool = True) -> Found:
    """Find customers by comma-separated keywords, all of which must match; `rows` are those that may be found.

    Digits are also those of a reference number, a card or a document of one of the customer's purchases.
    """
    bought = _by_purchase(rows, query)
    found = search(rows, query, newest="pk", enough=enough, corrects=corrects and not bought)
    keys = tuple(sorted({*found.keys, *bought}, reverse=True))
    return replace(found, keys=keys[:MOST], is_capped=found.is_capped or len(bought) > MOST)


def _by_purchase(rows: QuerySet[CustomerSearch], query: str) -> list[int]:
    """Find those whose purchases have the numbers of a query, and who themselves have all else of it.

    One for each purchase, and no more than are shown: sorting out who is there twice would read all of them.
    """
    parts = parts_of(query)
    numbers = [part for part in parts if part.strip().isdigit()]
    if not numbers:
        return []
    for part in parts:
        rows = rows.filter(**{f"{'customer__purchases__search__' if part in numbers else ''}text__has": part})
    return list(rows.order_by().values_list("pk", flat=True)[: MOST + 1])
