"""Where a row stands in the list one came from: the rows before and after it, found by key like the list's pages."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, Subquery
from django.http import QueryDict
from django.urls import resolve

from core.counts import CAP, CappedCount, capped, keys_of
from core.tables import SortKey

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from core.views import ListPage


@dataclass(frozen=True, slots=True)
class Neighbors:
    """A row's neighbors by the name they are known by, empty at the ends; `place` and `count` in words.

    `place` is empty where the row is no longer in the list: its neighbors are then those it would stand between.
    """

    previous: str = ""
    next: str = ""
    place: str = ""
    count: str = ""


def neighbors(request: HttpRequest, link: str, query: str, *, row: Any, lookup: str, at: datetime) -> Neighbors:
    """Find a row's neighbors in the list at `link` as `query` filters and sorts it. One query beside the filter's."""
    asked = copy(request)
    asked.GET = QueryDict(query)
    page: ListPage = resolve(link).func.view_class()  # type: ignore[attr-defined]  # every page is a class
    page.setup(asked)
    page.at = at
    rows = page.shown_rows()
    key = SortKey.of(rows, page.make_table().sort_of(asked.GET))
    here = (key.value(row), row.pk)
    before, after = (
        rows.filter(key.beyond(here, is_backward=is_backward)).order_by(*key.ordering(is_backward=is_backward))
        for is_backward in (True, False)
    )
    every: QuerySet[Any] = type(row)._default_manager.all()  # noqa: SLF001 -- Django's documented model API
    found = (
        every.filter(pk=row.pk)
        .annotate(
            previous_key=Subquery(before.values(lookup)[:1]),
            next_key=Subquery(after.values(lookup)[:1]),
            is_in=Exists(rows.filter(pk=row.pk)),
            place=CappedCount(keys_of(before)[:CAP]),
            count=CappedCount(keys_of(rows)[: CAP + 1]),
        )
        .values_list("previous_key", "next_key", "is_in", "place", "count")
        .get()
    )
    previous, following, is_in, place, count = found
    return Neighbors(
        previous=previous or "",
        next=following or "",
        place=capped((place or 0) + 1) if is_in else "",
        count=capped(count or 0),
    )
