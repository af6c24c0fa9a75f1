"""Statement files: what is read out of good ones, and the sentence that bad ones get."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from core.money import Money
from core.refused import Refused
from purchases.services import bank_files
from purchases.services.bank_csv import CsvLayout, fits, guess_layout, plain_number, read_csv, sheet_of
from purchases.services.bank_files import LIMIT_BYTES, Movement, UnreadableError, format_of, read_statement

DATA = Path(__file__).parent.parent / "data" / "bank"
CAMT = (DATA / "hafen.camt053.xml").read_text()
STA = (DATA / "hafen.sta").read_bytes().decode("cp1252").replace("\r\n", "\n")
CSV = (DATA / "hafen.csv").read_bytes()
MONDAY = date(2026, 3, 2)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def refusal(filename: str, content: bytes | str) -> str:
    """The sentence that a file gets."""
    with pytest.raises(Refused) as refused:
        read_statement(filename, content if isinstance(content, bytes) else content.encode())
    return refused.value.message


def camt(old: str, new: str) -> str:
    """The good file with one change."""
    assert old in CAMT
    return CAMT.replace(old, new, 1)


def sta(old: str, new: str) -> str:
    assert old in STA
    return STA.replace(old, new, 1)


# CAMT.053 --------------------------------------------------------------------------------------------------------


def test_camt_is_read_with_collected_payments_one_by_one_and_without_what_is_pending() -> None:
    file = read_statement("a.xml", CAMT.encode())
    assert (file.format, file.account, file.currency) == ("camt.053", "DE89370400440532013000", "EUR")
    assert file.movements == (
        Movement(
            15,
            MONDAY,
            eur(11_900),
            "Werft und Soehne KG",
            "DE02120300000000202051",
            "Rechnung 123 456 789 Danke E2E-77",
            "BANK-0001|E2E-77",
        ),
        Movement(26, MONDAY, eur(11_900), "Reederei Nord", "", "RF18 222333444", "BANK-0002"),
        Movement(32, MONDAY, eur(23_800), "Kontor Süd", "", "", "BANK-0002"),
        Movement(38, MONDAY, eur(-90), "", "", "Account fee", ""),
    )


def test_camt_of_a_later_version_with_prefixes_in_another_encoding_is_read() -> None:
    file = read_statement("b.xml", (DATA / "hafen.camt053-13.xml").read_bytes())
    assert file.movements == (Movement(14, MONDAY, eur(2_050), "Müller", "4711", "PO 4500001", "TX-9"),)


@pytest.mark.parametrize("version", [f"{number:02d}" for number in range(2, 14)])
def test_all_versions_are_known(version: str) -> None:
    assert len(read_statement("a.xml", camt("053.001.02", f"053.001.{version}").encode()).movements) == 4


def test_a_collected_entry_whose_parts_do_not_say_their_worth_stays_whole() -> None:
    for old, new in (
        ('<AmtDtls><TxAmt><Amt Ccy="EUR">238.00</Amt></TxAmt></AmtDtls>', ""),
        ('<Amt Ccy="EUR">238.00</Amt>', '<Amt Ccy="USD">238.00</Amt>'),
        ('<Amt Ccy="EUR">238.00</Amt>', '<Amt Ccy="EUR">237.00</Amt>'),
    ):
        movement = read_statement("a.xml", camt(old, new).encode()).movements[1]
        assert (movement.amount, movement.text, movement.payer) == (eur(35_700), "RF18 222333444", "")


def test_a_collected_entry_of_a_later_version_says_its_worth_in_its_own_place() -> None:
    text = CAMT.replace("<AmtDtls><TxAmt>", "").replace("</TxAmt></AmtDtls>", "<CdtDbtInd>CRDT</CdtDbtInd>")
    assert [one.amount.minor for one in read_statement("a.xml", text.encode()).movements] == [
        11_900,
        11_900,
        23_800,
        -90,
    ]


def test_camt_in_utf_16_is_read() -> None:
    text = CAMT.replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert len(read_statement("a.xml", text.encode("utf-16")).movements) == 4


BILLION = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">&lol2;</Document>"""
NOTHING = "; nothing was imported."
MAKE = "opening balance 1,000.00 EUR and lines {} EUR do not make the closing balance {} EUR"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (BILLION, "a.xml, line 2: it declares a document type or entities"),
        (BILLION.encode("utf-16"), "a.xml, line 1: it declares a document type or entities"),
        ("hello", "a.xml, line 1: the XML is broken or cut (Start tag expected, '<' not found)"),
        ("", "a.xml: the file is empty"),
        ("<html><body/></html>", "a.xml, line 1: this XML is not CAMT.053"),
        (
            camt("camt.053.001.02", "camt.052.001.02"),
            "a.xml, line 2: this is camt.052, not a statement of booked movements (camt.053)",
        ),
        (
            camt("camt.053.001.02", "camt.053.001.14"),
            "a.xml, line 2: version 14 of CAMT.053 is not known; 02 to 13 are",
        ),
        (camt(">119.00<", ">1x9.00<"), "a.xml, line 12: “1x9.00” is not an amount"),
        (camt(">119.00<", ">119.005<"), "a.xml, line 12: “119.005” is not an amount in EUR"),
        (camt('Ccy="EUR">119.00', 'Ccy="XYQ">119.00'), "a.xml, line 12: “XYQ” is not a currency"),
        (camt('Ccy="EUR">119.00', 'Ccy="USD">119.00'), "a.xml, line 15: the amount is in USD, the statement in EUR"),
        (camt('<Amt Ccy="EUR">119.00</Amt>', ""), "a.xml, line 11: the amount is missing"),
        (
            camt("119.00</Amt><CdtDbtInd>CRDT", "119.00</Amt><CdtDbtInd>SOME"),
            "a.xml, line 11: it is not said whether money came or went (CdtDbtInd)",
        ),
        (camt("<BookgDt><Dt>2026-03-02", "<BookgDt><Dt>2026-02-30"), "a.xml, line 11: “2026-02-30” is not a day"),
        (camt("<BookgDt><Dt>2026-03-02", "<BookgDt><Dt>tomorrow"), "a.xml, line 11: “tomorrow” is not a day"),
        (
            camt("<IBAN>DE89370400440532013000</IBAN>", ""),
            "a.xml, line 5: the statement does not say of which account it is",
        ),
        (
            camt("1475.10", "1475.11"),
            f"a.xml, line 10: {MAKE.format('475.10', '1,475.11')}",
        ),
        (CAMT.replace("BOOK", "INFO").replace("1475.10", "1000.00"), "a.xml: no money moved in it"),
    ],
)
def test_bad_camt_is_named_with_its_line(content: str | bytes, expected: str) -> None:
    assert refusal("a.xml", content) == expected + NOTHING


