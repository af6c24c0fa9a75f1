"""Finding rows by parts of their folded text (`core.folding`), quickly on both databases however many rows there are.

The text stands in a narrow table of its own, one row for each thing that can be found. PostgreSQL answers from a
trigram index on it; SQLite from a full-text table with the trigram tokenizer, which triggers keep. Up to `MOST` hits
are fetched by their keys; only what more than that have in common is looked for along the index by age.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, Final

from django.db import connections
from django.db.models import CharField, Field, Lookup, Q, TextField, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from core.folded import POSTGRESQL as FOLD
from core.folding import PART, near_words, parts_of, spellings, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import Model, QuerySet

MOST: Final = 3_000
"""Hits that are fetched at once; of more, the newest are."""
NEWEST: Final = 1_001
"""How many of too many hits are fetched: one more than lists count."""
TRIED: Final = 500
"""Texts that are looked at for words that a mistyped one may have meant."""
MEANT: Final = 5
"""Words that a mistyped one may have meant."""
MISTYPED: Final = 5
"""Parts of a query that may be the mistyped one, the first: each is a question of its own."""
WHOLE: Final = 0
BEGUN: Final = 1
INSIDE: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of what was found, the newest first; `parts` is what was found in them, `is_corrected` not as typed.

    `is_capped` says that there is more than this; `ranks` knows of those that fit better than a part inside a word.
    """

    keys: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    is_capped: bool = False
    is_corrected: bool = False
    ranks: Mapping[int, int] = field(default_factory=dict)

    def rank(self, key: int) -> int:
        """How well a hit fits: `WHOLE` where each part is a word, `BEGUN` where each begins one, else `INSIDE`."""
        return self.ranks.get(key, INSIDE)


def search(
    rows: QuerySet[Any],
    query: str,
    *,
    newest: str,
    enough: int = NEWEST,
    first: Q | None = None,
    exactly: Q | None = None,
    corrects: bool = True,
) -> Found:
    """Find the rows of a search table whose text has all of a query; `newest` is the column of their age.

    What isn't found is looked for once more with one letter of one word mistyped, unless it `corrects` nothing. Of too
    many hits the newest are returned, as many as are `enough`, and as many of those that are `exactly` what was asked
    for, however old. Where `first` finds something, by an index that is quicker, that is all.
    """
    parts = parts_of(query)
    if not parts or not any(len(part) >= PART for part in parts):
        return Found()
    asked = [ways_of(part) for part in parts]
    found = _newest(rows.filter(first), asked, newest=newest, enough=enough) if first else Found()
    found = found if found.keys else _newest(rows, asked, newest=newest, enough=enough, exactly=exactly)
    if found.keys or not corrects:
        return found
    groups = _meant(rows, parts)
    if not groups:
        return found
    found = _newest(rows, groups, newest=newest, enough=enough)
    return replace(found, is_corrected=True, ranks={})


def _rank(text: str, words: Sequence[str]) -> int:
    if all(f" {word} " in text for word in words):
        return WHOLE
    return BEGUN if all(f" {word}" in text for word in words) else INSIDE


def _contains(part: str) -> Q:
    return Q(GreaterThan(StrIndex("text", Value(part)), Value(0)))


def having(groups: Iterable[Sequence[str]]) -> Q:
    """Choose rows whose text has one part of each group."""
    return reduce(and_, (reduce(or_, (Q(text__has=part) for part in group)) for group in groups))


def _newest(
    rows: QuerySet[Any], groups: Sequence[Sequence[str]], *, newest: str, enough: int, exactly: Q | None = None
) -> Found:
    parts = tuple(part for group in groups for part in group)
    # Without an order, so that the index is read only until there are enough.
    hits = list(rows.filter(having(groups)).order_by().values_list("pk", newest, "text")[: MOST + 1])
    is_capped = len(hits) > MOST
    if is_capped:
        # Compared with what no index answers, so that the rows are read by their age.
        common = [rows.filter(*(reduce(or_, map(_contains, group)) for group in groups))]
        common += [rows.filter(exactly)] if exactly else []
        hits = [
            hit for some in common for hit in some.order_by(f"-{newest}").values_list("pk", newest, "text")[:enough]
        ]
        hits = list(dict.fromkeys(hits))
    hits.sort(key=lambda hit: (hit[1], hit[0]), reverse=True)
    words = [part.strip() for part in parts]
    ranks = {pk: rank for pk, _, text in hits if (rank := _rank(text, words)) != INSIDE}
    return Found(tuple(pk for pk, *_ in hits), parts, is_capped=is_capped, ranks=ranks)


