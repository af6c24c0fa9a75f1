"""Which purchase a bank line pays: a pure score with its grounds in words.

Only open purchases, and those on which money may come late, are asked about; the line's text, payer and amount decide.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from purchases.states import OPEN, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

PAYABLE: Final = OPEN | {Status.CANCELED, Status.CHARGED_BACK}
"""Purchases that a bank line may be proposed for."""
REFERENCE, INVOICE, PO_NUMBER, AMOUNT, NAME = 100, 90, 60, 40, 30
ENOUGH: Final = 60
"""The least score for a proposal: a number, or amount and name together."""
STRONG: Final = 90
SHORTEST_NUMBER: Final = 5
MOST_WORDS: Final = 7
"""A number may be written in as many pieces."""
ALIKE: Final = 0.86
SHORTEST_NAME: Final = 3
LEGAL_FORMS: Final = frozenset(
    [
        "ab",
        "ag",
        "as",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "ev",
        "gbr",
        "gmbh",
        "inc",
        "kg",
        "kgaa",
        "limited",
        "llc",
        "llp",
        "ltd",
        "mbh",
        "nv",
        "ohg",
        "oy",
        "plc",
        "pty",
        "sa",
        "sarl",
        "sas",
        "se",
        "sl",
        "spa",
        "srl",
        "the",
        "and",
        "und",
        "et",
    ]
)
CROWD: Final = 50
"""With more purchases of one amount than this, only those are looked at that share the payer's rarest word."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A purchase that waits for money. `owed_minor` is what is missing until it is covered."""

    pk: int
    reference: str
    status: str
    owed_minor: int
    company: str = ""
    last_name: str = ""
    po_number: str = ""
    invoices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is known about a line: the purchase it most probably pays, or None, and why."""

    candidate: Candidate | None
    grounds: list[str]
    named: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """One purchase's score for a line."""

    candidate: Candidate
    score: int
    grounds: list[str]


