"""Which tax an order carries, as a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from taxexempt.policy import EU_RATES, Place, Supply, area_of, category_of, rate_of, read_vat_id, supply_of, tax_for

ON = date(2026, 3, 2)
FRENCH = "FR40303265045"
GERMAN = "DE136695976"
AUSTRIAN = "ATU13585627"
GREEK = "EL094259216"


@pytest.mark.parametrize(
    ("seller", "buyer", "vat_id", "customer_type", "percent", "reason"),
    [
        ("DE", "DE", "", "COM", "19", "domestic"),
        ("DE", "DE", GERMAN, "COM", "19", "domestic"),
        ("DE", "DE", "", "MIS", "19", "domestic"),
        ("DE", "FR", FRENCH, "COM", "0", "reverse_charge"),
        ("DE", "AT", AUSTRIAN, "UNI", "0", "reverse_charge"),
        ("DE", "GR", GREEK, "GOV", "0", "reverse_charge"),
        ("DE", "FR", "", "COM", "20", "no_vat_id"),
        ("DE", "FR", GERMAN, "COM", "20", "no_vat_id"),
        ("DE", "FR", "FR00000000000", "GOV", "20", "no_vat_id"),
        ("DE", "FI", "", "MIS", "25.5", "consumer"),
        ("DE", "CH", "", "COM", "0", "export"),
        ("DE", "US", "", "MIS", "0", "export"),
        ("DE", "GB", "", "COM", "0", "export"),
        ("JP", "JP", "", "COM", "10", "domestic"),
        ("JP", "US", "", "COM", "0", "export"),
        ("JP", "DE", "", "COM", "19", "no_vat_id"),
        ("US", "US", "", "GOV", "0", "not_calculated"),
        ("US", "DE", GERMAN, "COM", "0", "reverse_charge"),
        ("US", "JP", "", "COM", "0", "export"),
        ("CH", "CH", "", "COM", "8.1", "domestic"),
        ("BR", "BR", "", "COM", "0", "not_calculated"),
    ],
)
def test_the_tax_of_an_order(  # noqa: PLR0917 -- a table's columns
    seller: str, buyer: str, vat_id: str, customer_type: str, percent: str, reason: str
) -> None:
    answer = tax_for(seller=Place(seller), buyer=Place(buyer), vat_id=vat_id, customer_type=customer_type, on=ON)
    assert (answer.percent, answer.reason) == (Decimal(percent), reason)
    assert answer.sentence.endswith(".")


@pytest.mark.parametrize(
    ("place", "area"),
    [
        (Place("DE", "Hamburg", "20457"), "DE"),
        (Place("ES", "Madrid", "28001"), "ES"),
        (Place("ES", "Las Palmas"), "ES-CN"),
        (Place("ES", "es-tf"), "ES-CN"),
        (Place("ES", "Islas Canarias"), "ES-CN"),
        (Place("ES", "", "35001"), "ES-CN"),
        (Place("ES", "", "E-38 001"), "ES-CN"),
        (Place("ES", "", "3500"), "ES"),
        (Place("ES", "", "350011"), "ES"),
        (Place("FI", "", "2200"), "FI"),
        (Place("FR", "", "9740"), "FR"),
        (Place("ES", "Ceuta"), "ES-CE"),
        (Place("ES", "", "51001"), "ES-CE"),
        (Place("ES", "", "52001"), "ES-ML"),
        (Place("DE", "", "78266"), "CH"),
        (Place("DE", "SH", "27498"), "DE-27498"),
        (Place("FI", "", "00100"), "FI"),
        (Place("FI", "", "22100"), "AX"),
        (Place("FI", "Åland"), "AX"),
        (Place("AX", "", "22100"), "AX"),
        (Place("FR", "", "75001"), "FR"),
        (Place("FR", "", "97400"), "RE"),
        (Place("FR", "Guadeloupe"), "GP"),
        (Place("FR", "", "98800"), "FR-other"),
        (Place("FR", "", "98000"), "FR"),
        (Place("MC", "", "98000"), "FR"),
        (Place("GR", "", "63086"), "GR-69"),
        (Place("EL", "Attica", "10558"), "GR"),
        (Place("IT", "SO", "23041"), "IT-23041"),
        (Place("IT", "", "22061"), "IT-22061"),
        (Place("GB", "Northern Ireland", "BT1 5GS"), "GB"),
        (Place("XI"), "GB"),
        (Place("IM"), "GB"),
        (Place("LI", "", "9490"), "CH"),
        (Place("SM"), "SM"),
        (Place("GL"), "GL"),
    ],
)
def test_an_address_lies_in_the_area_of_a_tax(place: Place, area: str) -> None:
    assert area_of(place) == area


BERLIN, PARIS, HELSINKI, ZURICH = (
    Place("DE", "BE", "10115"),
    Place("FR", "", "75001"),
    Place("FI", "", "00100"),
    Place("CH"),
)
CANARY, ALAND, MONACO = Place("ES", "", "35001"), Place("AX", "", "22100"), Place("MC", "", "98000")
SPANISH, MONEGASQUE, BRITISH, SWISS, FINNISH = (
    "ESB35000009",
    "FR53000004605",
    "XI980780684",
    "CHE123456788MWST",
    "FI20774740",
)


@pytest.mark.parametrize(
    ("seller", "number", "buyer", "vat_id", "percent", "reason", "supply", "category"),
    [
        (BERLIN, GERMAN, Place("DE"), "", "19", "domestic", Supply.DOMESTIC, "S"),
        (BERLIN, GERMAN, PARIS, FRENCH, "0", "reverse_charge", Supply.REVERSE_CHARGE, "AE"),
        (BERLIN, GERMAN, PARIS, "", "20", "consumer", Supply.IN_EU, "S"),
        (BERLIN, GERMAN, PARIS, AUSTRIAN, "20", "consumer", Supply.IN_EU, "S"),
        (BERLIN, GERMAN, Place("GR"), GREEK, "0", "reverse_charge", Supply.REVERSE_CHARGE, "AE"),
        (BERLIN, GERMAN, CANARY, "", "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, CANARY, SPANISH, "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, Place("ES", "Ceuta"), "", "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, Place("DE", "", "78266"), GERMAN, "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, Place("DE", "", "27498"), "", "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, ALAND, FINNISH, "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, Place("FR", "", "97400"), "", "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, MONACO, MONEGASQUE, "0", "reverse_charge", Supply.REVERSE_CHARGE, "AE"),
        (BERLIN, GERMAN, MONACO, "", "20", "consumer", Supply.IN_EU, "S"),
        (BERLIN, GERMAN, Place("GB", "", "BT1 5GS"), BRITISH, "0", "export", Supply.EXPORT, "G"),
        (BERLIN, GERMAN, Place("IM"), "", "0", "export", Supply.EXPORT, "G"),
        (PARIS, FRENCH, MONACO, MONEGASQUE, "20", "domestic", Supply.DOMESTIC, "S"),
        (HELSINKI, FINNISH, ALAND, "", "25.5", "domestic", Supply.DOMESTIC, "S"),
        (ALAND, FINNISH, HELSINKI, "", "25.5", "domestic", Supply.DOMESTIC, "S"),
        (ZURICH, SWISS, Place("LI"), "", "8.1", "domestic", Supply.DOMESTIC, "S"),
        (ZURICH, SWISS, Place("DE", "", "78266"), "", "8.1", "domestic", Supply.DOMESTIC, "S"),
        (ZURICH, SWISS, BERLIN, GERMAN, "0", "reverse_charge", Supply.REVERSE_CHARGE, "AE"),
        (ZURICH, SWISS, Place("US"), "", "0", "export", Supply.EXPORT, "E"),
        (Place("GB"), "GB980780684", Place("IM"), "", "20", "domestic", Supply.DOMESTIC, "S"),
        (CANARY, SPANISH, CANARY, "", "0", "not_calculated", Supply.DOMESTIC, "E"),
        (Place("US"), "", Place("US"), "", "0", "not_calculated", Supply.DOMESTIC, "O"),
    ],
)
def test_the_rate_and_the_invoice_follow_one_decision(  # noqa: PLR0917 -- a table's columns
    seller: Place, number: str, buyer: Place, vat_id: str, percent: str, reason: str, supply: Supply, category: str
) -> None:
    assert supply_of(seller, buyer, vat_id) is supply
    answer = tax_for(seller=seller, buyer=buyer, vat_id=vat_id, customer_type="MIS", on=ON)
    assert (answer.percent, answer.reason) == (Decimal(percent), reason)
    assert category_of(answer.percent, seller=seller, seller_number=number, buyer=buyer, vat_id=vat_id) == category


@pytest.mark.parametrize(
    ("percent", "seller", "number", "buyer", "product", "category"),
    [
        ("19", BERLIN, "", BERLIN, "standard", ""),
        ("7", CANARY, SPANISH, CANARY, "standard", "L"),
        ("8", Place("ES", "Ceuta"), SPANISH, CANARY, "standard", "M"),
        ("4", Place("ES", "", "52001"), SPANISH, CANARY, "standard", "M"),
        ("0", BERLIN, GERMAN, BERLIN, "standard", "E"),
        ("0", BERLIN, GERMAN, BERLIN, "zero", "Z"),
        ("0", BERLIN, GERMAN, PARIS, "standard", "E"),
        ("0", BERLIN, "29/815/08158", Place("US"), "standard", "E"),
        ("0", BERLIN, "29/815/08158", Place("US"), "zero", "Z"),
        ("0", Place("JP"), "T8999900000001", Place("US"), "standard", "E"),
        ("10", Place("JP"), "T8999900000001", Place("JP"), "standard", "S"),
    ],
)
def test_a_rate_that_somebody_chose_still_gets_its_category(  # noqa: PLR0917 -- a table's columns
    percent: str, seller: Place, number: str, buyer: Place, product: str, category: str
) -> None:
    found = category_of(Decimal(percent), seller=seller, seller_number=number, buyer=buyer, vat_id="", product=product)
    assert found == category


def test_a_rate_changes_on_its_day() -> None:
    assert [rate_of("EE", date(2023, 12, 31)), rate_of("EE", date(2024, 1, 1))] == [Decimal(20), Decimal(22)]
    assert [rate_of("EE", date(2025, 6, 30)), rate_of("EE", date(2025, 7, 1))] == [Decimal(22), Decimal(24)]
    assert rate_of("RO", date(2025, 7, 31)) == Decimal(19)
    assert rate_of("US", ON) is None
    assert len(EU_RATES) == 27


@pytest.mark.parametrize(
    ("text", "country", "kept"),
    [
        ("de 136 695 976", "DE", GERMAN),
        ("136695976", "DE", GERMAN),
        ("DE136695977", "DE", ""),
        (GERMAN, "FR", ""),
        ("EL 094259216", "GR", GREEK),
        ("094259216", "GR", GREEK),
        ("", "DE", ""),
        ("CHE-107.787.577 MWST", "CH", "CHE107787577MWST"),
        ("CHE-107.787.578 MWST", "CH", ""),
        ("12-3456789", "US", "12-3456789"),
        ("anything at all", "", "ANYTHING AT ALL"),
        ("x" * 31, "US", ""),
        ("a\x00b", "US", ""),
        ("<script>", "DE", ""),
        ("53000004605", "MC", MONEGASQUE),
        ("XI 980 7806 84", "GB", "980780684"),
    ],
)
def test_a_vat_id_is_brought_to_its_form_or_refused(text: str, country: str, kept: str) -> None:
    assert read_vat_id(text, country) == kept
