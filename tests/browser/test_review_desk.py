"""The review desk and order entry in a real browser: by keyboard, without script, on one screen."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfWriter

from mailing.models import Email
from purchases.models import PoDocument, Purchase, ReviewCheck
from purchases.selectors import CHECKLIST
from purchases.services.release import ReceivedFile, receive_document
from purchases.states import Status
from tests.browser.axe import violations
from tests.browser.hands import press, turn_page
from tests.browser.test_purchases import desk, enter
from tests.stories import a_client, a_user, a_waiting_po, days_later

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from accounts.models import Client

__all__ = ["desk"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hafen() -> Client:
    """A client whose admin reviews."""
    return a_client("hafen")


def a_pdf() -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(out)
    return out.getvalue()


def with_document(purchase: Purchase) -> Purchase:
    return receive_document(
        purchase, channel="fax", by=None, at=days_later(1), file=ReceivedFile("order.pdf", "application/pdf", a_pdf())
    )


def test_the_queue_is_worked_through_by_keyboard(desk: Page, live_server: Any, hafen: Client) -> None:
    first, second, third = (with_document(a_waiting_po(hafen, at=days_later(day - 3))) for day in range(3))
    enter(desk.context, live_server, a_user("client_admin", hafen, name="Ida"))
    desk.goto(f"{live_server.url}/purchases/review/?show=mine")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(rf"/{first.reference}/desk/\?show=mine$"))
    expect(desk.get_by_alt_text("Page 1 of order.pdf")).to_be_visible()
    expect(desk.get_by_alt_text("Page 1 of order.pdf")).to_have_js_property("naturalWidth", 1000)
    for number in range(1, 8):
        desk.keyboard.press(str(number))
        expect(desk.get_by_text(f"{number} of 8 met")).to_be_visible()
    desk.keyboard.press("j")
    desk.keyboard.press("n")
    note = desk.get_by_label("Note on PO number")
    expect(note).to_be_focused()
    note.fill("another number")
    desk.keyboard.press("Enter")
    expect(note).to_have_value("another number")
    desk.keyboard.press("Escape")
    assert violations(desk) == []
    desk.keyboard.press("r")
    expect(desk.get_by_text("Not met: PO number (another number).")).to_be_visible()
    desk.get_by_role("button", name="Release").click()
    desk.wait_for_url(re.compile(rf"/{second.reference}/desk/"))
    expect(desk.get_by_text(f"Purchase {first.reference} released.")).to_be_visible()
    press(desk, "]")
    desk.wait_for_url(re.compile(rf"/{third.reference}/desk/"))
    desk.keyboard.press("[")
    desk.wait_for_url(re.compile(rf"/{second.reference}/desk/"))
    desk.keyboard.press("k")
    desk.keyboard.press("n")
    expect(desk.get_by_label("Note on Letterhead")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("a")
    expect(desk.get_by_label("The order is not on your company’s letterhead.")).to_be_checked()
    desk.get_by_role("button", name="Send").click()
    desk.wait_for_url(re.compile(rf"/{third.reference}/desk/"))
    assert Email.objects.filter(reference=second.reference, kind="po_ask_again").count() == 1
    assert Purchase.objects.get(pk=first.pk).status == Status.PURCHASE_ORDER
    assert ReviewCheck.objects.filter(purchase=first).count() == 8


def at_the_desk(desk: Page, live_server: Any, hafen: Client) -> Purchase:
    """The admin sits at the desk of an order that came in."""
    purchase = with_document(a_waiting_po(hafen))
    enter(desk.context, live_server, a_user("client_admin", hafen, name="Ida"))
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/desk/")
    return purchase


def test_fast_hands_tick_every_line(desk: Page, live_server: Any, hafen: Client) -> None:
    at_the_desk(desk, live_server, hafen)
    desk.keyboard.type("12345678")
    expect(desk.get_by_text("8 of 8 met")).to_be_visible()
    expect(desk.locator(".tick-yes[aria-pressed=true]")).to_have_count(8)
    desk.keyboard.type("2244")
    expect(desk.get_by_text("8 of 8 met")).to_be_visible()
    desk.keyboard.type("2kx")
    expect(desk.get_by_text("6 of 8 met")).to_be_visible()
    expect(desk.locator("#line-letterhead.cur")).to_be_visible()
    assert sorted(ReviewCheck.objects.values_list("key", flat=True)) == sorted(
        set(CHECKLIST) - {"letterhead", "signature"}
    )


def test_keys_work_while_the_pages_of_the_document_still_load(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = at_the_desk(desk, live_server, hafen)
    pictures_are_here = "window.dispatchEvent(new PageTransitionEvent('pageshow'))"
    desk.evaluate(f"document.querySelector('.tick-yes').click(); {pictures_are_here}")
    desk.keyboard.type("2r")
    expect(desk.get_by_role("heading", name=f"Release {purchase.reference}")).to_be_visible()
    expect(desk.get_by_text("2 of 8 met")).to_be_visible()


def test_fast_hands_write_into_the_note_and_decide_on_what_they_found(
    desk: Page, live_server: Any, hafen: Client
) -> None:
    purchase = at_the_desk(desk, live_server, hafen)
    desk.keyboard.type("jjn")
    expect(desk.get_by_label("Note on Signature")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.type("jnrather 30\n1r")
    expect(desk.get_by_text("Not met: Signature, Reference number (rather 30).")).to_be_visible()
    expect(desk.get_by_text("Not checked: Products,")).to_be_visible()
    assert ReviewCheck.objects.filter(purchase=purchase, is_met=True).count() == 1


def test_a_fast_mouse_ticks_every_line(desk: Page, live_server: Any, hafen: Client) -> None:
    at_the_desk(desk, live_server, hafen)
    desk.evaluate("document.querySelectorAll('.tick-yes').forEach((tick) => tick.click())")
    expect(desk.get_by_text("8 of 8 met")).to_be_visible()
    expect(desk.locator(".tick-yes[aria-pressed=true]")).to_have_count(8)


def test_keys_typed_on_the_way_to_the_next_order_touch_no_line(desk: Page, live_server: Any, hafen: Client) -> None:
    at_the_desk(desk, live_server, hafen)
    other = with_document(a_waiting_po(hafen, at=days_later(1)))
    desk.reload()
    desk.keyboard.type("]12")
    desk.wait_for_url(re.compile(rf"/{other.reference}/desk/"))
    desk.keyboard.type("3")
    expect(desk.get_by_text("1 of 8 met")).to_be_visible()
    assert list(ReviewCheck.objects.values_list("purchase", "key")) == [(other.pk, "reference")]


def test_enter_on_a_button_ticks_while_another_answer_is_due(desk: Page, live_server: Any, hafen: Client) -> None:
    at_the_desk(desk, live_server, hafen)
    held: list[Route] = []
    desk.route("**/check/", lambda route: route.continue_() if held else held.append(route))
    with desk.expect_request("**/check/"):
        desk.evaluate("document.querySelectorAll('.tick-yes')[0].click()")
    desk.evaluate("document.querySelectorAll('.tick-yes')[1].focus()")
    desk.keyboard.press("Enter")
    held[0].continue_()
    expect(desk.get_by_text("2 of 8 met")).to_be_visible()


def test_keys_work_again_when_the_next_order_does_not_come(desk: Page, live_server: Any, hafen: Client) -> None:
    desk.clock.install()
    at_the_desk(desk, live_server, hafen)
    other = with_document(a_waiting_po(hafen, at=days_later(1)))
    desk.reload()
    desk.route(f"**/{other.reference}/desk/", lambda route: route.fulfill(status=204))
    press(desk, "]")
    desk.keyboard.type("2")
    desk.keyboard.press("Escape")
    desk.keyboard.type("1")
    expect(desk.get_by_text("1 of 8 met")).to_be_visible()
    press(desk, "]")
    desk.keyboard.type("2")
    desk.clock.fast_forward(5000)
    desk.keyboard.type("3")
    expect(desk.get_by_text("2 of 8 met")).to_be_visible()
    assert set(ReviewCheck.objects.values_list("key", flat=True)) == {"letterhead", "reference"}


def test_document_and_checklist_are_seen_without_scrolling(desk: Page, live_server: Any, hafen: Client) -> None:
    purchase = with_document(a_waiting_po(hafen))
    enter(desk.context, live_server, a_user("client_admin", hafen))
    desk.goto(f"{live_server.url}/purchases/{purchase.reference}/desk/")
    for selector in (".sheets img", "#line-letterhead", "#line-po_number"):
        box = desk.locator(selector).first.bounding_box()
        assert box is not None
        assert box["y"] < 860, selector
    last = desk.locator("#line-po_number").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= 900
    assert desk.evaluate("document.documentElement.scrollHeight") == 900
    desk.get_by_role("link", name="200 %").click()
    expect(desk.locator(".sheets.zoom-200")).to_be_visible()
    assert desk.locator(".sheets img").first.evaluate("image => image.clientWidth > 2 * 600") is True
    assert violations(desk) == []
    desk.set_viewport_size({"width": 390, "height": 844})
    assert desk.evaluate("document.documentElement.scrollWidth") == 390
    desk.locator("[data-theme-switch]").click()
    assert violations(desk) == []


def test_it_all_works_without_script(browser: Browser, live_server: Any, hafen: Client) -> None:
    context = browser.new_context(java_script_enabled=False)
    enter(context, live_server, a_user("platform_admin"))
    page = context.new_page()
    page.goto(f"{live_server.url}/purchases/new/?client=hafen")
    page.get_by_label("Company").first.fill("Werft AG")
    page.get_by_label("E-mail").first.fill("order@werft.example")
    page.locator("#id_item0-product").fill("PRO")
    turn_page(page, "Add row")
    expect(page.locator("#id_item0-product")).to_have_value("PRO")
    page.locator("#id_item3-product").fill("Hafen Pro")
    turn_page(page, "Recompute")
    expect(page.locator("#totals .due")).to_contain_text("€238.00")
    page.locator("#id_is_po").check()
    page.locator("#id_file").set_input_files({"name": "o.pdf", "mimeType": "application/pdf", "buffer": a_pdf()})
    page.get_by_role("button", name="Place the order").click()
    page.wait_for_url(re.compile(r"/desk/$"))
    page.get_by_role("button", name="Letterhead: met", exact=True).click()
    expect(page.get_by_text("1 of 8 met")).to_be_visible()
    page.get_by_role("link", name="Release").click()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_text("That was the last one of this list.")).to_be_visible()
    purchase = Purchase.objects.get()
    assert (purchase.status, PoDocument.objects.get().channel) == (Status.PURCHASE_ORDER, "email")
    context.close()


def test_what_is_typed_while_a_total_is_on_its_way_counts_too(desk: Page, live_server: Any, hafen: Client) -> None:
    enter(desk.context, live_server, a_user("platform_customer_service"))
    desk.goto(f"{live_server.url}/purchases/new/?client=hafen")
    held: list[Route] = []
    desk.route("**/purchases/new/**", lambda route: route.continue_() if held else held.append(route))
    desk.locator("#id_item0-product").fill("PRO")
    with desk.expect_request("**/purchases/new/**"):
        desk.locator("#id_item0-product").press("Tab")
    desk.locator("#id_item0-quantity").fill("3")
    desk.locator("#id_item0-quantity").press("Tab")
    held[0].continue_()
    expect(desk.locator("#totals .due")).to_contain_text("€357.00")


def test_the_total_follows_what_is_typed(desk: Page, live_server: Any, hafen: Client) -> None:
    a_waiting_po(hafen)
    enter(desk.context, live_server, a_user("platform_customer_service"))
    desk.goto(f"{live_server.url}/purchases/new/?client=hafen")
    desk.get_by_label("Known customer").press_sequentially("werft")
    desk.locator("#found button").click()
    expect(desk.get_by_text("a known customer")).to_be_visible()
    desk.locator("#id_item0-product").fill("PRO")
    desk.locator("#id_item0-quantity").fill("3")
    desk.locator("#id_item0-quantity").press("Tab")
    expect(desk.locator("#totals .due")).to_contain_text("€357.00")
    desk.locator("#id_file").set_input_files({"name": "o.pdf", "mimeType": "application/pdf", "buffer": a_pdf()})
    desk.get_by_role("button", name="Add row").click()
    expect(desk.locator("#id_item3-product")).to_be_visible()
    assert violations(desk) == []
    desk.get_by_role("button", name="Place the order").click()
    desk.wait_for_url(re.compile(r"/purchases/\d{9}/$"))
    assert Purchase.objects.get(source="offline").document_received_at is not None
