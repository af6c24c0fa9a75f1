"""Search by parameter: what a condition is, which operators fit which kind of value, and which rows it chooses.

A list declares its `Parameter`s; an address holds any number of conditions, `p0=status&o0=in&t0=WPO&t0=PAY`, all of
which must hold. What makes no sense says so in one sentence and chooses nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

from babel.numbers import NumberFormatError, get_currency_precision, list_currencies, parse_decimal
from django.db.models import Q

from core.folding import PART, fold, words
from core.tables import locale_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from django.http import QueryDict

OPERATORS: Final[dict[str, str]] = {
    "is": "equals",
    "not": "not equal",
    "starts": "starts with",
    "has": "contains",
    "in": "is one of",
    "all": "contains all of",
    "out": "is not one of",
    "between": "between",
    "empty": "is empty",
    "filled": "is not empty",
}
WITHOUT_TERM: Final = frozenset({"empty", "filled"})
SEVERAL: Final = frozenset({"in", "out", "all"})
MOST_CONDITIONS: Final = 30
MOST_TERMS: Final = 200
LONGEST_TERM: Final = 300
LONGEST_LIST: Final = 4000
USUAL_PLACES: Final = 2
LARGEST: Final = Decimal(10) ** 12
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2999, 12, 31)
"""Days before and after everything that happens: what lies beyond them no calendar turns into UTC."""


class SenselessError(Exception):
    """A condition makes no sense; the message is a sentence for whoever wrote it."""


@dataclass(frozen=True)
class Asker:
    """Who asks: how they write numbers, and in which zones the days of their clients begin."""

    language: str
    zones: Mapping[ZoneInfo, Sequence[int]]

    def moments(self, name: str, first: date | None, last: date | None) -> Q:
        """The rows whose moment lies within these days, each in its own client's zone."""
        zones = list(self.zones.items())
        found = Q(pk__in=[])
        for zone, clients in zones:
            own = Q() if len(zones) == 1 else Q(client__in=clients)
            if first:
                own &= Q(**{f"{name}__gte": _start(first, zone)})
            if last:
                own &= Q(**{f"{name}__lt": _start(last, zone, days=1)})
            found |= own
        return found & Q(**{f"{name}__isnull": False})


def _start(day: date, zone: ZoneInfo, *, days: int = 0) -> datetime:
    near = min(max(day, FIRST_DAY), LAST_DAY)
    return datetime.combine(near + timedelta(days=days), time(), zone)


class Kind:
    """A kind of value: the operators that fit it, the control its terms are entered with, what they choose."""

    operators: ClassVar[tuple[str, ...]]
    control: ClassVar[str] = "text"

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:
        """The rows that hold; raises SenselessError with a sentence."""
        raise NotImplementedError


def one_of(terms: list[str], message: str = "Enter a term.") -> str:
    """The one term; raises SenselessError when there is none."""
    if not terms:
        raise SenselessError(message)
    return terms[0]


def is_empty(name: str) -> Q:
    """The rows without a text."""
    return Q(**{name: ""}) | Q(**{f"{name}__isnull": True})


