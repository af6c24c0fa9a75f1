"""How names and numbers become comparable, so that the way somebody writes them hides nothing.

Case, accents, width and punctuation go; ä, ae and a are one (so are ö and ü, ø, æ, œ), ß is ss. A text to be searched
is words between spaces: ` meyer schulz meyerschulz jana@werft.example 100200300 `; a keyword is a part of it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PART: Final = 3
"""Characters from which on a part is found inside of a word; a shorter one only where a word begins."""
NUMBER_PART: Final = 6
"""Digits are found inside of a number from here on; fewer would be inside of too many."""
NUMBER_END: Final = 4
"""From here on they are found at its end, too, which is what callers read out."""
SUFFIXES: Final = frozenset(
    (  # noqa: SIM905 -- a list of words is read more easily as one
        "gmbh mbh ag kg kgaa ug ohg gbr ev eg ek co cokg haftungsbeschrankt se stiftung ltd limited plc llp llc lp inc "
        "incorporated corp corporation company sa sarl sas sasu eurl sl slu srl spa snc bv nv vof cv ab as aps oy oyj "
        "kk pty pte und and et 株式会社 有限会社 合同会社 株 有"
    ).split()
)
"""Words that say what kind of company it is, and those that join its names."""
_JAPANESE_FORMS: Final = ("株式会社", "有限会社", "合同会社")
_LETTERS: Final = {"æ": "a", "œ": "o", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th"}
_VOICED: Final = "\u3099\u309a"
_APOSTROPHES: Final = "'’‘`´ʼ"
_DIGRAPHS: Final = frozenset("aou")
_PLAIN_DIGRAPH: Final = re.compile("([aou])e")
_PLAIN_MARK: Final = re.compile("[^0-9a-z]")
_NO_PLAIN_APOSTROPHES: Final = str.maketrans("", "", "'`")


@lru_cache(maxsize=4096)
def _letter(letter: str) -> str:
    """One character, folded; none, one or several."""
    if letter in _APOSTROPHES:
        return ""
    plain = unicodedata.normalize("NFKD", letter).casefold()
    plain = unicodedata.normalize("NFKD", plain)
    kept = (_LETTERS.get(one, one) for one in plain if one in _VOICED or unicodedata.category(one) != "Mn")
    return "".join(kept)


def _traced(text: str) -> Iterator[tuple[str, int]]:
    """Each folded character with the place it comes from; the e of ae, oe, ue is left out."""
    before = ""
    for place, letter in enumerate(text):
        for one in _letter(letter):
            if not (one == "e" and before in _DIGRAPHS):
                yield one, place
            before = one


def _is_kept(letter: str) -> bool:
    return letter.isalnum() or letter in _VOICED


def fold(text: str) -> str:
    """Fold a text and keep its punctuation: `Müller & Söhne` is `muller & sohne`."""
    if text.isascii():  # most are, and need not be looked at letter by letter
        return _PLAIN_DIGRAPH.sub(r"\1", text.translate(_NO_PLAIN_APOSTROPHES).lower())
    return "".join(letter for letter, _ in _traced(text))


def _without_marks(folded: str, instead: str) -> str:
    """Put something else in place of punctuation."""
    if folded.isascii():
        return _PLAIN_MARK.sub(instead, folded)
    return "".join(letter if _is_kept(letter) else instead for letter in folded)


def words(text: str) -> list[str]:
    """Fold a name into its words; an apostrophe joins, all other punctuation parts them."""
    return [part for word in _without_marks(fold(text), " ").split() for part in _without_form(word)]


def _without_form(word: str) -> list[str]:
    """Part a Japanese company's form from its name, which stand together without a space."""
    for form in _JAPANESE_FORMS:
        if form in word and word != form:
            return [form, *word.replace(form, " ").split()]
    return [word]


def bare(text: str) -> str:
    """Fold a number into its letters and digits: `INV-2026/0001` is `inv20260001`."""
    return _without_marks(fold(text), "")


def address(text: str) -> str:
    """Fold an e-mail address or the end of one."""
    return "".join(fold(text).split())


def name(text: str) -> str:
    """Fold a company's or a person's name for comparison from its beginning: no form, single spaces."""
    return " ".join(_telling(words(text)))


def _telling(found: Sequence[str]) -> list[str]:
    """Leave out what says little, a company's form and single letters, unless nothing else is there."""
    telling = [word for word in found if word not in SUFFIXES] or list(found)
    return [word for word in telling if len(word) > 1] or telling


def text_of(*, names: Iterable[str] = (), numbers: Iterable[str] = (), addresses: Iterable[str] = ()) -> str:
    """Put together what something is found by. Parts of a name that are written together are found together, too."""
    found: dict[str, None] = {}
    found.update(dict.fromkeys(bare(number) for number in numbers))
    found.update(dict.fromkeys(address(one) for one in addresses))
    for text in names:
        found.update(dict.fromkeys(words(text)))
        for written in text.split():
            parts = words(written)
            if len(parts) > 1:
                found["".join(parts)] = None
    found.pop("", None)
    return f" {' '.join(found)} "


# What is asked for ---------------------------------------------------------------------------------------------------


