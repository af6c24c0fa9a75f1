"""Who is a partner and what it may do; every change has a line in the ledger with who made it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from core.history import record
from core.lengths import one_line
from core.money import Money
from core.refused import Refused
from partners.models import LimitScope, Partner, PartnerStatus, PortalLink, Reservation
from partners.services.limit import enter_change
from partners.signals import limit_currency_changed, partner_changed, partner_changing

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import Client, User

LONGEST_COMMENT: Final = 200
WEIGHTY: Final = frozenset({"status", "limit", "scope", "is_po_enabled", "valid_until"})
"""What decides on a partner's orders: it changes only with a comment."""
SHOWN: Final = 40


@transaction.atomic
def save_partner(
    client: Client,
    *,
    code: str,
    company: str,
    status: str,
    limit: Money,
    email: str,
    month_end_statement: bool,
    by: User | None,
    at: datetime,
    comment: str = "partner saved",
) -> Partner:
    """Register a partner or change the one with this code; a changed limit gets a line in its ledger.

    Raises Refused when the code belongs to another client's partner.
    """
    partner = Partner.objects.filter(code=code).first()
    if partner is not None and partner.client_id != client.pk:
        message = f"The partner code {code} is taken."
        raise Refused(message, "code")
    partner = Partner(client=client, code=code) if partner is None else _lock_for_change(partner)
    before = partner.limit_minor or 0
    values = {
        "company": company,
        "status": status,
        "limit_minor": limit.minor,
        "currency": limit.currency,
        "email": email,
        "month_end_statement": month_end_statement,
    }
    if partner.pk and all(getattr(partner, name) == value for name, value in values.items()):
        return partner
    for name, value in values.items():
        setattr(partner, name, value)
    record(partner, by=by, at=at, reason=comment)
    if before != limit.minor:
        enter_change(partner, by=by, at=at, comment=f"limit set to {limit}")
    partner_changed.send(Partner, partner=partner, at=at)
    return partner


@transaction.atomic
def add_partner(
    client: Client,
    *,
    code: str,
    company: str,
    email: str,
    type: str,  # noqa: A002 -- the column's name
    status: str,
    limit: Money,
    scope: str,
    is_po_enabled: bool,
    valid_until: date | None,
    month_end_statement: bool,
    comment: str,
    by: User,
    at: datetime,
) -> Partner:
    """Register a new partner of `client` with its limit; zero means that purchase orders are not offered.

    Raises Refused when the code is taken or the limit is below zero.
    """
    if Partner.objects.filter(code__iexact=code).exists():
        message = f"The partner code {code} is taken."
        raise Refused(message, "code")
    _check_amount(limit)
    partner = Partner(
        client=client,
        code=code,
        company=one_line(company),
        email=email,
        type=type,
        status=status,
        limit_minor=limit.minor,
        currency=limit.currency,
        scope=scope,
        is_po_enabled=is_po_enabled,
        valid_until=valid_until,
        month_end_statement=month_end_statement,
    )
    record(partner, by=by, at=at, reason=comment or "partner added")
    note = f"partner added ({partner.get_status_display()}) with a limit of {limit}"
    enter_change(partner, by=by, at=at, comment=_with(note, comment))
    partner_changed.send(Partner, partner=partner, at=at)
    return partner


@transaction.atomic
def change_partner(
    partner: Partner,
    *,
    status: str,
    limit: Money,
    scope: str,
    is_po_enabled: bool,
    valid_until: date | None,
    month_end_statement: bool,
    comment: str,
    by: User,
    at: datetime,
    company: str = "",
    email: str = "",
    type: str = "",  # noqa: A002 -- the column's name
) -> Partner:
    """Change who a partner is and what it may do; the ledger says what changed, who did it and why.

    Open orders keep their place, also above a lower limit: only new ones are measured by it. An empty company, e-mail
    or type stays as it is. Raises Refused when what decides on orders changes without a comment, when the limit is
    below zero, and when its currency changes while orders take of it.
    """
    partner = _lock_for_change(partner)
    comment = comment.strip()
    _check_amount(limit)
    wanted = {
        "status": status,
        "limit": limit,
        "scope": scope,
        "is_po_enabled": is_po_enabled,
        "valid_until": valid_until,
        "month_end_statement": month_end_statement,
        "company": one_line(company) or partner.company,
        "email": email or partner.email,
        "type": type or partner.type,
    }
    before = {name: getattr(partner, name) for name in wanted}
    changed = [name for name, value in wanted.items() if before[name] != value]
    if not changed:
        return partner
    if not comment and WEIGHTY.intersection(changed):
        message = "Say why this changes: the comment is kept in the ledger."
        raise Refused(message, "comment")
    is_other_currency = limit.currency != partner.currency
    if is_other_currency and Reservation.objects.filter(partner=partner).exists():
        message = f"Orders in {partner.currency} are open: the limit can change its currency once they are settled."
        raise Refused(message, "currency")
    _write(partner, wanted)
    record(partner, by=by, at=at, reason=comment or "partner changed")
    what = ", ".join(_difference(name, before[name], wanted[name]) for name in changed)
    enter_change(partner, by=by, at=at, comment=_with(what[:1].upper() + what[1:], comment))
    if {"email", "status"}.intersection(changed):
        # A link in an old mailbox, or of a partner who may not come in any more, must not open the portal.
        PortalLink.objects.filter(partner=partner, used_at=None, expires_at__gt=at).update(expires_at=at)
    if is_other_currency:
        limit_currency_changed.send(Partner, partner=partner, by=by, at=at)
    partner_changed.send(Partner, partner=partner, at=at)
    return partner


def _lock_for_change(partner: Partner) -> Partner:
    partner_changing.send(Partner, partner=partner)
    locked: Partner = Partner.objects.lock(partner)
    return locked


def _check_amount(limit: Money) -> None:
    if limit.minor < 0:
        message = "A limit is never below zero; zero means that purchase orders are not offered."
        raise Refused(message, "limit")


def _write(partner: Partner, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if isinstance(value, Money):
            partner.limit_minor, partner.currency = value.minor, value.currency
        else:
            setattr(partner, name, value)


def _with(what: str, comment: str) -> str:
    return f"{what}: {comment[:LONGEST_COMMENT]}" if comment else what


LABELS: Final = {
    "is_po_enabled": "purchase orders",
    "valid_until": "valid until",
    "month_end_statement": "month-end statement",
    "email": "e-mail",
}


def _difference(name: str, before: object, after: object) -> str:
    return f"{LABELS.get(name, name)} {_shown(name, before)} → {_shown(name, after)}"


def _shown(name: str, value: Any) -> str:
    if name == "status":
        return str(PartnerStatus(value).label)
    if name == "scope":
        return str(LimitScope(value).label)
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value or "no end")[:SHOWN] if not isinstance(value, Money) else str(value)
