"""Reading a bank's CSV: which column says what is a mapping, kept by the names of the columns.

No database and no clock here. Nothing is guessed about money: an amount that does not fit the mapping is refused with
its line, because 1.190 is not 1,190.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from purchases.models import StatementFormat
from purchases.services.bank_files import LIMIT_BYTES, LIMIT_LINES, Movement, UnreadableError, finished, money_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from purchases.services.bank_files import StatementFile

ENCODINGS: Final = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "latin-1": "Latin-1 (ISO 8859-1)"}
DELIMITERS: Final = {";": "Semicolon ;", ",": "Comma ,", "\t": "Tab", "|": "Bar |"}
DECIMALS: Final = {",": "Comma: 1.234,50", ".": "Point: 1,234.50"}
DATE_FORMATS: Final = {
    "%d.%m.%Y": "31.12.2026",
    "%d.%m.%y": "31.12.26",
    "%Y-%m-%d": "2026-12-31",
    "%d/%m/%Y": "31/12/2026",
    "%m/%d/%Y": "12/31/2026",
    "%Y%m%d": "20261231",
    "%Y/%m/%d": "2026/12/31",
}
ROLES: Final = ("date", "amount", "currency", "payer", "account", "text")
NEEDED: Final = ("date", "amount")
MOST_COLUMNS: Final = 100
SAMPLE: Final = 8
HEADS: Final = 30
"""How many rows from the top are looked at for headings."""
LAST_HEADING: Final = 99
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "date": ("buchungstag", "buchungsdatum", "booking date", "booked", "date", "datum", "valuta", "value date"),
    "amount": ("betrag", "amount", "umsatz", "montant", "importe", "value"),
    "currency": ("währung", "waehrung", "currency", "devise", "moneda"),
    "payer": ("auftraggeber", "zahlungspflichtiger", "beguenstigter", "payer", "name", "counterparty", "debtor"),
    "account": ("iban", "kontonummer", "payer account", "counterparty account", "account"),
    "text": ("verwendungszweck", "purpose", "reference", "description", "details", "text", "libellé", "concepto"),
}
"""How banks call the columns, the most telling word first."""


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """How a CSV is written and which column says what. `heading` is the line of the headings, from 1; 0 is none."""

    encoding: str = "utf-8"
    delimiter: str = ";"
    heading: int = 1
    decimal: str = ","
    date_format: str = "%d.%m.%Y"
    default_currency: str = "EUR"
    columns: Mapping[str, str] = field(default_factory=dict)

    def kept(self) -> dict[str, Any]:
        """What a mapping keeps of it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> CsvLayout:
        """The layout that was kept."""
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV as rows: the line at which each starts, and its cells; the headings apart."""

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def decoded(content: bytes, encoding: str) -> str:
    """The text of a CSV. Raises UnreadableError with the line of the first byte that does not fit."""
    if len(content) > LIMIT_BYTES:
        raise UnreadableError(0, "the file is larger than 10 MB")
    try:
        text = content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableError(
            line, f"this is not {ENCODINGS.get(encoding, encoding)}; choose another encoding"
        ) from None
    if "\x00" in text:
        raise UnreadableError(text[: text.index("\x00")].count("\n") + 1, "this is not text")
    return text


def guess_layout(content: bytes, *, currency: str = "EUR") -> CsvLayout:
    """A first guess of encoding, delimiter, headings and columns, for a person to look at."""
    encoding = next((name for name in ("utf-8", "cp1252") if _fits(content, name)), "latin-1")
    text = decoded(content, encoding)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter, limit=HEADS)
    widest = max((len(cells) for _, cells in rows), default=0)
    place, head = next(
        ((number, cells) for number, (_, cells) in enumerate(rows) if len(cells) == widest and _is_heading(cells)),
        (-1, []),
    )
    columns = guess_columns(head)
    sample = dict(zip(head, rows[place + 1][1], strict=False)) if head and place + 1 < len(rows) else {}
    amount, day = sample.get(columns.get("amount", ""), ""), sample.get(columns.get("date", ""), "")
    return CsvLayout(
        encoding=encoding,
        delimiter=delimiter,
        heading=rows[place][0] if head else 0,
        decimal="." if re.search(r"\.\d{1,2}\D*$", amount) else ",",
        date_format=next((known for known in DATE_FORMATS if _is_day(day, known)), "%d.%m.%Y"),
        default_currency=currency,
        columns=columns,
    )


def _fits(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str) -> str:
    start = text[:8192]
    try:
        found = csv.Sniffer().sniff(start, delimiters="".join(DELIMITERS)).delimiter
    except csv.Error:
        return max(DELIMITERS, key=start.count)
    # amounts with a decimal comma lead the sniffer astray
    return ";" if start.count(";") >= start.count(found) else found


def _is_heading(cells: Sequence[str]) -> bool:
    """Headings are words: none of them is a number or a day."""
    told = [cell for cell in cells if cell.strip()]
    return len(told) > 1 and not any(re.fullmatch(r"[\d.,:/+ -]+", cell.strip()) for cell in told)


def guess_columns(headings: Sequence[str]) -> dict[str, str]:
    """The columns whose names say what they hold."""
    return {role: name for role in ROLES if (name := _named(role, headings))}


def _named(role: str, headings: Sequence[str]) -> str:
    for word in WORDS[role]:
        for name in headings:
            if word in name.casefold() and not (role == "date" and "update" in name.casefold()):
                return name
    return ""


def _is_day(text: str, date_format: str) -> bool:
    try:
        datetime.strptime(text.strip(), date_format)  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return False
    return True


def _rows(text: str, delimiter: str, *, limit: int) -> list[tuple[int, list[str]]]:
    """The first `limit` rows that are not blank, each with the line where it starts."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS:
                raise UnreadableError(line, f"more than {MOST_COLUMNS} columns")
            if any(cell.strip() for cell in cells):
                rows.append((line, [cell.strip() for cell in cells]))
            if len(rows) >= limit:
                break
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableError(line, f"the row is broken or cut ({error})") from None
    return rows


