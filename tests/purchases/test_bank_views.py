"""The pages of bank statements: who sees what, what they cost, and what the acts do."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import BankAccount
from core.money import Money
from purchases.models import BankLine, BankStatement, CsvMapping, Payment, Purchase
from purchases.services import banking
from purchases.services.bank_files import LIMIT_BYTES, Movement, StatementFile, read_statement
from purchases.services.cancel import cancel_purchase
from purchases.views.bank_import import packed, unpacked
from tests.stories import MONDAY, a_bank_file, a_client, a_released_po, a_user, a_waiting_po, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parent.parent / "data" / "bank"
CSV = (DATA / "hafen.csv").read_bytes()
UPLOAD, MAPPING = "/purchases/bank/upload/", "/purchases/bank/csv/"
SETTINGS = {
    "encoding": "cp1252",
    "delimiter": ";",
    "heading": "3",
    "date_format": "%d.%m.%Y",
    "decimal": ",",
    "default_currency": "EUR",
    "date": "Buchungstag",
    "amount": "Betrag",
    "currency": "Währung",
    "payer": "Beguenstigter/Zahlungspflichtiger",
    "account": "IBAN",
    "text": "Verwendungszweck",
    "name": "",
}

IMPORT: dict[str, Any] = {"import": "1"}
SAVE: dict[str, Any] = {**IMPORT, "name": "Hausbank"}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance", name="Fina")


@pytest.fixture
def desk(finance: User) -> Browser:
    """The browser of finance."""
    browser = Browser()
    browser.force_login(finance)
    return browser


def text_of(answer: Any) -> str:
    """What a page says, without its tags."""
    page = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(page.replace("&#x27;", "'").replace("&quot;", '"').split())


def send(desk: Browser, name: str, content: bytes, **more: Any) -> Any:
    """Upload a statement file."""
    return desk.post(UPLOAD, {"file": SimpleUploadedFile(name, content), "client": "", **more})


def lines_for(client: Client, user: User, *texts: tuple[str, int], sha: str = "a") -> list[BankLine]:
    """An imported statement's lines."""
    moved = [
        Movement(number, MONDAY.date(), Money(minor, "EUR"), payer="Werft und Söhne", text=text)
        for number, (text, minor) in enumerate(texts, 1)
    ]
    file = StatementFile("mt940", "DE89370400440532013000", "EUR", tuple(moved))
    done = a_bank_file(client, file, by=user, name=f"{sha}.sta", content=sha.encode())
    return list(BankLine.objects.filter(statement__file=done).order_by("position"))


def queries(desk: Browser, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)


# Import ----------------------------------------------------------------------------------------------------------


def test_a_camt_file_finds_its_client_and_shows_its_lines(desk: Browser, hafen: Client) -> None:
    answer = send(desk, "C:\\fakepath\\hafen.xml", (DATA / "hafen.camt053.xml").read_bytes())
    statement = BankStatement.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/purchases/bank/statements/{statement.pk}/")
    page = text_of(desk.get(answer["Location"]))
    assert "hafen.xml imported: 4 lines are new. Nothing is booked yet." in page
    assert "To decide 3" in page
    assert "Set aside 1" in page
    assert "Kontor Süd" in page
    aside = text_of(desk.get(f"{answer['Location']}?show=ignored"))
    assert "Money that went out" in aside
    assert (statement.client, statement.account, str(statement)) == (hafen, "DE89370400440532013000", "hafen.xml")


def test_the_same_file_again_says_when_it_came_and_an_overlapping_one_what_it_skipped(
    desk: Browser, hafen: Client
) -> None:
    content = (DATA / "hafen.sta").read_bytes()
    send(desk, "a.sta", content)
    again = send(desk, "b.sta", content)
    assert again.status_code == 422
    assert "b.sta was imported already as a.sta, by Fina on 2026-03-02 10:00. Nothing was imported." in text_of(again)
    first_day = content[: content.index(b"-\r\n") + 3]
    overlap = send(desk, "c.sta", first_day)
    assert "2 lines were in earlier files and are skipped (at line 5, 7 of the file)." in text_of(
        desk.get(overlap["Location"])
    )
    one = content.replace(b"NTRFKREF-5", b"NTRFKREF-6").replace(b"D5,00", b"D6,00").replace(b"1114", b"1113")
    one = one.replace(b"1134", b"1133")
    other = send(desk, "d.sta", one)
    page = text_of(desk.get(other["Location"]))
    assert "d.sta imported: 2 lines are new." in page
    assert "1 line was in an earlier file and is skipped (at line 5 of the file)." in page
    assert BankLine.objects.count() == 5


