"""Finding purchases by what people know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.search import search

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from core.search import Found
    from purchases.models import PurchaseSearch


def find_purchases(rows: QuerySet[PurchaseSearch], query: str) -> Found:
    """Find purchases by comma-separated keywords, all of which must match; `rows` are those that may be found."""
    return search(rows, query, newest="ordered_at")
