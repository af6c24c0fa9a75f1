"""Reading JSON that people write by hand: every complaint names file, line, field and reason."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.money import Money, exponent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

Step = str | int
EARLIEST_YEAR, LATEST_YEAR = 1900, 2999
LARGEST_MINOR = 10**15
"""Ten trillion in a currency with cents: more is a typing mistake, and sums must fit the database's integers."""
HUNDRED, LONGEST, BRIEF = 100, 18, 60
"""The largest percentage, the most digits before or after the point, and the longest value quoted."""
BLANKS = re.compile(r"[ \t\n\r,:]*")


class BadInputError(Exception):
    """A file can't be used; the message is one line that says where and why."""

    def __init__(self, file: str, line: int | None, field: str, reason: str) -> None:
        self.file, self.line, self.field, self.reason = file, line, field, reason
        where = [file]
        if line is not None:
            where.append(f"line {line}")
        if field:
            where.append(f"field {field}")
        super().__init__(f"{', '.join(where)}: {reason}")


def read_text(path: Path) -> str:
    """Read a UTF-8 file.

    Raises BadInputError when it isn't there, isn't readable or isn't UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInputError(str(path), None, "", f"can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise BadInputError(str(path), line, "", "is not UTF-8 text") from None


def parse(text: str, *, file: str, first_line: int = 1) -> Any:
    """Parse JSON with exact numbers, refusing keys given twice.

    Raises BadInputError with the line when it is no JSON.
    """
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at column {error.colno}"
        raise BadInputError(file, first_line + error.lineno - 1, "", message) from None
    except (ValueError, RecursionError) as error:
        message = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInputError(file, first_line if "\n" not in text.strip() else None, "", message) from None


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is not a JSON number"
    raise ValueError(message)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the field {twice!r} is given twice in one object"
        raise ValueError(message)
    return found


def line_of(text: str, path: tuple[Step, ...]) -> int:
    """Find the line on which the value at `path` starts, or as far down the path as there is something."""
    position = _skip(text, 0)
    for step in path:
        found = _descend(text, position, step)
        if found is None:
            break
        position = found
    return text.count("\n", 0, position) + 1


def _skip(text: str, position: int) -> int:
    match = BLANKS.match(text, position)
    return match.end() if match else position


def _descend(text: str, position: int, step: Step) -> int | None:
    """Go from the object or list at `position` to its member `step`, jumping over the others."""
    decoder = json.JSONDecoder()
    opening, position = text[position], _skip(text, position + 1)
    if opening not in "{[":
        return None
    index = 0
    while text[position] not in "}]":
        name: Step = index
        if opening == "{":
            name, position = decoder.raw_decode(text, position)
            position = _skip(text, position)
        if name == step:
            return position
        _, position = decoder.raw_decode(text, position)
        position, index = _skip(text, position), index + 1
    return None


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was read: a whole file (`text` to search for the line) or one `line` of it."""

    file: str
    text: str = ""
    line: int | None = None

    def fail(self, path: tuple[Step, ...], reason: str) -> NoReturn:
        """Refuse the file because of the value at `path`."""
        line = line_of(self.text, path) if self.line is None else self.line
        raise BadInputError(self.file, line, shown(path), reason)


