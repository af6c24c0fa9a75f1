"""What a list writes into a file: the rows that its address shows, in their order, each column as a plain value.

A list says so itself: its page narrows the rows, for the file as for the screen, and its table names the columns.
`kind` is the page by the name of its route. The file is written by the worker, later and in pieces; what its user may
see is asked again for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any, Final

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.html import conditional_escape, strip_tags

from core.money import Money
from core.tables import SortKey
from core.views import ListPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.sheets import Value
    from core.tables import Column, Reader, Table

MOST_ROWS: Final = 200_000
LONGEST_KEY: Final = 19
"""Digits beyond any key."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as one user sees it: its page, asked for an address without a browser."""

    page: ListPage
    table: Table

    @classmethod
    def of(cls, kind: str, *, user: Any, client: Any, query: str, at: datetime) -> Listing | None:
        """The list `kind`; None where there is none, or none that can be taken away."""
        try:
            match = resolve(reverse(kind))
        except NoReverseMatch:
            return None
        page_class = getattr(match.func, "view_class", None)
        if not (isinstance(page_class, type) and issubclass(page_class, ListPage) and page_class.is_exportable):
            return None
        request = HttpRequest()
        request.method, request.path, request.GET = "GET", reverse(kind), QueryDict(query)
        request.resolver_match = match
        request.user, request.session = user, {"client": client.pk} if client else {}  # type: ignore[assignment]
        page = page_class()
        page.setup(request)
        page.at = at
        table = page.make_table()
        if page.is_personal:
            table.chosen = page.chosen_columns()
        return cls(page, table)

    @property
    def is_allowed(self) -> bool:
        """Whether the user may see the list, and take it away, at all."""
        user = self.page.user
        return bool(user.is_active and user.may("export") and (not self.page.right or user.may(self.page.right)))

    @property
    def reader(self) -> Reader:
        """In whose zone moments are written."""
        return self.page.reader

    @property
    def rows(self) -> Any:
        """The rows that the address shows: what was picked there, or all that its filters and tab leave."""
        picks = self.page.request.GET.getlist("pick")
        if picks:
            known = [pick for pick in picks if pick.isascii() and pick.isdecimal() and len(pick) < LONGEST_KEY]
            return self.page.rows.filter(**{f"{self.table.key_field}__in": known})
        return self.page.shown_rows()

    def keys(self) -> list[int]:
        """The rows by their primary keys, in the order of the list; one more than may be written where there are."""
        rows = self.rows
        ordering = SortKey.of(rows, self.table.sort_of(self.page.request.GET)).ordering(is_backward=False)
        return list(rows.order_by(*ordering).values_list("pk", flat=True)[: MOST_ROWS + 1])

    def columns(self) -> list[str]:
        """The columns of the file, by their keys."""
        return self.table.file_columns(self.reader, self.rows)

    def head(self, columns: Sequence[str]) -> list[str]:
        """What stands above them."""
        named = [self.table.column(key).label for key in columns]
        return [*named, "Currency"] if self.table.currency_field else named

    def lines(self, keys: Sequence[int], columns: Sequence[str]) -> list[list[Value]]:
        """A line for each of these rows that is still there for the user to see."""
        found = {row.pk: row for row in self.page.rows.filter(pk__in=keys)}
        page = [found[key] for key in keys if key in found]
        self.table.chosen = columns
        chosen = [self.table.column(key) for key in columns]
        self.table.prepare(page)
        prefetch_related_objects(page, *dict.fromkeys(column.fetch for column in chosen if column.fetch))
        return [self._line(row, chosen) for row in page]

    def _line(self, row: Any, columns: Sequence[Column]) -> list[Value]:
        values = [_plain(column, row, self.reader) for column in columns]
        return [*values, getattr(row, self.table.currency_field)] if self.table.currency_field else values


def _plain(column: Column, row: Any, reader: Reader) -> Value:
    if column.plain is None:
        words = unescape(strip_tags(conditional_escape(column.value(row, reader)))).strip()
        return "" if words == "–" else words
    value = column.plain(row, reader)
    if isinstance(value, Money):
        return value.decimal
    if isinstance(value, datetime):
        return value.astimezone(reader.zone).replace(tzinfo=None, second=0, microsecond=0)
    return value
