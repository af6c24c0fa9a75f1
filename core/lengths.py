"""Texts from outside, made fit to be kept: one line, and no longer than their column."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from django.db.models import CharField

from core.refused import Refused

if TYPE_CHECKING:
    from django.db.models import Model


def one_line(text: str) -> str:
    """Turn line breaks, tabs and other control characters into single spaces."""
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())


def refuse_too_long(row: Model) -> None:
    """Refuse a row with a text longer than its column: SQLite would keep it, PostgreSQL fail on it.

    Raises Refused (code `length`) naming the field and its limit.
    """
    for field in row._meta.concrete_fields:
        limit = field.max_length
        if limit is None or not isinstance(field, CharField):
            continue
        value = getattr(row, field.attname)
        if isinstance(value, str) and len(value) > limit:
            message = f"The {field.verbose_name} is too long: {len(value):,} characters, at most {limit} are kept."
            raise Refused(message, "length")
