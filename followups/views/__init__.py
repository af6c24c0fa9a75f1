"""Follow-ups: what is still to be done, by whom, until when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.urls import reverse

from accounts.roles import Right
from core.views import DetailPage, Empty, ListPage, Segment
from followups.filters import FollowUpFilter
from followups.selectors import concerning
from followups.tables import FollowUpTable, about_link, category_badge, due_cell, whose

if TYPE_CHECKING:
    from collections.abc import Sequence

NEWEST_CHANGES = 20
BULK_ACTS = (
    ("followups:done_many", "Mark done", "check", "d"),
    ("followups:snooze_many", "Snooze", "clock", "s"),
    ("followups:assign_many", "Assign", "user-round", "a"),
)


class FollowUpList(ListPage):
    """What is to be done; Done is set in the row."""

    right = Right.FOLLOW_UPS
    title = "Follow-ups"
    template_name = "followups/list.html"
    table_class = FollowUpTable
    filterset_class = FollowUpFilter
    is_exportable = True
    noun = ("follow-up", "follow-ups")
    is_personal = True
    empty = Empty(
        "Nothing to follow up",
        "Reminders stand here: those you add, and those the product opens, such as a PO document that waits "
        "for its review.",
    )

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user)

    def segments(self) -> Sequence[Segment]:
        """What is current first; general ones are a team's or everybody's, personal ones the user's own."""
        return (
            Segment("current", "Current", lambda rows: rows.filter(done_at=None)),
            Segment("overdue", "Overdue", lambda rows: rows.filter(done_at=None, due_at__lt=self.at)),
            Segment(
                "today",
                "Later today",
                lambda rows: rows.filter(done_at=None, due_at__gte=self.at, due_at__lt=self.tonight),
            ),
            Segment("general", "General", lambda rows: rows.filter(done_at=None, assignee=None)),
            Segment("mine", "Personal", lambda rows: rows.filter(done_at=None, assignee=self.user)),
            Segment("done", "Done", lambda rows: rows.exclude(done_at=None)),
            Segment("all", "All"),
        )

    @property
    def tonight(self) -> datetime:
        """When the user's day ends."""
        return datetime.combine(self.today + timedelta(days=1), time.min, self.user.zone)

    def make_table(self) -> FollowUpTable:
        """The table, as of now."""
        return FollowUpTable(self.at)

    def context(self) -> dict[str, Any]:
        """The list with its bulk bar, and a key for the one form of its Done boxes."""
        context = super().context()
        # an empty first tab is an empty list, not a search without a hit
        is_default = context["shown"] == self.segments()[0].key
        return {
            **context,
            "shown": "" if is_default else context["shown"],
            "form_key": uuid4().hex,
            "bulk_acts": [
                {"link": reverse(page), "label": label, "icon": icon, "key": key}
                for page, label, icon, key in BULK_ACTS
            ],
        }


class FollowUpDetail(DetailPage):
    """One follow-up with its note, the ones before and after it, and its history."""

    right = Right.FOLLOW_UPS
    template_name = "followups/detail.html"

    def get_rows(self) -> Any:
        """Those that concern the user."""
        return concerning(self.user).select_related("created_by", "done_by", "previous")

    def context(self) -> dict[str, Any]:
        """The follow-up and what became of it."""
        changes = self.row.history.select_related("history_user").order_by("-history_date", "-history_id")
        return {
            "row": self.row,
            "category": category_badge(self.row),
            "due": due_cell(self.row, self.at, self.reader),
            "whose": whose(self.row),
            "about": about_link(self.row),
            "following": concerning(self.user).filter(previous=self.row).order_by("pk"),
            "previous": concerning(self.user).filter(pk=self.row.previous_id).first(),
            "changes": changes[:NEWEST_CHANGES],
            "form_key": uuid4().hex,
        }
