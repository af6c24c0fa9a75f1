"""What orders take of a partner's limit, and the ledger of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.roles import Right
from core.money import Money
from core.refused import Refused
from partners.models import Allowance, LimitEntry, LimitScope, Partner, PartnerStatus, Reservation
from partners.selectors import WARN_AT_PERCENT, open_allowance, outstanding
from partners.signals import limit_exceeded, limit_nearly_used

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import User

LONGEST_COMMENT: Final = 200
ALLOWED_FOR: Final = timedelta(days=30)
"""How far ahead an order over the limit may be allowed: whoever allows it should still know why."""


def check_terms(partner: Partner, currency: str, *, on: date) -> None:
    """Say whether the partner may order on purchase order at all, in this currency.

    Raises Refused with the reason why not: not accepted, no limit, another currency.
    """
    if partner.status != PartnerStatus.ACCEPTED or (partner.valid_until and partner.valid_until < on):
        message = f"{partner.company} is not an accepted partner."
        raise Refused(message, "partner")
    if not partner.is_po_enabled or partner.limit_minor == 0:
        message = f"{partner.company} has no purchase order limit."
        raise Refused(message, "no_limit")
    if partner.currency != currency:
        message = f"The limit of {partner.company} is in {partner.currency}, the order in {currency}."
        raise Refused(message, "currency")


def excess_of(partner: Partner, gross: Money, *, is_test: bool = False) -> str:
    """Say in a sentence that `gross` (in the limit's currency) is more than is left; empty when it is not."""
    counts_others = partner.scope == LimitScope.OUTSTANDING and not is_test
    used = outstanding(partner) if counts_others else Money(0, partner.currency)
    if used + gross <= partner.limit:
        return ""
    return f"{gross} is more than what is left of the limit: {partner.limit - used} of {partner.limit}."


@transaction.atomic
def reserve_checked(
    partner: Partner,
    reference: str,
    gross: Money,
    *,
    at: datetime,
    is_test: bool,
) -> Partner:
    """Take an order in the partner portal out of the limit, or refuse it.

    The partner's row is locked first: two orders at once would each see the limit before the other. Over the limit
    only goes what Customer Service let through before (`allow_over_limit`).
    """
    partner = Partner.objects.lock(partner)
    on = at.astimezone(partner.client.zone).date()
    check_terms(partner, gross.currency, on=on)
    why = _let_through(partner, reference, gross, on=on, at=at, is_test=is_test)
    if not is_test:
        _change(partner, reference, gross.minor, by=None, at=at, comment=f"order placed{why}")
    return partner


def _let_through(
    partner: Partner,
    reference: str,
    gross: Money,
    *,
    on: date,
    at: datetime,
    is_test: bool,
) -> str:
    """Say for the ledger why an order over the limit goes through; empty when it is within."""
    excess = excess_of(partner, gross, is_test=is_test)
    if not excess:
        return ""
    allowance = open_allowance(partner, gross, on=on)
    if allowance is None:
        raise Refused(excess, "limit")
    allowance.reference, allowance.closed_at = reference, at
    allowance.save(update_fields=["reference", "closed_at"])
    return f" over the limit, as allowed by {allowance.by}: {allowance.note}"


@transaction.atomic
def allow_over_limit(
    partner: Partner, *, amount: Money, valid_until: date, note: str, by: User, at: datetime
) -> Allowance:
    """Let one order of at most `amount` through over the limit, once, until the client's day `valid_until`.

    It takes the place of an earlier one that was not used. It opens nothing else: the partner has to be accepted, with
    a limit above zero. Raises Refused without the right or a note, for a nonsensical amount or day, and when the
    partner may not order at all.
    """
    partner = Partner.objects.lock(partner)
    on = at.astimezone(partner.client.zone).date()
    if not by.may(Right.ENTER_ORDER):
        message = "Only Customer Service may let an order through over the limit."
        raise Refused(message, "right")
    check_terms(partner, amount.currency, on=on)
    note = note.strip()
    if not note:
        message = "Say why: the note is kept in the ledger."
        raise Refused(message, "note")
    if amount.minor <= 0:
        message = "Enter how much the order may be at most."
        raise Refused(message, "amount")
    if not on <= valid_until <= on + ALLOWED_FOR:
        message = f"Choose a day from today on, at most {ALLOWED_FOR.days} days ahead."
        raise Refused(message, "valid_until")
    Allowance.objects.filter(partner=partner, closed_at=None).update(closed_at=at)
    allowance = Allowance.objects.create(
        partner=partner,
        amount_minor=amount.minor,
        note=note[:LONGEST_COMMENT],
        valid_until=valid_until,
        created_at=at,
        by=by,
    )
    comment = f"one order of up to {amount} allowed over the limit until {valid_until}: {allowance.note}"
    enter_change(partner, by=by, at=at, comment=comment)
    return allowance


@transaction.atomic
def withdraw_allowance(partner: Partner, *, by: User, at: datetime) -> Partner:
    """Take back the allowed order over the limit that was not placed yet.

    Raises Refused when there is none.
    """
    partner = Partner.objects.lock(partner)
    if not Allowance.objects.filter(partner=partner, closed_at=None).update(closed_at=at):
        message = "There is nothing to withdraw: no order over the limit is allowed."
        raise Refused(message, "allowance")
    enter_change(partner, by=by, at=at, comment="allowed order over the limit withdrawn")
    return partner


def note_refused_order(partner: Partner, gross: Money, *, at: datetime) -> None:
    """Tell who looks after partners that one wanted to order more than what is left."""
    limit_exceeded.send(Partner, partner=partner, gross=gross, at=at)


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
    used = enter_change(partner, by=by, at=at, comment=comment, reference=reference, change=minor - before)
    mark = partner.limit_minor * WARN_AT_PERCENT
    if partner.scope == LimitScope.OUTSTANDING and used.minor * 100 >= mark > (used.minor - minor + before) * 100:
        limit_nearly_used.send(Partner, partner=partner, outstanding=used, at=at)


def enter_change(
    partner: Partner, *, by: User | None, at: datetime, comment: str, reference: str = "", change: int = 0
) -> Money:
    """Write a line into the ledger of a partner's limit; returns what is outstanding."""
    used = outstanding(partner)
    LimitEntry.objects.create(
        partner=partner,
        at=at,
        by=by,
        reference=reference,
        change_minor=change,
        outstanding_minor=used.minor,
        limit_minor=partner.limit_minor,
        comment=comment[: LimitEntry._meta.get_field("comment").max_length],
    )
    return used
