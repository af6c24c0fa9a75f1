"""Files of a purchase: documents as issued, what the customer sent, what somebody attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from core.pdf import PdfTimeoutError, PdfUnavailableError
from purchases.models import PoDocument, PurchaseFile
from purchases.selectors import documents_of
from purchases.services.documents import render_document
from purchases.views.viewer import PurchasePage, reads_internal

if TYPE_CHECKING:
    from django.http import HttpRequest

UPLOAD_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg"})


class DocumentPdf(PurchasePage):
    """A document's PDF, rendered when it is first needed and the same bytes ever after."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it, to be read in the browser."""
        document = documents_of(self.row).filter(number=self.kwargs["number"]).first()
        if document is None:
            raise Http404
        try:
            file = render_document(document, at=self.at)
        except (PdfUnavailableError, PdfTimeoutError) as error:
            return render(request, "purchases/no_pdf.html", {"document": document, "problem": str(error)}, status=503)
        answer = _file(bytes(file.content), document.filename, "application/pdf", is_attachment=False)
        answer["Cache-Control"] = "private, no-cache"
        return answer


class PoDocumentFile(PurchasePage):
    """The customer's order document as it came in."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it to be saved, never to be run or kept by the browser: it comes from outside."""
        found: Any = PoDocument.objects.filter(purchase=self.row, pk=self.kwargs["pk"], content__isnull=False).first()
        if found is None:
            raise Http404
        return _outside(bytes(found.content), found.filename or "document", found.content_type)


class Attachment(PurchasePage):
    """A file that somebody put with the purchase."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it to be saved; what is internal is not there for a client."""
        found: Any = PurchaseFile.objects.filter(purchase=self.row, pk=self.kwargs["pk"]).first()
        if found is None or (found.is_internal and not reads_internal(self.user)):
            raise Http404
        return _outside(bytes(found.content), found.filename, found.content_type)


def _outside(content: bytes, filename: str, content_type: str) -> HttpResponse:
    """A file from outside, to be saved, never to be run or kept by the browser."""
    kind = content_type if content_type in UPLOAD_TYPES else "application/octet-stream"
    answer = _file(content, filename, kind, is_attachment=True)
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _file(content: bytes, filename: str, kind: str, *, is_attachment: bool) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(is_attachment, filename) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
