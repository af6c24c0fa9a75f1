"""One `Mail` per e-mail about a quote: the quote itself, the reminder, the end; see `purchases.emails`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.urls import reverse

from core.messages import Fact
from purchases.documents import voice_of
from purchases.emails import Draft, Mail, Parts, draft_of
from quotes.documents import message_lines, quote_values
from quotes.wording import QUOTE_EMAILS, QUOTE_LABELS

if TYPE_CHECKING:
    from datetime import datetime

    from purchases.documents import Voice
    from purchases.models import Document
    from quotes.models import Quote

QUOTE_ROUTE: Final = "quotes_public:quote"


def quote_url(quote: Quote) -> str:
    """Write out the address of a quote's own page."""
    return f"{settings.PUBLIC_URL}{reverse(QUOTE_ROUTE, args=[quote.token])}"


def quote_facts(quote: Quote, voice: Voice) -> list[Fact]:
    """List what identifies a quote: reference, revision, total, its last day."""
    words, values = QUOTE_LABELS[voice.language], quote_values(quote, voice)
    rows = [
        Fact(voice.labels["reference"], quote.purchase.reference, strong=True),
        Fact(words["revision"], str(quote.revision) if quote.revision > 1 else ""),
        Fact(voice.labels["gross"], values["gross"]),
        Fact(words["valid_until"], values["valid_until"], strong=True),
    ]
    return [row for row in rows if row.value]


def _draft(quote: Quote, kind: str, *, at: datetime, document: Document | None = None, is_open: bool = True) -> Draft:
    """Word an e-mail about a revision, while it `is_open` with the link to its page; another last day is new news.

    With its `document` goes what its sender wrote.
    """
    voice = voice_of(quote.purchase, at=at)
    words = QUOTE_LABELS[voice.language]
    message = {f"message{number}": line for number, line in enumerate(message_lines(quote))} if document else {}
    parts = Parts(
        before=[f"{{{{{token}}}}}" for token in message],
        facts=quote_facts(quote, voice),
        link=quote_url(quote) if is_open else "",
        link_label=words["link"] if is_open else "",
        documents=[document] if document else [],
        values={**quote_values(quote, voice), **message},
        key=f"{quote.revision}-{quote.valid_until}",
        footer=words["footer"],
    )
    return draft_of(quote.purchase, kind, parts, voice, texts=QUOTE_EMAILS)


@Mail
def quote_sent(quote: Quote, *, at: datetime) -> Draft:
    """Send a quote, or its next revision: its PDF, and the link by which it is accepted."""
    return _draft(quote, "quote", at=at, document=quote.document)


@Mail
def quote_extended(quote: Quote, *, at: datetime) -> Draft:
    """Send a quote again that is valid for longer."""
    return _draft(quote, "quote_extended", at=at, document=quote.document)


@Mail
def quote_reminder(quote: Quote, *, at: datetime) -> Draft:
    """Remind of a quote before its last day."""
    return _draft(quote, "quote_reminder", at=at)


@Mail
def quote_expired(quote: Quote, *, at: datetime) -> Draft:
    """Say that a quote can no longer be accepted, and who makes a new one."""
    return _draft(quote, "quote_expired", at=at, is_open=False)
