"""What people enter about certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms

from accounts.models import User
from core.forms import UploadField, date_input
from core.views import ActionForm
from taxexempt.models import BusinessType, Reason, Source, TaxIdType
from taxexempt.services import CertificateInput, problems_of
from taxexempt.states.places import NAMES
from taxexempt.wording import POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.db.models import QuerySet

    from taxexempt.models import CertificateFile

NONE_YET = [("", "–")]


class CertificateForm(ActionForm):
    """A certificate in its sections; what is missing yet keeps it from being validated, not from being saved."""

    reason = forms.ChoiceField(label="Reason for exemption", required=False, choices=[*NONE_YET, *Reason.choices])
    tax_id_type = forms.ChoiceField(label="Tax ID type", required=False, choices=[*NONE_YET, *TaxIdType.choices])
    tax_id = forms.CharField(label="Tax ID", required=False, max_length=40)
    state_of_issue = forms.ChoiceField(
        label="State of issue", required=False, choices=[*NONE_YET, *((code, name) for code, name in NAMES.items())]
    )
    issued_on = forms.DateField(label="Date certificate issued", required=False, widget=date_input())
    expires_on = forms.DateField(
        label="Expiration date", required=False, widget=date_input(), help_text="The last day on which it is valid."
    )
    source = forms.ChoiceField(label="Came by", choices=Source.choices)
    file = UploadField(label="Add an attachment", required=False)
    keep = forms.MultipleChoiceField(label="Attachments", required=False, widget=forms.CheckboxSelectMultiple)
    company = forms.CharField(label="Company", required=False, max_length=300)
    business_type = forms.ChoiceField(
        label="Type of business", required=False, choices=[*NONE_YET, *BusinessType.choices]
    )
    first_name = forms.CharField(label="First name", required=False, max_length=150)
    last_name = forms.CharField(label="Last name", required=False, max_length=150)
    email = forms.EmailField(
        label="E-mail", required=False, max_length=254, help_text="Where e-mails about the certificate go."
    )
    phone = forms.CharField(label="Phone", required=False, max_length=50)
    street = forms.CharField(label="Address", required=False, max_length=300)
    address2 = forms.CharField(label="Address 2", required=False, max_length=300)
    city = forms.CharField(label="City", required=False, max_length=150)
    state = forms.CharField(label="State", required=False, max_length=50)
    postal_code = forms.CharField(label="Zip/Postal code", required=False, max_length=20)
    notes = forms.CharField(label="Notes", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, today: date, attached: Sequence[CertificateFile] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.attached = attached
        keep = cast("forms.MultipleChoiceField", self.fields["keep"])
        keep.choices = [(str(file.pk), file.filename) for file in attached]
        keep.initial = [str(file.pk) for file in attached]

    def clean(self) -> dict[str, Any]:
        """The service's keywords, checked as the service does; nothing is issued in the future."""
        cleaned: dict[str, Any] = super().clean() or {}
        file, kept = cleaned.pop("file", None), set(cleaned.pop("keep", []))
        data = CertificateInput(**cleaned)
        for field, problem in problems_of(data).items():
            self.add_error(field, problem)
        if data.issued_on and data.issued_on > self.today:
            self.add_error("issued_on", "It can't have been issued after today.")
        return {"data": data, "file": file, "remove": [row.pk for row in self.attached if str(row.pk) not in kept]}


class AssignForm(ActionForm):
    """Whose it is."""

    assignee = forms.ModelChoiceField(
        label="Assignee", required=False, queryset=User.objects.none(), empty_label="Nobody"
    )

    def __init__(self, *args: Any, people: QuerySet[User], **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ModelChoiceField[User]", self.fields["assignee"]).queryset = people


class TellForm(ActionForm):
    """Whether the customer hears of it."""

    tell = forms.BooleanField(label="Tell the customer by e-mail", required=False, initial=True)


class InvalidForm(ActionForm):
    """What is missing or wrong, and whether the customer hears of it."""

    points = forms.MultipleChoiceField(
        label="What is missing or wrong",
        required=False,
        choices=list(POINTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label="In your own words",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The customer reads it as you write it.",
    )
    tell = forms.BooleanField(label="Tell the customer by e-mail", required=False, initial=True)

    def clean(self) -> dict[str, Any]:
        """Something is."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not (cleaned.get("points") or cleaned.get("reason", "").strip()):
            self.add_error("reason", "Choose a point above, or say in a sentence what is missing or wrong.")
        return cleaned
