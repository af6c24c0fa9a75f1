"""Lists that people take away: what the address shows, written by the worker in pieces, for their eyes alone."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts.models import Export, ExportPart, User
from accounts.services import exports, set_active
from accounts.tasks import forget_exports, write_exports
from core import exports as listings
from core.refused import Refused
from customers.models import Customer
from errorlog.models import ErrorRecord
from purchases.models import Purchase
from purchases.tables import PurchaseTable
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, an_offline_order, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client

pytestmark = pytest.mark.django_db

NEW = "/accounts/exports/new/"
LIST = "/purchases/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance", username="fina")


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def asks(user: User, query: str = "", *, kind: str = "purchases:list", **more: Any) -> Export:
    """Somebody asks for a file."""
    values: dict[str, Any] = {"format": "csv", "client": None, "at": MONDAY, **more}
    return exports.ask_export(kind=kind, query=query, by=user, **values)


def works(at: datetime = MONDAY) -> int:
    """The worker looks."""
    return exports.write_due(clock=lambda: at)


def lines_of(export: Export) -> list[list[str]]:
    """What stands in a CSV."""
    export.refresh_from_db()
    content = bytes(export.content or b"")
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def column(export: Export, label: str) -> list[str]:
    head, *rows = lines_of(export)
    return [row[head.index(label)] for row in rows]


# What is in it -------------------------------------------------------------------------------------------------------


def test_a_file_holds_what_the_address_shows_in_its_order(hafen: Client, finance: User) -> None:
    late, early, paid = (a_released_po(hafen, at=days_later(-days)) for days in (40, 50, 60))
    pays(paid, "119.00")
    other = an_offline_order(hafen)
    export = asks(finance, "show=overdue&sort=due_on&after=abc&before=&preview=1")
    assert works() == 1
    assert column(export, "Reference") == [early.reference, late.reference]
    assert (export.done, export.total, export.problem) == (2, 2, "")
    assert column(whole := written(finance, ""), "Reference")[0] == other.reference
    assert len(lines_of(whole)) == 5
    picked = written(finance, f"pick={paid.reference}&pick={late.reference}&pick=nonsense&show=overdue")
    assert column(picked, "Reference") == [late.reference, paid.reference]


def written(user: User, query: str, **more: Any) -> Export:
    export = asks(user, query, **more)
    works()
    export.refresh_from_db()
    return export


def test_numbers_are_numbers_and_days_are_days(hafen: Client, finance: User) -> None:
    po = a_released_po(hafen, po_number='=HYPERLINK("x")', customer=a_customer(company="Müller & <Söhne>"))
    pays(po, "19.00")
    head, row = lines_of(written(finance, ""))
    assert head[-1] == "Currency"
    told = dict(zip(head, row, strict=True))
    assert told["PO number"] == '\'=HYPERLINK("x")'
    assert told["Customer"] == "Müller & <Söhne>"
    assert (told["Gross"], told["Open"], told["Currency"]) == ("119.00", "100.00", "EUR")
    assert (told["Due"], told["Status"]) == ("2026-04-01", "Purchase Order")
    book = load_workbook(io.BytesIO(bytes(written(finance, "", format="xlsx").content or b"")))
    sheet = book.active
    assert sheet is not None
    assert (sheet.title, sheet.freeze_panes) == ("Purchases", "A2")
    top, first = sheet.iter_rows()
    assert [cell.value for cell in top] == head
    assert {cell.font.b for cell in top} == {True}
    values = {name.value: cell.value for name, cell in zip(top, first, strict=True)}
    assert (values["Gross"], values["Due"].date()) == (119, date(2026, 4, 1))
    assert values["PO number"] == '\'=HYPERLINK("x")'


def test_other_lists_are_taken_away_by_the_same_means(hafen: Client) -> None:
    admin = a_user("platform_admin", username="root")
    po = a_released_po(hafen)
    Customer.objects.update(created_at=MONDAY)
    export = written(admin, "", kind="customers:list")
    assert (column(export, "Company"), column(export, "Since")) == (["Werft & Söhne KG"], ["2026-03-02 10:00:00"])
    for kind, label in (("errorlog:list", "Reference"), ("followups:list", "Reference"), ("purchases:review", "Gross")):
        export = written(admin, "show=all", kind=kind)
        assert export.problem == "", kind
        assert label in lines_of(export)[0], kind
        assert "Done" not in lines_of(export)[0], kind
    assert po.reference not in str(lines_of(written(admin, "show=all", kind="errorlog:list")))


def test_the_columns_one_chose_are_the_files(hafen: Client, finance: User) -> None:
    a_released_po(hafen)
    finance.column_choices.create(page="purchases:list", columns=["gross", "status"])
    assert lines_of(written(finance, ""))[0] == ["Reference", "Gross", "Status", "Currency"]


# Whose it is ---------------------------------------------------------------------------------------------------------


def test_a_file_holds_only_what_its_user_may_see(hafen: Client, finance: User) -> None:
    mine = a_released_po(hafen)
    foreign = a_released_po(a_client("other"))
    ours = a_user("client_sales", hafen, username="sales")
    both = {mine.reference, foreign.reference}
    assert set(column(written(finance, ""), "Reference")) == both
    assert column(written(finance, "", client=hafen), "Reference") == [mine.reference]
    assert column(written(ours, ""), "Reference") == [mine.reference]
    assert column(written(ours, f"pick={foreign.reference}"), "Reference") == []
    assert column(written(ours, f"q={foreign.reference}"), "Reference") == []


def test_who_lost_the_right_meanwhile_gets_nothing(hafen: Client) -> None:
    a_released_po(hafen)
    root = a_user("platform_admin", username="root")
    gone, moved = a_user("client_sales", hafen), a_user("platform_customer_service")
    first, second = asks(gone), asks(moved, kind="errorlog:list")
    set_active(gone, is_active=False, by=root, at=MONDAY)
    User.objects.filter(pk=moved.pk).update(role="platform_tax")
    works()
    for export in (first, second):
        export.refresh_from_db()
        assert export.problem == "You no longer have the right to take this list away."
        assert (export.content, export.keys) == (None, None)


def test_a_row_that_is_gone_meanwhile_is_left_out(hafen: Client, finance: User) -> None:
    keep, go = a_released_po(hafen), a_released_po(hafen)
    export = asks(finance)
    claimed = exports.claim_next(at=MONDAY)
    assert claimed is not None
    exports.write_piece(claimed, at=MONDAY)
    Purchase.objects.filter(pk=go.pk).update(client=a_client("other"))
    User.objects.filter(pk=finance.pk).update(role="client_admin", client=hafen)
    Export.objects.update(claimed_until=None)
    works()
    assert column(export, "Reference") == [keep.reference]


def test_only_lists_that_say_so_can_be_taken_away(hafen: Client, finance: User) -> None:
    for kind in ("accounts:users", "purchases:viewer", "dunning:today", "nowhere", ""):
        with pytest.raises(Refused) as refused:
            asks(finance, kind=kind)
        assert refused.value.code == "right", kind
    with pytest.raises(Refused):
        asks(finance, kind="errorlog:list")


def test_nobody_piles_up_files(finance: User) -> None:
    for _ in range(exports.MOST_WAITING):
        asks(finance)
    with pytest.raises(Refused, match="5 of your files are still being written"):
        asks(finance)


# The worker ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def _pieces_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)


@pytest.mark.usefixtures("_pieces_of_two")
def test_a_worker_that_dies_loses_a_piece_and_the_next_goes_on(hafen: Client, finance: User) -> None:
    wanted = {an_offline_order(hafen).reference for _ in range(5)}
    export = asks(finance)
    claimed = exports.claim_next(at=MONDAY)
    assert claimed is not None
    for _ in range(3):
        claimed = exports.write_piece(claimed, at=MONDAY)
    assert (claimed.done, claimed.total, ExportPart.objects.count()) == (4, 5, 2)
    assert works() == 0
    assert works(MONDAY + exports.LEASE) == 1
    assert set(column(export, "Reference")) == wanted
    assert (export.done, export.attempts, ExportPart.objects.count()) == (5, 0, 0)
    late = exports.write_piece(claimed, at=MONDAY)
    assert late.finished_at == MONDAY + exports.LEASE


@pytest.mark.usefixtures("_pieces_of_two")
def test_a_round_is_short_and_files_take_turns(hafen: Client, finance: User) -> None:
    for _ in range(4):
        an_offline_order(hafen)
    long, short = asks(finance), asks(finance, "q=nothing+like+it")
    ticks = iter(MONDAY + timedelta(seconds=2 * number) for number in range(1000))

    def clock() -> datetime:
        return next(ticks)

    assert exports.write_due(clock=clock) == 1
    long.refresh_from_db()
    assert (long.finished_at, long.attempts) == (None, 0)
    assert exports.write_due(clock=clock) == 1
    while exports.write_due(clock=clock):
        pass
    assert (len(lines_of(long)), len(lines_of(short))) == (5, 1)


def test_a_file_that_kills_workers_is_given_up_and_told_of(hafen: Client, finance: User) -> None:
    export = asks(finance, client=hafen)
    for number in range(exports.MOST_ATTEMPTS):
        assert exports.claim_next(at=MONDAY + number * exports.LEASE) is not None
    assert works(MONDAY + exports.MOST_ATTEMPTS * exports.LEASE) == 0
    export.refresh_from_db()
    sentence = f"The file could not be written. Operators find it in the error log as export {export.pk}."
    assert export.problem == sentence
    entry = ErrorRecord.objects.get()
    assert entry.note == f"RuntimeError while writing export {export.pk} (purchases:list) for fina"
    assert entry.client == hafen


def test_a_cell_that_fails_ends_the_file_and_not_the_worker(
    hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_released_po(hafen)
    broken, whole = asks(finance), asks(finance, kind="customers:list")
    monkeypatch.setattr(PurchaseTable, "prepare", lambda *_: 1 / 0)
    assert works() == 2
    broken.refresh_from_db()
    assert "could not be written" in broken.problem
    assert ErrorRecord.objects.get().note.startswith("ZeroDivisionError while writing export")
    assert len(lines_of(whole)) == 2


def test_a_database_that_is_away_fails_nothing(hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch) -> None:
    a_released_po(hafen)
    export = asks(finance)

    def away(*_: Any) -> None:
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(PurchaseTable, "prepare", away)
        with pytest.raises(OperationalError):
            works()
    assert works(MONDAY + exports.LEASE) == 1
    assert len(lines_of(export)) == 2


def test_too_many_rows_say_so(hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "MOST_ROWS", 1)
    monkeypatch.setattr(exports, "MOST_ROWS", 1)
    a_released_po(hafen)
    assert written(finance, "").problem == ""
    a_released_po(hafen)
    too_long = written(finance, "")
    assert too_long.problem.startswith("These are more than 1 rows. Filter the list")
    assert ErrorRecord.objects.count() == 0


def test_pieces_cost_the_same_number_of_queries_for_one_row_and_three(hafen: Client, finance: User) -> None:
    counts = []
    for _ in range(2):
        a_released_po(hafen)
        export = asks(finance)
        with CaptureQueriesContext(connection) as queries:
            works()
        counts.append(len(queries))
        a_released_po(hafen)
        assert export.pk
    assert counts[0] == counts[1]


def test_the_log_says_who_took_what(hafen: Client, finance: User, log_lines: io.StringIO) -> None:
    a_released_po(hafen)
    written(finance, "", client=hafen)
    assert '"event": "export.written"' in log_lines.getvalue()
    for part in ('"user": "fina"', '"kind": "purchases:list"', '"rows": 1', '"client": "hafen"'):
        assert part in log_lines.getvalue(), part


def test_a_file_is_removed_after_a_week(hafen: Client, finance: User) -> None:
    a_released_po(hafen)
    export = written(finance, "")
    assert forget_exports() == 0
    with time_machine.travel(days_later(8), tick=False):
        browser = logged_in(finance)
        assert forget_exports() == 1
        assert forget_exports() == 0
        assert browser.get(f"/accounts/exports/{export.pk}/file/").status_code == 404
        assert "The file was removed" in text_of(browser.get(f"/accounts/exports/{export.pk}/"))
        assert "Removed after 7 days" in text_of(browser.get("/accounts/exports/"))


# The pages -----------------------------------------------------------------------------------------------------------


def test_a_file_is_asked_for_on_the_list_and_fetched_when_it_is_ready(hafen: Client, finance: User) -> None:
    po = a_released_po(hafen)
    browser = logged_in(finance)
    shown = text_of(browser.get(f"{LIST}?show=open"))
    assert f"{NEW}?next=/purchases/%3Fshow%3Dopen" in shown
    asked = text_of(browser.get(NEW, {"next": f"{LIST}?show=open"}))
    for words in ("Export purchases", "The 1 purchase that the list shows", "Columns: Reference, Customer", "Berlin"):
        assert words in asked, words
    sent = browser.post(NEW, {"next": f"{LIST}?show=open", "format": "xlsx", "form_key": "k"})
    export = Export.objects.get()
    page = f"/accounts/exports/{export.pk}/"
    assert (sent.status_code, sent["Location"]) == (302, page)
    assert (export.query, export.format, export.filename) == ("show=open", "xlsx", "purchases-2026-03-02-1000.xlsx")
    waiting = text_of(browser.get(page))
    for words in ("Waiting for the worker", 'hx-trigger="every 1s"', "Look again"):
        assert words in waiting, words
    Export.objects.update(total=20_000, done=2_000)
    assert "2,000 of 20,000 rows." in text_of(browser.get(page))
    assert "Being written" in text_of(browser.get("/accounts/exports/"))
    Export.objects.update(total=0, done=0)
    assert browser.get(f"{page}file/").status_code == 404
    assert write_exports() == 1
    ready = text_of(browser.get(page))
    for words in ("The file is ready", "1 row. Kept for you until", f"{page}file/", "/purchases/?show=open"):
        assert words in ready, words
    fetched = browser.get(f"{page}file/")
    assert fetched["Content-Disposition"] == 'attachment; filename="purchases-2026-03-02-1000.xlsx"'
    assert fetched["Cache-Control"] == "private, no-store"
    sheet = load_workbook(io.BytesIO(fetched.content)).active
    assert sheet is not None
    assert sheet["A2"].value == po.reference
    again = browser.post(NEW, {"next": LIST, "format": "xlsx", "form_key": "k"})
    assert (again["Location"], Export.objects.count()) == (LIST, 1)


def test_nobody_sees_anothers_files(hafen: Client, finance: User) -> None:
    export = written(finance, "")
    other = logged_in(a_user("platform_admin"))
    for path in ("", "file/"):
        assert other.get(f"/accounts/exports/{export.pk}/{path}").status_code == 404
    assert export.filename not in text_of(other.get("/accounts/exports/"))
    assert "No exports yet" in text_of(other.get("/accounts/exports/"))


def test_from_a_dialog_one_goes_on_working_and_a_toast_tells(hafen: Client, finance: User) -> None:
    a_released_po(hafen)
    browser = logged_in(finance)
    htmx = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{LIST}?show=open"}
    row = Purchase.objects.get().reference
    dialog = text_of(browser.get(NEW, {"pick": row}, headers=htmx))
    assert "The 1 purchase you selected" in dialog
    assert f'name="pick" value="{row}"' in dialog
    sent = browser.post(NEW, {"pick": row, "format": "csv", "next": f"{LIST}?show=open"}, headers=htmx)
    assert sent["HX-Redirect"] == f"{LIST}?show=open"
    export = Export.objects.get()
    assert export.query == f"show=open&pick={row}"
    assert "/accounts/exports/toasts/" in text_of(browser.get(LIST))
    toast = text_of(browser.get("/accounts/exports/toasts/"))
    assert "begins within seconds" in toast
    assert 'hx-trigger="every 2s"' in toast
    works()
    done = text_of(browser.get("/accounts/exports/toasts/"))
    assert f"{export.filename} is ready." in done
    assert "hx-trigger" not in done
    assert "/accounts/exports/toasts/" not in text_of(browser.get(LIST))


def test_a_file_that_failed_says_why(hafen: Client, finance: User) -> None:
    export = asks(finance)
    Export.objects.update(finished_at=MONDAY, problem="These are more than 200,000 rows.")
    browser = logged_in(finance)
    shown = text_of(browser.get(f"/accounts/exports/{export.pk}/"))
    assert "These are more than 200,000 rows." in shown
    assert "Back to the list" in shown
    assert "Failed" in text_of(browser.get("/accounts/exports/"))


@pytest.mark.parametrize("source", ["/accounts/users/", "/nowhere/", "/errors/", "//evil.example/"])
def test_where_nothing_can_be_taken_away_one_sees_ones_files(finance: User, source: str) -> None:
    answer = logged_in(finance).get(NEW, {"next": source})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/exports/")


def test_a_form_without_a_format_says_so(hafen: Client, finance: User) -> None:
    browser = logged_in(finance)
    assert browser.post(NEW, {"next": LIST, "format": "pdf"}).status_code == 422
    for _ in range(exports.MOST_WAITING):
        asks(finance)
    refused = browser.post(NEW, {"next": LIST, "format": "csv"})
    assert refused.status_code == 422
    assert "still being written" in text_of(refused)


def test_the_list_of_files_costs_the_same_for_one_and_three(hafen: Client, finance: User) -> None:
    browser = logged_in(finance)
    written(finance, "")
    with CaptureQueriesContext(connection) as one:
        browser.get("/accounts/exports/")
    written(finance, "")
    written(finance, "")
    with CaptureQueriesContext(connection) as three:
        browser.get("/accounts/exports/")
    assert len(one) == len(three)
