"""What letters and e-mails have in common: their language, their numbers, their addresses, their tokens.

Texts are plain words with `{{token}}`s from a short list. They are replaced once, by `fill`, and never seen by a
template engine: what a customer or a client typed comes out as typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from core.money import Money, exponent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date
    from decimal import Decimal

LANGUAGES: Final = ("en", "de", "fr", "es", "ja")
"""Languages with texts of their own; everybody else reads English."""

TOKEN: Final = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
LINE_LIMIT: Final = 120
TEXT_LIMIT: Final = 240
ELLIPSIS: Final = "…"

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT: Final = frozenset({"\u200c", "\u200d"})
"""Joiners: without them Persian and many Indic names are misspelled."""
_CITY_FIRST: Final = frozenset({"US", "CA", "AU", "NZ", "IN", "GB", "IE"})
_EASTERN: Final = frozenset({"JP", "CN", "KR", "TW"})


def letter_language(code: str) -> str:
    """Choose the language in which a reader of `code` (`de`, `de-AT`, `pt_BR`) is written to; English if unknown."""
    base = code.replace("_", "-").split("-")[0].lower()
    return base if base in LANGUAGES else "en"


def clip(text: object, limit: int = LINE_LIMIT) -> str:
    """Make any text fit to be printed: one line, no control or direction-switching characters, at most `limit` long."""
    if type(text) is str and len(text) <= limit and text.isprintable() and "  " not in text and text == text.strip(" "):
        return text  # as most are
    shown = " ".join(str(text)[: limit * 8].split())
    if not shown.isprintable():
        shown = "".join(c for c in shown if c in _KEPT or unicodedata.category(c) not in _INVISIBLE)
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + ELLIPSIS


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace each `{{token}}` once; what a value contains is not looked at again.

    Raises KeyError for a token without a value.
    """
    return TOKEN.sub(lambda match: values[match[1]], text)


def unknown_tokens(text: str, allowed: Collection[str]) -> list[str]:
    """Name the tokens in `text` that are not `allowed`, in order, and every brace pair that is no token at all."""
    found = [match[1] for match in TOKEN.finditer(text) if match[1] not in allowed]
    rest = TOKEN.sub("", text)
    return found + [mark for mark in ("{{", "}}", "{%", "%}") if mark in rest]


@lru_cache(maxsize=8192)
def _money(minor: int, currency: str, language: str) -> str:
    return Money(minor, currency).format(language).replace("\uffe5", "¥")


@lru_cache(maxsize=8192)
def _figure(minor: int, currency: str, language: str) -> str:
    digits = exponent(currency)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(Money(minor, currency).decimal, pattern, locale=language)


@lru_cache(maxsize=2048)
def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=language)


@lru_cache(maxsize=2048)
def _short_day(day: date, language: str) -> str:
    return format_date(day, "dd.MM.yyyy" if language == "de" else "medium", locale=language)


@lru_cache(maxsize=512)
def _percent(percent: Decimal, language: str) -> str:
    pattern = "#,##0.## %" if language in {"de", "fr", "es"} else "#,##0.##%"
    return format_percent(percent / 100, pattern, locale=language).replace(" ", "\u00a0")


@lru_cache(maxsize=512)
def _count(number: int, language: str) -> str:
    return format_decimal(number, locale=language)


@lru_cache(maxsize=2048)
def country_name(code: str, language: str) -> str:
    """Name a country (ISO 3166-1 alpha-2) in a language; the code itself if nobody knows it."""
    return str(Locale.parse(language).territories.get(code.upper(), code))


@dataclass(frozen=True, slots=True)
class Formatter:
    """Writes amounts, days and percentages the way readers of `language` do."""

    language: str

    def money(self, minor: int, currency: str) -> str:
        """An amount with its currency: `€1,234.50`, `1.234,50 €`."""
        return _money(minor, currency, self.language)

    def figure(self, minor: int, currency: str) -> str:
        """An amount without its currency, for table cells: `1.234,50`."""
        return _figure(minor, currency, self.language)

    def day(self, day: date) -> str:
        """A day in words: `3 avril 2026`."""
        return _day(day, self.language)

    def short_day(self, day: date) -> str:
        """A day for a table cell: `03.04.2026`."""
        return _short_day(day, self.language)

    def percent(self, percent: Decimal) -> str:
        """A percentage without needless decimals: `7,5 %`."""
        return _percent(percent, self.language)

    def count(self, number: int) -> str:
        """A whole number with grouping."""
        return _count(number, self.language)


@lru_cache(maxsize=8)
def formatter(language: str) -> Formatter:
    """Find the formatter of a letter language."""
    return Formatter(letter_language(language))


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as snapshotted: whatever is empty is left out."""

    company: str = ""
    name: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    state: str = ""
    country: str = ""

    def place(self) -> str:
        """Write the line with postal code and city as the country's post wants it."""
        if self.country in _CITY_FIRST:
            region = " ".join(part for part in (self.state, self.postal_code) if part)
            return clip(", ".join(part for part in (self.city, region) if part))
        if self.country == "JP":
            code = f"〒{self.postal_code}" if self.postal_code else ""
            return clip(" ".join(part for part in (code, self.state, self.city) if part))
        return clip(" ".join(part for part in (self.postal_code, self.city) if part))

    def lines(self, *, language: str, home: str) -> list[str]:
        """Write the address for the window of an envelope posted in country `home`: country only when abroad."""
        company, name, street = (clip(part) for part in (self.company, self.name, self.street))
        if language == "ja" and self.country == "JP":
            who = [f"{company} 御中"] if company and not name else [company]
            lines = [self.place(), street, *who, f"{name} 様" if name else ""]
        else:
            lines = [company, name, street, self.place()]
        if self.country and self.country != home:
            lines.append(country_name(self.country, language).upper())
        return [line for line in lines if line]


def paragraphs(texts: Iterable[str], values: Mapping[str, str]) -> list[str]:
    """Fill every text and drop the ones that came out empty."""
    return [filled for text in texts if (filled := fill(text, values).strip())]
