"""From row to bytes: kept with a fingerprint at the first fence that is passed, sent as kept ever after."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.policy import Compat32
from email.utils import format_datetime, formataddr
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from mailing.models import Attachment, Email, EmailMime
from mailing.services.relay import ascii_address
from mailing.signals import render_source

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.mail.message import SafeMIMEMultipart, SafeMIMEText

UTF8 = Charset("utf-8")
UTF8.body_encoding = QP
"""Bodies as quoted-printable: every relay takes them, whatever the language and however long the lines."""

SHORT: Final = 76
"""Characters of a header's line, its name included, that the library would not fold either."""


class ShortHeaders(Compat32):
    """Writes a header that fits into a line as it stands; the library takes a third of an e-mail's time for it."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Write a header; what is long, or not plain, as always."""
        line = f"{name}: {value}"
        if len(line) <= SHORT and line.isascii() and line.isprintable():
            return f"{line}{self.linesep}".encode()
        return super().fold_binary(name, value)


class BytesChangedError(Exception):
    """The kept bytes of an e-mail, or of an attachment, are not those whose fingerprint was noted."""


def attachment_content(attachment: Attachment) -> bytes:
    """Return an attachment's bytes: its own, or those that the owner of its source gives.

    Raises LookupError when nobody knows the source any more, BytesChangedError when it gives other bytes than before.
    """
    content = render_source(attachment.source) if attachment.content is None else bytes(attachment.content)
    if attachment.sha256 and hashlib.sha256(content).hexdigest() != attachment.sha256:
        message = f"attachment {attachment.pk} ({attachment.source or 'own content'}) has changed since it was frozen"
        raise BytesChangedError(message)
    return content


@dataclass(frozen=True, slots=True)
class Mime:
    """The bytes of an e-mail on their way: kept before, or just rendered and to be kept with `keep_mime`."""

    content: bytes
    sha256: str
    parts: dict[Attachment, bytes] = field(default_factory=dict)
    """The attachments that were rendered for it; empty when it had been kept before."""


def mime_of(email: Email, *, at: datetime) -> Mime:
    """Return the bytes to hand over: those that were kept, or else newly rendered ones, dated `at`.

    Call it outside any transaction: the attachments may take seconds to render.
    Raises BytesChangedError when the kept bytes no longer fit their fingerprint.
    """
    if not email.mime_sha256:
        parts = {part: attachment_content(part) for part in sorted(email.attachments.all(), key=attrgetter("pk"))}
        content = _as_bytes(email, parts, at)
        return Mime(content, hashlib.sha256(content).hexdigest(), parts)
    content = bytes(EmailMime.objects.values_list("content", flat=True).get(pk=email.pk))
    if hashlib.sha256(content).hexdigest() != email.mime_sha256:
        message = f"the kept bytes of e-mail {email.pk} have changed since they were frozen"
        raise BytesChangedError(message)
    return Mime(content, email.mime_sha256)


def keep_mime(email: Email, mime: Mime) -> None:
    """Keep newly rendered bytes, in the transaction in which the e-mail's row takes on their fingerprint."""
    EmailMime.objects.create(email=email, content=mime.content)
    for attachment, part in mime.parts.items():
        if not attachment.sha256:
            Attachment.objects.filter(pk=attachment.pk).update(sha256=hashlib.sha256(part).hexdigest())
    email.mime_sha256 = mime.sha256


def frozen_mime(email: Email, *, at: datetime) -> bytes:
    """Return the bytes as `mime_of` does, and keep them at once; when another worker kept some first, those stay."""
    mime = mime_of(email, at=at)
    if email.mime_sha256:
        return mime.content
    with transaction.atomic():
        if Email.objects.filter(pk=email.pk, mime_sha256="").update(mime_sha256=mime.sha256):
            keep_mime(email, mime)
            return mime.content
    email.refresh_from_db(fields=["mime_sha256"])
    return mime_of(email, at=at).content


def _as_bytes(email: Email, contents: dict[Attachment, bytes], at: datetime) -> bytes:
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.body_text,
        from_email=address_header(email.sender_name, email.sender_address),
        to=[address_header(email.recipient_name, email.recipient)],
        headers={
            "Message-ID": email.message_id,
            "Date": format_datetime(at),
            "Content-Language": email.language,
            "Auto-Submitted": "auto-generated",
        },
    )
    message.encoding = UTF8
    if email.body_html:
        message.attach_alternative(email.body_html, "text/html")
    for attachment, content in contents.items():
        message.attach(attachment.filename, content, attachment.content_type)
    rendered: SafeMIMEText | SafeMIMEMultipart = message.message()
    for number, part in enumerate(rendered.walk()):
        if part.is_multipart():  # nobody who words an e-mail knows its ID: no need to search all of it for a free one
            part.set_boundary(f"={email.message_id[1:].partition('@')[0]}={number}")
    rendered.policy = ShortHeaders()
    return rendered.as_bytes(linesep="\r\n")


def address_header(name: str, address: str) -> str:
    """Write a person and an address as one header value of plain ASCII; nothing in `name` can end the header."""
    address = ascii_address(address)
    name = " ".join(name.split())
    if name.isascii() and "=?" not in name:
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"
