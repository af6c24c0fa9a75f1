"""Base views: a page declares its right, its rows and what it shows or does; the rest happens here, once.

Without a login: to the login. Without the right: 403. A row of another tenant: 404. A service's `Refused`: a sentence
next to the form. Views read the clock and hand it down as `at`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from core.counts import CAP, capped, count_all, keys_of
from core.forms import Form
from core.refused import Refused
from core.tables import Place, Reader, Table, address, kept_query, moment_text, page_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from django import forms
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django_filters import FilterSet

MOST_PICKS = 200
LONGEST_PICK = 18
"""Digits of the largest number that every database takes as a key."""
SPENT_KEYS = 100
LONGEST_KEY = 64
STALE = 409
INVALID = 422


class Page(View):
    """A page behind the login. `right` names what the user must be allowed; `at` is the moment of the request."""

    right: ClassVar[str] = ""
    at: datetime

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> Any:
        """Let in who may come in."""
        if not request.user.is_authenticated:
            answer = redirect_to_login(request.get_full_path())
            return HttpResponseClientRedirect(answer.url) if self.is_htmx else answer
        if self.right and not self.user.may(self.right):
            raise PermissionDenied
        self.at = timezone.now()
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> Any:
        """Who asks."""
        return self.request.user

    @property
    def is_htmx(self) -> bool:
        """Whether htmx asks for a fragment."""
        return bool(getattr(self.request, "htmx", False))

    @property
    def reader(self) -> Reader:
        """The language and zone of who asks."""
        return Reader.of(self.request)

    @property
    def today(self) -> date:
        """The day it is where the user sits."""
        day: date = self.at.astimezone(self.user.zone).date()
        return day

    def get_rows(self) -> Any:
        """All rows this page is about; narrowed to the tenant by `rows`."""
        raise NotImplementedError

    @property
    def rows(self) -> QuerySet[Any]:
        """The rows the user may see: their client's, or for the platform all or the chosen client's."""
        rows: QuerySet[Any] = self.get_rows().visible_to(self.user, chosen_client(self.request))
        return rows


def chosen_client(request: HttpRequest) -> Any:
    """The client a platform user works for at the moment; None is All Clients."""
    pk = request.session.get("client")
    if pk is None or not request.user.is_authenticated:
        return None
    model: Any = request.user._meta.get_field("client").related_model
    return model(pk=pk)


# Lists -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved tab of a list: `?show=<key>`; `narrow` chooses its rows."""

    key: str
    label: str
    narrow: Callable[[Any], Any] = lambda rows: rows


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what would be here, and how to get it."""

    title: str
    text: str
    link: str = ""
    link_label: str = ""


def capped_counts(queries: dict[str, QuerySet[Any]], *, cap: int = CAP) -> dict[str, str]:
    """Count several queries (`keys_of`) in one trip, each up to `cap`; more is shown as `1,000+`."""
    numbers = count_all([query[: cap + 1] for query in queries.values()])
    return {key: capped(number, cap) for key, number in zip(queries, numbers, strict=True)}


KEPT = """
    SELECT choice.columns, view.id, view.name, view.query
    FROM {people} person
    LEFT JOIN {choices} choice ON choice.user_id = person.id AND choice.page = %s
    LEFT JOIN {views} view ON view.user_id = person.id AND view.page = %s
    WHERE person.id = %s
    ORDER BY view.name
