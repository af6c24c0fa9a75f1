"""What customers enter at the checkout and on the page of their order, in their own language."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django_countries import countries

from core.forms import date_input
from core.letters import country_name, fill
from core.refused import Refused
from core.uploads import LIMIT_BYTES, check_upload
from core.views import ActionForm
from customers.models import CustomerType
from customers.services import AddressInput
from purchases.forms import ConvertForm, DocumentForm, read_x_parameters
from purchases.models import PaymentType
from purchases.services.entry import Arrival
from purchases.services.release import ReceivedFile
from quotes.models import LONGEST_REMARK, LONGEST_VALIDITY
from quotes.services.quote_link import LONGEST_MESSAGE
from quotes.services.remark import read_remark
from quotes.wording import FILE_PROBLEMS, WORDS
from taxexempt.policy import EU_RATES, read_vat_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LENGTHS: Final[dict[str, int]] = {
    "company": 300, "first_name": 150, "last_name": 150, "email": 254, "phone": 50, "fax": 50, "street": 300,
    "postal_code": 20, "city": 150, "state": 50,
}  # fmt: skip
AUTOCOMPLETE: Final[dict[str, str]] = {
    "company": "organization", "first_name": "given-name", "last_name": "family-name", "email": "email", "phone": "tel",
    "street": "street-address", "postal_code": "postal-code", "city": "address-level2", "state": "address-level1",
    "country": "country",
}  # fmt: skip
NEEDED: Final = ("last_name", "email", "street", "city", "country")
WITH_POSTAL_CODE: Final = frozenset({*EU_RATES, "US", "CA", "JP", "GB", "CH", "NO", "AU", "BR", "IN", "KR", "CN"}) - {
    "IE"
}


@lru_cache(maxsize=8)
def country_choices(language: str) -> list[tuple[str, str]]:
    """All countries by their names in a language, in its alphabet's order."""
    named = [(code, country_name(code, language)) for code, _ in countries]
    return sorted(named, key=lambda pair: _sort_key(pair[1], language))


def _sort_key(name: str, language: str) -> str:
    """É sorts as E; Japanese names by their code points, as Babel has no collation."""
    return name if language == "ja" else unicodedata.normalize("NFKD", name).casefold()


class ContactForm(forms.Form):
    """An address with its person. `is_needed` for billing; the others may be left empty as a whole."""

    def __init__(
        self, *args: Any, language: str, is_needed: bool = True, needs_company: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.words = WORDS[language]
        self.is_needed, self.needs_company = is_needed, needs_company
        for name, limit in LENGTHS.items():
            kind = forms.EmailField if name == "email" else forms.CharField
            field = kind(label=self.words[name], max_length=limit, required=is_needed and name in NEEDED)
            # The field itself lets more in, so that what was pasted is refused with a sentence and not cut in silence.
            field.widget.attrs.pop("maxlength", None)
            self.fields[name] = field
        choices = [("", self.words["choose"]), *country_choices(language)]
        self.fields["country"] = forms.ChoiceField(
            label=self.words["country"], choices=choices, required=is_needed, error_messages={"invalid_choice": "–"}
        )
        for name, value in AUTOCOMPLETE.items():
            section = {"billing": "billing"}.get(str(self.prefix), "shipping")
            self.fields[name].widget.attrs["autocomplete"] = f"{section} {value}"
        self.use_required_attribute = False

    @property
    def is_given(self) -> bool:
        """Whether anything was entered."""
        return any(str(self[name].value() or "").strip() for name in self.fields)

    def full_clean(self) -> None:
        """An address that differs has to be whole."""
        if self.is_bound and not self.is_needed:
            for name in NEEDED:
                self.fields[name].required = self.is_given
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        """Ask for the postal code where letters need one, and for the company where an organization buys."""
        data = super().clean() or {}
        if self.needs_company and not data.get("company") and "company" not in self.errors:
            self.add_error("company", self.words["company_needed"])
        if data.get("country") in WITH_POSTAL_CODE and not data.get("postal_code") and "postal_code" not in self.errors:
            self.add_error("postal_code", self.words["postal_code_needed"])
        return data

    def address(self) -> AddressInput | None:
        """The address; None when an optional one was left empty."""
        return AddressInput(**self.cleaned_data) if self.is_needed or self.is_given else None


class BuyerForm(forms.Form):
    """Who buys: the kind of customer and the VAT ID, checked by its digits."""

    customer_type = forms.ChoiceField()
    vat_id = forms.CharField(required=False, max_length=30)

    def __init__(self, *args: Any, language: str, country: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.language, self.country, self.words = language, country, WORDS[language]
        kind = self.fields["customer_type"]
        kind.label = self.words["customer_type"]
        kind.choices = [(code, self.words[code]) for code in CustomerType.values]  # type: ignore[attr-defined]
        self.fields["vat_id"].label = self.words["vat_id"]
        self.fields["vat_id"].widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})
        self.use_required_attribute = False

    def clean_vat_id(self) -> str:
        """Bring a VAT ID of the billing country to its usual form."""
        typed: str = self.cleaned_data["vat_id"]
        known = read_vat_id(typed, self.country)
        if typed.strip() and self.country and not known:
            values = {"country": country_name(self.country, self.language)}
            raise ValidationError(fill(self.words["vat_id_wrong"], values), code="vat_id")
        return known


