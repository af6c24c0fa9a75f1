"""What a client's letters say, version by version, and what they add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import Client
from core.history import record
from core.letters import LANGUAGES
from core.refused import Refused
from dunning.models import LetterText, Settings
from dunning.wording.places import LEVELS, places_for, problem_of, standard_places
from mailing.services.compose import AttachmentSpec, queue_email
from mailing.services.texts import next_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User
    from core.messages import Message
    from mailing.models import Email


@transaction.atomic
def save_text(
    client: Client,
    *,
    step: str,
    language: str,
    texts: Mapping[str, str],
    based_on: int,
    by: User,
    at: datetime,
    comment: str = "",
) -> LetterText:
    """Keep a new version of what a client's letter of a step says in a language; letters sent before stay as sent.

    `texts` name every place; without any the standard words hold again. `based_on` is the version its author saw.
    Raises Refused for a place that can't be worded like this (its name is the code), for a version somebody else saved
    meanwhile, and when nothing would change.
    """
    # Two authors at once: the client's row orders them, and the second is told.
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if step not in LEVELS or language not in LANGUAGES:
        message = "There is no such letter."
        raise Refused(message, "letter")
    said = {place: texts.get(place, "").strip() for place in places_for(step)} if texts else {}
    for place, text in said.items():
        problem = problem_of(place, text)
        if problem:
            raise Refused(problem, place)
    versions = LetterText.objects.filter(client=client, step=step, language=language)
    version, kept = next_version(versions, said, standard=standard_places(step, language), based_on=based_on)
    return LetterText.objects.create(
        client=client, step=step, language=language, version=version, texts=kept, comment=comment, by=by, at=at
    )


@transaction.atomic
def save_settings(
    client: Client,
    *,
    is_consolidated: bool,
    is_copied_to_payables: bool,
    fees: Mapping[str, Mapping[str, int]],
    interest_basis_points: int,
    by: User,
    at: datetime,
) -> Settings:
    """Choose what a client's letters add; how its runs go stays as it is."""
    # Two first settings at once would both be new: the client's row orders them.
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    row = Settings.objects.filter(client=client).first() or Settings(client=client)
    row.is_consolidated, row.is_copied_to_payables = is_consolidated, is_copied_to_payables
    row.fees = {currency: dict(levels) for currency, levels in fees.items()}
    row.interest_basis_points = interest_basis_points
    return record(row, by=by, at=at, reason="letters changed")


def send_test(client: Client, *, message: Message, filename: str, content: bytes, by: User, at: datetime) -> Email:
    """Send a letter as it would be to its author, to nobody else.

    Raises Refused when the author has no e-mail address.
    """
    return queue_email(
        client=client,
        kind="letter_test",
        reference="",
        dedupe_key=f"letter_test:{by.pk}:{at.isoformat()}",
        recipient=by.email,
        recipient_name=str(by),
        language=message.language,
        subject=message.subject_line,
        body_text=message.text,
        body_html=message.html,
        attachments=[AttachmentSpec(filename=filename, content=content)],
        at=at,
    )
