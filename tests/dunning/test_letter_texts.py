"""Clients word their own letters: what can be said, versions, the page with its preview, a test to oneself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import BankAccount
from core.letters import LANGUAGES
from core.refused import Refused
from dunning import documents
from dunning.models import LetterText, Settings
from dunning.selectors.letters import currencies_without_account, sample_letter
from dunning.services.texts import save_text
from dunning.views import letters
from dunning.wording import NOTICES
from dunning.wording.places import LEVELS, PLACES, TOKENS, lint, places_for, problem_of, standard_places, text_of
from mailing.models import Email
from purchases.models import Purchase
from tests.dunning.worker import works
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, days_later

if TYPE_CHECKING:
    from accounts.models import Client, User

VALUES = dict.fromkeys(TOKENS, "value")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", LEVELS)
def test_the_standard_lacks_nothing_and_comes_back_as_it_was(step: str, language: str) -> None:
    places = standard_places(step, language)
    assert [problem_of(place, text) for place, text in places.items()] == [""] * len(places)
    assert lint(language, places, VALUES) == []
    assert text_of(step, language, places) == NOTICES[LEVELS[step]][language]
    assert ("next_without_cancel" in places) == (step == "pdn3")


@pytest.mark.parametrize(
    ("place", "text", "sentence"),
    [
        ("opening", "{{open}} by {{pay_by}}", ""),
        ("opening", "{{amount}}", "“{{amount}}” is no token."),
        ("opening", "{% now %}", "“{%” is no token."),
        ("opening", "}}", "“}}” is no token."),
        ("opening", "{{count}}", "only in letters about several orders"),
        ("closing", "{{reference}}", "“{{reference}}” has no meaning here"),
        ("closing", "", ""),
        ("title", "", "Write something here"),
        ("title", "x" * 81, "Use at most 80 characters; these are 81."),
        ("joint_opening", "{{invoice_number}}", "has no meaning here"),
    ],
)
def test_a_place_says_what_can_be_filled(place: str, text: str, sentence: str) -> None:
    problem = problem_of(place, text)
    assert problem == "" if not sentence else sentence in problem


def test_the_lint_finds_what_a_reader_would_miss() -> None:
    places = {**standard_places("pdn1", "en"), "opening": "Please pay.", "closing": "", "email_after": ""}
    places |= {"email_subject": "x" * 79, "next": "y" * 61, "joint_opening": "{{nonsense}}"}
    found = {(finding.place, finding.text.split(" ")[0]) for finding in lint("en", places, VALUES)}
    assert found == {
        ("opening", "The"),
        ("email_after", "Nothing"),
        ("joint_opening", "The"),
        ("email_subject", "79"),
        ("email_subject", f"“{'x' * 20}…”"),
        ("next", f"“{'y' * 20}…”"),
    }
    assert not [f for f in lint("ja", {"next": "あ" * 61}, VALUES) if f.place == "next"]


@pytest.fixture
def hafen(db: None) -> Client:
    return a_client()


@pytest.fixture
def admin(hafen: Client) -> User:
    return a_user("client_admin", hafen)


def words(**own: str) -> dict[str, str]:
    return {**standard_places("pdn1", "en"), **own}


def saved(client: Client, by: User, based_on: int, texts: dict[str, str], **more: Any) -> LetterText:
    facts = {"step": "pdn1", "language": "en", **more}
    return save_text(client, texts=texts, based_on=based_on, by=by, at=MONDAY, **facts)


def test_the_next_letter_says_the_clients_own_words_and_sent_ones_stay(hafen: Client, admin: User) -> None:
    purchase = a_released_po(hafen, customer=replace(a_customer(), language="en"))
    before = documents.notice_data(purchase, level=1, number="1", at=days_later(30))["letter"]
    row = saved(hafen, admin, 0, words(title="Friendly reminder", next="We call you on {{next_on}}."), comment="softer")
    assert (row.version, row.comment, row.by) == (1, "softer", admin)
    works(days_later(30).date())
    email = Email.objects.get(kind="pdn1")
    letter = purchase.documents.get(kind="PDN1").data["letter"]
    assert (before["title"], letter["title"]) == ("Payment reminder", "Friendly reminder")
    assert letter["next"]["rows"][1][1] == "We call you on April 15, 2026."
    assert email.subject == "Payment reminder: invoice INV-2026-000001 over €119.00"
    saved(hafen, admin, 1, {})
    again = documents.notice_data(purchase, level=1, number="1", at=days_later(30))["letter"]
    assert again["title"] == "Payment reminder"
    assert purchase.documents.get(kind="PDN1").data["letter"]["title"] == "Friendly reminder"


def test_versions_count_up_and_nobody_overwrites_another(hafen: Client, admin: User) -> None:
    saved(hafen, admin, 0, words(title="One"))
    saved(hafen, admin, 1, words(title="Two"))
    for based_on, texts, more, code in (
        (1, words(title="Three"), {}, "stale"),
        (2, words(title="Two"), {}, "same"),
        (2, words(title="{{x}}"), {}, "title"),
        (0, words(), {"step": "canceled"}, "letter"),
        (0, words(), {"language": "xx"}, "letter"),
        (0, standard_places("pdn1", "de"), {"language": "de"}, "same"),
    ):
        with pytest.raises(Refused) as refused:
            saved(hafen, admin, based_on, texts, **more)
        assert refused.value.code == code
    assert list(LetterText.objects.values_list("version", flat=True)) == [1, 2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_is_tried_on_an_order_that_is_nowhere(hafen: Client, language: str) -> None:
    for step in LEVELS:
        text = NOTICES[LEVELS[step]][language]
        for is_joint in (False, True):
            sample = sample_letter(
                hafen, step=step, language=language, text=text, order=None, is_joint=is_joint, at=MONDAY
            )
            assert sample.data["letter"]["payment"]["figure"]
            assert "{{" not in sample.message.text
    assert not Purchase.objects.exists()


def test_currencies_without_an_account_are_named(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    assert currencies_without_account(hafen) == []
    Purchase.objects.filter(pk=purchase.pk).update(currency="USD")
    assert currencies_without_account(hafen) == ["USD"]


# The pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(admin: User) -> Browser:
    browser = Browser()
    browser.force_login(admin)
    return browser


HERE = "/dunning/letters/hafen/pdn1/en/"


def test_the_overview_leads_to_every_letter_and_names_missing_languages(
    desk: Browser, hafen: Client, admin: User
) -> None:
    assert desk.get(reverse("dunning:letters"))["Location"] == "/dunning/letters/hafen/"
    saved(hafen, admin, 0, words(title="Own"))
    order = a_released_po(hafen)
    Purchase.objects.filter(pk=order.pk).update(currency="USD")
    shown = desk.get("/dunning/letters/hafen/").content.decode()
    assert "version 1" in shown
    assert "PDN 1 has your own words in some languages, but still the standard ones in Deutsch" in shown
    assert "No bank account in USD" in shown
    platform = Browser()
    platform.force_login(a_user("platform_admin"))
    a_client("other")
    assert "Other GmbH" in platform.get(reverse("dunning:letters")).content.decode()


def test_fees_interest_and_copies_are_chosen(desk: Browser, hafen: Client) -> None:
    sent = {"is_consolidated": "on", "interest": "9.12", "fee_EUR_2": "5.00", "fee_EUR_3": "0"}
    assert desk.post("/dunning/letters/hafen/", sent).status_code == 302
    row = Settings.objects.get(client=hafen)
    assert (row.is_consolidated, row.is_copied_to_payables) == (True, False)
    assert (row.fees, row.interest_basis_points) == ({"EUR": {"2": 500}}, 912)
    assert 'value="5.00"' in desk.get("/dunning/letters/hafen/").content.decode()
    refused = desk.post("/dunning/letters/hafen/", {"fee_EUR_1": "-1", "interest": "51"})
    assert refused.status_code == 422
    assert "A fee is not negative." in refused.content.decode()
    BankAccount.objects.all().delete()
    assert desk.post("/dunning/letters/hafen/", {}).status_code == 302


def test_a_version_is_previewed_saved_compared_and_taken_back(desk: Browser, hafen: Client) -> None:
    order = a_released_po(hafen)
    first = desk.get(HERE).content.decode()
    assert "data:image/webp;base64," in first
    typed = {**words(title="Dear friend"), "based_on": "0", "comment": "warmer"}
    live = desk.post(HERE, {**typed, "act": "live", "order": order.reference, "opening": "{{x}}"}).content.decode()
    assert "data:image/webp;base64," in live
    assert "<html" not in live
    assert desk.post(HERE, {**typed, "act": "preview", "shape": "joint"}).status_code == 200
    wrong = desk.post(HERE, {**typed, "act": "save", "opening": "{{x}}"})
    assert wrong.status_code == 422
    assert "“{{x}}” is no token." in wrong.content.decode()
    assert desk.post(HERE, {**typed, "act": "save"}).status_code == 302
    assert desk.post(HERE, {**typed, "act": "save"}).status_code == 422  # somebody else was faster
    assert desk.post(HERE, {**typed, "act": "save", "based_on": "1", "title": "Third"}).status_code == 302
    shown = desk.get(HERE + "?version=1").content.decode()
    assert 'value="Dear friend"' in shown
    assert "<del>Payment reminder</del>" in shown
    assert "warmer" in shown
    assert desk.post(HERE, {**typed, "act": "standard", "based_on": "2"}).status_code == 302
    assert LetterText.objects.latest("version").texts == {}


def test_a_test_goes_to_its_author_and_to_nobody_else(desk: Browser, admin: User) -> None:
    assert desk.post(HERE, {**words(title="Try me"), "act": "test"}).status_code == 200
    email = Email.objects.get(kind="letter_test")
    assert email.recipient == admin.email
    assert bytes(email.attachments.get().content or b"").startswith(b"%PDF")
    admin.email = ""
    admin.save()
    assert desk.post(HERE, {**words(), "act": "test"}).status_code == 422
    assert Email.objects.filter(kind="letter_test").count() == 1


def test_a_preview_that_takes_too_long_says_so(desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "PATIENCE", 0.0001)
    shown = desk.get(HERE).content.decode()
    assert "data:image/webp" not in shown
    assert "longer than" in shown


@pytest.mark.parametrize(
    "path", ["/dunning/letters/other/", "/dunning/letters/hafen/pdn9/en/", "/dunning/letters/hafen/pdn1/xx/"]
)
def test_there_are_no_other_letters(desk: Browser, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_every_place_has_a_field_name_and_a_limit() -> None:
    assert set(places_for("pdn3")) == set(PLACES)
