"""What people enter about partners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from core.forms import MoneyField, date_input
from core.views import ActionForm
from partners.models import LimitScope, PartnerStatus

if TYPE_CHECKING:
    from core.money import Money


class PartnerForm(ActionForm):
    """Status, limit and statement of one partner; a changed limit needs a comment."""

    status = forms.ChoiceField(label="Status", choices=PartnerStatus.choices)
    limit = MoneyField(label="PO limit", help_text="0: purchase orders are not offered.")
    scope = forms.ChoiceField(label="The limit covers", choices=LimitScope.choices)
    valid_until = forms.DateField(
        label="Valid until", required=False, widget=date_input(), help_text="The last day; empty: no end."
    )
    is_po_enabled = forms.BooleanField(label="May buy on purchase order", required=False)
    month_end_statement = forms.BooleanField(label="Month-end statement instead of payment notices", required=False)
    comment = forms.CharField(
        label="Comment",
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed when the limit changes; it stands in the ledger beside your name.",
    )

    def __init__(self, *args: Any, limit: Money, language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.before = limit
        field = self.fields["limit"]
        assert isinstance(field, MoneyField)  # noqa: S101 -- declared above
        field.currency, field.language = limit.currency, language
        field.label = f"PO limit in {limit.currency}"

    def clean(self) -> dict[str, Any]:
        """Ask for a comment when the limit changes, and for a limit that can be one."""
        cleaned: dict[str, Any] = super().clean() or {}
        limit = cleaned.get("limit")
        if limit is not None and not 0 <= limit.minor < 10**15:
            self.add_error("limit", "Enter 0 or more, and less than a million millions.")
        elif limit is not None and limit != self.before and not cleaned.get("comment"):
            self.add_error("comment", f"Say why the limit changes from {self.before} to {limit}.")
        return cleaned
