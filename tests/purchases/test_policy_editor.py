"""Client admins change their rules: what they type, what is kept of it, what is saved, and what two at once see."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import Client
from core.refused import Refused
from purchases.models import Policy
from purchases.services.policy import set_policy, trusted_by
from tests.stories import (
    MONDAY,
    POLICY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    days_later,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db
PAGE = "/purchases/policy/hafen/"
EDIT = f"{PAGE}edit/"
TYPED: dict[str, Any] = {
    "row_version": "1",
    "offered_at_checkout": "on",
    "on_request": "on",
    "eligible_types": ["COM", "GOV", "UNI", "NPR"],
    "partner_pos_allowed": "on",
    "review": "on",
    "reviewer": "client",
    "document_deadline_days": "30",
    "term_days": "30",
    "delivery": "immediate",
    "dunning": "on",
    "cancel_step": "on",
    "cancel_after_business_days": "3",
}
"""The form as it starts from the stories' policy."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(days_later(7), tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    """A client with its first version."""
    return a_client("hafen")


@pytest.fixture
def desk(hafen: Client) -> Browser:
    """The client's admin at work."""
    return logged_in(a_user("client_admin", hafen, name="Ida"))


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def sends(browser: Browser, act: str, status: int = 200, **changes: Any) -> str:
    answer = browser.post(EDIT, {**TYPED, "act": act, **changes})
    assert answer.status_code == status, answer.content.decode()[:3000]
    return unescape(answer.content.decode())


def saves(browser: Browser, **changes: Any) -> Policy:
    answer = browser.post(EDIT, {**TYPED, "act": "save", **changes})
    assert (answer.status_code, answer.headers.get("Location")) == (302, PAGE), answer.content.decode()[:3000]
    return newest()


def newest() -> Policy:
    return Policy.objects.filter(client__slug="hafen").order_by("-version")[0]


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


# Saving ---------------------------------------------------------------------------


def test_every_field_is_saved_as_a_new_version(desk: Browser, hafen: Client) -> None:
    customer = a_released_po(hafen).customer
    saved = saves(
        desk,
        offered_at_checkout="on",
        on_request="",
        eligible_types=["UNI", "GOV"],
        currency=["eur", "JPY", ""],
        minimum=["150", "20000", ""],
        maximum=["5,000.50", "", ""],
        countries="de, Austria\nFR",
        partner_pos_allowed="",
        trusted=[customer.pk],
        review="",
        reviewer="platform",
        four_eyes="on",
        po_number_required="on",
        accepted_channels=["letter", "email"],
        document_deadline_days="21",
        term_days="60",
        delivery="prepaid",
        dunning="",
        cancel_step="",
        cancel_after_business_days="2",
        text_de="Rufen Sie an.  ",
        text_en="",
        comment="Agreed with finance",
    )
    values = {
        name: getattr(saved, name)
        for name in (*POLICY, "countries", "four_eyes", "po_number_required", "accepted_channels", "texts", "comment")
    }
    assert values == {
        "offered_at_checkout": True,
        "on_request": False,
        "eligible_types": ["GOV", "UNI"],
        "minimum": {"EUR": 15_000, "JPY": 20_000},
        "maximum": {"EUR": 500_050},
        "countries": ["AT", "DE", "FR"],
        "review": False,
        "reviewer": "platform",
        "four_eyes": True,
        "po_number_required": True,
        "accepted_channels": ["email", "letter"],
        "document_deadline_days": 21,
        "term_days": 60,
        "delivery": "prepaid",
        "dunning": False,
        "cancel_step": False,
        "cancel_after_business_days": 2,
        "texts": {"de": "Rufen Sie an."},
        "comment": "Agreed with finance",
    }
    assert (saved.version, saved.created_by.name, saved.created_at) == (2, "Ida", days_later(7))  # type: ignore[union-attr]
    assert (saved.partner_pos_allowed, set(trusted_by(saved))) == (False, {customer.pk})
    page = desk.get(PAGE).content.decode()
    assert ["Version 2 is in force." in page, "Agreed with finance" in page, "before: 30 days" in page] == [True] * 3


