"""Writing partners and reserving their limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from core.money import Money
from core.refused import Refused
from partners.models import LimitEntry, LimitScope, Partner, PartnerStatus, Reservation
from partners.selectors import WARN_AT_PERCENT, outstanding
from partners.signals import limit_nearly_used, partner_changed, partner_changing

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import Client, User

LONGEST_COMMENT = 200


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
        _enter(partner, reference="", change=0, by=by, at=at, comment=f"limit set to {limit}")
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
) -> Partner:
    """Change what a partner may do; a changed limit gets a line in its ledger with who changed it and why.

    Open orders keep their place, also above a lower limit: only new ones are measured by it. Raises Refused when the
    limit changes without a comment, is below zero or is in another currency.
    """
    partner = _lock_for_change(partner)
    comment = comment.strip()
    if limit.currency != partner.currency:
        message = f"The limit of {partner.company} is in {partner.currency}."
        raise Refused(message, "currency")
    if limit.minor < 0:
        message = "A limit is never below zero; zero means that purchase orders are not offered."
        raise Refused(message, "limit")
    before = partner.limit
    if limit != before and not comment:
        message = "Say why the limit changes: the comment is kept in the ledger."
        raise Refused(message, "comment")
    values = {
        "status": status,
        "limit_minor": limit.minor,
        "scope": scope,
        "is_po_enabled": is_po_enabled,
        "valid_until": valid_until,
        "month_end_statement": month_end_statement,
    }
    changed = [name for name, value in values.items() if getattr(partner, name) != value]
    if not changed:
        return partner
    for name in changed:
        setattr(partner, name, values[name])
    record(partner, by=by, at=at, reason=comment or "partner changed")
    if limit != before:
        note = f"Limit {before} → {limit}: {comment[:LONGEST_COMMENT]}"
        _enter(partner, reference="", change=0, by=by, at=at, comment=note)
    partner_changed.send(Partner, partner=partner, at=at)
    return partner


def _lock_for_change(partner: Partner) -> Partner:
    partner_changing.send(Partner, partner=partner)
    locked: Partner = Partner.objects.lock(partner)
    return locked


def check_limit(partner: Partner, gross: Money, *, on: date, is_test: bool) -> None:
    """Say whether the partner may order for `gross` now; call it with the partner's row locked.

    Raises Refused with the reason why not: not accepted, no limit, another currency, too much outstanding.
    """
    if partner.status != PartnerStatus.ACCEPTED or (partner.valid_until and partner.valid_until < on):
        message = f"{partner.company} is not an accepted partner."
        raise Refused(message, "partner")
    if not partner.is_po_enabled or partner.limit_minor == 0:
        message = f"{partner.company} has no purchase order limit."
        raise Refused(message, "limit")
    if partner.currency != gross.currency:
        message = f"The limit of {partner.company} is in {partner.currency}, the order in {gross.currency}."
        raise Refused(message, "currency")
    counts_others = partner.scope == LimitScope.OUTSTANDING and not is_test
    used = outstanding(partner) if counts_others else Money(0, partner.currency)
    if used + gross > partner.limit:
        message = f"{gross} is more than what is left of the limit: {partner.limit - used} of {partner.limit}."
        raise Refused(message, "limit")


@transaction.atomic
def reserve_checked(partner: Partner, reference: str, gross: Money, *, at: datetime, is_test: bool) -> Partner:
    """Take an order in the partner portal out of the limit, or refuse it.

    The partner's row is locked first: two orders at once would each see the limit before the other.
    """
    partner = Partner.objects.lock(partner)
    check_limit(partner, gross, on=at.astimezone(partner.client.zone).date(), is_test=is_test)
    if not is_test:
        _change(partner, reference, gross.minor, by=None, at=at, comment="order placed")
    return partner


@transaction.atomic
def set_reservation(
    partner: Partner, reference: str, amount: Money, *, by: User | None, at: datetime, comment: str
) -> None:
    """Make an order take `amount` (its open amount; zero when it is settled) of its partner's limit.

    An amount in another currency than the limit's can't be compared and is not counted.
    """
    if amount.currency != partner.currency:
        return
    partner = Partner.objects.lock(partner)
    _change(partner, reference, amount.minor, by=by, at=at, comment=comment)


def _change(partner: Partner, reference: str, minor: int, *, by: User | None, at: datetime, comment: str) -> None:
    reservation = Reservation.objects.filter(reference=reference).first()
    before = reservation.amount_minor if reservation else 0
    if before == minor:
        return
    if minor == 0:
        Reservation.objects.filter(reference=reference).delete()
    else:
        Reservation.objects.update_or_create(reference=reference, defaults={"partner": partner, "amount_minor": minor})
    used = _enter(partner, reference=reference, change=minor - before, by=by, at=at, comment=comment)
    mark = partner.limit_minor * WARN_AT_PERCENT
    if used.minor * 100 >= mark > (used.minor - minor + before) * 100:
        limit_nearly_used.send(Partner, partner=partner, outstanding=used, at=at)


def _enter(partner: Partner, *, reference: str, change: int, by: User | None, at: datetime, comment: str) -> Money:
    used = outstanding(partner)
    LimitEntry.objects.create(
        partner=partner,
        at=at,
        by=by,
        reference=reference,
        change_minor=change,
        outstanding_minor=used.minor,
        limit_minor=partner.limit_minor,
        comment=comment,
    )
    return used
