"""What people write down with a purchase: history entries by hand, x-parameters, attachments."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image

from accounts.roles import ROLES, Right
from core.refused import Refused
from core.uploads import CheckedFile
from purchases.models import HistoryEntry, Purchase, PurchaseFile, XParameter
from purchases.services.records import (
    LONGEST_DETAIL,
    MOST_FILES,
    add_entry,
    add_x_parameter,
    attach_file,
    remove_x_parameter,
)
from tests.stories import MONDAY, a_client, a_released_po, a_user, a_waiting_po, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep() -> User:
    return a_user("platform_customer_service", name="Rita Rep")


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def send(user: User, purchase: Purchase, page: str, **fields: Any) -> Any:
    """Send a form of the viewer."""
    return logged_in(user).post(f"/purchases/{purchase.reference}/{page}/", fields)


def read(user: User, purchase: Purchase, tab: str, more: str = "") -> str:
    """Open a tab of the viewer."""
    answer = logged_in(user).get(f"/purchases/{purchase.reference}/?tab={tab}{more}")
    assert answer.status_code == 200
    return answer.content.decode()


def picture(color: str = "white") -> bytes:
    """A small picture, as PNG."""
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(drawn, format="PNG")
    return drawn.getvalue()


def scan(content: bytes = b"%PDF-1", name: str = "scan.pdf") -> CheckedFile:
    """A file that was checked before."""
    return CheckedFile(name, "application/pdf", content)


# History entries -----------------------------------------------------------------------------------------------------


def test_a_call_is_written_down(hafen: Client, rep: User) -> None:
    purchase = a_waiting_po(hafen)
    version = Purchase.objects.get().version
    answer = send(
        rep,
        purchase,
        "history/add",
        nature="inbound",
        method="phone",
        note="  Customer asks\nfor the key ",
        reason="Key lost",
        detail="Ms Petersen calls.\nThe key was deleted with the e-mail.",
        link="https://tickets.example/4711",
    )
    assert answer.status_code == 302
    entry = HistoryEntry.objects.order_by("-pk")[0]
    assert (entry.event, entry.nature, entry.method, entry.note, entry.by) == (
        "note",
        "inbound",
        "phone",
        "Customer asks for the key",
        rep,
    )
    assert (entry.reason, entry.link, entry.is_internal) == ("Key lost", "https://tickets.example/4711", False)
    assert Purchase.objects.get().version == version, "a note makes nobody's open form stale"
    text = read(a_user("client_support", hafen), purchase, "history")
    assert 'href="https://tickets.example/4711" target="_blank" rel="noopener noreferrer"' in text
    assert "The key was deleted with the e-mail." in text


def test_an_internal_entry_stays_with_the_platform(hafen: Client, rep: User) -> None:
    purchase = a_waiting_po(hafen)
    send(rep, purchase, "history/add", nature="internal", method="", note="Pays late, as ever", is_internal="on")
    assert "Pays late" in read(rep, purchase, "history")
    support = a_user("client_support", hafen)
    assert "Pays late" not in read(support, purchase, "history")
    assert "Pays late" not in read(support, purchase, "history", "&q=late")
    form = logged_in(support).get(f"/purchases/{purchase.reference}/history/add/").content.decode()
    assert 'name="is_internal"' not in form
    with pytest.raises(Refused, match="the platform's alone"):
        add_entry(purchase, by=support, at=MONDAY, nature="client", note="Hidden", is_internal=True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"nature": "system"}, "natures and methods offered"),
        ({"method": "pigeon"}, "natures and methods offered"),
        ({"note": " \n "}, "Say in a few words what happened."),
        ({"note": "n" * 301}, "at most 300 are kept"),
        ({"detail": "d" * (LONGEST_DETAIL + 1)}, "at most 10,000 characters are kept"),
        ({"link": "javascript:alert(1)"}, "starts with https://"),
        ({"link": "/purchases/"}, "starts with https://"),
        ({"link": "https://a.example/" + "x" * 300}, "at most 300 are kept"),
    ],
)
def test_what_no_entry_can_say(hafen: Client, rep: User, fields: dict[str, Any], sentence: str) -> None:
    purchase = a_waiting_po(hafen)
    before = HistoryEntry.objects.count()
    with pytest.raises(Refused, match=sentence):
        add_entry(purchase, by=rep, at=MONDAY, **{"nature": "inbound", "note": "Called", **fields})
    assert HistoryEntry.objects.count() == before


def test_a_wrong_link_is_said_next_to_the_field(hafen: Client, rep: User) -> None:
    answer = send(rep, a_waiting_po(hafen), "history/add", nature="inbound", note="Called", link="ftp://files.example")
    assert answer.status_code == 422
    assert "Enter an address that starts with https:// or http://." in answer.content.decode()


# X-parameters --------------------------------------------------------------------------------------------------------


def test_an_x_parameter_is_added_to_a_completed_purchase(hafen: Client, rep: User) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    assert send(rep, purchase, "x-parameters/add", key="x-Campaign-7", value="Spring & <b>").status_code == 302
    assert send(rep, purchase, "x-parameters/add", key="x-campaign-7", value="lower case is another").status_code == 302
    assert sorted(XParameter.objects.values_list("key", "value")) == [
        ("x-Campaign-7", "Spring & <b>"),
        ("x-campaign-7", "lower case is another"),
    ]
    text = read(rep, purchase, "general")
    assert "Spring &amp; &lt;b&gt;" in text
    assert "X-parameter x-Campaign-7 added" in read(rep, purchase, "history")
    again = send(rep, purchase, "x-parameters/add", key="x-Campaign-7", value="Summer")
    assert again.status_code == 422
    assert "x-Campaign-7 is there already" in again.content.decode()


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("campaign", "1", "a key is “x-” followed by letters, digits and hyphens"),
        ("x-", "1", "a key is “x-” followed by letters, digits and hyphens"),
        ("x-ä", "1", "a key is “x-” followed by letters, digits and hyphens"),
        ("x-a", "tab\tin it", "1 to 255 printable characters"),
        ("x-a", "v" * 256, "255"),
        ("x-a", "", "Enter the value."),
    ],
)
def test_an_x_parameter_that_reports_could_not_carry(
    hafen: Client, rep: User, key: str, value: str, sentence: str
) -> None:
    answer = send(rep, a_waiting_po(hafen), "x-parameters/add", key=key, value=value)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not XParameter.objects.exists()


def test_a_wrong_x_parameter_goes_and_the_history_keeps_it(hafen: Client, rep: User) -> None:
    purchase = a_waiting_po(hafen)
    add_x_parameter(purchase, by=rep, at=MONDAY, key="x-a", value="wrong")
    asked = logged_in(rep).get(f"/purchases/{purchase.reference}/x-parameters/x-a/remove/").content.decode()
    assert "The history keeps what it said." in asked
    assert send(rep, purchase, "x-parameters/x-a/remove", reason="Typing error").status_code == 302
    entry = HistoryEntry.objects.order_by("-pk")[0]
    assert (entry.note, entry.reason, entry.detail) == ("X-parameter x-a removed", "Typing error", "x-a=wrong")
    assert not XParameter.objects.exists()
    assert logged_in(rep).get(f"/purchases/{purchase.reference}/x-parameters/x-a/remove/").status_code == 404
    with pytest.raises(Refused, match="has no x-parameter x-a"):
        remove_x_parameter(purchase, by=rep, at=MONDAY, key="x-a", reason="Twice")


# Attachments ---------------------------------------------------------------------------------------------------------


def test_a_file_is_attached_and_comes_back_harmless(hafen: Client, rep: User) -> None:
    purchase = a_waiting_po(hafen)
    upload = SimpleUploadedFile("screen.png", picture(), content_type="text/html")
    assert send(rep, purchase, "files/add", file=upload, note="What she sees").status_code == 302
    kept = PurchaseFile.objects.get()
    assert (kept.filename, kept.content_type, kept.note, kept.added_by) == (
        "screen.png",
        "image/png",
        "What she sees",
        rep,
    )
    assert kept.size == len(bytes(kept.content))
    support = a_user("client_support", hafen)
    assert "screen.png" in read(support, purchase, "documents")
    assert "Attachment added: screen.png" in read(support, purchase, "history")
    answer = logged_in(support).get(f"/purchases/{purchase.reference}/files/{kept.pk}/")
    assert (answer["Content-Type"], answer["Content-Disposition"]) == (
        "image/png",
        'attachment; filename="screen.png"',
    )
    assert (answer["X-Content-Type-Options"], answer["Content-Security-Policy"]) == (
        "nosniff",
        "sandbox; default-src 'none'",
    )
    assert answer.content == bytes(kept.content)


def test_a_file_that_is_not_what_it_says_is_refused(hafen: Client, rep: User) -> None:
    upload = SimpleUploadedFile("letter.pdf", b"<script>alert(1)</script>")
    answer = send(rep, a_waiting_po(hafen), "files/add", file=upload)
    assert (answer.status_code, "letter.pdf is not what its name says." in answer.content.decode()) == (422, True)
    assert not PurchaseFile.objects.exists()


def test_an_internal_file_stays_with_the_platform(hafen: Client, rep: User) -> None:
    purchase = a_waiting_po(hafen)
    kept = attach_file(purchase, by=rep, at=MONDAY, file=scan(), note="Credit check", is_internal=True)
    support = a_user("client_support", hafen)
    assert "scan.pdf" in read(rep, purchase, "documents")
    for tab in ("documents", "history"):
        assert "scan.pdf" not in read(support, purchase, tab)
    link = f"/purchases/{purchase.reference}/files/{kept.pk}/"
    assert (logged_in(rep).get(link).status_code, logged_in(support).get(link).status_code) == (200, 404)
    with pytest.raises(Refused, match="the platform's alone"):
        attach_file(purchase, by=support, at=MONDAY, file=scan(b"%PDF-2"), is_internal=True)
    assert attach_file(purchase, by=support, at=MONDAY, file=scan(name="ours.pdf")).filename == "ours.pdf"


def test_the_same_file_once_and_no_more_than_so_many(hafen: Client, rep: User) -> None:
    purchase = a_waiting_po(hafen)
    first = attach_file(purchase, by=rep, at=MONDAY, file=scan())
    with pytest.raises(Refused, match=r"This file is there already: scan\.pdf\."):
        attach_file(purchase, by=rep, at=MONDAY, file=scan(name="again.pdf"))
    rows = [
        PurchaseFile(
            purchase=purchase,
            filename=f"{number}.pdf",
            content_type="application/pdf",
            content=b"",
            size=0,
            sha256=str(number),
            added_at=MONDAY,
            added_by=rep,
        )
        for number in range(MOST_FILES - 1)
    ]
    PurchaseFile.objects.bulk_create(rows)
    with pytest.raises(Refused, match="has 50 attachments"):
        attach_file(purchase, by=rep, at=MONDAY, file=scan(b"%PDF-2"))
    assert PurchaseFile.objects.filter(purchase=purchase).order_by("pk")[0] == first


# Who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_may_write_down_what(hafen: Client, role: str) -> None:
    purchase = a_waiting_po(hafen)
    user = a_user(role, None if ROLES[role].is_platform else hafen)
    browser = logged_in(user)
    pages = {"history/add": Right.RECORDS, "files/add": Right.RECORDS, "x-parameters/add": Right.CORRECT}
    for page, right in pages.items():
        answer = browser.get(f"/purchases/{purchase.reference}/{page}/")
        assert answer.status_code == (200 if user.may(right) else 403), (role, page)
    writers = {role for role, data in ROLES.items() if Right.RECORDS in data.rights}
    assert writers == set(ROLES) - {"auditor", "client_sales"}
