"""Tables for spreadsheets: CSV and XLSX whose cells are read as what they are and never as formulas."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from decimal import Decimal

    Value = str | int | Decimal | date | None

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What makes a spreadsheet program take a text for a formula or a command (OWASP, CSV injection)."""


def inert(value: Value) -> Value:
    """Make a text harmless: one that a program would calculate begins with an apostrophe; numbers and days stay."""
    if isinstance(value, str):
        value = "".join(character for character in value if character >= " " or character in "\t\n")
        return f"'{value}" if value.startswith(DANGEROUS) else value
    return value


def csv_of(head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a CSV (RFC 4180, UTF-8 with a mark so that spreadsheet programs read the letters right)."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([inert(text) for text in head])
    writer.writerows([inert(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_of(title: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a workbook of one sheet: the head in bold and always in sight, numbers as numbers, texts as texts."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(character for character in title if character not in "[]:*?/\\")[:31])
    sheet.freeze_panes = "A2"
    cells = [WriteOnlyCell(sheet, value=text) for text in head]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: object, value: Value) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=inert(value))
    if isinstance(value, str):
        cell.data_type = "s"  # else a text that begins with "=" would be written as a formula
    return cell
