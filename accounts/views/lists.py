"""What people keep of any list that lets them: its columns, and views under names of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.urls import Resolver404, resolve, reverse

from accounts.forms import ViewNameForm
from accounts.models import SavedView
from accounts.services import lists as services
from core.refused import Refused
from core.tables import kept_query
from core.views import INVALID, ActionView, ActView, ListPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from core.tables import Column


class _OfList(ActView):
    """A dialog about the list one comes from: `next` is its address."""

    page: str
    list_class: type[ListPage]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> Any:
        """Find the list, and only one that the user may see."""
        if request.user.is_authenticated:
            if self.back == self.home():  # nobody comes here by themselves
                return HttpResponseRedirect(self.home())
            self.page, self.list_class = self.find_list()
            if self.list_class.right and not self.user.may(self.list_class.right):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def find_list(self) -> tuple[str, type[ListPage]]:
        """The name and the view of the list behind `next`."""
        try:
            match = resolve(urlsplit(self.back).path)
        except Resolver404:
            raise Http404 from None
        found = getattr(match.func, "view_class", None)
        if match.kwargs or found is None or not issubclass(found, ListPage) or not found.is_personal:
            raise Http404
        return match.view_name, found


@dataclass(frozen=True, slots=True)
class Choice:
    """A column in the dialog: whether it is shown, whether it can be moved, which of its arrows has the focus."""

    column: Column
    is_shown: bool
    is_first: bool
    is_last: bool
    focus: str


class ListColumns(_OfList):
    """Which columns of a list one sees, and in which order; buttons move them, no mouse is needed."""

    title = "Columns"
    button = "Save"

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Show them as they are."""
        chosen = self.user.column_choices.filter(page=self.page).values_list("columns", flat=True).first()
        shown = chosen or [column.key for column in self.columns if not column.is_extra]
        return self.ask([*shown, *self.columns_by_key], shown)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Move one, or keep the choice."""
        order, shown = request.POST.getlist("column"), request.POST.getlist("shown")
        order = list(dict.fromkeys(key for key in [*order, *self.columns_by_key] if key in self.columns_by_key))
        way, _, moved = request.POST.get("move", "").partition(":")
        if moved in order:
            at = order.index(moved)
            to = max(at - 1, 0) if way == "up" else at + 1
            order.insert(to, order.pop(at))
            return self.ask(order, shown, moved=moved, way=way)
        chosen = [] if request.POST.get("reset") else [key for key in order if key in shown]
        if not chosen and not request.POST.get("reset"):
            return self.ask(order, shown, status=INVALID, problem="Choose at least one column.")
        services.choose_columns(page=self.page, columns=chosen, by=self.user)
        return self.leave(self.back)

    @property
    def columns(self) -> Sequence[Column]:
        """The columns to choose from: the first always stays, the client's is for those who see several."""
        _first, *rest = self.list_class.table_class.columns
        return [column for column in rest if self.user.is_platform or not column.clients_only]

    @property
    def columns_by_key(self) -> dict[str, Column]:
        """The same, by the names their choice is kept under."""
        return {column.key: column for column in self.columns}

    def ask(
        self, order: list[str], shown: Sequence[str], *, moved: str = "", way: str = "", **more: Any
    ) -> HttpResponse:
        """Show the columns in this order; the arrow that moved one keeps the focus as long as it leads on."""
        known = self.columns_by_key
        keys = list(dict.fromkeys(key for key in order if key in known))
        focus = {keys[0]: "down", keys[-1]: "up"}.get(moved, way)
        choices = [
            Choice(
                known[key],
                key in shown,
                is_first=key == keys[0],
                is_last=key == keys[-1],
                focus=focus if key == moved else "",
            )
            for key in keys
        ]
        first = self.list_class.table_class.columns[0]
        return self.show(self.get_form(), panel="accounts/_columns.html", choices=choices, first=first, **more)


class ViewSave(_OfList):
    """Keep a list as its address shows it."""

    title = "Save this view"
    button = "Save"
    form_class = ViewNameForm

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Ask for its name."""
        return self.ask(self.get_form())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it, and show it."""
        form = self.get_form(request.POST)
        if not form.is_valid():
            return self.ask(form, status=INVALID)
        parts = urlsplit(self.back)
        query = kept_query(QueryDict(parts.query))
        try:
            view = services.save_view(page=self.page, query=query, by=self.user, at=self.at, **form.cleaned_data)
        except Refused as refused:
            return self.ask(form, status=INVALID, problem=refused.message)
        messages.success(request, f"View {view} saved.")
        return self.leave(f"{parts.path}?{query}")

    def ask(self, form: forms.Form, **more: Any) -> HttpResponse:
        """Say what is kept."""
        kept = ["The list opens again with these filters, this tab and this order; only you see the view."]
        return self.show(form, consequences=kept, **more)


class _ViewAct(ActionView):
    """What acts on one's own views have in common."""

    @property
    def rows(self) -> Any:
        """One's own views; another person's does not exist."""
        return SavedView.objects.filter(user=self.user)

    def home(self) -> str:
        """The list."""
        return reverse(self.row.page)

    def heading(self) -> str:
        """The act and the view."""
        return f"{self.title} {self.row}"


def _rename(view: SavedView, *, by: Any, at: Any, name: str) -> SavedView:  # noqa: ARG001 -- as every act is called
    return services.rename_view(view, name=name, by=by)


def _delete(view: SavedView, *, by: Any, at: Any) -> SavedView:  # noqa: ARG001
    return services.delete_view(view, by=by)


class ViewRename(_ViewAct):
    """Call a view something else."""

    title = "Rename view"
    button = "Rename"
    form_class = ViewNameForm
    action = staticmethod(_rename)

    def get_initial(self) -> dict[str, Any]:
        """As it is called."""
        return {"name": self.row.name}

    def sentence(self) -> str:
        """What was done."""
        return f"The view is called {self.result} now."


class ViewDelete(_ViewAct):
    """Forget a view."""

    title = "Delete view"
    button = "Delete"
    tone = "danger"
    action = staticmethod(_delete)

    def consequences(self) -> list[str]:
        """What stays."""
        return ["Only the name and its filters are forgotten; the rows stay."]

    def sentence(self) -> str:
        """What was done."""
        return f"View {self.result} deleted."
