"""A broken world or event file names file, line, field and reason, and nothing is written."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Client, User
from config.feeding.jsonfile import BadInputError, line_of
from config.feeding.moments import parse_moment
from purchases.models import Purchase

DATA = Path(__file__).parent.parent / "data"
WORLD = (DATA / "world.json").read_text(encoding="utf-8")
ORDER = json.loads((DATA / "year.jsonl").read_text(encoding="utf-8").splitlines()[1])


def complaint(*arguments: Any, **options: Any) -> str:
    with pytest.raises(CommandError) as error:
        call_command(*arguments, stdout=StringIO(), stderr=StringIO(), **options)
    text = str(error.value)
    assert "\n" not in text
    return text


WORLD_SLIPS = [
    ('"term_days": 14', '"term_days": 15', "line 135, field clients[2].policy.term_days: must be 14, 30 or 60, not 15"),
    ('"EUR": "499.00"', '"EUR": "499.001"', "field products[0].prices.EUR: '499.001' is not an amount in EUR"),
    ('"EUR": "499.00"', '"EUR": "-1"', "field products[0].prices.EUR: must not be below zero"),
    ('"EUR": "499.00"', '"EUR": "1e30"', "field products[0].prices.EUR: must be a number of a usable size"),
    ('"EUR": "499.00"', '"EUR": "9999999999999999"', "field products[0].prices.EUR: is too large"),
    ('"EUR": "499.00"', '"EUR": true', "field products[0].prices.EUR: must be a number, not true or false"),
    ('"EUR": "499.00"', '"EUX": "499.00"', "'EUX' is not an ISO 4217 currency"),
    ('"limit": "15000"', '"limit": ""', "field partners[0].limit: must be a number, not ''"),
    ('"limit": "15000"', '"limit": "-5"', "field partners[0].limit: must not be below zero"),
    ('"role": "client_sales"', '"role": "sales"', "field users[2].role: must be one of platform_admin"),
    ('"role": "client_sales"', '"role": "platform_tax"', "a platform_tax belongs to the platform, not to a client"),
    ('"client": null', '"client": "nobody"', "there is no client 'nobody'"),
    ('"role": "platform_admin"', '"role": "client_admin"', "a client_admin belongs to a client"),
    ('"code": "P-KUM-2"', '"code": "P-KUM-1"', "field partners[7].code: 'P-KUM-1' is already in partners[6]"),
    ('"review": true', '"reveiw": true', "clients[0].policy.reveiw: is not a known field; did you mean review?"),
    ('"slug": "kumo-backup",', "", "field clients[3].slug: is missing"),
    ('"slug": "kumo-backup"', '"slug": "kumo backup"', "may hold only letters, digits, hyphens and underscores"),
    ('"EUR": "499.00",', '"EUR": "499.00",,', "line 254: is not JSON: Expecting property name"),
    (
        "DE42391500",
        "DE43391500",
        "line 18, field clients[0].bank_accounts[0].iban: 'DE4339",
    ),
    ('"currency": "USD"', '"currency": "EUR"', "field clients[0].bank_accounts[1].currency: EUR is given twice"),
    ('"name": "Hafen CAD GmbH"', '"name": null', "line 5, field clients[0].name: is missing"),
    ('"name": "Hafen CAD GmbH"', '"name": " "', "field clients[0].name: must not be empty"),
    ('"name": "Hafen CAD GmbH"', '"name": 7', "field clients[0].name: must be a text, not a number"),
    (
        '"name": "Hafen CAD GmbH"',
        '"name": "\\u0000"',
        "clients[0].name: contains a character that can't",
    ),
    (
        '"name": "Hafen CAD GmbH"',
        '"name": "\\ud800"',
        "clients[0].name: contains a character that can't",
    ),
    ('"name": "Hafen CAD GmbH"', f'"name": "{"x" * 201}"', "field clients[0].name: has 201 characters, at most 200"),
    ('"country": "DE"', '"country": "de"', "field clients[0].country: 'de' is not a country code"),
    ('"subdivision": "HH"', '"subdivision": "XX"', "field clients[0].subdivision: 'XX' is not a subdivision of DE"),
    ('"time_zone": "Asia/Tokyo"', '"time_zone": "Asia/"', "'Asia/' is not a time zone such as Europe/Berlin"),
    ('"email": "orders@kumo-backup.example"', '"email": "orders"', "'orders' is not an e-mail address"),
    ('"EUR": "50000.00"', '"EUR": "50.00"', "field clients[0].policy.maximum.EUR: 50.00 EUR is below the minimum"),
    ('"cancel_after_business_days": 3', '"cancel_after_business_days": 9', "must be between 2 and 3, not 9"),
    ('"cancel_after_business_days": 3', '"cancel_after_business_days": "3"', "must be a whole number, not '3'"),
    ('"dunning": true', '"dunning": "yes"', "field clients[0].policy.dunning: must be true or false, not 'yes'"),
    ('"COM",', '"FOO",', "field clients[0].policy.eligible_types: may hold COM, GOV, UNI, NPR, MIS, not 'FOO'"),
    ('"clients": [', '"clients": [3, ', "field clients[0]: must be an object, not a number"),
    ("{", '{"clients": [],', "the field 'clients' is given twice in one object"),
    ("{", "[", "line 2: is not JSON"),
    ("{", "NaN", "is not a JSON number"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("right", "wrong", "reason"), WORLD_SLIPS)
def test_a_broken_world_names_line_field_and_reason(tmp_path: Path, right: str, wrong: str, reason: str) -> None:
    file = tmp_path / "world.json"
    file.write_text(WORLD.replace(right, wrong, 1), encoding="utf-8")

    text = complaint("load_world", str(file))

    assert text.startswith(str(file))
    assert reason in text
    assert Client.objects.count() == User.objects.count() == 0


@pytest.mark.django_db
def test_a_partner_code_of_another_client_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    world = json.loads(WORLD)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps({**world, "users": []}), encoding="utf-8")
    call_command("load_world", str(first), keys=1, stdout=StringIO())
    stolen = {**world["partners"][0], "client": "kumo-backup", "currency": "JPY"}
    second.write_text(json.dumps({"users": world["users"], "partners": [stolen]}, indent=1), encoding="utf-8")

    text = complaint("load_world", str(second))

    assert "field partners[0]: The partner code P-HAF-1 is taken." in text
    assert User.objects.count() == 0


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert complaint("replay", str(tmp_path / "none.jsonl")).endswith(
        "none.jsonl: can't be read: No such file or directory"
    )


@pytest.mark.django_db
def test_a_world_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    assert "can't be read" in complaint("load_world", str(tmp_path))
    (tmp_path / "latin1.json").write_bytes('{\n"clients": "é"}'.encode("latin-1"))
    assert "line 2: is not UTF-8 text" in complaint("load_world", str(tmp_path / "latin1.json"))
    (tmp_path / "deep.json").write_text("[" * 200_000, encoding="utf-8")
    assert "is nested too deeply" in complaint("load_world", str(tmp_path / "deep.json"))


def changed(**changes: Any) -> str:
    return json.dumps({key: value for key, value in (ORDER | changes).items() if value is not None}) + "\n"


def event(name: str, **fields: Any) -> str:
    return json.dumps({"at": "2026-03-02T09:15:00+01:00", "event": name, "order": "N-1", **fields}) + "\n"


ITEM = {"product": "CAD-PRO", "quantity": 1}
EVENT_SLIPS = [
    ("nonsense\n", "line 2: is not JSON"),
    ("[1]\n", "line 2: must be an object"),
    ("{\n", "line 2: is not JSON"),
    (changed(at="2026-01-01"), "line 2, field at: '2026-01-01' has no UTC offset"),
    (changed(at="yesterday"), "line 2, field at: 'yesterday' is not a moment"),
    (changed(at="3026-01-01T00:00:00Z"), "line 2, field at: is in the year 3026"),
    (changed(at="2020-01-01T00:00:00Z"), "line 2, field at: 2020-01-01T00:00:00+00:00 is before line 1"),
    (changed(event="ordr"), "line 2, field event: must be one of order, document"),
    (changed(order=None), "line 2, field order: is missing"),
    (changed(items=[]), "line 2, field items: is empty"),
    (changed(items={}), "line 2, field items: must be a list, not an object"),
    (changed(items=[ITEM | {"quantity": 0}]), "line 2, field items[0].quantity: must be between 1 and"),
    (changed(items=[ITEM | {"unit_price": "-1"}]), "line 2, field items[0].unit_price: must not be below zero"),
    (changed(items=[ITEM | {"discount_percent": "101"}]), "must be a percentage between 0 and 100"),
    (changed(items=[ITEM | {"discount_pct": "1"}]), "is not a known field; did you mean discount_percent?"),
    (changed(customer="Hafen"), "line 2, field customer: must be an object, not a text"),
    (changed(currency="XXQ"), "line 2, field currency: 'XXQ' is not an ISO 4217 currency"),
    (changed(channel="shop"), "line 2, field channel: must be one of checkout, partner, offline, not 'shop'"),
    (changed(x_parameters={"x-a": 7}), "line 2, field x_parameters.x-a: must be a text, not a number"),
    (
        event("payment", amount="1,50", currency="EUR", method="wire"),
        "field amount: must be a number, not '1,50'",
    ),
    (
        event("payment", amount="1.5", currency="JPY", method="wire"),
        "field amount: '1.5' is not an amount in JPY",
    ),
    (
        event("payment", amount="1", currency="EUR", method="card", card_last4="12a4"),
        "card_last4: '12a4' must",
    ),
    (event("refund", by="finance", reason="x"), "line 2, field amount: give either an amount or total: true"),
    (event("refund", by="finance", reason="x", amount="x"), "line 2, field amount: must be a number, not 'x'"),
    (event("promise", by="finance"), "line 2, field until: is missing"),
    (event("hold", by="finance", reason="x", until="soon"), "line 2, field until: 'soon' is not a date"),
    (event("hold", by="finance", reason="x", until="0001-01-01"), "line 2, field until: is in the year 1;"),
    (event("release"), "line 2, field by: is missing"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("line", "reason"), EVENT_SLIPS)
def test_a_broken_event_file_names_line_field_and_reason(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(ORDER | {"at": "2025-11-01T00:00:00Z"}) + "\n" + line, encoding="utf-8")

    text = complaint("replay", str(file))

    assert text.startswith(str(file))
    assert reason in text
    assert Purchase.objects.count() == 0


def test_an_event_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "latin1.jsonl").write_bytes(b"\n\xe9\n")
    assert "line 2: is not UTF-8 text" in complaint("replay", str(tmp_path / "latin1.jsonl"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("now", "--until: 'now' is not a moment"),
        ("2026-01-01T00:00:00", "--until: '2026-01-01T00:00:00' has no UTC offset"),
        ("0001-01-01T00:00:00Z", "--until: '0001-01-01T00:00:00Z' is not between 1900 and 2999"),
    ],
)
def test_a_moment_on_the_command_line(text: str, reason: str) -> None:
    with pytest.raises(BadInputError, match=r"^--until") as error:
        parse_moment("--until", text)
    assert reason in str(error.value)


@pytest.mark.django_db
def test_a_place_for_refusals_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_text("", encoding="utf-8")
    text = complaint("replay", str(tmp_path / "e.jsonl"), refusals=tmp_path / "no" / "r.jsonl")
    assert "--refusals" in text
    assert "can't be written" in text


def test_the_line_of_a_path_in_any_layout() -> None:
    text = '{"a": [1,\n {"b": "x", "c":\n [true,\n null]}], "d": {}}'
    assert [line_of(text, path) for path in ((), ("a", 1, "c", 1), ("d", "missing"), ("a", 0, "deeper"))] == [
        1,
        4,
        4,
        1,
    ]


@pytest.mark.parametrize("count", ["0", "50000001"])
def test_a_demo_of_an_impossible_size(count: str) -> None:
    assert "--purchases: must be between 1 and 50,000,000" in complaint("demo", f"--purchases={count}")