class PayForm(forms.Form):
    """How the order will be paid; on purchase order with its number, and its document where it is at hand."""

    payment = forms.ChoiceField(choices=[("wire", ""), ("check", ""), ("po", "")])
    po_number = forms.CharField(required=False, max_length=60)
    po_document = forms.FileField(required=False, max_length=200, allow_empty_file=True)

    def __init__(
        self,
        *args: Any,
        language: str,
        offers_po: bool,
        needs_number: bool = False,
        takes_file: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.words, self.needs_number = WORDS[language], needs_number
        payment = self.fields["payment"]
        payment.choices = [(key, self.words[key]) for key in ("po", "wire", "check") if key != "po" or offers_po]  # type: ignore[attr-defined]
        payment.error_messages = dict.fromkeys(("required", "invalid_choice"), self.words["payment_needed"])
        self.fields["po_number"].label = self.words["po_number"]
        self.fields["po_document"].label = self.words["po_document"]
        self.fields["po_document"].help_text = self.words["po_document_help"]
        self.fields["po_document"].widget.attrs["accept"] = ".pdf,.png,.jpg,.jpeg"
        for name, is_asked in (("po_number", offers_po), ("po_document", offers_po and takes_file)):
            if not is_asked:
                del self.fields[name]
        self.use_required_attribute = False

    def clean_po_document(self) -> ReceivedFile | None:
        """Accept a file that is what it says."""
        return read_file(self.cleaned_data.get("po_document"), self.words)

    def clean(self) -> dict[str, Any]:
        """A purchase order has its number where the client wants one."""
        data = super().clean() or {}
        if data.get("payment") in {"wire", "check"}:
            # What is asked only for purchase orders is not shown then: nothing in it may stop the order.
            for name in ("po_number", "po_document"):
                self.errors.pop(name, None)
        is_missing = "po_number" in self.fields and not data.get("po_number") and "po_number" not in self.errors
        if data.get("payment") == "po" and self.needs_number and is_missing:
            self.add_error("po_number", self.words["po_number_needed"])
        return data


class RemarkForm(forms.Form):
    """What a customer adds in its own words."""

    remark = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.words = WORDS[language]
        self.fields["remark"].label = self.words["remark"]
        self.fields["remark"].help_text = self.words["remark_help"]

    def clean_remark(self) -> str:
        """Keep plain text of a length that somebody reads."""
        try:
            return read_remark(self.cleaned_data["remark"])
        except Refused:
            values = {"most": f"{LONGEST_REMARK:,}"}
            raise ValidationError(fill(self.words["remark_too_long"], values), code="remark") from None


class UploadForm(forms.Form):
    """The signed order, sent from the order's own page."""

    po_document = forms.FileField(max_length=200, allow_empty_file=True)

    def __init__(self, *args: Any, language: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.words = WORDS[language]
        field = self.fields["po_document"]
        field.label, field.help_text = self.words["po_document"], ""
        field.error_messages["required"] = self.words["file_needed"]
        field.widget.attrs["accept"] = ".pdf,.png,.jpg,.jpeg"
        self.use_required_attribute = False

    def clean_po_document(self) -> ReceivedFile | None:
        """Accept a file that is what it says."""
        return read_file(self.cleaned_data["po_document"], self.words)


def read_file(upload: Any, words: Mapping[str, str]) -> ReceivedFile | None:
    """Check a file that came in; what is wrong with it is said in the reader's language."""
    if upload is None:
        return None
    try:
        checked = check_upload(upload.name, upload.read(LIMIT_BYTES + 1))
    except Refused as refused:
        key = refused.code if refused.code in FILE_PROBLEMS else "other"
        raise ValidationError(words[f"file_{key}"], code=refused.code) from None
    return ReceivedFile(checked.filename, checked.content_type, checked.content)


# For staff ------------------------------------------------------------------------------------------------------------


class LinkForm(ActionForm):
    """What a quote link is beside its products."""

    title = forms.CharField(label="Title", max_length=200)
    language = forms.ChoiceField(label="Language", choices=settings.LANGUAGES)
    currency = forms.ChoiceField(label="Currency")
    note = forms.CharField(label="Note for colleagues", required=False, max_length=300)
    message = forms.CharField(
        label="Message to the customer",
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="On the page and in the quote, as it stands here.",
    )
    validity_days = forms.IntegerField(
        label="Valid for how many days", min_value=1, max_value=LONGEST_VALIDITY, initial=30
    )
    may_change_quantity = forms.BooleanField(label="Customers may change quantities", required=False)
    may_order_on_po = forms.BooleanField(label="Customers may order on purchase order", required=False)
    x_parameters = forms.CharField(
        label="X-parameters",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "x-campaign=spring"}),
        help_text="One a line; every quote carries them.",
    )
    is_test = forms.BooleanField(label="Makes test orders", required=False)

    def __init__(self, *args: Any, currencies: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.use_required_attribute = False
        self.fields["currency"].choices = [(code, code) for code in currencies]  # type: ignore[attr-defined]

    def clean_x_parameters(self) -> dict[str, str]:
        """Read a key and a value from each line."""
        return read_x_parameters(self.cleaned_data["x_parameters"])


class ReviseForm(ActionForm):
    """What the next revision of a quote is beside its products."""

    valid_until = forms.DateField(label="Valid until", widget=date_input())
    message = forms.CharField(
        label="Message to the customer",
        required=False,
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="In the e-mail and in the quote, as it stands here.",
    )


class ExtendForm(ActionForm):
    """More time for the customer."""

    valid_until = forms.DateField(label="Valid until", widget=date_input())


class AcceptForm(ActionForm):
    """How the customer will pay the quote that it accepted by phone or letter."""

    payment_type = forms.ChoiceField(
        label="Pays by",
        choices=[(kind.value, kind.label) for kind in (PaymentType.WIRE, PaymentType.CHECK)],
    )


class QuotePoForm(ConvertForm, DocumentForm):
    """A quote that the customer ordered on purchase order by e-mail, fax or letter."""

    has_document = forms.BooleanField(
        label="The signed PO document is here",
        required=False,
        help_text="A file says so by itself; tick it for paper that is not scanned.",
    )
    field_order = ("po_number", "channel", "file", "has_document", "note")

    @property
    def arrival(self) -> Arrival:
        """How the order came in."""
        data = self.cleaned_data
        return Arrival(data["channel"], has_document=data["has_document"] or bool(data["file"]), file=data["file"])
