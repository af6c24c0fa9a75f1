"""What people enter when they decide about an e-mail."""

from __future__ import annotations

from django import forms

from core.views import ActionForm


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