@dataclass(frozen=True)
class Text(Kind):
    """Words, folded as the search box folds them; `is_exact` for numbers that an index finds as they are.

    `indexed` names the searched text (`core.search`) that holds the words, too: its index narrows the rows before they
    are compared one by one; `parts` says what it has of a term.
    """

    operators = ("is", "not", "starts", "has", "in", "out", "empty", "filled")
    is_exact: bool = False
    indexed: str = ""
    parts: Callable[[str], Sequence[str]] = words

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare words."""
        if operator in WITHOUT_TERM:
            return is_empty(name) if operator == "empty" else ~is_empty(name)
        term = one_of(terms)
        wanted = split(terms) if operator in {"in", "out"} else [term]
        lookup = {"starts": "startswith", "has": "contains"}.get(operator, "exact")
        found = Q(pk__in=[])
        if self.is_exact:
            found = Q(**{f"{name}__{lookup}": term}) if lookup != "exact" else Q(**{f"{name}__in": wanted})
        else:
            for word in wanted:
                found |= self._near(word) & same_folded(name, lookup, word)
        return ~found if operator in {"not", "out"} else found

    def _near(self, word: str) -> Q:
        """Every row that has the word, and others: what the index says."""
        found = Q()
        for part in self.parts(word) if self.indexed else ():
            if len(part) >= PART:
                found &= Q(**{f"{self.indexed}__has": part})
        return found


def same_folded(name: str, lookup: str, word: str) -> Q:
    """The rows whose text compares to a word, both folded."""
    folded = fold(word)
    if not folded.strip():
        message = "Enter letters or digits."
        raise SenselessError(message)
    return Q(**{f"{name}__folded__{lookup}": folded})


def split(terms: Iterable[str]) -> list[str]:
    """Several terms written into one field: by semicolons where there are any, else by commas."""
    words: list[str] = []
    for term in terms:
        words += (word.strip() for word in re.split(r"[;\n]" if ";" in term else r"[,\n]", term))
    words = [word for word in dict.fromkeys(words) if word]
    if not words:
        message = "Enter at least one term; separate several by commas."
        raise SenselessError(message)
    if len(words) > MOST_TERMS:
        message = f"Enter at most {MOST_TERMS} terms; for more there is the batch search."
        raise SenselessError(message)
    return words


@dataclass(frozen=True)
class Choice(Kind):
    """One of a list; `choices` are told by the parameter. `is_optional`: some rows have none."""

    operators: ClassVar[tuple[str, ...]] = ("is", "not", "in", "out")
    control = "choice"

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare with what is chosen."""
        if not terms:
            message = "Choose at least one." if operator in SEVERAL else "Choose one."
            raise SenselessError(message)
        wanted = terms if operator in SEVERAL else terms[:1]
        found = Q(**{f"{name}__in": wanted})
        return ~found if operator in {"not", "out"} else found


@dataclass(frozen=True)
class Number(Kind):
    """A whole number."""

    operators = ("is", "not", "between")
    control = "number"

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare numbers."""
        low, high = ends(operator, terms, _whole)
        found = within(name, low, high)
        return ~found if operator == "not" else found


@dataclass(frozen=True)
class Amount(Kind):
    """An amount as people write it, each row in its own currency; stored in minor units of it."""

    operators = ("is", "not", "between")
    control = "amount"
    currency: str = "currency"

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:
        """Compare amounts, whatever the currency's decimals."""
        low, high = ends(operator, terms, lambda text: _decimal(text, asker.language))
        unusual = unusual_currencies()
        usual = ~Q(**{f"{self.currency}__in": [code for codes in unusual.values() for code in codes]})
        found = usual & _minor_within(name, low, high, USUAL_PLACES)
        for places, codes in unusual.items():
            found |= Q(**{f"{self.currency}__in": codes}) & _minor_within(name, low, high, places)
        return ~found if operator == "not" else found


@dataclass(frozen=True)
class Day(Kind):
    """A day of the client; `is_moment` where a moment is stored."""

    operators = ("is", "not", "between", "empty", "filled")
    control = "day"
    is_moment: bool = False

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:
        """Compare days."""
        if operator in WITHOUT_TERM:
            return Q(**{f"{name}__isnull": operator == "empty"})
        low, high = ends(operator, terms, _day)
        found = asker.moments(name, low, high) if self.is_moment else within(name, low, high)
        return ~found if operator == "not" else found


