"""The review desk: the customer's document beside the order, a checklist between them, from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.roles import Right
from core.pages import WIDTHS
from core.picturing import Pages, page_answer, pages_of, zoom_of
from core.refused import Refused
from core.tables import money_text
from core.views import INVALID, Page, chosen_client
from purchases import forms
from purchases.models import PoDocument, Purchase
from purchases.selectors import CHECKLIST, others_with_po_number, review_of
from purchases.services.release import reviewer_refusal
from purchases.services.review import ask_again, check_line
from purchases.states import RELEASE
from purchases.tables import desk_link, status_cell
from purchases.views.acts import ACTS, Button, PurchaseAct, why_not
from purchases.views.lists import review_segments
from purchases.views.viewer import PurchasePage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.forms import Form
    from django.http import HttpRequest

    from accounts.models import Client, User
    from core.tables import Reader
    from purchases.models import PurchaseContact, ReviewCheck
    from purchases.querysets import PurchaseQuerySet

PAPER = "po"
"""What these files are known by among those whose pages are drawn."""
LONGEST_QUEUE = 1000
LARGEST_KEY = 2**63 - 1
DESK_ACTS = ("purchases:release", "purchases:reject", "purchases:ask_again", "purchases:receive")
BY_CHANNEL = {
    "email": "Came by e-mail: the attached order has to be on company letterhead.",
    "fax": "Came by fax: it has to be signed by hand.",
    "letter": "Came by letter: it has to be signed by hand.",
    "upload": "Uploaded by the customer: it has to be on company letterhead and signed.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the checklist: what the order says, to be found in the document, and what the reviewer found."""

    number: int
    key: str
    label: str
    facts: Sequence[tuple[str, str]]
    hint: str = ""
    check: ReviewCheck | None = None
    is_older: bool = False
    others: Sequence[Purchase] = ()
    verdict: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Queue:
    """The review queue around one purchase; references, empty at its ends. `place` counts from 1, 0 is not in it."""

    previous: str = ""
    next: str = ""
    place: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """The document on the desk and its pages."""

    document: PoDocument
    pages: Pages


def queue_around(rows: Any, purchase: Purchase) -> Queue:
    """Find a purchase's neighbors in the queue, longest waiting first; also of one that has left it. One query."""
    found = list(rows.order_by("ordered_at", "pk").values_list("ordered_at", "pk", "reference")[:LONGEST_QUEUE])
    here = (purchase.ordered_at, purchase.pk)
    before = [row for row in found if row[:2] < here]
    after = [row for row in found if row[:2] > here]
    is_in = len(before) + len(after) < len(found)
    return Queue(
        previous=before[-1][2] if before else "",
        next=after[0][2] if after else "",
        place=len(before) + 1 if is_in else 0,
        count=len(found),
    )


class Desk(PurchasePage):
    """What the pages of the desk know: the purchase, the tab of the queue, the checklist."""

    @property
    def show(self) -> str:
        """The tab of the queue that is worked through; empty is all."""
        asked = self.request.POST.get("show") or self.request.GET.get("show") or ""
        return asked if asked in {segment.key for segment in review_segments(self.user)} else ""

    @cached_property
    def documents(self) -> list[PoDocument]:
        """The documents that came in, newest first, without their bytes."""
        rows: Any = PoDocument.objects.filter(purchase=self.row).select_related("received_by").defer("content")
        return list(rows.order_by("-received_at", "-pk"))

    def checklist_context(self) -> dict[str, Any]:
        """What the checklist shows."""
        row, review = self.row, review_of(self.row)
        is_open = row.status in RELEASE.sources
        may_not = reviewer_refusal(row, self.user) if is_open else ""
        return {
            "purchase": row,
            "lines": checklist(row, review.checks, self.documents, self.reader),
            "progress": review.progress,
            "met_count": len(review.met),
            "line_count": len(CHECKLIST),
            "may_check": is_open and not may_not,
            "may_not": may_not,
            "show": self.show,
        }


