"""The columns of the list of certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from core.tables import NOTHING, Column, Reader, Table, badge, day_cell, icon, moment_cell
from taxexempt.states import CLAIM, Status
from taxexempt.states.places import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.utils.safestring import SafeString

    from taxexempt.models import Certificate

CLIENT_LENGTH: Final = 18
TONES: Final[dict[str, str]] = {
    Status.NEW: "blue",
    Status.IN_REVIEW: "violet",
    Status.VALID: "green",
    Status.EXPIRED: "amber",
    Status.INVALID: "red",
}


def status_badge(certificate: Certificate) -> SafeString:
    """The status as a badge."""
    return badge(certificate.status_label, TONES[certificate.status])


def certificate_link(certificate: Certificate) -> str:
    """A certificate's own page."""
    return reverse("taxexempt:detail", args=[certificate.pk])


def _number(certificate: Certificate, _reader: Reader) -> str:
    link = certificate_link(certificate)
    version = format_html(' <span class="sub">v{}</span>', certificate.revision) if certificate.revision > 1 else ""
    return format_html('<a class="num-link" href="{}">{}</a>{}', link, certificate.pk, version)


def _text(name: str) -> Callable[[Any, Reader], str]:
    def cell(certificate: Certificate, _reader: Reader) -> str:
        text = getattr(certificate, name)
        return format_html('<span class="clip" title="{}">{}</span>', text, text) if text else NOTHING

    return cell


def _label(name: str) -> Callable[[Any, Reader], str]:
    def cell(certificate: Certificate, _reader: Reader) -> str:
        text = getattr(certificate, f"get_{name}_display")()
        return format_html('<span class="clip" title="{}">{}</span>', text, text) if text else NOTHING

    return cell


def _person(name: str) -> Callable[[Any, Reader], str]:
    return lambda certificate, _reader: str(getattr(certificate, name) or "") or NOTHING


def _client(certificate: Certificate, _reader: Reader) -> str:
    name = certificate.client.name
    return format_html('<span title="{}">{}</span>', name, Truncator(name).chars(CLIENT_LENGTH))


def _attachment(certificate: Any, _reader: Reader) -> str:
    if certificate.first_file is None:
        link = reverse("taxexempt:edit", args=[certificate.pk])
        return format_html('<a href="{}">Upload</a>', link) if certificate.may_upload else NOTHING
    link = f"{certificate_link(certificate)}?file={certificate.first_file}"
    return format_html('<a href="{}">{} View</a>', link, icon("paperclip", 14))


class CertificateTable(Table):
    """Certificates, the newest first."""

    columns = (
        Column("Document ID", _number, sort="pk", css="num"),
        Column("Document status", lambda row, _: status_badge(row), sort="status"),
        Column("Client", _client, css="wide-only", clients_only=True, plain=lambda row, _: row.client.name),
        Column("Company", _text("company"), sort="company"),
        Column("Tax ID", _text("tax_id"), sort="tax_id", css="wide-only"),
        Column(
            "State of issue",
            lambda row, _: NAMES.get(row.state_of_issue) or NOTHING,
            sort="state_of_issue",
            css="wide-only",
        ),
        Column(
            "Upload date",
            lambda row, reader: day_cell(row.created_at.astimezone(reader.zone).date(), reader),
            sort="created_at",
            css="wide-only",
            plain=lambda row, _: row.created_at,
        ),
        Column(
            "Expiration date",
            lambda row, reader: day_cell(row.expires_on, reader),
            sort="expires_on",
            css="wide-only",
            plain=lambda row, _: row.expires_on,
        ),
        Column(
            "Attachment", _attachment, css="wide-only", plain=lambda row, _: "No" if row.first_file is None else "Yes"
        ),
        Column("E-mail", _text("email"), sort="email", is_extra=True),
        Column("Assignee", _person("assignee"), sort="assignee__name", is_extra=True),
        Column(
            "Certification effective date",
            lambda row, reader: day_cell(row.issued_on, reader),
            sort="issued_on",
            plain=lambda row, _: row.issued_on,
            is_extra=True,
        ),
        Column("Created by", _person("created_by"), is_extra=True),
        Column(
            "Date modified",
            lambda row, reader: moment_cell(row.changed_at, reader),
            sort="changed_at",
            plain=lambda row, _: row.changed_at,
            is_extra=True,
        ),
        Column("First name", _text("first_name"), sort="first_name", is_extra=True),
        Column(
            "Last modified by", lambda row, _: row.changed_by.username if row.changed_by else "System", is_extra=True
        ),
        Column("Last name", _text("last_name"), sort="last_name", is_extra=True),
        Column("Reason for exemption", _label("reason"), sort="reason", is_extra=True),
        Column("State", _text("state"), sort="state", is_extra=True),
        Column("Tax ID type", _label("tax_id_type"), sort="tax_id_type", is_extra=True),
        Column("Type of business", _label("business_type"), sort="business_type", is_extra=True),
    )
    default_sort = "-created_at"
    caption = "Tax exemptions"
    may_decide = False

    def prepare(self, page: Sequence[Any]) -> None:
        """Tell each row whether its attachment may be added from it."""
        for certificate in page:
            certificate.may_upload = self.may_decide

    def link(self, row: Any) -> str:
        """The certificate's page."""
        return certificate_link(row)

    def acts(self, row: Any) -> dict[str, str]:
        """Claim, where that is possible."""
        is_open = self.may_decide and row.status in CLAIM.sources
        return {"c": reverse("taxexempt:claim", args=[row.pk])} if is_open else {}
