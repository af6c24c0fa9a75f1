"""Which tax an order carries: pure decisions on plain values.

Software that is delivered electronically is taxed where its buyer sits: at home and to consumers within the EU at the
standard rate there, by the buyer itself (reverse charge, Directive 2006/112/EC, articles 44 and 196) when it names a
VAT ID of another member state, and not at all outside. Prices are net. `supply_of` decides it, for the rate of an
order (`tax_for`) as for what its invoice tells machines (`category_of`).

What counts is the area whose tax holds at an address, not its country (`area_of`): article 6 of the Directive leaves
parts of member states out (the Canary Islands, Ceuta and Melilla, Büsingen, Heligoland, Livigno, Campione, Mount Athos,
Åland, the French overseas departments), article 7 counts Monaco as France. The Isle of Man shares the tax of the United
Kingdom; so does Northern Ireland, whose place in the EU's VAT is one for goods only (Windsor Framework, article 8).
Switzerland's area covers Liechtenstein and Büsingen (MWSTG, article 3). Within Finland services to and from Åland are
taxed as at home, though Åland lies outside the EU's area.

The rates of the 27 member states are those of the European Commission's "Taxes in Europe" database (TEDB), as of
January 2026, with the last changes and their days: Finland 1 September 2024, Slovakia 1 January 2025, Estonia 1 July
2025, Romania 1 August 2025. Japan: consumption tax, 10 % since 1 October 2019 (National Tax Agency). Switzerland: 8.1 %
since 1 January 2024 (Federal Tax Administration). United Kingdom 20 %, Norway 25 %.

VAT IDs are checked by the check digits of each country's own algorithm (python-stdnum); nobody is asked online.

An exemption certificate lifts the sales tax of its state; `is_lifted` says where one is asked for at all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from typing import Final

from stdnum import get_cc_module
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from taxexempt.states.places import state_code

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
OTHER_RATES: Final[dict[str, str]] = {"JP": "10", "CH": "8.1", "GB": "20", "NO": "25"}
"""Standard rates elsewhere; only a seller at home there charges them."""
SAME_AREA: Final = {"EL": "GR", "XI": "GB", "UK": "GB", "IM": "GB", "MC": "FR", "LI": "CH"}
"""Codes of countries in which another one's tax holds, or that are another one's name."""
SAME_HOME: Final = {"AX": "FI"}
"""Areas outside the EU's VAT that are at home within their own country."""


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of a country with a tax area of its own, known by the first digits of its postal codes, a code or a name.

    `area` is its own ISO 3166 code where it has one, the code of the country whose tax it shares, or a name of ours.
    """

    area: str
    country: str
    postal_codes: tuple[str, ...]
    names: frozenset[str] = frozenset()


CANARIES, CEUTA, MELILLA = "ES-CN", "ES-CE", "ES-ML"
TERRITORIES: Final = (
    Territory(
        CANARIES,
        "ES",
        ("35", "38"),
        frozenset({"CN", "GC", "TF", "CANARIAS", "ISLASCANARIAS", "CANARYISLANDS", "LASPALMAS", "SANTACRUZDETENERIFE"}),
    ),
    Territory(CEUTA, "ES", ("51",), frozenset({"CE", "CEUTA"})),
    Territory(MELILLA, "ES", ("52",), frozenset({"ML", "MELILLA"})),
    Territory("CH", "DE", ("78266",), frozenset({"BUSINGEN", "BUESINGEN"})),
    Territory("DE-27498", "DE", ("27498",), frozenset({"HELGOLAND", "HELIGOLAND"})),
    Territory("AX", "FI", ("22",), frozenset({"01", "AX", "ALAND", "AHVENANMAA", "ALANDISLANDS"})),
    Territory("GP", "FR", ("971",), frozenset({"971", "GP", "GUADELOUPE"})),
    Territory("MQ", "FR", ("972",), frozenset({"972", "MQ", "MARTINIQUE"})),
    Territory("GF", "FR", ("973",), frozenset({"973", "GF", "GUYANE", "FRENCHGUIANA"})),
    Territory("RE", "FR", ("974",), frozenset({"974", "RE", "LAREUNION", "REUNION"})),
    Territory("YT", "FR", ("976",), frozenset({"976", "YT", "MAYOTTE"})),
    Territory("FR-other", "FR", ("975", "977", "978", "984", "986", "987", "988")),
    Territory("GR-69", "GR", ("63086", "63087"), frozenset({"69", "AGIONOROS", "MOUNTATHOS"})),
    Territory("IT-23041", "IT", ("23041",), frozenset({"LIVIGNO"})),
    Territory("IT-22061", "IT", ("22061",), frozenset({"CAMPIONEDITALIA"})),
)
"""Where another tax holds than in the rest of the country."""
POSTAL_DIGITS: Final = 5
"""How long the postal codes of all these countries are."""
BUSINESSES: Final = frozenset({"COM", "GOV", "UNI", "NPR"})
PREFIX: Final = {"GR": "EL"}
MOST_CHARACTERS: Final = 30
EXEMPT: Final = "exempt"
"""Why a certificate's customer pays no tax, in a word for machines."""


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """The rate of an order, why in a word for machines, and why in a sentence for people."""

    percent: Decimal
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Place:
    """An address as far as tax asks: country (ISO 3166-1), state or region (code or name), postal code."""

    country: str
    subdivision: str = ""
    postal_code: str = ""


