"""How a client's runs are let go: by themselves or by a person, with which brakes, on which bank data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.models import Client
from accounts.roles import Right
from core.views import INVALID, Empty, ListPage, Page, chosen_client
from dunning.documents import settings_of
from dunning.forms import SettingsForm
from dunning.policy import Gate, rehearse
from dunning.selectors.gates import REHEARSED_DAYS, effect_of, plans_of
from dunning.services.settings import change_settings
from dunning.tables import SettingsTable

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_CHANGES = 20


class SettingsList(ListPage):
    """The settings of each client; with one client, straight to it."""

    right = Right.DUNNING
    title = "Dunning settings"
    table_class = SettingsTable
    template_name = "dunning/settings_list.html"
    noun = ("client", "clients")
    empty = Empty("No client yet", "How each client's dunning runs are let go is shown here.")

    def get_rows(self) -> Any:
        """All clients."""
        return Client.objects.select_related("dunning_settings")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show the list, or the one."""
        client_pk = self.user.client_id or getattr(chosen_client(request), "pk", None)
        slug = Client.objects.filter(pk=client_pk).values_list("slug", flat=True).first() if client_pk else None
        if slug:
            return HttpResponseRedirect(reverse("dunning:settings_of", args=[slug]))
        return super().get(request, *args, **kwargs)


class SettingsOfClient(Page):
    """One client's settings: the form, what it would have done to the last runs, who changed what."""

    right = Right.DUNNING

    @property
    def client(self) -> Client:
        """The client in the address; another's does not exist."""
        found = Client.objects.select_related("dunning_settings").filter(slug=self.kwargs["slug"]).first()
        if found is None or self.user.client_id not in {None, found.pk}:
            raise Http404
        return found

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show what is set."""
        client = self.client
        return self.show(client, SettingsForm(initial=_values(client)))

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Save, or only try what was typed."""
        client = self.client
        form = SettingsForm(request.POST, initial=_values(client))
        if not form.is_valid():
            return self.show(client, form, status=INVALID)
        if "try" in request.POST:
            return self.show(client, form)
        change_settings(client, by=self.user, at=self.at, **form.cleaned_data)
        messages.success(request, "Saved. It holds from the next run on.")
        return HttpResponseRedirect(reverse("dunning:settings_of", args=[client.slug]))

    def show(self, client: Client, form: SettingsForm, *, status: int = 200) -> HttpResponse:
        """The page."""
        values = form.cleaned_data if form.is_bound and form.is_valid() else _values(client)
        gate, plans = Gate(**values), plans_of(client, at=self.at)
        history = settings_of(client).history.select_related("history_user")
        context = {
            "at": self.at,
            "client": client,
            "form": form,
            "is_tried": form.is_bound,
            "days": REHEARSED_DAYS,
            "runs": sum(bool(plan.steps) for plan in plans),
            "waiting": sum(rehearse(gate, plans).values()),
            "effects": effect_of(gate, plans),
            "changes": history.order_by("-history_date", "-history_id")[:MOST_CHANGES],
        }
        return render(self.request, "dunning/settings.html", context, status=status)


def _values(client: Client) -> dict[str, Any]:
    settings = settings_of(client)
    return {name: getattr(settings, name) for name in SettingsForm.base_fields}
