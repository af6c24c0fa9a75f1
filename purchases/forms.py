"""What people enter about purchases."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

from babel.numbers import is_currency
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django_countries import countries

from core.forms import Form, MoneyField
from core.letters import LANGUAGES, fill
from core.money import Money, line_amounts
from core.refused import Refused
from core.uploads import LIMIT_BYTES, check_upload
from core.views import ActionForm
from customers.forms import ContactForm
from customers.models import Customer, CustomerType
from customers.services import AddressInput
from partners.models import Partner
from purchases.emails import is_address
from purchases.models import Channel, CustomerReason, DeliveryKind, Method, PaymentType, RefundKind
from purchases.selectors import CHECKLIST
from purchases.services.bank_csv import DATE_FORMATS, DECIMALS, DELIMITERS, ENCODINGS, LAST_HEADING, ROLES, CsvLayout
from purchases.services.banking import Part
from purchases.services.credit import Wish
from purchases.services.licenses import LIMIT_BYTES as LIST_BYTES
from purchases.services.licenses import KeyList, decode, read_keys
from purchases.services.place import OrderLine, check_x_parameter
from purchases.services.products import ProductDetails
from purchases.services.records import BY_HAND, LONGEST_DETAIL, check_web_address
from purchases.services.release import ReceivedFile
from purchases.services.term import TERMS
from purchases.wording import MISSING_POINTS
from taxexempt.policy import read_vat_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.models import QuerySet

    from accounts.models import Client
    from core.money import LineAmounts
    from core.uploads import CheckedFile
    from purchases.models import LicenseKey, Product
    from purchases.services.credit import Rest
    from purchases.services.generate import Choice, Recipient


class NoteForm(ActionForm):
    """An act with a note."""

    note = forms.CharField(label="Note", required=False, max_length=300, help_text="For the history.")


class ReasonForm(ActionForm):
    """An act that needs a reason."""

    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RejectForm(ActionForm):
    """A rejection: the customer reads why."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The customer reads this in the e-mail.",
    )


