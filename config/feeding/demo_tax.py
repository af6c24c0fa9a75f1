"""The demo's exemption certificates: one of every status, for customers of the client in the United States."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from accounts.selectors import platform_user
from core.pdf import pdf_available, render_pdf
from core.uploads import CheckedFile
from customers.models import Customer
from customers.selectors import main_contact
from taxexempt.models import Reason, Source, TaxIdType
from taxexempt.services import CertificateInput, add_certificate, claim, mark_invalid, validate
from taxexempt.states.places import FORMATS, NAMES, state_code

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

CLIENT: Final = "prairie"
STAGES: Final = (
    ("review", 3, 500),
    ("new", 1, 700),
    ("valid", 60, 300),
    ("invalid", 12, 200),
    ("bare", 2, 0),
    ("valid", 340, 24),
    ("valid", 330, -20),
)
"""What becomes of each, how many days ago it came in, how many days from now its life ends."""


def file_certificates(*, at: datetime) -> int:
    """Add the certificates as of `at`; return how many there are."""
    tax = platform_user("platform_tax")
    rows = Customer.objects.filter(client__slug=CLIENT, contacts__country="US", merged_into=None).distinct()
    customers = rows.select_related("client").prefetch_related("contacts").order_by("pk")
    if tax is None or not pdf_available():
        return 0
    pairs = list(zip(customers[: len(STAGES)], STAGES, strict=False))
    for customer, (stage, came, left) in pairs:
        arrived = at - timedelta(days=came)
        on = arrived.astimezone(customer.client.zone).date()
        data = _data(customer, since=on - timedelta(days=30), until=(at + timedelta(days=left)).date(), stage=stage)
        file = _form(data) if stage != "bare" else None
        certificate = add_certificate(customer, data=data, file=file, by=tax, at=arrived)
        decided = arrived + timedelta(hours=5)
        if stage in {"review", "valid", "invalid"}:
            certificate = claim(certificate, by=tax, at=arrived + timedelta(hours=3))
        if stage == "valid":
            validate(certificate, by=tax, at=decided)
        if stage == "invalid":
            mark_invalid(certificate, points=["signature"], reason="", by=tax, at=decided)
    return len(pairs)


def _data(customer: Customer, *, since: date, until: date, stage: str) -> CertificateInput:
    contact = main_contact(customer)
    state = state_code(contact.state) or "TX"
    known = FORMATS.get(state)
    is_bare = stage == "bare"
    return CertificateInput(
        reason=Reason.EDUCATION if customer.type == "UNI" else Reason.RESALE,
        tax_id_type=TaxIdType.STATE,
        tax_id=known.example if known else "4400123456",
        state_of_issue=state,
        issued_on=None if is_bare else since,
        expires_on=None if is_bare else until,
        company=customer.company,
        first_name=contact.first_name,
        last_name=contact.last_name,
        email=contact.email,
        phone=contact.phone,
        street=contact.street,
        city=contact.city,
        state=contact.state,
        postal_code=contact.postal_code,
        source=Source.EMAIL,
        notes="Announced by phone; the form follows." if is_bare else "",
    )


def _form(data: CertificateInput) -> CheckedFile:
    rows = _rows(data)
    content = render_pdf("pdf/certificate.html", {"rows": rows, "signature": _name(data)}, language="en")
    return CheckedFile(filename="certificate-of-exemption.pdf", content_type="application/pdf", content=content)


def _name(data: CertificateInput) -> str:
    return f"{data.first_name} {data.last_name}".strip()


def _rows(data: CertificateInput) -> Iterable[tuple[str, str]]:
    return (
        ("State", NAMES[data.state_of_issue]),
        ("Purchaser", data.company),
        ("Address", f"{data.street}, {data.city}, {data.state} {data.postal_code}"),
        ("Reason for exemption", Reason(data.reason).label),
        ("State tax ID", data.tax_id),
        ("Valid", f"{data.issued_on} to {data.expires_on}"),
        ("Contact", _name(data)),
    )