@dataclass(frozen=True)
class Flag(Kind):
    """Yes or no."""

    operators = ("is",)
    control = "choice"

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare with what is stored."""
        return Q(**{name: one_of(terms, "Choose one.") == "yes"})


YES_OR_NO: Final = (("yes", "Yes"), ("no", "No"))


def ends(operator: str, terms: list[str], read: Callable[[str], Any]) -> tuple[Any, Any]:
    """The two ends that an operator means: the same for one value, and for between at least one of two."""
    if operator != "between":
        value = read(one_of([term for term in terms if term]))
        return value, value
    low, high = ([*terms, "", ""])[:2]
    first, last = (read(term) if term else None for term in (low, high))
    if first is None and last is None:
        message = "Enter at least one end."
        raise SenselessError(message)
    if first is not None and last is not None and first > last:
        message = "The first must not be greater than the second."
        raise SenselessError(message)
    return first, last


def within(name: str, low: Any, high: Any) -> Q:
    """The rows between two ends, both included; an end that is not given is open."""
    found = Q(**{f"{name}__isnull": False})
    if low is not None:
        found &= Q(**{f"{name}__gte": low})
    if high is not None:
        found &= Q(**{f"{name}__lte": high})
    return found


def _minor_within(name: str, low: Decimal | None, high: Decimal | None, places: int) -> Q:
    least = None if low is None else int(low.scaleb(places).to_integral_value(ROUND_CEILING))
    most = None if high is None else int(high.scaleb(places).to_integral_value(ROUND_FLOOR))
    return within(name, least, most)


@lru_cache(maxsize=1)
def unusual_currencies() -> dict[int, list[str]]:
    """The currencies whose minor unit is not a hundredth, by its decimals."""
    found: dict[int, list[str]] = {}
    for code in sorted(list_currencies()):
        places = get_currency_precision(code)
        if places != USUAL_PLACES:
            found.setdefault(places, []).append(code)
    return found


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        message = "Enter a whole number, such as 3."
        raise SenselessError(message)
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = "Enter a day, such as 2026-03-31."
        raise SenselessError(message) from None


def _decimal(text: str, language: str) -> Decimal:
    written = "".join(text.split())
    try:
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?", written):
            number = Decimal(written)
        else:
            number = parse_decimal(written, locale=locale_of(language), strict=True, numbering_system="latn")
    except (NumberFormatError, InvalidOperation):
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number < LARGEST:
        message = "Enter an amount, such as 1234.50."
        raise SenselessError(message)
    return number


@dataclass(frozen=True, slots=True)
class Listed:
    """What can be chosen of a long list: the first ones that fit what was typed, and those chosen already."""

    choices: Sequence[tuple[str, str]]
    has_more: bool


@dataclass(frozen=True)
class Parameter:
    """What can be searched by: its name in addresses, its words, its kind, the column.

    `through` turns a condition on rows that belong to the row into one on the row itself, so that "not equal" means
    that none of them is.
    """

    key: str
    label: str
    kind: Kind
    name: str
    group: str = ""
    choices: Sequence[tuple[str, str]] | Callable[[Any], Sequence[tuple[str, str]]] = ()
    through: Callable[[Q], Q] | None = None
    is_optional: bool = False
    listing: Callable[[Any, str, Sequence[str]], Listed] | None = None
    """Of a list that may be too long to show: what is listed for some words and what is chosen already."""

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that fit."""
        more = ("empty", "filled") if self.is_optional else ()
        return (*self.kind.operators, *more)

    def listed(self, asker: Any, words: str, chosen: Sequence[str]) -> Listed:
        """What can be chosen."""
        if self.listing is not None:
            return self.listing(asker, words, chosen)
        return Listed(self._choices_for(asker), has_more=False)

    def _choices_for(self, asker: Any) -> Sequence[tuple[str, str]]:
        if isinstance(self.kind, Flag):
            return YES_OR_NO
        return self.choices(asker) if callable(self.choices) else self.choices

    def where(self, operator: str, terms: list[str], asker: Asker) -> Q:
        """The rows that hold; raises SenselessError with a sentence."""
        if operator in WITHOUT_TERM and self.is_optional:
            return Q(**{f"{self.name}__isnull": operator == "empty"})
        if self.through is None:
            return self.kind.where(self.name, operator, terms, asker)
        opposite = {"not": "is", "out": "in", "empty": "filled"}.get(operator)
        found = self.through(self.kind.where(self.name, opposite or operator, terms, asker))
        return ~found if opposite else found


