"""A bank statement in a real browser: import it, confirm what is proposed, split and set aside the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from playwright.sync_api import expect

from core.money import Money
from purchases.management.commands.sample_statement import Row, camt
from purchases.models import BankFile, BankLine, Purchase
from purchases.tasks import read_bank_files
from purchases.views import bank_import
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, problems_of
from tests.stories import MONDAY, a_client, a_released_po, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def desk(page: Page, live_server: Any) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen."""
    problems = problems_of(page, REFUSED)
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    assert problems == []


def enter(context: BrowserContext, live_server: Any, user: User) -> None:
    """Log in without the form."""
    browser = Browser()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": live_server.url}])


def csv_of(*rows: tuple[str, str, str]) -> bytes:
    lines = [f"02.03.2026;{payer};{text};{amount};EUR" for payer, text, amount in rows]
    return "\n".join(["Buchungstag;Auftraggeber;Verwendungszweck;Betrag;Währung", *lines, ""]).encode()


def send(desk: Page, live_server: Any, name: str, content: bytes, client: str = "") -> None:
    """Upload a file."""
    desk.goto(f"{live_server.url}/purchases/bank/upload/")
    desk.set_input_files("input[type=file]", {"name": name, "mimeType": "text/plain", "buffer": content})
    if client:
        desk.get_by_label("Client", exact=True).select_option(label=client)
    desk.get_by_role("button", name="Import").click()


def test_a_csv_is_mapped_imported_and_booked(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client
) -> None:
    one, two, three = (a_released_po(hafen) for _ in range(3))
    enter(context, live_server, a_user("platform_finance"))
    rows = (
        ("Werft und Soehne KG", f"Ref {one.reference}", "119,00"),
        ("Werft und Soehne KG", f"{two.reference} und {three.reference}", "238,00"),
        ("Somebody", "interest", "0,77"),
        ("", "fee", "-4,90"),
    )
    send(desk, live_server, "bank.csv", csv_of(*rows), client="Hafen GmbH")
    expect(desk.locator("h1")).to_have_text("Which column says what?")
    assert violations(desk) == []
    desk.get_by_label("Decimal").select_option(".")
    desk.get_by_role("button", name="Import").click()
    expect(desk.get_by_role("alert")).to_contain_text("line 2: “119,00” is not an amount with a decimal point")
    desk.get_by_label("Decimal").select_option(",")
    desk.get_by_label("Keep these settings as").fill("Hausbank")
    desk.get_by_role("button", name="Import").click()
    expect(desk.locator("h1")).to_have_text("bank.csv")
    assert violations(desk) == []
    desk.locator("[data-pick-all]").check()
    desk.locator("#bulk").get_by_role("button", name="Confirm").click()
    dialog = desk.locator("#dialog")
    expect(dialog).to_contain_text("1 of 3 can be booked, €119.00 in all.")
    dialog.get_by_role("button", name="Book").click()
    expect(dialog).to_contain_text(f"€119.00 booked on {one.reference}: fully paid.")
    expect(dialog).to_contain_text("Nothing is proposed for this line: choose its purchase.")
    dialog.get_by_role("link", name="Done").click()
    line = BankLine.objects.get(amount_minor=23_800)
    desk.goto(f"{live_server.url}/purchases/bank/{line.pk}/")
    assert violations(desk) == []
    desk.get_by_role("link", name="Split").click()
    expect(dialog.get_by_label("Amount 2 in EUR")).to_have_value("119.00")
    assert violations(desk) == []
    dialog.get_by_role("button", name="Book all").click()
    expect(desk.get_by_text("Booked. Split:")).to_be_visible()
    assert {Purchase.objects.get(pk=purchase.pk).status for purchase in (one, two, three)} == {"PAY"}
    desk.goto(f"{live_server.url}/purchases/bank/?show=unmatched")
    desk.get_by_role("link", name="Somebody").click()
    desk.get_by_role("link", name="Set aside").click()
    dialog.get_by_label("Reason").fill("interest")
    dialog.get_by_role("button", name="Set aside").click()
    expect(desk.get_by_text("€0.77 set aside.")).to_be_visible()
    desk.goto(f"{live_server.url}/purchases/bank/")
    expect(desk.get_by_text("No bank line waits")).to_be_visible()


def camt_of(amount: str = "119.00", currency: str = "EUR", text: str = "Ref") -> bytes:
    """One payment on Hafen's account."""
    row = Row(Money.parse(amount, "EUR"), "Werft", text)
    written = camt("DE89370400440532013000", "EUR", MONDAY.date(), [row])
    return written.replace(f'<Amt Ccy="EUR">{amount}', f'<Amt Ccy="{currency}">{amount}').encode()


