"""The viewer: one purchase with everything recorded about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, prefetch_related_objects
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from accounts.roles import Right
from core.neighbors import neighbors
from core.tables import address, page_of
from core.views import DetailPage
from customers.models import ContactKind
from errorlog.models import ErrorRecord
from errorlog.tables import next_try, type_badge
from purchases.models import HistoryEntry, LicenseKey, Nature, PoDocument, Purchase, PurchaseFile
from purchases.policy import Buyer, warnings
from purchases.selectors import documents_of, review_of
from purchases.selectors.viewer import standing_of, with_counts
from purchases.services.correction import correction_refusal
from purchases.states import QUOTES, RECEIVABLE, Status
from purchases.tables import days_overdue, status_cell
from purchases.views.acts import action_bar
from purchases.views.emails import email_rows
from purchases.views.tax import tax_context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User
    from core.neighbors import Neighbors

TABS: dict[str, str] = {
    "general": "General Info",
    "items": "Items",
    "delivery": "Delivery Info",
    "payments": "Payment Log",
    "po": "Purchase Order",
    "documents": "Documents",
    "followups": "Follow-ups",
    "errors": "Errors",
    "history": "History",
}
"""The parts of a purchase; their numbers, from 1, are the keys that open them."""
RIGHTS: dict[str, Right] = {"followups": Right.FOLLOW_UPS, "errors": Right.ERRORS}
OWN_TO_A_TAB = ("after", "before", "nature", "q")
ENTRIES_A_PAGE = 100
MOST_PRINTED = 500
LONGEST_WORDS = 100
EVENT_ICONS: dict[str, tuple[str, str]] = {
    "placed": ("shopping-cart", ""),
    "document": ("file-down", "blue"),
    "converted": ("file-check", "blue"),
    "accepted": ("circle-check", "green"),
    "revised": ("file-pen-line", "blue"),
    "extended": ("calendar-plus", "blue"),
    "expired": ("calendar-x", "amber"),
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
    "x_parameter": ("tag", "blue"),
    "file": ("paperclip", "blue"),
}
METHOD_ICONS: dict[str, str] = {
    "email": "mail",
    "phone": "phone",
    "fax": "printer",
    "letter": "mail-open",
    "web": "globe",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the purchase: its name in the address, its words, its key, how many it holds (0: not said)."""

    key: str
    label: str
    number: int
    link: str
    is_current: bool
    count: int


def reads_internal(user: User) -> bool:
    """Whether what is internal to the platform is for this user."""
    return user.may(Right.INTERNAL_HISTORY)


def entries_for(purchase: Purchase, user: User) -> QuerySet[HistoryEntry]:
    """The history as this user may read it, newest first; what is internal stays with the platform."""
    entries = HistoryEntry.objects.filter(purchase=purchase).select_related("by").order_by("-at", "-pk")
    return entries if reads_internal(user) else entries.filter(is_internal=False)


def files_for(purchase: Purchase, user: User) -> QuerySet[PurchaseFile]:
    """The attachments that this user may see, newest first, without their bytes."""
    files: QuerySet[Any] = PurchaseFile.objects.filter(purchase=purchase).select_related("added_by").defer("content")
    files = files.order_by("-added_at", "-pk")
    return files if reads_internal(user) else files.filter(is_internal=False)


