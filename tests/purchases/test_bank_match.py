"""Which purchase a bank line is proposed for, and why."""

from __future__ import annotations

import pytest

from purchases.services.bank_match import (
    CLOSED,
    CROWD,
    FULL,
    LATE,
    OVER,
    PART,
    Candidate,
    Index,
    effect_of,
    is_alike,
    numbers_in,
    propose,
)

WERFT = Candidate(1, "123456789", "WPO", 11_900, "Werft & Söhne KG", "Petersen", "PO-4500-01", ("INV-2026-000007",))
NORD = Candidate(
    2, "222333444", "WPO", 23_800, "Reederei Nord GmbH", "Ng", "4711", ("INV-2026-000008", "PFI-2026-000003")
)
SAME = Candidate(3, "555666777", "ARP", 11_900, "Kontor Süd AG", "Öztürk", "PO-4500-01")
OPEN = (WERFT, NORD, SAME)


def of(text: str, payer: str = "", amount: int = 1) -> tuple[str, list[str]]:
    """The proposal for a line: the reference number or nothing, and the grounds."""
    found = propose(Index.of(OPEN), text=text, payer=payer, amount_minor=amount)
    return found.candidate.reference if found.candidate else "", found.grounds


@pytest.mark.parametrize(
    ("text", "payer", "amount", "expected", "grounds"),
    [
        ("Ref 123456789", "", 1, "123456789", ["Reference number 123456789"]),
        ("Rechnung 123 456 789 danke", "", 1, "123456789", ["Reference number 123456789"]),
        ("REF12345 6789", "", 1, "123456789", ["Reference number 123456789"]),
        ("RF18222333444", "", 1, "222333444", ["Reference number 222333444"]),
        ("inv 2026 000008", "", 1, "222333444", ["Invoice number INV-2026-000008"]),
        ("PFI2026000003", "", 1, "222333444", ["Invoice number PFI-2026-000003"]),
        ("", "Werft und Soehne", 11_900, "123456789", ["Exactly the open amount", "Payer like Werft & Söhne KG"]),
        (
            "PO4500 01",
            "WERFT UND SOEHNE KG",
            5_000,
            "123456789",
            ["PO number PO-4500-01", "Payer like Werft & Söhne KG"],
        ),
        (
            "123456789 INV-2026-000007",
            "Jana Petersen",
            11_900,
            "123456789",
            [
                "Reference number 123456789",
                "Invoice number INV-2026-000007",
                "Exactly the open amount",
                "Payer like Werft & Söhne KG",
            ],
        ),
        ("", "", 1, "", ["No number and no amount fits an open purchase"]),
        ("1234567890", "", 1, "", ["No number and no amount fits an open purchase"]),
        ("4711", "", 1, "", ["No number and no amount fits an open purchase"]),
        ("", "Somebody", 23_800, "", ["Perhaps 222333444: Exactly the open amount"]),
        ("", "", 11_900, "", ["Fits 2 purchases equally: 123456789, 555666777"]),
        ("PO-4500-01", "", 1, "", ["Fits 2 purchases equally: 123456789, 555666777"]),
        (
            "123456789, 222333444",
            "",
            35_700,
            "",
            ["Names 2 purchases: 123456789, 222333444; together exactly the amount"],
        ),
        (
            "123456789 and INV-2026-000008",
            "",
            35_000,
            "",
            ["Names 2 purchases: 123456789, 222333444; together not the amount"],
        ),
    ],
)
def test_a_line_is_proposed_for_what_it_says(
    text: str, payer: str, amount: int, expected: str, grounds: list[str]
) -> None:
    assert of(text, payer, amount) == (expected, grounds)


def test_among_many_of_one_amount_the_name_decides() -> None:
    crowd = [Candidate(100 + n, f"{900_000_000 + n}", "WPO", 11_900, f"Firma {n:03d} GmbH") for n in range(CROWD + 5)]
    index = Index.of([*crowd, WERFT])
    found = propose(index, text="", payer="Werft Soehne", amount_minor=11_900)
    assert found.candidate == WERFT
    assert propose(index, text="", payer="Unknown", amount_minor=11_900).candidate is None
    few = Index.of(crowd[:6])
    assert propose(few, text="", payer="", amount_minor=11_900).grounds == [
        "Fits 6 purchases equally: 900000000, 900000001, 900000002, 900000003 …"
    ]


@pytest.mark.parametrize(
    ("payer", "company", "last_name", "expected"),
    [
        ("WERFT UND SOEHNE KG", "Werft & Söhne", "", True),
        ("Werft Soehne", "Werft & Söhne Hamburg GmbH & Co. KG", "", True),
        ("Acme Inc", "ACME, Inc.", "", True),
        ("Reederei Nrod GmbH", "Reederei Nord GmbH", "", True),
        ("A.C.M.E. Ltd", "ACME Limited", "", True),
        ("Jana Petersen", "Werft", "Petersen", True),
        ("J. Ng", "", "Ng", False),
        ("GmbH", "Werft GmbH", "", False),
        ("", "Werft", "Petersen", False),
        ("Nord", "Reederei Nord", "", False),
        ("Kontor Süd", "Reederei Nord", "Petersen", False),
    ],
)
def test_names_are_alike_however_the_bank_writes_them(
    payer: str, company: str, last_name: str, *, expected: bool
) -> None:
    assert is_alike(payer, company, last_name) is expected


def test_a_number_in_pieces_is_found_but_never_a_part_of_a_longer_one() -> None:
    assert "123456789" in numbers_in("12 345 67 89")
    assert "123456789" not in numbers_in("0123456789")


@pytest.mark.parametrize(
    ("amount", "status", "expected"),
    [
        (100, "WPO", FULL),
        (99, "WOF", PART),
        (101, "ARP", OVER),
        (100, "CHB", FULL),
        (100, "CAN", LATE),
        (100, "PAY", CLOSED),
        (100, "QUO", CLOSED),
    ],
)
def test_what_a_line_does_to_its_purchase(amount: int, status: str, expected: object) -> None:
    assert effect_of(amount, status=status, owed_minor=100) == expected
