"""Putting an e-mail into the outbox, in the same transaction as the change that it reports."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from core.bulk import write_new
from core.refused import Refused
from mailing.models import NAME_LENGTH, SUBJECT_LENGTH, Attachment, Email
from mailing.signals import email_queued
from mailing.states import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import Client

ADDRESS_LENGTH = 254
FILENAME_BYTES = 360
ENDING_LENGTH = 10
FILENAME_LENGTH = 150
DIRECTION_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029])
NOT_IN_FILENAMES = re.compile(r'[\\/:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class AttachmentSpec:
    """A file to go with an e-mail: named by the `source` its owner renders it from, or given as `content`."""

    filename: str
    source: str = ""
    content_type: str = "application/pdf"
    content: bytes | None = None


def one_line(text: str, *, limit: int) -> str:
    """Make `text` fit for a header: one line, no control characters, no marks that reverse what follows."""
    if not text.isprintable():  # most are, and need not be looked at letter by letter
        text = text.translate(DIRECTION_MARKS)
        text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
    text = " ".join(text.encode("utf-8", "replace").decode().split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def safe_filename(name: str) -> str:
    """Make `name` fit for a header and for every file system: no path, no control characters, its ending kept.

    Percent-encoded it has to fit into one line of a message (998 bytes), whatever the script.
    """
    name = NOT_IN_FILENAMES.sub("-", one_line(name, limit=len(name) + 1)).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > ENDING_LENGTH:
        stem, dot, ending = name, "", ""
    stem = stem[: FILENAME_LENGTH - len(dot + ending)]
    while len(quote(stem)) > FILENAME_BYTES:
        stem = stem[: max(len(stem) * FILENAME_BYTES // len(quote(stem)) - 1, 1)]
    return f"{stem.rstrip('. ') or 'attachment'}{dot}{ending}"


def checked_address(address: str) -> str:
    """Return `address` without surrounding blanks.

    Raises Refused (code `recipient`) when it is none, or more than one.
    """
    address = address.strip(" ")
    try:
        validate_email(address if len(address) <= ADDRESS_LENGTH else "")
    except ValidationError:
        message = (
            f"“{one_line(address, limit=80)}” is not an e-mail address."
            if address
            else "The e-mail address is missing."
        )
        raise Refused(message, "recipient") from None
    return address


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An e-mail to one recipient as it is to be written into the outbox.

    `dedupe_key` says what it is for: whoever asks twice with the same one gets the row that is there, unchanged. With
    `hold` it stays until a person queues or sends it. Without a client the platform writes to one of its users.
    """

    client: Client | None
    kind: str
    reference: str
    dedupe_key: str
    recipient: str
    language: str
    subject: str
    body_text: str
    recipient_name: str = ""
    body_html: str = ""
    attachments: Sequence[AttachmentSpec] = ()
    hold: bool = False
    original: Email | None = None


@transaction.atomic
def queue_email(
    *,
    client: Client | None,
    kind: str,
    reference: str,
    dedupe_key: str,
    recipient: str,
    language: str,
    subject: str,
    body_text: str,
    at: datetime,
    recipient_name: str = "",
    body_html: str = "",
    attachments: Sequence[AttachmentSpec] = (),
    hold: bool = False,
    original: Email | None = None,
) -> Email:
    """Write an e-mail to one recipient into the outbox; it goes out when the caller's transaction is committed.

    What the arguments mean says `Outgoing`. Names and subject are made fit for headers here.
    Raises Refused when `recipient` is not an e-mail address.
    """
    (email,) = queue_emails(
        [
            Outgoing(
                client=client,
                kind=kind,
                reference=reference,
                dedupe_key=dedupe_key,
                recipient=recipient,
                language=language,
                subject=subject,
                body_text=body_text,
                recipient_name=recipient_name,
                body_html=body_html,
                attachments=attachments,
                hold=hold,
                original=original,
            )
        ],
        at=at,
    )
    return email


@transaction.atomic
def queue_emails(wanted: Sequence[Outgoing], *, at: datetime) -> list[Email]:
    """Write several e-mails into the outbox, each with a key of its own: a few queries for any number of them.

    Returns their rows in the same order. Raises Refused when one of the recipients is not an e-mail address.
    """
    written = [_email(one, at=at) for one in wanted]
    # Two requests with one key: the second waits here for the first's commit, and then reads the first's row.
    try:
        with transaction.atomic():
            found = write_new(written)
    except IntegrityError:
        found = _write_missing(written)
    trios = zip(found, written, wanted, strict=True)
    new = [(row, one) for row, email, one in trios if row.message_id == email.message_id]
    write_new(_attachment(row, spec) for row, one in new for spec in one.attachments)
    for row, one in new:
        if not one.hold:
            email_queued.send(sender=Email, email=row, at=at)
    return found


def _write_missing(emails: Sequence[Email]) -> list[Email]:
    """Write those whose keys are not there; return the rows that have the keys."""
    Email.objects.bulk_create(emails, ignore_conflicts=True)
    rows = Email.objects.in_bulk([email.dedupe_key for email in emails], field_name="dedupe_key")
    return [rows[email.dedupe_key] for email in emails]


def _email(wanted: Outgoing, *, at: datetime) -> Email:
    email = Email(
        client=wanted.client,
        kind=wanted.kind,
        reference=wanted.reference,
        dedupe_key=wanted.dedupe_key,
        original=wanted.original,
        recipient=checked_address(wanted.recipient),
        recipient_name=one_line(wanted.recipient_name, limit=NAME_LENGTH),
        language=wanted.language,
        subject=one_line(wanted.subject, limit=SUBJECT_LENGTH),
        body_text=wanted.body_text.replace("\x00", ""),
        body_html=wanted.body_html.replace("\x00", ""),
        status=Status.HELD if wanted.hold else Status.QUEUED,
        created_at=at,
        next_attempt_at=None if wanted.hold else at,
    )
    email.message_id = f"<{uuid.uuid4().hex}@{email.sender_address.rpartition('@')[2].encode('idna').decode()}>"
    return email


def _attachment(email: Email, spec: AttachmentSpec) -> Attachment:
    return Attachment(
        email=email,
        source=spec.source,
        filename=safe_filename(spec.filename),
        content_type=spec.content_type,
        content=spec.content,
        sha256="" if spec.content is None else hashlib.sha256(spec.content).hexdigest(),
    )
