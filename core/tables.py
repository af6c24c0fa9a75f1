"""Thin tables: columns declared in Python, cells escaped there, one template, pages found by key instead of by number.

Also the small cells every table and page shares: money, days, moments, badges, icons.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import quote, urlencode

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import F, Q, prefetch_related_objects
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from lucide.templatetags.lucide import lucide

from core.markup import escaped, markup
from core.money import Money, exponent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, QueryDict

    Plain = str | int | Decimal | date | Money | None

PAGE_SIZE = 50
NOTHING = mark_safe('<span class="nil">–</span>')


@lru_cache(maxsize=32)
def locale_of(language: str) -> Locale:
    """The reader's locale; English where the language is unknown."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a cell: the language decides on formats, the zone on moments."""

    language: str
    zone: ZoneInfo
    shows_clients: bool = False

    @classmethod
    def of(cls, request: HttpRequest) -> Reader:
        """The reader of this request."""
        user = request.user
        alone = bool(user.is_platform) and not request.session.get("client")  # type: ignore[union-attr]
        return cls(user.language, user.zone, shows_clients=alone)  # type: ignore[union-attr]


@lru_cache(maxsize=4096)
def money_text(minor: int, currency: str, reader: Reader) -> str:
    """An amount with its currency, as the reader writes it."""
    return Money(minor, currency).format(reader.language)


def money_cell(minor: int, currency: str, reader: Reader, *, css: str = "") -> SafeString:
    """An amount that never breaks over a line."""
    return markup('<span class="amount {}">{}</span>', css, money_text(minor, currency, reader))


