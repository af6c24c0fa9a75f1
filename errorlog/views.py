"""The error log: what failed and needs somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Office
from accounts.roles import Right
from core.views import ActionView, BulkAction, DetailPage, Empty, ListPage, Segment, chosen_client
from errorlog import services
from errorlog.filters import ErrorFilter
from errorlog.forms import ErrorForm, OfficeForm
from errorlog.models import KEYS, ErrorRecord
from errorlog.tables import ErrorTable, next_try, type_badge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django_filters import FilterSet

    from accounts.models import Client, User

NEWEST_CHANGES = 20


def _errors() -> Any:
    return ErrorRecord.objects.select_related("client", "office")


def offices(user: User, client: Client | None) -> QuerySet[Office]:
    """The offices that may take care of errors: the platform's, and the client's (None is All Clients)."""
    only = client or user.client
    mine = Q(client=None) | Q(client=only) if only else Q()
    return Office.objects.filter(mine).order_by("name", "pk")


BULK_ACTS = (
    ("errorlog:done_many", "Mark done", "check", "d"),
    ("errorlog:retry_many", "Retry", "rotate-cw", "t"),
    ("errorlog:give_many", "Assign", "building-2", "a"),
)


class ErrorList(ListPage):
    """All failures; Done is set in the row."""

    right = Right.ERRORS
    title = "Error log"
    template_name = "errorlog/list.html"
    table_class = ErrorTable
    filterset_class = ErrorFilter
    is_exportable = True
    noun = ("error", "errors")
    is_personal = True
    empty = Empty(
        "No errors",
        "What fails and needs somebody stands here: keys that could not be delivered, e-mails that did not arrive, "
        "money that came late or was charged back, and failures nobody foresaw.",
    )

    def get_rows(self) -> Any:
        """All errors."""
        return _errors()

    def segments(self) -> Sequence[Segment]:
        """What is left to do first."""
        return (
            Segment("open", "Open", lambda rows: rows.filter(is_done=False)),
            Segment("keys", "Keys", lambda rows: rows.filter(is_done=False, type__in=KEYS)),
            Segment("client", "Client handles", lambda rows: rows.filter(is_done=False, client_handles=True)),
            Segment("done", "Done", lambda rows: rows.filter(is_done=True)),
            Segment("all", "All"),
        )

    def get_filterset(self) -> FilterSet:
        """The filter bar; the client only where several are mixed."""
        return ErrorFilter(
            self.request.GET,
            queryset=self.rows,
            zone=self.user.zone,
            offices=offices(self.user, chosen_client(self.request)),
            shows_clients=self.reader.shows_clients,
        )

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
            "next_try": next_try(self.row, self.reader),
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
        """What was done, and the way back; it sends the form “done” of the page it is shown on."""
        undo = reverse("errorlog:reopen", args=[self.row.pk])
        button = '<button class="btn btn-sm ghost" type="submit" form="done" formaction="{}">Undo</button>'
        return format_html("Error #{} is done. " + button, self.row.pk, undo)


class ErrorReopen(_ErrorAct):
    """Take back a Done."""

    title = "Reopen"
    action = services.reopen

    def sentence(self) -> str:
        """What was done."""
        return f"Error #{self.row.pk} is open again."


class ErrorRetry(_ErrorAct):
    """Try again now."""

    title = "Retry"
    action = services.retry_error

    def sentence(self) -> str:
        """What came of it."""
        if self.row.is_done:
            return f"Error #{self.row.pk} is done: nothing is missing any more."
        if self.row.type in KEYS:
            return f"Error #{self.row.pk}: the key generator is asked within a minute."
        return f"Error #{self.row.pk}: the endpoint is told again within seconds."


class ErrorEdit(_ErrorAct):
    """Change the note, and who takes care of it."""

    title = "Edit"
    button = "Save"
    form_class = ErrorForm
    action = services.edit_error

    def heading(self) -> str:
        """The error by its number."""
        return f"Error #{self.row.pk}"

    def get_initial(self) -> dict[str, Any]:
        """The error as it is."""
        return {"note": self.row.note, "office": self.row.office_id}

    def get_form(self, data: Any = None, files: Any = None) -> ErrorForm:
        """The form with the offices that may take care of it."""
        return ErrorForm(data, files, initial=self.get_initial(), offices=offices(self.user, self.row.client))

    def sentence(self) -> str:
        """What was done."""
        return f"Error #{self.row.pk} is saved."


class _ErrorBulk(BulkAction):
    """What acts on many errors have in common."""

    right = Right.ERRORS
    list_url = "errorlog:list"

    def get_rows(self) -> Any:
        """All errors."""
        return _errors()

    def link(self, row: ErrorRecord) -> str:
        """The error's page."""
        return reverse("errorlog:detail", args=[row.pk])


class ErrorDoneMany(_ErrorBulk):
    """Several causes are remedied."""

    title = "Mark done"
    action = services.mark_done
    done = "Done."

    def consequences(self, rows: list[Any]) -> list[str]:
        """What Done does, and what it does not."""
        lines = [f"{len(rows)} errors leave the open ones." if len(rows) != 1 else "1 error leaves the open ones."]
        if any(row.type in KEYS and not row.is_done for row in rows):
            lines.append("A key that is owed is still owed: it is delivered as soon as there is one.")
        return lines


class ErrorRetryMany(_ErrorBulk):
    """Try several again now."""

    title = "Retry"
    action = services.retry_error
    done = "Tried again."

    def consequences(self, rows: list[Any]) -> list[str]:
        """Keys go out at once, where there are any."""
        ready = sum(row.may_retry for row in rows)
        able = f"{ready} of {len(rows)} can be tried again"
        lines = [f"{able}: keys on the list go out at once, generators and endpoints hear of it within a minute."]
        return [*lines, "The others are left as they are."] if ready < len(rows) else lines


class ErrorGiveMany(_ErrorBulk):
    """Have an office take care of several."""

    title = "Assign"
    button = "Assign"
    action = services.give_error
    done = "Assigned."

    def get_form(self, data: Any = None, files: Any = None) -> OfficeForm:
        """The offices that may take care of them."""
        return OfficeForm(data, files, offices=offices(self.user, chosen_client(self.request)))