"""
"""What a person keeps of a list. In SQL, because every list asks: building the query would take many times what running
it does."""


def shown_of(segments: Sequence[Segment], query: QueryDict) -> Segment:
    """The saved tab that the address names, else the first; one that narrows nothing where there are none."""
    asked = query.get("show")
    return next((segment for segment in segments if segment.key == asked), None) or next(
        iter(segments), Segment("", "")
    )


class ListPage(Page):
    """A list: filters, saved tabs with counts, a table, pages by key. Everything it shows is in its address."""

    title: ClassVar[str] = ""
    template_name = "list_page.html"
    table_class: ClassVar[type[Table]]
    filterset_class: ClassVar[type[FilterSet] | None] = None
    empty: ClassVar[Empty] = Empty("Nothing here yet", "")
    noun: ClassVar[tuple[str, str]] = ("row", "rows")
    page_size: ClassVar[int] = 50
    is_exportable: ClassVar[bool] = False
    """Whether it can be taken away as a file; its table then says each column as a plain value."""
    is_personal: ClassVar[bool] = False
    """Whether people choose its columns and keep views of it under names of their own."""

    def segments(self) -> Sequence[Segment]:
        """The saved tabs of this list, the default one first; none by default."""
        return ()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show the list."""
        return render(request, self.template_name, {"at": self.at, **self.context()})

    def context(self) -> dict[str, Any]:
        """All the template shows."""
        query = self.request.GET
        filterset, rows = self.filtered()
        segments = self.segments()
        shown = shown_of(segments, query)
        table = self.make_table()
        if self.is_personal:
            table.chosen = self.chosen_columns()
        narrowed = shown.narrow(rows)
        sort = table.sort_of(query)
        page = page_of(table.with_usual_fields(narrowed, sort), sort=sort, query=query, size=self.page_size)
        is_empty = not page.rows and narrowed is rows and not {"after", "before"} & query.keys()
        tabs, keys = segments or [shown], keys_of(rows)
        # where there is nothing at all, there is nothing in any tab
        counts = (
            dict.fromkeys((tab.key for tab in tabs), "0")
            if is_empty
            else capped_counts({tab.key: tab.narrow(keys) for tab in tabs})
        )
        return {
            "title": self.title,
            "table": table,
            "heads": table.heads(query, self.reader),
            "rows": table.rows(page.rows, self.reader, Place.of(self.request)),
            "page": page,
            "filterset": filterset,
            "is_filtered": any(query.get(name) for name in (filterset.form.fields if filterset else ())),
            "shown": shown.key,
            "is_narrowed": shown.key not in {"", "all", *(segment.key for segment in segments[:1])},
            "segments": [
                {
                    "label": segment.label,
                    "count": counts[segment.key],
                    "is_current": segment.key == shown.key,
                    "link": address(query, show=segment.key, after=None, before=None, preview=None),
                }
                for segment in segments
            ],
            "count": counts[shown.key],
            "noun": self.noun[0] if counts[shown.key] == "1" else self.noun[1],
            "empty": self.empty,
            "is_exportable": self.is_exportable and self.user.may("export"),
            "is_personal": self.is_personal,
            "views": self.saved_views() if self.is_personal else [],
        }

    @property
    def route(self) -> str:
        """The name of this list's address."""
        return self.request.resolver_match.view_name if self.request.resolver_match else ""

    @cached_property
    def kept(self) -> tuple[list[str], list[tuple[int, str, str]]]:
        """What who asks keeps of this list: their columns, and key, name and query of each view."""
        people = self.user._meta
        choices, views = (people.get_field(name).related_model._meta for name in ("column_choices", "saved_views"))
        with connection.cursor() as cursor:
            asked = KEPT.format(people=people.db_table, choices=choices.db_table, views=views.db_table)
            cursor.execute(asked, [self.route, self.route, self.user.pk])
            rows = cursor.fetchall()
        columns = json.loads(rows[0][0] or "[]") if rows else []
        return columns or [], [(pk, name, query) for _, pk, name, query in rows if pk]

    def chosen_columns(self) -> list[str]:
        """The columns that who asks chose for this list."""
        return self.kept[0]

    def saved_views(self) -> list[dict[str, Any]]:
        """What who asks kept of this list, by name; the one that the address shows is marked."""
        shown = QueryDict(kept_query(self.request.GET))
        return [
            {"pk": pk, "name": name, "link": f"{self.request.path}?{query}", "is_current": QueryDict(query) == shown}
            for pk, name, query in self.kept[1]
        ]

    def shown_rows(self) -> QuerySet[Any]:
        """All rows that the list shows over all its pages, in no order."""
        _filterset, rows = self.filtered()
        narrowed: QuerySet[Any] = shown_of(self.segments(), self.request.GET).narrow(rows)
        return narrowed

    def make_table(self) -> Table:
        """The table."""
        return self.table_class()

    def get_filterset(self) -> FilterSet | None:
        """The filter bar; none when the list has none."""
        if self.filterset_class is None:
            return None
        return self.filterset_class(self.request.GET, queryset=self.wanted_rows, request=self.request)

    @property
    def wanted_rows(self) -> QuerySet[Any]:
        """What the filter bar narrows: all rows, unless the list is searched in another way, too."""
        rows: QuerySet[Any] = self.rows
        return rows

    def filtered(self) -> tuple[FilterSet | None, QuerySet[Any]]:
        """Apply the filter bar; a filter that makes no sense says so and filters nothing."""
        filterset = self.get_filterset()
        if filterset is None:
            return None, self.wanted_rows
        filterset.form.auto_id = "filter_%s"  # a dialog over the list may have a field of the same name
        rows: QuerySet[Any] = filterset.qs if filterset.form.is_valid() else self.wanted_rows
        return filterset, rows


# One row -----------------------------------------------------------------------------------------------------------