def test_a_placed_purchase_keeps_its_version(desk: Browser, hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    saves(desk, term_days="60", trusted=[purchase.customer_id])
    purchase.refresh_from_db()
    assert (purchase.policy.version, purchase.term_days) == (1, 30)
    later = an_offline_order(hafen)
    assert (later.policy.version, later.term_days) == (2, 60)


def test_saving_what_is_there_makes_no_version(desk: Browser, hafen: Client) -> None:
    assert saves(desk, eligible_types=["NPR", "UNI", "GOV", "COM"]).version == 1
    assert "Nothing was changed: version 1 stays in force." in desk.get(PAGE).content.decode()


def test_a_double_click_is_one_version(desk: Browser, hafen: Client) -> None:
    first = saves(desk, term_days="60", form_key="once")
    again = saves(desk, term_days="14", form_key="once")
    assert (first.pk, again.pk, again.term_days) == (first.pk, first.pk, 60)
    assert "This was done already." in desk.get(PAGE).content.decode()


def test_the_first_version_is_written_the_same_way(hafen: Client) -> None:
    new = Client.objects.create(
        slug="neu", name="Neu", country="DE", time_zone="Europe/Berlin", language="de", email="a@neu.example"
    )
    browser = logged_in(a_user("client_admin", new))
    assert "Write the first version" in browser.get("/purchases/policy/neu/").content.decode()
    assert "First version of the policy" in browser.get("/purchases/policy/neu/edit/").content.decode()
    preview = browser.post("/purchases/policy/neu/edit/", {**TYPED, "row_version": "0"}).content.decode()
    assert ["Save as version 1" in preview, "No order came in" in preview] == [True, True]
    browser.post("/purchases/policy/neu/edit/", {**TYPED, "row_version": "0", "act": "save"})
    policy = Policy.objects.get(client=new)
    assert (policy.version, policy.term_days, policy.eligible_types) == (1, 30, ["COM", "GOV", "UNI", "NPR"])


def test_only_who_holds_the_right_edits_and_only_the_own_client(hafen: Client) -> None:
    a_client("other")
    asked = [
        (logged_in(a_user("platform_admin")), EDIT, 200),
        (logged_in(a_user("client_support", hafen)), EDIT, 403),
        (logged_in(a_user("client_admin", hafen)), "/purchases/policy/other/edit/", 404),
        (logged_in(a_user("client_admin", hafen)), "/purchases/policy/other/text/", 404),
        (logged_in(a_user("platform_admin")), "/purchases/policy/nobody/edit/", 404),
    ]
    for browser, path, status in asked:
        assert (browser.get(path).status_code, browser.post(path, TYPED).status_code) in {
            (status, status),
            (status, 405),
        }, path


# What is wrong is said beside the field, and nothing is lost -------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"eligible_types": []}, "Choose at least one type, or switch the offer at checkout off."),
        ({"countries": "DE, Atlantis"}, "“Atlantis” is no country."),
        ({"currency": ["EUX"], "minimum": ["1"], "maximum": [""]}, "Enter a currency, such as EUR."),
        ({"currency": [""], "minimum": ["1"], "maximum": [""]}, "Enter a currency, such as EUR."),
        ({"currency": ["EUR"], "minimum": ["1.555"], "maximum": [""]}, "Enter an amount in EUR, such as 1234.55."),
        ({"currency": ["JPY"], "minimum": ["1.5"], "maximum": [""]}, "Enter an amount in JPY, such as 1234."),
        ({"currency": ["EUR"], "minimum": ["-1"], "maximum": [""]}, "An amount can't be negative."),
        ({"currency": ["EUR"], "minimum": [""], "maximum": [""]}, "Enter an amount, or remove the row."),
        ({"currency": ["EUR"], "minimum": ["9"], "maximum": ["8"]}, "The largest amount is below the smallest."),
        ({"currency": ["EUR", "eur"], "minimum": ["1", "2"], "maximum": ["", ""]}, "EUR is there twice."),
        ({"document_deadline_days": "0"}, "greater than or equal to 1"),
        ({"term_days": "31"}, "Select a valid choice."),
        ({"trusted": ["999999999"]}, "Select a valid choice."),
        ({"comment": "x" * 301}, "at most 300 characters"),
    ],
)
def test_a_mistake_is_named_beside_its_field(
    desk: Browser, hafen: Client, typed: dict[str, Any], sentence: str
) -> None:
    page = sends(desk, "save", 422, text_fr="Bonjour <b>", **typed)
    assert ["Nothing was saved." in page, sentence in page, "Bonjour <b>" in page] == [True, True, True]
    assert newest().version == 1


