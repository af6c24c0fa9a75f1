"""What people enter about purchases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.forms import MoneyField
from core.refused import Refused
from core.uploads import LIMIT_BYTES, check_upload
from core.views import ActionForm
from purchases.models import Channel, PaymentType
from purchases.services.release import ReceivedFile


class NoteForm(ActionForm):
    """An act with a note."""

    note = forms.CharField(label="Note", required=False, max_length=300, help_text="For the history.")


class ReasonForm(ActionForm):
    """An act that needs a reason."""

    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RejectForm(ActionForm):
    """A rejection: the customer reads why."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The customer reads this in the e-mail.",
    )


class ConvertForm(ActionForm):
    """A conversion to a purchase order; outside the policy a note says why."""

    po_number = forms.CharField(label="PO number", required=False, max_length=60)
    note = forms.CharField(label="Note", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, needs_note: bool = False, needs_number: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["note"].required = needs_note
        self.fields["po_number"].required = needs_number


class PaymentForm(ActionForm):
    """Money that arrived."""

    amount = MoneyField(label="Amount")
    method = forms.ChoiceField(label="Method", choices=PaymentType.choices)
    bank_reference = forms.CharField(label="Bank reference", required=False, max_length=140)

    def __init__(self, *args: Any, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = MoneyField(label=f"Amount in {currency}", currency=currency, language=language)


class RefundForm(ActionForm):
    """Money to give back; no amount means all that is left."""

    amount = MoneyField(label="Amount", required=False)
    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = MoneyField(
            label=f"Amount in {currency}",
            currency=currency,
            language=language,
            required=False,
            help_text="Leave it empty to give back all that is left.",
        )


class DocumentForm(ActionForm):
    """A PO document that came in, with its file where there is one."""

    channel = forms.ChoiceField(label="Came in by", choices=Channel.choices)
    file = forms.FileField(label="File", required=False, max_length=200, help_text="PDF, PNG or JPEG, at most 10 MB.")

    def clean_file(self) -> ReceivedFile | None:
        """Accept a file that is what it says."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return None
        try:
            checked = check_upload(upload.name, upload.read(LIMIT_BYTES + 1))
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from None
        return ReceivedFile(checked.filename, checked.content_type, checked.content)