@dataclass
class Condition:
    """One line of an advanced search as it was written: what it chooses, or why it makes no sense."""

    number: int
    parameter: Parameter | None = None
    operator: str = ""
    terms: list[str] = field(default_factory=list)
    choices: Sequence[tuple[str, str]] = ()
    where: Q | None = None
    problem: str = ""
    words: str = ""
    """What the list of choices is searched for."""
    is_searched: bool = False
    """Whether it was searched with this very request: then the list stays open."""
    has_more: bool = False

    @property
    def operators(self) -> list[tuple[str, str]]:
        """The operators to choose from."""
        keys = self.parameter.operators if self.parameter else ("is",)
        return [(key, OPERATORS[key]) for key in keys]

    @property
    def control(self) -> str:
        """How its terms are entered: nothing, a text, one or several of a list, one or two amounts or days."""
        if self.operator in WITHOUT_TERM:
            return "none"
        kind = self.parameter.kind.control if self.parameter else "text"
        if kind == "choice":
            return "choices" if self.operator in SEVERAL else "choice"
        return kind

    @property
    def is_between(self) -> bool:
        """Whether it has two ends."""
        return self.operator == "between"

    @property
    def first(self) -> str:
        """The first term."""
        return self.terms[0] if self.terms else ""

    @property
    def last(self) -> str:
        """The second term."""
        return self.terms[1] if len(self.terms) > 1 else ""

    @property
    def chosen(self) -> str:
        """What is chosen of a list, in words."""
        labels = dict(self.choices)
        return ", ".join(labels[term] for term in self.terms if term in labels)

    def address(self, number: int) -> list[tuple[str, str]]:
        """Its part of an address."""
        if self.parameter is None:
            return [(f"p{number}", "")]
        head = [(f"p{number}", self.parameter.key), (f"o{number}", self.operator)]
        return [*head, *((f"t{number}", term) for term in self.terms if term or self.is_between)]


NAME = re.compile(r"p([0-9]{1,3})")


def read_conditions(query: QueryDict, parameters: Sequence[Parameter], asker: Asker) -> list[Condition]:
    """The conditions that an address holds, in their order."""
    known = {parameter.key: parameter for parameter in parameters}
    numbers = sorted(int(found[1]) for name in query if (found := NAME.fullmatch(name)))
    return [_read(query, number, known, asker) for number in numbers[:MOST_CONDITIONS]]


def _read(query: QueryDict, number: int, known: Mapping[str, Parameter], asker: Asker) -> Condition:
    asked = query.get(f"p{number}", "")
    parameter = known.get(asked)
    if parameter is None:
        problem = "There is no such parameter: choose one of the list." if asked else ""
        return Condition(number, problem=problem)
    operator = query.get(f"o{number}", "")
    if operator and operator not in OPERATORS:
        return Condition(number, parameter, problem="There is no such comparison: choose one of the list.")
    if operator not in parameter.operators:  # that of the parameter which stood here before
        operator = parameter.operators[0]
    longest = LONGEST_LIST if operator in SEVERAL else LONGEST_TERM
    given = [term.replace("\x00", "").strip()[:longest] for term in query.getlist(f"t{number}")]
    condition = Condition(number, parameter, operator, given)
    if parameter.kind.control == "choice":
        condition.is_searched = f"f{number}" in query
        condition.words = query.get(f"f{number}", "").replace("\x00", "").strip()[:LONGEST_TERM]
        listed = parameter.listed(asker, condition.words, given)
        condition.choices, condition.has_more = listed.choices, listed.has_more
        values = {value for value, _label in condition.choices}
        condition.terms = [term for term in given if term in values]
    elif operator != "between":
        condition.terms = [term for term in given if term]
    if not given and operator not in WITHOUT_TERM:
        return condition  # just added: nothing was entered yet
    try:
        condition.where = parameter.where(operator, condition.terms, asker)
    except SenselessError as error:
        condition.problem = str(error)
    return condition
