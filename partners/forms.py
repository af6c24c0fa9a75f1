"""What people enter about partners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from accounts.models import Client
from core.forms import MoneyField, date_input
from core.letters import fill
from core.views import ActionForm
from customers.forms import ContactForm
from customers.models import CustomerType
from partners.models import LimitScope, PartnerStatus
from partners.services.terms import WEIGHTY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from partners.models import Partner

LARGEST_LIMIT = 10**15
TYPES = {
    "reseller": "Reseller",
    "distributor": "Distributor",
    "education": "Education reseller",
    "consultant": "Consultant",
    "other": "Other",
}


class PartnerForm(ActionForm):
    """Who a partner is, its status, limit and statement; what decides on its orders changes only with a comment."""

    company = forms.CharField(label="Company", max_length=300)
    email = forms.EmailField(
        label="E-mail", max_length=254, help_text="Statements go here, and the login to the partner portal."
    )
    type = forms.ChoiceField(label="Type")
    status = forms.ChoiceField(
        label="Status", choices=PartnerStatus.choices, help_text="Only accepted partners log in and order."
    )
    limit = MoneyField(
        label="PO limit",
        help_text="0: purchase orders are not offered.",
        error_messages={"required": "Enter a limit: empty is not 0, and 0 means that purchase orders are not offered."},
    )
    currency = forms.ChoiceField(label="Currency of the limit")
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
        help_text="Needed when limit, status, scope, validity or purchase orders change; it stands in the ledger "
        "beside your name.",
    )

    def __init__(
        self,
        *args: Any,
        currencies: Iterable[str],
        language: str,
        partner: Partner | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.partner = partner
        limit, currency, kind = self.fields["limit"], self.fields["currency"], self.fields["type"]
        assert isinstance(limit, MoneyField)  # noqa: S101 -- declared above
        assert isinstance(currency, forms.ChoiceField)  # noqa: S101
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101
        known = sorted({*currencies, *([partner.currency] if partner else [])}) or ["EUR"]
        currency.choices = [(code, code) for code in known]
        types = TYPES if partner is None or partner.type in TYPES else {**TYPES, partner.type: partner.type}
        kind.choices = list(types.items())
        asked = str(self.data.get("currency", "")) if self.is_bound else ""
        limit.currency = asked if asked in known else (partner.currency if partner else known[0])
        limit.language = language

    def clean(self) -> dict[str, Any]:
        """Ask for a comment when it matters, and for a limit that can be one."""
        cleaned: dict[str, Any] = super().clean() or {}
        limit = cleaned.get("limit")
        if limit is not None and not 0 <= limit.minor < LARGEST_LIMIT:
            self.add_error("limit", "Enter 0 or more, and less than a million millions.")
        elif not cleaned.get("comment"):
            self._ask_why(cleaned)
        return cleaned

    def _ask_why(self, cleaned: dict[str, Any]) -> None:
        before, limit = self.partner, cleaned.get("limit")
        if before is None:
            return
        if limit is not None and limit != before.limit:
            self.add_error("comment", f"Say why the limit changes from {before.limit} to {limit}.")
            return
        changed = [name for name in WEIGHTY & cleaned.keys() if cleaned[name] != getattr(before, name)]
        if changed:
            self.add_error("comment", "Say why this changes: the comment is kept in the ledger.")


class NewPartnerForm(PartnerForm):
    """A new partner; the platform says whose."""

    client = forms.ModelChoiceField(label="Client", queryset=Client.objects.none(), empty_label="Choose a client")
    code = forms.RegexField(
        label="Partner code",
        regex=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,39}$",
        help_text="Unique, such as P-HAM-1: letters, digits, dots, hyphens.",
        error_messages={"invalid": "Use 2 to 40 letters, digits, dots and hyphens."},
    )
    field_order = ("client", "code", "company", "email")

    def __init__(self, *args: Any, clients: QuerySet[Client] | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["comment"].help_text = "It stands in the ledger beside your name."
        whose = self.fields["client"]
        assert isinstance(whose, forms.ModelChoiceField)  # noqa: S101 -- declared above
        if clients is None:
            del self.fields["client"]
        else:
            whose.queryset = clients


class AllowanceForm(ActionForm):
    """One order over the limit: how much, until when, why."""

    amount = MoneyField(label="Total of the order at most")
    valid_until = forms.DateField(label="Until", widget=date_input(), help_text="The last day, at most 30 days ahead.")
    note = forms.CharField(
        label="Note",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why this order may go over the limit; it stands in the ledger beside your name.",
    )

    def __init__(self, *args: Any, currency: str, language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["amount"]
        assert isinstance(field, MoneyField)  # noqa: S101 -- declared above
        field.currency, field.language = currency, language
        field.label = f"Total of the order at most, in {currency}, tax included"


# The portal: what partners enter themselves -----------------------------------------------------------------------

MOST_PIECES = 9_999


class PortalLoginForm(forms.Form):
    """The address to which the login link goes."""

    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True})
    )

    def __init__(self, *args: Any, words: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = words["email"]
        self.fields["email"].error_messages["required"] = words["email_needed"]


class PortalOrderForm(forms.Form):
    """What a partner orders: quantities, who buys, its own order number. Prices come from the list alone."""

    currency = forms.CharField(widget=forms.HiddenInput, max_length=3)
    po_number = forms.CharField(required=False, max_length=60)
    customer_type = forms.ChoiceField()
    vat_id = forms.CharField(required=False, max_length=30)
    has_delivery = forms.BooleanField(required=False)
    has_licensee = forms.BooleanField(required=False)

    def __init__(
        self, *args: Any, words: Mapping[str, str], products: Sequence[Any], is_number_needed: bool, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.words, self.products = words, products
        for name in ("po_number", "customer_type", "vat_id", "has_delivery", "has_licensee"):
            self.fields[name].label = words[name]
        kind = self.fields["customer_type"]
        assert isinstance(kind, forms.ChoiceField)  # noqa: S101 -- declared above
        kind.choices = [(code, words[code]) for code in CustomerType.values]
        self.fields["po_number"].required = is_number_needed
        self.fields["po_number"].error_messages["required"] = words["po_number_needed"]
        for product in products:
            self.fields[f"quantity_{product.pk}"] = forms.IntegerField(
                label=fill(words["quantity_of"], {"product": product.name}),
                required=False,
                min_value=0,
                max_value=MOST_PIECES,
                widget=forms.NumberInput(attrs={"class": "form-control", "min": 0, "max": MOST_PIECES}),
                error_messages={
                    "invalid": words["quantity_invalid"],
                    "min_value": words["quantity_min"],
                    "max_value": fill(words["quantity_max"], {"most": f"{MOST_PIECES:,}"}),
                },
            )

    def clean(self) -> dict[str, Any]:
        """An order has at least one item."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["lines"] = [
            (product, cleaned[f"quantity_{product.pk}"])
            for product in self.products
            if cleaned.get(f"quantity_{product.pk}")
        ]
        if not cleaned["lines"] and not any(name.startswith("quantity_") for name in self.errors):
            self.add_error(None, self.words["choose_product"])
        return cleaned

    @property
    def quantities(self) -> list[tuple[Any, forms.BoundField]]:
        """Each product with the field for how many."""
        return [(product, self[f"quantity_{product.pk}"]) for product in self.products]


class PortalContactForm(ContactForm):
    """Somebody to whom keys or a license go, in the reader's language; `countries` are codes with names in it."""

    kind = None  # type: ignore[assignment]  # Django's way to leave a field out

    def __init__(
        self, *args: Any, words: Mapping[str, str], countries: Sequence[tuple[str, str]], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.words = words
        for name, field in self.fields.items():
            field.label = words[name]
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)  # noqa: S101 -- declared above
        country.choices = [("", words["choose"]), *countries]

    def name_needed(self) -> str:
        """Ask for somebody."""
        return self.words["name_needed"]


class PortalBillingForm(PortalContactForm):
    """Who is billed: reachable, with an address to print."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("email", "street", "city", "country"):
            self.fields[name].required = True
            key = "contact_email_needed" if name == "email" else f"{name}_needed"
            self.fields[name].error_messages["required"] = self.words[key]
