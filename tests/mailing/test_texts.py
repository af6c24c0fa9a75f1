"""Clients word their own e-mails: what can be said, versions, the page with its preview, a test to oneself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from core.letters import LANGUAGES
from core.refused import Refused
from mailing.models import Email, MailText
from mailing.services.texts import save_text
from mailing.wording import PLACES, EmailText, lint, places_of, problem_of, text_kinds, text_of
from purchases.models import Purchase
from purchases.services.place import place_order
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, an_order, days_later

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
KINDS = sorted(text_kinds())
OWN = {"subject": "Hello {{reference}}", "before": "Send it to {{client_email}} by {{deadline_on}}.", "after": ""}


@pytest.fixture
def hafen() -> Client:
    return a_client()


@pytest.fixture
def admin(hafen: Client) -> User:
    return a_user("client_admin", hafen)


def saved(client: Client, by: User, based_on: int, texts: dict[str, str], **more: Any) -> MailText:
    """A new version of what the client asks a document with."""
    chosen: dict[str, Any] = {"kind": "po_received", "language": "en", "at": MONDAY, **more}
    return save_text(client, based_on=based_on, texts=texts, by=by, **chosen)


@pytest.mark.parametrize("key", KINDS)
def test_the_standard_lacks_nothing_and_every_token_can_be_filled(hafen: Client, key: str) -> None:
    kind = text_kinds()[key]
    order = a_released_po(hafen)
    every = EmailText("{{reference}}", tuple(f"{token}={{{{{token}}}}}" for token in kind.tokens))
    for language in LANGUAGES:
        places = places_of(kind.standard[language])
        assert [problem_of(kind, place, text) for place, text in places.items()] == [""] * len(PLACES)
        assert text_of(places, every) == kind.standard[language]
        for reference in ("", order.reference):
            trial = kind.attempt(hafen, language, kind.standard[language], reference, MONDAY)
            assert "{{" not in trial.message.text + trial.message.html
            assert [finding.text for finding in lint(kind, places, trial.values)] == []
            assert "{{" not in kind.attempt(hafen, language, every, reference, MONDAY).message.text
    assert Purchase.objects.count() == 1
