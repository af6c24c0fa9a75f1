"""Who has which purchase open now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User
    from purchases.models import Purchase

OPEN_FOR: Final = timedelta(minutes=1)
"""Whoever looked within this time has it open: the page tells every twenty seconds that it is still there."""


OPEN_NOW: Final = """
    SELECT presence.purchase_id, COALESCE(NULLIF(person.name, ''), person.username)
    FROM purchases_presence presence
    JOIN accounts_user person ON person.id = presence.user_id
    WHERE presence.purchase_id BETWEEN %s AND %s AND presence.seen_at > %s AND presence.user_id <> %s
    ORDER BY person.name, presence.id
"""
"""Who has any of these open, and of those between them: few are at any time, and two keys are compared sooner than all
of a page's. In SQL, because every list asks: building the query would take many times what running it does."""


def open_with_others(purchases: Iterable[Purchase], *, user: User, at: datetime) -> dict[int, list[str]]:
    """The names of the others who have each of these purchases open now."""
    names: dict[int, list[str]] = {}
    keys = {purchase.pk for purchase in purchases}
    if not keys:
        return names
    moment = connection.ops.adapt_datetimefield_value(at - OPEN_FOR)
    with connection.cursor() as cursor:
        cursor.execute(OPEN_NOW, [min(keys), max(keys), moment, user.pk])
        found = cursor.fetchall()
    for key, name in found:
        if key in keys:
            names.setdefault(key, []).append(name)
    return names


def open_sentence(names: list[str]) -> str:
    """Say who has it open; empty when nobody else has."""
    if not names:
        return ""
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{who} {'has' if len(names) == 1 else 'have'} this open"