def test_another_clients_customer_is_never_trusted(desk: Browser, hafen: Client) -> None:
    stranger = a_released_po(a_client("other")).customer
    assert "Select a valid choice" in sends(desk, "save", 422, trusted=[stranger.pk])
    with pytest.raises(Refused) as refused:
        set_policy(hafen, values={}, trusted=[stranger.pk], by=None, at=MONDAY)
    assert (refused.value.code, newest().version) == ("trusted", 1)


def test_rows_come_and_go_without_script(desk: Browser, hafen: Client) -> None:
    amounts: dict[str, Any] = {"currency": ["EUR", "USD"], "minimum": ["1x", "2"], "maximum": ["", "3"]}
    added = sends(desk, "add", term_days="60", row_version="1", **amounts)
    assert (added.count('name="currency"'), 'value="1x"' in added, "Enter an amount" in added) == (3, True, False)
    assert '<option value="60" selected>' in added
    removed = sends(desk, "remove-0", **amounts)
    assert (removed.count('name="currency"'), 'value="1x"' in removed, 'value="USD"' in removed) == (1, False, True)
    assert sends(desk, "remove-7", **amounts).count('name="currency"') == 2
    assert sends(desk, "remove-x", **amounts).count('name="currency"') == 2


def test_customers_are_found_chosen_and_dropped(desk: Browser, hafen: Client) -> None:
    werft = a_released_po(hafen).customer
    kanal = a_released_po(hafen, customer=a_customer(company="Kanal AG", email="x@kanal.example")).customer
    a_released_po(a_client("other"), customer=a_customer(company="Kanal Stranger"))
    found = sends(desk, "find", who="kanal", trusted=[werft.pk, "nonsense"])
    boxes = re.findall(r'name="trusted" value="(\d+)" id="[^"]*"( checked)?', found)
    assert boxes == [(str(werft.pk), " checked"), (str(kanal.pk), "")]
    assert "No other customer found with “Werft”." in sends(desk, "find", who="Werft", trusted=[werft.pk])
    assert "Found with “x@kan”" in sends(desk, "find", who="x@kan")
    assert trusted_by(saves(desk, trusted=[werft.pk, kanal.pk])) == {werft.pk, kanal.pk}
    assert trusted_by(saves(desk, row_version="2", trusted=[kanal.pk])) == {kanal.pk}
    set_policy(hafen, values={"term_days": 14}, by=None, at=MONDAY)
    assert trusted_by(newest()) == {kanal.pk}


# Preview ---------------------------------------------------------------------------


def test_the_preview_tells_what_changes_and_what_it_would_have_done(desk: Browser, hafen: Client) -> None:
    purchase = a_released_po(hafen)
    an_offline_order(hafen, at=days_later(1))
    typed: dict[str, Any] = {"currency": ["EUR"], "minimum": ["119.01"], "maximum": [""], "text_en": "Call us"}
    page = sends(desk, "preview", **typed)
    text = words(page)
    assert "Smallest amount No bound €119.01" in text
    assert "PO no longer offered 2 €238.00" in text
    assert "PO offered: 2 now, 0 with the change; Reviewed: 2 now, 0 with the change" in text
    assert f"{purchase.reference} Werft & Söhne KG" in text
    assert "PO offered becomes 119.00 EUR is below the minimum for purchase orders minimum" in text
    assert "Who was refused PO at the checkout and left is recorded nowhere" in text
    carried = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    assert (carried["minimum"], carried["text_en"], carried["row_version"]) == ("119.01", "Call us", "1")
    assert newest().version == 1


