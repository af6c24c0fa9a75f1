"""Sheets: workbooks written by hand that a spreadsheet program reads as they were meant."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from core.sheets import LONGEST_CELL, csv_rows, xlsx_file, xlsx_head, xlsx_of, xlsx_rows

HALF_PAST = datetime(2026, 3, 2, 10, 30)  # noqa: DTZ001 -- a sheet knows no zones


def cell_of(value: Any) -> Any:
    """What a program reads where `value` was written."""
    sheet = load_workbook(io.BytesIO(xlsx_of("One", ["Head"], [[value]]))).active
    assert sheet is not None
    return sheet["A2"]


@pytest.mark.parametrize(
    ("value", "read", "look"),
    [
        ("", None, "General"),
        (None, None, "General"),
        ("Müller & <Söhne>", "Müller & <Söhne>", "General"),
        ("  two lines\nhere ", "  two lines\nhere ", "General"),
        ("=1+1", "'=1+1", "General"),
        ("\r=1+1", "'=1+1", "General"),
        ("a\x00\x1b\uffffb", "ab", "General"),
        ("x" * 40_000, "x" * LONGEST_CELL, "General"),
        ("0049", "0049", "General"),
        (7, 7, "General"),
        (Decimal("-12.50"), -12.5, "#,##0.00"),
        (Decimal("1E+3"), 1000, "General"),
        (date(2026, 3, 2), HALF_PAST.replace(hour=0, minute=0), "mm-dd-yy"),
        (HALF_PAST, HALF_PAST, "m/d/yy h:mm"),
    ],
)
def test_a_cell_is_read_as_it_was_meant(value: Any, read: Any, look: str) -> None:
    cell = cell_of(value)
    assert (cell.value, cell.number_format) == (read, look)


def test_a_workbook_is_put_together_of_pieces() -> None:
    pieces = [xlsx_head(["A", "B"]), xlsx_rows([["one", 1]]), xlsx_rows([["two", 2], ["", 3]])]
    book = load_workbook(io.BytesIO(xlsx_file('Ag[e]ing: "a" & b', width=2, rows=pieces)))
    sheet = book.active
    assert sheet is not None
    assert (sheet.title, sheet.freeze_panes) == ('Ageing "a" & b', "A2")
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["A", "B"],
        ["one", 1],
        ["two", 2],
        [None, 3],
    ]
    assert [cell.font.b for cell in sheet[1]] == [True, True]


def test_csv_writes_moments_and_amounts_plainly() -> None:
    row: list[Any] = [HALF_PAST, date(2026, 3, 2), Decimal("12.50"), None, 'a "b", c']
    assert csv_rows([row]) == b'2026-03-02 10:30:00,2026-03-02,12.50,,"a ""b"", c"\r\n'
