"""Taking a list away: asking for the file, seeing how far it is, fetching it; one's own files."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header

from accounts.forms import ExportForm
from accounts.models import Export
from accounts.roles import Right
from accounts.services import exports as services
from accounts.tables import ExportTable
from core.exports import MOST_ROWS, Listing
from core.refused import Refused
from core.sheets import CSV, XLSX
from core.tables import kept_query
from core.views import INVALID, ActView, DetailPage, Empty, ListPage, Page, capped_counts, chosen_client

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

WATCHED = "exports"
"""Files that one waits for, by their ids, in the session: a toast tells of them on every page."""
CONTENT_TYPES = {"csv": CSV, "xlsx": XLSX}


def own_files() -> Any:
    """Files without what is in them."""
    is_kept = ExpressionWrapper(Q(content__isnull=False), BooleanField())
    return Export.objects.defer("content", "keys").annotate(is_kept=is_kept)


class ExportNew(ActView):
    """Ask for a file of a list: of all that its address shows, or of the rows that were picked."""

    right = Right.EXPORT
    button = "Export"
    form_class = ExportForm

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> Any:
        """Find the list among those that can be taken away."""
        self.kind: str = kwargs["kind"]  # type: ignore[assignment]
        return super().dispatch(request, *args, **kwargs)

    def listing(self) -> Listing:
        """The list as the user sees it now."""
        found = Listing.of(
            self.kind, user=self.user, client=chosen_client(self.request), query=self.query.urlencode(), at=self.at
        )
        if found is None:
            raise Http404
        return found

    @property
    def query(self) -> QueryDict:
        """What the list shows: its address, which is ours, or with picked rows the address one comes from."""
        told = self.request.GET.copy()
        picks = told.getlist("pick")
        if set(told) == {"pick"}:
            told = QueryDict(kept_query(QueryDict(urlsplit(self.back).query)), mutable=True)
            told.setlist("pick", picks)
        return told

    def home(self) -> str:
        """The list."""
        kept = self.request.GET.copy()
        kept.pop("pick", None)
        return f"{reverse(self.kind)}?{kept.urlencode()}" if kept else reverse(self.kind)

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:  # noqa: ARG002
        """Say what will be in it, and ask for its format."""
        return self.ask(self.get_form())

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Put it on the worker's list, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.ask(form, status=INVALID)
        client = chosen_client(request)
        try:
            export = services.ask_export(
                kind=kind, query=self.query, client=client, by=self.user, at=self.at, **form.cleaned_data
            )
        except Refused as refused:
            return self.ask(form, status=INVALID, problem=refused.message)
        self.spend()
        if not self.is_htmx:
            return HttpResponseRedirect(reverse("accounts:export", args=[export.pk]))
        request.session[WATCHED] = [*request.session.get(WATCHED, []), export.pk]
        return self.leave(self.back)

    def ask(self, form: Form, *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show the form and what will be in the file."""
        listing = self.listing()
        one, many = listing.page.noun
        rows = listing.rows
        count = capped_counts({"": rows}, rows.model)[""]
        what = f"{count} {one if count == '1' else many}"
        chosen = "you selected" if self.query.getlist("pick") else "that the list shows, with its filters and tab"
        lines = [
            f"The {what} {chosen}, in its order; at most {MOST_ROWS:,}.",
            f"Columns: {', '.join(listing.head(listing.columns()))}. Times are {self.user.time_zone}.",
            "The file is written while you go on working. It is kept for 7 days, for you alone.",
        ]
        refusal = "" if listing.is_allowed else "Your role does not see this list."
        return self.show(
            form,
            status=status,
            title=f"Export {many}",
            problem=problem,
            refusal=refusal,
            consequences=lines,
            action_url=f"{self.request.path}?{self.query.urlencode()}",
        )


class ExportList(ListPage):
    """One's own files."""

    right = Right.EXPORT
    title = "Your exports"
    table_class = ExportTable
    noun = ("file", "files")
    empty = Empty("No exports yet", "Lists have an Export button: their files are kept here for 7 days.")

    def get_rows(self) -> Any:
        """Files, without what is in them."""
        return own_files()


class ExportPage(DetailPage):
    """A file: how far it is, where to fetch it, or why there is none; the page looks again by itself."""

    right = Right.EXPORT
    template_name = "accounts/export.html"

    def get_rows(self) -> Any:
        """Files, without what is in them."""
        return own_files().select_related("client")

    def context(self) -> dict[str, Any]:
        """The file, the list it is of, and until when it is kept."""
        export = self.row
        listing = Listing.of(export.kind, user=self.user, client=export.client, query=export.query, at=self.at)
        kept_until = export.finished_at + services.KEPT if export.finished_at else None
        return {
            "row": export,
            "link": f"{reverse(export.kind)}?{export.query}" if listing else "",
            "kept_until": kept_until,
        }


class ExportFile(DetailPage):
    """The file itself."""

    right = Right.EXPORT

    def get_rows(self) -> Any:
        """Files that are there."""
        return Export.objects.filter(content__isnull=False)

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        export = self.row
        answer = HttpResponse(bytes(export.content), content_type=CONTENT_TYPES[export.format])
        answer["Content-Disposition"] = content_disposition_header(True, export.filename) or "attachment"  # noqa: FBT003
        answer["Cache-Control"] = "private, no-store"
        return answer


class ExportToasts(Page):
    """The files one waits for, as toasts; a file that is ready is told of once."""

    right = Right.EXPORT

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show how far they are."""
        watched = request.session.get(WATCHED, [])
        files = list(own_files().visible_to(self.user).filter(pk__in=watched).order_by("pk"))
        # a worker that is away for long makes no toast that stays
        waiting = [export.pk for export in files if not export.finished_at and self.at - export.asked_at < PATIENCE]
        if waiting != watched:
            request.session[WATCHED] = waiting
        return render(request, "accounts/_export_toasts.html", {"files": files, "is_waiting": bool(waiting)})


PATIENCE = timedelta(minutes=30)
