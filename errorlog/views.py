"""The error log: what failed and needs somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.urls import reverse

from accounts.roles import Right
from core.views import ActionView, DetailPage, Empty, ListPage, Segment
from errorlog import services
from errorlog.filters import ErrorFilter
from errorlog.models import ErrorRecord
from errorlog.tables import ErrorTable, type_badge

if TYPE_CHECKING:
    from collections.abc import Sequence

NEWEST_CHANGES = 20


def _errors() -> Any:
    return ErrorRecord.objects.select_related("client", "office")


class ErrorList(ListPage):
    """All failures; Done is set in the row."""

    right = Right.ERRORS
    title = "Error log"
    template_name = "errorlog/list.html"
    table_class = ErrorTable
    filterset_class = ErrorFilter
    noun = ("error", "errors")
    empty = Empty(
        "No errors",
        "What fails and needs somebody stands here: keys that could not be delivered, e-mails that were refused, "
        "payments that fit no purchase.",
    )

    def get_rows(self) -> Any:
        """All errors."""
        return _errors()

    def segments(self) -> Sequence[Segment]:
        """What is left to do first."""
        return (
            Segment("open", "Open", lambda rows: rows.filter(is_done=False)),
            Segment("done", "Done", lambda rows: rows.filter(is_done=True)),
            Segment("all", "All"),
        )

    def context(self) -> dict[str, Any]:
        """The list, and a key for the one form of its Done boxes."""
        context = super().context()
        # an empty first tab is an empty list, not a search without a hit
        is_default = context["shown"] == self.segments()[0].key
        return {**context, "shown": "" if is_default else context["shown"], "form_key": uuid4().hex}


class ErrorDetail(DetailPage):
    """One failure with its whole note and history."""

    right = Right.ERRORS
    template_name = "errorlog/detail.html"

    def get_rows(self) -> Any:
        """All errors."""
        return _errors()

    def context(self) -> dict[str, Any]:
        """The error and what became of it."""
        changes = self.row.history.select_related("history_user").order_by("-history_date", "-history_id")
        return {
            "row": self.row,
            "type": type_badge(self.row),
            "changes": changes[:NEWEST_CHANGES],
            "form_key": uuid4().hex,
        }


class _ErrorAct(ActionView):
    """What acts on errors have in common."""

    right = Right.ERRORS

    def get_rows(self) -> Any:
        """All errors."""
        return _errors()

    def home(self) -> str:
        """The error's page."""
        return reverse("errorlog:detail", args=[self.row.pk])


class ErrorDone(_ErrorAct):
    """The cause is remedied."""

    title = "Mark done"
    action = services.mark_done

    def sentence(self) -> str:
        """What was done."""
        return f"Error #{self.row.pk} is done."


class ErrorReopen(_ErrorAct):
    """Take back a Done."""

    title = "Reopen"
    action = services.reopen

    def sentence(self) -> str:
        """What was done."""
        return f"Error #{self.row.pk} is open again."
