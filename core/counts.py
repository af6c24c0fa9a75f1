"""Counting no further than anybody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import IntegerField, Subquery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

CAP: Final = 1000


class CappedCount(Subquery):
    """How many rows a query has, counting no further than its limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


def keys_of(rows: QuerySet[Any]) -> QuerySet[Any]:
    """All that has to be read of rows that are counted: their keys, in no order.

    Whatever narrows them afterwards may only filter.
    """
    return rows.order_by().values("pk")


def count_all(queries: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each of these queries has, no further than its limit: one trip, none where all are known empty.

    Their SQL stands side by side as it is: fitting queries into one another, as a `CappedCount` that may look at the
    row around it, takes Django longer than counting takes the database.
    """
    texts: list[str] = []
    parameters: list[Any] = []
    for query in queries:
        try:
            text, needed = query.query.sql_with_params()
        except EmptyResultSet:
            texts.append("0")
        else:
            texts.append(f"(SELECT COUNT(*) FROM ({text}) counted)")  # noqa: S608 -- Django's own SQL
            parameters += needed
    if not any(text != "0" for text in texts):
        return [0] * len(texts)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(texts)}", parameters)
        found: Sequence[int] = cursor.fetchone()
    return list(found)


def capped(number: int, cap: int = CAP) -> str:
    """A number in words; what is more than `cap` was not counted."""
    return f"{cap:,}+" if number > cap else f"{number:,}"
