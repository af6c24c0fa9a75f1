"""Money adds up to the minor unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.money import Money, exponent, line_amounts

CURRENCIES = ["EUR", "USD", "JPY", "KWD"]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.34", "EUR", 1234), ("98000", "JPY", 98000), ("0.00", "USD", 0), ("1.234", "KWD", 1234), ("7", "EUR", 700)],
)
def test_amounts_are_read_as_minor_units(amount: str, currency: str, minor: int) -> None:
    assert Money.parse(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("12.345", "EUR"), ("1.5", "JPY"), ("abc", "EUR"), ("NaN", "EUR"), ("Infinity", "USD")]
)
def test_what_is_no_amount_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        Money.parse(amount, currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="don't add up"):
        Money(1, "EUR") + Money(1, "USD")


@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(CURRENCIES))
def test_an_amount_survives_being_written_and_read(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.parse(money.amount, currency) == money
    assert len(money.amount.partition(".")[2]) == exponent(currency)


@pytest.mark.parametrize(
    ("unit", "quantity", "discount", "tax", "expected"),
    [
        (49900, 3, "5", "19", (142215, 27021, 169236)),
        (12990, 5, "0", "19", (64950, 12341, 77291)),
        (4555, 1, "0", "20", (4555, 911, 5466)),
        (9999, 3, "7.5", "10", (27747, 2775, 30522)),
        (1, 1, "50", "19", (1, 0, 1)),
    ],
)
def test_lines_are_rounded_half_up(
    unit: int, quantity: int, discount: str, tax: str, expected: tuple[int, int, int]
) -> None:
    line = line_amounts(
        unit_minor=unit, quantity=quantity, discount_percent=Decimal(discount), tax_percent=Decimal(tax)
    )
    assert (line.net, line.tax, line.gross) == expected


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de", "1.234,50\xa0€"), ("en", "€1,234.50"), ("fr", "1\u202f234,50\xa0€"), ("ja", "€1,234.50")],
)
def test_money_is_written_in_the_readers_language(locale: str, text: str) -> None:
    assert Money(123450, "EUR").format(locale) == text
