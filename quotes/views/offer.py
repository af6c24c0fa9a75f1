"""A quote's own public page, where its customer looks at it and accepts it.

A wrong secret looks like any other. What a right one finds, also when it is too late, says what became of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core.letters import clip, fill, formatter
from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.refused import Refused
from purchases.documents import items_of, total_rows
from purchases.emails import is_address
from purchases.models import Channel
from purchases.services.entry import Arrival
from quotes.documents import message_lines
from quotes.forms import RemarkForm
from quotes.selectors import current_of, offers_po, quote_of
from quotes.services.quote import accept_quote, note_downloaded, note_opened, quote_to_po, refusal_of
from quotes.views.order import OrderPage, as_pdf
from quotes.views.public import INVALID, MOST_POSTS, SEE_OTHER, WINDOW_SECONDS, count

if TYPE_CHECKING:
    from django.http import HttpRequest

    from purchases.models import Purchase
    from quotes.forms import PayForm
    from quotes.models import Quote

TONES: Final = {"open": "blue", "replaced": "gray", "expired": "amber", "canceled": "red"}
STATES: Final = {"open": "quote_open", "replaced": "quote_replaced", "expired": "QEX", "canceled": "quote_withdrawn"}
ENDED: Final = {
    "replaced": "quote_replaced_text",
    "expired": "quote_expired_text",
    "canceled": "quote_withdrawn_text",
}


class OfferPage(OrderPage):
    """A quote's own page: what is offered and until when, and the form that makes it an order.

    Reading it proves nothing: mail scanners open every link, and so do colleagues. That the customer has seen the quote
    is taken from what only a person does: pointing, touching, scrolling or typing on the page, which its script reports
    once (`act=seen`), or accepting it, which needs no script. Opening the PDF counts as taken, not as seen. Whoever is
    logged in as the seller's or the platform's staff counts for nothing.
    """

    quote: Quote

    def find(self, token: str) -> bool:
        """Find the quote, whatever became of it."""
        found = quote_of(token)
        if found is not None:
            self.quote = found
        return found is not None

    @property
    def purchase(self) -> Purchase:
        """The offer, later the order."""
        return self.quote.purchase

    @cached_property
    def where(self) -> str:
        """Where the quote stands: open, replaced, expired, canceled, accepted."""
        refused = refusal_of(self.quote, at=self.at)
        return refused.code if refused else "open"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG002
        """Show the quote, or the order that it became."""
        return self.leave() if self.where == "accepted" else self.tell()

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Accept it, to be paid offline or on purchase order; accepting it twice is one order."""
        if count("posts", request, WINDOW_SECONDS) > MOST_POSTS:
            typed = self.accept_form(request.POST), self.remark_form(request.POST)
            return self.tell(*typed, status=429, problem=self.words["too_many"])
        if not self.is_staff:
            note_opened(self.quote, at=self.at)
        if request.POST.get("act") == "seen":
            return HttpResponse(status=204)
        form: PayForm | None = None
        problem = ""
        if self.where == "open":
            form, remark = self.accept_form(request.POST, request.FILES), self.remark_form(request.POST)
            if not all([form.is_valid(), remark.is_valid()]):
                return self.tell(form, remark, status=INVALID, problem=self.words["please_check"])
            if self.accept({**form.cleaned_data, **remark.cleaned_data}):
                return self.leave("new")
            self.find(token)
            del self.where  # somebody may have been faster
            problem = self.word("quote_not_possible", self.client) if self.where == "open" else ""
        if self.where == "accepted":
            return self.leave("once")
        return self.tell(form, self.remark_form(request.POST), status=INVALID, problem=problem)

    def accept(self, pay: dict[str, Any]) -> bool:
        """Make it the order that its customer chose; False when it can't be."""
        remark = pay["remark"]
        try:
            if pay["payment"] == "po":
                file = pay.get("po_document")
                arrival = Arrival(Channel.UPLOAD, has_document=True, file=file) if file else None
                quote_to_po(self.quote, po_number=pay.get("po_number", ""), arrival=arrival, remark=remark, at=self.at)
            else:
                accept_quote(self.quote, payment_type=pay["payment"], remark=remark, at=self.at)
        except Refused:
            return False
        return True

    def leave(self, mark: str = "") -> HttpResponse:
        """Lead to the page of the order that it became."""
        path = reverse("quotes_public:order", args=[self.quote.order_token])
        return HttpResponseRedirect(f"{path}?{mark}=1" if mark else path, status=SEE_OTHER)

    def accept_form(self, data: Any = None, files: Any = None) -> PayForm:
        """The ways to pay what is offered."""
        return self.pay_form(self.purchase.policy, data, files, offers_po=offers_po(self.quote))

    def remark_form(self, data: Any = None) -> RemarkForm:
        """What the customer may add."""
        return RemarkForm(data, language=self.language)

    def tell(
        self,
        form: PayForm | None = None,
        remark: RemarkForm | None = None,
        *,
        status: int = 200,
        problem: str = "",
    ) -> HttpResponse:
        """Show the quote as it stands."""
        purchase, quote, write = self.purchase, self.quote, formatter(self.language)
        is_open, is_shown = self.where == "open", self.where != "replaced"
        items = items_of(purchase) if is_shown else []
        until = write.day(quote.valid_until)
        context = {
            **self.seller(self.client),
            "purchase": purchase,
            "title": fill(self.words["quote"], {"reference": purchase.reference}),
            "state": self.words[STATES[self.where]],
            "tone": TONES[self.where],
            "ready": self.ready() if is_open else [],
            "problem": problem,
            "ended": "" if is_open else self.ended(),
            "current": "" if is_shown else quote_path(current_of(purchase)),
            "facts": self.facts(),
            "message": message_lines(quote),
            "message_from": self.word("quote_from", self.client),
            "remark": [line for line in quote.remark.splitlines() if line],
            "lines": [self.line(item) for item in items],
            "totals": total_rows(purchase, items, self.voice) if items else [],
            "documents": self.own_documents(),
            "gross": write.money(purchase.gross_minor, purchase.currency),
            "accept_text": fill(self.words["quote_accept_text"], {"on": until}),
            "keep_link": fill(self.words["quote_keep_link"], {"on": until}) if is_open else "",
        }
        if is_open:
            context |= self.payment(form or self.accept_form(), self.client, purchase.policy)
            context["remark_form"] = remark or self.remark_form()
        return self.page("quotes/quote_page.html", context, status=status)

    def ready(self) -> list[str]:
        """What is said to somebody who has just asked for the quote."""
        if not {"new", "once"} & set(self.request.GET):
            return []
        purchase = self.purchase
        said = [fill(self.words["quote_ready"], {"reference": purchase.reference})]
        if "once" in self.request.GET:
            said.append(self.words["quote_once"])
        if is_address(purchase.billing_email):
            said.append(fill(self.words["confirmed_to"], {"email": purchase.billing_email}))
        return said

    def ended(self) -> str:
        """Why it can't be accepted any more, and who to ask."""
        quote = self.quote
        on = formatter(self.language).day(quote.valid_until)
        if quote.replaced_at is not None:
            on = self.day(quote.replaced_at)
        return self.word(ENDED[self.where], self.client, on=on)

    def facts(self) -> list[tuple[str, str]]:
        """What identifies the quote; what else an earlier revision said stands in its document."""
        quote, purchase, write = self.quote, self.purchase, formatter(self.language)
        rows = [
            (self.words["reference"], purchase.reference),
            (self.words["quote_revision"], str(quote.revision) if quote.revision > 1 or quote.replaced_at else ""),
            (self.words["company"], clip(purchase.billing_company)),
            (self.words["quote_issued"], self.day(quote.created_at)),
            (self.words["valid_until"], write.day(quote.valid_until)),
            (self.words["gross"], write.money(quote.gross_minor, purchase.currency)),
        ]
        return [(label, value) for label, value in rows if value]

    def own_documents(self) -> list[dict[str, str]]:
        """The PDF of this revision."""
        document = self.quote.document
        if document is None:
            return []
        link = reverse("quotes_public:quote_document", args=[self.quote.token, document.number])
        row = {"label": self.words[document.kind], "number": document.number, "on": self.day(document.issued_at)}
        return [{**row, "link": link}]


class OfferDocument(OfferPage):
    """The PDF of a quote, the same bytes that were sent."""

    def get(self, request: HttpRequest, token: str, number: str) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Send it, to be read in the browser."""
        document = self.quote.document
        if document is None or document.number != number:
            return self.nothing("gone", "gone_text")
        if not self.is_staff:
            note_downloaded(self.quote, at=self.at)
        try:
            return as_pdf(document, at=self.at)
        except (PdfUnavailableError, PdfTimeoutError):
            return self.nothing("documents", "no_pdf", status=503)

    def post(self, request: HttpRequest, token: str, number: str) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Nothing can be sent here."""
        return self.nothing("gone", "gone_text", status=405)


def quote_path(quote: Quote) -> str:
    """Where a quote's own page is."""
    return reverse("quotes_public:quote", args=[quote.token])
