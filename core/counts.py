"""Counting no further than anybody reads."""

from __future__ import annotations

from typing import Final

from django.db.models import IntegerField, Subquery

CAP: Final = 1000


class CappedCount(Subquery):
    """How many rows a query has, counting no further than its limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


def capped(number: int, cap: int = CAP) -> str:
    """A number in words; what is more than `cap` was not counted."""
    return f"{cap:,}+" if number > cap else f"{number:,}"
