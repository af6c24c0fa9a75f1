"""The viewer: one purchase with everything recorded about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from accounts.roles import Right
from core.pdf import PdfTimeoutError, PdfUnavailableError
from core.views import DetailPage
from customers.models import ContactKind
from errorlog.models import ErrorRecord
from errorlog.tables import next_try, type_badge
from purchases.models import HistoryEntry, LicenseKey, PoDocument, Purchase
from purchases.policy import Buyer, warnings
from purchases.selectors import documents_of, emails_of, review_of
from purchases.services.correction import correction_refusal
from purchases.services.documents import render_document
from purchases.states import RECEIVABLE, Status
from purchases.tables import days_overdue, status_cell
from purchases.views.acts import action_bar

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User

TABS: dict[str, str] = {
    "general": "General Info",
    "items": "Items",
    "delivery": "Delivery Info",
    "payments": "Payment Log",
    "po": "Purchase Order",
    "documents": "Documents",
    "errors": "Errors",
    "history": "History",
}
MOST_ENTRIES = 200
UPLOAD_TYPES = frozenset({"application/pdf", "image/png", "image/jpeg"})
EVENT_ICONS: dict[str, tuple[str, str]] = {
    "placed": ("shopping-cart", ""),
    "document": ("file-down", "blue"),
    "converted": ("file-check", "blue"),
    "approved": ("check", "violet"),
    "released": ("check-check", "green"),
    "rejected": ("x", "red"),
    "canceled": ("ban", "red"),
    "payment": ("banknote", "green"),
    "refunded": ("undo-2", "amber"),
    "returned": ("banknote-x", "amber"),
    "charged_back": ("landmark", "red"),
    "reinstated": ("rotate-ccw", "green"),
    "deactivated": ("key-round", "red"),
    "corrected": ("pencil", "blue"),
    "delivered": ("key-round", "blue"),
    "settled": ("check-check", "green"),
    "term": ("calendar-clock", "blue"),
    "link": ("link", ""),
}


def entries_for(purchase: Purchase, user: User) -> QuerySet[HistoryEntry]:
    """The history as this user may read it, newest first; what is internal stays with the platform."""
    entries = HistoryEntry.objects.filter(purchase=purchase).select_related("by").order_by("-at", "-pk")
    return entries if user.may(Right.INTERNAL_HISTORY) else entries.filter(is_internal=False)


def with_icons(entries: QuerySet[HistoryEntry]) -> list[tuple[HistoryEntry, str, str]]:
    """Each entry with its icon and tone."""
    shown = []
    for entry in entries:
        name, tone = EVENT_ICONS.get(entry.event, ("", ""))
        if not name:
            name, tone = (
                ("bell-ring", "red") if entry.event.startswith(("notice", "pdn", "dunning")) else ("circle-dot", "")
            )
        shown.append((entry, "mail" if entry.method == "email" and name == "circle-dot" else name, tone))
    return shown


def head_context(purchase: Purchase, *, at: datetime) -> dict[str, Any]:
    """What the header and the drawer say about a purchase's state and money."""
    today = at.astimezone(purchase.client.zone).date()
    overdue = days_overdue(purchase, today)
    return {
        "purchase": purchase,
        "status": status_cell(purchase, today, is_short=False),
        "overdue": overdue,
        "is_dunned": purchase.is_po and purchase.status == Status.PURCHASE_ORDER,
        "levels": [level <= purchase.dunning_level for level in (1, 2, 3)],
        "held": purchase.is_held(today),
        "promised": purchase.is_promised(today),
    }


def preview_context(purchase: Purchase, *, user: User, at: datetime) -> dict[str, Any]:
    """What the drawer shows."""
    return {
        **head_context(purchase, at=at),
        "activity": with_icons(entries_for(purchase, user)[:6]),
        "bar": action_bar(purchase, user),
    }


class PurchasePage(DetailPage):
    """A page about one purchase."""

    right = Right.SEARCH
    lookup = "reference"

    def get_rows(self) -> Any:
        """Purchases with their parties."""
        return Purchase.objects.with_parties()


class PurchasePreview(PurchasePage):
    """The drawer beside the list."""

    template_name = "purchases/_preview.html"

    def context(self) -> dict[str, Any]:
        """State, money, customer, the latest activity."""
        return preview_context(self.row, user=self.user, at=self.at)


