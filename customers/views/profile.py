"""Customers: the list and the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.forms import HiddenInput
from django.urls import reverse
from django_countries import countries

from accounts.roles import Right
from core.views import ActionView, DetailPage, Empty, ListPage
from customers import services
from customers.filters import CustomerFilter
from customers.forms import ContactForm, CustomerForm
from customers.models import Contact, ContactKind, Customer
from customers.services import AddressInput
from customers.tables import CustomerTable, main_contact

if TYPE_CHECKING:
    from django import forms

NEWEST_CHANGES = 8


class CustomerList(ListPage):
    """Who buys."""

    right = Right.SEARCH
    title = "Customers"
    table_class = CustomerTable
    filterset_class = CustomerFilter
    noun = ("customer", "customers")
    empty = Empty("No customers yet", "A customer is registered with the first order or quote.")

    def get_rows(self) -> Any:
        """Customers with their contacts."""
        return Customer.objects.select_related("client").prefetch_related("contacts")


class CustomerDetail(DetailPage):
    """One customer: contacts, purchases, what is open."""

    right = Right.SEARCH
    template_name = "customers/detail.html"

    def get_rows(self) -> Any:
        """Any customer."""
        return Customer.objects.select_related("client").prefetch_related("contacts", "partners")

    def context(self) -> dict[str, Any]:
        """The customer, the contacts in their order, what changed lately."""
        customer = self.row
        known = {contact.kind: contact for contact in customer.contacts.all()}
        main = main_contact(customer)
        return {
            "row": customer,
            "name": customer.company or main.name or main.email or f"Customer {customer.pk}",
            "contacts": [
                (kind.value, kind.label, known[kind.value], countries.name(known[kind.value].country))
                for kind in ContactKind
                if kind.value in known
            ],
            "missing": [(kind.value, kind.label) for kind in ContactKind if kind.value not in known],
            "partners": list(customer.partners.all()),
            "changes": customer.history.select_related("history_user").order_by("-history_date", "-history_id")[
                :NEWEST_CHANGES
            ],
            "on": self.at.astimezone(customer.client.zone).date(),
            "at": self.at,
        }


class _CustomerAct(ActionView):
    """What acts on customers have in common."""

    right = Right.CUSTOMERS

    def get_rows(self) -> Any:
        """Any customer."""
        return Customer.objects.select_related("client")

    def home(self) -> str:
        """The profile."""
        return reverse("customers:detail", args=[self.row.pk])


class CustomerEdit(_CustomerAct):
    """Correct who a customer is."""

    title = "Edit"
    button = "Save"
    form_class = CustomerForm
    action = services.change_customer

    def get_initial(self) -> dict[str, Any]:
        """The customer as it is."""
        return {name: getattr(self.row, name) for name in CustomerForm.base_fields}

    def consequences(self) -> list[str]:
        """Say what stays."""
        return ["Purchases and documents that are there keep what they say; new ones take what you enter."]

    def sentence(self) -> str:
        """What was done."""
        return "The customer is changed."


class ContactEdit(_CustomerAct):
    """Enter an additional contact, or correct one."""

    title = "Contact of"
    button = "Save"
    form_class = ContactForm
    action = services.save_contact

    @property
    def kind(self) -> str:
        """The kind of contact that is edited; empty for an additional one."""
        asked = self.kwargs.get("kind", "")
        return asked if asked in ContactKind.values else ""

    def get_initial(self) -> dict[str, Any]:
        """The contact as it is; an additional one starts with the company."""
        contact = Contact.objects.filter(customer=self.row, kind=self.kind).first() if self.kind else None
        if contact is None:
            return {"company": self.row.company, "kind": self.kind or ContactKind.DELIVERY}
        return {name: getattr(contact, name) for name in ContactForm.base_fields}

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form; which contact it is stands in the address."""
        form = super().get_form(data, files)
        if self.kind:
            form.fields["kind"].widget = HiddenInput()
            form.fields["kind"].disabled = True
        return form

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """The address as one value."""
        fields = dict(form.cleaned_data)
        return {"kind": fields.pop("kind"), "address": AddressInput(**fields)}

    def consequences(self) -> list[str]:
        """Say what stays."""
        return ["Purchases that are there keep their own addresses; new ones take this one."]

    def sentence(self) -> str:
        """What was done."""
        return "The contact is saved."