def test_cut_and_doubled_camt_is_refused() -> None:
    assert refusal("a.xml", CAMT[:1500]).startswith("a.xml, line 27: the XML is broken or cut (Premature end")
    assert refusal("a.xml", CAMT + CAMT.split("\n", 1)[1]).startswith("a.xml, line 50: the XML is broken or cut (Extra")
    assert refusal("a.xml", CAMT.replace("Danke", "\udce4").encode(errors="surrogateescape")).startswith("a.xml, line ")
    statement = CAMT[CAMT.index("    <Stmt>") : CAMT.index("  </BkToCstmrStmt>")]
    doubled = CAMT.replace("  </BkToCstmrStmt>", f"{statement}  </BkToCstmrStmt>")
    assert refusal("a.xml", doubled) == f"a.xml, line 48: the statement STMT-42 is in it twice{NOTHING}"
    other = doubled.replace("DE89370400440532013000", "DE02120300000000202051", 1)
    assert refusal("a.xml", other) == (
        "a.xml, line 48: there are several accounts in it (DE02120300000000202051 EUR and "
        f"DE89370400440532013000 EUR); import one at a time{NOTHING}"
    )
    empty = CAMT.replace(statement, "")
    assert refusal("a.xml", empty) == f"a.xml: there is no statement in it{NOTHING}"


