"""A large bank file is read by the worker: in chunks, whole or not at all, and over dead workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import BankAccount
from core.money import Money
from core.refused import Refused
from purchases.management.commands.sample_statement import Row, camt, csv
from purchases.models import BankFile, BankLine, BankStatement, CsvMapping, LineStatus, Payment
from purchases.services import bank_import
from purchases.services.bank_csv import CsvLayout
from purchases.tasks import read_bank_files
from purchases.views import bank_import as pages
from tests.stories import MONDAY, a_client, a_released_po, a_user, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

IBAN = "DE89370400440532013000"
UPLOAD = "/purchases/bank/upload/"


def rows(number: int, text: str = "line {}") -> list[Row]:
    """So many incoming payments."""
    return [Row(Money(100 + one, "EUR"), f"Payer {one}", text.format(one)) for one in range(number)]


def camt_of(movements: list[Row], account: str = IBAN, currency: str = "EUR") -> bytes:
    return camt(account, currency, MONDAY.date(), movements).encode()


ONE = camt_of(rows(1))
TWICE = ONE.replace(
    b"  </BkToCstmrStmt>", ONE[ONE.index(b"    <Stmt>") : ONE.index(b"  </BkToCstmrStmt>")] + b"  </BkToCstmrStmt>"
)


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance", name="Fina")


@pytest.fixture
def desk(finance: User) -> Iterator[Browser]:
    """The browser of finance, on Monday."""
    browser = Browser()
    browser.force_login(finance)
    with time_machine.travel(MONDAY, tick=False):
        yield browser


@pytest.fixture
def _chunks_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_import, "CHUNK", 2)


@pytest.fixture
def _nothing_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", 0)


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def send(desk: Browser, name: str, content: bytes, **more: Any) -> Any:
    return desk.post(UPLOAD, {"file": SimpleUploadedFile(name, content), "client": "", **more})


def store(content: bytes, finance: User, client: Client | None = None, **more: Any) -> BankFile:
    return bank_import.store_file(content, filename="a.xml", client=client, by=finance, at=MONDAY, **more)


def works(at: datetime = MONDAY) -> int:
    """The worker looks."""
    return bank_import.read_due(clock=lambda: at)


# The page ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_nothing_at_once", "_chunks_of_two")
def test_a_large_file_is_stored_and_its_page_follows_the_worker(desk: Browser, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    movements = [*rows(4), Row(Money(11_900, "EUR"), "Werft", f"Ref {purchase.reference}")]
    sent = send(desk, "big.xml", camt_of(movements))
    file = BankFile.objects.get()
    page = f"/purchases/bank/files/{file.pk}/"
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert BankLine.objects.count() == 0
    asked = text_of(desk.get(page))
    for words in ("Reading the file", "You can leave this page", 'hx-trigger="every 1s"', "Look again"):
        assert words in asked, words
    assert "waits to be read" in text_of(desk.get("/purchases/bank/statements/"))
    claimed = bank_import.claim_next(at=MONDAY)
    assert claimed is not None
    BankFile.objects.update(done=2_000, total=20_000)
    assert "2,000 of 20,000 lines." in text_of(desk.get(page))
    assert "2,000 of 20,000 lines" in text_of(desk.get("/purchases/bank/statements/"))
    BankFile.objects.update(done=0, total=0, claimed_until=None)
    assert read_bank_files() == 1
    polled = desk.get(page, headers={"hx-request": "true"})
    statement = BankStatement.objects.get()
    assert polled["HX-Redirect"] == f"/purchases/bank/statements/{statement.pk}/"
    done = desk.get(page)
    assert done["Location"] == f"/purchases/bank/statements/{statement.pk}/"
    assert "big.xml imported: 5 lines are new. Nothing is booked yet." in text_of(desk.get(done["Location"]))
    assert "big.xml" not in text_of(desk.get("/purchases/bank/statements/")).split("<table")[0]
    assert Payment.objects.count() == 0
    file.refresh_from_db()
    assert (bytes(file.content), file.done, file.total) == (b"", 5, 5)
    assert BankLine.objects.get(purchase=purchase).status == LineStatus.PROPOSED


@pytest.mark.usefixtures("_nothing_at_once")
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("cut.xml", camt_of(rows(3))[:-300], "cut.xml, line 28: the XML is broken or cut"),
        ("foreign.xml", camt_of(rows(1), account="DE02120300000000202051"), "which no client has: choose the client"),
        ("yen.xml", camt_of(rows(1)).replace(b'Ccy="EUR">1.00', b'Ccy="USD">1.00'), "yen.xml, line"),
        ("twice.xml", TWICE, "twice.xml, line 19: the statement SAMPLE-20260302 is in it twice"),
    ],
)
def test_what_is_wrong_with_a_large_file_is_said_on_its_page(
    desk: Browser, hafen: Client, name: str, content: bytes, told: str
) -> None:
    sent = send(desk, name, content)
    assert works() == 1
    page = text_of(desk.get(sent["Location"]))
    assert told in page
    assert "othing was imported." in page
    assert "every 1s" not in page
    assert "was not imported" in text_of(desk.get("/purchases/bank/statements/"))
    assert (BankStatement.objects.count(), BankLine.objects.count()) == (0, 0)


def test_a_small_file_is_there_at_once_and_a_refused_one_leaves_nothing(desk: Browser, hafen: Client) -> None:
    assert "/bank/statements/" in send(desk, "a.xml", camt_of(rows(2)))["Location"]
    assert send(desk, "cut.xml", camt_of(rows(3))[:-300]).status_code == 422
    assert BankFile.objects.count() == 1


def test_a_file_is_its_clients_alone(hafen: Client, finance: User) -> None:
    file = store(camt_of(rows(1)), finance, hafen)
    for role, status in (("platform_admin", 200), ("platform_customer_service", 403), ("auditor", 403)):
        browser = Browser()
        browser.force_login(a_user(role))
        assert browser.get(f"/purchases/bank/files/{file.pk}/").status_code == status, role


def test_the_list_of_statements_costs_the_same_for_one_file_and_for_many(desk: Browser, finance: User) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get("/purchases/bank/statements/").status_code == 200
        return len(captured)

    store(b"<a", finance)
    one = cost()
    for content in (b"<b", b"<c"):
        store(content, finance)
    assert cost() == one


# The worker --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_chunks_of_two")
def test_lines_that_are_known_are_skipped_in_every_chunk_and_doubles_are_told_over_chunks(
    hafen: Client, finance: User
) -> None:
    purchase = a_released_po(hafen)
    named = [Row(Money(5_000 + one, "EUR"), "Werft", f"Ref {purchase.reference}") for one in range(2)]
    store(camt_of(rows(3)), finance, hafen)
    again = store(camt_of([*rows(3), named[0], *rows(5)[3:], named[1]]), finance, hafen)
    assert works() == 2
    again.refresh_from_db()
    assert (again.new_count, again.known_count, len(again.known_lines)) == (4, 3, 3)
    assert [line.grounds[-1] for line in BankLine.objects.filter(purchase=purchase)] == [
        "2 lines of this file name it"
    ] * 2


def test_the_same_file_sent_twice_before_it_was_read_is_imported_once(hafen: Client, finance: User) -> None:
    first, second = (store(camt_of(rows(2)), finance, hafen) for _ in range(2))
    assert works() == 2
    second.refresh_from_db()
    assert second.problem.startswith("a.xml was imported already, by Fina on 2026-03-02 10:00.")
    assert (BankStatement.objects.count(), BankLine.objects.count()) == (1, 2)
    with pytest.raises(Refused, match="was imported already"):
        store(camt_of(rows(2)), finance, hafen)
    assert first.filename == str(first)


def test_a_csv_is_read_by_its_layout_and_its_settings_are_kept(hafen: Client, finance: User) -> None:
    columns = {"date": "Buchungstag", "amount": "Betrag", "payer": "Auftraggeber", "text": "Verwendungszweck"}
    layout = CsvLayout(columns=columns)
    content = csv(IBAN, "EUR", MONDAY.date(), rows(2)).encode()
    file = store(content, finance, hafen, layout=layout, mapping="Hausbank")
    assert works() == 1
    file.refresh_from_db()
    assert (file.problem, file.new_count, CsvMapping.objects.get().name) == ("", 2, "Hausbank")
    BankAccount.objects.all().delete()
    other = store(content.replace(b"line", b"Line"), finance, hafen, layout=layout)
    works()
    other.refresh_from_db()
    assert (other.problem, other.new_count) == ("", 2)


def test_a_user_of_one_client_brings_that_clients_file(hafen: Client) -> None:
    file = store(camt_of(rows(1)), a_user("client_admin", hafen))
    stranger = store(camt_of(rows(2)), a_user("client_admin", a_client("elbe")))
    BankAccount.objects.filter(client__slug="elbe").delete()
    assert works() == 2
    file.refresh_from_db()
    stranger.refresh_from_db()
    assert (file.client, file.problem) == (hafen, "")
    assert "which no client has" in stranger.problem


@pytest.mark.usefixtures("_chunks_of_two")
def test_a_worker_that_dies_between_chunks_is_followed_by_another(
    hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = store(camt_of(rows(5)), finance, hafen)
    ticks = iter([MONDAY] * 3)

    def power_cut() -> datetime:
        return next(ticks)

    with pytest.raises(StopIteration):
        bank_import.read_due(clock=power_cut)
    file.refresh_from_db()
    assert (file.done, file.total, BankLine.objects.count()) == (4, 5, 4)
    assert works() == 0  # the other one may still live
    assert works(MONDAY + timedelta(minutes=2)) == 1
    file.refresh_from_db()
    assert (file.done, file.problem, BankLine.objects.count()) == (5, "", 5)


@pytest.mark.usefixtures("_chunks_of_two")
def test_two_workers_over_one_file_keep_each_line_once(hafen: Client, finance: User) -> None:
    stored = store(camt_of(rows(5)), finance, hafen)
    claimed = bank_import.claim_next(at=MONDAY)
    assert claimed is not None
    assert bank_import.read_file(BankFile.objects.get(pk=stored.pk), clock=lambda: MONDAY).done == 5
    assert bank_import.read_file(claimed, clock=lambda: MONDAY).problem == ""
    assert BankLine.objects.count() == 5


def test_a_file_that_kills_its_workers_is_given_up(hafen: Client, finance: User) -> None:
    files = [store(camt_of(rows(number)), finance, hafen) for number in (1, 2)]
    BankFile.objects.update(attempts=bank_import.MOST_ATTEMPTS)
    BankFile.objects.filter(pk=files[1].pk).update(done=500, total=20_000)
    assert works() == 0
    works()
    assert list(BankFile.objects.order_by("pk").values_list("problem", flat=True)) == [
        "a.xml could not be read in 5 attempts; nothing was imported.",
        "a.xml could not be read in 5 attempts; 500 of its 20,000 lines are here. Send it again for the rest.",
    ]


def given_up(content: bytes, finance: User, client: Client | None = None, **more: Any) -> BankFile:
    """A file of which only the first chunk of two lines is here."""
    file = store(content, finance, client, **more)
    ticks = iter([MONDAY] * 2)
    with pytest.raises(StopIteration):
        bank_import.read_due(clock=lambda: next(ticks))
    BankFile.objects.filter(pk=file.pk).update(attempts=bank_import.MOST_ATTEMPTS)
    assert works(MONDAY + timedelta(minutes=2)) == 0
    file.refresh_from_db()
    assert file.problem.endswith("2 of its 5 lines are here. Send it again for the rest.")
    return file


@pytest.mark.usefixtures("_chunks_of_two")
@pytest.mark.parametrize("is_chosen", [True, False])
def test_a_file_that_was_given_up_goes_on_when_it_is_sent_again(
    hafen: Client, finance: User, *, is_chosen: bool
) -> None:
    chosen = hafen if is_chosen else None
    file = given_up(camt_of(rows(5)), finance, chosen)
    again = store(camt_of(rows(5)), finance, chosen)
    assert (again.pk, again.attempts, again.problem, again.finished_at) == (file.pk, 0, "", None)
    assert works() == 1
    again.refresh_from_db()
    assert (again.done, again.new_count, again.problem, BankLine.objects.count()) == (5, 5, "", 5)
    with pytest.raises(Refused, match="was imported already"):
        store(camt_of(rows(5)), finance, hafen)


@pytest.mark.usefixtures("_chunks_of_two")
def test_a_csv_that_was_given_up_is_asked_about_again_and_goes_on(desk: Browser, hafen: Client, finance: User) -> None:
    columns = {"date": "Buchungstag", "amount": "Betrag", "payer": "Auftraggeber", "text": "Verwendungszweck"}
    content = csv(IBAN, "EUR", MONDAY.date(), rows(5)).encode()
    given_up(content, finance, hafen, layout=CsvLayout(columns=columns))
    assert "was not imported whole" in text_of(desk.get("/purchases/bank/statements/"))
    asked = send(desk, "a.csv", content, client=str(hafen.pk))
    assert (asked.status_code, "imported already" in text_of(asked)) == (200, False)


@pytest.mark.usefixtures("_chunks_of_two")
def test_what_stops_a_file_that_goes_on_does_not_deny_its_first_lines(hafen: Client, finance: User) -> None:
    given_up(camt_of(rows(5)), finance, hafen)
    other = a_client("elbe")
    BankAccount.objects.filter(client=other).update(iban=IBAN)
    BankAccount.objects.filter(client=hafen).update(iban="DE02120300000000202051")
    again = store(camt_of(rows(5)), finance, hafen)
    with pytest.raises(Refused, match=r"is not one of Hafen.*\. 2 of its 5 lines are here\.$"):
        bank_import.read_now(again, clock=lambda: MONDAY)
    assert (BankFile.objects.count(), BankLine.objects.count()) == (1, 2)


@pytest.mark.usefixtures("_chunks_of_two")
def test_a_second_copy_of_a_file_that_was_given_up_is_refused(hafen: Client, finance: User) -> None:
    second = store(camt_of(rows(5)), finance, hafen)
    BankFile.objects.update(claimed_until=days_later(9))
    given_up(camt_of(rows(5)), finance, hafen)
    assert works(days_later(10)) == 1
    second.refresh_from_db()
    assert second.problem.startswith("a.xml was imported already")


@pytest.mark.usefixtures("_chunks_of_two")
def test_the_content_is_read_once_however_many_chunks(hafen: Client, finance: User) -> None:
    def passes(number: int) -> int:
        store(camt_of(rows(number, f"of {number}, {{}}")), finance, hafen)
        with CaptureQueriesContext(connection) as captured:
            assert works() == 1
        return sum('"content"' in query["sql"] for query in captured.captured_queries)

    assert passes(1) == passes(5)


KILLED = """
import django, signal
django.setup()
from django.utils import timezone
from purchases.services import bank_import
bank_import.CHUNK = 10
looks = 0
def clock():
    global looks
    looks += 1
    if looks == 3:  # it claimed the file and kept a chunk
        print("kept", flush=True)
        signal.pause()
    return timezone.now()
bank_import.read_due(clock=clock)
"""


def start_worker() -> subprocess.Popen[str]:
    database = settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        password = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
        host = str(database["HOST"]).replace("/", "%2F")
        url = f"postgresql://{database['USER']}{password}@{host}:{database['PORT'] or 5432}/{name}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(
        [sys.executable, "-c", KILLED],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_gone_on_every_line_is_there_once() -> None:
    hafen, finance = a_client("hafen"), a_user("platform_finance")
    file = store(camt_of(rows(800)), finance, hafen)
    worker = start_worker()
    assert worker.stdout is not None
    assert worker.stdout.readline() == "kept\n"
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()
    file.refresh_from_db()
    assert (file.done, BankLine.objects.count()) == (10, 10)
    assert works(timezone.now() + timedelta(minutes=2)) == 1
    file.refresh_from_db()
    assert (file.done, file.new_count, file.problem) == (800, 800, "")
    assert BankLine.objects.values("position").distinct().count() == BankLine.objects.count() == 800
    assert Payment.objects.count() == 0
