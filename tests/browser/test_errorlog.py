"""The error log in a real browser: an empty key list from the error to the delivered key; done, undone, edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from errorlog.models import ErrorRecord
from errorlog.services import log_error
from purchases.models import LicenseKey
from tests.browser.axe import violations
from tests.browser.hands import REFUSED, fits, problems_of
from tests.browser.test_purchases import enter
from tests.stories import MONDAY, a_client, a_released_po, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tab(page: Page) -> Iterator[Page]:
    """A tab in which nothing may go wrong unseen; what is refused (422) is no problem."""
    problems = problems_of(page, REFUSED)
    page.set_viewport_size({"width": 1440, "height": 900})
    yield page
    assert problems == []


def test_an_empty_key_list_from_the_error_to_the_delivered_key(tab: Page, live_server: Any) -> None:
    client = a_client("hafen", keys=0)
    purchase = a_released_po(client)
    rep, admin = a_user("platform_customer_service"), a_user("client_admin", client)
    enter(tab.context, live_server, rep)
    tab.goto(f"{live_server.url}/errors/")
    row = tab.get_by_role("row").filter(has_text=purchase.reference)
    expect(row).to_contain_text("Key list empty")
    expect(row).to_contain_text("Next try")
    row.get_by_role("button", name="Retry error").click()
    expect(tab.get_by_role("alert")).to_contain_text("is still empty: add keys, and it is delivered at once.")

    enter(tab.context, live_server, admin)
    tab.goto(f"{live_server.url}/purchases/products/{client.products.get().pk}/")
    tab.get_by_role("link", name="Add keys").click()
    dialog = tab.get_by_role("dialog")
    keys = {"name": "keys.txt", "mimeType": "text/plain", "buffer": b"NEW-1\nNEW-2\n"}
    dialog.locator("input[type=file]").set_input_files(keys)  # type: ignore[arg-type]
    dialog.get_by_role("button", name="Add keys").click()
    expect(tab.get_by_text("2 keys added. 1 item that waited was delivered. 1 key left.")).to_be_visible()

    enter(tab.context, live_server, rep)
    tab.goto(f"{live_server.url}/errors/")
    expect(tab.get_by_role("heading", name="No errors")).to_be_visible()
    tab.get_by_role("link", name="Done").click()
    expect(row.get_by_role("checkbox", name="Done: error")).to_be_checked()
    row.get_by_role("link", name=purchase.reference).click()
    tab.goto(f"{live_server.url}/purchases/{purchase.reference}/?tab=errors")
    expect(tab.get_by_label("Errors tab", exact=True)).to_contain_text("Done")
    tab.goto(f"{live_server.url}/mail/?q={purchase.billing_email}&kind=delivery")
    tab.locator("a.subject").first.click()
    tab.get_by_role("link", name="Plain text").click()
    expect(tab.get_by_role("main")).to_contain_text("NEW-1")
    assert LicenseKey.objects.get(item__purchase=purchase).code == "NEW-1"


def test_done_is_undone_from_the_toast_a_note_is_edited_and_many_are_done_at_once(tab: Page, live_server: Any) -> None:
    client = a_client("hafen", keys=0)
    for _ in range(2):
        a_released_po(client)
    enter(tab.context, live_server, a_user("platform_customer_service"))
    tab.goto(f"{live_server.url}/errors/")
    tab.get_by_role("checkbox", name="Done: error").first.click()
    tab.get_by_role("button", name="Undo").click()
    expect(tab.get_by_text("is open again.")).to_be_visible()
    assert ErrorRecord.objects.filter(is_done=False).count() == 2

    tab.get_by_role("link", name="Edit error").first.click()
    tab.get_by_role("dialog").get_by_label("Note").fill("Keys come on Tuesday")
    tab.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Keys come on Tuesday")).to_be_visible()

    tab.get_by_label("Select all rows").check()
    tab.get_by_role("button", name="Mark done").click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_text("A key that is owed is still owed")).to_be_visible()
    dialog.get_by_role("button", name="Mark done").click()
    expect(dialog.get_by_role("heading", name="Mark done: 2 of 2 done")).to_be_visible()
    assert not ErrorRecord.objects.filter(is_done=False).exists()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_error_log_is_readable_and_fits(tab: Page, live_server: Any, width: int, scheme: Any) -> None:
    client = a_client("hafen", keys=0)
    purchase = a_released_po(client)
    client.products.update(generator_url="https://keys.hafen.example/", client_handles_errors=True)
    words = "Invoice (receipt) to einkauf@werft.example: Failed: 550 5.1.1 user unknown"
    for number, (kind, note) in enumerate(
        (
            ("email_delivery", words),
            ("payment", "119.00 EUR too much: give it back as an overpayment."),
            ("key_generation", "No key for Hafen Pro (PRO): The generator answered with status 503."),
        )
    ):
        log_error(
            type=kind,
            note=note,
            at=MONDAY,
            dedupe_key=f"{number}",
            client=client,
            reference=purchase.reference,
            purchase_status="WPO",
            item_number=1 if kind == "key_generation" else None,
            client_handles=kind == "key_generation",
        )
    log_error(type="unexpected", note="ValueError at GET /purchases/ (reference 00AA11BB22)", at=MONDAY, dedupe_key="u")
    enter(tab.context, live_server, a_user("platform_customer_service"))
    tab.set_viewport_size({"width": width, "height": 900 if width > 500 else 844})
    tab.emulate_media(color_scheme=scheme)
    error = ErrorRecord.objects.get(type="key_list_empty").pk
    paths = (
        "errors/",
        "errors/?show=done",
        f"errors/{error}/",
        f"errors/{error}/edit/",
        f"purchases/{purchase.reference}/?tab=errors",
    )
    for path in paths:
        tab.goto(f"{live_server.url}/{path}")
        assert fits(tab), path
        assert violations(tab) == [], path