def number_text(minor: int, currency: str, reader: Reader) -> str:
    """An amount without its currency, with the currency's decimals."""
    places = exponent(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(Money(minor, currency).decimal, format=pattern, locale=locale_of(reader.language))


def day_text(day: date | None, reader: Reader) -> str:
    """A day as the reader writes it; empty when there is none."""
    return _day_text(day, reader.language) if day else ""


@lru_cache(maxsize=4096)
def _day_text(day: date, language: str) -> str:
    return format_date(day, format="medium", locale=locale_of(language))


def day_cell(day: date | None, reader: Reader) -> SafeString:
    """A day for machines and people."""
    return _day_cell(day, reader.language) if day else NOTHING


@lru_cache(maxsize=4096)
def _day_cell(day: date, language: str) -> SafeString:
    return markup('<time class="day" datetime="{}">{}</time>', day.isoformat(), _day_text(day, language))


def moment_text(moment: datetime, reader: Reader) -> str:
    """A moment in the reader's zone, with the zone named."""
    local = moment.astimezone(reader.zone)
    locale = locale_of(reader.language)
    shown = _day_text(local.date(), reader.language)
    clock = format_datetime(local, format="HH:mm", locale=locale)
    return f"{shown}, {clock} {local.tzname() or ''}".strip()


def moment_cell(moment: datetime | None, reader: Reader) -> SafeString:
    """A moment for machines (UTC) and people (their zone)."""
    if moment is None:
        return NOTHING
    utc = moment.astimezone(UTC).isoformat(timespec="seconds")
    return markup('<time class="moment" datetime="{}">{}</time>', utc, moment_text(moment, reader))


@lru_cache(maxsize=256, typed=True)  # a text that is safe already is another one than the same text that is not
def badge(label: str, tone: str = "gray") -> SafeString:
    """A state: a dot and a word; `tone` is one of gray, blue, green, amber, red, violet."""
    return markup('<span class="st st-{}"><span class="st-dot"></span>{}</span>', tone, label)


def icon(name: str, size: int = 16, css: str = "") -> SafeString:
    """A Lucide icon as inline SVG; decoration only, so the text beside it must say the same."""
    return _icon(str(name), size, str(css))


@lru_cache(maxsize=256)
def _icon(name: str, size: int, css: str) -> SafeString:
    more = {"class": f"lucide {css}".strip()}
    return mark_safe(lucide(name, size=size, aria_hidden="true", focusable="false", **more))  # noqa: S308 -- library SVG


_ANY_ROW: Final = "1234567890"
"""Stands for a row's key where an address is looked up."""


def path_to(page: str, key: str) -> str:
    """The address of a row's page, as `reverse` gives it, looked up once for all rows of a list."""
    return between(ends_of(page), key)


def between(ends: tuple[str, str], key: str) -> str:
    """An address with a row's key in it."""
    return f"{ends[0]}{key if key.isalnum() and key.isascii() else quote(key, safe='')}{ends[1]}"


def ends_of(page: str) -> tuple[str, str]:
    """What stands before and after the row's key in the addresses of a page."""
    return _ends(page, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=64)
def _ends(page: str, urlconf: str, _prefix: str) -> tuple[str, str]:
    before, _, after = reverse(page, urlconf, [_ANY_ROW]).rpartition(_ANY_ROW)
    return before, after


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its label, how a row becomes a cell (escaped), the field it sorts by, its class.

    `plain` is what a file says: a text, number, day, moment or amount; without it, the words of the cell. An extra
    column is shown to those who chose it; `fetch` names related rows that its cells need, read once for a page.
    """

    label: str
    value: Callable[[Any, Reader], str]
    sort: str = ""
    css: str = ""
    clients_only: bool = False
    plain: Callable[[Any, Reader], Plain] | None = None
    is_extra: bool = False
    fetch: str = ""

    @property
    def key(self) -> str:
        """What a person's choice of columns knows it by."""
        return slugify(self.label)


@dataclass(frozen=True, slots=True)
class Row:
    """A finished row."""

    key: str
    label: str
    html: SafeString
    """Its `tr`, and the one unfolded below it, put together in Python: a template takes several times as long."""


@dataclass(frozen=True, slots=True)
class Head:
    """A finished column head: the address that sorts by it and the way it is sorted now."""

    label: str
    css: str
    link: str
    direction: str


@dataclass(frozen=True, slots=True)
class Place:
    """The list that rows stand in: its address, and the starts of two more, behind which a row's key is written."""

    path: SafeString
    unfold: SafeString
    """Unfolds the row."""
    preview: SafeString
    """Shows the row in the drawer."""

    @classmethod
    def of(cls, request: HttpRequest) -> Place:
        """The list that this request asks for."""
        starts = [address_up_to(request.GET, name) for name in ("unfold", "preview")]
        return cls(*(markup("{}", part) for part in (request.path, *starts)))


class Table:
    """Declares the columns of a list; subclasses name them and say where a row leads."""

    columns: ClassVar[Sequence[Column]]
    default_sort = "-pk"
    caption = ""
    is_selectable = False
    has_preview = False
    bulk_template = "_bulk_none.html"
    key_field: ClassVar[str] = "pk"
    """What a selected row is known by."""
    currency_field: ClassVar[str] = ""
    """Where a row names the currency of its amounts; a file has a column for it."""
    usual_fields: ClassVar[Sequence[str]] = ()
    """What of a wide row its usual columns need; none: they read all of it."""
    chosen: Sequence[str] = ()
    """The columns its reader chose, by their keys, in their order; none: those that are no extras."""

    def link(self, row: Any) -> str:  # noqa: ARG002 -- rows of any model
        """Where Enter leads; empty when the row has no page."""
        return ""

    def preview(self, row: Any) -> str:  # noqa: ARG002
        """What the drawer shows; empty when there is nothing to preview."""
        return ""

    def key(self, row: Any) -> str:
        """What a selected row is known by."""
        return str(getattr(row, self.key_field))

    def label(self, row: Any) -> str:
        """What a row is called, for people who cannot see it."""
        return str(row)

    def fold(self, row: Any) -> str:  # noqa: ARG002
        """What shows more of a row below it; empty when there is no more."""
        return ""

    def below(self, row: Any, reader: Reader) -> str:  # noqa: ARG002
        """What is unfolded below a row; empty when nothing is."""
        return ""

    @cached_property
    def _ends(self) -> dict[str, tuple[str, str]]:
        return {}

    def path_to(self, page: str, key: str) -> str:
        """The address of a row's page, whose pattern is looked up once for the table."""
        ends = self._ends.get(page) or self._ends.setdefault(page, ends_of(page))
        return between(ends, key)

    def acts(self, row: Any) -> dict[str, str]:  # noqa: ARG002
        """The addresses of dialogs about this row, by the key that opens them."""
        return {}

    def prepare(self, page: Sequence[Any]) -> None:
        """Give the rows of a page what their cells need besides the columns of the database."""

    def columns_in_order(self) -> list[Column]:
        """The columns that are to be shown: those chosen, the first one always among them, else all but the extras."""
        if not self.chosen:
            return [column for column in self.columns if not column.is_extra]
        first, *rest = self.columns
        known = {column.key: column for column in rest}
        return [first, *(known[key] for key in dict.fromkeys(self.chosen) if key in known)]

    def shown_columns(self, reader: Reader) -> list[Column]:
        """The columns this reader sees: the client's name only where several clients are mixed."""
        return [column for column in self.columns_in_order() if reader.shows_clients or not column.clients_only]

    def file_columns(self, reader: Reader, rows: QuerySet[Any]) -> list[str]:  # noqa: ARG002 -- for subclasses
        """The columns of a file of these rows, by their keys: those that are shown and are no buttons."""
        return [column.key for column in self.shown_columns(reader) if "act" not in column.css.split()]

    def column(self, key: str) -> Column:
        """The column of this key."""
        return next(column for column in self.columns if column.key == key)

    def sort_of(self, query: QueryDict) -> str:
        """The sort in the address if it is one of ours, else the default."""
        asked = query.get("sort", "")
        known = {column.sort for column in self.columns if column.sort}
        return asked if asked.removeprefix("-") in known else self.default_sort

    def with_usual_fields(self, rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
        """Leave out what of wide rows nobody sees, unless somebody chose columns or a sort that is not usual."""
        if self.chosen or not self.usual_fields:
            return rows
        usual = {column.sort for column in self.columns if not column.is_extra}
        return rows.only(*self.usual_fields) if sort == self.default_sort or sort.removeprefix("-") in usual else rows

    def rows(self, page: Sequence[Any], reader: Reader, place: Place | None = None) -> list[Row]:
        """Turn a page of model rows into finished ones; `place` is the list in which one walks through them."""
        self.prepare(page)
        columns = self.shown_columns(reader)
        prefetch_related_objects(list(page), *dict.fromkeys(column.fetch for column in columns if column.fetch))
        tags = [markup('<td class="{}">', column.css) if column.css else "<td>" for column in columns]
        cells_of = [(tag, column.value) for tag, column in zip(tags, columns, strict=True)]
        width = len(columns) + (self.is_selectable + self.has_preview if place else 0)
        rows = []
        for row in page:
            key, label, below = self.key(row), self.label(row), self.below(row, reader)
            cells = "".join([part for tag, value in cells_of for part in (tag, escaped(value(row, reader)), "</td>")])
            if place is None:
                html = f"<tr>{cells}</tr>"
            else:
                name = escaped(label)
                tools = self._tools(row, key, name, place, is_unfolded=bool(below)) if self.has_preview else ""
                html = f"{self._opening(row, key, name)}{cells}{tools}</tr>"
            if below:
                html += f'<tr class="below"><td colspan="{width}">{escaped(below)}</td></tr>'
            rows.append(Row(key, label, mark_safe(html)))  # noqa: S308 -- every part of it is escaped
        return rows

    def _opening(self, row: Any, key: str, name: str) -> str:
        """Where Enter leads, the dialogs that other keys open, and the box; `name` is HTML."""
        links = {"link": self.link(row), **{f"act-{act}": link for act, link in self.acts(row).items()}}
        leads = "".join([f' data-{where}="{escaped(link)}"' for where, link in links.items() if link])
        box = (
            f'<td class="pick"><input class="form-check-input" type="checkbox" name="pick" value="{escaped(key)}"'
            f' form="bulk" aria-label="Select {name}"></td>'
        )
        return f"<tr data-row{leads}>{box if self.is_selectable else ''}"

    def _tools(self, row: Any, key: str, name: str, place: Place, *, is_unfolded: bool) -> str:
        """The buttons at the end of a row: what unfolds it and what shows it in the drawer; `name` is HTML."""
        key, fold, preview = quote(key), escaped(self.fold(row)), escaped(self.preview(row))
        unfolds = (
            f'<a class="icon-btn sm fold" href="{place.unfold}{key}" data-fold hx-get="{fold}" hx-trigger="unfold"'
            f' hx-target="closest tr" hx-swap="afterend" aria-expanded="{"true" if is_unfolded else "false"}"'
            f' aria-label="Items of {name}" title="Items (i)">{icon("chevron-down")}</a>'
        )
        shows = (
            f'<a class="icon-btn sm" href="{place.preview}{key}" data-preview hx-get="{preview}" hx-target="#drawer"'
            f' hx-swap="innerHTML" hx-push-url="{place.path}{place.preview}{key}" aria-label="Preview {name}"'
            f' title="Preview (o)">{icon("panel-right-open")}</a>'
        )
        return f'<td class="act wide-only">{unfolds if fold else ""}{shows if preview else ""}</td>'

    def heads(self, query: QueryDict, reader: Reader) -> list[Head]:
        """The column heads, each with the address that sorts by it."""
        sort = self.sort_of(query)
        heads = []
        for column in self.shown_columns(reader):
            direction = ""
            if column.sort and column.sort == sort.removeprefix("-"):
                direction = "descending" if sort.startswith("-") else "ascending"
            turned = f"-{column.sort}" if direction == "ascending" else column.sort
            link = address(query, sort=turned, after=None, before=None, preview=None) if column.sort else ""
            heads.append(Head(column.label, column.css, link, direction))
        return heads


def address(query: QueryDict, **changes: str | None) -> str:
    """The same address with some parameters changed; None takes one out."""
    changed = dict(query.lists())
    for name, value in changes.items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = [value]
    return "?" + urlencode(changed, doseq=True)


def address_up_to(query: QueryDict, name: str) -> str:
    """The same address up to the value of the parameter `name`, which each row of a page writes behind it."""
    kept = address(query, **{name: None})
    return f"{kept}{'' if kept == '?' else '&'}{name}="


PASSING = ("after", "before", "preview", "unfold", "add", "drop")
"""What an address says about the moment and not about the list."""


def kept_query(query: QueryDict) -> str:
    """What of an address is worth keeping: filters, tab, sort; neither the page nor what is unfolded."""
    kept = query.copy()
    for name in PASSING:
        kept.pop(name, None)
    for name in [name for name, values in kept.lists() if not any(values)]:
        del kept[name]
    return kept.urlencode()


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list and the addresses of the pages around them."""

    rows: list[Any]
    newer: str = ""
    older: str = ""
    is_first: bool = field(default=True)


def page_of(queryset: QuerySet[Any], *, sort: str, query: QueryDict, size: int = PAGE_SIZE) -> Page:
    """Find a page by key: cheap however deep, stable while rows are added. Rows without a value come last."""
    key = SortKey.of(queryset, sort)
    cursor, is_backward = _cursor(key, query)
    found = queryset
    if cursor is not None:
        found = found.filter(key.beyond(cursor, is_backward=is_backward))
    ordering = key.ordering(is_backward=is_backward)
    if queryset.query.select_related:  # only a page's rows are joined with what they refer to, not all that are sorted
        found = queryset.filter(pk__in=found.order_by(*ordering).values("pk")[: size + 1])
    rows = list(found.order_by(*ordering)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    if is_backward:
        rows.reverse()
    has_newer = has_more if is_backward else cursor is not None
    has_older = cursor is not None if is_backward else has_more
    newer = address(query, before=key.token(rows[0]), after=None, preview=None) if rows and has_newer else ""
    older = address(query, after=key.token(rows[-1]), before=None, preview=None) if rows and has_older else ""
    return Page(rows, newer=newer, older=older, is_first=not has_newer)


@dataclass(frozen=True, slots=True)
class SortKey:
    """What a list is sorted by: a column or annotation, and the row's own number where two are the same.

    Written so that an index serves it: the bound on the column stands by itself, and only a column that may be empty
    says where its empty rows come.
    """

    name: str
    field: Any
    is_descending: bool
    is_nullable: bool

    @classmethod
    def of(cls, queryset: QuerySet[Any], sort: str) -> SortKey:
        """Look the column up among the rows' annotations and the model's fields."""
        name = sort.removeprefix("-")
        is_descending = sort.startswith("-")
        annotation = queryset.query.annotations.get(name)
        if annotation is not None:
            return cls(name, annotation.output_field, is_descending, is_nullable=False)
        target: Any = queryset.model
        is_nullable = False
        *path, last = name.split("__")
        for part in path:
            step = target._meta.get_field(part)
            is_nullable = is_nullable or step.null
            target = step.related_model
        found = target._meta.pk if last == "pk" else target._meta.get_field(last)
        return cls(name, found, is_descending, is_nullable=is_nullable or found.null)

    def beyond(self, cursor: tuple[Any, int], *, is_backward: bool) -> Q:
        """The rows behind (or before) the one that the cursor names."""
        value, pk = cursor
        name = self.name
        way = "lt" if self.is_descending != is_backward else "gt"
        if value is None:
            tie = Q(**{f"{name}__isnull": True, f"pk__{way}": pk})
            return tie | Q(**{f"{name}__isnull": False}) if is_backward else tie
        beyond = Q(**{f"{name}__{way}e": value}) & (Q(**{f"{name}__{way}": value}) | Q(**{f"pk__{way}": pk}))
        return beyond if is_backward or not self.is_nullable else beyond | Q(**{f"{name}__isnull": True})

    def ordering(self, *, is_backward: bool) -> list[Any]:
        """The order in which the rows are read."""
        is_turned = self.is_descending != is_backward
        nulls: dict[str, Any] = {"nulls_first" if is_backward else "nulls_last": True} if self.is_nullable else {}
        column = F(self.name)
        return [column.desc(**nulls) if is_turned else column.asc(**nulls), "-pk" if is_turned else "pk"]

    def value(self, row: Model) -> Any:
        """What the row is sorted by."""
        value: Any = row
        for part in self.name.split("__"):
            value = getattr(value, part, None)
        return value

    def token(self, row: Model) -> str:
        """Where a row stands, for an address."""
        raw = json.dumps([self.value(row), row.pk], default=str)  # a moment to its last microsecond
        return urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _cursor(key: SortKey, query: QueryDict) -> tuple[tuple[Any, int] | None, bool]:
    token = query.get("after") or query.get("before") or ""
    try:
        value, pk = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        value = key.field.to_python(value)
        if isinstance(value, str) and b"\x00" in value.encode():
            return None, False
        if isinstance(value, datetime):
            value = value.astimezone(UTC)  # not beyond all calendars
        return (value, int(pk)), not query.get("after")
    except (ValueError, TypeError, ValidationError, AttributeError, OverflowError):
        return None, False
