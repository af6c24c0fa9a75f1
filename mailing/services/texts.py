"""What a client's e-mails say, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import Client
from core.letters import LANGUAGES
from core.refused import Refused
from mailing.models import MailText
from mailing.services.compose import queue_email
from mailing.wording import PLACES, places_of, problem_of, text_kinds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User
    from core.messages import Message
    from mailing.models import Email


def next_version(
    versions: QuerySet[Any], said: Mapping[str, str], *, standard: Mapping[str, str], based_on: int
) -> tuple[int, dict[str, str]]:
    """Find the number of a new version of a text, and what is kept of it: nothing where it says the standard.

    The caller holds the client's row. Raises Refused for a version somebody else saved meanwhile (`stale`), and when
    nothing would change (`same`).
    """
    last = versions.order_by("-version").first()
    version = last.version if last else 0
    if version != based_on:
        message = f"Version {version} was saved meanwhile. Look at it before you save yours."
        raise Refused(message, "stale")
    kept = {} if said == standard else dict(said)
    if kept == (last.texts if last else {}):
        message = "Nothing is changed."
        raise Refused(message, "same")
    return version + 1, kept


@transaction.atomic
def save_text(
    client: Client,
    *,
    kind: str,
    language: str,
    texts: Mapping[str, str],
    based_on: int,
    by: User,
    at: datetime,
    comment: str = "",
) -> MailText:
    """Keep a new version of what a client's e-mail says in a language; e-mails written before stay as written.

    `texts` name every place; without any the standard words hold again. `based_on` is the version its author saw.
    Raises Refused for a place that can't be worded like this (its name is the code), for a version somebody else saved
    meanwhile, and when nothing would change.
    """
    # Two authors at once: the client's row orders them, and the second is told.
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    known = text_kinds().get(kind)
    if known is None or language not in LANGUAGES:
        message = "There is no such e-mail."
        raise Refused(message, "e-mail")
    said = {place: texts.get(place, "").strip() for place in PLACES} if texts else {}
    for place, text in said.items():
        problem = problem_of(known, place, text)
        if problem:
            raise Refused(problem, place)
    version, kept = next_version(
        MailText.objects.filter(client=client, kind=kind, language=language),
        said,
        standard=places_of(known.standard[language]),
        based_on=based_on,
    )
    return MailText.objects.create(
        client=client, kind=kind, language=language, version=version, texts=kept, comment=comment, by=by, at=at
    )


def send_test(client: Client, *, message: Message, by: User, at: datetime) -> Email:
    """Send an e-mail as it would be to its author, to nobody else; without its attachments.

    Raises Refused when the author has no e-mail address.
    """
    return queue_email(
        client=client,
        kind="mail_test",
        reference="",
        dedupe_key=f"mail_test:{by.pk}:{at.isoformat()}",
        recipient=by.email,
        recipient_name=str(by),
        language=message.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        at=at,
    )
