"""The evidence pack: everything, byte for byte, the same twice, and nothing internal for clients."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import pytest
from django.test import Client as Browser
from django.urls import reverse

from core.pdf import PdfTimeoutError
from dunning.models import Notice, Settings
from mailing.models import Email, EmailMime
from mailing.services.capture import CaptureTransport
from mailing.services.handover import hand_over_due
from purchases.models import Document, DocumentFile, HistoryEntry, PoDocument
from tests.dunning.test_consolidated import two_due
from tests.dunning.worker import at_nine, works
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user

if TYPE_CHECKING:
    from accounts.models import User
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db

DUE = MONDAY.date().replace(month=4, day=1)


def asked(user: User, purchase: Purchase) -> Any:
    browser = Browser()
    browser.force_login(user)
    return browser.get(reverse("dunning:evidence", args=[purchase.reference]))


def pack(user: User, purchase: Purchase) -> bytes:
    answer = asked(user, purchase)
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{purchase.reference}.zip"'
    return b"".join(answer.streaming_content)


@pytest.fixture
def dunned() -> Purchase:
    purchase = a_released_po(a_client())
    works(DUE, mails=False)
    hand_over_due(clock=lambda: at_nine(DUE), transport=CaptureTransport())
    PoDocument.objects.update(content=b"%PDF-1.4 scan", filename="../../order=1.pdf", content_type="application/pdf")
    HistoryEntry.objects.create(purchase=purchase, at=MONDAY, event="remark", note="Zzyzx inside", is_internal=True)
    return purchase


def test_everything_is_in_it_byte_for_byte_with_its_hash(dunned: Purchase) -> None:
    content = pack(a_user("platform_admin"), dunned)
    with ZipFile(BytesIO(content)) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        for line in manifest["files"]:
            assert hashlib.sha256(archive.read(line["file"])).hexdigest() == line["sha256"]
        assert {line["file"] for line in manifest["files"]} == set(names) - {"manifest.json"}
        for document in Document.objects.filter(purchase=dunned):
            kept = DocumentFile.objects.get(document=document)
            assert archive.read(f"documents/{document.filename}") == bytes(kept.content)
        assert archive.read("received/01-order-1.pdf") == b"%PDF-1.4 scan"
        letter = next(name for name in names if name.endswith("pdn1.eml"))
        mime = EmailMime.objects.get(email__kind="pdn1")
        assert archive.read(letter) == bytes(mime.content)
        story = json.loads(archive.read("timeline.json"))
        page = archive.read("timeline.html").decode()
    assert story["reference"] == dunned.reference
    assert [notice["step"] for notice in story["notices"]] == ["Payment delinquency notice 1"]
    assert "due date 2026-04-01" in story["explanations"][-2]["why"]
    email = next(email for email in story["emails"] if email["file"] == letter)
    assert [attempt["words"] for attempt in email["attempts"]] == [CaptureTransport.reply]
    assert "Zzyzx inside" in page
    assert letter in page


def test_two_calls_without_a_change_give_the_same_bytes(dunned: Purchase) -> None:
    boss = a_user("platform_admin")
    assert pack(boss, dunned) == pack(boss, dunned)


def test_what_is_internal_stays_with_the_platform(dunned: Purchase) -> None:
    EmailMime.objects.exclude(email__kind="pdn1").delete()  # as of e-mails that were never handed over
    content = pack(a_user("client_admin", dunned.client), dunned)
    with ZipFile(BytesIO(content)) as archive:
        assert all(b"Zzyzx" not in archive.read(name) for name in archive.namelist())
        assert sum(name.endswith(".eml") for name in archive.namelist()) == 1


def test_links_by_which_a_reader_could_do_more_than_they_may_are_withheld(dunned: Purchase) -> None:
    key = "AbCdEfGhIjKlMnOpQrStUvWx"
    link = f"Keep it: https://kontor.example/p/keep/{key}"
    handed_over = Email.objects.filter(kind="pdn1")
    handed_over.update(body_text=link)
    EmailMime.objects.filter(email__kind="pdn1").update(content=link.encode())
    other = Email.objects.exclude(kind="pdn1").order_by("pk")[0]
    EmailMime.objects.filter(email=other).delete()
    Email.objects.filter(pk=other.pk).update(body_html=link, body_text=link)
    with ZipFile(BytesIO(pack(a_user("client_support", dunned.client), dunned))) as archive:
        assert all(key.encode() not in archive.read(name) for name in archive.namelist())
        files = json.loads(archive.read("manifest.json"))["files"]
        (line,) = [line for line in files if "withheld" in line["what"]]
        assert line["file"] not in archive.namelist()
        assert line["sha256"] == hashlib.sha256(link.encode()).hexdigest()
        assert "Withheld: it holds a link" in archive.read("timeline.html").decode()
    boss = pack(a_user("platform_admin"), dunned)
    with ZipFile(BytesIO(boss)) as archive:
        assert archive.read(line["file"]) == link.encode()


def test_a_letter_about_several_orders_belongs_to_each() -> None:
    hafen = a_client()
    Settings.objects.create(client=hafen, is_consolidated=True)
    _, second = two_due(hafen)
    works(DUE)
    notice = Notice.objects.get(purchase=second)
    assert notice.document is not None
    assert notice.document.purchase != second
    boss = a_user("platform_admin")
    with ZipFile(BytesIO(pack(boss, second))) as archive:
        assert f"documents/{notice.document.filename}" in archive.namelist()
        emails = json.loads(archive.read("timeline.json"))["emails"]
    assert notice.email is not None
    assert notice.email.subject in [email["subject"] for email in emails]
    browser = Browser()
    browser.force_login(boss)
    viewer = reverse("purchases:viewer", args=[second.reference])
    assert notice.document.number in browser.get(viewer, {"tab": "documents"}).text
    assert reverse("mailing:email", args=[notice.email_id]) in browser.get(viewer, {"tab": "delivery"}).text
    link = reverse("purchases:document", args=[second.reference, notice.document.number])
    assert link in browser.get(viewer, {"tab": "po"}).text
    assert browser.get(link).status_code == 200
    stranger = a_released_po(hafen, customer=a_customer(company="Other AG", email="other@other.example"))
    link = reverse("purchases:document", args=[stranger.reference, notice.document.number])
    assert browser.get(link).status_code == 404


def test_another_clients_evidence_does_not_exist(dunned: Purchase) -> None:
    assert asked(a_user("client_admin", a_client("elbe")), dunned).status_code == 404


def test_the_documents_tab_leads_to_it(dunned: Purchase) -> None:
    browser = Browser()
    browser.force_login(a_user("client_support", dunned.client))
    page = browser.get(reverse("purchases:viewer", args=[dunned.reference]), {"tab": "documents"}).text
    assert reverse("dunning:evidence", args=[dunned.reference]) in page


def test_a_document_that_cannot_be_made_is_said_and_not_left_out(
    dunned: Purchase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PdfTimeoutError("too long")

    monkeypatch.setattr("dunning.services.evidence.render_document", fail)
    answer = asked(a_user("platform_admin"), dunned)
    assert answer.status_code == 503
    assert "too long" in answer.text