def test_a_bad_file_is_refused_in_one_sentence_and_nothing_is_kept(desk: Browser, hafen: Client) -> None:
    cut = (DATA / "hafen.sta").read_bytes()[:180]
    answer = send(desk, "cut.sta", cut)
    assert answer.status_code == 422
    told = "cut.sta, line 6: the closing balance (:62F:) is missing; the file seems to be cut; nothing was imported."
    assert told in text_of(answer)
    assert "the file is larger than 10 MB" in text_of(send(desk, "big.csv", b"x" * (LIMIT_BYTES + 5)))
    assert "the file is empty" in text_of(send(desk, "empty.xml", b""))
    assert "Attach the statement file." in text_of(desk.post(UPLOAD, {}))
    assert (BankStatement.objects.count(), BankLine.objects.count()) == (0, 0)


def test_a_statement_of_another_clients_account_is_refused(desk: Browser, hafen: Client) -> None:
    other = a_client("other")
    BankAccount.objects.filter(client=other).update(iban="DE02120300000000202051")
    content = (DATA / "hafen.sta").read_bytes()
    answer = send(desk, "a.sta", content, client=str(other.pk))
    assert "which is not one of Other GmbH. Nothing was imported." in text_of(answer)
    desk.post("/accounts/client/", {"client": other.pk, "next": "/"})
    assert "Client" not in re.findall(r"<label[^>]*>\s*(\w+)", desk.get(UPLOAD).content.decode())
    assert "which is not one of Other GmbH." in text_of(send(desk, "a.sta", content))
    desk.post("/accounts/client/", {"client": hafen.pk, "next": "/"})
    assert send(desk, "a.sta", content).status_code == 302


def test_an_upload_sent_twice_is_done_once(desk: Browser, hafen: Client) -> None:
    content = (DATA / "hafen.sta").read_bytes()
    assert send(desk, "a.sta", content, form_key="k").status_code == 302
    assert send(desk, "a.sta", content, form_key="k")["Location"] == "/purchases/bank/statements/"
    settings = {**SETTINGS, "import": "1", "form_key": "k"}
    assert desk.post(MAPPING, settings)["Location"] == "/purchases/bank/statements/"


# CSV -------------------------------------------------------------------------------------------------------------


def map_csv(desk: Browser, client: Client, content: bytes = CSV, **more: Any) -> Any:
    told = {"content": packed(content), "filename": "hafen.csv", "client": client.pk}
    return desk.post(MAPPING, {**SETTINGS, **told, **more})


def test_a_csv_asks_for_the_client_and_then_for_its_columns(desk: Browser, hafen: Client) -> None:
    unsaid = send(desk, "hafen.csv", CSV)
    assert unsaid.status_code == 422
    assert "Choose the client: a CSV does not say whose account it is." in text_of(unsaid)
    answer = send(desk, "hafen.csv", CSV, client=str(hafen.pk))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Which column says what?" in page
    assert "Werft &amp; Söhne KG" in page
    assert '<option value="Betrag" selected>Betrag</option>' in page
    done = map_csv(desk, hafen, **SAVE)
    assert done.status_code == 302
    statement = BankStatement.objects.get()
    assert (statement.format, statement.account, statement.currency) == ("csv", "DE89370400440532013000", "EUR")
    assert list(statement.lines.order_by("position").values_list("amount_minor", "status")) == [
        (111_900, "unmatched"),
        (-490, "ignored"),
    ]
    again = send(desk, "hafen.csv", CSV, client=str(hafen.pk))
    assert "hafen.csv was imported already" in text_of(again)


def test_the_next_csv_is_read_with_the_kept_settings(desk: Browser, hafen: Client) -> None:
    map_csv(desk, hafen, **SAVE)
    assert CsvMapping.objects.get().name == "Hausbank"
    following = CSV.replace(b"02.03.2026", b"04.03.2026")
    answer = send(desk, "next.csv", following, client=str(hafen.pk))
    assert "read with the settings “Hausbank”" in text_of(answer)
    other = map_csv(desk, hafen, following, use="Hausbank", decimal=".")
    assert '<option value="," selected>' in other.content.decode()


