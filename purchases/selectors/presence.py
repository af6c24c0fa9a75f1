"""Who has which purchase open now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from purchases.models import Presence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User
    from purchases.models import Purchase

OPEN_FOR: Final = timedelta(minutes=1)
"""Whoever looked within this time has it open: the page tells every twenty seconds that it is still there."""


def open_with_others(purchases: Iterable[Purchase], *, user: User, at: datetime) -> dict[int, list[str]]:
    """The names of the others who have each of these purchases open now."""
    names: dict[int, list[str]] = {}
    keys = [purchase.pk for purchase in purchases]
    if not keys:
        return names
    found = Presence.objects.filter(purchase__in=keys, seen_at__gt=at - OPEN_FOR).exclude(user=user)
    people = found.order_by("user__name", "pk").values_list("purchase", "user__name", "user__username")
    for key, name, username in people:
        names.setdefault(key, []).append(name or username)
    return names


def open_sentence(names: list[str]) -> str:
    """Say who has it open; empty when nobody else has."""
    if not names:
        return ""
    who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{who} {'has' if len(names) == 1 else 'have'} this open"
