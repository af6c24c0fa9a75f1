"""The customer's own page of an order: opening it changes nothing of the order, sending the signed order does.

A wrong, an expired and a revoked link look alike. Nothing of any other order is ever on it, nor license keys.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from core.letters import Address, clip, fill, formatter
from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.refused import Refused
from purchases.documents import bank_rows, items_of, total_rows, voice_of
from purchases.emails import is_address
from purchases.models import Channel, Document, DocumentKind, PaymentType, Source
from purchases.selectors import po_instructions
from purchases.services.documents import render_document
from purchases.states import AWAITING_PO_DOCUMENT, QUOTES, Status
from quotes.forms import UploadForm
from quotes.selectors import current_of, link_of
from quotes.services.checkout import upload_document
from quotes.services.link import note_opening
from quotes.views.public import (
    HOUR,
    INVALID,
    MOST_POSTS,
    MOST_WRONG_LINKS,
    SEE_OTHER,
    WINDOW_SECONDS,
    PublicPage,
    count,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from accounts.models import Client
    from purchases.documents import Voice
    from purchases.models import Purchase, PurchaseItem, StatusLink

SHOWN_KINDS: Final = (
    DocumentKind.INVOICE,
    DocumentKind.PROFORMA,
    DocumentKind.RECEIPT,
    DocumentKind.CREDIT_NOTE,
    DocumentKind.CONFIRMATION,
)
TONES: Final[dict[str, str]] = {
    Status.AWAITING_OFFLINE_PAYMENT: "amber",
    Status.AWAITING_RELEASE: "amber",
    Status.PURCHASE_ORDER: "blue",
    Status.PAID: "green",
    Status.PARTIALLY_REFUNDED: "green",
    Status.CANCELED: "red",
    Status.REJECTED: "red",
}
OWED: Final = frozenset({Status.AWAITING_OFFLINE_PAYMENT, Status.UNPAID, Status.PURCHASE_ORDER})


@method_decorator([never_cache, sensitive_variables("token")], name="dispatch")
class OrderPage(PublicPage):
    """Status, instructions, documents and items of one order."""

    link: StatusLink
    at: datetime

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: Any) -> HttpResponseBase:
        """Find the order of the link; nobody who has one is kept from it by the wrong guesses of others."""
        self.at = timezone.now()
        if not self.find(kwargs["token"]):
            self.speak("")
            tries = count("wrong-links", request, HOUR)
            return self.nothing("gone", "gone_text", status=429 if tries > MOST_WRONG_LINKS else 404)
        self.speak(request.GET.get("language", "") or self.purchase.language)
        with translation.override(self.language):
            return super().dispatch(request, *args, **kwargs)

    def find(self, token: str) -> bool:
        """Find what the link leads to."""
        found = link_of(token, at=self.at)
        if found is not None:
            self.link = found
        return found is not None

    @property
    def purchase(self) -> Purchase:
        """The order."""
        return self.link.purchase

    @property
    def client(self) -> Client:
        """Who sells."""
        return self.purchase.client

    @property
    def is_staff(self) -> bool:
        """Whether it is somebody of the seller or the platform who looks: then no customer has seen anything."""
        user: Any = self.request.user
        return bool(user.is_authenticated and user.client_id in {None, self.client.pk})

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show the order; what is still a quote has a page of its own."""
        if self.purchase.status in QUOTES:
            return HttpResponseRedirect(reverse("quotes_public:quote", args=[current_of(self.purchase).token]))
        if not self.is_staff:
            note_opening(self.link, at=self.at)
        return self.show(request, token, UploadForm(language=self.language))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Take the signed order."""
        if count("posts", request, WINDOW_SECONDS) > MOST_POSTS:
            return self.show(
                request, token, UploadForm(language=self.language), status=429, problem=self.words["too_many"]
            )
        form = UploadForm(request.POST, request.FILES, language=self.language)
        if not form.is_valid():
            return self.show(request, token, form, status=INVALID)
        try:
            upload_document(self.purchase, file=form.cleaned_data["po_document"], at=self.at)
        except Refused:
            self.purchase.refresh_from_db()
            problem = self.word("not_awaited", self.client)
            return self.show(request, token, form, status=INVALID, problem=problem)
        return HttpResponseRedirect(f"{request.path}?sent=1", status=SEE_OTHER)

    def show(
        self, request: HttpRequest, token: str, form: UploadForm, *, status: int = 200, problem: str = ""
    ) -> HttpResponse:
        """Show all there is to know about the order."""
        purchase, voice = self.purchase, self.voice
        items = items_of(purchase)
        is_here = "sent" in request.GET and purchase.document_received_at is not None
        context = {
            **self.seller(self.client),
            "purchase": purchase,
            "title": fill(self.words["order"], {"reference": purchase.reference}),
            "state": self.words[self.state_key()],
            "tone": TONES.get(Status(purchase.status), "gray"),
            "thanks": fill(self.words["thanks"], {"reference": purchase.reference})
            if {"new", "once"} & set(request.GET)
            else "",
            "once": self.words[self.once_key()] if "once" in request.GET else "",
            "confirmed": fill(self.words["confirmed_to"], {"email": purchase.billing_email})
            if is_address(purchase.billing_email)
            else "",
            "sent": self.words["uploaded"] if is_here else "",
            "problem": problem,
            "keep_link": fill(self.words["keep_link"], {"on": self.day(self.link.expires_at)}),
            "facts": self.facts(),
            "sending": self.sending(),
            "form": form if self.awaits_upload() else None,
            "paying": self.paying(),
            "documents": self.documents(token),
            "lines": [self.line(item) for item in items],
            "totals": total_rows(purchase, items, voice),
        }
        return self.page("quotes/order.html", context, status=status)

    def once_key(self) -> str:
        """What is said to somebody who orders the same thing again."""
        return "quote_accepted_once" if self.purchase.source == Source.QUOTE else "once"

    def line(self, item: PurchaseItem) -> dict[str, str]:
        """One item as it is read."""
        write, currency = self.voice.write, self.purchase.currency
        return {
            "name": item.name,
            "count": f"{write.count(item.quantity)} × {write.money(item.unit_minor, currency)}",
            "discount": write.percent(item.discount_percent) if item.discount_percent else "",
            "net": write.money(item.net_minor, currency),
        }

    @property
    def voice(self) -> Voice:
        """In whose name and in which language the page speaks of the order."""
        return replace(voice_of(self.purchase, at=self.at), language=self.language)

    def day(self, moment: datetime) -> str:
        """A moment's day where the client is."""
        return formatter(self.language).day(moment.astimezone(self.client.zone).date())

    def state_key(self) -> str:
        """Where the order stands, in the customer's words."""
        if self.purchase.status == Status.AWAITING_RELEASE and not self.lacks_document:
            return "ARP_received"
        return str(self.purchase.status)

    def facts(self) -> list[tuple[str, str]]:
        """What identifies the order."""
        purchase = self.purchase
        rows = [
            (self.words["reference"], purchase.reference),
            (self.words["po_number"], clip(purchase.po_number, 60)),
            (self.words["ordered"], self.day(purchase.ordered_at)),
            (self.words["due_on"], self.voice.write.day(purchase.due_on) if self.is_owed and purchase.due_on else ""),
            (self.words["gross"], self.voice.write.money(purchase.gross_minor, purchase.currency)),
        ]
        return [(label, value) for label, value in rows if value]

    # The signed order ------------------------------------------------------------------------------------------------

    def awaits_document(self) -> bool:
        """Whether the order is a PO that waits for its review."""
        return self.purchase.is_po and self.purchase.status in AWAITING_PO_DOCUMENT and not self.purchase.is_test

    @cached_property
    def lacks_document(self) -> bool:
        """Whether no document came, or none since it was asked for again."""
        purchase = self.purchase
        if purchase.document_received_at is None or purchase.document_asked_at is None:
            return purchase.document_received_at is None
        return not purchase.po_documents.filter(received_at__gt=purchase.document_asked_at).exists()

    def takes(self, channel: Channel) -> bool:
        """Whether the policy takes documents this way; without a list it takes them all."""
        channels = self.purchase.policy.accepted_channels
        return not channels or channel in channels

    def awaits_upload(self) -> bool:
        """Whether the document may be sent from this page; a test order's, too."""
        purchase = self.purchase
        return purchase.is_po and purchase.status in AWAITING_PO_DOCUMENT and self.takes(Channel.UPLOAD)

    def sending(self) -> dict[str, Any] | None:
        """What the letterhead must contain, where it is to be sent, by when; none when nothing is awaited."""
        if not self.awaits_document() or not self.lacks_document:
            return None
        purchase = self.purchase
        days = purchase.policy.document_deadline_days - 1
        until = self.voice.write.day(purchase.ordered_on + timedelta(days=days))
        points = [
            fill(self.words["letterhead_reference"], {"reference": purchase.reference}),
            fill(self.words["letterhead_po_number"], {"po_number": clip(purchase.po_number, 60)})
            if purchase.po_number
            else "",
            fill(
                self.words["letterhead_items"],
                {"gross": self.voice.write.money(purchase.gross_minor, purchase.currency)},
            ),
            self.words["letterhead_addresses"],
            self.words["letterhead_signature"],
            *po_instructions(purchase.policy, self.language).own,
        ]
        return {
            "by": fill(self.words["send_by"], {"on": until}),
            "points": [point for point in points if point],
            "ways": self.ways(),
        }

    def ways(self) -> list[str]:
        """Where to send it: e-mail, fax and letter as the policy takes them; upload has its own form."""
        client = self.client
        targets = (
            (Channel.EMAIL, "by_email", client.email),
            (Channel.FAX, "by_fax", client.fax),
            (Channel.LETTER, "by_letter", ", ".join(self.home())),
            (Channel.UPLOAD, "by_upload", "-"),
        )
        return [
            fill(self.words[key], {"to": clip(to, 200)}) for channel, key, to in targets if to and self.takes(channel)
        ]

    def home(self) -> list[str]:
        """The client's address, as it is written on an envelope from anywhere."""
        client = self.client
        home = Address(
            company=client.name,
            street=client.street,
            postal_code=client.postal_code,
            city=client.city,
            country=client.country,
        )
        return home.lines(language=self.language, home="")

    # The money -------------------------------------------------------------------------------------------------------

    @property
    def is_owed(self) -> bool:
        """Whether money is to be paid now."""
        purchase = self.purchase
        return purchase.status in OWED and purchase.open_amount.minor > 0 and not purchase.is_test

    def paying(self) -> dict[str, Any] | None:
        """How much is owed, and where it goes."""
        if not self.is_owed:
            return None
        purchase, voice = self.purchase, self.voice
        rows = bank_rows(voice, purchase.currency, purchase.reference)
        if purchase.payment_type == PaymentType.CHECK:
            rows = [[self.words["check_to"], ", ".join(self.home())], rows[-1]]
        return {"figure": voice.write.money(purchase.open_amount.minor, purchase.currency), "rows": rows}

    def documents(self, token: str) -> list[dict[str, str]]:
        """The documents that are for the customer, newest first."""
        rows = Document.objects.filter(purchase=self.purchase, kind__in=SHOWN_KINDS).order_by("-issued_at", "-pk")
        return [
            {
                "label": self.words[row.kind],
                "number": row.number,
                "on": self.day(row.issued_at),
                "link": reverse("quotes_public:document", args=[token, row.number]),
            }
            for row in rows.defer("data")
        ]


class OrderDocument(OrderPage):
    """One of the order's documents as a PDF, the same bytes that were sent."""

    def get(self, request: HttpRequest, token: str, number: str) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Send it, to be read in the browser."""
        document = Document.objects.filter(purchase=self.purchase, kind__in=SHOWN_KINDS, number=number).first()
        if document is None:
            return self.nothing("gone", "gone_text")
        try:
            return as_pdf(document, at=self.at)
        except (PdfUnavailableError, PdfTimeoutError):
            return self.nothing("documents", "no_pdf", status=503)

    def post(self, request: HttpRequest, token: str, number: str) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002
        """Nothing can be sent here."""
        return self.nothing("gone", "gone_text", status=405)


def as_pdf(document: Document, *, at: datetime) -> HttpResponse:
    """Answer with a document's PDF, to be read in the browser and kept by nobody else."""
    file = render_document(document, at=at)
    answer = HttpResponse(bytes(file.content), content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(False, document.filename) or "inline"  # noqa: FBT003
    answer["X-Robots-Tag"] = "noindex, nofollow"
    return answer
