"""Which tax an order carries, as a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from taxexempt.policy import EU_RATES, rate_of, read_vat_id, tax_for

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
    answer = tax_for(
        seller_country=seller,
        seller_subdivision="",
        buyer_country=buyer,
        buyer_state="",
        vat_id=vat_id,
        customer_type=customer_type,
        on=ON,
    )
    assert (answer.percent, answer.reason) == (Decimal(percent), reason)
    assert answer.sentence.endswith(".")


@pytest.mark.parametrize(
    ("buyer_state", "percent", "reason"),
    [
        ("Madrid", "21", "consumer"),
        ("Las Palmas", "0", "export"),
        ("es-tf", "0", "export"),
        ("Ceuta", "0", "export"),
    ],
)
def test_parts_of_spain_lie_outside_the_vat(buyer_state: str, percent: str, reason: str) -> None:
    answer = tax_for(
        seller_country="DE",
        seller_subdivision="HH",
        buyer_country="ES",
        buyer_state=buyer_state,
        vat_id="",
        customer_type="MIS",
        on=ON,
    )
    assert (answer.percent, answer.reason) == (Decimal(percent), reason)


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
    ],
)
def test_a_vat_id_is_brought_to_its_form_or_refused(text: str, country: str, kept: str) -> None:
    assert read_vat_id(text, country) == kept
