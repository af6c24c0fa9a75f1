"""Writing who has a purchase open."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from purchases.models import Presence
from purchases.selectors.presence import OPEN_FOR

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from purchases.models import Purchase

NOTED_EVERY: Final = timedelta(seconds=15)


def look_at(purchase: Purchase, *, by: User, at: datetime) -> list[str]:
    """Note that `by` has the purchase open, at most every quarter of a minute; return who else has it open now."""
    seen = {presence.user_id: presence for presence in purchase.presences.select_related("user")}
    mine = seen.pop(by.pk, None)
    if mine is None or mine.seen_at <= at - NOTED_EVERY:
        Presence.objects.bulk_create(
            [Presence(purchase=purchase, user=by, seen_at=at)],
            update_conflicts=True,
            unique_fields=["purchase", "user"],
            update_fields=["seen_at"],
        )
    return sorted(str(other.user) for other in seen.values() if other.seen_at > at - OPEN_FOR)


def forget_presences(*, at: datetime) -> int:
    """Forget what was closed meanwhile, by whomever; return how much that was."""
    return Presence.objects.filter(seen_at__lt=at - OPEN_FOR).delete()[0]
