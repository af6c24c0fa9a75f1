"""Taking a list away: asking for the file, seeing how far it is, fetching it; one's own files."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.http import content_disposition_header

from accounts.forms import ExportForm
from accounts.models import Export
from accounts.roles import Right
from accounts.services import exports as services
from accounts.tables import ExportTable
from core.counts import keys_of
from core.exports import MOST_ROWS, Listing
from core.refused import Refused
from core.sheets import CSV, XLSX
from core.tables import kept_query
from core.views import INVALID, MOST_PICKS, ActView, DetailPage, Empty, ListPage, Page, capped_counts, chosen_client

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

WATCHED = "exports"
"""Files that one waits for, by their ids, in the session: a toast tells of them on every page."""
MOST_NAMED = 20
CONTENT_TYPES = {"csv": CSV, "xlsx": XLSX}


def own_files() -> Any:
    """Files without what is in them."""
    is_kept = ExpressionWrapper(Q(content__isnull=False), BooleanField())
    return Export.objects.defer("content", "keys").annotate(is_kept=is_kept)


class ExportNew(ActView):
    """Ask for a file of the list one comes from: of all that its address shows, or of the rows that were picked."""

    right = Right.EXPORT
    button = "Export"
    form_class = ExportForm

    def home(self) -> str:
        """One's files; they say where lists are taken away."""
        return reverse("accounts:exports")

    @cached_property
    def kind(self) -> str:
        """The list, by the name of its route; empty where one does not come from a list."""
        try:
            return resolve(urlsplit(self.back).path).view_name
        except Resolver404:
            return ""

    @cached_property
    def picks(self) -> list[str]:
        """The rows that were picked; none: all."""
        return [*self.request.GET.getlist("pick"), *self.request.POST.getlist("pick")][:MOST_PICKS]

    @property
    def query(self) -> QueryDict:
        """What the list shows."""
        query = QueryDict(kept_query(QueryDict(urlsplit(self.back).query)), mutable=True)
        if self.picks:
            query.setlist("pick", self.picks)
        return query

    @property
    def listing(self) -> Listing | None:
        """The list as the user sees it now."""
        client = chosen_client(self.request)
        return Listing.of(self.kind, user=self.user, client=client, query=self.query.urlencode(), at=self.at)

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Say what will be in it, and ask for its format."""
        return self.ask(self.get_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Put it on the worker's list, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.ask(form, status=INVALID)
        try:
            export = services.ask_export(
                kind=self.kind,
                query=self.query.urlencode(),
                client=chosen_client(request),
                by=self.user,
                at=self.at,
                **form.cleaned_data,
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
        listing = self.listing
        if listing is None or not listing.is_allowed:
            return self.leave(self.home())
        one, many = listing.page.noun
        count = capped_counts({"": keys_of(listing.rows)})[""]
        whose = "you selected" if self.picks else "that the list shows, with its filters and tab"
        lines = [
            f"The {count} {one if count == '1' else many} {whose}, in the order of the list; at most {MOST_ROWS:,}.",
            f"{columns_of(listing)} Times are in {self.user.time_zone}.",
            "The file is written while you go on working, and kept for 7 days for you alone.",
        ]
        title = f"Export {many}"
        return self.show(form, status=status, title=title, problem=problem, consequences=lines, picks=self.picks)


def columns_of(listing: Listing) -> str:
    """Name the columns of a file, the first ones where there are many."""
    head = listing.head(listing.columns())
    more = len(head) - MOST_NAMED
    return f"Columns: {', '.join(head[:MOST_NAMED])}{f' and {more} more' if more > 0 else ''}."


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
        return Export.objects.filter(content__isnull=False).select_related("client")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        export = self.row
        listing = Listing.of(export.kind, user=self.user, client=export.client, query="", at=self.at)
        if listing is None or not listing.is_allowed:
            raise PermissionDenied  # their role changed after it was written
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
