"""The review desk: the document is seen, compared line by line, asked for again, and the next one follows."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image
from pypdf import PdfWriter

from core.letters import LANGUAGES
from core.pages import draw_page, outline
from core.refused import Refused
from mailing.models import Email
from purchases.emails import po_ask_again
from purchases.models import HistoryEntry, PoDocument, Purchase, ReviewCheck
from purchases.selectors import CHECKLIST, others_with_po_number, review_of
from purchases.services.place import place_order
from purchases.services.release import ReceivedFile, receive_document, reject_purchase, release_purchase
from purchases.services.review import ask_again, ask_again_refusal, check_line
from purchases.states import Status
from purchases.wording import MISSING_POINTS
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(days_later(1), tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    """A client whose admin reviews."""
    return a_client("hafen")


@pytest.fixture
def ida(hafen: Client) -> User:
    """The client's admin."""
    return a_user("client_admin", hafen, name="Ida")


def a_pdf(pages: int = 1) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=595, height=842)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def a_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 30), "white").save(out, "PNG")
    return out.getvalue()


def with_file(purchase: Purchase, content: bytes, kind: str = "application/pdf", *, at: Any = MONDAY) -> PoDocument:
    receive_document(purchase, channel="fax", by=None, at=at, file=ReceivedFile("order", kind, content))
    found: Any = PoDocument.objects.filter(purchase=purchase).order_by("-pk")[0]
    return cast("PoDocument", found)


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def desk(user: User, purchase: Purchase, query: str = "") -> str:
    answer = logged_in(user).get(f"/purchases/{purchase.reference}/desk/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def last_entry(purchase: Purchase) -> HistoryEntry:
    return HistoryEntry.objects.filter(purchase=purchase).order_by("-pk")[0]


# The checklist -----------------------------------------------------------------------------------------------------


def test_every_line_is_ticked_found_wanting_and_opened_again(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    for key in CHECKLIST:
        check_line(purchase, by=ida, at=MONDAY, key=key, is_met=True)
    assert review_of(purchase).result == "Checklist: 8 of 8 met."
    check_line(purchase, by=ida, at=days_later(1), key="signature", is_met=False, note="only\na stamp")
    check_line(purchase, by=ida, at=days_later(1), key="products", is_met=False)
    assert check_line(purchase, by=ida, at=days_later(1), key="amount", is_met=None) is None
    review = review_of(purchase)
    assert (len(review.met), review.unmet, review.open) == (5, ["signature", "products"], ["amount"])
    assert review.doubts == ["Not met: Signature (only a stamp), Products.", "Not checked: Amount and currency."]
    check = review.checks["signature"]
    assert (check.by, check.at, ReviewCheck.objects.count()) == (ida, days_later(1), 7)


def test_who_may_not_review_ticks_nothing(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    for user in (
        a_user("client_support", hafen),
        a_user("platform_customer_service"),
        a_user("client_admin", a_client("x")),
    ):
        with pytest.raises(Refused):
            check_line(purchase, by=user, at=MONDAY, key="amount", is_met=True)
    with pytest.raises(Refused, match="no line"):
        check_line(purchase, by=ida, at=MONDAY, key="weather", is_met=True)
    with pytest.raises(Refused, match="too long"):
        check_line(purchase, by=ida, at=MONDAY, key="amount", is_met=False, note="x" * 301)
    with pytest.raises(Refused, match="not possible in status Purchase Order"):
        check_line(a_released_po(hafen), by=ida, at=MONDAY, key="amount", is_met=True)
    assert ReviewCheck.objects.count() == 0


def test_the_result_is_written_into_the_history(hafen: Client, ida: User) -> None:
    released, rejected = a_waiting_po(hafen), a_waiting_po(hafen)
    check_line(released, by=ida, at=MONDAY, key="amount", is_met=True)
    release_purchase(released, by=ida, at=MONDAY, note="Known customer")
    entry = HistoryEntry.objects.get(purchase=released, event="released")
    assert entry.reason == "Known customer"
    assert entry.detail.startswith("Checklist: 1 of 8 met. Not checked: Letterhead, Signature,")
    check_line(rejected, by=ida, at=MONDAY, key="signature", is_met=False, note="missing")
    reject_purchase(rejected, by=ida, at=MONDAY, reason="No signature")
    assert "Not met: Signature (missing)." in HistoryEntry.objects.get(purchase=rejected, event="rejected").detail


def test_the_first_of_four_eyes_leaves_the_checklist_to_the_second() -> None:
    client = a_client("vier", four_eyes=True)
    first, second = a_user("client_admin", client, name="Eins"), a_user("client_admin", client, name="Zwei")
    purchase = a_waiting_po(client)
    check_line(purchase, by=first, at=MONDAY, key="amount", is_met=True)
    release_purchase(purchase, by=first, at=MONDAY)
    assert HistoryEntry.objects.get(purchase=purchase, event="approved").detail.startswith("Checklist: 1 of 8 met.")
    page = desk(second, purchase)
    assert "first approval by Eins" in page
    assert "Met: </span>Eins" in page
    assert "You gave the first approval; somebody else has to give the second." in desk(first, purchase)


def test_a_line_is_ticked_on_the_page(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    browser, address = logged_in(ida), f"/purchases/{purchase.reference}/check/"
    answer = browser.post(address, {"key": "amount", "is_met": "yes", "show": "ready"})
    assert answer["Location"] == f"/purchases/{purchase.reference}/desk/?show=ready#line-amount"
    answer = browser.post(
        address, {"key": "products", "is_met": "no", "note": "another edition"}, headers={"HX-Request": "true"}
    )
    assert "1 of 8 met" in answer.content.decode()
    assert "another edition" in answer.content.decode()
    browser.post(address, {"key": "amount", "is_met": ""})
    assert [check.key for check in ReviewCheck.objects.filter(purchase=purchase)] == ["products"]
    assert browser.get(address)["Location"] == f"/purchases/{purchase.reference}/desk/"
    for wrong in ({"key": "weather"}, {"key": "amount", "is_met": "no", "note": "x" * 301}):
        answer = browser.post(address, wrong, headers={"HX-Request": "true"})
        assert (answer.status_code, "no such line" in answer.content.decode()) == (422, True)
    reject_purchase(purchase, by=ida, at=MONDAY, reason="No")
    answer = browser.post(address, {"key": "amount", "is_met": "yes"}, follow=True)
    assert "not possible in status Rejected" in answer.content.decode()


def test_a_tick_is_answered_with_its_line_and_a_refusal_with_the_list(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    browser = logged_in(ida)

    def tick(**fields: str) -> Any:
        return browser.post(f"/purchases/{purchase.reference}/check/", fields, headers={"HX-Request": "true"})

    answer = tick(key="amount", is_met="yes")
    text = answer.content.decode()
    assert (answer.status_code, "HX-Retarget" in answer.headers) == (200, False)
    assert [key for key in CHECKLIST if f'id="line-{key}"' in text] == ["amount"]
    assert ("1 of 8 met" in text, 'hx-swap-oob="innerHTML"' in text) == (True, True)
    for refused in (tick(key="weather", is_met="yes"), tick(key="amount", is_met="no", note="x" * 301)):
        assert (refused.status_code, refused["HX-Retarget"], refused["HX-Reswap"]) == (422, "#checklist", "outerHTML")
        assert "There is no such line, or the note is longer" in refused.content.decode()
    release_purchase(purchase, by=ida, at=MONDAY)
    late = tick(key="amount", is_met="yes").content.decode()
    assert ("not possible in status Purchase Order" in late, "tick-yes" in late) == (True, False)


def test_a_reader_sees_the_desk_and_ticks_nothing(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    page = desk(a_user("auditor", hafen), purchase)
    assert "Werft &amp; Söhne KG" in page
    assert 'name="is_met"' not in page
    page = desk(a_user("client_support", hafen), purchase)
    assert "the right to review purchase orders. You can read along." in page


def test_a_tick_older_than_the_newest_document_says_so(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    check_line(purchase, by=ida, at=days_later(1), key="amount", is_met=True)
    assert "before the newest document" not in desk(ida, purchase)
    with_file(purchase, a_pdf(), at=days_later(2))
    assert "before the newest document" in desk(ida, purchase)


def test_a_po_number_that_was_used_before_is_shown_with_where(hafen: Client, ida: User) -> None:
    first, second = a_released_po(hafen), a_waiting_po(hafen, po_number=" 4500001 ")
    a_waiting_po(hafen, customer=a_customer(company="Another", email="x@another.example"))
    assert [other.pk for other in others_with_po_number(second)] == [first.pk]
    page = desk(ida, second)
    assert "Used before" in page
    assert f'href="/purchases/{first.reference}/"' in page
    fresh, without = a_waiting_po(hafen, po_number="77"), a_waiting_po(hafen, po_number="")
    assert "New for this customer" in desk(ida, fresh)
    assert "Not required" in desk(ida, without)
    strict = a_client("strict", po_number_required=True)
    waiting = place_order(strict, an_order(source="offline", po_number=""), by=None, at=MONDAY)
    assert "Required by the policy" in desk(a_user("platform_admin"), waiting)


# The document -----------------------------------------------------------------------------------------------------


def test_pages_are_drawn_as_pictures_and_kept(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    document = with_file(purchase, a_pdf(12))
    page = desk(ida, purchase)
    assert page.count("<img ") == 10
    assert "The first 10 of 12 pages are shown" in page
    browser, address = logged_in(ida), f"/purchases/{purchase.reference}/received/{document.pk}/"
    answer = browser.get(f"{address}1/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(answer.content)).width == 1000
    assert Image.open(io.BytesIO(browser.get(f"{address}1/?zoom=200").content)).width == 2000
    assert browser.get(f"{address}1/", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    PoDocument.objects.filter(pk=document.pk).update(content=b"gone")
    assert browser.get(f"{address}1/").content == answer.content
    cache.clear()
    assert browser.get(f"{address}1/").status_code == 404
    assert browser.get(f"{address}11/").status_code == 404
    assert browser.get(f"{address}0/").status_code == 404
    assert browser.get(f"/purchases/{purchase.reference}/received/{10**30}/1/").status_code == 404
    assert "show=asked" not in desk(ida, purchase)
    assert "This file can&#x27;t be shown here" in desk(ida, purchase)


def test_a_picture_is_shown_as_it_is_and_a_letter_without_a_file_says_so(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    assert "Only its arrival was noted" in desk(ida, purchase)
    document = with_file(purchase, a_png(), "image/png", at=days_later(1))
    assert f"/received/{document.pk}/1/" in desk(ida, purchase)
    older = PoDocument.objects.filter(purchase=purchase).order_by("pk")[0]
    assert "Only its arrival was noted" in desk(ida, purchase, f"?document={older.pk}&zoom=150")
    browser = logged_in(ida)
    answer = browser.get(f"/purchases/{purchase.reference}/received/{document.pk}/1/")
    assert (answer["Content-Type"], answer.content) == ("image/png", a_png())
    assert browser.get(f"/purchases/{purchase.reference}/received/{document.pk}/2/").status_code == 404
    assert browser.get(f"/purchases/{purchase.reference}/received/{older.pk}/1/").status_code == 404


def test_without_a_document_the_desk_says_how_to_get_one(hafen: Client, ida: User) -> None:
    purchase = place_order(hafen, an_order(), by=None, at=MONDAY)
    page = desk(ida, purchase)
    assert "No PO document yet" in page
    assert "Ask the customer" in page
    here = f"/purchases/{purchase.reference}/desk/"
    answer = logged_in(ida).post(
        f"/purchases/{purchase.reference}/document/",
        {"channel": "fax", "file": SimpleUploadedFile("o.pdf", a_pdf(), "application/pdf"), "next": here},
    )
    assert answer["Location"] == here
    assert "/received/" in desk(ida, purchase)


def test_a_file_that_is_no_pdf_or_takes_too_long_is_refused() -> None:
    assert outline(a_pdf(2)).count == 2
    for broken in (b"", b"%PDF-1.4", a_pdf()[:200]):
        with pytest.raises(Refused):
            outline(broken)
    with pytest.raises(Refused):
        draw_page(a_pdf(), page=2, width=100)
    with pytest.raises(Refused):
        draw_page(a_pdf(), page=1, width=100, time_limit=0.001)


# Asking again ---------------------------------------------------------------------------------------------------------


def test_the_customer_is_asked_again_and_the_order_goes_on_waiting(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen, customer=replace(a_customer(), language="en"))
    asked = ask_again(
        purchase, by=ida, at=days_later(1), points=["signature", "amount"], message="Both pages, please. {{client}}"
    )
    assert (asked.status, asked.document_asked_at, asked.version) == (Status.AWAITING_RELEASE, days_later(1), 3)
    body = Email.objects.get(reference=purchase.reference, kind="po_ask_again").body_text
    assert "• The order is not signed." in body
    assert "• The amount or currency is missing or differs from €119.00." in body
    assert "Both pages, please. {{client}}" in body
    entry = last_entry(purchase)
    assert (entry.event, entry.reason) == ("document_asked", "Signature, Amount and currency")
    assert (entry.nature, entry.method) == ("outbound", "email")
    ask_again(purchase, by=ida, at=days_later(2), points=["document"])
    assert Email.objects.filter(reference=purchase.reference, kind="po_ask_again").count() == 2
    assert last_entry(purchase).reason == "The document itself"


def test_asking_is_refused_without_points_address_or_right(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    for points in ([], ["weather"]):
        with pytest.raises(Refused, match="Say what the document lacks"):
            ask_again(purchase, by=ida, at=MONDAY, points=points)
    with pytest.raises(Refused, match="own client admin"):
        ask_again(purchase, by=a_user("platform_customer_service"), at=MONDAY, points=["signature"])
    assert "own client admin" in ask_again_refusal(purchase, a_user("platform_customer_service"))
    silent = a_waiting_po(hafen, customer=a_customer(email=""))
    with pytest.raises(Refused, match="no e-mail address"):
        ask_again(silent, by=ida, at=MONDAY, points=["signature"])
    with pytest.raises(Refused, match="not possible in status"):
        ask_again(an_offline_order(hafen), by=ida, at=MONDAY, points=["signature"])
    assert Email.objects.filter(kind="po_ask_again").count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_point_is_worded_in_every_language(language: str, hafen: Client) -> None:
    purchase = a_waiting_po(hafen, customer=replace(a_customer(), language=language))
    assert list(MISSING_POINTS[language]) == ["document", *CHECKLIST]
    email = po_ask_again(purchase, points=list(MISSING_POINTS[language]), message="", at=MONDAY)
    assert email is not None
    assert email.language == language
    assert email.body_text.count("• ") == 9
    assert "{{" not in email.subject + email.body_text + email.body_html
    assert purchase.reference in email.subject


def test_asked_again_has_its_tab_until_a_newer_document_is_here(hafen: Client, ida: User) -> None:
    purchase, other = a_waiting_po(hafen), a_waiting_po(hafen)
    browser = logged_in(ida)
    form = browser.get(f"/purchases/{purchase.reference}/ask/").content.decode()
    assert f"Our reference number {purchase.reference} is missing or different." in form
    answer = browser.post(f"/purchases/{purchase.reference}/ask/", {"message": "  "})
    assert (answer.status_code, "Choose what is missing or wrong" in answer.content.decode()) == (422, True)
    browser.post(f"/purchases/{purchase.reference}/ask/", {"points": ["signature"]})
    queue = browser.get("/purchases/review/?show=asked").content.decode()
    assert purchase.reference in queue
    assert other.reference not in queue
    assert "Asked again" in desk(ida, purchase)
    with_file(purchase, a_pdf(), at=days_later(3))
    assert purchase.reference not in browser.get("/purchases/review/?show=asked").content.decode()
    assert purchase.reference in browser.get("/purchases/review/").content.decode()


def test_what_the_checklist_found_is_proposed_to_the_customer(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    check_line(purchase, by=ida, at=MONDAY, key="products", is_met=False)
    page = logged_in(ida).get(f"/purchases/{purchase.reference}/ask/").content.decode()
    assert page.count("checked") == 1
    bare = place_order(hafen, an_order(), by=None, at=MONDAY)
    page = logged_in(ida).get(f"/purchases/{bare.reference}/ask/").content.decode()
    assert 'value="document"' in page.split("checked", maxsplit=1)[0].rsplit("<input", maxsplit=1)[1]


# From one to the next ------------------------------------------------------------------------------------------------


def test_a_decision_leads_to_the_next_in_the_queue(hafen: Client, ida: User) -> None:
    first, second, third = (a_waiting_po(hafen, at=days_later(-3 + day)) for day in range(3))
    browser = logged_in(ida)
    page = desk(ida, second, "?show=mine")
    assert "2 of 3" in page
    assert f"/purchases/{first.reference}/desk/?show=mine" in page
    assert f"/purchases/{third.reference}/desk/?show=mine" in page
    onward = f"/purchases/review/next/?after={second.reference}&show=mine"
    answer = browser.post(f"/purchases/{second.reference}/release/", {"onward": onward, "note": ""})
    assert answer["Location"] == onward
    assert browser.get(onward)["Location"] == f"/purchases/{third.reference}/desk/?show=mine"
    assert "2 waiting" in desk(ida, second)
    answer = browser.get(f"/purchases/review/next/?after={third.reference}", follow=True)
    assert "That was the last one of this list." in answer.content.decode()
    assert browser.get("/purchases/review/next/")["Location"] == f"/purchases/{first.reference}/desk/"
    assert browser.get("/purchases/review/next/?show=second")["Location"] == "/purchases/review/?show=second"


def test_nobody_is_sent_to_another_site(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    answer = logged_in(ida).post(
        f"/purchases/{purchase.reference}/release/", {"onward": "https://evil.example/", "note": ""}
    )
    assert answer["Location"] == f"/purchases/{purchase.reference}/"


def test_the_release_names_what_the_checklist_leaves_open(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    check_line(purchase, by=ida, at=MONDAY, key="signature", is_met=False, note="a stamp only")
    page = logged_in(ida).get(f"/purchases/{purchase.reference}/release/").content.decode()
    assert "Not met: Signature (a stamp only)." in page
    assert "Not checked: Letterhead, Reference number," in page


def test_the_viewer_tells_what_was_compared(hafen: Client, ida: User) -> None:
    purchase = a_waiting_po(hafen)
    browser = logged_in(ida)
    assert "Compared with" not in browser.get(f"/purchases/{purchase.reference}/?tab=po").content.decode()
    check_line(purchase, by=ida, at=MONDAY, key="signature", is_met=False, note="a stamp only")
    page = browser.get(f"/purchases/{purchase.reference}/?tab=po").content.decode()
    assert "Compared with the document: 0 of 8 met" in page
    assert "Signature not met: a stamp only" in page


def test_a_decided_purchase_is_read_at_the_desk(hafen: Client, ida: User) -> None:
    page = desk(ida, a_released_po(hafen))
    assert 'name="is_met"' not in page
    assert "/release/" not in page


def test_the_queue_leads_to_the_desk_and_costs_the_same_for_many(hafen: Client, ida: User) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    a_waiting_po(hafen)
    browser = logged_in(ida)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = browser.get("/purchases/review/?show=ready").content.decode()
        assert "/desk/?show=ready" in page
        return len(captured)

    cost()
    few = cost()
    a_waiting_po(hafen)
    a_waiting_po(hafen)
    assert cost() == few
