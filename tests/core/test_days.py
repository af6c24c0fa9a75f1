"""Business days: weekends, public holidays of country and subdivision, and places nobody knows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.days import (
    is_business_day,
    last_business_day_of_month,
    next_business_day,
    nth_business_day_after,
    public_holidays,
)

PLACES = [("DE", "HH"), ("US", "IL"), ("FR", ""), ("JP", ""), ("IN", "KA"), ("XX", "")]


@pytest.mark.parametrize(
    ("day", "country", "subdivision", "is_open"),
    [
        (date(2026, 3, 2), "DE", "HH", True),  # a Monday
        (date(2026, 3, 7), "DE", "HH", False),  # Saturday
        (date(2026, 3, 8), "DE", "HH", False),  # Sunday
        (date(2026, 4, 3), "DE", "HH", False),  # Good Friday
        (date(2025, 10, 31), "DE", "HH", False),  # Reformation Day: Hamburg
        (date(2025, 10, 31), "DE", "BY", True),  # ... not Bavaria
        (date(2025, 10, 31), "DE", "", True),  # ... and not the whole country
        (date(2026, 1, 6), "DE", "BY", False),  # Epiphany: Bavaria
        (date(2026, 1, 6), "DE", "??", True),  # an unknown subdivision counts as none
        (date(2026, 2, 12), "US", "IL", False),  # Lincoln's Birthday: Illinois
        (date(2026, 7, 3), "US", "IL", False),  # Independence Day observed
        (date(2026, 5, 6), "JP", "", False),  # substitute holiday
        (date(2026, 7, 14), "FR", "", False),
        (date(2026, 11, 1), "IN", "KA", False),
        (date(2026, 1, 1), "XX", "", True),  # a country nobody knows has no holidays
        (date(2026, 1, 1), "", "", True),
    ],
)
def test_a_business_day_is_a_weekday_without_a_public_holiday(
    day: date, country: str, subdivision: str, *, is_open: bool
) -> None:
    assert is_business_day(day, country, subdivision) is is_open


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        (date(2026, 4, 1), 1, date(2026, 4, 2)),
        (date(2026, 4, 1), 2, date(2026, 4, 7)),  # over Good Friday, weekend, Easter Monday
        (date(2026, 4, 1), 3, date(2026, 4, 8)),
        (date(2026, 4, 4), 1, date(2026, 4, 7)),  # counted from a Saturday
        (date(2026, 12, 23), 3, date(2026, 12, 29)),
        (date(2026, 12, 30), 3, date(2027, 1, 5)),  # over New Year
    ],
)
def test_the_nth_business_day_after_a_day(day: date, n: int, expected: date) -> None:
    assert nth_business_day_after(day, n, "DE", "HH") == expected


def test_there_is_no_zeroth_business_day_after_a_day() -> None:
    with pytest.raises(ValueError, match="n is 0"):
        nth_business_day_after(date(2026, 4, 1), 0, "DE")


@pytest.mark.parametrize(
    ("day", "place", "expected"),
    [
        (date(2026, 1, 15), ("DE", "HH"), date(2026, 1, 30)),
        (date(2026, 2, 28), ("DE", "HH"), date(2026, 2, 27)),
        (date(2025, 10, 1), ("DE", "HH"), date(2025, 10, 30)),  # the 31st is Reformation Day
        (date(2025, 10, 1), ("DE", "BY"), date(2025, 10, 31)),
        (date(2024, 2, 1), ("US", "IL"), date(2024, 2, 29)),
        (date(2026, 5, 31), ("FR", ""), date(2026, 5, 29)),
    ],
)
def test_the_last_business_day_of_a_month(day: date, place: tuple[str, str], expected: date) -> None:
    assert last_business_day_of_month(day, *place) == expected


def test_the_next_business_day_is_the_day_itself_when_offices_are_open() -> None:
    assert next_business_day(date(2026, 4, 2), "DE", "HH") == date(2026, 4, 2)
    assert next_business_day(date(2026, 4, 3), "DE", "HH") == date(2026, 4, 7)


def test_a_year_of_holidays_is_worked_out_once() -> None:
    assert public_holidays("DE", "HH", 2026) is public_holidays("DE", "HH", 2026)


@given(day=st.dates(date(2024, 1, 1), date(2030, 12, 31)), n=st.integers(1, 15), place=st.sampled_from(PLACES))
def test_counting_business_days_agrees_with_looking_at_each(day: date, n: int, place: tuple[str, str]) -> None:
    found = nth_business_day_after(day, n, *place)
    days = [day + timedelta(days=k) for k in range(1, (found - day).days + 1)]
    assert sum(is_business_day(each, *place) for each in days) == n
    assert is_business_day(found, *place)
