"""Writing a row together with its history: who, when, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import connection
from django.db.models import CharField, DateTimeField, IntegerField, Value

from core.lengths import refuse_too_long

if TYPE_CHECKING:
    import re
    from collections.abc import Collection
    from datetime import datetime

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.db.models import Model, QuerySet

TAKEN_OUT: Final = "[removed]"
M = TypeVar("M", bound="Model")


def record(
    instance: M, *, by: AbstractBaseUser | None, at: datetime, reason: str, fields: list[str] | None = None
) -> M:
    """Save a row and its history line; `by` empty means the system did it. `fields` limits the update.

    Raises Refused for a text that is longer than its column.
    """
    refuse_too_long(instance)
    instance._history_user = by  # type: ignore[attr-defined]
    instance._history_date = at  # type: ignore[attr-defined]
    instance._change_reason = reason[:100]  # type: ignore[attr-defined]
    if fields is None:
        instance.save()
    else:
        instance.save(update_fields=fields)
    return instance


def record_new(rows: QuerySet[Any], *, at: datetime, reason: str) -> None:
    """Write the first history line of rows that the system made in bulk: one statement for any number of them."""
    _record_all(rows, kind="+", by=None, at=at, reason=reason)


def record_changed(rows: QuerySet[Any], *, by: AbstractBaseUser, at: datetime, reason: str) -> None:
    """Write a history line of each of these rows, which were changed in bulk: one statement for any number of them."""
    _record_all(rows, kind="~", by=by, at=at, reason=reason)


def _record_all(rows: QuerySet[Any], *, kind: str, by: AbstractBaseUser | None, at: datetime, reason: str) -> None:
    history = rows.model.history.model
    columns = {history._meta.get_field(field.name).column: field.attname for field in history.tracked_fields}
    about = {
        "history_date": Value(at, DateTimeField()),
        "history_type": Value(kind, CharField()),
        "history_change_reason": Value(reason[:100], CharField()),
        "history_user_id": Value(by.pk if by else None, IntegerField()),
    }
    lines, parameters = rows.values_list(*columns.values(), *about.values()).query.sql_with_params()
    quoted = [connection.ops.quote_name(column) for column in (history._meta.db_table, *columns, *about)]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quoted[0]} ({', '.join(quoted[1:])}) {lines}", parameters)


def take_out(rows: QuerySet[Any], fields: Collection[str], words: re.Pattern[str]) -> None:
    """Take what `words` finds out of texts of these rows, for good; `rows` may be those of a history, too."""
    for row in rows:
        limits = {name: row._meta.get_field(name).max_length for name in fields}
        texts = {name: words.sub(TAKEN_OUT, getattr(row, name))[:most] for name, most in limits.items()}
        changed = {name: text for name, text in texts.items() if text != getattr(row, name)}
        if changed:
            rows.filter(pk=row.pk).update(**changed)