class DetailPage(Page):
    """A page about one row, found by `lookup` among the rows the user may see."""

    lookup: ClassVar[str] = "pk"
    template_name: str = ""

    @cached_property
    def row(self) -> Any:
        """The row; another tenant's does not exist."""
        rows = self.rows
        try:
            return rows.get(**{self.lookup: self.kwargs[self.lookup]})
        except (rows.model.DoesNotExist, ValueError, OverflowError):
            raise Http404 from None

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show the row."""
        return render(request, self.template_name, {"at": self.at, **self.context()})

    def context(self) -> dict[str, Any]:
        """All the template shows."""
        return {"row": self.row}


# Acts --------------------------------------------------------------------------------------------------------------


class ActionForm(Form):
    """A form without questions: a button."""


class ActView(Page):
    """What dialogs have in common: a form, a one-time key, an address to return to."""

    title: ClassVar[str] = ""
    button: ClassVar[str] = ""
    tone: ClassVar[str] = "primary"
    form_class: ClassVar[type[forms.Form]] = ActionForm
    page_template: ClassVar[str] = "action_page.html"

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form, bound to what was sent."""
        return self.form_class(data, files, initial=self.get_initial())

    def heading(self) -> str:
        """What stands above the form."""
        return self.title

    def get_initial(self) -> dict[str, Any]:
        """What the form starts with."""
        return {}

    def home(self) -> str:
        """Where to go when no other page asked."""
        return "/"

    @property
    def back(self) -> str:
        """The page to return to: the one that asked, if it is ours."""
        htmx = getattr(self.request, "htmx", None)
        asked = self.request.POST.get("next") or self.request.GET.get("next")
        if asked is None and htmx:
            asked = htmx.current_url_abs_path
        if asked and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
            return asked
        return self.home()

    @property
    def onward(self) -> str:
        """Where to go once it is done: on to what the page that asked named, else back to it."""
        asked = self.request.POST.get("onward") or self.request.GET.get("onward")
        return asked if asked and url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else ""

    @property
    def sent_key(self) -> str:
        """The one-time key of the form that was sent, as a column can hold it; empty when there was none."""
        return self.request.POST.get("form_key", "").replace("\x00", "")[:LONGEST_KEY]

    def is_spent(self) -> bool:
        """Whether this very form was sent and done before (a second click, a reload)."""
        key = self.request.POST.get("form_key")
        return bool(key) and key in self.request.session.get("spent_forms", [])

    def spend(self) -> None:
        """Remember that this form is done."""
        key = self.request.POST.get("form_key")
        spent = [*self.request.session.get("spent_forms", []), *([key] if key else [])]
        self.request.session["spent_forms"] = spent[-SPENT_KEYS:]

    def leave(self, url: str) -> HttpResponse:
        """Go on to another page, from a dialog as from a page."""
        return HttpResponseClientRedirect(url) if self.is_htmx else HttpResponseRedirect(url)

    def show(self, form: forms.Form, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show the form, as a dialog or as a page."""
        context = {
            "at": self.at,
            "form": form,
            "title": self.heading(),
            "button": self.button or self.title,
            "tone": self.tone,
            "back": self.back,
            "onward": self.onward,
            "form_key": uuid4().hex,
            "action_url": self.request.path,
            "is_dialog": self.is_htmx,
            "is_multipart": form.is_multipart(),
            **more,
        }
        template = "_action_form.html" if self.is_htmx else self.page_template
        return render(self.request, template, context, status=status)


class ActionView(ActView, DetailPage):
    """One act on one row: the form's cleaned fields are the keywords of `action`, a service.

    `action(row, by=…, at=…, **fields)` does it or raises Refused; `sentence` tells that it was done, from the service's
    `result` where it has more to say.
    """

    action: ClassVar[Callable[..., Any]]
    result: Any = None

    def consequences(self) -> list[str]:
        """What will happen, in sentences, before the button is pressed."""
        return []

    def heading(self) -> str:
        """The act and the row."""
        return f"{self.title} {self.row}"

    def refusal(self) -> str:
        """Why this can't be done at all now; empty when it can."""
        return ""

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """The service's keywords besides `by` and `at`."""
        return dict(form.cleaned_data)

    def sentence(self) -> str:
        """What was done, for the toast."""
        return f"{self.title}: done"

    def home(self) -> str:
        """The row's own page."""
        return getattr(self.row, "get_absolute_url", lambda: "/")()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.ask(self.get_form())

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Do it, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        stale = self.stale_sentence()
        if stale:
            return self.ask(self.get_form(), status=STALE if not self.is_htmx else INVALID, problem=stale)
        form = self.get_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.ask(form, status=INVALID)
        try:
            self.result = type(self).action(self.row, by=self.user, at=self.at, **self.keywords(form))
        except Refused as refused:
            return self.ask(form, status=INVALID, problem=refused.message)
        self.spend()
        self.__dict__.pop("row", None)
        messages.success(request, self.sentence())
        return self.leave(self.onward or self.back)

    def ask(self, form: forms.Form, *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show the form with its consequences, or why it can't be done."""
        return self.show(
            form,
            status=status,
            row=self.row,
            problem=problem,
            refusal=self.refusal(),
            consequences=self.consequences(),
            row_version=version_of(self.row),
        )

    def stale_sentence(self) -> str:
        """Say who changed the row since the form was shown; empty when nobody did or the form does not know."""
        shown = self.request.POST.get("row_version")
        if not shown or shown == version_of(self.row):
            return ""
        who, when = last_change(self.row)
        return (
            f"This was changed by {who or 'the system'} at {moment_text(when, self.reader)}. Please look again."
            if when
            else ""
        )


def version_of(row: Any) -> str:
    """What tells one state of a row from the next: its version, else its newest history line."""
    if hasattr(row, "version"):
        return str(row.version)
    if hasattr(row, "history"):
        return str(row.history.order_by("-history_date", "-history_id").values_list("history_id", flat=True).first())
    return ""


def last_change(row: Any) -> tuple[str, datetime | None]:
    """Who changed a row last, and when."""
    if hasattr(row, "changed_at"):
        return str(row.changed_by or ""), row.changed_at
    newest = row.history.select_related("history_user").order_by("-history_date", "-history_id").first()
    return (str(newest.history_user or ""), newest.history_date) if newest else ("", None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row of a bulk act."""

    label: str
    link: str
    is_done: bool
    text: str


def refusal_of_page(link: str, row: Any) -> str:
    """Say why the act behind `link` can't be done on `row` now, as its own page would; empty when it can.

    So an app shows acts of an app above it without knowing their rules. The page's `refusal` looks at the row alone.
    """
    page: ActionView = resolve(link).func.view_class()  # type: ignore[attr-defined]  # every page is a class
    page.row = row
    return page.refusal()


class BulkAction(ActView):
    """One act on many rows, each by itself: what is refused for one does not stop the others."""

    lookup: ClassVar[str] = "pk"
    action: ClassVar[Callable[..., Any]]
    done: ClassVar[str] = "Done"
    list_url: ClassVar[str] = ""

    def consequences(self, rows: list[Any]) -> list[str]:  # noqa: ARG002 -- for subclasses
        """What will happen, in sentences."""
        return []

    def home(self) -> str:
        """The list."""
        return reverse(self.list_url)

    def link(self, row: Any) -> str:  # noqa: ARG002
        """Where a row's line leads."""
        return ""

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """The service's keywords besides `by` and `at`."""
        return dict(form.cleaned_data)

    def sentence(self, row: Any) -> str:  # noqa: ARG002
        """What was done with this row."""
        return self.done

    def picked(self, names: list[str]) -> tuple[list[Any], list[str]]:
        """The rows of these names in the order given, and the names that lead nowhere."""
        names = list(dict.fromkeys(names))[:MOST_PICKS]
        is_key = str.isdecimal if self.lookup == "pk" else str.isalnum
        safe = [name for name in names if name.isascii() and is_key(name) and len(name) <= LONGEST_PICK]
        found = {str(getattr(row, self.lookup)): row for row in self.rows.filter(**{f"{self.lookup}__in": safe})}
        return [found[name] for name in names if name in found], [name for name in names if name not in found]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.ask(self.get_form(), request.GET.getlist("pick"))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Do it for each row, and show a line for each."""
        names = request.POST.getlist("pick")
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.ask(form, names, status=INVALID)
        rows, unknown = self.picked(names)
        outcomes = [self.try_one(row, self.keywords(form)) for row in rows]
        outcomes += [Outcome(name, "", is_done=False, text="Not found.") for name in unknown]
        self.spend()
        context = {
            "title": self.title,
            "outcomes": outcomes,
            "done_count": sum(outcome.is_done for outcome in outcomes),
            "back": self.back,
            "is_dialog": self.is_htmx,
        }
        return render(request, "_bulk_results.html" if self.is_htmx else "bulk_results.html", context)

    def try_one(self, row: Any, keywords: dict[str, Any]) -> Outcome:
        """Do it for one row."""
        try:
            changed = type(self).action(row, by=self.user, at=self.at, **keywords)
        except Refused as refused:
            return Outcome(str(row), self.link(row), is_done=False, text=refused.message)
        return Outcome(str(row), self.link(row), is_done=True, text=self.sentence(changed or row))

    def ask(self, form: forms.Form, names: list[str], *, status: int = 200) -> HttpResponse:
        """Show what will happen with the picked rows."""
        rows, _unknown = self.picked(names)
        refusal = "" if rows else "Select at least one row first."
        more = {
            "picks": names,
            "rows": rows,
            "refusal": refusal,
            "consequences": self.consequences(rows) if rows else [],
        }
        return self.show(form, status=status, **more)
