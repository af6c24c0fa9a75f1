"""What becomes of certificates when two customers become one, or when a customer's names are taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.history import record
from customers.selectors import family_of
from customers.signals import Effect, Moved
from mailing.services.anonymize import anonymize_emails
from taxexempt.emails import reference_of
from taxexempt.models import Certificate

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from accounts.models import User
    from customers.models import Customer

NAME: Final = "certificates"
PERSONAL: Final = {"first_name": "", "last_name": "", "email": "", "phone": "", "notes": ""}


def merge_effect(gone: Customer) -> Effect:
    """Say that its certificates move along."""
    count = Certificate.objects.filter(customer=gone).count()
    if not count:
        return Effect()
    return Effect((f"{count} exemption certificate{' moves' if count == 1 else 's move'}.",))


def move_certificates(kept: Customer, gone: Customer, *, by: User, at: datetime) -> Moved:
    """Make the certificates of `gone` those of `kept`."""
    rows = Certificate.objects.filter(customer=gone)
    return Moved(NAME, _give(list(rows.values_list("pk", flat=True)), gone, kept, by=by, at=at))


def move_certificates_back(pks: Collection[int], kept: Customer, gone: Customer, *, by: User, at: datetime) -> None:
    """Give back the certificates that a merge moved."""
    _give(pks, kept, gone, by=by, at=at)


def _give(pks: Collection[int], giver: Customer, taker: Customer, *, by: User, at: datetime) -> tuple[int, ...]:
    rows = list(Certificate.objects.select_for_update().filter(pk__in=pks, customer=giver).order_by("pk"))
    for row in rows:
        row.customer = taker
        record(row, by=by, at=at, reason=f"moved from customer {giver.pk}", fields=["customer"])
    return tuple(row.pk for row in rows)


def anonymize_certificates(customer: Customer, *, by: User, at: datetime) -> None:
    """Take people out of a customer's certificates and their e-mails; attachments are kept, as the law asks."""
    rows = list(Certificate.objects.select_for_update().filter(customer__in=family_of([customer.pk])).order_by("pk"))
    anonymize_emails([reference_of(row) for row in rows])
    Certificate.history.filter(id__in=[row.pk for row in rows]).update(**PERSONAL)
    for row in rows:
        for name, value in PERSONAL.items():
            setattr(row, name, value)
        record(row, by=by, at=at, reason="people taken out on request")