def test_camt_without_balances_is_taken_as_it_is() -> None:
    bare = "\n".join(line for line in CAMT.splitlines() if "<Bal>" not in line)
    assert len(read_statement("a.xml", bare.encode()).movements) == 4


def test_what_is_no_statement_is_called_by_its_name() -> None:
    assert refusal("a.pdf", b"%PDF-1.7") == (
        f"a.pdf: this is a PDF, not a bank statement; export CAMT.053, MT940 or CSV instead{NOTHING}"
    )
    assert "a ZIP or Excel file" in refusal("a.xlsx", b"PK\x03\x04...")
    assert refusal("a.bin", b"one\ntwo\x00three") == f"a.bin, line 2: this is not text{NOTHING}"
    assert refusal("a.xml", b"<" + b" " * LIMIT_BYTES) == f"a.xml: the file is larger than 10 MB{NOTHING}"
    assert [format_of("a", one) for one in (CAMT.encode(), STA.encode(), CSV)] == ["camt.053", "mt940", "csv"]
    with pytest.raises(Refused, match="empty"):
        format_of("a.csv", b" \n ")


def test_too_many_lines_and_too_much_money_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    huge = CAMT.replace(">119.00<", ">99999999999999.00<", 1).replace("1475.10", "100000000001355.10")
    assert refusal("a.xml", huge) == f"a.xml, line 15: the amount is too large{NOTHING}"
    monkeypatch.setattr(bank_files, "LIMIT_LINES", 3)
    assert refusal("a.xml", CAMT) == f"a.xml, line 38: more than 3 lines; import it in parts{NOTHING}"


# MT940 -----------------------------------------------------------------------------------------------------------


def test_mt940_is_read_with_several_days() -> None:
    file = read_statement("a.sta", (DATA / "hafen.sta").read_bytes())
    assert (file.format, file.account, file.currency) == ("mt940", "37040044/0532013000EUR", "EUR")
    assert file.movements == (
        Movement(
            5,
            MONDAY,
            eur(11_900),
            "Werft und Söhne KG",
            "DE02120300000000202051",
            "Rechnung 123 456 789 PO 4500001 E2E-77",
            "BANK0001|E2E-77",
        ),
        Movement(7, MONDAY, eur(-500), "", "", "Kontoführung", ""),
        Movement(
            15,
            date(2026, 3, 3),
            eur(2_000),
            "Reederei Nord",
            "",
            "/NAME/Reederei Nord/REMI/PO 4500002/ KREF-5",
            "BANK0003|KREF-5",
        ),
    )


def test_mt940_in_a_swift_envelope_and_in_odd_bytes_is_read() -> None:
    wrapped = "{1:F01BANKDEFFXXXX}{2:I940}{4:\n" + STA.split("-\n")[0] + "-}\n"
    assert len(read_statement("a.sta", wrapped.encode()).movements) == 2
    odd = STA.encode("cp1252").replace(b"Kontof", b"\x81")
    assert len(read_statement("a.sta", odd).movements) == 3


