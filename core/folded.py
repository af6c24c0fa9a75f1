"""Folding (`core.folding.fold`) inside of the database, so that a stored text is compared as it is typed: `__folded`.

SQLite calls the very same function; PostgreSQL has one of its own, written with the search indexes after every
migration. No index answers it: whoever asks for many rows narrows them by what an index knows first.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import CharField, TextField, Transform

from core.folding import fold

FUNCTION: Final = "kontor_fold"
MARKS: Final = r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
"""Accents and vowel points that stand on a letter."""
POSTGRESQL: Final = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $fold$
  SELECT replace(replace(replace(
    CASE WHEN octet_length(value) = length(value) THEN lower(translate(value, '''`', ''))
    ELSE replace(replace(translate(
      lower(regexp_replace(normalize(translate(value, '''’‘`´ʼ', ''), NFKD), '{MARKS}', '', 'g')),
      'æÆœŒøØđĐðÐłŁıς', 'aaooooddddlliσ'), 'ß', 'ss'), 'þ', 'th')
    END, 'ae', 'a'), 'oe', 'o'), 'ue', 'u')
$fold$
"""


@CharField.register_lookup
@TextField.register_lookup
class Folded(Transform):
    """A stored text, folded."""

    lookup_name = "folded"
    function = FUNCTION
    output_field = TextField()


def teach(*, connection: Any, **_: Any) -> None:
    """Let a new connection to SQLite know how to fold."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(FUNCTION, 1, _folded, deterministic=True)


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(str(text))
