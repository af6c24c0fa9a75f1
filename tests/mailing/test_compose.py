"""Into the outbox: once per reason, fit for headers, bytes frozen."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction

from core.refused import Refused
from mailing.models import Email
from mailing.selectors import read_message
from mailing.services.compose import AttachmentSpec, Outgoing, one_line, queue_emails, safe_filename
from mailing.services.render import BytesChangedError, address_header, attachment_content, frozen_mime, mime_of
from mailing.signals import email_queued, register_attachment_source
from mailing.states import Status
from tests.mailing.conftest import NOON

if TYPE_CHECKING:
    from accounts.models import Client
    from tests.mailing.conftest import Clock, QueueMail

pytestmark = pytest.mark.django_db

HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% debug %}",
    "Eve\r\nBcc: victim@example.com",
    "Eve\nSubject: free money\n\nbody",
    'Eve" <eve@evil.example>, "x',
    "Eve <eve@evil.example>",
    "a, b, c; d",
    "=?utf-8?q?Bcc=3A_x?=",
    "\u202egnp.exe\u202c",
    "\u05d0\u05d1\u05d2 שלום",
    "x" * 10_000,
    "株式会社松本印刷" * 500,
    "nul\x00 bell\x07 next\x85 line\u2028separator",
    "\ud800 lone surrogate",
]


def test_the_same_reason_twice_is_one_email(queue_mail: QueueMail) -> None:
    first = queue_mail(dedupe_key="purchase:17:released")
    again = queue_mail(
        dedupe_key="purchase:17:released", subject="Other words", attachments=[AttachmentSpec("a.pdf", "x:1")]
    )
    assert again == first
    assert (again.subject, again.message_id) == (first.subject, first.message_id)
    assert Email.objects.count() == 1
    assert first.attachments.count() == 0


def test_the_same_reason_twice_at_once_is_one_email_with_the_first_ones_words(hafen: Client) -> None:
    rung: list[int] = []

    def ring(email: Email, **_: object) -> None:
        rung.append(email.pk)

    wanted = [
        Outgoing(
            client=hafen,
            kind="note",
            reference="100000017",
            dedupe_key=key,
            recipient="einkauf@werft.example",
            language="de",
            subject=subject,
            body_text="Guten Tag",
            attachments=[AttachmentSpec(f"{subject}.pdf", "x:1")],
        )
        for key, subject in (("a", "one"), ("b", "two"), ("a", "three"))
    ]
    email_queued.connect(ring)
    try:
        first, second, again = queue_emails(wanted, at=NOON)
        assert queue_emails([], at=NOON) == []
    finally:
        email_queued.disconnect(ring)
    assert again == first
    assert [(email.subject, email.attachments.get().filename) for email in (first, second)] == [
        ("one", "one.pdf"),
        ("two", "two.pdf"),
    ]
    assert rung == [first.pk, second.pk]


def test_held_from_the_start(queue_mail: QueueMail) -> None:
    email = queue_mail(hold=True)
    assert (email.status, email.next_attempt_at) == (Status.HELD, None)
    assert not Email.objects.due(NOON).exists()


def test_the_doorbell_rings_for_what_may_go_out(queue_mail: QueueMail) -> None:
    rung: list[int] = []

    def ring(email: Email, **_: object) -> None:
        rung.append(email.pk)

    email_queued.connect(ring)
    try:
        email = queue_mail(dedupe_key="once")
        queue_mail(dedupe_key="once")
        queue_mail(hold=True)
    finally:
        email_queued.disconnect(ring)
    assert rung == [email.pk]


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "   ",
        "nobody",
        "a@b@c.example",
        "a@example.com,b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "x" * 250 + "@example.com",
    ],
)
def test_no_address_no_email(recipient: str, queue_mail: QueueMail) -> None:
    with pytest.raises(Refused) as refusal:
        queue_mail(recipient=recipient)
    assert refusal.value.code == "recipient"
    assert "\n" not in str(refusal.value)
    assert Email.objects.count() == 0


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_come_out_harmless(name: str, queue_mail: QueueMail, hafen: Client) -> None:
    hafen.name = one_line(name, limit=200)
    hafen.save()
    email = queue_mail(
        recipient_name=name,
        subject=f"Invoice for {name}",
        attachments=[AttachmentSpec(f"../{name}.pdf", content=b"%PDF")],
    )
    content = frozen_mime(Email.objects.get(pk=email.pk), at=NOON)
    head = content.split(b"\r\n\r\n")[0]
    assert head.isascii()
    names = [line.split(b":")[0] for line in re.split(rb"\r\n(?![ \t])", head)]
    assert sorted(names) == sorted(set(names))
    assert set(names) == {
        b"Content-Type",
        b"MIME-Version",
        b"Subject",
        b"From",
        b"To",
        b"Message-ID",
        b"Date",
        b"Content-Language",
        b"Auto-Submitted",
    }
    assert max(map(len, content.split(b"\r\n"))) <= 998
    read = read_message(email)
    headers = dict(read.headers)
    assert headers["To"].endswith(f"<{email.recipient}>")
    assert headers["To"].count("@") - email.recipient_name.count("@") == 1
    assert headers["From"].endswith("<rechnung@hafen-cad.example>")
    [part] = read.parts
    assert not set(part.filename) & set('/\\:*?"<>|\r\n')
    assert not part.filename.startswith(".")
    assert len(email.recipient_name) <= 200
    assert len(email.subject) <= 300


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Rechnung INV-2026-000001.pdf", "Rechnung INV-2026-000001.pdf"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("...", "attachment"),
        (".pdf", "pdf"),
        ("a\r\nb.pdf", "a b.pdf"),
        ("😀" * 400 + ".pdf", "😀" * 29 + ".pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
        ("x" * 400, "x" * 150),
    ],
)
def test_file_names(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_names_read_as_written(queue_mail: QueueMail) -> None:
    for name in ["Änne Öztürk, Einkauf", 'Sam "Sunny" O\'Neil', "株式会社松本印刷 里佳", "Régulo León"]:
        email = queue_mail(recipient_name=name)
        frozen_mime(email, at=NOON)
        message = read_message(email)
        headers = dict(message.headers)
        assert name.replace('"', "") in headers["To"].replace("\\", "").replace('"', "")
        assert headers["Subject"] == "Ihre Bestellung – Rechnung"
        assert message.text == email.body_text
        assert message.html == ""


def test_a_header_that_fits_into_a_line_is_written_as_the_library_writes_it(
    queue_mail: QueueMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["Your order", "", "  spaced   out  ", "a=?b?=", "Ihre Bestellung – Rechnung", *HOSTILE_NAMES]
    words += ["x" * length for length in range(60, 80)] + ["word " * length for length in range(10, 18)]
    emails = [queue_mail(subject=text, recipient_name=text) for text in words if text.isprintable()]
    written = [mime_of(email, at=NOON).content for email in emails]
    monkeypatch.setattr("mailing.services.render.SHORT", 0)
    assert written == [mime_of(email, at=NOON).content for email in emails]


def test_international_domains_travel_in_ascii() -> None:
    assert address_header("", "info@bücher.example") == "info@xn--bcher-kva.example"
    assert address_header("Jo Doe", "jo@example.com") == "Jo Doe <jo@example.com>"


def test_the_bytes_are_frozen_with_the_first_rendering(queue_mail: QueueMail, clock: Clock) -> None:
    email = queue_mail(
        body_html="<p>Guten Tag</p>",
        attachments=[
            AttachmentSpec("Rechnung.pdf", source="test.frozen:17"),
            AttachmentSpec("note.txt", content=b"hello", content_type="text/plain"),
        ],
    )
    rendered: list[str] = []

    def render(key: str) -> bytes:
        rendered.append(key)
        return b"%PDF-1.7 " + key.encode()

    register_attachment_source("test.frozen", render)
    first = frozen_mime(email, at=clock())
    again = frozen_mime(Email.objects.get(pk=email.pk), at=clock.pass_(days=1))
    assert first == again
    assert rendered == ["17"]
    assert b"\n" not in first.replace(b"\r\n", b"")
    assert email.mime_sha256 == hashlib.sha256(first).hexdigest()
    read = read_message(email)
    assert (read.html, read.size, read.is_frozen) == ("<p>Guten Tag</p>", len(first), True)
    assert [(part.filename, part.content_type, part.content) for part in read.parts] == [
        ("Rechnung.pdf", "application/pdf", b"%PDF-1.7 17"),
        ("note.txt", "text/plain", b"hello"),
    ]
    assert dict(read.headers)["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    document = email.attachments.get(filename="Rechnung.pdf")
    assert attachment_content(document) == b"%PDF-1.7 17"
    register_attachment_source("test.frozen", lambda _: b"something else")
    with pytest.raises(BytesChangedError):
        attachment_content(document)


def test_two_workers_render_the_first_one_counts(queue_mail: QueueMail, clock: Clock) -> None:
    email = queue_mail()
    other = Email.objects.get(pk=email.pk)
    first = frozen_mime(email, at=clock())
    assert frozen_mime(other, at=clock.pass_(minutes=1)) == first


def test_kept_bytes_that_were_tampered_with_do_not_go_out(queue_mail: QueueMail) -> None:
    email = queue_mail()
    frozen_mime(email, at=NOON)
    email.mime.content = b"Subject: forged\r\n\r\n"
    email.mime.save()
    with pytest.raises(BytesChangedError):
        frozen_mime(email, at=NOON)


def test_an_unknown_source_is_named(queue_mail: QueueMail) -> None:
    email = queue_mail(attachments=[AttachmentSpec("a.pdf", source="nobody.knows:1")])
    with pytest.raises(LookupError, match=r"nobody\.knows:1"):
        frozen_mime(email, at=NOON)


def test_before_its_first_attempt_it_is_read_from_the_row(queue_mail: QueueMail) -> None:
    email = queue_mail()
    read = read_message(email)
    assert (read.text, read.is_frozen, read.parts) == (email.body_text, False, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "GONE"},
        {"status": Status.SENT},
        {"status": Status.BOUNCED},
        {"status": Status.CLAIMED},
        {"status": Status.HANDOFF},
        {"status": Status.CANCELED},
        {"next_attempt_at": None},
        {"recipient": "a@example.com,b@example.com"},
        {"recipient": "a@example.com\nBcc: b@example.com"},
        {"recipient": "nobody"},
    ],
)
def test_the_database_refuses_what_can_not_be(changes: dict[str, object], queue_mail: QueueMail) -> None:
    email = queue_mail()
    with pytest.raises(IntegrityError), transaction.atomic():
        Email.objects.filter(pk=email.pk).update(**changes)
