"""Adding and editing a certificate: the form in its sections beside the document."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from accounts.roles import Right
from core.refused import Refused
from core.views import INVALID, ActionView, ActView, Page
from customers.filters import CustomerFilter
from customers.models import Customer
from customers.selectors import main_contact, named
from taxexempt import services
from taxexempt.forms import CertificateForm
from taxexempt.models import Source, TaxIdType
from taxexempt.selectors import is_decided
from taxexempt.tables import certificate_link, status_badge
from taxexempt.views.certificate import CertificatePageBase

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpRequest, HttpResponse

    from customers.querysets import CustomerQuerySet
    from taxexempt.models import Certificate

MOST_FOUND = 20
FROM_CONTACT = ("first_name", "last_name", "email", "phone", "street", "postal_code", "city", "state")


class CertificateChoice(Page):
    """Whose certificate is added: find the customer."""

    right = Right.CERTIFICATES

    def get_rows(self) -> Any:
        """Customers that stand for themselves."""
        return Customer.objects.standing().select_related("client").prefetch_related("contacts")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Search."""
        asked = request.GET.get("q", "").strip()[:300]
        rows: CustomerQuerySet = self.rows  # type: ignore[assignment]
        found = CustomerFilter({"q": asked}, queryset=rows, request=request).qs if asked else rows.none()
        context = {
            "asked": asked,
            "found": [(customer, named(customer)) for customer in found.order_by("company", "pk")[:MOST_FOUND]],
        }
        return render(request, "taxexempt/choose.html", context)


def onward_of(certificate: Certificate, act: str) -> str:
    """Where to go after a save: nowhere in particular, on with the form, or to what validating does."""
    if act == "stay":
        return reverse("taxexempt:edit", args=[certificate.pk])
    if act == "validate":
        query = urlencode({"next": certificate_link(certificate)})
        return f"{reverse('taxexempt:validate', args=[certificate.pk])}?{query}"
    return ""


class CertificateAdd(ActView):
    """Add a certificate of the customer in the address."""

    right = Right.CERTIFICATES
    title = "Add a tax exemption document"
    page_template = "taxexempt/edit.html"

    def get_rows(self) -> Any:
        """Customers that stand for themselves."""
        return Customer.objects.standing().select_related("client").prefetch_related("contacts")

    @cached_property
    def customer(self) -> Customer:
        """The customer of the address; another tenant's does not exist."""
        try:
            found: Customer = self.rows.get(pk=self.kwargs["customer"])
        except (Customer.DoesNotExist, OverflowError):
            raise Http404 from None
        return found

    def home(self) -> str:
        """The list."""
        return reverse("taxexempt:list")

    def get_initial(self) -> dict[str, Any]:
        """Who the customer is."""
        contact = main_contact(self.customer)
        return {
            "source": Source.UPLOAD,
            "tax_id_type": TaxIdType.STATE,
            "company": self.customer.company,
            **{name: getattr(contact, name) for name in FROM_CONTACT},
        }

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form, on the client's day."""
        today = self.at.astimezone(self.customer.client.zone).date()
        return CertificateForm(data, files, initial=self.get_initial(), today=today)

    def get(self, request: HttpRequest, customer: int) -> HttpResponse:  # noqa: ARG002
        """Ask."""
        return self.ask(self.get_form())

    def post(self, request: HttpRequest, customer: int) -> HttpResponse:  # noqa: ARG002
        """Add it, once."""
        if self.is_spent():
            messages.info(request, "This was done already.")
            return self.leave(self.back)
        form = self.get_form(request.POST, request.FILES)
        if not form.is_valid():
            return self.ask(form, status=INVALID)
        keywords = {name: form.cleaned_data[name] for name in ("data", "file")}
        keywords["form_token"] = self.sent_key or None
        try:
            certificate = services.add_certificate(self.customer, **keywords, by=self.user, at=self.at)
        except Refused as refused:
            return self.ask(form, status=INVALID, problem=refused.message)
        self.spend()
        messages.success(request, f"Certificate {certificate.pk} is added.")
        return self.leave(onward_of(certificate, request.POST.get("act", "")) or self.back)

    def ask(self, form: forms.Form, *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show the form."""
        return self.show(form, status=status, problem=problem, customer=self.customer, name=named(self.customer))


class CertificateEdit(CertificatePageBase, ActionView):
    """Change a certificate; what was found valid gets a new version."""

    right = Right.CERTIFICATES
    title = "Edit"
    page_template = "taxexempt/edit.html"
    action = services.save_certificate

    def heading(self) -> str:
        """Which certificate."""
        return f"Certificate {self.row.pk}"

    def home(self) -> str:
        """The certificate's page."""
        return certificate_link(self.row)

    def get_initial(self) -> dict[str, Any]:
        """The certificate as it is."""
        return {name: getattr(self.row, name) for name in CertificateForm.base_fields if hasattr(self.row, name)}

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form, on the client's day."""
        today = self.at.astimezone(self.row.client.zone).date()
        return CertificateForm(data, files, initial=self.get_initial(), today=today, attached=self.files)

    def show(self, form: forms.Form, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show the form beside the document."""
        row = self.row
        about = {"customer": row.customer, "name": named(row.customer), "badge": status_badge(row)}
        return super().show(form, status=status, is_decided=is_decided(row), **about, **self.document_context(), **more)

    @property
    def onward(self) -> str:
        """Where to go after the save."""
        if self.result is None:
            return super().onward
        act = self.request.POST.get("act", "")
        is_new = self.result.pk != self.kwargs["pk"]
        return onward_of(self.result, act) or (certificate_link(self.result) if is_new else "")

    def sentence(self) -> str:
        """What was done."""
        if self.result.pk != self.kwargs["pk"]:
            return (
                f"Version {self.result.revision} is certificate {self.result.pk}, in review. This one stays as it is."
            )
        return f"Certificate {self.result.pk} is saved."
