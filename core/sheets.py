"""Sheets that people go on calculating with: CSV and Excel, in which no cell is ever a formula.

Both can be written piece by piece (`csv_rows`, `xlsx_rows`), so that a long list never has to be in memory. A workbook
of one plain sheet is a few lines of XML in a ZIP; the pieces are its rows.
"""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Value = str | int | Decimal | date | None

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
BOM: Final = b"\xef\xbb\xbf"
"""What makes spreadsheet programs read the letters right."""
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What makes a spreadsheet program take a text for a formula or a command (OWASP, CSV injection)."""
UNWRITABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML may hold, and line ends of one's own."""
LONGEST_CELL: Final = 32_767
DAY_ZERO: Final = date(1899, 12, 30)
DAY_SECONDS: Final = 86_400


def inert(value: Value) -> Value:
    """Make a text harmless: one that a program would calculate begins with an apostrophe; numbers and days stay."""
    if isinstance(value, str):
        value = UNWRITABLE.sub("", value)
        return f"'{value}" if value.startswith(DANGEROUS) else value
    return value


def csv_rows(rows: Iterable[Sequence[Value]]) -> bytes:
    """Write rows as CSV (RFC 4180)."""
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([inert(value) for value in row] for row in rows)
    return out.getvalue().encode()


def csv_of(head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a whole CSV, in UTF-8 with its mark."""
    return BOM + csv_rows([head]) + csv_rows(rows)


def xlsx_head(head: Sequence[str]) -> bytes:
    """Write the first row of a sheet, in bold."""
    return b"<row>%s</row>" % "".join(_cell(text, BOLD) for text in head).encode()


def xlsx_rows(rows: Iterable[Sequence[Value]]) -> bytes:
    """Write rows of a sheet: numbers as numbers, days as days, texts as texts."""
    return "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows).encode()


def xlsx_file(title: str, *, width: int, rows: Iterable[bytes]) -> bytes:
    """Make a workbook of one sheet with `width` columns out of its written rows; the first stays in sight."""
    out = BytesIO()
    name = re.sub(r"[][:*?/\\]", "", title)[:31]
    with ZipFile(out, "w", ZIP_DEFLATED) as book:
        for path, text in BOOK.items():
            book.writestr(path, HEADER + text.replace("{name}", escape(name, QUOTE)))
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write((HEADER + SHEET.format(width=width)).encode())
            sheet.writelines(rows)
            sheet.write(b"</sheetData></worksheet>")
    return out.getvalue()


def xlsx_of(title: str, head: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """Write a whole workbook."""
    return xlsx_file(title, width=len(head), rows=[xlsx_head(head), xlsx_rows(rows)])


def _cell(value: Value, style: int = 0) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        text = escape(str(inert(value))[:LONGEST_CELL])
        return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        return f'<c s="{MOMENT}"><v>{(value.date() - DAY_ZERO).days + seconds / DAY_SECONDS}</v></c>'
    if isinstance(value, date):
        return f'<c s="{DAY}"><v>{(value - DAY_ZERO).days}</v></c>'
    number = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f'<c s="{AMOUNT}"><v>{number}</v></c>' if "." in number else f"<c><v>{number}</v></c>"


BOLD, DAY, MOMENT, AMOUNT = 1, 2, 3, 4
QUOTE: Final = {'"': "&quot;"}
HEADER: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OPEN: Final = "http://schemas.openxmlformats.org"
_MAIN: Final = f"{_OPEN}/spreadsheetml/2006/main"
_LINKS: Final = f"{_OPEN}/package/2006/relationships"
_OFFICE: Final = f"{_OPEN}/officeDocument/2006/relationships"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET: Final = (
    f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="{width}" width="18" customWidth="1"/></cols><sheetData>'
)
BOOK: Final = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_OPEN}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_LINKS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_LINKS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # cell formats by number: 0 plain, 1 bold, 2 a day, 3 a moment, 4 an amount; the formats are Excel's own
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        + "".join(
            f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
            for number in (14, 22, 4)
        )
        + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
