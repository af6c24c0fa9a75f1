"""What people enter about customers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django_countries import countries

from core.views import ActionForm
from customers.models import ContactKind, CustomerType


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