class ConvertForm(ActionForm):
    """A conversion to a purchase order; outside the policy a note says why."""

    po_number = forms.CharField(label="PO number", required=False, max_length=60)
    note = forms.CharField(label="Note", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, needs_note: bool = False, needs_number: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["note"].required = needs_note
        self.fields["po_number"].required = needs_number


class PaymentForm(ActionForm):
    """Money that arrived."""

    amount = MoneyField(label="Amount")
    method = forms.ChoiceField(label="Method", choices=PaymentType.choices)
    bank_reference = forms.CharField(label="Bank reference", required=False, max_length=140)

    def __init__(self, *args: Any, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = MoneyField(label=f"Amount in {currency}", currency=currency, language=language)


class DocumentForm(ActionForm):
    """A PO document that came in, with its file where there is one."""

    channel = forms.ChoiceField(label="Came in by", choices=Channel.choices)
    file = forms.FileField(label="File", required=False, max_length=200, help_text="PDF, PNG or JPEG, at most 10 MB.")

    def clean_file(self) -> ReceivedFile | None:
        """Accept a file that is what it says."""
        upload = self.cleaned_data.get("file")
        if not upload:
            return None
        try:
            checked = check_upload(upload.name, upload.read(LIMIT_BYTES + 1))
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from None
        return ReceivedFile(checked.filename, checked.content_type, checked.content)


class CheckForm(ActionForm):
    """One line of the reviewer's checklist: met, not met, or neither."""

    key = forms.ChoiceField(choices=[(key, key) for key in CHECKLIST])
    is_met = forms.ChoiceField(required=False, choices=[("", "not checked"), ("yes", "met"), ("no", "not met")])
    note = forms.CharField(required=False, max_length=300)


class AskAgainForm(ActionForm):
    """What the customer's document lacks; they read it in their language."""

    points = forms.MultipleChoiceField(
        label="What is missing or wrong",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The customer reads these sentences in the language of the order.",
    )
    message = forms.CharField(
        label="A sentence of your own",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Added as it stands, not translated.",
    )

    def __init__(self, *args: Any, values: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(key, fill(text, values)) for key, text in MISSING_POINTS["en"].items()]
        cast("forms.MultipleChoiceField", self.fields["points"]).choices = choices

    def clean(self) -> dict[str, Any]:
        """An e-mail says something."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "points" in cleaned and not cleaned["points"] and not cleaned.get("message", "").strip():
            self.add_error("points", "Choose what is missing or wrong, or write a sentence.")
        return cleaned


# The policy --------------------------------------------------------------------------------------------------------

COUNTRY_CODES = dict(countries)
COUNTRY_BY_NAME = {str(name).casefold(): code for code, name in countries}
MOST_ROWS = 20


class CountriesField(forms.CharField):
    """Countries by code or English name, separated by commas or lines; becomes a sorted list of codes."""

    def clean(self, value: Any) -> list[str]:
        """Read the codes; the first unknown word is named."""
        words = [word.strip() for word in re.split(r"[,;\n]", super().clean(value)) if word.strip()]
        return sorted({self._code(word) for word in words})

    def _code(self, word: str) -> str:
        code = word.upper() if word.upper() in COUNTRY_CODES else COUNTRY_BY_NAME.get(word.casefold(), "")
        if not code:
            message = f"“{word[:60]}” is no country. Enter codes such as DE, or names in English."
            raise ValidationError(message, code="country")
        return code


class BoundsForm(Form):
    """The smallest and the largest amount on PO in one currency: a row of the policy form. Empty is nothing."""

    use_required_attribute = False
    currency = forms.CharField(label="Currency", required=False, max_length=3)
    minimum = forms.CharField(label="Smallest amount", required=False)
    maximum = forms.CharField(label="Largest amount", required=False)

    def __init__(self, *args: Any, language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        self.language = language
        self.fields["currency"].widget.attrs.update({"list": "currencies", "autocomplete": "off", "size": "4"})
        for name in ("minimum", "maximum"):
            self.fields[name].widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "maxlength": "30"})
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"

    def clean(self) -> dict[str, Any]:
        """Read both amounts in the row's currency."""
        cleaned: dict[str, Any] = super().clean() or {}
        currency = str(cleaned.get("currency", "")).strip().upper()
        typed = [name for name in ("minimum", "maximum") if cleaned.get(name, "").strip()]
        if not (currency or typed):
            return {}
        if not (len(currency) == 3 and is_currency(currency)):  # noqa: PLR2004 -- ISO 4217
            self.add_error("currency", "Enter a currency, such as EUR.")
            return cleaned
        if not typed:
            self.add_error("minimum", "Enter an amount, or remove the row.")
        amounts = {name: self._amount(name, currency) for name in typed}
        least, most = amounts.get("minimum"), amounts.get("maximum")
        if least and most and most < least:
            self.add_error("maximum", "The largest amount is below the smallest.")
        return {"currency": currency, **{name: money.minor for name, money in amounts.items() if money is not None}}

    def _amount(self, name: str, currency: str) -> Money | None:
        reader = MoneyField(currency=currency, language=self.language)
        try:
            amount: Money | None = reader.clean(self.cleaned_data[name])
        except ValidationError as error:
            self.add_error(name, error)
            return None
        if amount is not None and amount.minor < 0:
            self.add_error(name, "An amount can't be negative.")
        return amount


class PolicyForm(ActionForm):
    """A client's rules for purchase orders; `rows` are its amounts per currency."""

    offered_at_checkout = forms.BooleanField(label="Offered at checkout", required=False)
    on_request = forms.BooleanField(
        label="On request",
        required=False,
        help_text="Customers may ask for it by e-mail, fax or letter. Where off, Customer Service needs a note.",
    )
    eligible_types = forms.MultipleChoiceField(
        label="Customer types", required=False, choices=CustomerType.choices, widget=forms.CheckboxSelectMultiple
    )
    countries = CountriesField(
        label="Countries",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Codes or names, separated by commas: DE, Austria. Empty means all countries.",
    )
    partner_pos_allowed = forms.BooleanField(label="Partners may order on PO within their limit", required=False)
    trusted = forms.ModelMultipleChoiceField(
        label="Trusted customers", required=False, queryset=Customer.objects.none()
    )
    review = forms.BooleanField(
        label="Review the PO document before accepting an order",
        required=False,
        help_text="Where off, an order at the checkout is accepted at once. What Customer Service keys in is always "
        "reviewed, a free order by wire never.",
    )
    reviewer = forms.ChoiceField(label="Reviewed by", choices=[("client", "Client"), ("platform", "Platform")])
    four_eyes = forms.BooleanField(label="Four eyes: two people approve", required=False)
    po_number_required = forms.BooleanField(label="PO number required", required=False)
    accepted_channels = forms.MultipleChoiceField(
        label="Documents come in by",
        required=False,
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None chosen means any channel.",
    )
    document_deadline_days = forms.IntegerField(
        label="Document deadline in days",
        min_value=1,
        max_value=365,
        help_text="Without a document, an order is canceled this many days after it was placed.",
    )
    term_days = forms.TypedChoiceField(
        label="Payment term", coerce=int, choices=[(14, "14 days"), (30, "30 days"), (60, "60 days")]
    )
    delivery = forms.ChoiceField(
        label="Delivery",
        choices=[("immediate", "At once, when the order is accepted"), ("prepaid", "After payment (prepaid)")],
    )
    dunning = forms.BooleanField(label="Write three letters when an invoice is overdue", required=False)
    cancel_step = forms.BooleanField(label="Cancel what stays unpaid after the letters", required=False)
    cancel_after_business_days = forms.TypedChoiceField(
        label="Business days before it is canceled", coerce=int, choices=[(2, "2"), (3, "3")]
    )
    comment = forms.CharField(label="Why", required=False, max_length=300, help_text="Stands beside the new version.")

    def __init__(self, data: Any = None, *args: Any, client: Client, language: str = "en", **options: Any) -> None:
        super().__init__(data, *args, **options)
        self.fields["trusted"].queryset = Customer.objects.standing().filter(client=client)  # type: ignore[attr-defined]
        for code, name in settings.LANGUAGES:
            field = forms.CharField(
                label=name, required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "lang": code})
            )
            self.fields[f"text_{code}"] = field
        typed = rows_typed(data) if data is not None else self.initial.get("rows", [])
        self.rows = [
            BoundsForm(
                row if data is not None else None,
                initial=row,
                auto_id=f"id_bounds_{number}_%s",
                language=language,
            )
            for number, row in enumerate(typed)
        ]

    def typed(self) -> dict[str, Any]:
        """Give back what was typed, right or wrong, for a form that starts with it."""
        found = {
            name: field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
            for name, field in self.fields.items()
            if name != "trusted"
        }
        return {**found, "trusted": picked(self.data), "rows": rows_typed(self.data)}

    def clean_eligible_types(self) -> list[str]:
        """Keep the codes in their usual order."""
        return [code for code in CustomerType.values if code in self.cleaned_data["eligible_types"]]

    def clean_accepted_channels(self) -> list[str]:
        """Keep the codes in their usual order."""
        return [code for code in Channel.values if code in self.cleaned_data["accepted_channels"]]

    def clean(self) -> dict[str, Any]:
        """Bring rows and texts into the policy's own shape."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("offered_at_checkout") and not cleaned.get("eligible_types"):
            self.add_error("eligible_types", "Choose at least one type, or switch the offer at checkout off.")
        bounds: dict[str, dict[str, int]] = {"minimum": {}, "maximum": {}}
        seen: set[str] = set()
        for row in self.rows:
            if not row.is_valid():
                self.add_error(None, ValidationError("Mend the amounts.", code="amounts"))
                continue
            currency = row.cleaned_data.get("currency", "")
            if currency in seen:
                row.add_error("currency", f"{currency} is there twice.")
                self.add_error(None, ValidationError("Mend the amounts.", code="amounts"))
            seen |= {currency} - {""}
            for name, amounts in bounds.items():
                if name in row.cleaned_data:
                    amounts[currency] = row.cleaned_data[name]
        texts = {code: cleaned.pop(f"text_{code}", "") for code, _ in settings.LANGUAGES}
        return {**cleaned, **bounds, "texts": {code: text.strip() for code, text in texts.items() if text.strip()}}


def rows_typed(data: Any) -> list[dict[str, str]]:
    """Read the rows of amounts out of what was sent: three lists side by side."""
    columns = [data.getlist(name)[:MOST_ROWS] for name in ("currency", "minimum", "maximum")]
    return [
        {"currency": currency, "minimum": least, "maximum": most}
        for currency, least, most in zip_longest(*columns, fillvalue="")
    ]


def picked(data: Any) -> list[int]:
    """Read the customers chosen as trusted; what is no number is nobody."""
    return [int(pk) for pk in data.getlist("trusted") if pk.isascii() and pk.isdigit() and len(pk) < MOST_DIGITS]


MOST_DIGITS = 19


class AskForm(Form):
    """A made-up order, to ask whether PO would be offered for it."""

    use_required_attribute = False
    type = forms.ChoiceField(label="Customer type", choices=CustomerType.choices)
    company = forms.CharField(label="Company", required=False, max_length=300)
    country = forms.CharField(label="Country", max_length=60)
    amount = forms.CharField(label="Amount with tax", max_length=30)
    currency = forms.CharField(label="Currency", max_length=3)
    email = forms.EmailField(label="E-mail of a known customer", required=False, max_length=254)

    def __init__(self, *args: Any, language: str = "en", **options: Any) -> None:
        options.setdefault("auto_id", "ask_%s")
        super().__init__(*args, **options)
        self.language = language
        self.fields["amount"].widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})
        self.fields["currency"].widget.attrs.update({"list": "currencies", "autocomplete": "off"})

    def clean_country(self) -> str:
        """One country, by code or name."""
        found = CountriesField().clean(self.cleaned_data["country"])
        if len(found) != 1:
            message = "Enter one country."
            raise ValidationError(message)
        return found[0]

    def clean(self) -> dict[str, Any]:
        """Read the amount in its currency."""
        cleaned: dict[str, Any] = super().clean() or {}
        currency = str(cleaned.get("currency", "")).upper()
        if currency and not (len(currency) == 3 and is_currency(currency)):  # noqa: PLR2004 -- ISO 4217
            self.add_error("currency", "Enter a currency, such as EUR.")
        elif currency and cleaned.get("amount"):
            try:
                cleaned["gross"] = MoneyField(currency=currency, language=self.language).clean(cleaned["amount"])
            except ValidationError as error:
                self.add_error("amount", error)
        return cleaned


class StatementForm(ActionForm):
    """A bank's statement file; whose it is only where several clients are mixed."""

    client = forms.ChoiceField(
        label="Client",
        required=False,
        help_text="CAMT.053 and MT940 name the account and so the client; a CSV does not.",
    )
    file = forms.FileField(
        label="Statement file",
        max_length=200,
        allow_empty_file=True,
        help_text="CAMT.053 (XML), MT940 or CSV, at most 10 MB and 20,000 lines.",
    )

    def __init__(self, *args: Any, clients: Sequence[Client] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [("", "By the account in the file"), *((str(client.pk), client.name) for client in clients)]
        cast("forms.ChoiceField", self.fields["client"]).choices = choices
        if not clients:
            del self.fields["client"]


class CsvForm(ActionForm):
    """How a bank's CSV is to be read; the columns are those of the file."""

    encoding = forms.ChoiceField(label="Encoding", choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(label="Columns are divided by", choices=list(DELIMITERS.items()))
    heading = forms.IntegerField(
        label="Line with the headings", min_value=0, max_value=LAST_HEADING, help_text="0 if there are none."
    )
    date_format = forms.ChoiceField(label="Days look like", choices=list(DATE_FORMATS.items()))
    decimal = forms.ChoiceField(label="Decimal", choices=list(DECIMALS.items()))
    default_currency = forms.CharField(label="Currency if no column says it", max_length=3)
    date = forms.ChoiceField(label="Day")
    amount = forms.ChoiceField(label="Amount")
    currency = forms.ChoiceField(label="Currency", required=False)
    payer = forms.ChoiceField(label="Payer", required=False)
    account = forms.ChoiceField(label="Payer's account", required=False)
    text = forms.ChoiceField(label="Text", required=False)
    name = forms.CharField(
        label="Keep these settings as",
        required=False,
        max_length=100,
        help_text="Such as the bank's name; for next time.",
    )

    def __init__(self, *args: Any, headings: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        for role in ROLES:
            choices = [("", "–"), *((name, name) for name in headings)]
            cast("forms.ChoiceField", self.fields[role]).choices = choices

    def clean_default_currency(self) -> str:
        """A currency's code."""
        code = str(self.cleaned_data["default_currency"]).upper()
        if not is_currency(code):
            message = "Enter a currency, such as EUR."
            raise ValidationError(message)
        return code

    def layout(self) -> CsvLayout:
        """What was chosen."""
        told = self.cleaned_data
        return CsvLayout(
            encoding=told["encoding"],
            delimiter=told["delimiter"],
            heading=told["heading"],
            decimal=told["decimal"],
            date_format=told["date_format"],
            default_currency=told["default_currency"],
            columns={role: told[role] for role in ROLES if told.get(role)},
        )


class BookForm(ActionForm):
    """The purchase that a bank line pays."""

    reference = forms.CharField(
        label="Reference number", max_length=20, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    is_extra = forms.BooleanField(
        label="Book it even if nothing is open any more",
        required=False,
        help_text="For money paid twice: it is booked and shown, and a follow-up asks what to do with it.",
    )


class AsideForm(ActionForm):
    """Why a bank line is no payment of a purchase."""

    reason = forms.CharField(
        label="Reason",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as: interest, own transfer.",
    )


SPLIT_ROWS = 5


class SplitForm(ActionForm):
    """Several purchases and what each gets of a bank line."""

    def __init__(self, *args: Any, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(*args, **options)
        for row in range(1, SPLIT_ROWS + 1):
            self.fields[f"reference_{row}"] = forms.CharField(
                label=f"Reference number {row}", required=False, max_length=20
            )
            self.fields[f"amount_{row}"] = MoneyField(
                label=f"Amount {row} in {currency}", currency=currency, language=language, required=False
            )

    def clean(self) -> dict[str, Any]:
        """A reference number and its amount come together."""
        told: dict[str, Any] = super().clean() or {}
        parts = []
        for row in range(1, SPLIT_ROWS + 1):
            reference, amount = told.get(f"reference_{row}", ""), told.get(f"amount_{row}")
            if reference and amount is not None:
                parts.append(Part(reference, amount))
            elif reference and f"amount_{row}" not in self.errors:
                self.add_error(f"amount_{row}", "Enter the amount for this purchase.")
            elif amount is not None:
                self.add_error(f"reference_{row}", "Enter the reference number for this amount.")
        return {"parts": parts}


class RefundForm(ActionForm):
    """Money to give back: one of the kinds, and why. `wish` is what was chosen; None while it makes no sense."""

    kind = forms.ChoiceField(label="Give back", widget=forms.RadioSelect)
    amount = MoneyField(label="Amount", required=False)
    is_net = forms.BooleanField(label="The amount is without tax: add it", required=False)
    customer_reason = forms.ChoiceField(
        label="Reason", choices=[("", "Choose a reason"), *CustomerReason.choices], help_text="The customer reads it."
    )
    reason = forms.CharField(
        label="Remark",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For the history. With the reason “Other” the customer reads it.",
    )

    wish: Wish | None = None

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[tuple[str, str]],
        rests: Sequence[Rest],
        currency: str,
        language: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["kind"]).choices = list(kinds)
        self.fields["amount"] = MoneyField(
            label=f"Amount in {currency}", currency=currency, language=language, required=False
        )
        offered = {kind for kind, _ in kinds}
        if RefundKind.AMOUNT not in offered:
            del self.fields["amount"], self.fields["is_net"]
        chosen = rests if RefundKind.ITEMS in offered else ()
        self.rests = {f"item_{rest.item.pk}": rest for rest in chosen if rest.quantity}
        for name, rest in self.rests.items():
            self.fields[name] = forms.IntegerField(
                label=f"{rest.item.name}: pieces, at most {rest.quantity}",
                required=False,
                min_value=0,
                max_value=rest.quantity,
            )
        self.order_fields(["kind", *self.rests, "amount", "is_net", "customer_reason", "reason"])

    def first_wish(self) -> Wish:
        """What the untouched form would do."""
        amount = self.initial.get("amount")
        if amount is None:
            return Wish(self.initial.get("kind", RefundKind.TOTAL))
        return Wish(RefundKind.AMOUNT, Money.parse(amount, cast("MoneyField", self.fields["amount"]).currency))

    def clean(self) -> dict[str, Any]:
        """Each kind needs its own fields; Other needs words."""
        cleaned: dict[str, Any] = super().clean() or {}
        kind, amount = cleaned.get("kind", ""), cleaned.get("amount")
        pieces = {rest.item.pk: cleaned.get(name) or 0 for name, rest in self.rests.items()}
        if kind == RefundKind.AMOUNT and amount is None and "amount" not in self.errors:
            self.add_error("amount", "Enter how much is given back.")
        elif kind == RefundKind.ITEMS and not any(pieces.values()) and not self.rests.keys() & self.errors.keys():
            self.add_error(next(iter(self.rests), None), "Say how many pieces are given back.")
        elif kind and not ({"amount", *self.rests} & self.errors.keys()):
            self.wish = Wish(kind, amount, not cleaned.get("is_net"), pieces)
        if cleaned.get("customer_reason") == CustomerReason.OTHER and not cleaned.get("reason", "").strip():
            self.add_error("reason", "With the reason “Other” the customer reads the remark: write one.")
        return cleaned


class ReturnForm(ActionForm):
    """Money to give back without a refund."""

    amount = MoneyField(label="Amount")
    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, currency: str, language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["amount"] = MoneyField(label=f"Amount in {currency}", currency=currency, language=language)


class DeactivateForm(ActionForm):
    """License keys to take back."""

    keys = forms.TypedMultipleChoiceField(label="License keys", coerce=int, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label="Reason", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, keys: Sequence[LicenseKey], **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast("forms.TypedMultipleChoiceField", self.fields["keys"])
        field.choices = [(str(key.pk), f"{key.code} ({key.item.name})" if key.item else key.code) for key in keys]
        field.initial = [str(key.pk) for key in keys]


class CorrectionForm(ActionForm):
    """A correction of an order: why, and whether the customer's own record is corrected too."""

    reason = forms.CharField(label="Reason", max_length=300, help_text="For the history.")
    for_customer_too = forms.BooleanField(
        label="Correct the customer's own record too", required=False, help_text="New orders then take it from there."
    )


class NumbersForm(CorrectionForm):
    """The customer's own numbers on an order."""

    po_number = forms.CharField(label="PO number", required=False, max_length=60)
    vat_id = forms.CharField(label="VAT ID", required=False, max_length=30)
    field_order = ("po_number", "vat_id", "reason", "for_customer_too")

    def __init__(self, *args: Any, needs_number: bool = False, country: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["po_number"].required = needs_number
        self.country = country

    def clean_vat_id(self) -> str:
        """Accept a VAT ID of the customer's country."""
        typed: str = self.cleaned_data["vat_id"].strip()
        if not typed or typed == self.initial.get("vat_id"):
            return typed
        found = read_vat_id(typed, self.country)
        if not found:
            raise ValidationError(f"This is no VAT ID of {self.country or 'the customer’s country'}.", code="vat_id")
        return found


class PurchaseContactForm(CorrectionForm, ContactForm):
    """One contact of an order."""

    kind = None  # type: ignore[assignment]  # Django's way to leave a field of the base out
    field_order = (
        *("company", "first_name", "last_name", "email", "phone", "fax", "street", "postal_code", "city", "state"),
        *("country", "reason", "for_customer_too"),
    )


# Order entry ----------------------------------------------------------------------------------------------------------

MOST_ROWS = 50
MOST_PIECES = 1_000_000


class EntryForm(ActionForm):
    """What an order is beside its contacts and items: how it came, who buys, how it will be paid."""

    channel = forms.ChoiceField(
        label="Came in by", choices=[(c.value, c.label) for c in (Channel.EMAIL, Channel.FAX, Channel.LETTER)]
    )
    customer_type = forms.ChoiceField(label="Customer type", choices=CustomerType.choices)
    vat_id = forms.CharField(label="VAT ID", required=False, max_length=30)
    language = forms.ChoiceField(label="Language", choices=settings.LANGUAGES)
    currency = forms.ChoiceField(label="Currency")
    tax_percent = forms.DecimalField(
        label="Tax in %",
        required=False,
        min_value=0,
        max_value=100,
        max_digits=7,
        decimal_places=4,
        help_text="Empty: as suggested.",
    )
    payment_type = forms.ChoiceField(label="Pays by", choices=PaymentType.choices)
    partner = forms.ModelChoiceField(
        label="Partner", queryset=Partner.objects.none(), required=False, empty_label="None: the customer buys itself"
    )
    term_days = forms.TypedChoiceField(label="Term", coerce=int, required=False)
    is_po = forms.BooleanField(label="Purchase order", required=False)
    po_number = forms.CharField(label="PO number", required=False, max_length=60)
    has_document = forms.BooleanField(label="The signed PO document is here", required=False)
    file = forms.FileField(
        label="PO document", required=False, max_length=200, help_text="PDF, PNG or JPEG, at most 10 MB."
    )
    note = forms.CharField(label="Note", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    x_parameters = forms.CharField(
        label="X-parameters",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "x-campaign=spring"}),
        help_text="One a line.",
    )
    is_test = forms.BooleanField(label="Test order", required=False)

    def __init__(
        self,
        *args: Any,
        currencies: Sequence[str],
        partners: QuerySet[Partner],
        usual_term: int,
        country: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.use_required_attribute = False
        self.country = country
        cast("forms.ChoiceField", self.fields["currency"]).choices = [(code, code) for code in currencies]
        cast("forms.ModelChoiceField[Partner]", self.fields["partner"]).queryset = partners
        others = [(str(days), label) for days, label in TERMS.items() if days != usual_term]
        usual = ("", f"{usual_term} days, as the policy says")
        cast("forms.ChoiceField", self.fields["term_days"]).choices = [usual, *others]

    def clean_vat_id(self) -> str:
        """Bring a VAT ID of the billing country to its usual form, as the checkout does."""
        typed: str = self.cleaned_data["vat_id"]
        known = read_vat_id(typed, self.country)
        if typed.strip() and self.country and not known:
            whose = countries.name(self.country)
            raise ValidationError(f"This is not a VAT ID of {whose}: correct it, or leave it empty.", code="vat_id")
        return known

    def clean_file(self) -> ReceivedFile | None:
        """Accept a file that is what it says."""
        return DocumentForm.clean_file(cast("DocumentForm", self))

    def clean_x_parameters(self) -> dict[str, str]:
        """Read a key and a value from each line."""
        return read_x_parameters(self.cleaned_data["x_parameters"])


def read_x_parameters(text: str) -> dict[str, str]:
    """Read a key and a value from each line, as `x-key=value`."""
    found: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        key, sign, value = (part.strip() for part in line.partition("="))
        if not sign or key in found:
            raise ValidationError("Write one “x-key=value” a line, each key once.", code="x_parameter")
        try:
            check_x_parameter(key, value)
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from None
        found[key] = value
    return found


class TermForm(ReasonForm):
    """Other days to pay than the policy's."""

    term_days = forms.TypedChoiceField(label="Term", coerce=int, choices=list(TERMS.items()))
    field_order = ("term_days", "reason")


class EntryContactForm(ContactForm):
    """A contact of the order; delivery and licensee may be left empty as a whole and are then the billing contact."""

    kind = None  # type: ignore[assignment]  # Django's way to drop a field: the form's prefix says it

    def __init__(self, *args: Any, is_needed: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.use_required_attribute = False
        self.is_needed = is_needed

    @property
    def is_given(self) -> bool:
        """Whether anything was entered."""
        return any(str(self[name].value() or "").strip() for name in self.fields)

    def clean(self) -> dict[str, Any]:
        """Somebody in some country, who can be reached."""
        if not (self.is_needed or self.is_given):
            return self.cleaned_data
        cleaned = super().clean()
        if not cleaned.get("country") and "country" not in self.errors:
            self.add_error("country", "Choose the country.")
        return cleaned

    def address(self) -> AddressInput | None:
        """The address as the order takes it; None when it was left empty."""
        return AddressInput(**self.cleaned_data) if self.is_needed or self.is_given else None


class ItemForm(ActionForm):
    """One row of the order: the product by its code or name, and how many. An empty row is none."""

    product = forms.CharField(label="Product", required=False, max_length=200)
    quantity = forms.IntegerField(label="Quantity", required=False, min_value=1, max_value=MOST_PIECES)
    unit_price = forms.CharField(label="Unit price, net", required=False, max_length=30)
    discount = forms.DecimalField(
        label="Discount in %", required=False, min_value=0, max_value=100, max_digits=7, decimal_places=4
    )

    def __init__(self, *args: Any, products: Sequence[Product], currency: str, language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.products, self.currency = products, currency
        self.fields["product"].widget.attrs.update({"list": "products", "autocomplete": "off"})
        self.fields["unit_price"] = MoneyField(
            label="Unit price, net", currency=currency, language=language, required=False
        )
        self.fields["unit_price"].widget.attrs["placeholder"] = "list price"

    def clean_product(self) -> Product | None:
        """Find the product by its code, its name, or a part of them that only one has."""
        typed = str(self.cleaned_data["product"]).strip().casefold()
        if not typed:
            return None
        for product in self.products:
            if typed in {product.code.casefold(), product.name.casefold(), str(product).casefold()}:
                return product
        found = [product for product in self.products if typed in str(product).casefold()]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(product.code for product in found[:5])
            raise ValidationError(f"Several products match: {names}.", code="several")
        raise ValidationError("This client has no such product.", code="product")

    def clean(self) -> dict[str, Any]:
        """A row names a product, and a price is known."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "product" in self.errors:
            return cleaned
        product = cleaned.get("product")
        if product is None:
            if any(cleaned.get(name) is not None for name in ("quantity", "unit_price", "discount")):
                self.add_error("product", "Which product?")
        elif cleaned.get("unit_price") is None and "unit_price" not in self.errors and self.list_price is None:
            self.add_error("unit_price", f"No price in {self.currency} is on file: enter one.")
        elif cleaned.get("unit_price") is not None and cleaned["unit_price"].minor < 0:
            self.add_error("unit_price", "A price is not negative.")
        return cleaned

    @property
    def list_price(self) -> Money | None:
        """The product's own price in the order's currency."""
        product = self.cleaned_data.get("product")
        prices = product.prices.all() if product else ()
        return next((price.price for price in prices if price.currency == self.currency), None)

    @property
    def is_filled(self) -> bool:
        """Whether the row is an item, and a valid one."""
        return self.is_valid() and self.cleaned_data.get("product") is not None

    def line(self) -> OrderLine:
        """The item as the order takes it."""
        data = self.cleaned_data
        return OrderLine(
            product_code=data["product"].code,
            quantity=data["quantity"] or 1,
            unit_price=data["unit_price"],
            discount_percent=data["discount"] or Decimal(0),
        )

    def amounts(self, tax_percent: Decimal) -> LineAmounts:
        """Net, tax and gross of the row."""
        line = self.line()
        price = line.unit_price if line.unit_price is not None else self.list_price
        return line_amounts(
            unit_minor=cast("Money", price).minor,
            quantity=line.quantity,
            discount_percent=line.discount_percent,
            tax_percent=tax_percent,
        )


TAX_CATEGORIES = [("standard", "Standard")]  # until tax differs by line


FREE = "At 0 nothing has to be paid: such an order by wire is delivered at once, unreviewed."


class ProductForm(ActionForm):
    """A product: what it is, what it costs in each currency, how it is delivered."""

    name = forms.CharField(label="Name", max_length=200)
    code = forms.CharField(label="Product ID", max_length=60, help_text="As in your cart links.")
    delivery = forms.ChoiceField(label="Delivery", choices=DeliveryKind.choices)
    tax_category = forms.ChoiceField(label="Tax category", choices=TAX_CATEGORIES)
    download_url = forms.CharField(
        label="Download link", required=False, max_length=200, help_text="https only; goes out with the keys, or alone."
    )
    low_stock_at = forms.IntegerField(
        label="Warn when so many keys are left", min_value=0, max_value=100_000, initial=10
    )
    generator_url = forms.CharField(
        label="Key generator",
        required=False,
        max_length=200,
        help_text="https only; asked for a key whenever the key list is empty.",
    )
    client_handles_errors = forms.BooleanField(label="We handle the generator's errors ourselves", required=False)
    is_active = forms.BooleanField(label="On sale", required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        currencies: Sequence[str] = ("EUR",),
        language: str = "en",
        clients: Sequence[Client] = (),
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.currencies = currencies
        for currency in currencies:
            self.fields[f"price_{currency}"] = MoneyField(
                label=f"Net price in {currency}", currency=currency, language=language, required=False
            )
            self.fields[f"price_{currency}"].help_text = FREE if currency == currencies[-1] else ""
        if clients:
            choices = [(str(client.pk), client.name) for client in clients]
            self.fields["client"] = forms.ChoiceField(label="Client", choices=choices)
        self.order_fields(["client", "name", "code", *(f"price_{currency}" for currency in currencies)])

    def clean(self) -> dict[str, Any]:
        """Ask for a price that can be paid."""
        cleaned = super().clean() or {}
        if not self.errors and not self.prices:
            raise ValidationError("Enter the net price in at least one currency.", code="price")
        for currency in self.currencies:
            price = cleaned.get(f"price_{currency}")
            if price is not None and price.minor < 0:
                self.add_error(f"price_{currency}", "A price is not below zero.")
        return cleaned

    @property
    def prices(self) -> list[Money]:
        """The prices that were entered."""
        found = (self.cleaned_data.get(f"price_{currency}") for currency in self.currencies)
        return [price for price in found if price is not None]

    @property
    def details(self) -> ProductDetails:
        """All that was entered but the prices."""
        return ProductDetails(**{name: self.cleaned_data[name] for name in ProductDetails.__dataclass_fields__})


class KeyListForm(ActionForm):
    """Keys as a file or as pasted lines, read at once: either all of the list can be used, or the reason is shown."""

    file = forms.FileField(
        label="File", required=False, max_length=200, help_text="Text, a key a line, or CSV with the keys first."
    )
    lines = forms.CharField(
        label="Or paste the keys",
        required=False,
        max_length=LIST_BYTES,
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false", "autocomplete": "off"}),
        help_text="One a line; at most 20,000 keys or 2 MB at a time.",
    )

    def clean(self) -> dict[str, Any]:
        """Read the list."""
        cleaned = super().clean() or {}
        upload, lines = cleaned.get("file"), cleaned.get("lines", "")
        if self.errors:
            return cleaned
        if bool(upload) == bool(lines.strip()):
            message = "Choose a file or paste the keys, not both." if upload else "Choose a file or paste the keys."
            raise ValidationError(message, code="list")
        try:
            content = upload.read(LIST_BYTES + 1) if upload else lines.encode()
            is_csv = upload is not None and upload.name.lower().endswith((".csv", ".tsv"))
            cleaned["keys"] = read_keys(decode(content), is_csv=is_csv)
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from None
        return cleaned

    @property
    def keys(self) -> KeyList:
        """The list as read."""
        return cast("KeyList", self.cleaned_data["keys"])


class EntryByHandForm(ActionForm):
    """A history entry: what was said or decided, by which means, and who may read it."""

    nature = forms.ChoiceField(label="Nature", choices=[(nature.value, nature.label) for nature in BY_HAND])
    method = forms.ChoiceField(
        label="Method",
        choices=[(Method.NONE, "None"), *((m.value, m.label) for m in Method if m != Method.NONE)],
        initial=Method.PHONE,
        required=False,
    )
    note = forms.CharField(label="What happened", max_length=300)
    reason = forms.CharField(label="Reason", required=False, max_length=300)
    detail = forms.CharField(
        label="Long note", required=False, max_length=LONGEST_DETAIL, widget=forms.Textarea(attrs={"rows": 4})
    )
    link = forms.CharField(
        label="Link",
        required=False,
        max_length=300,
        validators=[check_web_address],
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    is_internal = forms.BooleanField(label="Platform only", required=False, help_text="The client does not read it.")

    def __init__(self, *args: Any, may_hide: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_hide:
            del self.fields["is_internal"]

    def clean_method(self) -> str:
        """Say "none" where nothing was chosen."""
        return self.cleaned_data["method"] or Method.NONE


class XParameterForm(ActionForm):
    """A key and value for the client's reports."""

    key = forms.CharField(
        label="Key",
        max_length=100,
        widget=forms.TextInput(
            attrs={"class": "mono", "placeholder": "x-campaign", "spellcheck": "false", "autocomplete": "off"}
        ),
        help_text="“x-”, then letters, digits and hyphens. Upper and lower case differ.",
    )
    value = forms.CharField(
        label="Value",
        max_length=255,
        strip=False,
        help_text="1 to 255 printable characters; the client's reports show it.",
    )

    def clean_key(self) -> str:
        """Refuse a key that the client's reports could not carry."""
        key: str = self.cleaned_data["key"]
        _refuse_next_to_the_field(check_x_parameter, key, "any")
        return key

    def clean_value(self) -> str:
        """Refuse such a value."""
        value: str = self.cleaned_data["value"]
        _refuse_next_to_the_field(check_x_parameter, self.cleaned_data.get("key", "x-0"), value)
        return value


def _refuse_next_to_the_field(check: Callable[..., Any], *values: Any) -> Any:
    try:
        return check(*values)
    except Refused as refused:
        raise ValidationError(refused.message, code=refused.code) from None


class AttachmentForm(ActionForm):
    """A file to keep with a purchase."""

    file = forms.FileField(label="File", max_length=200, help_text="PDF, PNG or JPEG, at most 10 MB.")
    note = forms.CharField(label="Note", required=False, max_length=300)
    is_internal = forms.BooleanField(label="Platform only", required=False, help_text="The client does not see it.")

    def __init__(self, *args: Any, may_hide: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if not may_hide:
            del self.fields["is_internal"]

    def clean_file(self) -> CheckedFile:
        """Accept a file that is what it says."""
        upload = self.cleaned_data["file"]
        checked: CheckedFile = _refuse_next_to_the_field(check_upload, upload.name, upload.read(LIMIT_BYTES + 1))
        return checked


class GenerateForm(ActionForm):
    """An e-mail to be written anew: which, to whom, in which language."""

    kind = forms.ChoiceField(label="E-mail", widget=forms.RadioSelect)
    to = forms.MultipleChoiceField(label="To", required=False, widget=forms.CheckboxSelectMultiple)
    other = forms.CharField(
        label="Also send to",
        required=False,
        max_length=1000,
        help_text="Other addresses, separated by commas. Each recipient gets an e-mail of its own.",
    )
    language = forms.ChoiceField(
        label="Language",
        choices=[(code, name) for code, name in settings.LANGUAGES if code in LANGUAGES],
        widget=forms.Select,
    )

    def __init__(
        self, *args: Any, choices: Sequence[Choice] = (), recipients: Sequence[Recipient] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = [(choice.kind, choice.label) for choice in choices]  # type: ignore[attr-defined]
        to: Any = self.fields["to"]
        to.choices = [(known.address, f"{known.role}: {known.address}") for known in recipients]
        if not recipients:
            del self.fields["to"]
            self.fields["other"].label = "To"

    def clean_other(self) -> list[str]:
        """Read the addresses; what is none is named."""
        typed = [part.strip() for part in self.cleaned_data["other"].replace(";", ",").split(",")]
        addresses = [part for part in typed if part]
        wrong = next((part for part in addresses if not is_address(part)), "")
        if wrong:
            message = f"“{wrong[:80]}” is not an e-mail address."
            raise ValidationError(message)
        return addresses

    def clean(self) -> dict[str, Any]:
        """Somebody gets it."""
        data = super().clean() or self.cleaned_data
        data.setdefault("to", [])
        if not self.errors and not data["to"] and not data["other"]:
            self.add_error("to" if "to" in self.fields else "other", "Choose who gets it, or write an address.")
        return data
