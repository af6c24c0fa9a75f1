"""Opening and finishing follow-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from followups.models import FollowUp

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from purchases.models import Purchase


@transaction.atomic
def open_follow_up(
    purchase: Purchase,
    *,
    category: str,
    reason: str,
    subject: str,
    due_at: datetime,
    at: datetime,
    dedupe_key: str,
    note: str = "",
    by: User | None = None,
) -> FollowUp:
    """Open a general follow-up on a purchase; the same `dedupe_key` returns the one that is there."""
    known = FollowUp.objects.filter(dedupe_key=dedupe_key).first()
    if known is not None:
        return known
    follow_up = FollowUp(
        client=purchase.client,
        purchase=purchase,
        category=category,
        reason=reason,
        subject=subject[:200],
        note=note,
        due_at=due_at,
        created_at=at,
        created_by=by,
        dedupe_key=dedupe_key,
    )
    return record(follow_up, by=by, at=at, reason=reason)


@transaction.atomic
def finish_follow_up(follow_up: FollowUp, *, by: User | None, at: datetime) -> FollowUp:
    """Mark a follow-up done; doing it twice changes nothing."""
    follow_up = FollowUp.objects.lock(follow_up)
    if follow_up.is_done:
        return follow_up
    follow_up.done_at, follow_up.done_by = at, by
    return record(follow_up, by=by, at=at, reason="done")


@transaction.atomic
def reopen_follow_up(follow_up: FollowUp, *, by: User, at: datetime) -> FollowUp:
    """Take back a Done that was set by mistake."""
    follow_up = FollowUp.objects.lock(follow_up)
    if not follow_up.is_done:
        return follow_up
    follow_up.done_at, follow_up.done_by = None, None
    return record(follow_up, by=by, at=at, reason="reopened")
