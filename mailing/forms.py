"""What people enter when they decide about an e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from core.forms import Form
from core.refused import Refused
from core.views import ActionForm
from mailing.services.notify_endpoints import check_address
from mailing.states import CHOSEN_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from accounts.models import Client
    from mailing.wording import Place


class ReasonForm(ActionForm):
    """A decision that needs a reason."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with the e-mail for good.",
    )


class NoteForm(ActionForm):
    """A decision that may have a reason."""

    reason = forms.CharField(
        label="Reason (optional)", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class ProofForm(ReasonForm):
    """The end of a doubt: what shows that the e-mail arrived."""

    reason = forms.CharField(
        label="What shows it?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: found in the relay's log, confirmed by the recipient. Kept with the e-mail for good.",
    )


class ResendForm(NoteForm):
    """Once more, to the same or another address."""

    to = forms.EmailField(label="To", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ("to", "reason")


class TextForm(Form):
    """What a client's e-mail or letter says: a field per place, and what it is tried on.

    `problem_of` says of a place and its text why it can't be worded like this; empty when it can.
    """

    order = forms.ChoiceField(label="Try it on", required=False)
    comment = forms.CharField(
        label="Why (optional)", required=False, max_length=300, help_text="Kept with the version."
    )

    def __init__(
        self,
        *args: Any,
        places: Mapping[str, Place],
        problem_of: Callable[[str, str], str],
        orders: Sequence[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.places, self.problem_of = places, problem_of
        self.fields["order"].choices = [("", "A made-up order"), *orders]  # type: ignore[attr-defined]
        for name, place in places.items():
            widget = forms.Textarea(attrs={"rows": place.lines}) if place.lines > 1 else forms.TextInput()
            self.fields[name] = forms.CharField(
                label=place.label, help_text=place.hint, required=False, widget=widget, strip=True
            )

    def clean(self) -> dict[str, Any]:
        """Every place is worded so that it can be filled; the sentence stands next to its field."""
        data = super().clean() or self.cleaned_data
        for name in self.places:
            data[name] = data.get(name, "").replace("\r\n", "\n")
            problem = self.problem_of(name, data[name])
            if problem:
                self.add_error(name, problem)
        return data

    @property
    def texts(self) -> dict[str, str]:
        """What was typed, by place; the places that can be filled only."""
        typed = {name: str(self.data.get(name, "")).replace("\r\n", "\n").strip() for name in self.places}
        return {name: text for name, text in typed.items() if not self.problem_of(name, text)}


class EndpointForm(ActionForm):
    """An address of the client's own system, and what it is told."""

    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text="https only, on the Internet. It gets a POST and has 5 seconds to answer with a status of 200–299.",
        error_messages={"required": "Enter the address that is to be told, starting with https://."},
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=CHOSEN_EVENTS,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )

    def __init__(self, *args: Any, clients: Sequence[Client] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        if clients:
            choices = [(str(client.pk), client.name) for client in clients]
            self.fields["client"] = forms.ChoiceField(label="Client", choices=choices)
            self.order_fields(["client"])

    def clean_url(self) -> str:
        """Say next to the field why an address can't be called."""
        url = str(self.cleaned_data["url"])
        try:
            check_address(url)
        except Refused as refused:
            raise forms.ValidationError(refused.message, code=refused.code) from None
        return url


class EndpointEditForm(EndpointForm):
    """The same, and whether it is told at all."""

    is_active = forms.BooleanField(
        label="Switched on", required=False, help_text="Switched off, it is told nothing, and what waits is canceled."
    )

    def clean_url(self) -> str:
        """Look at a new address alone: one whose name is gone meanwhile can still be switched off."""
        url = str(self.cleaned_data["url"])
        return url if url == self.initial["url"] else super().clean_url()
