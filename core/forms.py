"""Form fields that every app uses."""

from __future__ import annotations

import re
from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError

from core.money import Money, exponent
from core.refused import Refused
from core.uploads import LIMIT_BYTES, CheckedFile, check_upload

PLAIN = re.compile(r"-?[0-9][0-9.,'’]*")
LARGEST_MINOR = 10**15


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
