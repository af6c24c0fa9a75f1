"""Clients word their own e-mails: what can be said, versions, the page with its preview, a test to oneself."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser

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
    first = next(iter(kind.tokens))
    every = EmailText(f"{{{{{first}}}}}", tuple(f"{token}={{{{{token}}}}}" for token in kind.tokens))
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


def test_the_clients_words_are_used_from_the_next_email_on(hafen: Client, admin: User) -> None:
    saved(hafen, admin, 0, OWN, comment="shorter")
    english = replace(a_customer(), language="en")
    purchase = place_order(hafen, an_order(customer=english), by=None, at=MONDAY)
    first = Email.objects.get(reference=purchase.reference, kind="po_received")
    assert first.subject == f"Hello {purchase.reference}"
    assert "Send it to orders@hafen.example by March 31, 2026." in first.body_text
    assert "Thank you for ordering" not in first.body_text
    saved(hafen, admin, 1, {})
    purchase = place_order(hafen, an_order(customer=english), by=None, at=days_later(1))
    assert "Thank you for ordering" in Email.objects.get(reference=purchase.reference, kind="po_received").body_text
    first.refresh_from_db()
    assert first.subject.startswith("Hello")
    german = place_order(hafen, an_order(), by=None, at=days_later(2))
    assert "Hello" not in Email.objects.get(reference=german.reference, kind="po_received").subject


def test_versions_count_up_and_nobody_overwrites_another(hafen: Client, admin: User) -> None:
    row = saved(hafen, admin, 0, OWN, comment="shorter")
    assert (row.version, row.comment, row.by, str(row)) == (1, "shorter", admin, f"{hafen.pk} po_received en 1")
    saved(hafen, admin, 1, {**OWN, "after": "Bye"})
    standard = places_of(text_kinds()["delivery"].standard["de"])
    for based_on, texts, more, code in (
        (1, {**OWN, "after": "Later"}, {}, "stale"),
        (2, {**OWN, "after": "Bye"}, {}, "same"),
        (2, {**OWN, "subject": "{{amount}}"}, {}, "subject"),
        (2, {**OWN, "before": "a }} b"}, {}, "before"),
        (2, {**OWN, "after": "x" * 2001}, {}, "after"),
        (2, {**OWN, "subject": " "}, {}, "subject"),
        (0, OWN, {"kind": "nothing"}, "e-mail"),
        (0, OWN, {"language": "xx"}, "e-mail"),
        (0, standard, {"kind": "delivery", "language": "de"}, "same"),
    ):
        with pytest.raises(Refused) as refused:
            saved(hafen, admin, based_on, texts, **more)
        assert refused.value.code == code
    assert list(MailText.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


def test_what_a_reader_would_miss_is_named(hafen: Client) -> None:
    kind = text_kinds()["po_received"]
    values = dict.fromkeys(kind.tokens, "value")
    found = lint(kind, {"subject": "Please " * 20, "before": "Send it."}, values)
    assert [(finding.place, finding.text) for finding in found] == [
        ("before", "It does not say which order it is about ({{reference}})."),
        ("before", "It does not say by when to send the document ({{deadline_on}})."),
        ("before", "It does not say where to send the document ({{client_email}})."),
        ("subject", "140 characters: many mail programs cut off after 78."),
    ]
    wrong = {**OWN, "subject": "{{what}}"}
    assert [finding.place for finding in lint(kind, wrong, values)] == ["before"]


# The pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(admin: User) -> Browser:
    browser = Browser()
    browser.force_login(admin)
    return browser


HERE = "/mail/texts/hafen/po_received/en/"


def test_the_overview_leads_to_every_email_and_names_missing_languages(
    desk: Browser, hafen: Client, admin: User
) -> None:
    assert desk.get("/mail/texts/")["Location"] == "/mail/texts/hafen/"
    saved(hafen, admin, 0, OWN)
    shown = desk.get("/mail/texts/hafen/").content.decode()
    assert shown.count("/mail/texts/hafen/") >= 5 * len(KINDS)
    assert "version 1" in shown
    assert "“PO received” has your own words in some languages, but still the standard ones in Deutsch" in shown
    assert "/mail/texts/hafen/" in desk.get("/dunning/letters/hafen/").content.decode()
    platform = Browser()
    platform.force_login(a_user("platform_admin"))
    a_client("other")
    assert "Other GmbH" in platform.get("/mail/texts/").content.decode()


def test_a_version_is_previewed_saved_compared_and_taken_back(desk: Browser, hafen: Client) -> None:
    order = a_released_po(hafen)
    first = desk.get(HERE).content.decode()
    assert "the standard words" in first
    typed = {**OWN, "based_on": "0", "comment": "shorter"}
    live = desk.post(HERE, {**typed, "act": "live", "order": order.reference, "after": "{{x}}"}).content.decode()
    assert f"Hello {order.reference}" in live
    assert "<html" not in live
    frame = unescape(live.partition('<iframe class="m-frame" src="')[2].partition('"')[0])
    message = desk.get(frame)
    assert "sandbox" in message["Content-Security-Policy"]
    assert "Send it to orders@hafen.example" in message.content.decode()
    assert desk.get(HERE + "message/?words=forged").status_code == 404
    assert desk.post(HERE, {**typed, "act": "preview"}).status_code == 200
    wrong = desk.post(HERE, {**typed, "act": "save", "before": "{{x}}"})
    assert wrong.status_code == 422
    assert "“{{x}}” is no token of this e-mail." in wrong.content.decode()
    assert desk.post(HERE, {**typed, "act": "save"}).status_code == 302
    assert desk.post(HERE, {**typed, "act": "save"}).status_code == 422  # somebody else was faster
    assert desk.post(HERE, {**typed, "act": "save", "based_on": "1", "after": "Bye"}).status_code == 302
    shown = desk.get(HERE + "?version=1").content.decode()
    assert 'value="Hello {{reference}}"' in shown
    assert "<ins>Bye</ins>" in shown
    assert "shorter" in shown
    assert desk.post(HERE, {**typed, "act": "standard", "based_on": "2"}).status_code == 302
    assert MailText.objects.latest("version").texts == {}


def test_more_text_than_an_address_holds_is_shown_as_plain_text(desk: Browser) -> None:
    words = " ".join(sha256(bytes([number])).hexdigest() for number in range(60))
    shown = desk.post(HERE, {**OWN, "before": words[:1990], "after": words[1990:], "act": "live"}).content.decode()
    assert '<iframe class="m-frame"' in shown
    kanji = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(4000))
    shown = desk.post(HERE, {**OWN, "before": kanji[:2000], "after": kanji[2000:], "act": "live"}).content.decode()
    assert "<iframe" not in shown
    assert "shown here as plain text only" in shown
    assert kanji[2000:] in shown


def test_a_test_goes_to_its_author_and_to_nobody_else(desk: Browser, admin: User) -> None:
    assert desk.post(HERE, {**OWN, "act": "test"}).status_code == 200
    email = Email.objects.get(kind="mail_test")
    assert (email.recipient, email.subject) == (admin.email, "Hello 100000000")
    admin.email = ""
    admin.save()
    assert desk.post(HERE, {**OWN, "act": "test"}).status_code == 422
    assert Email.objects.filter(kind="mail_test").count() == 1


@pytest.mark.parametrize(
    "path", ["/mail/texts/other/", "/mail/texts/hafen/nothing/en/", "/mail/texts/hafen/delivery/xx/"]
)
def test_there_are_no_other_texts(desk: Browser, path: str) -> None:
    assert desk.get(path).status_code == 404
