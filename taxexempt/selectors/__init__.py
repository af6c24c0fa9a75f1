"""Which certificate covers a purchase, and what one still lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Case, IntegerField, When

from accounts.models import User
from accounts.roles import ROLES, Right
from taxexempt.models import Certificate
from taxexempt.states import COVERING, EDITABLE, Status
from taxexempt.states.places import state_code

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from customers.models import Customer


def covering(customer: Customer, country: str, subdivision: str, on: date) -> Certificate | None:
    """Find the certificate that covers what a customer bought on a day, to be taxed in that state; the newest of many.

    It covers days within its life, even after that has ended; an invalid one covers none.
    """
    state = state_code(subdivision) if country == "US" else ""
    if not state:
        return None
    rows = Certificate.objects.filter(
        customer=customer, state_of_issue=state, status__in=COVERING, issued_on__lte=on, expires_on__gte=on
    )
    return rows.order_by("-issued_on", "-pk").first()


LACKS: Final = {
    "attachment": "the attachment",
    "tax_id": "the tax ID",
    "state_of_issue": "the state of issue",
    "issued_on": "the date it was issued",
    "expires_on": "the expiration date",
}
"""What a certificate has to have before it can be found valid."""


def is_decided(certificate: Certificate) -> bool:
    """Whether somebody found it valid, now or once: orders may rest on what it says, and keep pointing to it."""
    return certificate.status not in EDITABLE or certificate.history.filter(status=Status.VALID).exists()


def lacking(certificate: Certificate) -> list[str]:
    """Name what a certificate still lacks to be found valid: keys of `LACKS`, in their order."""
    has_file = certificate.pk is not None and certificate.files.exists()
    return [key for key in LACKS if not (has_file if key == "attachment" else getattr(certificate, key))]


def newest_first(rows: QuerySet[Certificate]) -> QuerySet[Certificate]:
    """Sort certificates for a panel: what covers or waits before what is over, each newest first."""
    is_over = Case(When(status__in=(Status.EXPIRED, Status.INVALID), then=1), default=0, output_field=IntegerField())
    return rows.annotate(is_over=is_over).order_by("is_over", "-created_at", "-pk")


def family_of(certificate: Certificate) -> list[Certificate]:
    """All versions of a certificate, the newest first."""
    newest = certificate
    while (later := Certificate.objects.filter(replaces=newest).first()) is not None:
        newest = later
    found = [newest]
    while (earlier := found[-1].replaces) is not None:
        found.append(earlier)
    return found


def deciders() -> QuerySet[User]:
    """Those who may decide on certificates, by name."""
    roles = [code for code, role in ROLES.items() if Right.CERTIFICATES in role.rights]
    return User.objects.filter(role__in=roles, is_active=True).order_by("name", "pk")
