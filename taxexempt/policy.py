"""Which tax an order carries: pure decisions on plain values.

Software that is delivered electronically is taxed where its buyer sits: at home and to consumers within the EU at the
standard rate there, by the buyer itself (reverse charge, Directive 2006/112/EC, articles 44 and 196) when it names a
VAT ID of another member state, and not at all outside. Prices are net.

The rates of the 27 member states are those of the European Commission's "Taxes in Europe" database (TEDB), as of
January 2026, with the last changes and their days: Finland 1 September 2024, Slovakia 1 January 2025, Estonia 1 July
2025, Romania 1 August 2025. Japan: consumption tax, 10 % since 1 October 2019 (National Tax Agency). Switzerland: 8.1 %
since 1 January 2024 (Federal Tax Administration). United Kingdom 20 %, Norway 25 %.

VAT IDs are checked by the check digits of each country's own algorithm (python-stdnum); nobody is asked online.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

EU_RATES: Final[dict[str, str]] = {
    "AT": "20", "BE": "21", "BG": "20", "HR": "25", "CY": "19", "CZ": "21", "DK": "25", "EE": "24", "FI": "25.5",
    "FR": "20", "DE": "19", "GR": "24", "HU": "27", "IE": "23", "IT": "22", "LV": "21", "LT": "21", "LU": "17",
    "MT": "18", "NL": "21", "PL": "23", "PT": "23", "RO": "21", "SK": "23", "SI": "22", "ES": "21", "SE": "25",
}  # fmt: skip
"""Standard rates of the member states, in percent, by ISO 3166-1 code."""
BEFORE: Final[dict[str, tuple[tuple[date, str], ...]]] = {
    "FI": ((date(2024, 9, 1), "24"),),
    "SK": ((date(2025, 1, 1), "20"),),
    "EE": ((date(2024, 1, 1), "20"), (date(2025, 7, 1), "22")),
    "RO": ((date(2025, 8, 1), "19"),),
}
"""What held before a day, oldest first."""
OTHER_RATES: Final[dict[str, str]] = {"JP": "10", "CH": "8.1", "LI": "8.1", "GB": "20", "NO": "25"}
"""Standard rates elsewhere; only a seller at home there charges them."""
OUTSIDE_EU_VAT: Final[dict[str, frozenset[str]]] = {
    "ES": frozenset({"CN", "GC", "TF", "CE", "ML", "CANARIAS", "LASPALMAS", "SANTACRUZDETENERIFE", "CEUTA", "MELILLA"}),
}
"""Parts of a member state in which its VAT does not apply, by code or name."""
BUSINESSES: Final = frozenset({"COM", "GOV", "UNI", "NPR"})
PREFIX: Final = {"GR": "EL"}
MOST_CHARACTERS: Final = 30


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """The rate of an order, why in a word for machines, and why in a sentence for people."""

    percent: Decimal
    reason: str
    sentence: str


def tax_for(
    *,
    seller_country: str,
    seller_subdivision: str,
    buyer_country: str,
    buyer_state: str,
    vat_id: str,
    customer_type: str,
    on: date,
) -> TaxAnswer:
    """Say which tax an order of `on` carries. Countries are ISO 3166-1 codes, billing address decides.

    Reasons: domestic, reverse_charge, no_vat_id (a business in the EU without one), consumer (in the EU), export,
    not_calculated (no rate is known at home: sales tax in the United States).
    """
    seller = _tax_area(seller_country, seller_subdivision)
    buyer = _tax_area(buyer_country, buyer_state)
    if seller == buyer:
        return _domestic(buyer_country, rate_of(buyer, on))
    if buyer not in EU_RATES:
        return TaxAnswer(Decimal(0), "export", "No tax: the order leaves the area in which it would be taxed.")
    if read_vat_id(vat_id, buyer_country):
        return TaxAnswer(Decimal(0), "reverse_charge", "No tax: reverse charge, the recipient accounts for the VAT.")
    rate = rate_of(buyer, on) or Decimal(0)  # every member state has one
    if customer_type in BUSINESSES:
        sentence = f"VAT of {buyer_country}, {rate:f} %. With a valid VAT ID no tax is charged."
        return TaxAnswer(rate, "no_vat_id", sentence)
    return TaxAnswer(rate, "consumer", f"VAT of {buyer_country}, {rate:f} %.")


def _domestic(country: str, rate: Decimal | None) -> TaxAnswer:
    if rate is None:
        return TaxAnswer(Decimal(0), "not_calculated", "Sales tax is not calculated.")
    return TaxAnswer(rate, "domestic", f"Tax of {country}, {rate:f} %.")


def rate_of(country: str, on: date) -> Decimal | None:
    """Find a country's standard rate on a day, in percent; None where no rate is known."""
    for until, percent in BEFORE.get(country, ()):
        if on < until:
            return Decimal(percent)
    percent_now = EU_RATES.get(country) or OTHER_RATES.get(country)
    return Decimal(percent_now) if percent_now else None


def read_vat_id(text: str, country: str) -> str:
    """Bring a VAT ID to its usual form (`DE136695976`); empty when it is none of `country`.

    The country's letters may be left out. Where no algorithm is known, anything short and printable is taken as it is.
    """
    typed = unicodedata.normalize("NFKC", text).strip().upper()[: MOST_CHARACTERS * 2]
    if not typed:
        return ""
    if country in EU_RATES:
        prefix = PREFIX.get(country, country)
        bare = re.sub(r"[\s.\-/]", "", typed)
        for candidate in (bare, prefix + bare):
            if candidate.startswith(prefix) and eu_vat.is_valid(candidate):
                return str(eu_vat.compact(candidate))
        return ""
    module = get_cc_module(country.lower(), "vat") if country else None
    if module is None:
        return typed if len(typed) <= MOST_CHARACTERS and typed.isprintable() else ""
    try:
        return str(module.validate(typed))
    except ValidationError:
        return ""


def _tax_area(country: str, subdivision: str) -> str:
    """Name the area whose tax holds at an address: its country, or `ES-CN` and the like outside the VAT of theirs."""
    plain = unicodedata.normalize("NFKD", subdivision).upper().removeprefix(f"{country}-")
    plain = "".join(c for c in plain if c.isalnum())
    return f"{country}-outside" if plain in OUTSIDE_EU_VAT.get(country, ()) else country
