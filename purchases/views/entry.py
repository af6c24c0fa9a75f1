"""Order entry for Customer Service: what came by fax, letter or e-mail becomes an order.

The page works without script: every button sends the whole sheet and shows it again, only “Place the order” places it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.models import BankAccount, Client
from accounts.roles import Right
from core.money import Money
from core.refused import Refused
from core.views import INVALID, Page, chosen_client
from customers.models import ContactKind, Customer
from customers.services import AddressInput, CustomerInput, find_customer
from partners.models import Partner, PartnerStatus
from partners.selectors import outstanding
from partners.services.limit import check_terms
from purchases import forms
from purchases.documents import seller_place
from purchases.models import Policy, Product, ProductPrice, Purchase, Source
from purchases.policy import Buyer, warnings
from purchases.selectors.exemption import exemption_of
from purchases.services.entry import Arrival, enter_order
from purchases.services.place import Order
from purchases.states import Status
from purchases.tables import desk_link, purchase_link
from taxexempt.policy import EXEMPT, Place, TaxAnswer, exempt_answer, tax_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.http import HttpRequest

    from taxexempt.models import Certificate

TOKEN = re.compile(r"[0-9a-f]{32}")
ROWS = 3
MOST_FOUND = 8
CONTACT_LABELS = {"billing": "Billing", "delivery": "Delivery", "licensee": "Licensee"}


@dataclass(frozen=True, slots=True)
class Totals:
    """What the sheet comes to so far, and what speaks against it. Amounts are minor units of `currency`."""

    currency: str
    lines: list[tuple[str, int]]
    net: int
    tax: int
    percent: Decimal
    suggestion: TaxAnswer | None
    problems: list[str]
    outside: list[str]
    partner: list[str]
    partner_customer: int | None
    has_other_term: bool
    customer: Customer | None
    earlier: list[Purchase]

    @property
    def gross(self) -> int:
        """Net and tax."""
        return self.net + self.tax


class Sheet:
    """The whole form of a new order: its parts are forms. `values` is what was sent, or what it starts with.

    A bound sheet says what is wrong; an unbound one shows the same values and waits.
    """

    def __init__(
        self, client: Client, values: Mapping[str, Any], *, files: Any = None, is_bound: bool, language: str
    ) -> None:
        self.client, self.values, self.is_bound = client, values, is_bound
        self.token = str(values.get("form_token", "")) if TOKEN.fullmatch(str(values.get("form_token", ""))) else ""
        self.token = self.token or uuid4().hex
        asked = str(values.get("rows", ""))
        self.rows = min(max(int(asked), 1), forms.MOST_ROWS) if asked.isascii() and asked.isdecimal() else ROWS
        products = Product.objects.filter(client=client, is_active=True).prefetch_related("prices").order_by("name")
        self.products = list(products)
        self.currencies = currencies_to_sell(client)
        currency = str(values.get("currency", ""))
        currency = currency if currency in self.currencies else self.currencies[0]
        self.policy = Policy.objects.filter(client=client).order_by("-version").first()
        partners = Partner.objects.filter(client=client, status=PartnerStatus.ACCEPTED)
        self.main = forms.EntryForm(
            **self._values(""),
            files=files,
            currencies=self.currencies,
            partners=partners.order_by("company", "pk"),
            usual_term=self.policy.term_days if self.policy else 0,
            country=str(values.get("billing-country", "")),
        )
        self.contacts = {
            kind: forms.EntryContactForm(**self._values(kind), is_needed=kind == ContactKind.BILLING)
            for kind in CONTACT_LABELS
        }
        self.items = [
            forms.ItemForm(
                **self._values(f"item{number}"), products=self.products, currency=currency, language=language
            )
            for number in range(self.rows)
        ]

    def _values(self, prefix: str) -> dict[str, Any]:
        if self.is_bound:
            return {"data": self.values, "prefix": prefix or None}
        start = f"{prefix}-" if prefix else ""
        initial = {key.removeprefix(start): value for key, value in self.values.items() if key.startswith(start)}
        return {"initial": initial, "prefix": prefix or None}

    @property
    def parts(self) -> list[Any]:
        """All forms of the sheet."""
        return [self.main, *self.contacts.values(), *self.items]

    @property
    def contact_panels(self) -> list[tuple[str, Any]]:
        """The contacts with their headings."""
        return [(CONTACT_LABELS[kind], form) for kind, form in self.contacts.items()]

    def is_valid(self) -> bool:
        """Whether an order can be made of it."""
        return all([part.is_valid() for part in self.parts])  # noqa: C419 -- every part is to say what is wrong

    def suggestion(self, at: datetime) -> TaxAnswer | None:
        """The tax that the billing address and the VAT ID call for; none while the country is not known."""
        billing = self.contacts["billing"]
        billing.is_valid(), self.main.is_valid()
        country = billing.cleaned_data.get("country", "")
        if not country:
            return None
        on = at.astimezone(self.client.zone).date()
        answer = tax_for(
            seller=seller_place(self.client),
            buyer=Place(country, billing.cleaned_data.get("state", ""), billing.cleaned_data.get("postal_code", "")),
            vat_id=self.main.cleaned_data.get("vat_id", ""),
            customer_type=self.main.cleaned_data.get("customer_type", ""),
            on=on,
        )
        certificate = self.certificate(answer, on)
        return exempt_answer(str(certificate)) if certificate else answer

    def certificate(self, answer: TaxAnswer, on: date) -> Certificate | None:
        """The certificate that takes the tax off, whatever rate was typed."""
        customer, typed = self.known_customer(), self.main.cleaned_data.get("tax_percent")
        if customer is None:
            return None
        given = CustomerInput(billing=AddressInput(**self.contacts["billing"].cleaned_data), type="")
        return exemption_of(self.client, customer, given, answer.percent if typed is None else typed, on=on)

    def totals(self, at: datetime) -> Totals:
        """Add up what is there; of a sheet that is bound."""
        main, billing, suggestion = self.main, self.contacts["billing"], self.suggestion(at)
        typed = main.cleaned_data.get("tax_percent")
        if suggestion is not None and (typed is None or suggestion.reason == EXEMPT):
            typed = suggestion.percent
        percent = typed or Decimal(0)
        filled = [(number, item) for number, item in enumerate(self.items, start=1) if item.is_filled]
        amounts = [item.amounts(percent) for _, item in filled]
        currency = main.cleaned_data.get("currency") or self.currencies[0]
        net, tax = sum(line.net for line in amounts), sum(line.tax for line in amounts)
        outside: list[str] = []
        if self.policy is not None and main.cleaned_data.get("is_po"):
            buyer = Buyer(
                type=main.cleaned_data.get("customer_type", ""),
                company=billing.cleaned_data.get("company", ""),
                country=billing.cleaned_data.get("country", ""),
            )
            outside = warnings(self.policy.terms, buyer, Money(net + tax, currency))
        customer = self.known_customer()
        return Totals(
            currency=currency,
            lines=[
                (str(item.cleaned_data["product"]), line.net) for (_, item), line in zip(filled, amounts, strict=True)
            ],
            net=net,
            tax=tax,
            percent=percent,
            suggestion=suggestion,
            problems=self.problems(),
            outside=outside,
            partner=self.partner_lines(Money(net + tax, currency), at),
            partner_customer=getattr(main.cleaned_data.get("partner"), "customer_id", None),
            has_other_term=bool(main.cleaned_data.get("term_days")),
            customer=customer,
            earlier=self.earlier(customer),
        )

    def problems(self) -> list[str]:
        """What is wrong with the rows, and how nobody could be reached."""
        found = [
            f"Row {number}: {' '.join(str(text) for texts in item.errors.values() for text in texts)}"
            for number, item in enumerate(self.items, start=1)
            if item.errors
        ]
        found += [str(text) for text in self.main.errors.get("vat_id", ())]
        billing = self.contacts["billing"].cleaned_data
        if (billing.get("company") or billing.get("last_name")) and not billing.get("email"):
            found.append("Without an e-mail address nothing is sent: keys and documents have to go another way.")
        return found

    def partner_lines(self, gross: Money, at: datetime) -> list[str]:
        """Say how the chosen partner stands: what it may order, and what this order does to its limit."""
        partner, is_po = self.main.cleaned_data.get("partner"), self.main.cleaned_data.get("is_po")
        if partner is None:
            return []
        limit, used = partner.limit, outstanding(partner)
        lines = [f"{partner.company}: {used} of a limit of {limit} is outstanding."]
        try:
            check_terms(partner, gross.currency, on=at.astimezone(self.client.zone).date())
        except Refused as refused:
            lines.append(f"In the portal it could not order on PO: {refused.message}")
        if is_po:
            after = used + gross if gross.currency == partner.currency and not self.main["is_test"].value() else used
            over = " That is over the limit." if after > limit else ""
            lines.append(f"This order is reviewed, not measured by the limit; afterwards {after} is outstanding.{over}")
        if partner.month_end_statement:
            lines.append("It gets a month-end statement instead of payment notices.")
        return lines

    def known_customer(self) -> Customer | None:
        """The client's customer with this company and billing e-mail, whom the order will be filed under."""
        billing = self.contacts["billing"].cleaned_data
        if not (billing.get("company") or billing.get("email")):
            return None
        address = AddressInput(company=billing.get("company", ""), email=billing.get("email", ""))
        return find_customer(self.client, CustomerInput(billing=address, type=""))

    def earlier(self, customer: Customer | None) -> list[Purchase]:
        """The customer's purchases that carry the PO number already."""
        number = self.main.cleaned_data.get("po_number", "").strip()
        if customer is None or not number:
            return []
        rows = Purchase.objects.filter(client=self.client, customer=customer, po_number__iexact=number)
        return list(rows.order_by("-ordered_at", "-pk")[:5])

    def order(self, at: datetime) -> Order:
        """The order that a valid sheet stands for."""
        data, suggestion = self.main.cleaned_data, self.suggestion(at)
        percent = data["tax_percent"]
        if percent is None:
            percent = suggestion.percent if suggestion else Decimal(0)
        return Order(
            source=Source.OFFLINE,
            currency=data["currency"],
            customer=CustomerInput(
                billing=self.contacts["billing"].address() or AddressInput(),
                delivery=self.contacts["delivery"].address(),
                licensee=self.contacts["licensee"].address(),
                type=data["customer_type"],
                language=data["language"],
                vat_id=data["vat_id"],
            ),
            lines=[item.line() for item in self.items if item.is_filled],
            tax_percent=percent,
            is_po=data["is_po"],
            payment_type=data["payment_type"],
            po_number=data["po_number"],
            partner=data["partner"],
            term_days=data["term_days"] or 0,
            is_test=data["is_test"],
            x_parameters=data["x_parameters"],
            form_token=f"entry:{self.token}",
        )

    def arrival(self) -> Arrival:
        """How the order came in."""
        data = self.main.cleaned_data
        return Arrival(data["channel"], has_document=data["has_document"] or bool(data["file"]), file=data["file"])