def test_each_kind_of_effect_has_its_words(desk: Browser, hafen: Client) -> None:
    a_released_po(hafen, po_number="")
    a_waiting_po(hafen, at=days_later(1))
    text = words(
        sends(desk, "preview", term_days="60", document_deadline_days="14", delivery="prepaid", po_number_required="on")
    )
    for expected in (
        "no PO number asked for becomes PO number missing number",
        "due Apr 1, 2026 becomes due May 1, 2026 term",
        "due 30 days after release becomes due 60 days after release term",
        "document by Apr 1, 2026 becomes document by Mar 16, 2026 deadline",
        "delivered at once becomes delivered after payment delivery",
    ):
        assert expected in text
    assert "reviewed becomes accepted at once review" in words(sends(desk, "preview", review=""))
    set_policy(hafen, values={"offered_at_checkout": False}, by=None, at=MONDAY)
    gained = words(sends(desk, "preview", row_version="2"))
    assert "Purchase orders are not offered at checkout becomes PO offered offered" in gained


def test_a_preview_of_nothing_offers_nothing_to_save(desk: Browser, hafen: Client) -> None:
    page = sends(desk, "preview")
    assert ["Nothing is changed" in page, "Save as version" in page] == [True, False]
    unmoved = sends(desk, "preview", four_eyes="on")
    assert ["Save as version 2" in unmoved, "No order came in" in unmoved] == [True, True]
    a_released_po(hafen)
    assert "None of the 1 order would have been treated otherwise." in sends(desk, "preview", four_eyes="on")


def test_back_to_the_form_loses_nothing(desk: Browser, hafen: Client) -> None:
    page = sends(desk, "edit", term_days="14", comment="why", text_ja="お電話ください", countries="nowhere")
    assert '<option value="14" selected>' in page
    assert ["お電話ください" in page, "nowhere" in page, 'name="comment" value="why"' in page] == [True, True, True]
    assert "is no country" not in page


def test_the_figures_stand_beside_the_form_while_one_types(desk: Browser, hafen: Client) -> None:
    a_released_po(hafen)
    assert "Nothing is changed yet." in sends(desk, "live")
    assert "Due date moved 1" in words(sends(desk, "live", term_days="60"))
    assert "None would have been treated otherwise." in sends(desk, "live", four_eyes="on")
    assert "Some entries need another look" in sends(desk, "live", countries="Atlantis")


# Two at once ---------------------------------------------------------------------------


def test_a_version_saved_in_the_meantime_is_shown_and_joined(desk: Browser, hafen: Client) -> None:
    customer = a_released_po(hafen).customer
    theirs = a_user("client_admin", hafen, name="Olaf")
    values = {"term_days": 60, "delivery": "prepaid", "countries": ["DE"]}
    set_policy(hafen, values=values, trusted=[customer.pk], by=theirs, at=days_later(6))
    for act in ("preview", "save"):
        page = sends(desk, act, 409, term_days="14", four_eyes="on", comment="mine")
        text = words(page)
        assert "This was changed by Olaf at Mar 8, 2026, 10:00 CET. Nothing you typed is lost." in text
        assert "Term 30 days 60 days 14 days 14 days" in text
        assert "Delivery At once After payment (prepaid) At once After payment (prepaid)" in text
        assert "Trusted customers None Werft & Söhne KG (not reviewed) None Werft & Söhne KG (not reviewed)" in text
        assert ['name="row_version" value="2"' in page, 'name="comment" value="mine"' in page] == [True, True]
        assert ['value="14" selected' in page, 'value="prepaid" selected' in page] == [True, True]
    assert newest().version == 2
    both = saves(
        desk,
        row_version="2",
        term_days="14",
        four_eyes="on",
        delivery="prepaid",
        countries="DE",
        trusted=[customer.pk],
    )
    assert (both.version, both.term_days, both.delivery, both.four_eyes) == (3, 14, "prepaid", True)


def test_saving_what_the_other_saved_is_no_quarrel(desk: Browser, hafen: Client) -> None:
    set_policy(hafen, values={"term_days": 60}, by=None, at=MONDAY)
    assert saves(desk, term_days="60").version == 2


def test_a_form_without_a_version_is_stale_and_kept(desk: Browser, hafen: Client) -> None:
    page = sends(desk, "save", 409, row_version="x", term_days="14")
    assert ["This was changed by the system at" in page, 'value="14" selected' in page] == [True, True]


