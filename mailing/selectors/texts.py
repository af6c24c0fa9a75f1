"""What clients word of their e-mails: the words in force, and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailing.models import MailText
from mailing.wording import text_of

if TYPE_CHECKING:
    from accounts.models import Client
    from mailing.wording import EmailText


def words_of(client: Client, kind: str, language: str, standard: EmailText) -> EmailText:
    """Find what a client's e-mail says: its newest version, else the standard. One query by its index."""
    rows = MailText.objects.filter(client=client, kind=kind, language=language)
    return text_of(rows.order_by("-version").values_list("texts", flat=True).first() or {}, standard)


def newest_texts(client: Client) -> dict[tuple[str, str], MailText]:
    """Find the version in force of every kind and language; one that says the standard is there with empty texts."""
    rows = MailText.objects.filter(client=client).select_related("by").order_by("version")
    return {(row.kind, row.language): row for row in rows}


def versions_of(client: Client, kind: str, language: str) -> list[MailText]:
    """List all versions of an e-mail's words, newest first."""
    rows = MailText.objects.filter(client=client, kind=kind, language=language)
    return list(rows.select_related("by").order_by("-version"))
