"""Finding rows by parts of their folded text (`core.folding`), quickly on both databases however many rows there are.

The text stands in a narrow table of its own, one row for each thing that can be found; `core.searched` says what is
asked of its indexes. Up to `MOST` hits are fetched by their keys; of more the newest are sorted out by the database;
only what very many have in common is looked for along the index by age.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import reduce
from math import isqrt
from operator import and_, or_
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Q, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import Exact, GreaterThan

from core import searched  # noqa: F401 -- the lookups `has`, `has_often`, `first_having`, `addressed`, `begins`
from core.folding import PART, near_words, parts_of, spellings, ways_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from django.db.models import QuerySet

MOST: Final = 3_000
"""Hits that are fetched at once; of more, the newest are."""
NEWEST: Final = 1_001
"""How many of too many hits are fetched: one more than lists count."""
MOST_QUICKLY: Final = 200
"""Hits that are fetched at once while somebody types: the best ones."""
READ: Final = 500
"""Up to `READ` × √`enough` hits are all read and sorted. Of more, rows are read from the newest on until there are
enough: for what so many have, that takes less."""
NEW: Final = 8_000
"""While somebody types who sees a client's rows, so many of the newest are looked at first, which suffices where too
many of them have it: an index collects all that have it before it gives the first."""
SAMPLE: Final = 2_000
"""The newest of these: they tell whether it is worth while to look at all of them."""
LIKELY: Final = 0.75
"""So much of what all of these need has to be there in the sample."""
TRIED: Final = 500
"""Texts that are looked at for words that a mistyped one may have meant."""
MEANT: Final = 5
"""Words that a mistyped one may have meant."""
MISTYPED: Final = 5
"""Parts of a query that may be the mistyped one, the first: each is a question of its own."""
END: Final = 4
"""Characters of a mistyped number's beginning and end that texts are chosen by; what they have is compared then."""
PLENTY: Final = 10
"""While somebody types, no older hits are looked for that fit when so many of the newest do."""
WHOLE: Final = 0
BEGUN: Final = 1
INSIDE: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """The keys of what was found, the newest first; `parts` is what was found in them, `is_corrected` not as typed.

    Behind the newest of too many stand those that are exactly what was asked for, whatever their age.

    `is_capped` says that there is more than this; `ranks` knows of those that fit better than a part inside a word.
    """

    keys: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    is_capped: bool = False
    is_corrected: bool = False
    ranks: Mapping[int, int] = field(default_factory=dict)

    def rank(self, key: int) -> int:
        """How well a hit fits: `WHOLE` where each part is a word, `BEGUN` where each begins one, else `INSIDE`."""
        return self.ranks.get(key, INSIDE)


def search(
    rows: QuerySet[Any],
    query: str,
    *,
    newest: str,
    enough: int = NEWEST,
    first: Mapping[str, str] | None = None,
    exactly: Q | None = None,
    corrects: bool = True,
    is_quick: bool = False,
) -> Found:
    """Find the rows of a search table whose text has all of a query; `newest` is the column of their age.

    What isn't found is looked for once more with one letter of one word mistyped, unless it `corrects` nothing. Of too
    many hits the newest are returned, as many as are `enough`, and as many of those that are `exactly` what was asked
    for, however old; while somebody types (`is_quick`), the best. Whole e-mail addresses and domains are looked for
    before their parts, and where `first` names a column for a part, what begins with it there: what is found is all.
    """
    parts = parts_of(query)
    if not parts or not any(len(part) >= PART for part in parts):
        return Found()
    asked = [ways_of(part) for part in parts]
    how = _How(newest, enough, min(MOST, MOST_QUICKLY) if is_quick else MOST, is_quick)
    addressed = {part: _Quicker.addressed(part.strip()) for part in parts if "@" in part}
    begun = {part: _Quicker.begun(column, part.strip()) for part, column in (first or {}).items()}
    found = _newest(rows, asked, how, quicker=addressed, exactly=exactly) if addressed else Found()
    if not found.keys and is_quick and rows.query.where:
        found = _of_new(rows, asked, how, exactly)
    if not found.keys and begun:
        found = _newest(rows, asked, how, quicker=begun, exactly=exactly)
    if not found.keys:
        found = _newest(rows, asked, how, exactly=exactly)
    if found.keys or not corrects:
        return found
    groups = _meant(rows, parts)
    if not groups:
        return found
    return replace(_newest(rows, groups, how), is_corrected=True, ranks={})