def test_the_service_refuses_a_stale_version_under_its_lock(hafen: Client) -> None:
    set_policy(hafen, values={"term_days": 60}, base=1, by=None, at=MONDAY)
    with pytest.raises(Refused) as refused:
        set_policy(hafen, values={"term_days": 14}, base=1, by=None, at=MONDAY)
    assert (refused.value.code, refused.value.message) == ("stale", "Version 2 was saved in the meantime.")
    assert set_policy(hafen, values={"term_days": 60}, base=1, by=None, at=MONDAY).version == 2


# Versions and the question ---------------------------------------------------------------------------


def test_any_two_versions_are_compared(desk: Browser, hafen: Client) -> None:
    set_policy(hafen, values={"term_days": 60}, by=None, at=MONDAY)
    set_policy(hafen, values={"delivery": "prepaid"}, by=None, at=MONDAY, comment="no more keys on credit")
    text = words(desk.get(f"{PAGE}?version=3&with=1").content.decode())
    assert "Version 3, compared with version 1." in text
    assert ["60 days version 1: 30 days" in text, "version 1: At once" in text] == [True, True]
    back = words(desk.get(f"{PAGE}?version=1&with=3").content.decode())
    assert "30 days version 3: 60 days" in back
    assert "before: At once" in words(desk.get(PAGE).content.decode())
    assert "before:" not in desk.get(f"{PAGE}?version=1&with=99").content.decode()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({}, "Yes, PO would be offered. The order would wait for its review."),
        ({"type": "MIS"}, "No. Purchase orders are for eligible organizations with a company name."),
        ({"company": " "}, "No. Purchase orders are for eligible organizations with a company name."),
        ({"amount": "9.99"}, "No. 9.99 EUR is below the minimum for purchase orders."),
        ({"amount": "1000.01"}, "No. 1,000.01 EUR is above the maximum for purchase orders."),
        ({"country": "France"}, "No. Purchase orders are not offered in FR."),
        ({"type": "MIS", "country": "US", "amount": "1"}, "No. Purchase orders are for eligible organizations"),
        ({"amount": "2", "currency": "USD"}, "Yes, PO would be offered."),
        ({"email": "EINKAUF@werft.example"}, "Nobody would review it: the customer is trusted."),
        ({"email": "EINKAUF@werft.example"}, "EINKAUF@werft.example belongs to Werft & Söhne KG: trusted."),
        ({"email": "nobody@werft.example"}, "No customer has the billing e-mail nobody@werft.example."),
        ({"version": "1", "amount": "1"}, "Yes, PO would be offered. Nobody would review it: it would be accepted"),
        ({"country": "DE, FR"}, "Enter one country."),
        ({"country": "Atlantis"}, "“Atlantis” is no country."),
        ({"currency": "EUX"}, "Enter a currency, such as EUR."),
        ({"amount": "much"}, "Enter an amount in EUR, such as 1234.55."),
        ({"amount": ""}, "Enter the amount with tax."),
    ],
)
def test_admins_ask_whether_po_would_be_offered_and_why_not(typed: dict[str, str], expected: str) -> None:
    hafen = a_client("hafen", review=False)
    customer = an_offline_order(hafen).customer
    values = {"review": True, "minimum": {"EUR": 1_000}, "maximum": {"EUR": 100_000}, "countries": ["DE"]}
    set_policy(hafen, values=values, trusted=[customer.pk], by=None, at=MONDAY)
    asked = {"ask": "1", "type": "COM", "company": "Werft", "country": "DE", "amount": "50", "currency": "eur"}
    page = logged_in(a_user("client_admin", hafen)).get(PAGE, {**asked, **typed}).content.decode()
    assert expected in words(unescape(page))


def test_the_answer_shows_the_rules_in_their_order(desk: Browser, hafen: Client) -> None:
    set_policy(hafen, values={"minimum": {"EUR": 1_000}, "on_request": False}, by=None, at=MONDAY)
    asked = {"ask": "1", "type": "COM", "company": "W", "country": "DE", "amount": "5", "currency": "EUR"}
    text = words(desk.get(PAGE, asked).content.decode())
    assert (
        "Offered at checkout Customer type, with a company Smallest amount: not met Largest amount not looked at "
        "Country not looked at"
    ) in text
    assert "Purchase orders on request are switched off. 5.00 EUR is below the minimum" in text
