"""Opening and finishing follow-ups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from core.refused import Refused
from followups.models import Category, FollowUp

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client, Department, User
    from partners.models import Partner
    from purchases.models import Purchase


@dataclass(frozen=True, slots=True)
class Details:
    """A follow-up as somebody entered it; without assignee and department it is everybody's. `due_at` is UTC."""

    category: str
    reason: str
    subject: str
    due_at: datetime
    note: str = ""
    assignee: User | None = None
    department: Department | None = None


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


@transaction.atomic
def add_follow_up(
    client: Client, *, purchase: Purchase | None, details: Details, by: User, at: datetime, dedupe_key: str
) -> FollowUp:
    """Enter a follow-up, on a purchase or on none; the same `dedupe_key` returns the one that is there.

    Raises Refused when the purchase, the person or the team belongs to another client.
    """
    known = FollowUp.objects.filter(dedupe_key=dedupe_key).first()
    if known is not None:
        return known
    if purchase is not None and purchase.client_id != client.pk:
        message = f"{purchase.reference} is not a purchase of {client}."
        raise Refused(message, "client")
    follow_up = FollowUp(client=client, purchase=purchase, created_at=at, created_by=by, dedupe_key=dedupe_key)
    _apply(follow_up, details)
    return record(follow_up, by=by, at=at, reason=details.reason)


@transaction.atomic
def change_follow_up(follow_up: FollowUp, *, details: Details, by: User, at: datetime) -> FollowUp:
    """Change a follow-up: when, what, who.

    Raises Refused when the person or the team belongs to another client.
    """
    follow_up = FollowUp.objects.lock(follow_up)
    _apply(follow_up, details)
    return record(follow_up, by=by, at=at, reason="changed")


@transaction.atomic
def delete_follow_up(follow_up: FollowUp, *, by: User, at: datetime) -> None:
    """Delete a follow-up; its history stays."""
    follow_up = FollowUp.objects.lock(follow_up)
    follow_up._history_user = by  # type: ignore[attr-defined]
    follow_up._history_date = at  # type: ignore[attr-defined]
    follow_up._change_reason = "deleted"  # type: ignore[attr-defined]
    follow_up.delete()


def _apply(follow_up: FollowUp, details: Details) -> None:
    person, team = details.assignee, details.department
    if person is not None and person.client_id not in (None, follow_up.client_id):
        message = f"{person} does not work for {follow_up.client}."
        raise Refused(message, "assignee")
    if team is not None and team.office.client_id not in (None, follow_up.client_id):
        message = f"{team} is not a team of {follow_up.client}."
        raise Refused(message, "department")
    follow_up.category, follow_up.reason = details.category, details.reason
    follow_up.subject, follow_up.note = details.subject, details.note
    follow_up.due_at = details.due_at
    follow_up.assignee, follow_up.department = person, team
    follow_up.office = team.office if team else None


@transaction.atomic
def open_partner_follow_up(partner: Partner, *, reason: str, subject: str, at: datetime) -> FollowUp:
    """Open a general follow-up on a partner's limit, unless one for this reason is open still."""
    key = f"partner:{partner.pk}:{reason}"
    known = FollowUp.objects.filter(dedupe_key__startswith=f"{key}:", done_at=None).first()
    if known is not None:
        return known
    follow_up = FollowUp(
        client=partner.client,
        category=Category.PARTNER,
        reason=reason,
        subject=subject[:200],
        note=f"Partner {partner.code}",
        due_at=at,
        created_at=at,
        dedupe_key=f"{key}:{at.isoformat()}",
    )
    return record(follow_up, by=None, at=at, reason=reason)


@transaction.atomic
def open_client_follow_up(
    client: Client, *, category: str, reason: str, subject: str, at: datetime, dedupe_key: str, note: str = ""
) -> FollowUp:
    """Open a general follow-up on no purchase; the same `dedupe_key` returns the one that is there."""
    known = FollowUp.objects.filter(dedupe_key=dedupe_key).first()
    if known is not None:
        return known
    follow_up = FollowUp(
        client=client,
        category=category,
        reason=reason,
        subject=subject[:200],
        note=note,
        due_at=at,
        created_at=at,
        dedupe_key=dedupe_key,
    )
    return record(follow_up, by=None, at=at, reason=reason)
