"""Money is integer minor units and an ISO currency; never a float, never a bare number."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from babel.numbers import format_currency, get_currency_precision, is_currency


def exponent(currency: str) -> int:
    """Decimals of a currency's minor unit: 2 for EUR, 0 for JPY (ISO 4217 by way of CLDR).

    Raises ValueError for an unknown currency.
    """
    if not is_currency(currency):
        message = f"{currency!r} is not an ISO 4217 currency"
        raise ValueError(message)
    return get_currency_precision(currency)


def round_half_up(value: Decimal) -> int:
    """Round to a whole number of minor units, halves away from zero."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` units (cents, yen) of `currency`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str, currency: str) -> Money:
        """Read a plain decimal such as `1234.50`.

        Raises ValueError when it is no number or finer than the currency's minor unit.
        """
        try:
            scaled = Decimal(amount).scaleb(exponent(currency))
        except InvalidOperation:
            message = f"{amount!r} is not an amount"
            raise ValueError(message) from None
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            message = f"{amount!r} is not an amount in {currency}: it has at most {exponent(currency)} decimals"
            raise ValueError(message)
        return cls(int(scaled), currency)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, with exactly the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    @property
    def amount(self) -> str:
        """The amount as a plain string with the currency's decimals: `1234.50`, `98000`."""
        return f"{self.decimal:f}"

    def format(self, locale: str = "en") -> str:
        """The amount as its reader writes it: `1,234.50 EUR` in English, `1.234,50 €` in German."""
        return format_currency(self.decimal, self.currency, locale=locale.replace("-", "_"))

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            message = f"{self.currency} and {other.currency} don't add up"
            raise ValueError(message)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, factor: int) -> Money:
        return Money(self.minor * factor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.decimal:,f} {self.currency}"


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """Net, tax and gross of one line, in minor units."""

    net: int
    tax: int
    gross: int


def line_amounts(*, unit_minor: int, quantity: int, discount_percent: Decimal, tax_percent: Decimal) -> LineAmounts:
    """Work out one line: net and tax are each rounded half up to the minor unit; gross is their sum."""
    net = round_half_up(Decimal(unit_minor) * quantity * (100 - discount_percent) / 100)
    tax = round_half_up(Decimal(net) * tax_percent / 100)
    return LineAmounts(net=net, tax=tax, gross=net + tax)