def test_other_settings_show_other_rows(desk: Browser, hafen: Client) -> None:
    answer = map_csv(desk, hafen, delimiter=",", heading="x", again="1")
    assert answer.status_code == 200
    assert '<option value="," selected>' in answer.content.decode()
    wrong = map_csv(desk, hafen, encoding="utf-8", again="1")
    assert wrong.status_code == 422
    told = "hafen.csv, line 3: this is not UTF-8; choose another encoding; nothing was imported."
    assert told in text_of(wrong)
    assert "No rows with these settings." in text_of(wrong)


def test_a_csv_that_does_not_fit_its_settings_is_refused(desk: Browser, hafen: Client) -> None:
    point = map_csv(desk, hafen, **IMPORT, decimal=".")
    assert point.status_code == 422
    assert "hafen.csv, line 4: “1.119,00” is not an amount with a decimal point; nothing was imported." in text_of(
        point
    )
    missing = map_csv(desk, hafen, **IMPORT, date="", default_currency="XYQ")
    assert missing.status_code == 422
    assert "Choose a day." in text_of(missing)
    assert "Enter a currency, such as EUR." in text_of(missing)
    assert BankStatement.objects.count() == 0


def test_without_a_file_the_second_step_leads_to_the_first(desk: Browser, hafen: Client) -> None:
    assert desk.get(MAPPING)["Location"] == UPLOAD
    for broken in ("", "???", "aGVsbG8=", packed(b"x" * (LIMIT_BYTES + 1))):
        answer = desk.post(MAPPING, {**SETTINGS, "client": hafen.pk, "content": broken})
        assert (answer.status_code, answer["Location"]) == (302, UPLOAD)
    assert desk.post(MAPPING, {"content": packed(CSV), "client": "0"})["Location"] == UPLOAD
    assert unpacked(packed(CSV)) == CSV


def test_a_csv_in_no_known_shape_is_still_shown(desk: Browser, hafen: Client) -> None:
    answer = send(desk, "a.csv", b'a;"b\n' * 2, client=str(hafen.pk))
    assert answer.status_code == 422
    assert "the row is broken or cut" in text_of(answer)


# Lists -----------------------------------------------------------------------------------------------------------


def test_lists_cost_the_same_for_one_line_and_for_many(desk: Browser, hafen: Client, finance: User) -> None:
    purchases = [a_released_po(hafen) for _ in range(3)]
    first = lines_for(hafen, finance, (f"Ref {purchases[0].reference}", 11_900))
    paths = ("/purchases/bank/", "/purchases/bank/statements/", f"/purchases/bank/statements/{first[0].statement_id}/")
    before = [queries(desk, path) for path in paths]
    line = queries(desk, f"/purchases/bank/{first[0].pk}/")
    lines_for(hafen, finance, *((f"Ref {one.reference}", 100) for one in purchases), sha="b")
    lines_for(hafen, finance, ("nothing", 5), sha="c")
    lines_for(hafen, finance, *((f"Ref {one.reference}", 200) for one in purchases), sha="d")
    BankLine.objects.filter(statement__sha256="d").update(statement=first[0].statement)
    assert [queries(desk, path) for path in paths] == before
    assert queries(desk, f"/purchases/bank/{first[0].pk}/") == line


