"""What can be asked of a table of folded texts, and the indexes that answer.

PostgreSQL answers from a trigram index on the text, and whole e-mail addresses and domains from an index of their own;
SQLite from a full-text table with the trigram tokenizer, which triggers keep.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.db import connections
from django.db.models import CharField, Field, ForeignKey, Lookup, TextField
from django.db.models.fields.related_lookups import RelatedExact

from core.folded import POSTGRESQL as FOLD
from core.folding import PART

if TYPE_CHECKING:
    from django.db.models import Model

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


@TextField.register_lookup
class HasOften(Has):
    """Whether a folded text has a part, planned for this part: very many may have it."""

    lookup_name = "has_often"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Let the trigram index answer, or the rows themselves when nearly all of them have it.

        For this the part stands in the statement: of one that is prepared for any part, the server believes that few
        rows have it.
        """
        column, values = self.process_lhs(compiler, connection)
        connection.ensure_connection()
        pattern = connection.ops.compose_sql("%s", [f"%{_escaped(self.rhs)}%"])
        return f"{column} LIKE {pattern.replace('%', '%%')}", [*values]


@TextField.register_lookup
class FirstHaving(Lookup):  # type: ignore[type-arg]
    """Whether a row is among the first so many whose folded text has a part: where nothing else is asked for."""

    lookup_name = "first_having"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Ask for the part: the server stops by itself when it has found as many as it should."""
        return HasOften(self.lhs, self.rhs[0]).as_sql(compiler, connection)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Say how many: all that the full-text table knows is fetched before the first row is."""
        part, most = self.rhs
        found, values = Has(self.lhs, part).as_sqlite(compiler, connection)
        if len(part) < PART:
            return found, values
        return f"{found[:-1]} LIMIT %s)", [*values, most]


@TextField.register_lookup
class Addressed(Lookup):  # type: ignore[type-arg]
    """Whether a folded text has a whole e-mail address, or one with this whole domain (`@werft.example`)."""

    lookup_name = "addressed"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Let the index of addresses answer: their parts are in too many texts."""
        column, values = self.process_lhs(compiler, connection)
        return f"{ADDRESSES}({column}) @> ARRAY[%s]", [*values, self.rhs]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Let the full-text table answer."""
        start = "" if self.rhs.startswith("@") else " "
        return Has(self.lhs, f"{start}{self.rhs} ").as_sqlite(compiler, connection)


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


@ForeignKey.register_lookup
class Is(RelatedExact):
    """Whether a row points to another; what `exact` asks, so that the trigram index of PostgreSQL knows the pointer."""

    lookup_name = "is"

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        """Say how wide the key is: the driver sends a narrow number as such, which that index does not compare."""
        return f"= CAST({rhs} AS bigint)" if connection.vendor == "postgresql" else f"= {rhs}"


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
    names = {
        "table": model._meta.db_table,
        "key": _key(model),
        "parts": _parts_table(model),
        "addresses": ADDRESSES,
        "short": SHORT,
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement.format(**names))
            return
        cursor.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s", [f"{names['parts']}_added"])
        if cursor.fetchone() is None:
            for statement in _SQLITE:
                cursor.execute(statement.format(**names))


SHORT: Final = "gin_pending_list_limit = 256"
"""What is not yet in an index stands in a short list: reading goes through all of it."""
ADDRESSES: Final = "kontor_addresses"
_FIND_ADDRESSES: Final = """
CREATE OR REPLACE FUNCTION {addresses}(value text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $addresses$
  SELECT array_agg(word) || array_agg(substring(word FROM position('@' IN word)))
  FROM unnest(string_to_array(value, ' ')) AS word WHERE position('@' IN word) > 0
$addresses$
"""
"""E-mail addresses in a folded text, and their domains with the @."""
_POSTGRESQL: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    FOLD,
    _FIND_ADDRESSES,
    "CREATE INDEX IF NOT EXISTS {parts}_mail ON {table} USING gin ({addresses}(text)) WITH ({short})",
    "CREATE INDEX IF NOT EXISTS {parts}_of_client ON {table} USING gin (client_id, text gin_trgm_ops) WITH ({short})",
    "DROP INDEX IF EXISTS {parts}",
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
