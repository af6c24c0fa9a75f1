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
from mailing.models import EmailMime
from mailing.services.capture import CaptureTransport
from mailing.services.handover import hand_over_due
from purchases.models import Document, DocumentFile, HistoryEntry, PoDocument
from tests.dunning.worker import at_nine, works
from tests.stories import MONDAY, a_client, a_released_po, a_user

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
