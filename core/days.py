"""Business days: Monday to Friday without the public holidays of a country and its subdivision.

Public holidays come from the package `holidays` (pinned: its dates decide cancellations), default categories.
A country it does not know has no holidays; a subdivision it does not know counts as none.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import holidays

SATURDAY: Final = 5
ONE_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Public holidays of one year in a country (ISO 3166-1 alpha-2) and subdivision ("" for the whole country)."""
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        return frozenset()
    subdiv = subdivision if subdivision in known[country] else None
    return frozenset(holidays.country_holidays(country, subdiv=subdiv, years=year))


def is_business_day(day: date, country: str, subdivision: str = "") -> bool:
    """Whether offices are open on `day`: no weekend and no public holiday there."""
    return day.weekday() < SATURDAY and day not in public_holidays(country, subdivision, day.year)


def nth_business_day_after(day: date, n: int, country: str, subdivision: str = "") -> date:
    """Find the n-th business day strictly after `day`; `n` is at least 1."""
    if n < 1:
        message = f"n is {n}, but the first business day after a day is number 1"
        raise ValueError(message)
    while n:
        day += ONE_DAY
        n -= is_business_day(day, country, subdivision)
    return day


def last_business_day_of_month(day: date, country: str, subdivision: str = "") -> date:
    """Find the last business day of the month in which `day` lies."""
    last = day.replace(day=monthrange(day.year, day.month)[1])
    while not is_business_day(last, country, subdivision):
        last -= ONE_DAY
    return last


def next_business_day(day: date, country: str, subdivision: str = "") -> date:
    """`day` itself when offices are open, else the first business day after it: a pay-by date people can keep."""
    while not is_business_day(day, country, subdivision):
        day += ONE_DAY
    return day