def test_a_large_file_is_followed_until_the_worker_has_it(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_import, "AT_ONCE", 0)
    enter(context, live_server, a_user("platform_finance"))
    send(desk, live_server, "large.xml", camt_of())
    expect(desk.get_by_text("Reading the file")).to_be_visible()
    assert violations(desk) == []
    assert BankLine.objects.count() == 0
    BankFile.objects.update(total=20_000, done=12_000)
    expect(desk.get_by_text("12,000 of 20,000 lines.")).to_be_visible()
    assert violations(desk) == []
    desk.goto(f"{live_server.url}/purchases/bank/statements/")
    assert violations(desk) == []
    desk.get_by_role("link", name="large.xml is on its way in: 12,000 of 20,000 lines").click()
    BankFile.objects.update(total=0, done=0)
    read_bank_files()
    expect(desk.get_by_text("large.xml imported: 1 line is new.")).to_be_visible()
    expect(desk).to_have_url(re.compile(r"/bank/statements/\d+/$"))


def test_without_script_somebody_looks_again_at_a_large_file(
    browser: Any, live_server: Any, hafen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank_import, "AT_ONCE", 0)
    context = browser.new_context(java_script_enabled=False)
    enter(context, live_server, a_user("platform_finance"))
    desk = context.new_page()
    send(desk, live_server, "large.xml", camt_of())
    expect(desk.get_by_text("Reading the file")).to_be_visible()
    read_bank_files()
    desk.get_by_role("link", name="Look again").click()
    expect(desk.get_by_text("large.xml imported: 1 line is new.")).to_be_visible()
    context.close()


CAMT = camt_of()
BAD_FILES = {
    "cut.xml": (CAMT[:-200], "cut.xml, line 13: the XML is broken or cut"),
    "doubled.xml": (
        CAMT.replace(b"  </BkToCstmrStmt>", CAMT[CAMT.index(b"    <Stmt>") : CAMT.index(b"</Document>")]),
        "doubled.xml, line 19: the statement SAMPLE-20260302 is in it twice",
    ),
    "dollars.xml": (camt_of(currency="USD"), "dollars.xml, line 13: the amount is in USD, the statement in EUR"),
    "letters.xml": (CAMT.replace(b"Werft", b"W\xe4rft"), "letters.xml, line 14: the XML is broken or cut"),
    "foreign.xml": (CAMT.replace(b"DE89370400440532013000", b"DE02120300000000202051"), "which no client has"),
    "cut.sta": (b":20:A\n:25:DE89370400440532013000\n:28C:1/1\n:60F:C260302EUR1,00\n", "cut.sta, line 4: the closing"),
    "picture.csv": (b"%PDF-1.7", "this is a PDF, not a bank statement"),
}


def test_files_that_are_cut_doubled_or_foreign_name_their_line_and_book_nothing(
    desk: Page, context: BrowserContext, live_server: Any, hafen: Client
) -> None:
    enter(context, live_server, a_user("platform_finance"))
    for name, (content, told) in BAD_FILES.items():
        send(desk, live_server, name, content)
        expect(desk.get_by_role("alert")).to_contain_text(told)
        expect(desk.get_by_role("alert")).to_contain_text("othing was imported.")
        assert violations(desk) == [], name
    assert (BankFile.objects.count(), BankLine.objects.count()) == (0, 0)


def test_without_script_a_line_is_booked_on_a_purchase_of_ones_choice(
    browser: Any, live_server: Any, hafen: Client
) -> None:
    purchase = a_released_po(hafen)
    context = browser.new_context(java_script_enabled=False)
    enter(context, live_server, a_user("platform_finance"))
    desk = context.new_page()
    send(desk, live_server, "bank.csv", csv_of(("Somebody", "thanks", "20,00")), client="Hafen GmbH")
    desk.get_by_role("button", name="Import").click()
    desk.get_by_role("link", name="Somebody").click()
    desk.get_by_label("Reference, customer, e-mail, PO or invoice number").fill("Werft")
    desk.get_by_role("button", name="Find").click()
    desk.get_by_role("link", name=f"Book on {purchase.reference}").click()
    expect(desk.get_by_text("It is a part payment")).to_be_visible()
    desk.get_by_role("button", name="Book").click()
    expect(desk.get_by_text("part payment, €99.00 stays open.")).to_be_visible()
    purchase.refresh_from_db()
    assert purchase.paid_minor == 2_000
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_fits_a_phone(
    scheme: str, desk: Page, context: BrowserContext, live_server: Any, hafen: Client
) -> None:
    purchase = a_released_po(hafen)
    enter(context, live_server, a_user("platform_finance"))
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    row = ("A company with a very long name that goes on and on GmbH & Co. KG", f"Ref {purchase.reference}", "119,00")
    send(desk, live_server, "bank.csv", csv_of(row), client="Hafen GmbH")
    expect(desk.locator("h1")).to_have_text("Which column says what?")
    assert fits(desk)
    assert violations(desk) == []
    desk.get_by_role("button", name="Import").click()
    expect(desk.locator("h1")).to_have_text("bank.csv")
    line = BankLine.objects.get()
    for path in ("", "statements/", f"statements/{line.statement_id}/", f"{line.pk}/", "upload/"):
        desk.goto(f"{live_server.url}/purchases/bank/{path}")
        assert fits(desk), path
        assert violations(desk) == [], path