class ReviewDesk(Desk):
    """The document on the left, the order's values to be compared with it on the right, the acts above."""

    template_name = "purchases/desk.html"

    def context(self) -> dict[str, Any]:
        """Document, checklist, acts, neighbors."""
        row = self.row
        queue = queue_around(waiting_for(self.user, chosen_client(self.request), self.show), row)
        return {
            **self.checklist_context(),
            "status": status_cell(row, self.at.astimezone(row.client.zone).date(), is_short=False),
            "documents": self.documents,
            "shown": self.shown,
            "zoom": zoom_of(self.request),
            "zooms": list(WIDTHS),
            "queue": queue,
            "previous": desk_url(queue.previous, self.show),
            "next": desk_url(queue.next, self.show),
            "acts": self.acts(),
            "is_waiting": row.status in RELEASE.sources,
            "is_asked": is_asked(row, self.documents),
        }

    def acts(self) -> list[Button]:
        """The acts of the desk; each decision leads on to the next purchase, a document that came in stays here."""
        row, here = self.row, desk_link(self.row, self.show)
        onward = f"{reverse('purchases:review_next')}?{urlencode({'after': row.reference, 'show': self.show})}"
        buttons = []
        for act in ACTS:
            if act.page in DESK_ACTS and row.status in act.sources:
                back = {"next": here} if act.page == "purchases:receive" else {"next": here, "onward": onward}
                link = f"{reverse(act.page, args=[row.reference])}?{urlencode(back)}"
                buttons.append(Button(act.label, act.icon, link, why_not(act, row, self.user), act.key))
        return buttons

    @property
    def shown(self) -> Shown | None:
        """The document that the address names, else the newest with a file, else the newest; none where none came."""
        if not self.documents:
            return None
        asked = self.request.GET.get("document", "")
        named = (document for document in self.documents if str(document.pk) == asked)
        filed = (document for document in self.documents if document.content_type)
        document = next(named, None) or next(filed, self.documents[0])
        return lay_out(document, self.row.reference, zoom=zoom_of(self.request))


class CheckLine(Desk):
    """A line of the checklist is ticked, found wanting, or opened again."""

    right = Right.RELEASE

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Nothing to see here: back to the desk."""
        return HttpResponseRedirect(desk_link(self.row, self.show))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Note it; answer with the line, where that is refused with the checklist, or without script with the desk."""
        row, problem = self.row, ""
        form = forms.CheckForm(request.POST)
        if not form.is_valid():
            problem = "There is no such line, or the note is longer than 300 characters."
        else:
            is_met = {"yes": True, "no": False}.get(form.cleaned_data["is_met"])
            key, note = form.cleaned_data["key"], form.cleaned_data["note"]
            try:
                check_line(row, by=self.user, at=self.at, key=key, is_met=is_met, note=note)
            except Refused as refused:
                problem = refused.message
        if self.is_htmx:
            return self.answer(form.cleaned_data.get("key", ""), problem)
        if problem:
            messages.error(request, problem)
        line = f"#line-{form.cleaned_data['key']}" if form.is_valid() else ""
        return HttpResponseRedirect(desk_link(row, self.show) + line)

    def answer(self, key: str, problem: str) -> HttpResponse:
        """Replace the line alone: others may be on their way, or being written in."""
        context = self.checklist_context()
        if problem:
            context["problem"] = problem
            answer = render(self.request, "purchases/_desk_checks.html", context, status=INVALID)
            answer["HX-Retarget"], answer["HX-Reswap"] = "#checklist", "outerHTML"
            return answer
        context["line"] = next(line for line in context["lines"] if line.key == key)
        return render(self.request, "purchases/_desk_answer.html", context)


class NextInReview(Page):
    """On to the purchase that comes next in the queue, else back to the queue."""

    right = Right.SEARCH

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Lead on from the purchase `after`, within the tab `show`."""
        show = request.GET.get("show", "")
        client = chosen_client(request)
        rows = waiting_for(self.user, client, show)
        after = request.GET.get("after", "")
        came_from = Purchase.objects.visible_to(self.user, client).filter(reference=after).first() if after else None
        if came_from:
            reference = queue_around(rows, came_from).next
        else:
            reference = rows.order_by("ordered_at", "pk").values_list("reference", flat=True).first() or ""
        if reference:
            return HttpResponseRedirect(desk_url(reference, show))
        if came_from:
            messages.info(request, "That was the last one of this list.")
        query = f"?{urlencode({'show': show})}" if show else ""
        return HttpResponseRedirect(reverse("purchases:review") + query)


class PoPage(PurchasePage):
    """One page of a document that came in, as a picture."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        rows = PoDocument.objects.filter(purchase=self.row, content__isnull=False).defer("content")
        found: Any = rows.filter(pk=min(self.kwargs["pk"], LARGEST_KEY)).first()
        if found is None:
            raise Http404
        return page_answer(request, found, name=PAPER, page=self.kwargs["page"])


