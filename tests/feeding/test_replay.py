"""A year of business, event by event: the ledger is what the contract's example data says, to the cent and the day."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import BankAccount, Client, User
from config.feeding.events import measure, read_events
from config.feeding.play import Player
from config.feeding.replay import Stage, full_hour, hours_between, replay
from core.refused import Refused
from mailing.models import Email
from mailing.states import Status
from partners.models import LimitEntry, Partner
from purchases.models import LicenseKey, Payment, PoDocument, Policy, Product, Purchase

DATA = Path(__file__).parent.parent / "data"
UNTIL = "2026-11-22T12:00:00+00:00"
AT = "2026-03-02T09:15:00+01:00"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ledger(which: str) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("ledger", which, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def world(db: None) -> None:
    call_command("load_world", str(DATA / "world.json"), keys=50, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("world_file", "events", "expected"),
    [("world.json", "year.jsonl", "expected-year"), ("world-refused.json", "refused.jsonl", "expected-refused")],
)
def test_the_ledger_of_a_year_is_the_expected_one(tmp_path: Path, world_file: str, events: str, expected: str) -> None:
    call_command("load_world", str(DATA / world_file), stdout=StringIO())
    said, refusals = StringIO(), tmp_path / "refusals.jsonl"
    wanted = lines(DATA / expected / "refusals.jsonl")

    with pytest.raises(CommandError, match=f"{len(wanted)} lines") if wanted else nullcontext():
        call_command("replay", str(DATA / events), until=UNTIL, refusals=refusals, stdout=StringIO(), stderr=said)

    found = [{key: value for key, value in fact.items() if key != "reference"} for fact in ledger("purchases")]
    assert found == lines(DATA / expected / "purchases.jsonl")
    assert ledger("steps") == lines(DATA / expected / "steps.jsonl")
    refused = [(fact["line"], fact["order"], fact["event"]) for fact in lines(refusals)]
    assert refused == [(fact["line"], fact["order"], fact["event"]) for fact in wanted]
    assert all(fact["why"] for fact in lines(refusals))
    assert said.getvalue().count(f"{events}, line ") == len(wanted)
    assert not Email.objects.exclude(status__in=[Status.SENT, Status.CANCELED]).exists()


def rows_and_history() -> list[int]:
    tables: list[Any] = [Client, BankAccount, User, Product, Partner]
    counts = [model.objects.count() for model in (*tables, Policy, LimitEntry, LicenseKey)]
    return counts + [model.history.count() for model in tables]


def test_loading_a_world_twice_writes_nothing_new(world: None) -> None:
    before = rows_and_history()

    call_command("load_world", str(DATA / "world.json"), keys=50, stdout=StringIO())

    assert rows_and_history() == before
    assert before[:4] == [5, 7, 21, 11]


def test_a_changed_policy_is_a_new_version_and_a_changed_name_a_line_of_history(world: None, tmp_path: Path) -> None:
    text = (DATA / "world.json").read_text(encoding="utf-8")
    text = text.replace('"term_days": 14', '"term_days": 30').replace("Rosemary Campbell", "Rosemary Camp")
    (tmp_path / "changed.json").write_text(text, encoding="utf-8")

    call_command("load_world", str(tmp_path / "changed.json"), stdout=StringIO())

    versions = dict(Policy.objects.order_by("version").values_list("client__slug", "version"))
    assert versions == dict.fromkeys(versions, 1) | {"atelier-fonts": 2}
    cologne = User.objects.get(username="cologne")
    assert [line.history_change_reason for line in cologne.history.all()] == ["user changed: name", "user registered"]
    assert not cologne.has_usable_password()


ORDER = {
    "client": "hafen-cad",
    "channel": "checkout",
    "payment": "po",
    "currency": "EUR",
    "customer": {
        "company": "Muster AG",
        "type": "COM",
        "first_name": "Mia",
        "last_name": "Muster",
        "email": "ap@muster.example",
        "street": "Weg 1",
        "postal_code": "20095",
        "city": "Hamburg",
        "country": "DE",
        "state": "",
        "language": "de",
        "vat_id": "",
    },
    "tax_percent": "19",
    "items": [{"product": "CAD-PRO", "quantity": 1}],
}


def play(tmp_path: Path, *events: dict[str, Any]) -> list[str]:
    """Replay events a minute apart; answer the reasons of those refused."""
    start = datetime.fromisoformat(AT)
    file, refusals = tmp_path / "events.jsonl", tmp_path / "refusals.jsonl"
    rows = [{"at": (start + timedelta(minutes=n)).isoformat(), "order": "N-1", **row} for n, row in enumerate(events)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    try:
        call_command("replay", str(file), refusals=refusals, stdout=StringIO(), stderr=StringIO())
    except CommandError:
        return [fact["why"] for fact in lines(refusals)]
    return []


def test_an_order_id_is_taken_once_but_a_refused_order_does_not_exist(world: None, tmp_path: Path) -> None:
    order = {"event": "order", **ORDER}
    small = order | {"items": [{"product": "CAD-LT", "quantity": 1, "discount_percent": "33"}]}

    why = play(tmp_path, small, {"event": "keep_active"}, order, order)

    assert why == [
        "103.57 EUR is below the minimum for purchase orders.",
        "There is no order N-1.",
        "There is an order N-1 already.",
    ]
    assert Purchase.objects.get().gross_minor == 59381


def test_what_nobody_knows_is_refused(world: None, tmp_path: Path) -> None:
    order = {"event": "order", **ORDER}
    why = play(
        tmp_path,
        order | {"client": "nobody"},
        order | {"items": [{"product": "NONE", "quantity": 1}]},
        order | {"channel": "partner", "partner": "P-KUM-1"},
        order | {"customer": ORDER["customer"] | {"company": "x" * 10_000}},  # type: ignore[operator]
        order,
        {"event": "cancel", "by": "admin-kumo-backup", "reason": "x"},
        {"event": "payment", "amount": "5", "currency": "USD", "method": "wire"},
    )

    assert len(why) == 6
    assert why[0] == "There is no client nobody."
    assert why[2] == "P-KUM-1 is no partner of hafen-cad."
    assert why[4] == "admin-kumo-backup is no user of the platform or of Hafen CAD GmbH."
    assert Purchase.objects.count() == 1


def test_a_free_item_costs_nothing_and_two_equal_bank_lines_are_both_money(world: None, tmp_path: Path) -> None:
    free = {"product": "CAD-LT", "quantity": 2, "unit_price": "0.00"}
    order = {"event": "order", **ORDER, "payment": "wire", "items": [free, {"product": "CAD-PRO", "quantity": 1}]}
    money = {"event": "payment", "amount": "100.00", "currency": "EUR", "method": "wire", "bank_reference": "B1"}
    twice = {**money, "at": "2026-03-02T10:00:00+01:00"}

    assert play(tmp_path, order, twice, twice) == []

    assert Purchase.objects.get().gross_minor == 59381
    assert list(Payment.objects.values_list("amount_minor", flat=True)) == [10000, 10000]


def test_who_refunds_need_only_be_a_known_user(world: None, tmp_path: Path) -> None:
    order = {"event": "order", **ORDER, "payment": "wire", "items": [{"product": "CAD-PRO", "quantity": 1}]}
    money = {"event": "payment", "amount": "593.81", "currency": "EUR", "method": "wire", "bank_reference": "B1"}
    refund = {"event": "refund", "by": "support-hafen-cad", "amount": "93.81", "reason": "goodwill"}

    assert play(tmp_path, order, money, refund) == []

    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.refunded_minor) == ("PRF", 9_381)


def test_resuming_what_is_not_held_changes_nothing(world: None, tmp_path: Path) -> None:
    order = {"event": "order", **ORDER, "client": "atelier-fonts", "items": [{"product": "GARAMOND", "quantity": 1}]}
    resume = {"event": "resume", "by": "cologne", "reason": "settled"}

    assert play(tmp_path, order, resume) == []


def test_a_document_lying_beside_the_events_is_attached(world: None, tmp_path: Path) -> None:
    (tmp_path / "po.pdf").write_bytes(b"%PDF-1.4 signed")
    (tmp_path / "fake.pdf").write_bytes(b"MZ")
    (tmp_path / "po.exe").write_bytes(b"MZ")
    document = {"event": "document", "channel": "email"}

    why = play(
        tmp_path,
        {"event": "order", **ORDER},
        document | {"file": "po.pdf"},
        document | {"file": "elsewhere.pdf"},
        document | {"file": "../../../../../../../../etc/hostname"},
        document | {"file": "fake.pdf"},
        document | {"file": "po.exe"},
    )

    assert why == ["fake.pdf is not what its name says: it is no application/pdf.", "po.exe is no PDF, PNG or JPEG."]
    assert [bytes(row or b"") for row in PoDocument.objects.order_by("pk").values_list("content", flat=True)] == [
        b"%PDF-1.4 signed",
        b"",
        b"",
    ]


def test_events_come_before_the_run_of_their_hour_and_nothing_after_the_end(tmp_path: Path) -> None:
    told: list[str] = []

    class Teller(Player):
        """Notes what it plays; refuses the second."""

        def play(self, event: Any) -> None:
            told.append(f"event {event.line}")
            if event.line == 2:
                raise Refused("not today")

    def stage(name: str) -> Any:
        return lambda at: told.append(f"{name} {at:%H:%M}")

    file = tmp_path / "events.jsonl"
    moments = ("08:30", "09:00", "09:01", "11:00", "12:00")
    file.write_text(
        "".join(f'{{"at": "2026-01-01T{at}:00Z", "event": "keep_active", "order": "N"}}\n\n' for at in moments),
        encoding="utf-8",
    )

    refused = replay(
        (event for event in read_events(file)),
        until=datetime(2026, 1, 1, 11, 30, tzinfo=UTC),
        player=Teller(),
        stage=Stage(run_jobs=stage("run"), settle=stage("mail"), tick=lambda _at: None),
    )

    assert [line.line for line in refused] == []
    assert told == [
        *("event 1", "mail 08:30", "event 3", "mail 09:00", "run 09:00", "mail 09:00"),
        *("event 5", "mail 09:01", "run 10:00", "mail 10:00", "event 7", "mail 11:00", "run 11:00", "mail 11:00"),
    ]
    assert measure(file).count == 5


def test_full_hours() -> None:
    at = datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert full_hour(at) == at
    assert full_hour(at + timedelta(seconds=1)) == at + timedelta(hours=1)
    assert hours_between(at, at) == 1
    assert hours_between(at, at - timedelta(hours=3)) == 0


@pytest.mark.django_db
def test_an_empty_event_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n", encoding="utf-8")
    out = StringIO()

    call_command("replay", str(tmp_path / "empty.jsonl"), stdout=out)

    assert out.getvalue().strip().endswith("0 events, 0 refused.")
    assert ledger("purchases") == ledger("steps") == []
