"""Ordering in the partner portal: fill in, look at what it costs, place it on purchase order or by wire."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse

from core import letters
from core.letters import fill
from core.refused import Refused
from core.views import INVALID
from customers.models import Address, ContactKind, CustomerType
from customers.services import AddressInput, CustomerInput
from partners.forms import PortalBillingForm, PortalContactForm, PortalOrderForm
from partners.services.limit import note_refused_order
from purchases.models import Product, PurchaseContact
from quotes.forms import country_choices
from quotes.selectors import policy_of
from quotes.services.portal import Wish, estimate, place_portal_order, price_in, priced_currencies
from quotes.views.portal import PartnerPage
from taxexempt.policy import read_vat_id

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from quotes.services.portal import Estimate

FORM_KEY: Final = re.compile(r"[0-9a-f]{32}")
NOT_REPEATED: Final = frozenset({"csrfmiddlewaretoken", "step", "form_key", "shown_gross", "pay"})
ADDRESS_FIELDS: Final = tuple(AddressInput.__dataclass_fields__)


class PortalCheckout(PartnerPage):
    """The order form, the page with what it costs, and the order."""

    section = "new"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the empty form, with the address of the last order."""
        return self.ask(self.forms(asked=request.GET.get("currency", "")))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check and show what it costs; with `step=place` place it; with `step=edit` back to the form."""
        forms = self.forms(request.POST)
        step = request.POST.get("step", "check")
        if step == "edit":
            return self.ask(forms)
        wish = self.wish(forms)
        if wish is None:
            return self.ask(forms, status=INVALID)
        try:
            costs = estimate(self.partner, wish, at=self.at)
        except Refused as refused:
            currency = {"currency": forms["currency"]}
            is_price = refused.code == "price"
            forms["order"].add_error(
                None, fill(self.words["no_price_for"], currency) if is_price else self.why_not(refused)
            )
            return self.ask(forms, status=INVALID)
        if step != "place":
            return self.confirm(wish, costs)
        if request.POST.get("shown_gross") != str(costs.gross.minor):
            return self.confirm(wish, costs, problem=self.words["price_changed"])
        return self.place(wish, costs)

    def place(self, wish: Wish, costs: Estimate) -> HttpResponse:
        """Place it, once, and show the order."""
        key = self.request.POST.get("form_key", "")
        if not FORM_KEY.fullmatch(key):
            return self.confirm(wish, costs, problem=self.words["look_once_more"])
        is_po = self.request.POST.get("pay") == "po"
        try:
            purchase = place_portal_order(self.partner, wish, is_po=is_po, form_key=key, at=self.at)
        except Refused as refused:
            costs = estimate(self.partner, wish, at=self.at)
            return self.confirm(wish, costs, problem=self.why_not(refused, costs.gross))
        done = self.words["done_po" if is_po else "done_wire"]
        messages.success(self.request, fill(done, {"reference": purchase.reference}))
        return HttpResponseRedirect(reverse("portal:order", args=[purchase.reference]))

    # the form ---------------------------------------------------------------------------------------------------

    @property
    def products(self) -> list[Product]:
        """What the client sells."""
        rows = Product.objects.filter(client=self.partner.client, is_active=True).prefetch_related("prices")
        return list(rows.order_by("name", "pk"))

    def forms(self, data: Any = None, *, asked: str = "") -> dict[str, Any]:
        """The parts of the form, bound to what was sent, in a currency in which something has a price."""
        products = self.products
        currencies = priced_currencies(products)
        wanted = data.get("currency", "") if data is not None else asked
        usual = self.partner.currency if self.partner.currency in currencies else next(iter(currencies), "")
        currency = wanted if wanted in currencies else usual
        priced = [(product, price_in(product, currency)) for product in products]
        sold = [product for product, price in priced if price]
        known = self.last_contacts() if data is None else {}
        policy = policy_of(self.partner.client)
        first = {"currency": currency, "customer_type": CustomerType.COMPANY, "vat_id": self.usual_vat_id()}
        needs_number = bool(policy and policy.po_number_required)
        said: dict[str, Any] = {"words": self.words, "countries": country_choices(self.language)}
        return {
            "order": PortalOrderForm(
                data, initial=first, words=self.words, products=sold, is_number_needed=needs_number
            ),
            "billing": PortalBillingForm(data, prefix="billing", initial=known.get("billing"), **said),
            "delivery": PortalContactForm(data, prefix="delivery", **said),
            "licensee": PortalContactForm(data, prefix="licensee", **said),
            "currency": currency,
            "currencies": currencies,
            "prices": {product.pk: price for product, price in priced if price},
        }

    def usual_vat_id(self) -> str:
        """The VAT ID on file."""
        return self.partner.customer.vat_id if self.partner.customer else ""

    def last_contacts(self) -> dict[str, dict[str, str]]:
        """Whom the last order was billed to, else the customer on file, else the partner's company and address."""
        rows: Any = PurchaseContact.objects.filter(
            purchase__partner=self.partner, purchase__client=self.partner.client, kind=ContactKind.BILLING
        ).order_by("-purchase__ordered_at", "-pk")
        last: Address | None = rows.first()
        if last is None and self.partner.customer is not None:
            last = self.partner.customer.contacts.filter(kind=ContactKind.BILLING).first()
        if last is None:
            billing = {"company": self.partner.company, "email": self.partner.email}
        else:
            billing = {name: getattr(last, name) for name in ADDRESS_FIELDS}
        return {"billing": billing}

    def wish(self, forms: dict[str, Any]) -> Wish | None:
        """What was asked for, or nothing when the form has to be shown again."""
        order, billing = forms["order"], forms["billing"]
        parts = [order, billing]
        parts += [forms[kind] for kind in ("delivery", "licensee") if order["has_" + kind].value()]
        if not all([part.is_valid() for part in parts]):  # noqa: C419 -- each shows its own errors
            return None
        data = order.cleaned_data
        vat_id = read_vat_id(data["vat_id"], billing.cleaned_data["country"])
        if data["vat_id"] and not vat_id:
            country = letters.country_name(billing.cleaned_data["country"], self.language)
            order.add_error("vat_id", fill(self.words["vat_id_wrong"], {"country": country}))
            return None
        addresses = {form.prefix: _address(form.cleaned_data) for form in parts[1:]}
        customer = CustomerInput(
            billing=addresses["billing"],
            type=data["customer_type"],
            language=self.language,
            vat_id=vat_id,
            delivery=addresses.get("delivery"),
            licensee=addresses.get("licensee"),
        )
        return Wish(lines=data["lines"], currency=forms["currency"], customer=customer, po_number=data["po_number"])

    def ask(self, forms: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Show the form."""
        order = forms["order"]
        context = {
            **self.limit_context(),
            **forms,
            "form": order,
            "products": [(product, forms["prices"][product.pk], field) for product, field in order.quantities],
            "other_contacts": [
                (forms[kind], order["has_" + kind], bool(order["has_" + kind].value()))
                for kind in ("delivery", "licensee")
            ],
            "is_other_currency": forms["currency"] != self.partner.currency,
        }
        if order.is_bound:  # another language is a new page: what was typed would be lost
            context["languages"] = {}
        return self.show("quotes/portal_checkout.html", context, status=status)

    # what it costs ----------------------------------------------------------------------------------------------

    def confirm(self, wish: Wish, costs: Estimate, *, problem: str = "") -> HttpResponse:
        """Show what it costs and how it may be paid; who looks after partners is told of what the limit refuses."""
        if costs.is_over:
            note_refused_order(self.partner, costs.gross, at=self.at)
        sent = self.request.POST
        context = {
            **self.limit_context(),
            "wish": wish,
            "costs": costs,
            "why_not": self.why_not(costs.refused, costs.gross),
            "tax_why": self.tax_why(wish, costs),
            "billing": self.window(wish.customer.billing),
            "customer": wish.customer,
            "problem": problem,
            "languages": {},
            "form_key": uuid4().hex if problem else (_key(sent.get("form_key", "")) or uuid4().hex),
            "repeated": [(name, value) for name, value in sent.items() if name not in NOT_REPEATED],
            "left_after_minor": self.partner.limit_minor - self.partner.outstanding_minor - costs.gross.minor,
            "term_days": getattr(policy_of(self.partner.client), "term_days", 0),
        }
        return self.show("quotes/portal_check.html", context, status=INVALID if problem else 200)

    def tax_why(self, wish: Wish, costs: Estimate) -> str:
        """Why this tax."""
        country = letters.country_name(wish.customer.billing.country, self.language)
        return fill(self.words[f"tax_{costs.tax_answer.reason}"], {"country": country})

    def window(self, given: AddressInput) -> list[str]:
        """The address as it will be printed, and where e-mails go."""
        name = f"{given.first_name} {given.last_name}".strip()
        parts = ("company", "street", "postal_code", "city", "state", "country")
        address = letters.Address(name=name, **{part: getattr(given, part) for part in parts})
        return [*address.lines(language=self.language, home=self.partner.client.country), given.email]


def _key(text: str) -> str:
    return text if FORM_KEY.fullmatch(text) else ""


def _address(data: dict[str, Any]) -> AddressInput:
    return AddressInput(**{name: data.get(name, "") for name in ADDRESS_FIELDS})
