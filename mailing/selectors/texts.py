"""What clients word themselves: an e-mail's words in force; the versions of e-mails, and of letters just so."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mailing.models import MailText, TextVersion
from mailing.wording import text_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import Client
    from mailing.wording import EmailText

V = TypeVar("V", bound=TextVersion)


def words_of(client: Client, kind: str, language: str, standard: EmailText) -> EmailText:
    """Find what a client's e-mail says: its newest version, else the standard. One query by its index."""
    rows = MailText.objects.filter(client=client, kind=kind, language=language)
    return text_of(rows.order_by("-version").values_list("texts", flat=True).first() or {}, standard)


def newest_versions(rows: QuerySet[V], by: str) -> dict[tuple[str, str], V]:
    """Find the versions in force by the field `by` and language; one that says the standard has empty texts."""
    return {(getattr(row, by), row.language): row for row in rows.select_related("by").order_by("version")}


def versions_of(rows: QuerySet[V]) -> list[V]:
    """List the versions of a text, newest first."""
    return list(rows.select_related("by").order_by("-version"))
