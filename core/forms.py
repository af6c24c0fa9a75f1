"""Form fields that every app uses."""

from __future__ import annotations

from typing import Any

from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError

from core.money import Money, exponent


class MoneyField(forms.Field):
    """An amount in one currency, typed as the reader writes numbers; becomes `Money`."""

    def __init__(self, *, currency: str = "EUR", language: str = "en", **options: Any) -> None:
        super().__init__(**options)
        self.currency = currency
        self.language = language
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "maxlength": "30"})

    def to_python(self, value: Any) -> Any:
        """Read the amount; more decimals than the currency has are refused."""
        text = str(value or "").strip()[:60].replace("\u00a0", "").replace("\u202f", "")
        if not text:
            return None
        try:
            return Money.parse(text, self.currency)
        except ValueError:
            pass
        try:
            number = parse_decimal(text, locale=self.language.replace("-", "_"), strict=True)
            return Money.parse(str(number), self.currency)
        except (NumberFormatError, ValueError):
            places = exponent(self.currency)
            example = f"1234.{'5' * places}" if places else "1234"
            message = f"Enter an amount in {self.currency}, such as {example}."
            raise ValidationError(message, code="invalid") from None


def date_input() -> forms.DateInput:
    """A day picker."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