def currencies_to_sell(client: Client) -> list[str]:
    """The currencies in which a client has bank accounts or prices, the accounts' first."""
    accounts = BankAccount.objects.filter(client=client).order_by("pk").values_list("currency", flat=True)
    prices = ProductPrice.objects.filter(product__client=client).order_by("currency").values_list("currency", flat=True)
    return list(dict.fromkeys([*accounts, *prices])) or ["EUR"]


def customers_like(client: Client, words: str) -> list[Customer]:
    """The client's customers whose company or e-mail address holds `words`."""
    if not words:
        return []
    rows = Customer.objects.standing().filter(
        Q(company__icontains=words) | Q(contacts__email__icontains=words) | Q(contacts__last_name__istartswith=words),
        client=client,
    )
    return list(rows.distinct().prefetch_related("contacts").order_by("company", "pk")[:MOST_FOUND])


def values_of(customer: Customer) -> dict[str, str]:
    """What is on file about a customer, as the sheet's values."""
    known = {"customer_type": customer.type, "vat_id": customer.vat_id, "language": customer.language}
    for contact in customer.contacts.all():
        for name in forms.EntryContactForm.base_fields:
            known[f"{contact.kind}-{name}"] = getattr(contact, name)
    return known


class OrderEntry(Page):
    """Key in an order: choose the client, fill the sheet, place it."""

    right = Right.ENTER_ORDER

    @cached_property
    def client(self) -> Client | None:
        """Whose order it is: the chosen client, else the one the address names."""
        rows = Client.objects.order_by("name", "pk")
        if self.user.client_id is not None:
            return rows.filter(pk=self.user.client_id).first()
        chosen = chosen_client(self.request)
        if chosen is not None:
            return rows.filter(pk=chosen.pk).first()
        return rows.filter(slug=self.request.GET.get("client", "")[:50]).first()

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Ask for the client first, then show an empty sheet, or one with a known customer's data."""
        if self.client is None:
            clients = Client.objects.filter(policies__isnull=False).distinct().order_by("name", "pk")
            return render(request, "purchases/entry_client.html", {"clients": clients})
        asked = request.GET.get("customer", "")[:18]
        rows = Customer.objects.standing().filter(client=self.client)
        found = rows.filter(pk=int(asked)).first() if asked.isascii() and asked.isdecimal() else None
        start = {"language": self.client.language, "billing-country": self.client.country}
        return self.show(self.sheet(start | (values_of(found) if found else {})))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Place the order, or do to the sheet what its button says and show it again."""
        if self.client is None:
            return HttpResponseRedirect(reverse("purchases:enter"))
        act = request.POST.get("act", "")
        if act == "place":
            return self.place()
        values = {key: value for key, value in request.POST.items() if key != "csrfmiddlewaretoken"}
        if act == "add_row":
            values["rows"] = str(self.sheet(values).rows + 1)
        use = request.POST.get("use", "")[:18]
        if use.isascii() and use.isdecimal():
            found = Customer.objects.standing().filter(client=self.client, pk=int(use)).first()
            values |= {**values_of(found), "q": ""} if found else {}
        if request.FILES and not self.is_htmx:
            messages.info(request, "Please choose the file again before you place the order.")
        return self.show(self.sheet(values))

    def place(self) -> HttpResponse:
        """Place it, once."""
        request, sheet, problem = self.request, self.sheet(self.request.POST, is_bound=True), ""
        if sheet.is_valid():
            try:
                purchase = enter_order(
                    sheet.client,
                    sheet.order(self.at),
                    sheet.arrival(),
                    by=self.user,
                    at=self.at,
                    note=sheet.main.cleaned_data["note"],
                )
            except Refused as refused:
                problem = refused.message
                if refused.code == "outside policy":
                    sheet.main.add_error("note", "Say why it is placed outside the policy.")
                elif refused.code == "reason":
                    sheet.main.add_error("note", "Say why another term holds.")
                elif refused.code == "po_number":
                    sheet.main.add_error("po_number", "The policy asks for a PO number.")
            else:
                messages.success(request, f"Order {purchase.reference} placed: {purchase.status_label}.")
                is_ready = purchase.status == Status.AWAITING_RELEASE and purchase.document_received_at
                return HttpResponseRedirect(desk_link(purchase) if is_ready else purchase_link(purchase))
        return self.show(sheet, status=INVALID, problem=problem or "Something is missing or wrong; it is marked below.")

    def sheet(self, values: Mapping[str, Any], *, is_bound: bool = False) -> Sheet:
        """The sheet with these values."""
        files = self.request.FILES if is_bound else None
        client: Any = self.client
        return Sheet(client, values, files=files, is_bound=is_bound, language=self.user.language)

    def show(self, sheet: Sheet, *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show the sheet with what it comes to."""
        words = str(sheet.values.get("q", ""))[:100].strip()
        weighed = sheet if sheet.is_bound else self.sheet({**defaults(sheet), **sheet.values}, is_bound=True)
        context = {
            "sheet": sheet,
            "client": sheet.client,
            "may_choose": self.user.client_id is None and chosen_client(self.request) is None,
            "totals": weighed.totals(self.at),
            "problem": problem,
            "words": words,
            "found": customers_like(sheet.client, words),
        }
        return render(self.request, "purchases/entry.html", context, status=status)


def defaults(sheet: Sheet) -> dict[str, str]:
    """What the choices of an untouched sheet stand at, so that it can be added up."""
    names = ("channel", "customer_type", "language", "currency", "payment_type")
    first = {name: str(sheet.main.fields[name].choices[0][0]) for name in names}  # type: ignore[attr-defined]
    return {**first, "rows": str(sheet.rows)}
