"""What the outbox asks of purchases: the bytes of the documents it attaches, the e-mails that clients may word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from mailing.signals import register_attachment_source
from mailing.wording import TextKind, register_text
from purchases.models import Document
from purchases.selectors.samples import DRAFTS, attempt_of, orders_to_try
from purchases.services.documents import render_document
from purchases.wording import EMAILS
from purchases.wording.places import MAILS, TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mailing.wording import EmailText
    from purchases.emails import Draft
    from purchases.models import Purchase
    from purchases.wording.places import MailPlaces


def read_document(key: str) -> bytes:
    """Return the PDF of the document with this primary key, rendered now if nobody needed it before."""
    return bytes(render_document(Document.objects.get(pk=int(key)), at=timezone.now()).content)  # noqa: TID251 -- an entry point


def let_clients_word(
    mails: Mapping[str, MailPlaces],
    texts: Mapping[str, Mapping[str, EmailText]],
    drafts: Mapping[str, Callable[[Purchase, datetime], Draft]],
) -> None:
    """Tell the outbox which e-mails about purchases clients may word."""
    for key, (group, about, tokens, needed) in mails.items():
        kind = TextKind(
            group=group,
            about=about,
            standard=texts[key],
            tokens={**TOKENS, **tokens},
            needed=needed,
            orders=orders_to_try,
            attempt=attempt_of(drafts[key]),
        )
        register_text(key, kind)


def register() -> None:
    """Tell the outbox where attachments named `purchases.document:…` come from, and what clients may word."""
    register_attachment_source("purchases.document", read_document)
    let_clients_word(MAILS, EMAILS, DRAFTS)
