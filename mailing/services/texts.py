"""What a client's e-mails say, version by version, and its letters just so; a test of either."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction

from accounts.models import Client
from core.letters import LANGUAGES
from core.refused import Refused
from mailing.models import MailText, TextVersion
from mailing.services.compose import queue_email
from mailing.wording import places_of, problem_of, text_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User
    from core.messages import Message
    from mailing.models import Email
    from mailing.services.compose import AttachmentSpec

V = TypeVar("V", bound=TextVersion)


@transaction.atomic
def save_version(
    row: V,
    texts: Mapping[str, str],
    *,
    versions: QuerySet[V],
    client: Client,
    standard: Mapping[str, str],
    problem_of: Callable[[str, str], str],
    based_on: int,
) -> V:
    """Save `row` as the next of the `versions` of a client's text, of an e-mail or a letter.

    `texts` name every place of the `standard`; without any, or where they say the same, the standard words hold again.
    `based_on` is the version its author saw. Raises Refused for a place that can't be worded like this (its name is the
    code), for a version somebody else saved meanwhile (`stale`), and when nothing would change (`same`).
    """
    # Two authors at once: the client's row orders them, and the second is told.
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    said = {place: texts.get(place, "").strip() for place in standard} if texts else {}
    for place, text in said.items():
        problem = problem_of(place, text)
        if problem:
            raise Refused(problem, place)
    last = versions.order_by("-version").first()
    version = last.version if last else 0
    if version != based_on:
        message = f"Version {version} was saved meanwhile. Look at it before you save yours."
        raise Refused(message, "stale")
    row.version, row.texts = version + 1, {} if said == standard else said
    if row.texts == (last.texts if last else {}):
        message = "Nothing is changed."
        raise Refused(message, "same")
    row.save()
    return row


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

    Raises Refused as `save_version` does.
    """
    known = text_kinds().get(kind)
    if known is None or language not in LANGUAGES:
        message = "There is no such e-mail."
        raise Refused(message, "e-mail")
    return save_version(
        MailText(client=client, kind=kind, language=language, comment=comment, by=by, at=at),
        texts,
        versions=MailText.objects.filter(client=client, kind=kind, language=language),
        client=client,
        standard=places_of(known.standard[language]),
        problem_of=partial(problem_of, known),
        based_on=based_on,
    )


def send_test(
    client: Client,
    *,
    message: Message,
    by: User,
    at: datetime,
    kind: str = "mail_test",
    attachments: Sequence[AttachmentSpec] = (),
) -> Email:
    """Send an e-mail as it would be to its author, to nobody else; with a letter where it is the letter's test.

    Raises Refused when the author has no e-mail address.
    """
    return queue_email(
        client=client,
        kind=kind,
        reference="",
        dedupe_key=f"{kind}:{by.pk}:{at.isoformat()}",
        recipient=by.email,
        recipient_name=str(by),
        language=message.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        attachments=attachments,
        at=at,
    )