def shown(path: tuple[Step, ...]) -> str:
    """Write a path as people do: `clients[2].policy.term_days`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value that knows where it stands; its readers check what they return."""

    value: Any
    path: tuple[Step, ...]
    source: Source

    def fail(self, name: Step | None, reason: str) -> NoReturn:
        """Refuse the file because of this value, or of its member `name`."""
        self.source.fail(self.path if name is None else (*self.path, name), reason)

    def only(self, known: Collection[str]) -> Node:
        """Refuse members nobody asks for: most often a slip of the pen that would go unnoticed."""
        if not isinstance(self.value, dict):
            self.fail(None, f"must be an object, not {_kind(self.value)}")
        for name in self.value:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"
                self.fail(name, f"is not a known field; {hint}")
        return self

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self.value.get(name) is not None

    def _get(self, name: str, default: Any) -> Any:
        value = self.value.get(name)
        if value is None:
            if default is MISSING:
                self.fail(name, "is missing")
            return default
        return value

    def text(self, name: str, *, limit: int = 200, default: str = MISSING) -> str:
        """Read a text of at most `limit` characters; without a default it must be there and not be empty."""
        value = self._get(name, default)
        if not isinstance(value, str):
            self.fail(name, f"must be a text, not {_kind(value)}")
        if default is MISSING and not value.strip():
            self.fail(name, "must not be empty")
        if len(value) > limit:
            self.fail(name, f"has {len(value)} characters, at most {limit} are possible")
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            self.fail(
                name,
                "contains a character that can't be stored (NUL or half a surrogate pair)",
            )
        return value

    def email(self, name: str, *, default: str = MISSING) -> str:
        """Read an e-mail address."""
        value = self.text(name, limit=254, default=default)
        try:
            if value:
                validate_email(value)
        except ValidationError:
            self.fail(name, f"{value!r} is not an e-mail address")
        return value

    def choice(self, name: str, allowed: Collection[str], *, default: str = MISSING) -> str:
        """Read one of a few words."""
        value = self._get(name, default)
        if not isinstance(value, str) or value not in allowed:
            self.fail(name, f"must be one of {', '.join(allowed)}, not {_brief(value)}")
        return value

    def choices(self, name: str, allowed: Collection[str], *, default: list[str] = MISSING) -> list[str]:
        """Read a list of a few words."""
        values = self._get(name, default)
        if not isinstance(values, list):
            self.fail(name, f"must be a list, not {_kind(values)}")
        for value in values:
            if not isinstance(value, str) or value not in allowed:
                self.fail(name, f"may hold {', '.join(allowed)}, not {_brief(value)}")
        return values

    def flag(self, name: str, *, default: bool = MISSING) -> bool:
        """Read true or false."""
        value = self._get(name, default)
        if not isinstance(value, bool):
            self.fail(name, f"must be true or false, not {_brief(value)}")
        return value

    def whole(self, name: str, *, low: int, high: int, default: int = MISSING) -> int:
        """Read a whole number between `low` and `high`, both included."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.fail(name, f"must be a whole number, not {_brief(value)}")
        if not low <= value <= high:
            self.fail(name, f"must be between {low} and {high}, not {_brief(value)}")
        return int(value)

    def percent(self, name: str, *, default: Decimal = MISSING) -> Decimal:
        """Read a percentage between 0 and 100, with at most four decimals."""
        value = self._decimal(name, self._get(name, default))
        if not 0 <= value <= HUNDRED or value != round(value, 4):
            self.fail(
                name,
                f"must be a percentage between 0 and 100 with at most 4 decimals, not {value}",
            )
        return value

    def number(self, name: str) -> Decimal:
        """Read a number of a usable size."""
        return self._decimal(name, self._get(name, MISSING))

    def _decimal(self, name: str, value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            self.fail(name, f"must be a number, not {_kind(value)}")
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.fail(name, f"must be a number, not {_brief(value)}")
        if not number.is_finite() or number.adjusted() > LONGEST or number.as_tuple().exponent < -LONGEST:  # type: ignore[operator]
            self.fail(name, f"must be a number of a usable size, not {_brief(value)}")
        return number

    def currency(self, name: str) -> str:
        """Read an ISO 4217 currency code."""
        value = self.text(name, limit=3)
        self._check_currency(name, value)
        return value

    def _check_currency(self, name: str, code: str) -> None:
        try:
            exponent(code)
        except ValueError as error:
            self.fail(name, str(error))

    def money(self, name: str, currency: str) -> Money:
        """Read an amount of `currency`, not finer than its minor unit."""
        value = self._get(name, MISSING)
        amount = self._decimal(name, value)
        try:
            money = Money.parse(f"{amount:f}", currency)
        except ValueError as error:
            self.fail(name, str(error))
        if abs(money.minor) > LARGEST_MINOR:
            self.fail(name, f"is too large: {_brief(value)}")
        return money

    def amounts(self, name: str, *, default: dict[str, Any] = MISSING) -> dict[str, Money]:
        """Read an object of amounts by currency: `{"EUR": "150.00"}`; none may be below zero."""
        node = Node(self._get(name, default), (*self.path, name), self.source)
        if not isinstance(node.value, dict):
            self.fail(
                name,
                f"must be an object of amounts by currency, not {_kind(node.value)}",
            )
        found = {}
        for code in node.value:
            node._check_currency(code, code)
            found[code] = node.money(code, code)
            if found[code].minor < 0:
                node.fail(code, "must not be below zero")
        return found

    def moment(self, name: str) -> datetime:
        """Read an ISO 8601 moment with its UTC offset."""
        text = self.text(name, limit=40)
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            self.fail(name, f"{text!r} is not a moment such as 2026-03-02T09:15:00+01:00")
        if value.tzinfo is None:
            self.fail(name, f"{text!r} has no UTC offset")
        self._check_year(name, value.year)
        return value

    def day(self, name: str) -> date | None:
        """Read an ISO 8601 date, or nothing when it isn't there."""
        if not self.has(name):
            return None
        text = self.text(name, limit=10)
        try:
            value = date.fromisoformat(text)
        except ValueError:
            self.fail(name, f"{text!r} is not a date such as 2026-03-02")
        self._check_year(name, value.year)
        return value

    def _check_year(self, name: str, year: int) -> None:
        if not EARLIEST_YEAR <= year <= LATEST_YEAR:
            self.fail(
                name,
                f"is in the year {year}; possible are {EARLIEST_YEAR} to {LATEST_YEAR}",
            )

    def child(self, name: str) -> Node:
        """Read an object."""
        value = self._get(name, MISSING)
        if not isinstance(value, dict):
            self.fail(name, f"must be an object, not {_kind(value)}")
        return Node(value, (*self.path, name), self.source)

    def rows(self, name: str, *, default: list[Any] = MISSING) -> Iterator[Node]:
        """Read a list of objects."""
        values = self._get(name, default)
        if not isinstance(values, list):
            self.fail(name, f"must be a list, not {_kind(values)}")
        for index, value in enumerate(values):
            node = Node(value, (*self.path, name, index), self.source)
            if not isinstance(value, dict):
                node.fail(None, f"must be an object, not {_kind(value)}")
            yield node

    def texts(self, name: str, *, limit: int = 255) -> dict[str, str]:
        """Read an object of texts by name; nothing there is an empty one."""
        if not self.has(name):
            return {}
        node = self.child(name)
        return {key: node.text(key, limit=limit) for key in node.value}


KINDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "a number")


def _brief(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value) if _kind(value) == "a number" else _kind(value)
    return text if len(text) <= BRIEF else f"{text[: BRIEF - 1]}…"