def with_icons(entries: Iterable[HistoryEntry]) -> list[tuple[HistoryEntry, str, str]]:
    """Each entry with its icon and tone."""
    shown = []
    for entry in entries:
        name, tone = EVENT_ICONS.get(entry.event, ("", ""))
        if not name:
            name, tone = (
                ("bell-ring", "red") if entry.event.startswith(("notice", "pdn", "dunning")) else ("circle-dot", "")
            )
        shown.append((entry, METHOD_ICONS.get(entry.method, name) if name == "circle-dot" else name, tone))
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
        "is_quote": purchase.status in QUOTES,
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

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show the page; of a tab that was clicked only what changes."""
        if self.is_htmx and request.htmx.target == "parts":  # type: ignore[attr-defined]
            answer = render(request, "purchases/_parts.html", {"at": self.at, "purchase": self.row, **self.parts()})
        else:
            answer = render(request, self.template_name, {"at": self.at, **self.context()})
        patch_vary_headers(answer, ["HX-Request"])
        return answer

    def context(self) -> dict[str, Any]:
        """The header, the customer, the latest activity, and the chosen tab; only that tab's rows are read."""
        return {
            **preview_context(self.row, user=self.user, at=self.at),
            **self.parts(),
            "list_query": self.request.GET.get("list"),
            "standing": standing_of(self.row.customer),
        }

    def parts(self) -> dict[str, Any]:
        """The tabs, and what the chosen one shows."""
        asked = self.request.GET.get("tab", "")
        mine = {key: label for key, label in TABS.items() if key not in RIGHTS or self.user.may(RIGHTS[key])}
        shown = asked if asked in mine else "general"
        stay: dict[str, None] = dict.fromkeys(OWN_TO_A_TAB)
        tabs = [
            Tab(key, label, number, address(self.request.GET, **stay, tab=key), key == shown, self.counts.get(key, 0))
            for number, (key, label) in enumerate(TABS.items(), start=1)
            if key in mine
        ]
        return {
            "tabs": tabs,
            "tab": shown,
            "tab_label": TABS[shown],
            "tab_template": f"purchases/_tab_{shown}.html",
            "neighbors": self.neighbors(),
            "stay": address(self.request.GET, **stay),
            **getattr(self, f"{shown}_tab")(),
        }

    def get_rows(self) -> Any:
        """The purchase, with how much some of its tabs hold and why it was reviewed or not."""
        return with_counts(super().get_rows(), shows_internal=reads_internal(self.user))

    @property
    def counts(self) -> dict[str, int]:
        """How much some of the tabs hold."""
        row = self.row
        return {
            "items": row.item_count,
            "documents": row.document_count + row.joint_count + row.file_count,
            "errors": row.error_count,
        }

    def neighbors(self) -> Neighbors | None:
        """Where it stands in the list that it was opened from; none when it was opened from elsewhere."""
        query = self.request.GET.get("list")
        if query is None:
            return None
        return neighbors(self.request, reverse("purchases:list"), query, row=self.row, lookup="reference", at=self.at)

    @property
    def contacts(self) -> list[Any]:
        """Billing, delivery, licensee, as given with the order; read once."""
        prefetch_related_objects([self.row], "contacts")
        return sorted(self.row.contacts.all(), key=lambda contact: (contact.kind, contact.pk))

    def general_tab(self) -> dict[str, Any]:
        """Contacts, facts of the order, x-parameters."""
        known = {contact.kind for contact in self.contacts}
        may_correct = self.user.may(Right.CORRECT)
        free = [kind for kind in ContactKind.values if not correction_refusal(self.row, kind)]
        return {
            "contacts": self.contacts,
            "x_parameters": self.row.x_parameters.order_by("key"),
            "policy": self.row.policy,
            "correctable": free if may_correct else [],
            **tax_context(self.row, user=self.user, at=self.at),
            "missing_contacts": [(kind.value, kind.label) for kind in ContactKind if kind.value not in known],
        }

    def items_tab(self) -> dict[str, Any]:
        """The lines and their totals."""
        return {"items": self.row.items.order_by("position"), **tax_context(self.row, user=self.user, at=self.at)}

    def delivery_tab(self) -> dict[str, Any]:
        """Keys and e-mails."""
        keys = (
            LicenseKey.objects.filter(item__purchase=self.row).select_related("item").order_by("item__position", "pk")
        )
        return {"keys": keys, **email_rows(self.row, user=self.user, reader=self.reader)}

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
            "review": review_of(self.row) if self.row.check_count else None,
            "policy": self.row.policy,
            "review_why": self.row.placed_detail,
            "is_receivable": self.row.status in RECEIVABLE,
        }

    def checklist(self) -> list[tuple[bool, str]]:
        """What a reviewer looks at, each with whether it is met."""
        row = self.row
        buyer = Buyer(type=row.customer_type, company=row.billing_company, country=row.billing_country or "")
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
        return {"documents": issued, "files": files_for(self.row, self.user)}

    def followups_tab(self) -> dict[str, Any]:
        """What `followups` says of it; that app is above this one and has a tag for it."""
        return {}

    def errors_tab(self) -> dict[str, Any]:
        """What failed, the newest first."""
        found = ErrorRecord.objects.filter(reference=self.row.reference, client=self.row.client)
        rows = found.select_related("office").order_by("-created_at", "-pk")
        return {"errors": [(entry, type_badge(entry), next_try(entry, self.reader)) for entry in rows]}

    def history_tab(self) -> dict[str, Any]:
        """Everything that happened, newest first, a page at a time; by nature and words where asked."""
        asked = self.request.GET
        nature, words = asked.get("nature", ""), asked.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS]
        entries = entries_for(self.row, self.user)
        if nature in Nature.values:
            entries = entries.filter(nature=nature)
        for word in words.split():
            entries = entries.filter(Q(note__icontains=word) | Q(reason__icontains=word) | Q(detail__icontains=word))
        page = page_of(entries, sort="-at", query=asked, size=ENTRIES_A_PAGE)
        return {
            "entries": with_icons(page.rows),
            "page": page,
            "natures": [(value, label, value == nature) for value, label in Nature.choices],
            "words": words,
            "is_filtered": bool(nature in Nature.values or words),
        }


class PurchasePrint(PurchaseViewer):
    """All of it on paper: parties, items, money, documents, history."""

    template_name = "purchases/print.html"

    def context(self) -> dict[str, Any]:
        """What all tabs show that is of use on paper."""
        entries = list(entries_for(self.row, self.user)[: MOST_PRINTED + 1])
        return {
            **head_context(self.row, at=self.at),
            "contacts": self.contacts,
            "x_parameters": self.row.x_parameters.order_by("key"),
            **self.items_tab(),
            **self.delivery_tab(),
            **self.payments_tab(),
            **self.po_tab(),
            **self.documents_tab(),
            "entries": entries[:MOST_PRINTED],
            "has_more": len(entries) > MOST_PRINTED,
        }