class AskAgain(PurchaseAct):
    """Ask the customer for the document again."""

    right = Right.RELEASE
    act_page = "purchases:ask_again"
    title = "Ask again"
    button = "Send"
    form_class = forms.AskAgainForm
    action = staticmethod(ask_again)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Ask for the PO document of {self.row} again"

    def get_initial(self) -> dict[str, Any]:
        """What the checklist found wanting, or that there is no document at all."""
        if self.row.document_received_at is None:
            return {"points": ["document"]}
        return {"points": review_of(self.row).unmet}

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """The sentences name this purchase's reference number and amount."""
        amount = money_text(self.row.gross_minor, self.row.currency, self.reader)
        return forms.AskAgainForm(
            data, initial=self.get_initial(), values={"reference": self.row.reference, "gross": amount}
        )

    def consequences(self) -> list[str]:
        """An e-mail; everything else stays."""
        return [
            f"{self.row.billing_email} gets an e-mail.",
            "The order goes on waiting for its release, in the tab “Asked again” until a newer document is here.",
        ]

    def sentence(self) -> str:
        """Asked."""
        return f"The customer of {self.row.reference} is asked for the document again."


def desk_url(reference: str, show: str) -> str:
    """The desk of the purchase with this reference; empty for none."""
    return desk_link(Purchase(reference=reference), show) if reference else ""


def waiting_for(user: User, client: Client | None, show: str) -> PurchaseQuerySet:
    """The purchases of one tab of the queue that the user may see."""
    narrow = next((segment.narrow for segment in review_segments(user) if segment.key == show), None)
    rows = Purchase.objects.visible_to(user, client).awaiting_release()
    return narrow(rows) if narrow else rows


def is_asked(purchase: Purchase, documents: Sequence[PoDocument]) -> bool:
    """Whether the customer was asked again and no newer document is here."""
    asked_at = purchase.document_asked_at
    return asked_at is not None and not any(document.received_at > asked_at for document in documents)


# The document ------------------------------------------------------------------------------------------------------


def lay_out(document: PoDocument, reference: str, *, zoom: int) -> Shown:
    """Name the pages of a document, or say why there are none to see."""
    first = reverse("purchases:po_page", args=[reference, document.pk, 1])
    return Shown(document, pages_of(document, name=PAPER, link=first, zoom=zoom))


# The checklist ----------------------------------------------------------------------------------------------------


def checklist(
    purchase: Purchase, checks: Mapping[str, ReviewCheck], documents: Sequence[PoDocument], reader: Reader
) -> list[Line]:
    """Lay out the lines: for each what the order says, what to look for, and what was found."""
    items = list(purchase.items.order_by("position"))
    contacts = {contact.kind: contact for contact in purchase.contacts.all()}
    billing = contacts.get("billing")
    newest = documents[0] if documents else None
    others = others_with_po_number(purchase)

    def money(minor: int) -> str:
        return money_text(minor, purchase.currency, reader)

    facts: dict[str, list[tuple[str, str]]] = {
        "letterhead": [("", purchase.billing_company or "No company given")],
        "signature": [("", billing.name if billing and billing.name else purchase.billing_last_name or "–")],
        "reference": [("", purchase.reference)],
        "products": [("", f"{item.name} ({item.product_code})") for item in items],
        "quantities": [("", f"{item.quantity} × {item.product_code}") for item in items],
        "amount": [
            ("", f"{money(purchase.gross_minor)} {purchase.currency}"),
            (f"{money(purchase.net_minor)} net, {money(purchase.tax_minor)} tax", ""),
        ],
        "addresses": [
            (label, one_line_address(contacts[kind]))
            for kind, label in (("billing", "Billing"), ("delivery", "Delivery"))
            if kind in contacts
        ],
        "po_number": [("", purchase.po_number or "None given")],
    }
    hints = {"signature": BY_CHANNEL[newest.channel] if newest else ""}
    return [
        Line(
            number=number,
            key=key,
            label=label,
            facts=facts[key],
            hint=hints.get(key, ""),
            check=checks.get(key),
            is_older=key in checks and newest is not None and checks[key].at < newest.received_at,
            others=others if key == "po_number" else (),
            verdict=po_number_verdict(purchase, others) if key == "po_number" else ("", ""),
        )
        for number, (key, label) in enumerate(CHECKLIST.items(), start=1)
    ]


def po_number_verdict(purchase: Purchase, others: Sequence[Purchase]) -> tuple[str, str]:
    """Say whether the PO number is new for this customer, with the tone of the badge."""
    if not purchase.po_number.strip():
        return ("Required by the policy", "red") if purchase.policy.po_number_required else ("Not required", "gray")
    return ("Used before", "amber") if others else ("New for this customer", "green")


def one_line_address(contact: PurchaseContact) -> str:
    """An address in one line."""
    place = " ".join(part for part in (contact.postal_code, contact.city) if part)
    parts = (contact.company, contact.name, contact.street, place, contact.state, contact.country)
    return ", ".join(part for part in parts if part)
