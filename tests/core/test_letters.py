"""Numbers, days, addresses and tokens as their readers write them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils.safestring import mark_safe

from core.letters import (
    Address,
    clip,
    country_name,
    fill,
    formatter,
    letter_language,
    paragraphs,
    unknown_tokens,
)
from core.messages import Fact, Message


@pytest.mark.parametrize(
    ("code", "language"),
    [("de", "de"), ("de-AT", "de"), ("pt_BR", "en"), ("JA", "ja"), ("", "en"), ("xx", "en")],
)
def test_everybody_is_written_to_in_a_language_we_have(code: str, language: str) -> None:
    assert letter_language(code) == language


@pytest.mark.parametrize(
    ("language", "money", "figure", "day", "short", "percent"),
    [
        ("en", "€1,234.50", "1,234.50", "April 3, 2026", "Apr 3, 2026", "7.5%"),
        ("de", "1.234,50\xa0€", "1.234,50", "3. April 2026", "03.04.2026", "7,5\xa0%"),
        ("fr", "1\u202f234,50\xa0€", "1\u202f234,50", "3 avril 2026", "3 avr. 2026", "7,5\xa0%"),
        ("es", "1.234,50\xa0€", "1.234,50", "3 de abril de 2026", "3 abr 2026", "7,5\xa0%"),
        ("ja", "€1,234.50", "1,234.50", "2026年4月3日", "2026/04/03", "7.5%"),
    ],
)
def test_amounts_and_days_are_written_as_readers_do(  # noqa: PLR0917 -- a table
    language: str, money: str, figure: str, day: str, short: str, percent: str
) -> None:
    write = formatter(language)
    assert write.money(123450, "EUR") == money
    assert write.figure(123450, "EUR") == figure
    assert write.day(date(2026, 4, 3)) == day
    assert write.short_day(date(2026, 4, 3)) == short
    assert write.percent(Decimal("7.5000")) == percent


def test_yen_have_no_decimals() -> None:
    assert formatter("ja").money(98000, "JPY") == "¥98,000"
    assert formatter("en").figure(98000, "JPY") == "98,000"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("two\r\nlines", "two lines"),
        ("a\u202eb\u2066c\u200bd", "abcd"),
        ("nul\x00 bell\x07", "nul bell"),
        ("  many   blanks ", "many blanks"),
        ("שלום مرحبا", "שלום مرحبا"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<b>&amp;", "<b>&amp;"),
    ],
)
def test_what_is_printed_is_one_line_that_reads_in_one_direction(raw: str, clean: str) -> None:
    assert clip(raw) == clean


def test_what_is_printed_is_no_markup_even_where_it_was() -> None:
    assert [type(clip(mark_safe(text))) for text in ("<b>", " <b> ")] == [str, str]


def test_a_name_of_ten_thousand_characters_is_cut() -> None:
    assert clip("W" * 10_000) == "W" * 119 + "…"
    assert len(clip("x " * 10_000, 50)) <= 50


def test_a_token_is_replaced_once_and_its_value_is_not_looked_at() -> None:
    assert fill("Dear {{name}}, {{ name }}", {"name": "{{secret}} {% now %}"}) == (
        "Dear {{secret}} {% now %}, {{secret}} {% now %}"
    )
    with pytest.raises(KeyError):
        fill("{{nobody}}", {})


def test_unknown_tokens_are_named() -> None:
    assert unknown_tokens("{{a}} and {{ b }}", {"a", "b"}) == []
    assert unknown_tokens("{{a.b}} {{c}} {% d %} {{", {"a"}) == ["c", "{{", "}}", "{%", "%}"]


def test_an_empty_paragraph_is_left_out() -> None:
    assert paragraphs(["{{a}}", "b"], {"a": ""}) == ["b"]


def test_addresses_follow_their_country() -> None:
    german = Address(company="A GmbH", name="B C", street="D 1", postal_code="12345", city="E", country="DE")
    assert german.lines(language="de", home="DE") == ["A GmbH", "B C", "D 1", "12345 E"]
    assert german.lines(language="fr", home="FR")[-1] == "ALLEMAGNE"
    american = Address(company="A", street="1 B St", postal_code="60601", city="Chicago", state="IL", country="US")
    assert american.lines(language="en", home="US") == ["A", "1 B St", "Chicago, IL 60601"]
    japanese = Address(
        company="松本印刷", name="佐藤 里佳", street="林1", postal_code="910-3825", city="神崎町", country="JP"
    )
    assert japanese.lines(language="ja", home="JP") == ["〒910-3825 神崎町", "林1", "松本印刷", "佐藤 里佳 様"]
    anybody = Address(company="松本印刷", city="神崎町", country="JP")
    assert anybody.lines(language="ja", home="JP") == ["神崎町", "松本印刷 御中"]


def test_an_unknown_country_keeps_its_code() -> None:
    assert country_name("ZZZ", "en") == "ZZZ"
    assert country_name("jp", "de") == "Japan"


def message(**fields: object) -> Message:
    """A short e-mail."""
    values: dict[str, object] = {
        "language": "en", "sender": "A & B", "subject": "Hello", "greeting": "Dear <b>,", "before": ["{{ x }}"],
        "facts": [Fact("Name", "<script>alert(1)</script>")], "regards": "Bye,", "footer": "foot", **fields,
    }  # fmt: skip
    return Message(**values)  # type: ignore[arg-type]


def test_a_message_says_the_same_as_text_and_as_html() -> None:
    mail = message(payment=[Fact("IBAN", "DE1", strong=True)], link="https://a.example/?a=1&b=2", link_label="Decide")
    for word in ("Dear", "{{ x }}", "IBAN", "DE1", "Decide", "Bye,", "foot"):
        assert word in mail.text
        assert word in mail.html
    assert "Name: <script>alert(1)</script>" in mail.text
    assert "<script>" not in mail.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in mail.html
    assert 'href="https://a.example/?a=1&amp;b=2"' in mail.html
    assert "A &amp; B" in mail.html


def test_a_subject_is_one_line() -> None:
    assert message(subject="a\r\nBcc: b@c", badge="Test order").subject_line == "[Test order] a Bcc: b@c"
    assert len(message(subject="x" * 5000).subject_line) == 200
