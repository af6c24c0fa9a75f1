"""Going through many rows without holding them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model, QuerySet

CHUNK = 500
M = TypeVar("M", bound="Model")


def by_key(rows: QuerySet[M]) -> Iterator[M]:
    """Go through rows in the order of their keys, a chunk at a time; what changes meanwhile stops nothing."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from chunk
        last = chunk[-1].pk
