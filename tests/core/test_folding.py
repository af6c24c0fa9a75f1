"""How names and numbers become comparable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis.strategies import characters, text

from core.folding import (
    bare,
    fold,
    is_enough,
    is_near,
    is_number,
    marked,
    name,
    near_words,
    parts_of,
    spellings,
    text_of,
    words,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Müller", "muller"),
        ("Mueller", "muller"),
        ("MULLER", "muller"),
        ("Söhne", "sohne"),
        ("Straße", "strasse"),
        ("Čapek, Łódź", "capek, lodz"),
        ("Ærø", "aro"),
        ("Ångström", "angstrom"),
        ("ｶﾞｽ", "ガス"),
        ("Ｋｏｎｔｏｒ", "kontor"),
        ("İstanbul", "istanbul"),
        ("ΟΔΟΣ", "οδοσ"),
    ],
)
def test_letters(written: str, folded: str) -> None:
    assert fold(written) == fold(folded)


@given(text(characters(max_codepoint=127)))
def test_plain_letters_fold_like_all_others(plain: str) -> None:
    assert fold(plain + "ß") == fold(plain) + "ss"


def test_voiced_kana_are_other_letters() -> None:
    assert fold("が") != fold("か")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Werft & Söhne GmbH & Co. KG", ["werft", "sohne", "gmbh", "co", "kg"]),
        ("O'Brien", ["obrien"]),
        ("Meyer-Schulz", ["meyer", "schulz"]),
        ("株式会社山田製作所", ["株式会社", "山田製作所"]),
        ("山田製作所株式会社", ["株式会社", "山田製作所"]),
        ("株式会社", ["株式会社"]),
        (" … ", []),
    ],
)
def test_words(written: str, found: list[str]) -> None:
    assert words(written) == found


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Werft & Söhne GmbH & Co. KG", "werft sohne"),
        ("A. Meyer Ltd.", "meyer"),
        ("GmbH", "gmbh"),
        ("X AG", "x"),
        ("Oy", "oy"),
        ("", ""),
    ],
)
def test_a_name_without_what_says_little(written: str, folded: str) -> None:
    assert name(written) == folded


def test_numbers_are_bare() -> None:
    assert bare("INV-2026/000 001") == "inv2026000001"
    asked = ("INV-2026-000001", "inv 2026 000001", "4242", "SHOP-77", "Agentur 2020", "Agentur", "")
    assert [is_number(text) for text in asked] == [True, True, True, True, False, False, False]


def test_a_text_holds_each_word_once_and_what_was_written_together() -> None:
    text = text_of(names=["Meyer-Schulz", "Meyer", ""], numbers=["45-00/1", ""], addresses=["Jana@Werft.example", ""])
    assert text == " 45001 jana@werft.example meyer schulz meyerschulz "


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("Meyer-Schulz", ["meyer", "schulz"]),
        ("Petersen, 45-00001 ,petersen", ["petersen", "4500001"]),
        ("4242", [" 4242"]),
        ("Werft GmbH", ["werft"]),
        ("GmbH", ["gmbh"]),
        ("@Werft.example", ["@werft.example"]),
        ("Jana@we", [" jana@we"]),
        ("山田", [" 山田"]),
        ("A B", [" a", " b"]),
        (" , ,", []),
        ("\x00", []),
    ],
)
def test_what_a_text_has_to_contain(query: str, parts: list[str]) -> None:
    assert parts_of(query) == parts


def test_three_letters_are_enough_and_two_of_a_script_of_words() -> None:
    asked = ("pe", "pet", "joe", "山田", "山", "", ",,,", "...", "pe, 424")
    assert [is_enough(query) for query in asked] == [False, True, True, True, False, False, False, False, True]


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("petersen", "petersen", True),
        ("petersen", "peterson", True),
        ("petersen", "petresen", True),
        ("petersen", "petersn", True),
        ("petersen", "petersenn", True),
        ("xetersen", "petersen", True),
        ("peterxem", "petersen", False),
        ("petersen", "peters", False),
        ("abcd", "badc", False),
        ("ab", "ba", True),
    ],
)
def test_one_letter_makes_the_difference(one: str, other: str, *, near: bool) -> None:
    assert is_near(one, other) is near
    assert is_near(other, one) is near


TYPOS = [
    *("etersen", "ptersen", "peersen", "petrsen", "petesen", "peteren", "petersn", "peterse"),
    *("xetersen", "pxtersen", "pexersen", "petxrsen", "petexsen", "peterxen", "petersxn", "petersex"),
    *("xpetersen", "pxetersen", "pextersen", "petxersen", "petexrsen", "petersenx"),
    *("eptersen", "pteersen", "peetrsen", "petresen", "petesren", "peteresn", "petersne"),
]


@pytest.mark.parametrize("typed", TYPOS)
def test_every_typing_error_leaves_something_to_look_for(typed: str) -> None:
    text = " petersen jana@werft.example "
    assert any(all(piece in text for piece in way) for way in spellings(typed))
    assert near_words(typed, text) == {"petersen"}


@pytest.mark.parametrize("part", ["abc", " 4242", " ab"])
def test_short_words_are_taken_as_typed(part: str) -> None:
    assert spellings(part) == []


def test_a_domain_is_corrected_too_and_so_is_the_beginning_of_a_word() -> None:
    text = " jana@werft.example petersen "
    assert any(all(piece in text for piece in way) for way in spellings("@werf.example"))
    assert near_words("@werf.example", text) == {"@werft.example"}
    assert near_words("patersen"[:5], text) == {"petersen"}


@pytest.mark.parametrize(
    ("text", "query", "pieces"),
    [
        ("Müller & Söhne", "mueller", [("Müller", True), (" & Söhne", False)]),
        ("Mueller", "müll", [("Muell", True), ("er", False)]),
        ("Meyer-Schulz", "meyerschulz", [("Meyer-Schulz", True)]),
        ("INV-2026-000001", "2026000001", [("INV-", False), ("2026-000001", True)]),
        ("Jana.Meyer@Werft.example", "@werft", [("Jana.Meyer", False), ("@Werft", True), (".example", False)]),
        ("Papa", "pap, apa", [("Papa", True)]),
        ("Petersen", "4242", [("Petersen", False)]),
        ("100 4242", "4242", [("100 ", False), ("4242", True)]),
        ("", "petersen", []),
    ],
)
def test_what_was_asked_for_is_marked(text: str, query: str, pieces: list[tuple[str, bool]]) -> None:
    assert marked(text, parts_of(query)) == pieces
