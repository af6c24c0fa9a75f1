"""How to order on PO, for a client's customers: every language, every set of channels, whatever somebody typed."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser

from core.letters import LANGUAGES, unknown_tokens
from customers.models import CustomerType
from purchases.models import Channel, Policy
from purchases.selectors import CONTENTS, po_instructions
from purchases.services.policy import set_policy
from purchases.wording import PO_TEXTS
from tests.stories import MONDAY, a_client, a_user

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert('1')</script> & {{ client }} {% url %}"
CHANNELS = [
    list(chosen) for size in range(len(Channel.values) + 1) for chosen in itertools.combinations(Channel.values, size)
]


@pytest.fixture
def hafen() -> Client:
    """A client with a fax machine."""
    client = a_client("hafen", minimum={"EUR": 15_000, "JPY": 20_000}, maximum={"EUR": 5_000_000})
    client.fax = "+49 40 1234-99"
    client.save()
    return client


def rules(client: Client, **values: Any) -> Policy:
    return set_policy(client, values=values, by=None, at=MONDAY)


def test_every_language_says_the_same_things() -> None:
    assert set(PO_TEXTS) == set(LANGUAGES)
    keys = set(PO_TEXTS["en"])
    needed = {f"content_{name}" for name in CONTENTS} | {f"channel_{name}" for name in Channel.values}
    needed |= {f"type_{code}" for code in CustomerType.values}
    assert needed <= keys
    allowed = {"client", "client_email", "days", "amount", "types"}
    for language, texts in PO_TEXTS.items():
        assert set(texts) == keys, language
        for key, text in texts.items():
            assert (text.strip() != "", unknown_tokens(text, allowed)) == (True, []), (language, key)
            assert text.count("{{") == PO_TEXTS["en"][key].count("{{"), (language, key)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("chosen", CHANNELS, ids="+".join)
def test_only_accepted_channels_are_named(hafen: Client, language: str, chosen: list[str]) -> None:
    text = po_instructions(rules(hafen, accepted_channels=chosen), language)
    words = PO_TEXTS[language]
    named = chosen or Channel.values
    assert [label for label, _ in text.channels] == [words[f"channel_{channel}"] for channel in named]
    found = (hafen.email in text.text, hafen.fax in text.text, hafen.street in text.text, words["upload"] in text.text)
    assert found == tuple(channel in named for channel in ("email", "fax", "letter", "upload"))
    assert (words["content_signature"] in text.contents) is bool({"fax", "letter"} & set(named))
    assert ("{{" in text.text, text.missing) == (False, ())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_terms_follow_the_policy(hafen: Client, language: str) -> None:
    words = PO_TEXTS[language]
    start = po_instructions(rules(hafen, review=False, po_number_required=False), language)
    strict = po_instructions(
        rules(hafen, review=True, po_number_required=True, term_days=60, delivery="prepaid", document_deadline_days=21),
        language,
    )
    assert words["immediate"] in start.terms
    assert (words["prepaid"] in strict.terms, words["number"] in strict.terms) == (True, True)
    assert ("60" in strict.text, "21" in strict.text, "21" in start.text) == (True, True, False)
    open_to = words["types"].replace("{{types}}", words["types_separator"].join([words["type_UNI"], words["type_MIS"]]))
    assert open_to in po_instructions(rules(hafen, eligible_types=["MIS", "UNI"]), language).terms
    assert words["type_UNI"] not in po_instructions(rules(hafen, eligible_types=[]), language).text


@pytest.mark.parametrize(
    ("language", "least", "most"),
    [
        ("en", "Smallest amount of an order: €150.00 or ¥20,000.", "Largest amount of an order: €50,000.00."),
        ("de", "Kleinster Betrag einer Bestellung: 150,00\xa0€ oder 20.000\xa0¥.", "50.000,00\xa0€."),
        ("fr", "Montant minimal d’une commande\xa0: 150,00\xa0€ ou 20\u202f000\xa0JPY.", "50\u202f000,00\xa0€."),
        ("es", "Importe mínimo de un pedido: 150,00\xa0€ o 20.000\xa0JPY.", "50.000,00\xa0€."),
        ("ja", "ご注文金額の下限：€150.00または¥20,000", "ご注文金額の上限：€50,000.00"),
    ],
)
def test_amounts_are_written_as_their_readers_write_them(hafen: Client, language: str, least: str, most: str) -> None:
    lines = po_instructions(rules(hafen), language).terms[-2:]
    assert (lines[0], lines[1][-len(most) :]) == (least, most)


def test_no_bound_no_line(hafen: Client) -> None:
    text = po_instructions(rules(hafen, minimum={}, maximum={}), "en")
    assert ["amount of an order" in text.text, len(text.terms)] == [False, 4]


def test_a_channel_without_an_address_is_left_out_and_told_to_the_admin(hafen: Client) -> None:
    hafen.fax = hafen.street = ""
    hafen.save()
    text = po_instructions(rules(hafen, accepted_channels=["fax", "letter"]), "en")
    assert (text.channels, text.missing) == ((("By e-mail", (hafen.email,)),), ("Fax", "Letter"))
    page = admin(hafen).get("/purchases/policy/hafen/text/").content.decode()
    assert "The policy accepts documents by Fax, Letter, but no address for it is on file" in page


def test_own_sentences_stand_at_the_end_in_their_language(hafen: Client) -> None:
    policy = rules(hafen, texts={"de": "Rufen Sie an.\n\n  Oder kommen Sie. "})
    assert po_instructions(policy, "de").own == ("Rufen Sie an.", "Oder kommen Sie.")
    assert po_instructions(policy, "de").text.endswith("Rufen Sie an.\n\nOder kommen Sie.\n")
    assert po_instructions(policy, "fr").own == ()


def test_where_nothing_is_offered_the_text_says_so(hafen: Client) -> None:
    policy = rules(hafen, offered_at_checkout=False, on_request=False, texts={"en": "Try our shop."})
    assert po_instructions(policy, "en").text == (
        "Ordering from Hafen GmbH on purchase order\n\n"
        "Hafen GmbH does not take purchase orders at the moment. Please write to orders@hafen.example if you have a "
        "question.\n\nTry our shop.\n"
    )
    page = Browser().get("/po/hafen/en/").content.decode()
    assert ["does not take purchase orders" in page, "Where to send it" in page, "Try our shop." in page] == [
        True,
        False,
        True,
    ]
    assert "takes no purchase orders" in admin(hafen).get("/purchases/policy/hafen/text/").content.decode()


# The pages -----------------------------------------------------------------------------------------------------------


def admin(client: Client) -> Browser:
    browser = Browser()
    browser.force_login(a_user("client_admin", client))
    return browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_public_page_needs_no_login_and_is_not_indexed(hafen: Client, language: str) -> None:
    answer = Browser().get(f"/po/hafen/{language}/")
    page = answer.content.decode()
    assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert f'<html lang="{language}"' in page
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert page.count('hreflang="') == len(LANGUAGES)
    assert PO_TEXTS[language]["contents"] in page


def test_what_does_not_exist_is_not_found(hafen: Client) -> None:
    from accounts.models import Client as Merchant

    Merchant.objects.create(slug="new", name="New", country="DE", time_zone="UTC", language="de", email="a@b.example")
    paths = ("/po/nobody/en/", "/po/hafen/xx/", "/po/new/en/", "/po/hafen/en-US/")
    assert [Browser().get(path).status_code for path in paths] == [404] * 4
    assert Browser().post("/po/hafen/en/").status_code == 405


def test_a_page_follows_the_newest_version(hafen: Client) -> None:
    rules(hafen, term_days=14)
    assert "due 14 days after" in Browser().get("/po/hafen/en/").content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_and_sentences_are_only_text(hafen: Client, language: str) -> None:
    hafen.name = hafen.street = hafen.city = HOSTILE
    hafen.fax = HOSTILE[:50]
    hafen.save()
    rules(hafen, texts=dict.fromkeys(LANGUAGES, HOSTILE))
    for page in (
        Browser().get(f"/po/hafen/{language}/").content.decode(),
        admin(hafen).get("/purchases/policy/hafen/text/").content.decode(),
        admin(hafen).get("/purchases/policy/hafen/").content.decode(),
        admin(hafen).get("/purchases/policy/hafen/edit/").content.decode(),
    ):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; {{ client }} {% url %}" in page


def test_admins_copy_the_text_or_the_link(hafen: Client) -> None:
    page = admin(hafen).get("/purchases/policy/hafen/text/").content.decode()
    assert [f'value="http://testserver/po/hafen/{code}/"' in page for code in LANGUAGES] == [True] * 5
    assert (page.count("<textarea"), page.count("data-copy="), page.count("readonly")) == (5, 10, 10)


def test_without_rules_there_is_no_text_yet() -> None:
    from accounts.models import Client as Merchant

    new = Merchant.objects.create(
        slug="new", name="New", country="DE", time_zone="UTC", language="de", email="a@b.example"
    )
    assert "No policy yet" in admin(new).get("/purchases/policy/new/text/").content.decode()