class Supply(Enum):
    """Where an order is taxed, and by whom."""

    DOMESTIC = auto()
    REVERSE_CHARGE = auto()
    IN_EU = auto()
    EXPORT = auto()


def area_of(place: Place) -> str:
    """Name the area whose tax holds at an address: a country, or a part of one with its own tax or none."""
    country = SAME_AREA.get(place.country, place.country)
    digits = re.sub(r"\D", "", place.postal_code)
    code = digits if len(digits) == POSTAL_DIGITS else ""  # half a code could lie anywhere in the country
    plain = unicodedata.normalize("NFKD", place.subdivision).upper().removeprefix(f"{country}-")
    name = "".join(c for c in plain if c.isascii() and c.isalnum())
    for territory in TERRITORIES:
        if territory.country == country and (code.startswith(territory.postal_codes) or name in territory.names):
            return territory.area
    return country


def supply_of(seller: Place, buyer: Place, vat_id: str) -> Supply:
    """Decide where an order is taxed: at home, elsewhere in the EU by the buyer or by the seller, or nowhere."""
    here, there = area_of(seller), area_of(buyer)
    if SAME_HOME.get(here, here) == SAME_HOME.get(there, there):
        return Supply.DOMESTIC
    if there not in EU_RATES:
        return Supply.EXPORT
    return Supply.REVERSE_CHARGE if read_vat_id(vat_id, there) else Supply.IN_EU


def tax_for(*, seller: Place, buyer: Place, vat_id: str, customer_type: str, on: date) -> TaxAnswer:
    """Say which tax an order of `on` carries; of the buyer the billing address decides.

    Reasons: domestic, reverse_charge, no_vat_id (a business in the EU without one), consumer (in the EU), export,
    not_calculated (no rate is known at home: sales tax in the United States).
    """
    supply, area = supply_of(seller, buyer, vat_id), area_of(buyer)
    if supply is Supply.EXPORT:
        return TaxAnswer(Decimal(0), "export", "No tax: the order leaves the area in which it would be taxed.")
    if supply is Supply.REVERSE_CHARGE:
        return TaxAnswer(Decimal(0), "reverse_charge", "No tax: reverse charge, the recipient accounts for the VAT.")
    home = SAME_HOME.get(area, area)
    rate = rate_of(home, on)
    if rate is None:
        return TaxAnswer(Decimal(0), "not_calculated", "Sales tax is not calculated.")
    if supply is Supply.DOMESTIC:
        return TaxAnswer(rate, "domestic", f"Tax of {home}, {rate:f} %.")
    if customer_type in BUSINESSES:
        return TaxAnswer(rate, "no_vat_id", f"VAT of {area}, {rate:f} %. With a valid VAT ID no tax is charged.")
    return TaxAnswer(rate, "consumer", f"VAT of {area}, {rate:f} %.")


def is_lifted(percent: Decimal, *, seller: Place, buyer: Place) -> bool:
    """Whether a certificate is asked for: an American state could tax the order, or tax was entered for one."""
    is_american = buyer.country == "US" and bool(state_code(buyer.subdivision))
    return is_american and (bool(percent) or supply_of(seller, buyer, "") is Supply.DOMESTIC)


def exempt_answer(name: str) -> TaxAnswer:
    """Say that a certificate of this name takes the tax off."""
    return TaxAnswer(Decimal(0), EXEMPT, f"No tax: {name} covers this customer.")


def category_of(
    percent: Decimal,
    *,
    seller: Place,
    seller_number: str,
    buyer: Place,
    vat_id: str,
    product: str = "standard",
    is_exempt: bool = False,
) -> str:
    """Name the tax category (UNTDID 5305) of a line that bears `percent`; empty when EN 16931 has none for it.

    S, L (tax of the Canary Islands), M (Ceuta, Melilla); without tax AE, G (where the seller's number is a VAT ID: rule
    BR-G-02), Z, E (always where a certificate makes the order exempt), and O for a seller without a number.
    """
    if not seller_number:
        return "" if percent else "O"
    supply, here = supply_of(seller, buyer, vat_id), area_of(seller)
    if percent:
        return {CANARIES: "L", CEUTA: "M", MELILLA: "M"}.get(here, "S")
    if is_exempt:
        return "E"
    if supply is Supply.REVERSE_CHARGE:
        return "AE"
    if supply is Supply.EXPORT and here in EU_RATES and read_vat_id(seller_number, seller.country):
        return "G"
    return "Z" if product == "zero" else "E"


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
    country = SAME_AREA.get(country, country)
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
