"""One certificate: the document on the left, what it says on the right, the acts above."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.urls import reverse

from accounts.roles import Right
from core.pages import WIDTHS
from core.picturing import page_answer, pages_of, zoom_of
from core.views import DetailPage
from taxexempt.models import Certificate, CertificateFile
from taxexempt.selectors import LACKS, family_of, lacking
from taxexempt.services import refusal_to_ask, refusal_to_validate
from taxexempt.states import CLAIM, MARK_INVALID, VALIDATE, WAITING
from taxexempt.states.places import NAMES, unchecked_note
from taxexempt.tables import status_badge
from taxexempt.wording import POINTS

if TYPE_CHECKING:
    from django.http import HttpRequest

PAPER = "certificate"
"""What these files are known by among those whose pages are drawn."""
NEWEST_CHANGES = 12
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Button:
    """An act above a certificate; `why_not` says why it is off."""

    label: str
    icon: str
    page: str
    key: str = ""
    css: str = "ghost"
    why_not: str = ""


def why_invalid(certificate: Certificate) -> str:
    """What an invalid certificate lacks, and what was written about it."""
    points = "; ".join(POINTS[key] for key in certificate.missing)
    said = certificate.invalid_reason
    return said if not points or said == points else f"{points}. {said}"


class CertificatePageBase(DetailPage):
    """What pages of one certificate know: the row, its attachments, the one that is shown."""

    right = Right.SEARCH

    def get_rows(self) -> Any:
        """Any certificate."""
        people = ("assignee", "created_by", "decided_by")
        return Certificate.objects.select_related("client", "customer", "replaces", *people)

    @cached_property
    def files(self) -> list[CertificateFile]:
        """Its attachments without their bytes."""
        return list(self.row.files.defer("content").select_related("added_by").order_by("pk"))

    def document_context(self) -> dict[str, Any]:
        """The attachment that the address names, else the first, page by page."""
        asked, zoom = self.request.GET.get("file", ""), zoom_of(self.request)
        named = (file for file in self.files if str(file.pk) == asked)
        shown = next(named, None) or next(iter(self.files), None)
        context: dict[str, Any] = {"files": self.files, "shown": shown, "zoom": zoom, "zooms": list(WIDTHS)}
        if shown is not None:
            first = reverse("taxexempt:page", args=[self.row.pk, shown.pk, 1])
            context["pages"] = pages_of(shown, name=PAPER, link=first, zoom=zoom)
        return context


class CertificateDetail(CertificatePageBase):
    """What a certificate says, what it lacks, what became of it."""

    template_name = "taxexempt/detail.html"

    def context(self) -> dict[str, Any]:
        """The certificate beside its document."""
        row = self.row
        may_decide = self.user.may(Right.CERTIFICATES)
        history = row.history.select_related("history_user").order_by("-history_date", "-history_id")
        return {
            **self.document_context(),
            "row": row,
            "status": status_badge(row),
            "state": NAMES.get(row.state_of_issue, ""),
            "unchecked": unchecked_note(row.tax_id_type, row.state_of_issue, row.tax_id),
            "why_invalid": why_invalid(row),
            "lacks": [LACKS[key] for key in lacking(row)] if row.status in WAITING else [],
            "buttons": self.buttons() if may_decide else [],
            "may_decide": may_decide,
            "versions": [(one, status_badge(one)) for one in family_of(row)],
            "changes": history[:NEWEST_CHANGES],
        }

    def buttons(self) -> list[Button]:
        """The acts that this status allows; what is not allowed yet says why."""
        row, buttons = self.row, []
        if row.status in CLAIM.sources:
            if row.assignee_id != self.user.pk:
                buttons.append(Button("Claim", "hand", "taxexempt:claim", "c"))
            buttons.append(Button("Assign", "user-round", "taxexempt:assign", "a"))
        else:
            buttons.append(
                Button("Ask for a new one", "mail-plus", "taxexempt:renewal", "n", why_not=refusal_to_ask(row))
            )
        if row.status in MARK_INVALID.sources:
            buttons.append(Button("Mark invalid", "circle-x", "taxexempt:invalid", "i"))
        if row.status in VALIDATE.sources:
            button = Button("Validate", "circle-check", "taxexempt:validate", "v", "btn-primary")
            buttons.append(
                Button(button.label, button.icon, button.page, button.key, button.css, refusal_to_validate(row))
            )
        return buttons


class _OneFile(CertificatePageBase):
    """One attachment of the certificate."""

    @property
    def file(self) -> CertificateFile:
        """The attachment of the address."""
        found: CertificateFile | None = (
            self.row.files.defer("content").filter(pk=min(self.kwargs["file"], LARGEST_KEY)).first()
        )
        if found is None:
            raise Http404
        return found


class CertificateAttachment(_OneFile):
    """An attachment as it came in."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it, to be saved."""
        file = self.file
        answer = HttpResponse(bytes(file.content), content_type=file.content_type)
        answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.filename)}"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "private, no-store"
        return answer


class CertificatePage(_OneFile):
    """One page of an attachment, as a picture."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        return page_answer(request, self.file, name=PAPER, page=self.kwargs["page"])