def keywords(query: str) -> list[str]:
    """Take a query apart at its commas."""
    return [part for part in (part.strip() for part in query.replace("\x00", "").split(",")) if part]


def parts_of(query: str) -> list[str]:
    """Say what a text has to contain to be found: parts, all of them; one that begins with a space begins a word."""
    found: dict[str, None] = {}
    for keyword in keywords(query):
        found.update(dict.fromkeys(_parts(keyword)))
    return list(found)


def ways_of(part: str) -> list[str]:
    """Say how a part may stand in a text: a few digits begin a number, or end one."""
    digits = part.strip()
    is_end = part.startswith(" ") and digits.isdigit() and len(digits) >= NUMBER_END
    return [part, f"{digits} "] if is_end else [part]


def _parts(keyword: str) -> list[str]:
    if "@" in keyword:
        asked = address(keyword)
        return [asked if asked.startswith("@") else f" {asked}"]
    if is_number(keyword):
        number = bare(keyword)
        return [number if len(number) >= NUMBER_PART else f" {number}"]
    return [word if len(word) >= PART else f" {word}" for word in _telling(words(keyword))]


def is_number(keyword: str) -> bool:
    """Whether a keyword is a number of an order, a document, a card: digits without a space or with few letters."""
    kept = bare(keyword)
    digits = sum(letter.isdigit() for letter in kept)
    return digits > 0 and (digits * 2 > len(kept) or len(keyword.split()) == 1)


def is_enough(query: str) -> bool:
    """Whether a query is long enough to be answered: three letters, of a script that writes words with two, two."""
    return any(
        len(keyword) >= PART or (len(keyword) == PART - 1 and all(ord(letter) > _IDEOGRAPHS for letter in keyword))
        for keyword in keywords(query)
        if _parts(keyword)
    )


_IDEOGRAPHS: Final = 0x2E80


# Typing errors -------------------------------------------------------------------------------------------------------

SHORTEST_CORRECTED: Final = 4


def is_near(one: str, other: str) -> bool:
    """Whether one letter more, less, another one, or two that changed places make the difference."""
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    rest, other_rest = short[at:], long[at:]
    if len(short) < len(long):
        return rest == other_rest[1:]
    return rest[1:] == other_rest[1:] or (rest[1::-1] == other_rest[:2] and rest[2:] == other_rest[2:])


def spellings(part: str) -> list[list[str]]:
    """Say what a text contains that has the mistyped word right, in each way it may have gone wrong.

    Short numbers are all near to each other: nothing is made of them. Else the word is cut in four: one letter too
    much, too few, or wrong spoils one quarter and leaves the others; two that changed places over a cut are put back.
    """
    word = part.strip()
    if len(word) < (NUMBER_PART if word.isdigit() else SHORTEST_CORRECTED):
        return []
    start = "" if word.startswith("@") else " "
    cuts = [len(word) * quarter // 4 for quarter in range(5)]
    ways = []
    for first, last in pairwise(cuts):
        left, right = start + word[:first] if first else "", word[last:] + " " if last < len(word) else ""
        ways.append([one for one in (left, right) if one])
    turned = (word[: cut - 1] + word[cut] + word[cut - 1] + word[cut + 1 :] for cut in cuts[1:-1])
    return [*ways, *([start + other] for other in turned)]


def near_words(part: str, text: str) -> set[str]:
    """Find the words of a searched text that `part` may have meant."""
    word = part.strip()
    found = text.split()
    if word.startswith("@"):
        found = [one[one.index("@") :] for one in found if "@" in one]
    return {
        one
        for one in found
        if is_near(word, one)
        or any(is_near(word, one[:size]) for size in (len(word), len(word) + 1) if size < len(one))
    }


# Marking -------------------------------------------------------------------------------------------------------------


def marked(text: str, parts: Iterable[str]) -> list[tuple[str, bool]]:
    """Take a shown text apart into what was asked for and what was not."""
    traced = list(_traced(text))
    hit = [False] * len(text)
    for part in parts:
        any(_mark(hit, way, part) for way in _ways(traced, part))
    pieces: list[tuple[str, bool]] = []
    for letter, is_hit in zip(text, hit, strict=True):
        if pieces and pieces[-1][1] == is_hit:
            pieces[-1] = (pieces[-1][0] + letter, is_hit)
        else:
            pieces.append((letter, is_hit))
    return pieces


def _ways(traced: list[tuple[str, int]], part: str) -> Iterator[list[tuple[str, int]]]:
    """A text as the part may be written: with its punctuation; else parted into words, and, if not there, bare."""
    ends = (" ", -1)
    if "@" in part:
        yield [ends, *traced, ends]
    else:
        yield [ends, *((letter if _is_kept(letter) else " ", place) for letter, place in traced), ends]
        yield [ends, *((letter, place) for letter, place in traced if _is_kept(letter)), ends]


def _mark(hit: list[bool], way: list[tuple[str, int]], part: str) -> bool:
    folded = "".join(letter for letter, _ in way)
    at = folded.find(part)
    is_there = at >= 0
    while at >= 0:
        places = [place for letter, place in way[at : at + len(part)] if place >= 0 and letter != " "]
        for place in range(min(places), max(places) + 1):
            hit[place] = True
        at = folded.find(part, at + 1)
    return is_there
