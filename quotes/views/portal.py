"""The partner portal: coming in by a link, and a partner's own limit, orders and documents.

A partner is no user of ours: its session holds nothing but which partner came in, with which address, until when.
Everything is narrowed to that partner by `PartnerPage`; another's rows do not exist.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from core.letters import clip, fill
from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.refused import Refused
from core.tables import Reader, badge, money_text, page_of
from core.views import INVALID
from partners.forms import PortalLoginForm
from partners.models import LimitScope, Partner, PartnerStatus
from partners.selectors import WARN_AT_PERCENT, exposure_of, open_allowance, with_outstanding
from partners.services.portal import TooManyTriesError, ask_for_link, find_link, use_link
from partners.tables import left_text, meter
from partners.wording import PORTAL_WORDS
from purchases.documents import Voice, bank_rows
from purchases.models import Document, Purchase
from purchases.services.documents import render_document
from purchases.states import OPEN, RECEIVABLE, Status
from purchases.tables import TONES, days_overdue
from quotes.services.portal import terms_refused
from quotes.views.public import HOUR, MOST_WRONG_LINKS, PublicPage, count, visitor_address
from quotes.wording import LANGUAGES, WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from core.money import Money
    from partners.models import PortalLink

SESSION_KEY: Final = "portal"
STAYS: Final = timedelta(hours=8)
THROTTLED: Final = 429
NEWEST: Final = 8
ORDERS_PAGE: Final = 25
COOKIE: Final = "portal_language"
COOKIE_AGE: Final = timedelta(days=365)


def entered(request: HttpRequest, *, at: datetime) -> dict[int, str]:
    """The partners that came in with this session, and the address each of them had; those past their time are out."""
    kept = request.session.get(SESSION_KEY, {}).get("partners", {})
    return {int(pk): email for pk, (email, until) in kept.items() if datetime.fromisoformat(until) > at}


def enter(request: HttpRequest, partner: Partner, *, at: datetime) -> None:
    """Let a partner in for eight hours, with a new session key; who came in before in this session stays, too."""
    request.session.cycle_key()
    kept = request.session.get(SESSION_KEY, {}).get("partners", {})
    until = (at + STAYS).isoformat()
    request.session[SESSION_KEY] = {
        "current": partner.pk,
        "partners": {**kept, str(partner.pk): [partner.email, until]},
    }


def current_partner(request: HttpRequest, *, at: datetime) -> Partner | None:
    """Find the partner of this session: in time, still accepted, and still with the address that came in."""
    pk = request.session.get(SESSION_KEY, {}).get("current")
    return next((partner for partner in partners_of(request, at=at) if partner.pk == pk), None)


def partners_of(request: HttpRequest, *, at: datetime) -> list[Partner]:
    """All partners that came in with this session and may stay."""
    inside = entered(request, at=at)
    rows = Partner.objects.filter(pk__in=inside, status=PartnerStatus.ACCEPTED) if inside else Partner.objects.none()
    found = with_outstanding(rows.select_related("client", "customer").order_by("client__name", "pk"))
    return [partner for partner in found if partner.email == inside[partner.pk]]


def private(response: HttpResponse) -> HttpResponse:
    """Keep addresses and pages of the portal out of other servers' logs and search engines.

    Not `no-referrer`: browsers then send a form with the origin `null`, which looks like a forgery.
    """
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@method_decorator(never_cache, name="dispatch")
class PortalPage(PublicPage):
    """A page of the portal in the language that was chosen, else the partner's, the browser's, the client's."""

    at: datetime

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: Any) -> Any:
        """Choose the language; keep one that was chosen here for the next visits."""
        self.at = timezone.now()
        chosen, partner = request.GET.get("language", ""), self.expected()
        own = partner.customer.language if partner is not None and partner.customer is not None else ""
        known = (code for code in (chosen, request.COOKIES.get(COOKIE, ""), own) if code in LANGUAGES)
        self.speak(next(known, ""), partner.client.language if partner is not None else "en")
        with translation.override(self.language):
            answer = super().dispatch(request, *args, **kwargs)
        if chosen in LANGUAGES:
            secure = settings.SESSION_COOKIE_SECURE
            answer.set_cookie(COOKIE, chosen, max_age=COOKIE_AGE, secure=secure, httponly=True, samesite="Lax")
        return answer

    def expected(self) -> Partner | None:
        """Whose page it is, as far as that is known."""
        return current_partner(self.request, at=self.at)

    @cached_property
    def words(self) -> Mapping[str, str]:
        """What the portal says, in the words of the checkout where it says the same."""
        return {**WORDS[self.language], **PORTAL_WORDS[self.language]}

    def page(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Render a page in its language, for nobody else to keep."""
        return private(super().page(template, {"languages": LANGUAGES, **context}, status=status))


# Coming in and going out ------------------------------------------------------------------------------------------


class PortalLogin(PortalPage):
    """Asks for an address, and answers the same whether or not anybody has it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask; a partner who is in goes on."""
        if current_partner(request, at=self.at):
            return HttpResponseRedirect(reverse("portal:overview"))
        return self.show(PortalLoginForm(words=self.words))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the link, if there is somebody to send it to."""
        form = PortalLoginForm(request.POST, words=self.words)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        try:
            ask_for_link(form.cleaned_data["email"], remote=visitor_address(request), at=self.at)
        except TooManyTriesError as refused:
            problem = fill(self.words["throttled"], {"minutes": str(refused.minutes)})
            return self.show(form, status=THROTTLED, problem=problem)
        return self.show(form, is_asked=True)

    def show(self, form: PortalLoginForm, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show the page."""
        return self.page("quotes/portal_login.html", {"form": form, **more}, status=status)


@method_decorator(sensitive_variables("token"), name="dispatch")
class PortalEnter(PortalPage):
    """The page behind a login link: opening it changes nothing, since mail scanners follow links; the button does."""

    @cached_property
    def link(self) -> PortalLink | None:
        """The link, while it opens anything."""
        return find_link(self.kwargs["token"], at=self.at)

    def expected(self) -> Partner | None:
        """Whom the link lets in."""
        return self.link.partner if self.link is not None else None

    def get(self, request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG002
        """Show whose portal it opens."""
        if self.link is None:
            return self.nowhere()
        return self.page("quotes/portal_enter.html", {"partner": self.link.partner})

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Come in, once."""
        try:
            partner = use_link(token, at=self.at)
        except Refused:
            return self.nowhere()
        enter(request, partner, at=self.at)
        several = len(partners_of(request, at=self.at)) > 1
        return HttpResponseRedirect(reverse("portal:choose" if several else "portal:overview"))

    def nowhere(self) -> HttpResponse:
        """Say that the link leads nowhere (any more); who tries many is told to wait."""
        tries = count("wrong-portal-links", self.request, HOUR)
        return self.page("quotes/portal_gone.html", {}, status=THROTTLED if tries > MOST_WRONG_LINKS else 404)


@method_decorator(never_cache, name="dispatch")
class PortalLogout(View):
    """The way out: every partner of this session is out; somebody of the house who works in it stays in."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go."""
        request.session.pop(SESSION_KEY, None)
        request.session.cycle_key()
        return HttpResponseRedirect(reverse("portal:login"))


# Inside -----------------------------------------------------------------------------------------------------------


class PartnerPage(PortalPage):
    """A page of the portal; `partner` is who came in, and everything it shows is that partner's."""

    partner: Any

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: Any) -> Any:
        """Let in who came in."""
        self.at = timezone.now()
        self.partner = current_partner(request, at=self.at)
        if self.partner is None:
            return HttpResponseRedirect(reverse("portal:login"))
        return super().dispatch(request, *args, **kwargs)

    def expected(self) -> Partner | None:
        """Who came in."""
        found: Partner = self.partner
        return found

    @property
    def reader(self) -> Reader:
        """The page's language and the client's zone."""
        return Reader(self.language, self.partner.client.zone)

    @property
    def on(self) -> date:
        """The client's today."""
        day: date = self.at.astimezone(self.partner.client.zone).date()
        return day

    @property
    def voice(self) -> Voice:
        """The client speaking in the language of these pages."""
        return Voice(self.partner.client, self.language, self.on, self.at)

    @cached_property
    def purchases(self) -> QuerySet[Purchase]:
        """The partner's own orders."""
        return Purchase.objects.filter(partner=self.partner, client=self.partner.client).select_related(
            "client", "policy"
        )

    @property
    def documents(self) -> QuerySet[Document]:
        """The documents of the partner's own orders, and its statements."""
        own = Q(purchase__partner=self.partner) | Q(partner=self.partner)
        return Document.objects.filter(own, client=self.partner.client)

    def show(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Show a page in the portal's frame."""
        frame = {
            "partner": self.partner,
            "client": self.partner.client,
            "reader": self.reader,
            "section": getattr(self, "section", ""),
            "can_choose": len(entered(self.request, at=self.at)) > 1,
            "questions": self.word("questions", self.partner.client),
        }
        return self.page(template, {**frame, **context}, status=status)

    def limit_context(self) -> dict[str, Any]:
        """How the limit stands, in words and as a bar, and why nothing may be ordered on it."""
        exposure = exposure_of(self.partner)
        allowance = open_allowance(self.partner, on=self.on)
        return {
            "exposure": exposure,
            "left": left_text(exposure, self.reader, self.words),
            "meter": meter(exposure, self.reader, width=160, words=self.words),
            "warn_at": WARN_AT_PERCENT,
            "is_per_order": self.partner.scope == LimitScope.PER_ORDER,
            "refusal": self.why_not(terms_refused(self.partner, self.partner.currency, on=self.on)),
            "allowed_minor": allowance.amount_minor if allowance else 0,
        }

    def why_not(self, refused: Refused | None, gross: Money | None = None) -> str:
        """Say in the page's language why something (an order over `gross`) is not possible; empty when it is."""
        if refused is None:
            return ""
        text, partner = self.words.get(f"refused_{refused.code}"), self.partner
        if text is None:
            return refused.message
        taken = 0 if partner.scope == LimitScope.PER_ORDER else partner.outstanding_minor
        values = {
            "client": clip(partner.client.name),
            "company": clip(partner.company),
            "limit_currency": partner.currency,
            "currency": gross.currency if gross else partner.currency,
            "amount": self.amount(gross.minor if gross else 0),
            "left": self.amount(partner.limit_minor - taken),
            "limit": self.amount(partner.limit_minor),
        }
        return fill(text, values)

    def amount(self, minor: int) -> str:
        """An amount in the currency of the limit."""
        return money_text(minor, self.partner.currency, self.reader)

    def lines(self, purchases: Any) -> list[dict[str, Any]]:
        """Orders as the partner reads them: no word of ladders and holds."""
        return [
            {
                "purchase": purchase,
                "status": self.status_of(purchase),
                "overdue": days_overdue(purchase, self.on),
                "link": reverse("portal:order", args=[purchase.reference]),
            }
            for purchase in purchases
        ]

    def status_of(self, purchase: Purchase) -> Any:
        """The status as a badge, in the customer's words: no level, no hold."""
        has_come = purchase.status == Status.AWAITING_RELEASE and purchase.document_received_at is not None
        label = self.words["ARP_received" if has_come else purchase.status]
        shown = badge(label, "amber" if days_overdue(purchase, self.on) else TONES[purchase.status])
        test = format_html(' <span class="tag">{}</span>', self.words["test_order"]) if purchase.is_test else ""
        return format_html("{}{}", shown, test)

    def papers(self, documents: Any) -> list[tuple[Document, str]]:
        """Documents with what they are."""
        return [(document, self.words[document.kind]) for document in documents]


class PortalChoose(PartnerPage):
    """Choose among the partners that came in: one company may resell for several clients."""

    section = "choose"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        return self.show("quotes/portal_choose.html", {"partners": partners_of(request, at=self.at)})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Go on as the chosen one; only who came in by a link of its own can be chosen."""
        chosen = request.POST.get("partner", "")
        inside = {str(partner.pk): partner for partner in partners_of(request, at=self.at)}
        if chosen not in inside:
            raise Http404
        request.session[SESSION_KEY] = {**request.session[SESSION_KEY], "current": inside[chosen].pk}
        return HttpResponseRedirect(reverse("portal:overview"))


class PortalOverview(PartnerPage):
    """The limit, the open orders, the newest documents."""

    section = "overview"

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Show them."""
        rows = self.purchases.filter(status__in=OPEN).order_by("due_on", "ordered_at", "pk")
        documents = self.documents.select_related("purchase").defer("data").order_by("-issued_at", "-pk")
        return self.show(
            "quotes/portal_overview.html",
            {
                **self.limit_context(),
                "orders": self.lines(rows[:ORDERS_PAGE]),
                "documents": self.papers(documents[:NEWEST]),
            },
        )


class PortalOrders(PartnerPage):
    """All orders of the partner, newest first."""

    section = "orders"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them."""
        page = page_of(self.purchases, sort="-ordered_at", query=request.GET, size=ORDERS_PAGE)
        return self.show("quotes/portal_orders.html", {"page": page, "orders": self.lines(page.rows)})


class PortalOrder(PartnerPage):
    """One order: what was ordered, for whom, what is to be paid, its documents."""

    section = "orders"

    def get(self, request: HttpRequest, reference: str) -> HttpResponse:  # noqa: ARG002
        """Show it."""
        purchase = self.purchases.filter(reference=reference).first()
        if purchase is None:
            raise Http404
        is_owed = purchase.is_open and not purchase.is_test
        bank = bank_rows(self.voice, purchase.currency, purchase.reference) if is_owed else []
        return self.show(
            "quotes/portal_order.html",
            {
                **self.lines([purchase])[0],
                "items": purchase.items.order_by("position"),
                "heading": fill(self.words["order"], {"reference": purchase.reference}),
                "contacts": [(self.words[row.kind], row) for row in purchase.contacts.order_by("kind", "pk")],
                "documents": self.papers(
                    Document.objects.filter(purchase=purchase).defer("data").order_by("-issued_at", "-pk")
                ),
                "bank": bank,
                "is_prepaid": purchase.status == Status.AWAITING_OFFLINE_PAYMENT,
                "takes_of_limit": purchase.is_po and purchase.status in RECEIVABLE,
            },
        )


class PortalDocument(PartnerPage):
    """A document's PDF."""

    def get(self, request: HttpRequest, number: str) -> HttpResponse:  # noqa: ARG002
        """Send it, to be read in the browser."""
        document = self.documents.filter(number=number).first()
        if document is None:
            raise Http404
        try:
            file = render_document(document, at=self.at)
        except (PdfUnavailableError, PdfTimeoutError):
            return self.page("quotes/portal_no_pdf.html", {"document": document}, status=503)
        answer = HttpResponse(bytes(file.content), content_type="application/pdf")
        answer["Content-Disposition"] = content_disposition_header(False, document.filename) or "inline"  # noqa: FBT003
        answer["X-Content-Type-Options"] = "nosniff"
        return private(answer)
