"""What a quote link can say, who reads it, and its page for staff."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser

from core.money import Money
from core.refused import Refused
from core.tokens import hash_of
from purchases.models import Policy
from purchases.services.products import save_product
from quotes.models import QuoteLink
from quotes.services.quote_link import LinkValues, Offered, renew_link, request_url, save_link, switch_link
from tests.quotes.quoting import a_quote, a_quote_link
from tests.stories import MONDAY, a_client, a_user, days_later, the_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

LINKS = "/quotes/links/"
SHEET = {
    "title": "Spring offer",
    "language": "de",
    "currency": "EUR",
    "note": "For the fair",
    "message": "Hello",
    "validity_days": "14",
    "may_order_on_po": "on",
    "x_parameters": "x-campaign=spring",
    "rows": "3",
    "item0-product": "PRO",
    "item0-quantity": "5",
    "item0-unit_price": "80",
    "item0-discount": "12.5",
}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client()


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


# What it can say ------------------------------------------------------------------------------------------------------


def test_what_can_not_be_offered_is_refused(hafen: Client) -> None:
    seller, product = a_user("client_sales", hafen), the_product(hafen)
    foreign = the_product(a_client("berg"))
    unpriced = save_product(
        hafen, code="NEW", name="Hafen New", prices=[Money(100, "USD")], delivery="key", by=None, at=MONDAY
    )
    right: dict[str, Any] = {"title": "Offer", "currency": "EUR", "items": [Offered(product)]}

    for wrong, sentence in (
        ({"title": " \n"}, "Give the link a title."),
        ({"title": "x" * 201}, "The title is too long"),
        ({"validity_days": 0}, "valid for 1 to 365 days"),
        ({"validity_days": 366}, "valid for 1 to 365 days"),
        ({"message": "x" * 2_001}, "The message is too long"),
        ({"x_parameters": {"campaign": "1"}}, "is no x-parameter"),
        ({"x_parameters": {f"x-{number}": "1" for number in range(21)}}, "at most 20 x-parameters"),
        ({"items": []}, "Add at least one product."),
        ({"items": [Offered(product)] * 31}, "at most 30 products"),
        ({"items": [Offered(product)] * 2}, "is there twice"),
        ({"items": [Offered(foreign)]}, "is not sold by Hafen GmbH"),
        ({"items": [Offered(unpriced)]}, "has no price in EUR"),
        ({"items": [Offered(product, 0)]}, "quantity of Hafen Pro"),
        ({"items": [Offered(product, 10_000)]}, "is 1 to 9,999"),
        ({"items": [Offered(product, 1, -1)]}, "less than nothing"),
        ({"items": [Offered(product, 1, None, Decimal(101))]}, "0 to 100 %"),
    ):
        with pytest.raises(Refused, match=sentence):
            save_link(hafen, LinkValues(**{**right, **wrong}), by=seller, at=MONDAY)
    assert not QuoteLink.objects.exists()
    assert save_link(
        hafen, LinkValues(**{**right, "items": [Offered(unpriced, 1, 100)]}), by=seller, at=MONDAY
    ).items.get().price == Money(100, "EUR")


def test_a_change_is_kept_in_its_history_and_touches_no_quote(hafen: Client) -> None:
    link = a_quote_link(hafen)
    quote = a_quote(link)
    seller = a_user("client_sales", hafen)

    changed = save_link(
        hafen,
        LinkValues("Autumn offer", "EUR", items=[Offered(the_product(hafen), 9)]),
        by=seller,
        at=days_later(1),
        link=link,
    )

    assert (changed.pk, changed.title, changed.version, str(changed.items.get())) == (
        link.pk,
        "Autumn offer",
        2,
        "9 × Hafen Pro (PRO)",
    )
    assert changed.items.get().price is None
    assert (changed.token, changed.created_by, quote.gross) == (link.token, link.created_by, Money(21_420, "EUR"))
    reasons = list(link.history.order_by("history_id").values_list("history_change_reason", "history_user"))
    assert reasons == [("quote link made", link.created_by_id), ("quote link changed", seller.pk)]


def test_switched_off_and_on_again(hafen: Client) -> None:
    link = a_quote_link(hafen)
    seller = link.created_by

    assert switch_link(link, is_active=False, by=seller, at=MONDAY).is_active is False
    with pytest.raises(Refused, match="switched off already"):
        switch_link(link, is_active=False, by=seller, at=MONDAY)
    assert switch_link(link, is_active=True, by=seller, at=MONDAY).is_active is True
    with pytest.raises(Refused, match="active already"):
        switch_link(link, is_active=True, by=seller, at=MONDAY)


def test_a_new_address_makes_the_old_one_useless(hafen: Client) -> None:
    link = a_quote_link(hafen)
    old = link.token

    renewed = renew_link(link, by=link.created_by, at=MONDAY)

    assert renewed.token != old
    assert QuoteLink.objects.filter(token_hash=hash_of(old)).count() == 0
    assert QuoteLink.objects.get(token_hash=hash_of(renewed.token)) == link
    assert request_url(renewed).endswith(f"/{renewed.token}/")


# Its pages ------------------------------------------------------------------------------------------------------------


def test_sales_makes_a_link_with_a_live_total(hafen: Client) -> None:
    browser = logged_in(a_user("client_sales", hafen))
    empty = browser.get(LINKS)
    assert "No quote links yet" in text(empty)
    assert "No products yet" in text(browser.get(f"{LINKS}new/"))

    live = text(browser.post(f"{LINKS}new/", {**SHEET, "act": "recompute"}, headers={"HX-Request": "true"}))
    assert ["350.00" in live, "500.00" in live, "150.00" in live, "30%" in live] == [True] * 4
    more = text(browser.post(f"{LINKS}new/", {**SHEET, "act": "add_row"}))
    assert more.count('name="item3-product"') == 1

    made = browser.post(f"{LINKS}new/", {**SHEET, "act": "save"})

    link = QuoteLink.objects.get()
    assert made.headers["Location"] == f"{LINKS}{link.pk}/#address"
    assert (link.title, link.note, link.validity_days) == ("Spring offer", "For the fair", 14)
    assert (link.may_change_quantity, link.may_order_on_po, link.is_test) == (False, True, False)
    assert link.x_parameters == {"x-campaign": "spring"}
    item = link.items.get()
    assert (item.quantity, item.unit_minor, item.discount_percent) == (5, 8_000, Decimal("12.5"))
    page = text(browser.get(f"{LINKS}{link.pk}/"))
    assert [request_url(link) in page, "Nobody has asked for one yet." in page, "Quote link made" in page] == [True] * 3
    assert ['value="12.5"' in page, 'value="80.00"' in page, "x-campaign=spring" in page] == [True] * 3


def test_what_a_link_does_not_allow_stays_so_when_its_sheet_is_shown_again(hafen: Client) -> None:
    link = a_quote_link(hafen, may_change_quantity=False, may_order_on_po=False, is_test=True)
    browser = logged_in(link.created_by)
    asked = {key: value for key, value in SHEET.items() if key != "may_order_on_po"}

    def ticked(page: str) -> list[str]:
        boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
        return [found[1] for box in boxes if "checked" in box and (found := re.search(r'name="([^"]+)"', box))]

    assert ticked(text(browser.get(f"{LINKS}{link.pk}/"))) == ["is_test"]
    assert ticked(text(browser.get(f"{LINKS}new/"))) == ["may_change_quantity", "may_order_on_po"]
    assert ticked(text(browser.post(f"{LINKS}new/", {**asked, "act": "recompute"}))) == []


def test_what_is_wrong_stands_by_its_field(hafen: Client) -> None:
    browser = logged_in(a_user("client_sales", hafen))

    answer = browser.post(
        f"{LINKS}new/", {**SHEET, "act": "save", "title": "", "x_parameters": "nonsense", "item0-product": "NONE"}
    )
    assert answer.status_code == 422
    page = text(answer)
    for sentence in ("Enter the title.", "Write one “x-key=value” a line", "no such product", "marked below"):
        assert sentence in page
    nothing = browser.post(
        f"{LINKS}new/",
        {
            **SHEET,
            "act": "save",
            "item0-product": "",
            "item0-quantity": "",
            "item0-unit_price": "",
            "item0-discount": "",
        },
    )
    assert (nothing.status_code, "Add at least one product." in text(nothing)) == (422, True)
    assert not QuoteLink.objects.exists()


def test_a_link_is_changed_unless_somebody_was_faster(hafen: Client) -> None:
    link = a_quote_link(hafen)
    quote = a_quote(link)
    browser = logged_in(a_user("client_admin", hafen, name="Ada Admin"))
    assert quote.purchase.reference in text(browser.get(f"{LINKS}{link.pk}/"))

    saved = browser.post(f"{LINKS}{link.pk}/", {**SHEET, "act": "save", "row_version": "1", "is_test": "on"})
    stale = browser.post(f"{LINKS}{link.pk}/", {**SHEET, "act": "save", "row_version": "1", "title": "Mine"})

    assert (saved.status_code, stale.status_code) == (302, 422)
    assert "This was changed by Ada Admin" in text(stale)
    link.refresh_from_db()
    assert (link.title, link.is_test) == ("Spring offer", True)
    assert "TEST" in text(browser.get(LINKS))


def test_switching_and_renewing_by_hand(hafen: Client) -> None:
    link = a_quote_link(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    page = f"{LINKS}{link.pk}/"

    assert "no more quotes are made by it" in text(browser.get(f"{page}switch/"))
    browser.post(f"{page}switch/")
    assert "Switched off" in text(browser.get(page))
    assert "can ask for quotes again" in text(browser.get(f"{page}switch/"))
    assert "is active" in text(browser.post(f"{page}switch/", follow=True))
    assert "opens nothing any more" in text(browser.get(f"{page}renew/"))
    browser.post(f"{page}renew/")
    assert QuoteLink.objects.get().seed != link.seed


def test_what_would_make_no_quotes_is_said_when_the_link_is_made(hafen: Client) -> None:
    browser = logged_in(a_user("client_sales", hafen))
    for parameter, sentence in (
        (f"x-{'a' * 99}=1", "The key is too long: 101 characters, at most 100 are kept."),
        (f"x-a={'b' * 256}", "The value is too long: 256 characters, at most 255 are kept."),
    ):
        answer = browser.post(f"{LINKS}new/", {**SHEET, "act": "save", "x_parameters": parameter})
        assert (answer.status_code, sentence in text(answer)) == (422, True)
    Policy.objects.filter(client=hafen).delete()
    answer = browser.post(f"{LINKS}new/", {**SHEET, "act": "save"})
    assert "Hafen GmbH has no purchase order policy yet" in text(answer)
    assert not QuoteLink.objects.exists()


def test_a_link_says_what_of_it_is_not_sold_any_more(hafen: Client) -> None:
    own, listed = a_quote_link(hafen, items=[Offered(the_product(hafen), 1, 100)]), a_quote_link(hafen)
    browser = logged_in(own.created_by)
    warning = "Its page makes no quotes: Hafen Pro is not sold any more, or has no price in EUR."

    def warns(link: QuoteLink) -> bool:
        return warning in text(browser.get(f"{LINKS}{link.pk}/"))

    assert [warns(own), warns(listed)] == [False, False]
    the_product(hafen).prices.all().delete()
    assert [warns(own), warns(listed)] == [False, True]
    hafen.products.update(is_active=False)
    assert [warns(own), warns(listed)] == [True, True]


def test_the_same_sheet_sent_twice_makes_one_link(hafen: Client) -> None:
    browser = logged_in(a_user("client_sales", hafen))
    page = f"{LINKS}new/"
    key = re.search(r'name="form_key" value="([0-9a-f]{32})"', text(browser.get(page)))
    assert key is not None
    sheet = {**SHEET, "form_key": key[1]}
    assert f'value="{key[1]}"' in text(browser.post(page, {**sheet, "act": "recompute"})), "the sheet keeps its key"

    first = browser.post(page, {**sheet, "act": "save"})
    with time_machine.travel(MONDAY + timedelta(seconds=1), tick=False):
        again = browser.post(page, {**sheet, "act": "save", "title": "Another"}, follow=True)

    link = QuoteLink.objects.get()
    assert first.headers["Location"] == f"{LINKS}{link.pk}/#address"
    assert [link.title, link.version] == ["Spring offer", 1]
    assert "This form has made “Spring offer” already: it is one link." in text(again)
    browser.post(page, {**SHEET, "act": "save", "form_key": "made up"})
    browser.post(page, {**SHEET, "act": "save", "form_key": "made up"})
    assert QuoteLink.objects.count() == 3, "only keys that the page can have made count"


def test_the_platform_says_for_which_client(hafen: Client) -> None:
    browser = logged_in(a_user("platform_customer_service"))

    assert "Which client sells?" in text(browser.get(f"{LINKS}new/"))
    assert browser.post(f"{LINKS}new/", {**SHEET, "act": "save"}).headers["Location"] == f"{LINKS}new/"
    assert "another client" in text(browser.get(f"{LINKS}new/?client=hafen"))
    browser.post(f"{LINKS}new/?client=hafen", {**SHEET, "act": "save"})
    assert QuoteLink.objects.get().client == hafen


def test_the_list_is_narrowed_to_ones_own(hafen: Client) -> None:
    mine, other = a_quote_link(hafen), a_quote_link(hafen, title="Another offer")
    a_quote(other)
    browser = logged_in(mine.created_by)

    def titles(query: str) -> list[bool]:
        page = text(browser.get(f"{LINKS}?{query}"))
        return [mine.title in page, other.title in page]

    assert titles("") == [True, True]
    assert titles("personal=1") == [True, False]
    assert titles("q=another") == [False, True]
    assert titles("q=hafen+pro") == [True, True]
    assert titles("q=nothing") == [False, False]
    switch_link(other, is_active=False, by=other.created_by, at=MONDAY)
    assert [titles(""), titles("show=off"), titles("show=all")] == [[True, False], [False, True], [True, True]]


@pytest.mark.parametrize("role", ["client_support", "platform_finance", "auditor"])
def test_who_has_nothing_to_do_with_quotes_is_kept_out(hafen: Client, role: str) -> None:
    link = a_quote_link(hafen)
    browser = logged_in(a_user(role, hafen if role == "client_support" else None))

    for page in ("/quotes/", LINKS, f"{LINKS}new/", f"{LINKS}{link.pk}/"):
        assert browser.get(page).status_code == 403
