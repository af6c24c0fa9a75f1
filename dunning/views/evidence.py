"""All that is on record about a purchase, as one file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, HttpResponse
from django.shortcuts import render

from accounts.roles import Right
from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.views import DetailPage
from dunning.services.evidence import pack_evidence
from mailing.views.outbox import for_eyes_of
from purchases.models import Purchase

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase


class PurchaseEvidence(DetailPage):
    """The evidence pack of one purchase, for everybody who may read its documents."""

    right = Right.SEARCH
    lookup = "reference"

    def get_rows(self) -> Any:
        """Purchases with their parties."""
        return Purchase.objects.with_parties()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        shows_internal = self.user.may(Right.INTERNAL_HISTORY)
        try:
            blanked = partial(for_eyes_of, self.user)
            pack = pack_evidence(self.row, at=self.at, shows_internal=shows_internal, blanked=blanked)
        except (PdfUnavailableError, PdfTimeoutError) as error:
            missing = {"document": {"number": "A document of this purchase"}, "problem": str(error)}
            return render(request, "purchases/no_pdf.html", missing, status=503)
        name = f"evidence-{self.row.reference}.zip"
        answer: HttpResponseBase = FileResponse(pack, as_attachment=True, filename=name, content_type="application/zip")
        answer["Cache-Control"] = "private, no-store"
        return answer  # type: ignore[return-value]  # a stream, as the name of the base class does not say
