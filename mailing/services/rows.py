"""One row changed on a condition: what the hand-over of an e-mail mostly consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections

if TYPE_CHECKING:
    from django.db.models import Model


def change(row: Model, changes: dict[str, Any], **only: Any) -> bool:
    """Write `changes` to a row, if its fields named in `only` still have these values there; return whether.

    The same as `filter(pk=…, **only).update(**changes)`: but that is made into SQL anew each time, in which a worker
    would spend more time than in the statement itself. `only` can't ask for an empty value.
    """
    options: Any = row._meta
    database = connections[DEFAULT_DB_ALIAS]  # `connection` would look for it at every word
    quoted = database.ops.quote_name
    pairs = [(options.get_field(name), value) for name, value in [*changes.items(), *only.items()]]
    pairs.append((options.pk, row.pk))
    equations = [f"{quoted(field.column)} = %s" for field, _ in pairs]
    written, asked = ", ".join(equations[: len(changes)]), " AND ".join(equations[len(changes) :])
    values = [field.get_db_prep_save(value, database) for field, value in pairs]
    with database.cursor() as cursor:
        cursor.execute(f"UPDATE {quoted(options.db_table)} SET {written} WHERE {asked}", values)  # noqa: S608 -- names of ours
        return bool(cursor.rowcount)
