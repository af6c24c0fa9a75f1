"""Customers: the list and the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.forms import HiddenInput
from django.http import HttpResponseRedirect
from django.urls import reverse
from django_countries import countries

from accounts.roles import Right
from core.views import ActionView, DetailPage, Empty, ListPage
from customers import selectors, services
from customers.filters import CustomerFilter
from customers.forms import ContactForm, CustomerForm
from customers.models import Contact, ContactKind, Customer, Merge
from customers.selectors.changes import changes_of
from customers.selectors.duplicates import likely_same
from customers.services import AddressInput
from customers.tables import CustomerTable

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse


class CustomerList(ListPage):
    """Who buys."""

    right = Right.SEARCH
    title = "Customers"
    table_class = CustomerTable
    filterset_class = CustomerFilter
    is_exportable = True
    noun = ("customer", "customers")
    is_personal = True
    empty = Empty("No customers yet", "A customer is registered with the first order or quote.")

    template_name = "customers/list.html"

    def get_rows(self) -> Any:
        """Customers with their contacts; merged ones are found as those into which they went."""
        return Customer.objects.filter(merged_into=None).select_related("client").prefetch_related("contacts")


class CustomerDetail(DetailPage):
    """One customer: contacts, purchases, what is open."""

    right = Right.SEARCH
    template_name = "customers/detail.html"

    def get_rows(self) -> Any:
        """Any customer, with whether there is more to read: most are no partners and were never merged."""
        known = Customer.objects.select_related("client", "search").prefetch_related("contacts")
        merged = Exists(Merge.objects.filter(kept=OuterRef("pk")))
        partners = Customer.objects.filter(pk=OuterRef("pk"), partners__isnull=False)
        return known.annotate(was_merged=merged, is_partner=Exists(partners))

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Show the customer; a merged one leads to the one into which it went, with a note."""
        if self.row.merged_into_id is None:
            return super().get(request, *args, **kwargs)
        note = f"{selectors.named(self.row)} was merged into this customer."
        messages.info(request, note)
        return HttpResponseRedirect(reverse("customers:detail", args=[self.row.merged_into_id]))

    def context(self) -> dict[str, Any]:
        """The customer, its contacts, what it may be the same as, what changed lately."""
        customer = self.row
        known = {contact.kind: contact for contact in customer.contacts.all()}
        asked = self.request.GET.get("contact", "")
        shown = asked if asked in ContactKind.values else selectors.main_contact(customer).kind or ContactKind.BILLING
        contact = known.get(shown)
        merges = selectors.merges_of(customer) if customer.was_merged else []
        may_act = customer.anonymized_at is None and self.user.may(Right.CUSTOMERS)
        return {
            "row": customer,
            "name": selectors.named(customer),
            "kinds": [(kind.value, kind.label, kind.value in known) for kind in ContactKind],
            "shown": shown,
            "shown_label": ContactKind(shown).label,
            "contact": contact,
            "country": countries.name(contact.country) if contact else "",
            "contact_count": len(known),
            "is_missing": len(known) < len(ContactKind),
            "language": selectors.in_words("language", customer.language),
            "partners": list(customer.partners.all()) if customer.is_partner else [],
            "may_act": may_act,
            "likely": likely_others(customer) if may_act else [],
            "changes": changes_of(customer),
            "merges": [(merge, selectors.undo_refusal(merge, at=self.at)) for merge in merges],
            "on": self.at.astimezone(customer.client.zone).date(),
            "at": self.at,
        }


def likely_others(customer: Customer) -> list[tuple[Customer, str, str]]:
    """Whom a customer is likely the same as: the row, its name, what speaks for it."""
    pairs = likely_same(customer)
    others = [(pair.second if pair.first.pk == customer.pk else pair.first, pair.reasons) for pair in pairs]
    return [(other, selectors.named(other), ", ".join(reasons).lower()) for other, reasons in others]


class CustomerAct(ActionView):
    """What acts on customers have in common."""

    right = Right.CUSTOMERS

    def get_rows(self) -> Any:
        """Any customer."""
        return Customer.objects.select_related("client")

    def home(self) -> str:
        """The profile."""
        return reverse("customers:detail", args=[self.row.pk])


class CustomerEdit(CustomerAct):
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


class ContactEdit(CustomerAct):
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
