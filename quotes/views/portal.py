"""The partner portal: coming in by a link, and a partner's own limit, orders and documents.

A partner is no user of ours: its session holds nothing but which partner came in, with which address, until when.
Everything is narrowed to that partner by `PartnerPage`; another's rows do not exist.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.refused import Refused
from core.tables import Reader, badge, page_of
from core.views import INVALID
from partners.emails import language_of
from partners.forms import PortalLoginForm
from partners.models import LimitScope, Partner, PartnerStatus
from partners.selectors import WARN_AT_PERCENT, exposure_of, open_allowance, with_outstanding
from partners.services.portal import ask_for_link, find_link, use_link
from partners.tables import left_text, meter
from purchases.documents import Voice, bank_rows
from purchases.models import Document, Purchase
from purchases.services.documents import render_document
from purchases.states import OPEN, RECEIVABLE, Status
from purchases.tables import TONES, days_overdue
from quotes.services.portal import terms_refusal
from quotes.views.public import visitor_address

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest

SESSION_KEY: Final = "portal"
STAYS: Final = timedelta(hours=8)
THROTTLED: Final = 429
NEWEST: Final = 8
ORDERS_PAGE: Final = 25
PAGE_LANGUAGE: Final = "en"


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


# Coming in and going out ------------------------------------------------------------------------------------------


@method_decorator(never_cache, name="dispatch")
class PortalLogin(View):
    """Asks for an address, and answers the same whether or not anybody has it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask; a partner who is in goes on."""
        if current_partner(request, at=timezone.now()):
            return HttpResponseRedirect(reverse("portal:overview"))
        return self.show(PortalLoginForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send the link, if there is somebody to send it to."""
        form = PortalLoginForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=INVALID)
        try:
            remote = visitor_address(request)
            ask_for_link(form.cleaned_data["email"], remote=remote, at=timezone.now())
        except Refused as refused:
            return self.show(form, status=THROTTLED, problem=refused.message)
        return self.show(form, is_asked=True)

    def show(self, form: PortalLoginForm, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show the page."""
        return private(render(self.request, "quotes/portal_login.html", {"form": form, **more}, status=status))


@method_decorator([never_cache, sensitive_variables("token")], name="dispatch")
class PortalEnter(View):
    """The page behind a login link: opening it changes nothing, since mail scanners follow links; the button does."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show whose portal it opens."""
        link = find_link(token, at=timezone.now())
        if link is None:
            return self.nothing(request)
        return private(render(request, "quotes/portal_enter.html", {"partner": link.partner}))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Come in, once."""
        at = timezone.now()
        try:
            partner = use_link(token, at=at)
        except Refused:
            return self.nothing(request)
        enter(request, partner, at=at)
        several = len(partners_of(request, at=at)) > 1
        return HttpResponseRedirect(reverse("portal:choose" if several else "portal:overview"))

    def nothing(self, request: HttpRequest) -> HttpResponse:
        """Say that the link leads nowhere (any more)."""
        return private(render(request, "quotes/portal_gone.html", status=404))


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


@method_decorator(never_cache, name="dispatch")
class PartnerPage(View):
    """A page of the portal; `partner` is who came in, and everything it shows is that partner's."""

    at: datetime
    partner: Any

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> Any:
        """Let in who came in."""
        self.at = timezone.now()
        found = current_partner(request, at=self.at)
        if found is None:
            return HttpResponseRedirect(reverse("portal:login"))
        self.partner = found
        return super().dispatch(request, *args, **kwargs)

    @property
    def reader(self) -> Reader:
        """The partner's language and its client's zone."""
        return Reader(language_of(self.partner), self.partner.client.zone)

    @property
    def on(self) -> date:
        """The client's today."""
        day: date = self.at.astimezone(self.partner.client.zone).date()
        return day

    @property
    def voice(self) -> Voice:
        """The client speaking in the language of these pages."""
        return Voice(self.partner.client, PAGE_LANGUAGE, self.on, self.at)

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
        }
        return private(render(self.request, template, {**frame, **context}, status=status))

    def limit_context(self) -> dict[str, Any]:
        """How the limit stands, in words and as a bar, and why nothing may be ordered on it."""
        exposure = exposure_of(self.partner)
        allowance = open_allowance(self.partner, on=self.on)
        return {
            "exposure": exposure,
            "left": left_text(exposure, self.reader),
            "meter": meter(exposure, self.reader, width=160),
            "warn_at": WARN_AT_PERCENT,
            "is_per_order": self.partner.scope == LimitScope.PER_ORDER,
            "refusal": terms_refusal(self.partner, self.partner.currency, on=self.on),
            "allowed_minor": allowance.amount_minor if allowance else 0,
        }

    def lines(self, purchases: Any) -> list[dict[str, Any]]:
        """Orders as the partner reads them: no word of ladders and holds."""
        return [
            {
                "purchase": purchase,
                "status": status_of(purchase, self.on),
                "overdue": days_overdue(purchase, self.on),
                "link": reverse("portal:order", args=[purchase.reference]),
            }
            for purchase in purchases
        ]


def status_of(purchase: Purchase, on: date) -> Any:
    """The status as a badge, without what is internal: no level, no hold."""
    shown = badge(purchase.status_label, "amber" if days_overdue(purchase, on) else TONES[purchase.status])
    return format_html('{} <span class="tag">TEST</span>', shown) if purchase.is_test else shown


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
                "documents": documents[:NEWEST],
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
                "contacts": purchase.contacts.order_by("kind", "pk"),
                "documents": Document.objects.filter(purchase=purchase).defer("data").order_by("-issued_at", "-pk"),
                "bank": bank,
                "is_prepaid": purchase.status == Status.AWAITING_OFFLINE_PAYMENT,
                "takes_of_limit": purchase.is_po and purchase.status in RECEIVABLE,
            },
        )


class PortalDocument(PartnerPage):
    """A document's PDF."""

    def get(self, request: HttpRequest, number: str) -> HttpResponse:
        """Send it, to be read in the browser."""
        document = self.documents.filter(number=number).first()
        if document is None:
            raise Http404
        try:
            file = render_document(document, at=self.at)
        except (PdfUnavailableError, PdfTimeoutError):
            return private(render(request, "quotes/portal_no_pdf.html", {"document": document}, status=503))
        answer = HttpResponse(bytes(file.content), content_type="application/pdf")
        answer["Content-Disposition"] = content_disposition_header(False, document.filename) or "inline"  # noqa: FBT003
        answer["X-Content-Type-Options"] = "nosniff"
        return private(answer)
