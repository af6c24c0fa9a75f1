"""From row to bytes: rendered once, kept with a fingerprint, sent as kept ever after."""

from __future__ import annotations

import hashlib
from email.charset import QP, Charset
from email.header import Header
from email.utils import format_datetime, formataddr
from typing import TYPE_CHECKING

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


def frozen_mime(email: Email, *, at: datetime) -> bytes:
    """Return the bytes to hand over; the first call renders and keeps them, dated `at`.

    Call it outside any transaction: the attachments may take seconds to render.
    Raises BytesChangedError when the kept bytes no longer fit their fingerprint.
    """
    if not email.mime_sha256:
        contents = {attachment: attachment_content(attachment) for attachment in email.attachments.order_by("pk")}
        rendered = _as_bytes(email, contents, at)
        if _freeze(email, rendered, contents):
            return rendered
    content = bytes(EmailMime.objects.values_list("content", flat=True).get(pk=email.pk))
    if hashlib.sha256(content).hexdigest() != email.mime_sha256:
        message = f"the kept bytes of e-mail {email.pk} have changed since they were frozen"
        raise BytesChangedError(message)
    return content


@transaction.atomic
def _freeze(email: Email, content: bytes, contents: dict[Attachment, bytes]) -> bool:
    """Keep the bytes and return True; when another worker kept some first, those stay."""
    digest = hashlib.sha256(content).hexdigest()
    if not Email.objects.filter(pk=email.pk, mime_sha256="").update(mime_sha256=digest):
        email.refresh_from_db(fields=["mime_sha256"])
        return False
    EmailMime.objects.bulk_create([EmailMime(email=email, content=content)])
    for attachment, part in contents.items():
        Attachment.objects.filter(pk=attachment.pk).update(sha256=hashlib.sha256(part).hexdigest())
    email.mime_sha256 = digest
    return True


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
    return rendered.as_bytes(linesep="\r\n")


def address_header(name: str, address: str) -> str:
    """Write a person and an address as one header value of plain ASCII; nothing in `name` can end the header."""
    address = ascii_address(address)
    name = " ".join(name.split())
    if name.isascii() and "=?" not in name:
        return formataddr((name, address))
    return f"{Header(name, 'utf-8').encode(linesep='')} <{address}>"