@dataclass(frozen=True, slots=True)
class _How:
    """What a search wants."""

    newest: str
    """The column of age."""
    enough: int
    """How many hits are fetched when there are too many."""
    most: int
    """More hits than this are too many."""
    is_quick: bool
    """Whether the best are wanted instead of the newest."""

    @property
    def reads(self) -> int:
        """So many hits are read to sort the newest out, and no more."""
        return READ * isqrt(self.enough)


@dataclass(frozen=True, slots=True)
class _Quicker:
    """A condition that finds a part sooner: as its index answers it, and as rows are compared that are read by age."""

    indexed: Q
    compared: Q

    @classmethod
    def addressed(cls, part: str) -> _Quicker:
        """A whole e-mail address or domain."""
        return cls(Q(text__addressed=part), _contains(f"{'' if part.startswith('@') else ' '}{part} "))

    @classmethod
    def begun(cls, column: str, part: str) -> _Quicker:
        """What a column begins with."""
        return cls(Q(**{f"{column}__begins": part}), Q(Exact(StrIndex(column, Value(part)), Value(1))))


def _contains(part: str) -> Q:
    return Q(GreaterThan(StrIndex("text", Value(part)), Value(0)))


def _having(groups: Iterable[Sequence[str]], choose: Callable[[str], Q]) -> Q:
    """Choose rows that have one part of each group."""
    return reduce(and_, (reduce(or_, map(choose, group)) for group in groups))


def _has(part: str) -> Q:
    return Q(text__has=part)


def _newest(
    rows: QuerySet[Any],
    groups: Sequence[Sequence[str]],
    how: _How,
    *,
    quicker: Mapping[str, _Quicker] | None = None,
    exactly: Q | None = None,
) -> Found:
    known = quicker or {}
    parts, words = _parts_and_words(groups)
    # Without an order, so that the index is read only until there are enough.
    reads = how.reads + 1
    is_all_asked = [len(group) for group in groups] == [1] and not known and not rows.query.where
    asked = _having(groups, lambda part: known[part].indexed if part in known else Q(text__has_often=part))
    asked = Q(text__first_having=(*parts, reads)) if is_all_asked else asked
    some = rows.filter(asked).order_by()[:reads]
    hits, count = _read(some, words, how, reads=how.reads, most=how.most, is_best=how.is_quick)
    is_capped, is_all_read = count > min(how.most, how.reads), count <= how.reads
    if not is_all_read:
        # Compared with what no index answers, so that the rows are read by their age.
        common = _having(groups, lambda part: known[part].compared if part in known else _contains(part))
        hits = _newest_of(rows.filter(common), words, how)
    wanted = exactly if is_capped and not (how.is_quick and is_all_read) else None
    return _found(rows, hits, groups, how, is_capped=is_capped, exactly=wanted)


def _parts_and_words(groups: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], list[str]]:
    parts = tuple(part for group in groups for part in group)
    return parts, [part.strip() for part in parts]


def _found(
    rows: QuerySet[Any],
    hits: dict[int, int],
    groups: Sequence[Sequence[str]],
    how: _How,
    *,
    is_capped: bool,
    exactly: Q | None,
) -> Found:
    """Tell what was found, and behind it what is `exactly` what was asked for.

    While somebody types, the latter is looked for only where few of the hits are whole words.
    """
    parts, words = _parts_and_words(groups)
    is_plenty = how.is_quick and sum(rank == WHOLE for rank in hits.values()) >= PLENTY
    if exactly and not is_plenty:
        same = rows.filter(exactly)
        old, number = _read(same.order_by()[: how.reads + 1], words, how, reads=how.reads, most=how.enough)
        hits = hits | (old if number <= how.reads else _newest_of(same, words, how))
    ranks = {key: rank for key, rank in hits.items() if rank != INSIDE}
    return Found(tuple(hits), parts, is_capped=is_capped, ranks=ranks)


def _of_new(rows: QuerySet[Any], groups: Sequence[Sequence[str]], how: _How, exactly: Q | None) -> Found:
    """Find the best of the newest rows that have the parts; nothing unless too many of these rows do."""
    newest, words = rows.order_by(f"-{how.newest}"), _parts_and_words(groups)[1]
    _, count = _read(newest[:SAMPLE], words, how, reads=SAMPLE, most=how.most, groups=groups)
    if count * NEW < how.most * SAMPLE * LIKELY:
        return Found()
    hits, count = _read(newest[:NEW], words, how, reads=NEW, most=how.most, is_best=True, groups=groups)
    return _found(rows, hits, groups, how, is_capped=True, exactly=exactly) if count > how.most else Found()


