"""Why an order was taxed, as a table of what was billed and the sentences that answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.letters import Formatter
from taxexempt.policy import Place
from taxexempt.policy.why import Billed, Paper, why_taxed

ON = date(2026, 3, 2)
WRITE = Formatter("en")
GERMANY, FRANCE, TEXAS = Place("DE", "HH", "20457"), Place("FR", "", "75001"), Place("US", "TX", "73301")
ORDER = Billed([Decimal(19)], GERMANY, GERMANY, "", "COM", ON)
AMERICAN = replace(ORDER, seller=TEXAS, buyer=TEXAS, percents=[Decimal("8.25")])
ENTERED = "8.25% tax was entered with the order: no rate is on file for United States."
VALID = Paper("Certificate 7", "valid", "TX", date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "19% tax: seller and buyer are both in Germany, where customer type and VAT ID change nothing."),
        (
            {"buyer": FRANCE, "percents": [Decimal(20)]},
            "20% VAT of France: the buyer gave no VAT ID; with a valid one it would account for the tax.",
        ),
        (
            {"buyer": FRANCE, "percents": [Decimal(20)], "vat_id": "FR1"},
            "20% VAT of France: FR1 is not a valid VAT ID; with one the buyer would account for it.",
        ),
        (
            {"buyer": FRANCE, "percents": [Decimal(20)], "customer_type": "MIS"},
            "20% VAT of France: of its customer type the buyer is a consumer, taxed where it is at home.",
        ),
        (
            {"buyer": FRANCE, "percents": [Decimal(0)], "vat_id": "FR40303265045"},
            "No tax: reverse charge. FR40303265045 is a valid VAT ID of France: the buyer accounts for the tax.",
        ),
        (
            {"buyer": Place("ES", "Las Palmas"), "percents": [Decimal(0)]},
            "No tax: an order to the Canary Islands leaves the area in which the seller would have to charge it.",
        ),
        (
            {"buyer": FRANCE, "vat_id": "FR40303265045", "percents": [Decimal(20)]},
            "20% tax was entered, or address and VAT ID were others when the order came: now they call for 0%.",
        ),
        (
            {"percents": [Decimal(7), Decimal(19), Decimal(19)]},
            "7% and 19% tax was entered, or address and VAT ID were others when the order came: now they call for 19%.",
        ),
        (
            {"seller": TEXAS, "buyer": TEXAS, "percents": [Decimal(0)]},
            "No tax: no rate is on file for United States, and none was entered with the order.",
        ),
        ({"exempt_by": "Certificate 7"}, "No tax: Certificate 7 covers it."),
    ],
)
def test_the_rule(changes: dict[str, Any], sentence: str) -> None:
    assert why_taxed(replace(ORDER, **changes), WRITE) == sentence


@pytest.mark.parametrize(
    ("papers", "sentence"),
    [
        ([], "No exemption certificate of the customer is on file."),
        ([replace(VALID, state="OK")], "No exemption certificate of Texas is on file, only of another state."),
        ([VALID], "Certificate 7 covers it, but was not applied when the order came in."),
        ([replace(VALID, status="expired")], "Certificate 7 covers it, but was not applied when the order came in."),
        ([replace(VALID, status="new")], "Certificate 7 is not decided yet."),
        ([replace(VALID, status="in_review", first_on=None)], "Certificate 7 is not decided yet."),
        ([replace(VALID, status="invalid", why_invalid="Not signed.")], "Certificate 7 is invalid: Not signed."),
        ([replace(VALID, last_on=date(2026, 3, 1))], "Certificate 7 covers orders until March 1, 2026 only."),
        ([replace(VALID, first_on=date(2026, 3, 3))], "Certificate 7 covers orders from March 3, 2026 on only."),
        (
            [replace(VALID, name="Certificate 8", status="invalid", why_invalid="x"), replace(VALID, status="new")],
            "Certificate 7 is not decided yet.",
        ),
    ],
)
def test_the_nearest_certificate(papers: list[Paper], sentence: str) -> None:
    assert why_taxed(replace(AMERICAN, papers=papers), WRITE) == f"{ENTERED} {sentence}"


def test_an_address_without_a_state() -> None:
    without = replace(AMERICAN, buyer=Place("US"))
    assert why_taxed(without, WRITE) == (
        f"{ENTERED} The billing address names no state, so no exemption certificate was looked for."
    )


def test_once_the_tax_went_back_only_that_is_said() -> None:
    assert why_taxed(replace(AMERICAN, is_given_back=True), WRITE) == f"{ENTERED} The tax was given back."
    assert why_taxed(replace(ORDER, is_given_back=True), WRITE).endswith("The tax was given back.")