def sheet_of(content: bytes, layout: CsvLayout, *, limit: int = LIMIT_LINES + LAST_HEADING + 1) -> Sheet:
    """Split a CSV into headings and rows; columns without a heading are called by their place."""
    rows = _rows(decoded(content, layout.encoding), layout.delimiter, limit=limit)
    headings = next((cells for line, cells in rows if line == layout.heading), [])
    body = [(line, cells) for line, cells in rows if line > layout.heading]
    width = max((len(cells) for _, cells in [*body[:SAMPLE], (0, headings)]), default=0)
    names: list[str] = []
    for place in range(width):
        name = headings[place] if place < len(headings) and headings[place] else f"Column {place + 1}"
        names.append(name if name not in names else f"{name} ({place + 1})")
    return Sheet(names, body)


def fits(layout: CsvLayout, content: bytes) -> bool:
    """Whether a kept layout can be meant for this file: its columns are all there."""
    try:
        sheet = sheet_of(content, layout, limit=layout.heading + 1)
    except UnreadableError:
        return False
    return bool(sheet.rows) and set(layout.columns.values()) <= set(sheet.headings)


def read_csv(filename: str, content: bytes, layout: CsvLayout) -> StatementFile:
    """Read a CSV by its layout, whole or not at all; it does not say of which account it is.

    Raises Refused naming file, line and reason.
    """
    try:
        sheet = sheet_of(content, layout)
        places = _places(sheet, layout)
        movements = [_movement(line, cells, places, layout) for line, cells in sheet.rows]
        currency = movements[0].amount.currency if movements else layout.default_currency
        return finished(StatementFormat.CSV, "", currency, movements)
    except UnreadableError as bad:
        raise bad.refusal(filename) from None


def _places(sheet: Sheet, layout: CsvLayout) -> dict[str, int]:
    """Where each chosen column stands."""
    places = {}
    for role in ROLES:
        name = layout.columns.get(role, "")
        if not name and role in NEEDED:
            raise UnreadableError(0, f"no column was chosen for the {role}")
        if name and name not in sheet.headings:
            raise UnreadableError(0, f"there is no column “{name[:60]}”")
        if name:
            places[role] = sheet.headings.index(name)
    return places


def _movement(line: int, cells: list[str], places: Mapping[str, int], layout: CsvLayout) -> Movement:
    if max(places[role] for role in NEEDED) >= len(cells):
        raise UnreadableError(line, f"the row has only {len(cells)} columns; the file seems to be cut")
    told = {role: cells[place] for role, place in places.items() if place < len(cells)}
    currency = (told.get("currency") or layout.default_currency).upper()
    try:
        booked_on = datetime.strptime(told["date"], layout.date_format).date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        reason = f"“{told['date'][:40]}” is not a day like {DATE_FORMATS.get(layout.date_format, layout.date_format)}"
        raise UnreadableError(line, reason) from None
    amount = money_of(plain_number(told["amount"], layout.decimal, line), currency, line)
    payer, account, text = (told.get(role, "") for role in ("payer", "account", "text"))
    return Movement(line=line, booked_on=booked_on, amount=amount, payer=payer, account=account, text=text)


def plain_number(text: str, decimal: str, line: int) -> str:
    """Turn an amount as the bank writes it into a plain decimal; thousands only where they belong."""
    number = re.sub(r"[\s\u00a0\u202f€$£¥]", "", text)
    if number.endswith("-"):
        number = f"-{number[:-1]}"
    group = "." if decimal == "," else ","
    pattern = rf"[+-]?(\d{{1,3}}(?:[{group}'’]\d{{3}})+|\d{{1,15}})(?:[{decimal}]\d{{0,4}})?"
    if not re.fullmatch(pattern, number, re.ASCII):
        raise UnreadableError(line, f"“{text[:40]}” is not an amount with a decimal {_word(decimal)}")
    return re.sub(rf"[{group}'’]", "", number).replace(decimal, ".").rstrip(".")


def _word(decimal: str) -> str:
    return "comma" if decimal == "," else "point"
