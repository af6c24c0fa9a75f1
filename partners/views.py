"""Partners: who may order how much on purchase order, and what of it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts.roles import Right
from core.tables import page_of
from core.views import ActionView, DetailPage, Empty, ListPage, Segment
from partners import services
from partners.filters import PartnerFilter
from partners.forms import PartnerForm
from partners.models import LimitEntry, Partner, PartnerStatus
from partners.selectors import Exposure, exposure_picture, newest_entries, outstanding, with_outstanding
from partners.tables import PartnerTable, left_text, meter, status_badge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms

LEDGER_PAGE = 25
NEWEST_CHANGES = 8


class PartnerList(ListPage):
    """All partners with their limits."""

    right = Right.SEARCH
    title = "Partners"
    table_class = PartnerTable
    filterset_class = PartnerFilter
    noun = ("partner", "partners")
    empty = Empty(
        "No partners yet",
        "Resellers that buy on purchase order stand here with their limit and what is left of it. "
        "They come from the world file with the rest of a client's data.",
    )

    def get_rows(self) -> Any:
        """Partners with what is outstanding."""
        return with_outstanding(Partner.objects.select_related("client"))

    def segments(self) -> Sequence[Segment]:
        """All, then one by one the statuses."""
        return (
            Segment("all", "All"),
            Segment("accepted", "Accepted", lambda rows: rows.filter(status=PartnerStatus.ACCEPTED)),
            Segment("in_review", "In review", lambda rows: rows.filter(status=PartnerStatus.IN_REVIEW)),
            Segment("rejected", "Rejected", lambda rows: rows.filter(status=PartnerStatus.REJECTED)),
        )


class PartnerDetail(DetailPage):
    """One partner: limit, exposure, open orders, ledger."""

    right = Right.SEARCH
    template_name = "partners/detail.html"

    def get_rows(self) -> Any:
        """Any partner."""
        return with_outstanding(Partner.objects.select_related("client", "customer"))

    def context(self) -> dict[str, Any]:
        """The partner, how its limit stands and how it came to that."""
        partner = self.row
        exposure = Exposure(partner.limit_minor, partner.outstanding_minor, partner.currency)
        on = self.at.astimezone(partner.client.zone).date()
        ledger = LimitEntry.objects.filter(partner=partner).select_related("by")
        return {
            "row": partner,
            "status": status_badge(partner),
            "is_expired": partner.valid_until is not None and partner.valid_until < on,
            "exposure": exposure,
            "left": left_text(exposure, self.reader),
            "meter": meter(exposure, self.reader, width=120),
            "picture": exposure_picture(newest_entries(partner), at=self.at),
            "ledger": page_of(ledger, sort="-at", query=self.request.GET, size=LEDGER_PAGE),
            "changes": partner.history.select_related("history_user").order_by("-history_date", "-history_id")[
                :NEWEST_CHANGES
            ],
            "on": on,
        }


class PartnerEdit(ActionView):
    """Change what a partner may do."""

    right = Right.PARTNERS
    title = "Edit"
    button = "Save"
    form_class = PartnerForm
    action = services.change_partner

    def get_rows(self) -> Any:
        """Any partner."""
        return Partner.objects.select_related("client")

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form in the limit's currency."""
        return PartnerForm(data, files, initial=self.get_initial(), limit=self.row.limit, language=self.user.language)

    def get_initial(self) -> dict[str, Any]:
        """The partner as it is."""
        names = ("status", "scope", "valid_until", "is_po_enabled", "month_end_statement")
        return {name: getattr(self.row, name) for name in names} | {"limit": self.row.limit.amount}

    def consequences(self) -> list[str]:
        """Say what a change does to new and to open orders."""
        used = outstanding(self.row)
        reader = self.user.language
        return [
            f"Now {used.format(reader)} of {self.row.limit.format(reader)} is outstanding.",
            "A new limit counts for new orders at once; open orders stay, also above a lower limit.",
            "Only accepted partners may order; a partner with a month-end statement gets no payment notices.",
            "The change is kept with your name; a changed limit stands in the ledger with your comment.",
        ]

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row.company} is changed."

    def home(self) -> str:
        """The partner's page."""
        return reverse("partners:detail", args=[self.row.pk])
