"""What people enter about errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from accounts.models import Office
from core.views import ActionForm

if TYPE_CHECKING:
    from django.db.models import QuerySet


class OfficeForm(ActionForm):
    """Which office takes care of it."""

    office = forms.ModelChoiceField(label="Office", queryset=Office.objects.none(), required=False, empty_label="None")

    def __init__(self, *args: Any, offices: QuerySet[Office], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["office"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
        field.queryset = offices


class ErrorForm(OfficeForm):
    """What is known about an error, and which office takes care of it."""

    note = forms.CharField(label="Note", max_length=5000, widget=forms.Textarea(attrs={"rows": 6}))
    field_order = ("note", "office")
