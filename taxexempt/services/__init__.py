"""Writing certificates: entered, looked at by somebody, found valid or marked invalid."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.roles import Right
from core.history import record
from core.lengths import one_line, refuse_too_long
from core.refused import Refused
from customers.models import Customer
from customers.services import refuse_gone
from taxexempt import emails
from taxexempt.models import Certificate, CertificateFile, Source
from taxexempt.selectors import LACKS, is_decided, lacking
from taxexempt.states import CLAIM, EXPIRE, LABELS, MARK_INVALID, REVIEW_AGAIN, VALIDATE, WAITING, Status
from taxexempt.states.places import NAMES, problem_of_tax_id
from taxexempt.wording import POINTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from accounts.models import User
    from core.uploads import CheckedFile

MOST_FILES: Final = 10
FACTS: Final = ("reason", "tax_id_type", "tax_id", "state_of_issue", "issued_on", "expires_on")
"""What the certificate itself says; once it was found valid, a change makes a new version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInput:
    """A certificate as it was typed: what it says, whose it is, notes; each line brought to one line."""

    reason: str = ""
    tax_id_type: str = ""
    tax_id: str = ""
    state_of_issue: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    company: str = ""
    business_type: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    address2: str = ""
    state: str = ""
    postal_code: str = ""
    city: str = ""
    notes: str = ""
    source: str = Source.UPLOAD

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, str) and field.name != "notes":
                object.__setattr__(self, field.name, one_line(value))


def problems_of(data: CertificateInput) -> dict[str, str]:
    """Say by field what can't be: a life that is reversed, an unknown state, another state's tax ID."""
    problems = {}
    if data.issued_on and data.expires_on and data.expires_on < data.issued_on:
        problems["expires_on"] = "It would expire before it was issued: check both dates."
    if data.state_of_issue and data.state_of_issue not in NAMES:
        problems["state_of_issue"] = "Choose a state of the list."
    elif problem := problem_of_tax_id(data.tax_id_type, data.state_of_issue, data.tax_id):
        problems["tax_id"] = problem
    return problems


def _check(data: CertificateInput) -> None:
    for field, problem in problems_of(data).items():
        raise Refused(problem, field)


@transaction.atomic
def add_certificate(
    customer: Customer,
    *,
    data: CertificateInput,
    file: CheckedFile | None = None,
    by: User | None,
    at: datetime,
    form_token: str | None = None,
) -> Certificate:
    """Enter a customer's certificate; it waits as New until somebody claims it.

    The same `form_token` enters one: who clicks twice gets the first. Raises Refused when what was typed can't be, and
    for a customer that is gone.
    """
    _check(data)
    customer = Customer.objects.lock(customer)
    if form_token:
        # Of two clicks at the same moment the second waited for the customer: the first has been committed.
        known = Certificate.objects.filter(customer=customer, form_token=form_token).first()
        if known is not None:
            return known
    refuse_gone(customer)
    certificate = Certificate(
        client_id=customer.client_id,
        customer=customer,
        country="US",
        created_at=at,
        created_by=by,
        form_token=form_token,
    )
    _fill(certificate, data)
    _save(certificate, "added", by=by, at=at)
    if file is not None:
        _attach(certificate, file, by=by, at=at)
    return certificate


