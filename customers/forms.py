"""What people enter about customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django_countries import countries

from core.views import ActionForm
from customers.models import ContactKind, CustomerType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from customers.models import Contact
    from customers.selectors import Difference


class CustomerForm(ActionForm):
    """Who a customer is."""

    company = forms.CharField(label="Company", required=False, max_length=300)
    type = forms.ChoiceField(label="Type", choices=CustomerType.choices)
    vat_id = forms.CharField(label="VAT ID", required=False, max_length=30)
    language = forms.ChoiceField(
        label="Language", choices=settings.LANGUAGES, help_text="Letters and e-mails of new purchases."
    )
    payables_email = forms.EmailField(
        label="E-mail of accounts payable",
        required=False,
        max_length=254,
        help_text="Where letters about unpaid orders go, too, if they come back or your letters are copied there.",
    )


class ContactForm(ActionForm):
    """A person and an address."""

    kind = forms.ChoiceField(label="Contact for", choices=ContactKind.choices)
    company = forms.CharField(label="Company", required=False, max_length=300)
    first_name = forms.CharField(label="First name", required=False, max_length=150)
    last_name = forms.CharField(label="Last name", required=False, max_length=150)
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    phone = forms.CharField(label="Phone", required=False, max_length=50)
    fax = forms.CharField(label="Fax", required=False, max_length=50)
    street = forms.CharField(label="Street", required=False, max_length=300)
    postal_code = forms.CharField(label="Postal code", required=False, max_length=20)
    city = forms.CharField(label="City", required=False, max_length=150)
    state = forms.CharField(label="State or province", required=False, max_length=50)
    country = forms.ChoiceField(label="Country", required=False, choices=lambda: [("", "–"), *countries])

    def clean(self) -> dict[str, Any]:
        """A contact is somebody."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not (cleaned.get("company") or cleaned.get("last_name")):
            self.add_error("last_name", self.name_needed())
        return cleaned

    def name_needed(self) -> str:
        """Ask for somebody."""
        return "Enter a last name or a company."


class MergeForm(ActionForm):
    """What the customer that stays takes over from the other: one choice for each difference, its own first."""

    reason = forms.CharField(
        label="Reason", required=False, max_length=300, help_text="Such as: moved, renamed, ordered twice."
    )

    def __init__(self, *args: Any, differences: Sequence[Difference], **options: Any) -> None:
        super().__init__(*args, **options)
        for one in differences:
            self.fields[one.name] = forms.ChoiceField(
                label=one.label, choices=[("kept", one.kept), ("gone", one.gone)], initial="kept", required=False
            )
        self.differences = differences

    def choices(self) -> list[tuple[Difference, str]]:
        """Each difference with what is chosen now."""
        return [(one, self[one.name].value() or "kept") for one in self.differences]


class ContactMergeForm(ActionForm):
    """Which contact stays."""

    into = forms.ChoiceField(label="Merge into", widget=forms.RadioSelect)

    def __init__(self, *args: Any, contacts: Iterable[Contact], **options: Any) -> None:
        super().__init__(*args, **options)
        known = {contact.kind: contact for contact in contacts}
        self.fields["into"].choices = [  # type: ignore[attr-defined]  # it is a choice field
            (kind.value, f"{kind.label}: {known[kind.value]}, {known[kind.value].email or known[kind.value].city}")
            for kind in ContactKind
            if kind.value in known
        ]
        self.fields["into"].initial = next(iter(known), "")


class AnonymizeForm(ActionForm):
    """Typed by hand, so that nobody does it by a slip."""

    number = forms.CharField(max_length=20)

    def __init__(self, *args: Any, number: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.expected = number
        self.fields["number"].label = f"Type {number} to confirm"
        self.fields["number"].widget.attrs.update({"autocomplete": "off", "inputmode": "numeric"})

    def clean(self) -> dict[str, Any]:
        """The customer's number, and nothing that the service has to know."""
        if (super().clean() or {}).get("number", "").strip() != self.expected:
            self.add_error("number", f"This is not {self.expected}: type it as it stands here.")
        return {}