def _meant(rows: QuerySet[Any], parts: Sequence[str]) -> list[list[str]]:
    """Find the word that is one letter off, and put what it may have meant in its place; nothing when there is none."""
    for place, part in enumerate(parts[:MISTYPED]):
        ways = spellings(part)
        if not ways:
            continue
        others = [[other] for other in (*parts[:place], *parts[place + 1 :])]
        spelled = reduce(or_, (having([[piece] for piece in way]) for way in ways))
        texts = rows.filter(spelled & having(others) if others else spelled).order_by()
        meant: Counter[str] = Counter()
        for text in texts.values_list("text", flat=True)[:TRIED]:
            meant.update(near_words(part, text))
        if meant:
            start = "" if part.startswith("@") else " "
            likely = [f"{start}{word} " for word, _ in meant.most_common(MEANT)]
            return [*([other] for other in parts[:place]), likely, *([other] for other in parts[place + 1 :])]
    return []


# Lookups -------------------------------------------------------------------------------------------------------------


@TextField.register_lookup
class Has(Lookup):  # type: ignore[type-arg]
    """Whether a folded text has a part; of the column `text` of a table that `install` has prepared."""

    lookup_name = "has"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Let the trigram index answer."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", [*values, f"%{_escaped(self.rhs)}%"]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Let the full-text table answer, or for less than it knows of, the text itself."""
        if len(self.rhs) < PART:
            column, values = self.process_lhs(compiler, connection)
            return f"INSTR({column}, %s) > 0", [*values, self.rhs]
        model, quote = self.lhs.target.model, connection.ops.quote_name
        key, parts = f"{quote(self.lhs.alias)}.{quote(_key(model))}", quote(_parts_table(model))
        asked = '"' + self.rhs.replace('"', '""') + '"'
        return f"{key} IN (SELECT rowid FROM {parts} WHERE {parts} MATCH %s)", [asked]  # noqa: S608 -- names of ours


@CharField.register_lookup
class Begins(Lookup):  # type: ignore[type-arg]
    """Whether a folded column begins with something, answered by a plain index (with pattern operators) on both."""

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Compare with a pattern."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} LIKE %s", [*values, f"{_escaped(self.rhs)}%"]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Compare with both ends of a range; its LIKE would read every row."""
        column, values = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [*values, self.rhs, *values, f"{self.rhs}\U0010ffff"]


@Field.register_lookup
class Among(Lookup):  # type: ignore[type-arg]
    """Whether a key is among many, which are sent as one value."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Send them as an array."""
        column, values = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*values, list(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Send them as JSON."""
        column, values = self.process_lhs(compiler, connection)
        sent = [*values, json.dumps(list(self.rhs))]
        return f"{column} IN (SELECT value FROM json_each(%s))", sent  # noqa: S608 -- a column of ours


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# Indexes -------------------------------------------------------------------------------------------------------------


def _parts_table(model: type[Model]) -> str:
    return f"{model._meta.db_table}_parts"


def _key(model: type[Model]) -> str:
    return str(model._meta.pk.column)


def install(model: type[Model], *, using: str) -> None:
    """Prepare a search table after every migration: SQLite loses triggers when a table is rebuilt."""
    connection = connections[using]
    names = {"table": model._meta.db_table, "key": _key(model), "parts": _parts_table(model)}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement.format(**names))
            return
        cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s", [f"{names['parts']}_added"])
        if cursor.fetchone() is None:
            for statement in _SQLITE:
                cursor.execute(statement.format(**names))


_POSTGRESQL: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    FOLD,
    # A short list of what is not yet in the index: reading goes through all of it.
    "CREATE INDEX IF NOT EXISTS {parts} ON {table} USING gin (text gin_trgm_ops) WITH (gin_pending_list_limit = 256)",
)
_REMOVE: Final = "INSERT INTO {parts} ({parts}, rowid, text) VALUES ('delete', OLD.{key}, OLD.text);"
_ADD: Final = "INSERT INTO {parts} (rowid, text) VALUES (NEW.{key}, NEW.text);"
_SQLITE: Final = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS {parts}
    USING fts5 (text, content='{table}', content_rowid='{key}', tokenize='trigram')
    """,
    "INSERT INTO {parts} ({parts}) VALUES ('rebuild')",
    "CREATE TRIGGER {parts}_added AFTER INSERT ON {table} BEGIN " + _ADD + " END",
    "CREATE TRIGGER {parts}_removed AFTER DELETE ON {table} BEGIN " + _REMOVE + " END",
    "CREATE TRIGGER {parts}_changed AFTER UPDATE OF text ON {table} BEGIN " + _REMOVE + " " + _ADD + " END",
)
