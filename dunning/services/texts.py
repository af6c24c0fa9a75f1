"""What a client's letters say, version by version, and what they add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import Client
from core.history import record
from core.letters import LANGUAGES
from core.refused import Refused
from dunning.models import LetterText, Settings
from dunning.wording.places import LEVELS, problem_of, standard_places
from mailing.services.texts import save_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User


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

    Raises Refused as `save_version` does.
    """
    if step not in LEVELS or language not in LANGUAGES:
        message = "There is no such letter."
        raise Refused(message, "letter")
    return save_version(
        LetterText(client=client, step=step, language=language, comment=comment, by=by, at=at),
        texts,
        versions=LetterText.objects.filter(client=client, step=step, language=language),
        client=client,
        standard=standard_places(step, language),
        problem_of=problem_of,
        based_on=based_on,
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