class PurchaseViewer(PurchasePage):
    """The whole purchase: header, action bar, and the tab in the address."""

    template_name = "purchases/viewer.html"

    def context(self) -> dict[str, Any]:
        """The header and the chosen tab; only that tab's rows are read."""
        asked = self.request.GET.get("tab", "")
        tabs = {key: label for key, label in TABS.items() if key != "errors" or self.user.may(Right.ERRORS)}
        tab = asked if asked in tabs else "general"
        return {
            **preview_context(self.row, user=self.user, at=self.at),
            "tabs": [(key, label, key == tab) for key, label in tabs.items()],
            "tab": tab,
            "tab_label": TABS[tab],
            "tab_template": f"purchases/_tab_{tab}.html",
            "billing": next((c for c in self.contacts if c.kind == "billing"), None),
            "contacts": self.contacts,
            **getattr(self, f"{tab}_tab")(),
        }

    @property
    def contacts(self) -> list[Any]:
        """Billing, delivery, licensee, as given with the order; read once."""
        if not hasattr(self, "_contacts"):
            self._contacts = list(self.row.contacts.order_by("kind", "pk"))
        return self._contacts

    def general_tab(self) -> dict[str, Any]:
        """Contacts, facts of the order, x-parameters."""
        known = {contact.kind for contact in self.contacts}
        may_correct = self.user.may(Right.CORRECT)
        free = [kind for kind in ContactKind.values if not correction_refusal(self.row, kind)]
        return {
            "x_parameters": self.row.x_parameters.order_by("key"),
            "correctable": free if may_correct else [],
            "missing_contacts": [(kind.value, kind.label) for kind in ContactKind if kind.value not in known],
        }

    def items_tab(self) -> dict[str, Any]:
        """The lines and their totals."""
        return {"items": self.row.items.order_by("position")}

    def delivery_tab(self) -> dict[str, Any]:
        """Keys and e-mails."""
        keys = (
            LicenseKey.objects.filter(item__purchase=self.row).select_related("item").order_by("item__position", "pk")
        )
        return {"keys": keys, "emails": emails_of(self.row).order_by("-created_at", "-pk")}

    def payments_tab(self) -> dict[str, Any]:
        """Money in and out, in the order in which it moved."""
        payments = [(True, payment) for payment in self.row.payments.select_related("by", "bank_line__statement")]
        refunds = [
            (False, refund)
            for refund in self.row.refunds.select_related("by", "credit_note").prefetch_related("items__item")
        ]
        return {"movements": sorted(payments + refunds, key=lambda movement: (movement[1].at, movement[1].pk))}

    def po_tab(self) -> dict[str, Any]:
        """The customer's document, the reviewer's checklist, the terms."""
        documents = PoDocument.objects.filter(purchase=self.row).select_related("received_by").defer("content")
        return {
            "po_documents": documents.order_by("-received_at", "-pk"),
            "checklist": self.checklist(),
            "review": review_of(self.row),
            "policy": self.row.policy,
            "review_why": HistoryEntry.objects.filter(purchase=self.row, event="placed")
            .values_list("detail", flat=True)
            .first(),
            "is_receivable": self.row.status in RECEIVABLE,
        }

    def checklist(self) -> list[tuple[bool, str]]:
        """What a reviewer looks at, each with whether it is met."""
        row = self.row
        country = next((c.country for c in self.contacts if c.kind == "billing"), "")
        buyer = Buyer(type=row.customer_type, company=row.billing_company, country=country)
        outside = warnings(row.policy.terms, buyer, row.gross)
        number_needed = row.policy.po_number_required
        checks = [
            (row.document_received_at is not None, "PO document received"),
            (
                bool(row.po_number) or not number_needed,
                f"PO number {row.po_number or 'missing'}"
                + ("" if number_needed or row.po_number else " (not required)"),
            ),
            (bool(row.billing_company), f"Company: {row.billing_company or 'missing'}"),
            (not outside, "Inside the policy: on request, customer type, amount"),
            *((False, line) for line in outside),
        ]
        if row.policy.four_eyes:
            checks.append((row.approved_at is not None, "First of two approvals given"))
        return checks

    def documents_tab(self) -> dict[str, Any]:
        """Invoices, notices and all else that was issued."""
        issued = documents_of(self.row).select_related("corrects")
        issued = issued.defer("data", "corrects__data").order_by("-issued_at", "-pk")
        return {"documents": issued}

    def errors_tab(self) -> dict[str, Any]:
        """What failed, the newest first."""
        found = ErrorRecord.objects.filter(reference=self.row.reference, client=self.row.client)
        rows = found.select_related("office").order_by("-created_at", "-pk")
        return {"errors": [(entry, type_badge(entry), next_try(entry, self.reader)) for entry in rows]}

    def history_tab(self) -> dict[str, Any]:
        """Everything that happened, newest first."""
        entries = list(entries_for(self.row, self.user)[: MOST_ENTRIES + 1])
        return {"entries": with_icons(entries[:MOST_ENTRIES]), "has_more": len(entries) > MOST_ENTRIES}  # type: ignore[arg-type]


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
        kind = found.content_type if found.content_type in UPLOAD_TYPES else "application/octet-stream"
        answer = _file(bytes(found.content), found.filename or "document", kind, is_attachment=True)
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["Cache-Control"] = "private, no-store"
        return answer


def _file(content: bytes, filename: str, kind: str, *, is_attachment: bool) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(is_attachment, filename) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
