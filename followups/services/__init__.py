"""Opening and finishing follow-ups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from core.history import record
from core.refused import Refused
from followups.models import Category, FollowUp
from followups.schedule import refuse_out_of_reach

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client, Department, Office, User
    from customers.models import Customer
    from partners.models import Partner
    from purchases.models import Purchase


@dataclass(frozen=True, slots=True)
class Details:
    """A follow-up as somebody entered it; without user, office and department it is everybody's. `due_at` is UTC."""

    category: str
    reason: str
    subject: str
    due_at: datetime
    note: str = ""
    assignee: User | None = None
    office: Office | None = None
    department: Department | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What a follow-up is about: a purchase, else a customer, else any other page of ours with its name; or nothing."""

    purchase: Purchase | None = None
    customer: Customer | None = None
    link: str = ""
    label: str = ""


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
    return _record_once(follow_up, by=by, at=at)


def _record_once(follow_up: FollowUp, *, by: User | None, at: datetime) -> FollowUp:
    """Save a new follow-up; of two with one key at the same moment the second gets the first."""
    try:
        with transaction.atomic():
            return record(follow_up, by=by, at=at, reason=follow_up.reason)
    except IntegrityError:
        known = FollowUp.objects.filter(dedupe_key=follow_up.dedupe_key).first()
        if known is None:
            raise
        return known


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


def add_follow_up(
    client: Client,
    *,
    about: About,
    details: Details,
    by: User,
    at: datetime,
    dedupe_key: str,
    previous: FollowUp | None = None,
) -> FollowUp:
    """Enter a follow-up; the same `dedupe_key` returns the one that is there.

    Raises Refused when what it is about, the person or the team belongs to another client, for somebody who is
    deactivated, and for a moment that has passed.
    """
    known = FollowUp.objects.filter(dedupe_key=dedupe_key).first()
    if known is not None:
        return known
    if about.purchase is not None and about.purchase.client_id != client.pk:
        message = f"{about.purchase.reference} is not a purchase of {client}."
        raise Refused(message, "client")
    if about.customer is not None and about.customer.client_id != client.pk:
        message = f"This is not a customer of {client}."
        raise Refused(message, "client")
    follow_up = FollowUp(
        client=client,
        purchase=about.purchase,
        customer=None if about.purchase else about.customer,
        about_link=about.link,
        about_label=about.label,
        previous=previous,
        created_at=at,
        created_by=by,
        dedupe_key=dedupe_key,
    )
    _apply(follow_up, details, at=at)
    return _record_once(follow_up, by=by, at=at)


@transaction.atomic
def continue_follow_up(follow_up: FollowUp, *, details: Details, by: User, at: datetime, dedupe_key: str) -> FollowUp:
    """Finish a follow-up and enter the one that comes after it, about the same; sent twice, it is there once.

    Raises Refused when it is done already, and as `add_follow_up` does: then nothing is finished.
    """
    follow_up = FollowUp.objects.lock(follow_up)
    known = FollowUp.objects.filter(dedupe_key=dedupe_key).first()
    if known is not None:
        return known
    follow_up = finish_follow_up(_open(follow_up), by=by, at=at)
    about = About(follow_up.purchase, follow_up.customer, follow_up.about_link, follow_up.about_label)
    return add_follow_up(
        follow_up.client, about=about, details=details, by=by, at=at, dedupe_key=dedupe_key, previous=follow_up
    )


@transaction.atomic
def change_follow_up(follow_up: FollowUp, *, details: Details, by: User, at: datetime) -> FollowUp:
    """Change a follow-up: when, what, who. What is late may stay so.

    Raises Refused as `add_follow_up` does.
    """
    follow_up = FollowUp.objects.lock(follow_up)
    _apply(follow_up, details, at=at)
    return record(follow_up, by=by, at=at, reason="changed")


@transaction.atomic
def snooze_follow_up(follow_up: FollowUp, *, until: datetime, by: User, at: datetime) -> FollowUp:
    """Put a follow-up off until later.

    Raises Refused when it is done, and for a moment that has passed.
    """
    follow_up = _open(follow_up)
    refuse_out_of_reach(until, at=at)
    follow_up.due_at = until
    return record(follow_up, by=by, at=at, reason="put off")


@transaction.atomic
def assign_follow_up(
    follow_up: FollowUp,
    *,
    assignee: User | None,
    office: Office | None,
    department: Department | None,
    by: User,
    at: datetime,
) -> FollowUp:
    """Give a follow-up to a person, an office or department, or everybody.

    Raises Refused when it is done, for another client's people and teams, and for somebody who is deactivated.
    """
    follow_up = _open(follow_up)
    _give(follow_up, assignee, office, department)
    return record(follow_up, by=by, at=at, reason=f"given to {assignee or department or office or 'everybody'}")


def _open(follow_up: FollowUp) -> FollowUp:
    locked = FollowUp.objects.lock(follow_up)
    if locked.is_done:
        raise Refused("This is done: reopen it first.", "done")
    return locked


@transaction.atomic
def delete_follow_up(follow_up: FollowUp, *, by: User, at: datetime) -> None:
    """Delete a follow-up; its history stays."""
    follow_up = FollowUp.objects.lock(follow_up)
    follow_up._history_user = by  # type: ignore[attr-defined]
    follow_up._history_date = at  # type: ignore[attr-defined]
    follow_up._change_reason = "deleted"  # type: ignore[attr-defined]
    follow_up.delete()


def _apply(follow_up: FollowUp, details: Details, *, at: datetime) -> None:
    if details.due_at != follow_up.due_at:
        refuse_out_of_reach(details.due_at, at=at)
    _give(follow_up, details.assignee, details.office, details.department)
    follow_up.category, follow_up.reason = details.category, details.reason
    follow_up.subject, follow_up.note = details.subject, details.note
    follow_up.due_at = details.due_at


def _give(follow_up: FollowUp, person: User | None, office: Office | None, team: Department | None) -> None:
    """Say whose it is: one person's, or a team's; a department brings its office."""
    if person is not None and person.client_id not in {None, follow_up.client_id}:
        message = f"{person} does not work for {follow_up.client}."
        raise Refused(message, "assignee")
    if person is not None and not person.is_active and person.pk != follow_up.assignee_id:
        message = f"{person} is deactivated: choose somebody else."
        raise Refused(message, "deactivated")
    office = team.office if team and office is None else office
    if office is not None and office.client_id not in {None, follow_up.client_id}:
        message = f"{team or office} is not a team of {follow_up.client}."
        raise Refused(message, "department")
    if team is not None and team.office_id != (office and office.pk):
        message = f"{team} is not a department of {office}."
        raise Refused(message, "office")
    is_personal = person is not None
    follow_up.assignee = person
    follow_up.office, follow_up.department = (None, None) if is_personal else (office, team)


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
    return _record_once(follow_up, by=None, at=at)


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
    return _record_once(follow_up, by=None, at=at)
