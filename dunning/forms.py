"""What people type about dunning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from core.forms import date_input
from dunning.services.response import CANCEL, EXTEND, KEEP

if TYPE_CHECKING:
    from datetime import date

REASON_LENGTH = 300


class HoldForm(forms.Form):
    """Why dunning is held, and until when."""

    reason = forms.CharField(max_length=REASON_LENGTH, help_text="For example: the customer disputes the invoice.")
    until = forms.DateField(
        required=False, widget=date_input(), help_text="The last held day. Empty: until somebody resumes dunning."
    )


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
