"""What is written about a quote: its PDF, e-mails in five languages and in clients' own words, and what is stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from core.letters import LANGUAGES
from core.refused import Refused
from mailing.models import Email
from mailing.services.render import attachment_content
from mailing.signals import reason_against
from mailing.wording import lint, places_of, text_kinds
from purchases.models import Document, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.generate import choices_for, generate_email
from purchases.services.place import OrderLine
from quotes import emails
from quotes.models import Quote
from quotes.services.quote import accept_quote, expire_quote
from quotes.services.revision import extend_quote, revise_quote
from quotes.services.validity import remind_of_quote
from quotes.wording import QUOTE_EMAILS, QUOTE_LABELS, QUOTE_LETTER
from tests.quotes.quoting import a_quote, a_quote_link
from tests.stories import MONDAY, a_client, a_user, an_offline_order, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client

pytestmark = pytest.mark.django_db
KINDS = ("quote", "quote_extended", "quote_reminder", "quote_expired")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def quote(hafen: Client) -> Quote:
    return a_quote(a_quote_link(hafen))


def the(kind: str) -> Email:
    return Email.objects.filter(kind=kind).latest("pk")


def test_every_language_has_every_text() -> None:
    assert set(QUOTE_EMAILS) == set(KINDS)
    assert all(set(texts) == set(LANGUAGES) for texts in QUOTE_EMAILS.values())
    assert set(QUOTE_LETTER) == set(LANGUAGES)
    assert len({tuple(labels) for labels in QUOTE_LABELS.values()}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_what_is_offered_and_until_when(hafen: Client, language: str) -> None:
    link = a_quote_link(hafen, message="As agreed.\n\n{{not a token}} 100 %")
    document = a_quote(link, language=language).document
    assert document is not None
    letter = document.data["letter"]
    words = QUOTE_LABELS[language]
    assert letter["title"] == QUOTE_LETTER[language].title
    assert letter["opening"][-2:] == ["As agreed.", "{{not a token}} 100 %"]
    assert letter["particulars"][0] == [words["number"], "QUO-2026-000001"]
    assert "{{" not in str({**letter, "opening": []})
    assert [row[0] for row in letter["payment"]["rows"][:2]] == [words["accept"], words["order"]]
    assert letter["totals"][-1]["value"] == letter["payment"]["figure"]


def test_a_revision_is_numbered_in_the_pdf_and_po_is_named_only_where_it_is_offered(hafen: Client) -> None:
    first = a_quote(a_quote_link(hafen, may_order_on_po=False))
    second = revise_quote(first, lines=[OrderLine("PRO", 1)], message="", by=a_user("client_sales", hafen), at=MONDAY)
    assert second.document is not None
    letter = second.document.data["letter"]
    assert ["Revision", "2"] in letter["particulars"]
    assert "On purchase order" not in [row[0] for row in letter["payment"]["rows"]]
    assert Document.objects.filter(kind="QUO").count() == 2


@pytest.mark.parametrize(
    ("policy", "is_offered"),
    [
        ({}, True),
        ({"offered_at_checkout": False}, False),
        ({"eligible_types": ["GOV"]}, False),
        ({"maximum": {"EUR": 21_419}}, False),
        ({"maximum": {"EUR": 21_420}}, True),
    ],
)
def test_page_pdf_and_e_mail_offer_purchase_orders_alike(policy: dict[str, Any], *, is_offered: bool) -> None:
    quote = a_quote(a_quote_link(a_client(**policy)))
    page = Browser().get(f"/p/quote/{quote.token}/").content.decode()
    assert quote.document is not None
    rows = [row[0] for row in quote.document.data["letter"]["payment"]["rows"]]
    assert ('value="po"' in page) == is_offered
    assert ("On purchase order" in rows) == is_offered
    assert "purchase order" not in the("quote").body_text


def test_why_no_tax_is_offered_stands_in_the_pdf(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen), country="FR", vat_id="FR40303265045")
    assert (quote.purchase.tax_minor, quote.document is not None) == (0, True)
    assert quote.document is not None
    assert "everse charge" in " ".join(quote.document.data["letter"]["notes"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_e_mails_say_it_in_the_customers_language(hafen: Client, language: str) -> None:
    link = a_quote_link(hafen, message="As agreed.\n{{reference}} stays as typed")
    quote = a_quote(link, language=language)
    remind_of_quote(quote, at=days_later(27))
    expire_quote(Quote.objects.get(), at=days_later(31))
    extend_quote(Quote.objects.get(), valid_until=days_later(60).date(), by=a_user("platform_admin"), at=days_later(31))
    path = f"http://localhost:8000/p/quote/{quote.token}/"
    for kind in KINDS:
        email = the(kind)
        assert (email.language, email.reference) == (language, quote.purchase.reference), kind
        assert quote.purchase.reference in email.subject
        body = email.body_text.replace("{{reference}} stays as typed", "")
        assert "{{" not in email.subject + body, kind
        assert (path in body) == (kind != "quote_expired"), kind
        assert ("As agreed." in body) == (kind in {"quote", "quote_extended"}), kind
        assert email.attachments.count() == (kind in {"quote", "quote_extended"})
        assert "orders@hafen.example" in body
    assert "{{reference}} stays as typed" in the("quote").body_text


def test_without_an_address_nobody_is_written_to_and_the_quote_stands(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen), email="")
    assert Email.objects.count() == 0
    assert quote.document is not None


def test_what_a_quote_e_mail_says_is_stopped_when_it_is_no_longer_so(hafen: Client, quote: Quote) -> None:
    seller = a_user("client_sales", hafen)
    first = the("quote")
    assert reason_against(first) == ""
    later = MONDAY + timedelta(minutes=1)
    newer = revise_quote(quote, lines=[OrderLine("PRO", 3)], message="", by=seller, at=later)
    assert reason_against(first) == "The quote was revised or extended since"
    assert reason_against(the("quote")) == ""
    remind_of_quote(newer, at=days_later(27))
    reminder = the("quote_reminder")
    assert reason_against(reminder) == ""
    accept_quote(newer, at=days_later(28))
    assert reason_against(reminder) == "The purchase is Awaiting Offline Payment"


def test_that_it_expired_is_not_said_once_it_was_extended(quote: Quote) -> None:
    expire_quote(quote, at=days_later(31))
    assert reason_against(the("quote_expired")) == ""
    extend_quote(Quote.objects.get(), valid_until=days_later(60).date(), by=a_user("platform_admin"), at=days_later(31))
    assert reason_against(the("quote_expired")) == "The purchase is Quote"
    assert reason_against(the("quote_extended")) == ""


def test_a_quote_is_written_anew_for_somebody_else_in_their_language(quote: Quote) -> None:
    agent = a_user("platform_customer_service")
    purchase = quote.purchase
    assert "quote" in [choice.kind for choice in choices_for(purchase, at=MONDAY)]
    later = MONDAY + timedelta(hours=1)
    (email,) = generate_email(
        purchase, kind="quote", recipients=["boss@werft.example"], language="ja", by=agent, at=later
    )
    assert (email.recipient, email.language) == ("boss@werft.example", "ja")
    assert quote.token in email.body_text
    assert reason_against(email) == ""
    cancel_purchase(purchase, by=agent, at=later, reason="x")
    with pytest.raises(Refused, match="does not fit the status Canceled"):
        generate_email(purchase, kind="quote", recipients=["a@b.example"], language="en", by=agent, at=later)


@pytest.mark.parametrize("kind", KINDS)
def test_clients_word_them_and_try_them_on_quotes_and_on_any_order(hafen: Client, kind: str) -> None:
    text_kind = text_kinds()[kind]
    assert text_kind.group == "Quotes"
    quote = a_quote(a_quote_link(hafen), language="de")
    order = an_offline_order(hafen)
    for reference in (quote.purchase.reference, order.reference, ""):
        for language in LANGUAGES:
            text = text_kind.standard[language]
            trial = text_kind.attempt(hafen, language, text, reference, MONDAY)
            assert "{{" not in trial.message.text
            assert quote.token not in trial.message.text, "who may word e-mails may not accept quotes"
            assert lint(text_kind, places_of(text), trial.values) == []
    assert (Purchase.objects.count(), Quote.objects.count()) == (2, 1)


def test_the_pdf_is_attached_as_it_was_issued(quote: Quote) -> None:
    content = attachment_content(the("quote").attachments.get())
    assert content.startswith(b"%PDF-")
    assert emails.quote_url(quote).endswith(f"/p/quote/{quote.token}/")


def test_who_reads_e_mails_without_the_right_to_hold_them_reads_no_secret(quote: Quote) -> None:
    browser = Browser()
    browser.force_login(a_user("auditor"))
    page = browser.get(reverse("mailing:body", args=[the("quote").pk])).content.decode()
    assert "/p/quote/" in page
    assert quote.token not in page