def _newest_of(rows: QuerySet[Any], words: Sequence[str], how: _How) -> dict[int, int]:
    """Fetch the newest of very many rows, as many as are enough, along the index by age."""
    newest = rows.order_by(f"-{how.newest}")[: how.enough]
    return _read(newest, words, how, reads=how.enough, most=how.enough)[0]


def _read(
    rows: QuerySet[Any],
    words: Sequence[str],
    how: _How,
    *,
    reads: int,
    most: int,
    is_best: bool = False,
    groups: Sequence[Sequence[str]] = (),
) -> tuple[dict[int, int], int]:
    """Fetch keys of some rows, the newest first, and how well the `words` fit each (`Found.rank`); count the rows.

    Of more than `most` the newest that are `enough` are fetched, or the best `most` (`is_best`); of more than are read
    to be sorted out, which are looked for otherwise, just one. Only rows count that have one part of each of `groups`.
    Neither texts nor ages travel: they would take longer than the search.
    """
    connection = connections[rows.db]
    place = "STRPOS" if connection.vendor == "postgresql" else "INSTR"
    try:
        found, values = rows.values_list("pk", how.newest, "text").query.get_compiler(rows.db).as_sql()
    except EmptyResultSet:
        return {}, 0
    if groups:
        having = " AND ".join(f"({' OR '.join(f'{place}(text, %s) > 0' for _ in group)})" for group in groups)
        found = f"WITH new(key, age, text) AS ({found}) SELECT * FROM new WHERE {having}"  # noqa: S608 -- names and places of ours
        values = [*values, *(part for group in groups for part in group)]
    whole, begun = (" AND ".join(f"{place}(text, %s) > 0" for _ in words) for _ in range(2))
    asked = [*values, *(f" {word} " for word in words), *(f" {word}" for word in words)]
    sizes = [reads, most, most if is_best else how.enough, most]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found(key, age, text) AS ({found}), counted(number) AS (SELECT COUNT(*) FROM found),"  # noqa: S608 -- names and places of ours
            f" fitting(key, age, fit) AS (SELECT key, age, CASE WHEN {whole} THEN {WHOLE} WHEN {begun} THEN {BEGUN}"
            f" ELSE {INSIDE} END AS fit FROM found ORDER BY {'fit, ' if is_best else ''}age DESC, key DESC"
            " LIMIT (SELECT CASE WHEN number > %s THEN 1 WHEN number > %s THEN %s ELSE %s END FROM counted))"
            " SELECT key, fit, number FROM fitting, counted ORDER BY age DESC, key DESC",
            [*asked, *sizes],
        )
        hits = cursor.fetchall()
    return {key: fit for key, fit, _ in hits}, hits[0][2] if hits else 0


def _meant(rows: QuerySet[Any], parts: Sequence[str]) -> list[list[str]]:
    """Find the word that is one letter off, and put what it may have meant in its place; nothing when there is none."""
    for place, part in enumerate(parts[:MISTYPED]):
        ways = spellings(part)
        if not ways:
            continue
        others = [*parts[:place], *parts[place + 1 :]]
        likely_ways = dict.fromkeys(tuple(end for piece in way for end in _ends(piece)) for way in ways)
        spelled = reduce(or_, (reduce(and_, map(_has, way)) for way in likely_ways))
        texts = rows.filter(spelled, *map(_has, others)).order_by()
        start = "" if part.startswith("@") else " "
        there = Counter(word for text in texts.values_list("text", flat=True)[:TRIED] for word in _words(text, part))
        near = near_words(part, " ".join(there))
        if near:
            often = sorted(near, key=lambda word: (-there[word], word))
            likely = [f"{start}{word} " for word in often[:MEANT]]
            return [*([other] for other in parts[:place]), likely, *([other] for other in parts[place + 1 :])]
    return []


def _ends(piece: str) -> list[str]:
    """What a long number begins and ends with; all of its trigrams are in many texts, and few of them suffice."""
    return [piece[:END], piece[-END:]] if piece.strip().isdigit() and len(piece) >= 2 * END else [piece]


def _words(text: str, part: str) -> set[str]:
    """Take a text apart into words that a mistyped part may have meant: one letter off, they begin nearly alike."""
    if part.startswith("@"):
        return {word[word.index("@") :] for word in text.split() if "@" in word}
    begins = frozenset(part.strip()[:2])
    return {word for word in text.split() if not begins.isdisjoint(word[:2])}