def test_a_reversed_credit_is_money_that_went_out() -> None:
    reversed_ = sta(":61:2603020302C119,00", ":61:2603020302RC119,00").replace("EUR1114,00", "EUR876,00")
    reversed_ = reversed_.replace("EUR1134,00", "EUR896,00")
    assert read_statement("a.sta", reversed_.encode()).movements[0].amount == eur(-11_900)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sta("C119,00", "C11x9,00"), "a.sta, line 5: the movement (:61:) can't be read"),
        (sta(":61:2603020302C", ":61:2613020302C"), "a.sta, line 5: the movement (:61:) can't be read"),
        (sta(":60F:C260301", ":60F:C261301"), "a.sta, line 1: the statement can't be read"),
        (sta("D5,00", "D5,005"), "a.sta, line 7: “-5.005” is not an amount in EUR"),
        (STA[:200], "a.sta, line 6: the closing balance (:62F:) is missing; the file seems to be cut"),
        (sta(":60F:C260301EUR1000,00\n", ""), "a.sta, line 1: the opening balance (:60F:) is missing or can't be read"),
        (
            sta(":25:37040044/0532013000EUR\n", ""),
            "a.sta, line 1: the statement does not say of which account it is (:25:)",
        ),
        (
            sta("C260302EUR1114,00", "C260302USD1114,00"),
            "a.sta, line 9: the closing balance is in USD, the opening balance in EUR",
        ),
        (
            sta("C260302EUR1114,00", "C260302EUR1115,00"),
            f"a.sta, line 9: {MAKE.format('114.00', '1,115.00')}",
        ),
        (STA.replace("EUR", "XYQ"), "a.sta, line 1: “XYQ” is not a currency"),
        (STA + STA, "a.sta, line 19: the statement 7/1 is in it twice"),
    ],
)
def test_bad_mt940_is_named_with_its_line(content: str, expected: str) -> None:
    assert refusal("a.sta", content) == expected + NOTHING


# CSV -------------------------------------------------------------------------------------------------------------

LAYOUT = guess_layout(CSV)


def csv_refusal(content: bytes, layout: CsvLayout = LAYOUT) -> str:
    with pytest.raises(Refused) as refused:
        read_csv("a.csv", content, layout)
    return refused.value.message


def test_a_csv_is_guessed_and_read() -> None:
    assert (
        CsvLayout(
            encoding="cp1252",
            delimiter=";",
            heading=3,
            decimal=",",
            date_format="%d.%m.%Y",
            default_currency="EUR",
            columns={
                "date": "Buchungstag",
                "amount": "Betrag",
                "currency": "Währung",
                "payer": "Beguenstigter/Zahlungspflichtiger",
                "account": "IBAN",
                "text": "Verwendungszweck",
            },
        )
        == LAYOUT
    )
    file = read_csv("a.csv", CSV, LAYOUT)
    assert (file.format, file.account, file.currency) == ("csv", "", "EUR")
    text = "Rechnung 123 456 789 vielen Dank"
    assert file.movements == (
        Movement(4, MONDAY, eur(111_900), "Werft & Söhne KG", "DE02120300000000202051", text),
        Movement(6, date(2026, 3, 3), eur(-490), "Bank", "", "Entgelt"),
    )
    assert CsvLayout.of(LAYOUT.kept()) == LAYOUT


def test_an_american_csv_without_a_currency_is_guessed_and_read() -> None:
    content = b'Date,Description,Amount\n2026-03-02,"PO 4500001, thanks","1,234.50"\n'
    layout = guess_layout(content, currency="USD")
    assert (layout.encoding, layout.delimiter, layout.decimal, layout.date_format) == ("utf-8", ",", ".", "%Y-%m-%d")
    movement = read_csv("a.csv", content, layout).movements[0]
    assert (movement.amount, movement.text) == (Money(123_450, "USD"), "PO 4500001, thanks")


def test_a_csv_without_headings_calls_its_columns_by_their_place() -> None:
    content = b"02.03.2026;10,00;x;x\n03.03.2026;20,00;y\n"
    layout = guess_layout(content)
    assert (layout.heading, layout.columns) == (0, {})
    assert sheet_of(content, layout).headings == ["Column 1", "Column 2", "Column 3", "Column 4"]
    chosen = CsvLayout(heading=0, columns={"date": "Column 1", "amount": "Column 2", "text": "Column 4"})
    assert [moved.text for moved in read_csv("a.csv", content, chosen).movements] == ["x", ""]