def test_the_queue_is_searched_by_payer_text_and_reference(desk: Browser, hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    lines_for(hafen, finance, (f"Ref {purchase.reference}", 100), ("who knows", 200))
    for asked, found in ((purchase.reference, "€1.00"), ("WHO", "€2.00"), ("söhne", "€1.00")):
        assert found in text_of(desk.get("/purchases/bank/", {"q": asked}))
    assert "Nothing matches" in text_of(desk.get("/purchases/bank/", {"q": "nobody"}))
    assert "a.sta" in text_of(desk.get("/purchases/bank/statements/", {"q": "A.S"}))
    assert "Nothing matches" in text_of(desk.get("/purchases/bank/statements/", {"q": "DE1"}))
    assert desk.get("/purchases/bank/statements/987654321/").status_code == 404


def test_only_finance_comes_in(hafen: Client) -> None:
    browser = Browser()
    browser.force_login(a_user("client_admin", hafen))
    for path in ("/purchases/bank/", "/purchases/bank/statements/", UPLOAD, MAPPING):
        assert browser.get(path).status_code == 403


# Decisions -------------------------------------------------------------------------------------------------------


def act(desk: Browser, line: BankLine, name: str, **fields: Any) -> Any:
    return desk.post(f"/purchases/bank/{line.pk}/{name}/", fields)


def asked(desk: Browser, line: BankLine, name: str, query: str = "") -> str:
    return text_of(desk.get(f"/purchases/bank/{line.pk}/{name}/{query}"))


def test_a_line_is_confirmed_and_the_payment_log_shows_it(desk: Browser, hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    line = lines_for(hafen, finance, (f"Ref {purchase.reference}", 11_900))[0]
    assert "What it may pay" in text_of(desk.get(f"/purchases/bank/{line.pk}/"))
    question = asked(desk, line, "confirm")
    assert f"€119.00 of Mar 2, 2026 is booked on {purchase.reference}, Werft & Söhne KG." in question.replace(
        "&amp;", "&"
    )
    assert "It is fully paid then; einkauf@werft.example gets a receipt." in question
    assert act(desk, line, "confirm").status_code == 302
    page = text_of(desk.get(f"/purchases/bank/{line.pk}/"))
    assert f"€119.00 booked on {purchase.reference}: fully paid." in page
    assert f"On {purchase.reference}" in page
    log = text_of(desk.get(f"/purchases/{purchase.reference}/?tab=payments"))
    assert f"Werft und Söhne Ref {purchase.reference} Mar 2, 2026 · a.sta" in log
    assert f"This line was booked on {purchase.reference} already, by Fina." in asked(desk, line, "confirm")
    assert "already, by Fina" in text_of(act(desk, line, "confirm"))


def test_the_payment_log_leads_only_finance_to_the_line(hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    line = lines_for(hafen, finance, (f"Ref {purchase.reference}", 11_900))[0]
    banking.confirm_line(line, by=finance, at=MONDAY)
    browser = Browser()
    browser.force_login(a_user("client_support", hafen))
    page = browser.get(f"/purchases/{purchase.reference}/?tab=payments").content.decode()
    assert "Werft und Söhne" in page
    assert "/purchases/bank/" not in page


def test_what_a_booking_will_do_and_did_is_said_for_every_kind_of_money(
    desk: Browser, hafen: Client, finance: User
) -> None:
    part, over, late = a_released_po(hafen), a_released_po(hafen), a_waiting_po(hafen)
    cancel_purchase(late, by=finance, at=MONDAY, reason="x")
    named = ((part, 1_900), (over, 12_900), (late, 11_900))
    lines = lines_for(hafen, finance, *((f"Ref {one.reference}", minor) for one, minor in named))
    assert "It is a part payment: €100.00 stays open" in asked(desk, lines[0], "confirm")
    assert "€10.00 is more than open: a follow-up asks what to do with it." in asked(desk, lines[1], "confirm")
    assert "It is Canceled: the status stays, and a follow-up asks" in asked(desk, lines[2], "confirm")
    many = desk.get("/purchases/bank/confirm/", {"pick": [line.pk for line in lines]})
    assert "3 of 3 can be booked, €267.00 in all. 1 × part payment. 1 × more than open. 1 × late: canceled." in text_of(
        many
    )
    done = text_of(desk.post("/purchases/bank/confirm/", {"pick": [*(line.pk for line in lines), "abc", 9**17]}))
    assert f"€19.00 booked on {part.reference}: part payment, €100.00 stays open." in done
    assert f"€129.00 booked on {over.reference}: €10.00 more than asked for; a follow-up is open." in done
    assert f"€119.00 booked on {late.reference}, which is Canceled; a follow-up is open." in done
    again = text_of(desk.post("/purchases/bank/confirm/", {"pick": [line.pk for line in lines]}))
    assert "0 of 3 done" in again
    assert Payment.objects.count() == 3


def test_many_that_are_not_proposed_are_not_counted(desk: Browser, hafen: Client, finance: User) -> None:
    line = lines_for(hafen, finance, ("who knows", 100))[0]
    assert "0 of 1 can be booked." in text_of(desk.get("/purchases/bank/confirm/", {"pick": [line.pk]}))
    told = text_of(desk.post("/purchases/bank/confirm/", {"pick": [line.pk]}))
    assert "Nothing is proposed for this line: choose its purchase." in told
    assert "This line waits for its purchase." in asked(desk, line, "confirm")


def test_another_purchase_is_found_and_booked(desk: Browser, hafen: Client, finance: User) -> None:
    purchase, paid = a_released_po(hafen), pays(a_released_po(hafen), "119.00")
    line = lines_for(hafen, finance, ("who knows", 11_900))[0]
    page = text_of(desk.get(f"/purchases/bank/{line.pk}/", {"q": "Werft"}))
    assert f"Book on {purchase.reference}" in page
    assert f"Book on {paid.reference}" in page
    assert "No purchase of Hafen GmbH in EUR matches." in text_of(desk.get(f"/purchases/bank/{line.pk}/", {"q": "zzz"}))
    question = asked(desk, line, "book", f"?reference={paid.reference}")
    assert "It is Paid: the status stays" in question
    refused = act(desk, line, "book", reference=paid.reference)
    assert f"{paid.reference} is Paid now: nothing is open on it." in text_of(refused)
    assert "is booked on" not in asked(desk, line, "book", "?reference=abc")
    assert act(desk, line, "book", reference=paid.reference, is_extra="on").status_code == 302
    assert Purchase.objects.get(pk=paid.pk).paid_minor == 23_800


def test_a_line_is_split_by_hand(desk: Browser, hafen: Client, finance: User) -> None:
    one, two = a_released_po(hafen), a_released_po(hafen)
    line = lines_for(hafen, finance, (f"{one.reference} {two.reference}", 23_800))[0]
    form = desk.get(f"/purchases/bank/{line.pk}/split/").content.decode()
    assert f'value="{one.reference}"' in form
    assert form.count('value="119.00"') == 2
    fields = {"reference_1": one.reference, "amount_1": "119.00", "reference_2": two.reference}
    half = act(desk, line, "split", **fields, amount_3="1.00", amount_4="x", reference_4="1")
    told = text_of(half)
    assert "Enter the amount for this purchase." in told
    assert "Enter the reference number for this amount." in told
    assert "Enter an amount in EUR, such as 1234.55." in told
    less = act(desk, line, "split", **fields, amount_2="118.00")
    assert "The parts come to 237.00 EUR; the line is 238.00 EUR." in text_of(less)
    assert act(desk, line, "split", **fields, amount_2="119.00").status_code == 302
    page = text_of(desk.get(f"/purchases/bank/{line.pk}/"))
    assert f"Booked. Split: {one.reference} 119.00 EUR, {two.reference} 119.00 EUR." in page
    assert "This line is set aside." in asked(desk, line, "split")
    assert Payment.objects.count() == 2


def test_lines_are_set_aside_and_taken_back(desk: Browser, hafen: Client, finance: User) -> None:
    purchase = a_released_po(hafen)
    one, two = lines_for(hafen, finance, (f"Ref {purchase.reference}", 11_900), ("who knows", 5))
    assert act(desk, one, "aside").status_code == 422
    assert act(desk, one, "aside", reason="own transfer").status_code == 302
    page = text_of(desk.get(f"/purchases/bank/{one.pk}/"))
    assert "€119.00 set aside." in page
    assert "own transfer" in page
    assert "This line waits for its purchase." in asked(desk, two, "back")
    assert "compared with the open purchases again" in asked(desk, one, "back")
    assert act(desk, one, "back").status_code == 302
    assert "The line waits again: proposed." in text_of(desk.get("/purchases/bank/"))
    picks: dict[str, Any] = {"pick": [one.pk, two.pk], "reason": "not ours"}
    assert "2 lines leave the queue" in text_of(desk.get("/purchases/bank/aside/", picks))
    assert "2 of 2 done" in text_of(desk.post("/purchases/bank/aside/", picks))
    assert list(BankLine.objects.values_list("note", flat=True)) == ["not ours"] * 2


# The sample ------------------------------------------------------------------------------------------------------


def sample(format_: str, slug: str = "hafen", **more: Any) -> bytes:
    out = StringIO()
    call_command("sample_statement", client=slug, format=format_, stdout=out, **more)
    return out.getvalue().encode()


def test_the_sample_statement_is_one_that_the_import_reads(desk: Browser, hafen: Client, finance: User) -> None:
    for _ in range(9):
        a_released_po(hafen)
    cancel_purchase(a_waiting_po(hafen), by=finance, at=MONDAY, reason="x")
    for format_ in ("camt", "mt940"):
        file = read_statement(format_, sample(format_))
        assert (len(file.movements), file.account) == (10, "DE89370400440532013000")
    assert send(desk, "a.csv", sample("csv", currency="EUR"), client=str(hafen.pk)).status_code == 200
    BankAccount.objects.create(client=hafen, currency="USD", holder="x", account="4711")
    assert [len(read_statement("a", sample(one, currency="USD")).movements) for one in ("camt", "mt940")] == [2, 2]
    for wrong in ({"slug": "nobody"}, {"currency": "JPY"}):
        with pytest.raises(CommandError):
            sample("camt", **wrong)