@dataclass(slots=True)
class Index:
    """Candidates by what a line may say of them."""

    numbers: dict[str, list[tuple[int, str, Candidate]]] = field(default_factory=lambda: defaultdict(list))
    amounts: dict[int, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    names: dict[tuple[int, str], list[Candidate]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> Index:
        """Put candidates where they will be looked for."""
        index = cls()
        for one in candidates:
            index.numbers[one.reference].append((REFERENCE, f"Reference number {one.reference}", one))
            for number in one.invoices:
                index.numbers[compact(number)].append((INVOICE, f"Invoice number {number}", one))
            if len(compact(one.po_number)) >= SHORTEST_NUMBER and any(map(str.isdigit, one.po_number)):
                index.numbers[compact(one.po_number)].append((PO_NUMBER, f"PO number {one.po_number}", one))
            index.amounts[one.owed_minor].append(one)
            for word in {*name_words(one.company), *name_words(one.last_name)}:
                index.names[one.owed_minor, word].append(one)
        return index

    def of_amount(self, amount_minor: int, payer: str) -> list[Candidate]:
        """Purchases on which exactly this is open."""
        found = self.amounts.get(amount_minor, [])
        if len(found) <= CROWD:
            return found
        near = [self.names[amount_minor, word] for word in name_words(payer) if (amount_minor, word) in self.names]
        few = min(near, key=len, default=[])
        return few if len(few) <= CROWD else []


def compact(text: str) -> str:
    """Letters and digits alone, in capitals, without accents."""
    plain = unicodedata.normalize("NFKD", text).upper().replace("ß", "SS")
    return "".join(c for c in plain if c.isascii() and c.isalnum())


def numbers_in(text: str) -> set[str]:
    """Every number that a text may mean: pieces of letters and digits, put together as they follow one another."""
    plain = re.sub(r"\bRF(\d\d)", r"RF \1 ", unicodedata.normalize("NFKD", text).upper())  # a creditor reference
    words = re.findall(r"[A-Z]+|[0-9]+", "".join(c for c in plain if c.isascii()))
    found = set()
    for start in range(len(words)):
        joined = ""
        for word in words[start : start + MOST_WORDS]:
            joined += word
            if len(joined) >= SHORTEST_NUMBER:
                found.add(joined)
    return found


@lru_cache(maxsize=65_536)
def name_words(name: str) -> tuple[str, ...]:
    """The words that tell a name from others: no accents, no umlauts however written, no legal forms."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"\b((?:[^\W\d_]\.){2,})", lambda found: found[0].replace(".", ""), plain)
    words = re.findall(r"[^\W_]+", plain)
    return tuple(re.sub(r"([aou])e", r"\1", word) for word in words if word not in LEGAL_FORMS)


def is_alike(payer: str, company: str, last_name: str) -> bool:
    """Whether a payer is probably this company or person: the same words, nearly the same, or the last name."""
    paying, words = name_words(payer), name_words(company)
    if not paying:
        return False
    if words and (set(words) <= set(paying) or (len(paying) > 1 and set(paying) <= set(words))):
        return True
    matcher = SequenceMatcher(None, " ".join(paying), " ".join(words))
    if words and matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
        return True
    family = name_words(last_name)
    return len("".join(family)) >= SHORTEST_NAME and set(family) <= set(paying)


def matches(index: Index, *, text: str, payer: str, amount_minor: int) -> list[Match]:
    """Score every purchase that a line names or fits, best first."""
    scores: dict[int, tuple[Candidate, int, list[str]]] = {}
    told = sorted(numbers_in(f"{text} {payer}") & index.numbers.keys())
    hits = [hit for number in told for hit in index.numbers[number]]
    hits += [(AMOUNT, "Exactly the open amount", one) for one in index.of_amount(amount_minor, payer)]
    for score, ground, one in sorted(hits, key=lambda hit: -hit[0]):
        _, sofar, grounds = scores.get(one.pk, (one, 0, []))
        scores[one.pk] = (one, sofar + score, [*grounds, ground])
    found = []
    for one, score, grounds in scores.values():
        known = is_alike(payer, one.company, one.last_name)
        name = one.company or one.last_name
        found.append(
            Match(one, score + NAME, [*grounds, f"Payer like {name}"]) if known else Match(one, score, grounds)
        )
    return sorted(found, key=lambda match: (-match.score, match.candidate.reference))


def propose(index: Index, *, text: str, payer: str, amount_minor: int) -> Proposal:
    """Propose one purchase, or none with what is known: several are named, or fit equally well, or nothing does."""
    found = matches(index, text=text, payer=payer, amount_minor=amount_minor)
    named = [match.candidate for match in found if _is_named(match)]
    if len(named) > 1:
        total = sum(one.owed_minor for one in named)
        together = "together exactly the amount" if total == amount_minor else "together not the amount"
        grounds = [f"Names {len(named)} purchases: {', '.join(one.reference for one in named)}; {together}"]
        return Proposal(None, grounds, tuple(named))
    best = found[0] if found else None
    if best is None:
        return Proposal(None, ["No number and no amount fits an open purchase"])
    equal = [match for match in found if match.score == best.score]
    if len(equal) > 1:
        return Proposal(None, [f"Fits {len(equal)} purchases equally: {_few(equal)}"])
    if best.score < ENOUGH:
        return Proposal(None, [f"Perhaps {best.candidate.reference}: {', '.join(best.grounds)}"])
    return Proposal(best.candidate, best.grounds)


def _is_named(match: Match) -> bool:
    return any(ground.startswith(("Reference", "Invoice")) for ground in match.grounds)


def _few(equal: list[Match]) -> str:
    shown = [match.candidate.reference for match in equal]
    return ", ".join(shown[:4]) + (" …" if len(shown) > 4 else "")  # noqa: PLR2004 -- a line's worth


@dataclass(frozen=True, slots=True)
class Effect:
    """What booking a line would do to its purchase: a word and its color."""

    code: str
    label: str
    tone: str


FULL = Effect("full", "Pays in full", "green")
PART = Effect("part", "Part payment", "amber")
OVER = Effect("over", "More than open", "violet")
LATE = Effect("late", "Late: canceled", "red")
CLOSED = Effect("closed", "Not open any more", "gray")


def effect_of(amount_minor: int, *, status: str, owed_minor: int) -> Effect:
    """What `amount_minor` does on a purchase of this status on which `owed_minor` is missing."""
    if status not in PAYABLE:
        return CLOSED
    if status == Status.CANCELED:
        return LATE
    if amount_minor < owed_minor:
        return PART
    return FULL if amount_minor == owed_minor else OVER