def test_two_columns_of_one_name_are_told_apart() -> None:
    assert sheet_of(b"a;a;b\n1;2;3\n", CsvLayout()).headings == ["a", "a (2)", "b"]


def test_a_kept_layout_fits_only_a_file_with_its_columns() -> None:
    assert fits(LAYOUT, CSV)
    assert not fits(LAYOUT, b"a;b\n1;2\n")
    assert not fits(LAYOUT, b"Betrag;\x00\n")


def test_something_with_no_delimiter_at_all_is_guessed_without_falling_over() -> None:
    layout = guess_layout(b"hello\xff\x81\n")
    assert (layout.encoding, layout.heading, layout.columns) == ("latin-1", 0, {})


def with_columns(**columns: str) -> CsvLayout:
    return CsvLayout.of({**LAYOUT.kept(), "columns": {**LAYOUT.columns, **columns}})


@pytest.mark.parametrize(
    ("content", "layout", "expected"),
    [
        (
            CSV.replace(b"1.119,00", b"1,119.00"),
            LAYOUT,
            "a.csv, line 4: “1,119.00” is not an amount with a decimal comma",
        ),
        (
            CSV.replace(b"1.119,00", b"1119.00"),
            LAYOUT,
            "a.csv, line 4: “1119.00” is not an amount with a decimal comma",
        ),
        (CSV.replace(b"02.03.2026", b"2026-03-02"), LAYOUT, "a.csv, line 4: “2026-03-02” is not a day like 31.12.2026"),
        (CSV.replace(b"-4,90;EUR", b"-4,90;USD"), LAYOUT, "a.csv, line 6: the amount is in USD, the statement in EUR"),
        (CSV.replace(b"-4,90;EUR", b"-4,90;???"), LAYOUT, "a.csv, line 6: “???” is not a currency"),
        (CSV[:-16], LAYOUT, "a.csv, line 6: the row has only 4 columns; the file seems to be cut"),
        (CSV[: CSV.index(b"vielen")], LAYOUT, "a.csv, line 4: the row is broken or cut (unexpected end of data)"),
        (CSV + CSV, LAYOUT, "a.csv, line 7: the row has only 2 columns; the file seems to be cut"),
        (
            CSV,
            CsvLayout.of({**LAYOUT.kept(), "encoding": "utf-8"}),
            "a.csv, line 3: this is not UTF-8; choose another encoding",
        ),
        (CSV, with_columns(date=""), "a.csv: no column was chosen for the date"),
        (CSV, with_columns(text="Zweck"), "a.csv: there is no column “Zweck”"),
        (CSV[: CSV.index(b"02.03")], LAYOUT, "a.csv: no money moved in it"),
        (b";" * 200 + b"\n", LAYOUT, "a.csv, line 1: more than 100 columns"),
        (b"a\n\x00", LAYOUT, "a.csv, line 2: this is not text"),
        (b"a" * (LIMIT_BYTES + 1), LAYOUT, "a.csv: the file is larger than 10 MB"),
    ],
)
def test_a_bad_csv_is_named_with_its_line(content: bytes, layout: CsvLayout, expected: str) -> None:
    assert csv_refusal(content, layout) == expected + NOTHING


@pytest.mark.parametrize(
    ("written", "decimal", "expected"),
    [
        ("1.234,50", ",", "1234.50"),
        ("1234,5", ",", "1234.5"),
        ("-4,90 €", ",", "-4.90"),
        ("4,90-", ",", "-4.90"),
        ("+1'234.50", ".", "+1234.50"),
        ("12,345,678.", ".", "12345678"),
        ("12.34", ",", None),
        ("1,2,3", ".", None),
        ("", ".", None),
        ("٣", ".", None),
    ],
)
def test_amounts_are_read_as_they_are_written_or_not_at_all(written: str, decimal: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(UnreadableError):
            plain_number(written, decimal, 1)
    else:
        assert plain_number(written, decimal, 1) == expected
