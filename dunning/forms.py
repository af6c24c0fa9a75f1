"""What people type about dunning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from core.forms import date_input
from dunning.models import HoldKind
from dunning.services.holding import ORDER
from dunning.services.response import CANCEL, EXTEND, KEEP

if TYPE_CHECKING:
    from datetime import date

REASON_LENGTH = 300


class HoldForm(forms.Form):
    """Why dunning is held, until when, and of what."""

    scope = forms.ChoiceField(label="Of what", choices=[(ORDER, ORDER)], required=False, widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        choices=HoldKind.choices,
        required=False,
        widget=forms.RadioSelect,
        help_text="Dispute: the customer says that the claim, or a part of it, is not owed.",
    )
    reason = forms.CharField(max_length=REASON_LENGTH, help_text="For example: the customer disputes the invoice.")
    until = forms.DateField(
        required=False, widget=date_input(), help_text="The last held day. Empty: until somebody resumes dunning."
    )


class ResumeForm(forms.Form):
    """Which of the holds end, and why."""

    scopes = forms.MultipleChoiceField(label="What ends", required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class ReasonForm(forms.Form):
    """An optional reason, for the history."""

    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class PromiseForm(forms.Form):
    """Until when the customer promised to pay."""

    until = forms.DateField(label="Promised until", widget=date_input(), help_text="No step up to and on this day.")
    note = forms.CharField(required=False, max_length=REASON_LENGTH, help_text="Who promised, and how.")


class ExtendForm(forms.Form):
    """A later due date."""

    due_on = forms.DateField(label="New due date", widget=date_input())
    reason = forms.CharField(max_length=REASON_LENGTH)


class AnswerForm(forms.Form):
    """What the client chose in answer to a delinquency notification."""

    answer = forms.ChoiceField(choices=[(KEEP, KEEP), (EXTEND, EXTEND), (CANCEL, CANCEL)])
    due_on = forms.DateField(required=False, widget=date_input())

    def clean(self) -> dict[str, Any]:
        """An extension needs its new due date."""
        data = super().clean() or self.cleaned_data
        due_on: date | None = data.get("due_on")
        if data.get("answer") == EXTEND and due_on is None and "due_on" not in self.errors:
            self.add_error("due_on", "Choose the new due date.")
        return data


class AsOfForm(forms.Form):
    """Which day to look at again, and as of which time where each client is at home."""

    on = forms.DateField(label="Day", widget=date_input())
    time = forms.TimeField(
        label="Time there", required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )


class WhatIfForm(forms.Form):
    """Which ladder and term to try out, for which clients; nothing of it is saved."""

    term = forms.TypedChoiceField(
        label="Term",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "As agreed"), (14, "14 days"), (30, "30 days"), (60, "60 days")],
    )
    grace = forms.IntegerField(label="Days to PDN 1", min_value=0, max_value=60)
    second = forms.IntegerField(label="To PDN 2", min_value=1, max_value=90)
    third = forms.IntegerField(label="To PDN 3", min_value=1, max_value=90)
    notification = forms.IntegerField(label="To notification", min_value=1, max_value=90)
    cancel_after = forms.TypedChoiceField(
        label="Business days to cancel",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "As in the policy"), *[(days, str(days)) for days in (1, 2, 3, 5, 10)]],
    )
    clients = forms.TypedMultipleChoiceField(label="Clients", coerce=int, required=False)

    def __init__(self, *args: Any, clients: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        if len(clients) > 1:
            self.fields["clients"].choices = clients  # type: ignore[attr-defined]
        else:
            del self.fields["clients"]