@transaction.atomic
def save_certificate(
    certificate: Certificate,
    *,
    data: CertificateInput,
    file: CheckedFile | None = None,
    remove: Collection[int] = (),
    by: User,
    at: datetime,
) -> Certificate:
    """Change a certificate; return it, or its new version.

    One that was ever found valid keeps what it says and its attachments: a change of them is a new version, to be
    reviewed. An invalid one is reviewed again. Raises Refused when what was typed can't be, and when there is a newer
    version.
    """
    _check(data)
    certificate = Certificate.objects.lock(certificate)
    says_else = any(getattr(certificate, name) != getattr(data, name) for name in FACTS)
    kept = [row for row in certificate.files.order_by("pk") if row.pk not in remove]
    if is_decided(certificate) and (says_else or file is not None or len(kept) < certificate.files.count()):
        return _new_version(certificate, data, file, kept, by=by, at=at)
    if certificate.status == Status.INVALID:
        certificate.move(REVIEW_AGAIN)
        certificate.missing, certificate.invalid_reason = [], ""
    _fill(certificate, data)
    _save(certificate, "changed", by=by, at=at)
    certificate.files.filter(pk__in=list(remove)).delete()
    if file is not None:
        _attach(certificate, file, by=by, at=at)
    return certificate


def _new_version(
    certificate: Certificate,
    data: CertificateInput,
    file: CheckedFile | None,
    kept: Sequence[CertificateFile],
    *,
    by: User,
    at: datetime,
) -> Certificate:
    later = Certificate.objects.filter(replaces=certificate).first()
    if later is not None:
        message = f"There is a newer version, certificate {later.pk}: change that one."
        raise Refused(message, "newer")
    new = Certificate(
        client_id=certificate.client_id,
        customer_id=certificate.customer_id,
        country=certificate.country,
        status=Status.IN_REVIEW,
        revision=certificate.revision + 1,
        replaces=certificate,
        assignee=by if by.may(Right.CERTIFICATES) else None,
        created_at=at,
        created_by=by,
    )
    _fill(new, data)
    _save(new, f"new version of certificate {certificate.pk}", by=by, at=at)
    for row in kept:
        row.pk, row.certificate = None, new
        row.save(force_insert=True)
    if file is not None:
        _attach(new, file, by=by, at=at)
    record(certificate, by=by, at=at, reason=f"replaced by certificate {new.pk}", fields=["changed_at"])
    return new


def _fill(certificate: Certificate, data: CertificateInput) -> None:
    for name, value in asdict(data).items():
        setattr(certificate, name, value)


def _save(certificate: Certificate, reason: str, *, by: User | None, at: datetime) -> None:
    certificate.changed_at, certificate.changed_by = at, by
    record(certificate, by=by, at=at, reason=reason)


def _attach(certificate: Certificate, file: CheckedFile, *, by: User | None, at: datetime) -> None:
    digest = sha256(file.content).hexdigest()
    known = certificate.files.filter(sha256=digest).values_list("filename", flat=True).first()
    if known is not None:
        message = f"This file is there already: {known}."
        raise Refused(message, "file")
    if certificate.files.count() >= MOST_FILES:
        message = f"At most {MOST_FILES} attachments are kept with one certificate: remove one first."
        raise Refused(message, "file")
    kept = CertificateFile(
        certificate=certificate,
        filename=file.filename,
        content_type=file.content_type,
        content=file.content,
        size=len(file.content),
        sha256=digest,
        added_at=at,
        added_by=by,
    )
    refuse_too_long(kept)
    kept.save()


@transaction.atomic
def claim(certificate: Certificate, *, by: User, at: datetime) -> Certificate:
    """Take a certificate that waits; it is in review by `by` now, whoever had it."""
    certificate = Certificate.objects.lock(certificate)
    certificate.move(CLAIM)
    certificate.assignee = by
    _save(certificate, "claimed", by=by, at=at)
    return certificate


@transaction.atomic
def assign(certificate: Certificate, *, assignee: User | None, by: User, at: datetime) -> Certificate:
    """Give a certificate that waits to somebody, or to nobody. Raises Refused for somebody who may not decide it."""
    certificate = Certificate.objects.lock(certificate)
    if certificate.status not in WAITING:
        message = f"It is {LABELS[certificate.status]}: nobody has to look at it now."
        raise Refused(message, "status")
    if assignee is not None and not (
        assignee.may(Right.CERTIFICATES) and assignee.client_id in {None, certificate.client_id}
    ):
        message = f"{assignee} may not decide on certificates."
        raise Refused(message, "assignee")
    certificate.assignee = assignee
    _save(certificate, f"assigned to {assignee}" if assignee else "assigned to nobody", by=by, at=at)
    return certificate


