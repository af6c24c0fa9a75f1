"""The hosted checkout: cart and contacts, then payment, then the order. Everything it knows travels in its fields."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control

from accounts.models import Client
from accounts.roles import Right
from core.letters import country_name, fill, formatter
from core.refused import Refused
from customers.models import ContactKind
from customers.services import AddressInput, CustomerInput
from purchases.models import PaymentType, Source
from purchases.services.place import Order, OrderLine
from quotes.forms import BuyerForm, ContactForm
from quotes.selectors import BuyerFacts, Cart, offer_of, policy_of, read_cart, tax_of, trust_at
from quotes.services.checkout import check_out, is_form_key, mask_address, new_form_key
from quotes.views.public import (
    HOUR,
    INVALID,
    MOST_ORDERS,
    MOST_POSTS,
    SEE_OTHER,
    WINDOW_SECONDS,
    PublicPage,
    count,
    visitor_address,
)
from quotes.wording import LANGUAGES
from taxexempt.policy import BUSINESSES, read_vat_id

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from purchases.models import Policy
    from purchases.policy import Offer
    from quotes.forms import PayForm
    from taxexempt.policy import TaxAnswer

MOST_FIELDS: Final = 300
OWN_FIELDS: Final = ("currency", "language", "test")


@method_decorator(cache_control(private=True, no_cache=True), name="dispatch")
class Checkout(PublicPage):
    """One client's checkout; `?test=1` is the same for those who make its rules, and places test orders.

    The browser may hold the page for its Back button, which keeps what was typed.
    """

    client: Client
    at: datetime
    pairs: list[tuple[str, str]]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: Any) -> HttpResponseBase:
        """Find whose page it is; let it speak the customer's language."""
        self.at = timezone.now()
        instead = self.find(request, **kwargs)
        if instead is not None:
            return instead
        with translation.override(self.language):
            return super().dispatch(request, *args, **kwargs)

    def find(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        """Find the client and the language; let only the rules' makers test. Else say what is answered instead."""
        found = Client.objects.filter(slug=kwargs["slug"]).first()
        if found is None:
            self.speak(request.GET.get("language", ""))
            return self.nothing("no_shop", "no_shop_text")
        self.client = found
        self.pairs = posted_pairs(request) if request.method == "POST" else _linked(request)
        sent = dict(self.pairs)
        self.speak(sent.get("language", ""), found.language)
        self.is_test = sent.get("test") == "1"
        if self.is_test and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if self.is_test and not self.may_test():
            raise PermissionDenied
        return None

    def may_test(self) -> bool:
        """Whether the user makes the rules of this client."""
        user: Any = self.request.user
        return bool(user.may(Right.POLICY) and user.client_id in {None, self.client.pk})

    # What came in ---------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The fields that were sent."""
        return self.request.POST

    def read_cart(self) -> Cart:
        """What is to be bought: whatever the link names, at the prices of the list."""
        return read_cart(self.client, self.pairs)

    def read(self, *, is_checked: bool) -> None:
        """Read cart and contacts; `is_checked` also says what is wrong with them."""
        self.cart: Cart = self.read_cart()
        data = self.data if is_checked else None
        initial = {} if is_checked else self.data
        country = self.data.get("billing-country", "")
        is_business = self.data.get("customer_type", "COM") in BUSINESSES
        self.contacts = {
            kind: ContactForm(
                data,
                prefix=kind,
                language=self.language,
                is_needed=kind == ContactKind.BILLING,
                needs_company=kind == ContactKind.BILLING and is_business,
                initial={name.removeprefix(f"{kind}-"): value for name, value in initial.items()},
            )
            for kind in ContactKind.values
        }
        start = {name: initial[name] for name in ("customer_type", "vat_id") if name in initial}
        self.buyer_form = BuyerForm(data, language=self.language, country=country, initial=start)
        typed = self.contacts[ContactKind.BILLING]
        self.buyer = BuyerFacts(
            type=self.data.get("customer_type", ""),
            company=self.data.get("billing-company", "").strip(),
            country=country if country in dict(typed.fields["country"].choices) else "",  # type: ignore[attr-defined]
            state=self.data.get("billing-state", ""),
            postal_code=self.data.get("billing-postal_code", ""),
            vat_id="",
            email=self.data.get("billing-email", "").strip(),
        )
        if self.buyer.country:
            known = read_vat_id(self.data.get("vat_id", ""), self.buyer.country)
            self.buyer = replace(self.buyer, vat_id=known)
        on = self.at.astimezone(self.client.zone).date()
        self.tax: TaxAnswer | None = tax_of(self.client, self.buyer, on=on)
        self.policy: Policy | None = policy_of(self.client)

    @property
    def percent(self) -> Decimal:
        """The tax rate, as far as it is known."""
        return self.tax.percent if self.tax else Decimal(0)

    @property
    def offer(self) -> Offer | None:
        """Whether this buyer may pay this cart on purchase order; None while nothing can be said."""
        if self.policy is None or not self.cart.is_complete or self.tax is None:
            return None
        return offer_of(self.policy, self.buyer, self.cart.gross(self.percent))

    @property
    def offers_po(self) -> bool:
        """Whether purchase order is among the ways to pay."""
        return bool(self.offer and self.offer.is_offered)

    def is_whole(self) -> bool:
        """Whether cart and contacts can be ordered as they are."""
        forms = [*self.contacts.values(), self.buyer_form]
        are_valid = [form.is_valid() for form in forms]
        return all(are_valid) and self.cart.is_complete and not self.cart.problems

    # What is answered -----------------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Show the cart of a link."""
        self.read(is_checked=False)
        return self.first(status=200)

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG002
        """Recompute, go on, go back, or order."""
        act = request.POST.get("act", "update")
        is_too_many = count("posts", request, WINDOW_SECONDS) > MOST_POSTS
        # Every order writes to a mailbox that its visitor only claims to be theirs.
        if is_too_many or (act == "place" and count("orders", request, HOUR) > MOST_ORDERS):
            self.read(is_checked=False)
            return self.first(status=429, note=self.words["too_many"])
        if act not in {"continue", "place"}:
            self.read(is_checked=False)
            return self.first(status=200)
        self.read(is_checked=True)
        if not self.is_whole():
            return self.first(status=INVALID, note="" if self.cart.problems else self.words["please_check"])
        return self.order() if act == "place" else self.second(self.pay_form(self.policy, offers_po=self.offers_po))

    def order(self) -> HttpResponse:
        """Place the order, once, and lead to its own page."""
        form = self.pay_form(self.policy, self.data, self.request.FILES, offers_po=self.offers_po)
        if not form.is_valid():
            return self.second(form, status=INVALID, note=self.words["please_check"])
        if self.data.get("seen", "") != self.seen:
            return self.second(form, status=INVALID, note=self.words["total_changed"])
        try:
            placed = check_out(
                self.client,
                self.made(form),
                form_key=self.data.get("form_key", ""),
                by=self.request.user if self.is_test else None,  # type: ignore[arg-type]  # somebody who may test
                at=self.at,
                file=form.cleaned_data.get("po_document"),
            )
        except Refused as refused:
            key = "form_expired" if refused.code == "form_expired" else "not_possible"
            note = self.word(key, self.client) + (f" ({refused.message})" if self.is_test else "")
            return self.second(form, status=INVALID, note=note)
        mark = "new" if placed.is_new else "once"
        link = reverse("quotes_public:order", args=[placed.token])
        return HttpResponseRedirect(f"{link}?{mark}=1", status=SEE_OTHER)

    def customer(self) -> CustomerInput:
        """Who buys, as the valid forms say it."""
        billing = self.contacts[ContactKind.BILLING].address()
        assert billing is not None  # noqa: S101 -- the form is valid, and billing is needed
        return CustomerInput(
            billing=billing,
            type=self.buyer_form.cleaned_data["customer_type"],
            language=self.language,
            vat_id=self.buyer_form.cleaned_data["vat_id"],
            delivery=self.contacts[ContactKind.DELIVERY].address(),
            licensee=self.contacts[ContactKind.LICENSEE].address(),
        )

    def made(self, form: PayForm) -> Order:
        """The order, with prices from the list and the tax as it is decided here."""
        pay = form.cleaned_data
        is_po = pay["payment"] == "po"
        return Order(
            source=Source.CHECKOUT,
            currency=self.cart.currency,
            customer=self.customer(),
            lines=[OrderLine(line.product.code, line.quantity) for line in self.cart.lines],
            tax_percent=self.percent,
            is_po=is_po,
            payment_type=PaymentType.CHECK if pay["payment"] == "check" else PaymentType.WIRE,
            po_number=pay.get("po_number", "") if is_po else "",
            is_test=self.is_test,
            x_parameters=self.cart.parameters,
            remote_address=mask_address(visitor_address(self.request)),
        )

    @property
    def seen(self) -> str:
        """What the customer agreed to; when it is another by the time of the order, they look again."""
        return f"{self.cart.gross(self.percent).minor} {self.cart.currency}"

    def first(self, *, status: int, note: str = "") -> HttpResponse:
        """Show cart and contacts."""
        problems = [self.word(problem.key, self.client, **problem.values) for problem in self.cart.problems]
        if status == 200 and problems:  # noqa: PLR2004
            status = INVALID if self.request.method == "POST" else status
        context = {
            **self.shared(),
            "step": 1,
            "note": note,
            "problems": problems,
            "sections": [self.section(kind) for kind in (ContactKind.DELIVERY, ContactKind.LICENSEE)],
            "billing": self.contacts[ContactKind.BILLING],
            "buyer_form": self.buyer_form,
            "languages": LANGUAGES.items(),
        }
        return self.page("quotes/checkout.html", context, status=status)

    def section(self, kind: str) -> dict[str, Any]:
        """An address that is folded away while it is the billing address."""
        form = self.contacts[kind]
        return {"form": form, "title": self.words[kind], "is_open": form.is_given}

    def second(self, form: PayForm, *, status: int = 200, note: str = "") -> HttpResponse:
        """Show what will be ordered, and ask how it will be paid."""
        context = {
            **self.shared(),
            "step": 2,
            "note": note,
            **self.payment(form, self.client, self.policy),
            "kept": self.kept(),
            "seen": self.seen,
            "parties": self.parties(),
            "customer_type": self.words[self.buyer.type],
            "vat_id": self.buyer.vat_id,
        }
        return self.page("quotes/pay.html", context, status=status)

    def parties(self) -> list[tuple[str, list[str]]]:
        """The addresses of the order, to be read once more."""
        shown = []
        for kind, form in self.contacts.items():
            address = form.address()
            if address is None:
                shown.append((self.words[kind], [self.words["same_as_billing"]]))
                continue
            name = f"{address.first_name} {address.last_name}".strip()
            place = f"{address.postal_code} {address.city} {address.state}".strip()
            country = country_name(address.country, self.language)
            lines = (address.company, name, address.street, place, country, address.email, address.phone)
            shown.append((self.words[kind], [line for line in lines if line]))
        return shown

    def kept(self) -> list[tuple[str, str]]:
        """Everything of the first step, as hidden fields."""
        fields = [*self.contacts[ContactKind.BILLING], *self.contacts[ContactKind.DELIVERY]]
        fields += [*self.contacts[ContactKind.LICENSEE], *self.buyer_form]
        kept = [(field.html_name, str(field.value() or "")) for field in fields]
        for line in self.cart.lines:
            kept += [("product", line.product.code), ("quantity", str(line.quantity))]
        kept += [("currency", self.cart.currency), ("language", self.language)]
        return [*kept, *self.cart.parameters.items()]

    def shared(self) -> dict[str, Any]:
        """What both steps show: the cart with its totals, and for testers why PO is offered or not."""
        write, cart = formatter(self.language), self.cart
        net, tax, gross = cart.total(self.percent)
        key = self.data.get("form_key", "")
        country = country_name(self.buyer.country, self.language) if self.buyer.country else ""
        why = (
            fill(self.words[f"tax_{self.tax.reason}"], {"country": country}) if self.tax else self.words["tax_pending"]
        )
        rate = write.percent(self.percent)
        return {
            **self.seller(self.client),
            "form_key": key if is_form_key(self.client, key) else new_form_key(self.client),
            "is_test": self.is_test,
            "test_lines": self.test_lines() if self.is_test else [],
            "choices": self.choices() if self.is_test and not cart.lines else [],
            "cart": cart,
            "lines": [
                {
                    "code": line.product.code,
                    "name": line.product.name,
                    "typed": line.typed,
                    "quantity": line.quantity,
                    "quantity_label": fill(self.words["quantity_of"], {"product": line.product.name}),
                    "remove_label": fill(self.words["remove_product"], {"product": line.product.name}),
                    "unit": write.money(line.unit_minor, cart.currency) if cart.currency else "–",
                    "discount": write.percent(line.discount_percent) if line.discount_percent else "",
                    "net": write.money(line.amounts.net, cart.currency)
                    if cart.currency and line.amounts and line.quantity
                    else "–",
                }
                for line in cart.lines
            ],
            "net": write.money(net, cart.currency) if cart.is_complete else "–",
            "tax": write.money(tax, cart.currency) if cart.is_complete and self.tax else "–",
            "gross": write.money(gross, cart.currency) if cart.is_complete and self.tax else "–",
            "tax_label": fill(self.words["tax_at"], {"percent": rate}) if self.tax else self.words["tax"],
            "tax_why": why,
        }

    def typed_customer(self) -> CustomerInput:
        """Who buys as far as it was typed, whole or not."""
        typed = {name: self.data.get(f"billing-{name}", "") for name in AddressInput.__dataclass_fields__}
        elsewhere = AddressInput() if self.contacts[ContactKind.DELIVERY].is_given else None
        return CustomerInput(AddressInput(**typed), self.buyer.type, vat_id=self.buyer.vat_id, delivery=elsewhere)

    def choices(self) -> list[tuple[str, str]]:
        """What a tester may begin with: every product, as a link."""
        sold = self.client.products.filter(is_active=True).order_by("name", "pk")
        return [(product.name, urlencode({"product": product.code, "test": "1"})) for product in sold]

    def test_lines(self) -> list[str]:
        """Say to those who make the rules what they do to this cart and customer."""
        if self.policy is None:
            return ["This client has no policy yet: nothing can be ordered."]
        lines = [f"Policy version {self.policy.version}, {self.policy.get_delivery_display().lower()} delivery."]
        offer = self.offer
        if offer is None:
            lines.append("Purchase order: not decided yet. Enter quantity, customer type, company and country.")
        elif not offer.is_offered:
            lines.append(f"Purchase order is not offered ({offer.code}): {offer.reason}")
        else:
            lines.append("Purchase order is offered.")
            lines.append(trust_at(self.policy, self.typed_customer()).sentence(self.policy))
        if self.tax is not None:
            lines.append(f"Tax ({self.tax.reason}): {self.tax.sentence}")
        return lines


def _linked(request: HttpRequest) -> list[tuple[str, str]]:
    """Read a link's parameters in their order; a link with hundreds of them says nothing."""
    try:
        return parse_qsl(str(request.META.get("QUERY_STRING", "")), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def posted_pairs(request: HttpRequest) -> list[tuple[str, str]]:
    """Read the cart's fields of a form; a product that was taken out is gone."""
    data = request.POST
    removed = data.get("remove")
    pairs = []
    for code, quantity in zip_longest(data.getlist("product"), data.getlist("quantity"), fillvalue=""):
        if code != removed:
            pairs += [("product", code), ("quantity", quantity)]
    own = [(name, data[name]) for name in OWN_FIELDS if name in data]
    others = [(name, value) for name, value in data.items() if name not in {"product", "quantity", *OWN_FIELDS}]
    return [*pairs, *own, *((str(name), str(value)) for name, value in others)]
