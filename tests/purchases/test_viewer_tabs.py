"""The viewer of a purchase: its parts, what it costs, the list one came from, the page for paper."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core.money import Money
from core.templatetags.kontor import country_name, is_web_link, language_name
from core.uploads import CheckedFile
from followups.models import FollowUp
from followups.services import finish_follow_up, open_follow_up
from purchases.models import HistoryEntry, Purchase
from purchases.selectors.viewer import Standing, standing_of
from purchases.services.history import Note, enter
from purchases.services.records import add_entry, attach_file
from tests.stories import (
    MONDAY,
    a_client,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
TABS = ("general", "items", "delivery", "payments", "po", "documents", "followups", "errors", "history")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    """A client whose admin reviews."""
    return a_client("hafen")


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(browser: Browser, path: str, **headers: str) -> str:
    answer = browser.get(path, headers=headers)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def queries(browser: Browser, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


# What it costs -------------------------------------------------------------------------------------------------------


def rich(hafen: Client, user: User, *, times: int) -> Purchase:
    """A purchase with some of everything, `times` as much of it."""
    lines = [*an_order().lines] * (2 * times)
    purchase = a_released_po(hafen, lines=lines, x_parameters={f"x-{number}": "1" for number in range(times)})
    for number in range(times):
        purchase = pays(purchase, "10.00")
        enter(purchase, Note("called", "Called the customer"), by=user, at=MONDAY)
        scan = CheckedFile(f"{number}.pdf", "application/pdf", f"%PDF-{number}".encode())
        attach_file(purchase, by=user, at=MONDAY, file=scan)
        open_follow_up(
            purchase,
            category="payment",
            reason="Other",
            subject="Ask again",
            due_at=MONDAY,
            at=MONDAY,
            dedupe_key=f"{purchase.reference}:{number}",
        )
    return purchase


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_takes_as_many_queries_for_much_as_for_little(hafen: Client, tab: str) -> None:
    admin = a_user("platform_admin")
    browser = logged_in(admin)
    little, much = rich(hafen, admin, times=1), rich(hafen, admin, times=3)
    first = queries(browser, f"/purchases/{little.reference}/?tab={tab}")
    assert (queries(browser, f"/purchases/{much.reference}/?tab={tab}"), first <= 20) == (first, True)


def test_the_list_one_came_from_costs_two_queries(hafen: Client) -> None:
    browser = logged_in(a_user("client_admin", hafen))
    purchase = a_waiting_po(hafen)
    a_waiting_po(hafen)
    path = f"/purchases/{purchase.reference}/"
    alone = queries(browser, path)
    assert queries(browser, f"{path}?list=show%3Dreview%26sort%3Dreference") <= alone + 2


@pytest.mark.parametrize("tab", TABS)
def test_opened_from_a_keyword_search_a_tab_stays_within_its_bound(hafen: Client, tab: str) -> None:
    admin = a_user("platform_admin")
    browser, purchase = logged_in(admin), rich(hafen, admin, times=1)
    path = f"/purchases/{purchase.reference}/?tab={tab}&list=q%3Dpetersen"
    assert queries(browser, path) <= 20, "the first look, which is noted for the others"
    assert queries(browser, path) <= 20


def test_a_tab_that_is_clicked_reads_only_what_changes(hafen: Client) -> None:
    browser = logged_in(a_user("platform_admin"))
    purchase = a_released_po(hafen)
    path = f"/purchases/{purchase.reference}/?tab=items"
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(path, headers={"hx-request": "true", "hx-target": "parts"})
    text = answer.content.decode()
    assert (len(captured) <= 8, "HX-Request" in answer["Vary"]) == (True, True)
    assert f"<title>{purchase.reference} Items · Kontor</title>" in text
    assert ("Hafen Pro" in text, "<html" in text, "Activity" in text) == (True, False, False)


# What it shows -------------------------------------------------------------------------------------------------------


def test_the_tabs_stand_in_their_order_and_say_how_much_they_hold(hafen: Client) -> None:
    rep = a_user("platform_customer_service")
    purchase = rich(hafen, rep, times=2)
    text = page(logged_in(rep), f"/purchases/{purchase.reference}/?tab=nonsense")
    tabs = re.findall(r'id="tab-(\w+)" .*?>([\w -]+?)(?:<span class="cnt">(\d+)</span>)?</a>', text)
    assert tabs == [
        ("general", "General Info", ""),
        ("items", "Items", "4"),
        ("delivery", "Delivery Info", ""),
        ("payments", "Payment Log", ""),
        ("po", "Purchase Order", ""),
        ("documents", "Documents", "4"),
        ("followups", "Follow-ups", "2"),
        ("errors", "Errors", ""),
        ("history", "History", ""),
    ]
    assert 'aria-current="page" data-key="1"' in text


def test_what_a_role_may_not_see_has_no_tab(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    text = page(logged_in(a_user("auditor")), f"/purchases/{purchase.reference}/?tab=followups")
    assert ('id="tab-followups"' in text, 'id="tab-errors"' in text) == (False, False)
    assert 'id="tab-history"' in text
    assert "Your role (Auditor) does not include this." in text


def test_follow_ups_stand_in_their_tab_open_ones_first(hafen: Client) -> None:
    rep = a_user("platform_customer_service", name="Rita Rep")
    purchase = rich(hafen, rep, times=2)
    done = FollowUp.objects.filter(subject="Ask again").order_by("pk")[0]
    done.subject = "Was asked"
    done.save()
    finish_follow_up(done, by=rep, at=MONDAY)
    browser = logged_in(rep)
    text = page(browser, f"/purchases/{purchase.reference}/?tab=followups")
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    assert table.index("Ask again") < table.index("Was asked")
    assert "by Rita Rep" in table
    assert 'aria-checked="true"' in table
    empty = page(browser, f"/purchases/{a_waiting_po(a_client('elbe', reviewer='platform')).reference}/?tab=followups")
    assert "Add a follow-up" in empty


def test_words_instead_of_codes(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    Purchase.objects.filter(pk=purchase.pk).update(
        language="ja", card_last4="4242", payment_type="card", remote_address="192.0.2.x"
    )
    text = page(logged_in(a_user("platform_admin")), f"/purchases/{purchase.reference}/")
    for words in ("Japanese", "Germany", "···· 4242", "192.0.2.x", "Checkout", "/purchases/policy/hafen/?version=1"):
        assert words in text, words


def test_names_are_written_as_in_their_country(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    page = f"/purchases/{purchase.reference}/"
    rep = logged_in(a_user("platform_customer_service"))
    assert "<dd>Jana Petersen</dd>" in rep.get(page).content.decode()
    purchase.contacts.update(first_name="舞", last_name="中島", country="JP")
    Purchase.objects.update(billing_last_name="中島")
    assert "<dd>中島 舞</dd>" in rep.get(page).content.decode()


def test_unknown_codes_stay_as_they_are() -> None:
    assert [language_name(code) for code in ("de", "pt-br", "xx", "", "!")] == [
        "German",
        "Portuguese (Brazil)",
        "xx",
        "",
        "!",
    ]
    assert [country_name(code) for code in ("JP", "XQ", "")] == ["Japan", "XQ", ""]
    assert [is_web_link(link) for link in ("https://a.example", "javascript:x", "/a")] == [True, False, False]


@pytest.mark.parametrize(("status", "words"), [("QUO", "Nothing is owed until it is accepted"), ("QEX", "has expired")])
def test_a_quote_is_a_purchase_that_owes_nothing(hafen: Client, status: str, words: str) -> None:
    quote = an_offline_order(hafen)
    quote.pk, quote.reference, quote.status = None, "123456789", status
    Purchase.objects.bulk_create([quote])
    text = page(logged_in(a_user("platform_admin")), "/purchases/123456789/?tab=po")
    assert (words in text, '<p class="lab">Quoted</p>' in text, '<p class="lab">Due</p>' in text) == (True, True, False)


def test_the_customer_stands_beside_with_what_is_owed(hafen: Client) -> None:
    first = a_released_po(hafen)
    browser = logged_in(a_user("platform_admin"))
    assert "This is the only one" in page(browser, f"/purchases/{first.reference}/")
    Purchase.objects.filter(pk=a_released_po(hafen).pk).update(customer=first.customer)
    Purchase.objects.filter(pk=a_released_po(hafen).pk).update(customer=first.customer, is_test=True)
    assert standing_of(first.customer) == Standing(count=3, open_count=2, open=(Money(23_800, "EUR"),))
    text = page(browser, f"/purchases/{first.reference}/")
    assert ("€238.00" in text, "3 in all" in text) == (True, True)
    found = page(browser, f"/purchases/?customer={first.customer_id}")
    assert found.count('data-link="') == 3
    assert page(browser, "/purchases/?customer=0").count('data-link="') == 0
    assert "The number in the address" in page(browser, "/purchases/?customer=x")


# The history ---------------------------------------------------------------------------------------------------------


def test_the_history_is_filtered_by_nature_and_words(hafen: Client) -> None:
    rep = a_user("platform_customer_service")
    purchase = a_waiting_po(hafen)
    add_entry(purchase, by=rep, at=MONDAY, nature="inbound", method="phone", note="Called about the key")
    add_entry(purchase, by=rep, at=MONDAY, nature="outbound", method="letter", note="Wrote", detail="about the KEY")
    browser = logged_in(rep)

    def notes(query: str) -> list[str]:
        text = page(browser, f"/purchases/{purchase.reference}/?tab=history&{query}")
        return re.findall(r"<p><strong>(.*?)</strong>", text[: text.index("</section>", text.index('id="parts"'))])

    assert notes("nature=inbound&q=key") == ["Called about the key"]
    assert notes("q=about+key") == ["Wrote", "Called about the key"]
    assert len(notes("nature=nonsense")) == HistoryEntry.objects.count()
    text = page(browser, f"/purchases/{purchase.reference}/?tab=history&q=%00nothing&list=")
    assert "Nothing in the history matches." in text
    assert '<input type="hidden" name="list" value="">' in text


def test_a_long_history_is_read_page_by_page(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    HistoryEntry.objects.bulk_create(
        HistoryEntry(purchase=purchase, at=days_later(1), event="note", note=f"Number {number:03}")
        for number in range(230)
    )
    browser = logged_in(a_user("platform_admin"))
    link, seen = f"/purchases/{purchase.reference}/?tab=history", []
    for _ in range(3):
        text = page(browser, link)
        seen += re.findall(r"<p><strong>Number (\d+)</strong>", text)
        older = re.search(r'href="(\?tab=history[^"]*)" rel="next"', text)
        link = f"/purchases/{purchase.reference}/{unescape(older[1])}" if older else ""
    assert (seen, link) == ([f"{number:03}" for number in range(229, -1, -1)], "")


# The list one came from ----------------------------------------------------------------------------------------------


def test_previous_and_next_follow_the_list_over_its_pages(hafen: Client) -> None:
    found = [a_waiting_po(hafen, at=days_later(day)) for day in range(4)]
    outside = an_offline_order(hafen, at=days_later(1))
    browser = logged_in(a_user("client_admin", hafen))
    listed = page(browser, "/purchases/?show=review&sort=ordered_at")
    link = re.findall(r'data-link="([^"]*)"', listed)[0]
    assert link == f"/purchases/{found[0].reference}/?list=show%3Dreview%26sort%3Dordered_at"

    def around(link: str) -> tuple[str, str, str]:
        text = page(browser, link)
        box = text[text.index('id="neighbors"') : text.index("</nav>", text.index('id="neighbors"'))]
        ends = [re.search(rf'href="([^"]*)" rel="{way}"', box) for way in ("prev", "next")]
        place = re.search(r'tnum">([^<]*)<', box)
        return (*(unescape(end[1]) if end else "" for end in ends), place[1] if place else "")  # type: ignore[return-value]

    seen = []
    while link:
        _, following, place = around(f"{link}&tab=items" if "tab=" not in link else link)
        seen.append((link[11:20], place))
        link = following
    assert seen == [(purchase.reference, f"{number} of 4") for number, purchase in enumerate(found, start=1)]
    back, _, place = around(f"/purchases/{outside.reference}/?list=show%3Dreview%26sort%3Dordered_at")
    assert (back[11:20] in {p.reference for p in found}, place) == (True, "4 in the list")
    assert page(browser, f"/purchases/{outside.reference}/").count('id="neighbors"') == 0


def test_neighbors_of_a_list_that_makes_no_sense_or_is_another_clients(hafen: Client) -> None:
    elsewhere = a_waiting_po(a_client("elbe"))
    purchase = a_waiting_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    for query in ("show%3Dnonsense%26sort%3Dpassword", "customer%3Dx", "q%3D%2500", f"client%3D{elsewhere.client_id}"):
        text = page(browser, f"/purchases/{purchase.reference}/?list={query}")
        assert elsewhere.reference not in text


def test_a_list_whose_address_is_too_long_is_not_carried_along(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    text = page(logged_in(a_user("client_admin", hafen)), f"/purchases/?sort=reference&x={'y' * 500}")
    assert f'data-link="/purchases/{purchase.reference}/"' in text


# On paper ------------------------------------------------------------------------------------------------------------


def test_all_of_it_on_paper(hafen: Client) -> None:
    admin = a_user("platform_admin")
    purchase = rich(hafen, admin, times=1)
    add_entry(purchase, by=admin, at=MONDAY, nature="internal", note="Between us", is_internal=True)
    text = page(logged_in(admin), f"/purchases/{purchase.reference}/print/")
    for words in (
        "Hafen Pro",
        "INV-",
        "0.pdf",
        "x-0",
        "Called the customer",
        "Between us",
        "Werft",
        "€10.00",
        "Active",
    ):
        assert words in text, words
    assert "Between us" not in page(logged_in(a_user("client_admin", hafen)), f"/purchases/{purchase.reference}/print/")


# Refund options ------------------------------------------------------------------------------------------------------


def test_refund_options_stand_on_the_customers_page(hafen: Client) -> None:
    paid = pays(a_released_po(hafen), "119.00")
    link = f"/purchases/{paid.reference}/refund/?kind="
    finance = logged_in(a_user("platform_finance"))
    text = page(finance, f"/customers/{paid.customer_id}/")
    assert [kind for kind in ("total", "items", "amount", "tax") if f'href="{link}{kind}"' in text] == [
        "total",
        "items",
        "amount",
        "tax",
    ]
    taxwoman = page(logged_in(a_user("platform_tax")), f"/customers/{paid.customer_id}/")
    assert (f"{link}tax" in taxwoman, f"{link}total" in taxwoman) == (True, False)
    assert link not in page(logged_in(a_user("auditor")), f"/customers/{paid.customer_id}/")
    form = page(finance, f"{link}items")
    assert re.search(r'value="items"[^>]*checked', form)
    assert re.search(r'value="total"[^>]*checked', page(finance, f"{link}nonsense"))
    waiting = a_waiting_po(hafen)
    assert f"Refund options of {waiting.reference}" not in page(finance, f"/customers/{waiting.customer_id}/")