def refusal_to_validate(certificate: Certificate) -> str:
    """Say what keeps a certificate from being found valid; empty when nothing does."""
    if certificate.status not in VALIDATE.sources:
        return f"“{VALIDATE.label}” is not possible in status {LABELS[certificate.status]}."
    missing = [LACKS[key] for key in lacking(certificate)]
    if missing:
        named = f"{', '.join(missing[:-1])} and {missing[-1]}" if len(missing) > 1 else missing[0]
        return f"Not yet: {named} {'are' if len(missing) > 1 else 'is'} missing."
    return problem_of_tax_id(certificate.tax_id_type, certificate.state_of_issue, certificate.tax_id)


@transaction.atomic
def validate(certificate: Certificate, *, by: User, at: datetime, tell: bool = True) -> Certificate:
    """Find a certificate valid: it covers what was and is bought within its life. Its contact is told by e-mail.

    One whose life is over already is Expired at once. Raises Refused with what is missing.
    """
    certificate = Certificate.objects.lock(certificate)
    refusal = refusal_to_validate(certificate)
    if refusal:
        raise Refused(refusal, "missing")
    certificate.move(VALIDATE)
    certificate.decided_at, certificate.decided_by = at, by
    certificate.assignee = certificate.assignee or by
    _save(certificate, "found valid", by=by, at=at)
    if certificate.expires_on < at.astimezone(certificate.client.zone).date():  # type: ignore[operator]  # it has one
        certificate.move(EXPIRE)
        _save(certificate, "its life is over", by=None, at=at)
    elif tell:
        emails.send(certificate, "exemption_valid", key=at.isoformat(), at=at)
    return certificate


@transaction.atomic
def mark_invalid(
    certificate: Certificate,
    *,
    points: Collection[str] = (),
    reason: str = "",
    by: User,
    at: datetime,
    tell: bool = True,
) -> Certificate:
    """Mark a certificate invalid: it covers no purchase any more. Its contact is told what it lacks.

    `points` are keys of `POINTS`. Raises Refused without any reason.
    """
    certificate = Certificate.objects.lock(certificate)
    found = [key for key in POINTS if key in points]
    reason = one_line(reason)
    if not (found or reason):
        raise Refused("Say what is missing or wrong: choose a point or write a sentence.", "reason")
    certificate.move(MARK_INVALID)
    certificate.missing = found
    certificate.invalid_reason = reason or "; ".join(POINTS[key] for key in found)
    certificate.decided_at, certificate.decided_by = at, by
    _save(certificate, "marked invalid", by=by, at=at)
    if tell:
        emails.send(certificate, "exemption_invalid", key=at.isoformat(), at=at, points=found, reason=reason)
    return certificate


def refusal_to_ask(certificate: Certificate) -> str:
    """Say why its contact can't be asked for a new certificate; empty when they can."""
    return "" if emails.recipient_of(certificate) else "There is no e-mail address to write to: enter one first."


@transaction.atomic
def ask_renewal(certificate: Certificate, *, by: User, at: datetime, form_key: str = "") -> Certificate:
    """Ask its contact for a new certificate; the same `form_key` asks once.

    Raises Refused when there is nobody to write to.
    """
    certificate = Certificate.objects.lock(certificate)
    key = form_key or at.isoformat()
    if emails.is_queued(certificate, "exemption_renewal", key=key):
        return certificate
    refusal = refusal_to_ask(certificate)
    if refusal:
        raise Refused(refusal, "email")
    certificate.renewal_asked_at = at
    _save(certificate, "renewal asked for", by=by, at=at)
    emails.send(certificate, "exemption_renewal", key=key, at=at)
    return certificate
