"""Form fields that every app uses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import SafeString

from core.markup import markup
from core.money import Money, exponent
from core.refused import Refused
from core.uploads import LIMIT_BYTES, CheckedFile, check_upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpRequest

PLAIN = re.compile(r"-?[0-9][0-9.,'’]*")
LARGEST_MINOR = 10**15
GENERIC: Final = forms.Field.default_error_messages["required"]
MISSING: Final = (
    (forms.FileInput, "Attach the {thing}."),
    (forms.CheckboxInput, "Check the box “{label}”."),
    (forms.CheckboxSelectMultiple, "Choose at least one of the {thing}."),
    (forms.SelectMultiple, "Choose at least one of the {thing}."),
    (forms.RadioSelect, "Choose {a} {thing}."),
    (forms.Select, "Choose {a} {thing}."),
    (forms.Widget, "Enter {the} {thing}."),
)
"""What is missing in an empty field, by its kind."""
MOST_WORDS: Final = 4
"""A label of more words is no name of a thing: it is quoted as it stands."""
BEGINS_NO_THING: Final = frozenset({"give", "promised", "to", "valid", "warn", "what", "who"})
ENDS_NO_THING: Final = frozenset({"as", "by", "covers", "for", "in", "into", "like", "most", "to", "until"})


def missing_sentence(label: str, widget: forms.Widget) -> str:
    """Say what is missing in an empty field: “Enter the reason.”, “Choose a category.”, “Attach the document.”."""
    label = re.split("[,(]", label, maxsplit=1)[0].strip()
    words = label.lower().split()
    is_short = 0 < len(words) <= MOST_WORDS and not label.endswith("?")
    if not is_short or words[0] in BEGINS_NO_THING or words[-1] in ENDS_NO_THING:
        return f"{'Choose under' if isinstance(widget, forms.widgets.ChoiceWidget) else 'Fill in'} “{label}”."
    thing = label if label[1:2].isupper() else label[0].lower() + label[1:]  # “PO number” stays as it is
    if isinstance(widget, forms.EmailInput) and words[-1] == "e-mail":
        thing += " address"
    sentence = next(sentence for kind, sentence in MISSING if isinstance(widget, kind))
    a, the = "an" if thing[0] in "aeio" else "a", "" if words[0] == "your" else "the"
    return " ".join(sentence.format(label=label, thing=thing, a=a, the=the).split())


class FormRenderer(DjangoTemplates):
    """Writes what lists have several of, choices and one-line inputs, without a template: it takes half as long."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        """Write a widget, or whatever else a form consists of."""
        if template_name == forms.Select.template_name:
            return _select(context["widget"])
        if template_name in INPUTS:
            return _input(context["widget"])
        return super().render(template_name, context, request)


INPUTS: Final = frozenset(
    kind.template_name
    for kind in (forms.TextInput, forms.NumberInput, forms.EmailInput, forms.DateInput, forms.HiddenInput)
)


def _input(widget: Mapping[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else markup(' value="{}"', str(widget["value"]))
    return markup('<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, _attributes(widget))


def _select(widget: Mapping[str, Any]) -> SafeString:
    groups = [
        markup('<optgroup label="{}">{}</optgroup>', name, _options(options)) if name else _options(options)
        for name, options, _ in widget["optgroups"]
    ]
    return markup('<select name="{}"{}>{}</select>', widget["name"], _attributes(widget), _joined(groups))


def _options(options: Iterable[Mapping[str, Any]]) -> SafeString:
    pattern = '<option value="{}"{}>{}</option>'
    return _joined([markup(pattern, str(one["value"]), _attributes(one), one["label"]) for one in options])


def _attributes(widget: Mapping[str, Any]) -> SafeString:
    given = [(name, value) for name, value in widget["attrs"].items() if value is not False]
    return _joined(
        [markup(" {}", name) if value is True else markup(' {}="{}"', name, str(value)) for name, value in given]
    )


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return SafeString("".join(parts))


class MissingNamed(forms.BaseForm):
    """A form that says of an empty field what is missing, by its label, unless the field has words of its own."""

    def full_clean(self) -> None:
        """Word what may be missing by the labels that the fields have by now."""
        for name, field in self.fields.items():
            if field.error_messages.get("required") is GENERIC:
                field.error_messages["required"] = missing_sentence(str(self[name].label), field.widget)
        super().full_clean()


class Form(MissingNamed, forms.Form):
    """The base of all forms but those of public pages, which speak their readers' languages."""


class MoneyField(forms.Field):
    """An amount in one currency, typed as the reader writes numbers; becomes `Money`."""

    def __init__(self, *, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(**options)
        self.currency = currency
        self.language = language
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "maxlength": "30"})

    def to_python(self, value: Any) -> Any:
        """Read the amount; more decimals than the currency has are refused."""
        text = "".join(str(value or "")[:60].split())
        if not text:
            return None
        amount = self._read(text)
        if amount is None or abs(amount.minor) > LARGEST_MINOR:
            places = exponent(self.currency)
            example = f"1234.{'5' * places}" if places else "1234"
            message = f"Enter an amount in {self.currency}, such as {example}."
            raise ValidationError(message, code="invalid")
        return amount

    def _read(self, text: str) -> Money | None:
        if not PLAIN.fullmatch(text):
            return None
        try:
            return Money.parse(text, self.currency)
        except ValueError:
            pass
        try:
            number = parse_decimal(text, locale=self.language.replace("-", "_"), strict=True, numbering_system="latn")
            return Money.parse(str(number), self.currency)
        except (NumberFormatError, ValueError):
            return None


def date_input() -> forms.DateInput:
    """A day picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UploadField(forms.FileField):
    """A PDF, PNG or JPEG from outside; becomes a `CheckedFile`, or None."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 200, "help_text": "PDF, PNG or JPEG, at most 10 MB.", **options})

    def clean(self, data: Any, initial: Any = None) -> CheckedFile | None:
        """Accept a file that is what it says."""
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            return check_upload(upload.name, upload.read(LIMIT_BYTES + 1))
        except Refused as refused:
            raise ValidationError(refused.message, code=refused.code) from None
