"""Today's figures: each is as many rows as its list has, for every role; and the lists are in the order of urgency."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import ROLES
from dunning.models import Notice, Promise, PromiseOutcome, Run, Waiting
from dunning.schedule import Step
from errorlog.services import log_error
from followups.services import open_follow_up
from mailing.models import Email
from mailing.states import Status as MailStatus
from purchases.models import BankLine, BankStatement, Product, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.place import place_order
from purchases.services.reversal import charge_back
from purchases.states import Status
from tests.dunning.test_today import live_until, today
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    a_waiting_po,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 5, 7, 12, 0, tzinfo=UTC)
MOST_QUERIES = 20
FOLLOW_UPS = {"Follow-ups overdue", "Follow-ups later today"}
SERVICE = {"E-mails in doubt or failed", "Document deadline", *FOLLOW_UPS}
HOLD = {"Broken promises", "Keep or cancel"}
MONEY = {"Charged back", "Late money", "Bank lines", "Overpaid", "Dunning runs"}
EXPECTED: dict[str, set[str]] = {
    "platform_admin": {
        *SERVICE, *HOLD, *MONEY, "Errors", "Keys run low", "Reviews", "Untaxed in review", "Open quotes"
    },
    "platform_customer_service": {*SERVICE, *HOLD, "Errors", "Open quotes"},
    "platform_finance": {"E-mails in doubt or failed", *FOLLOW_UPS, *HOLD, *MONEY},
    "platform_tax": {"Untaxed in review", *FOLLOW_UPS},
    "client_admin": {*SERVICE, *HOLD, "Keys run low", "Dunning runs", "Reviews", "Open quotes"},
    "client_support": SERVICE,
    "client_sales": {"Open quotes"},
    "auditor": set(),
}  # fmt: skip
"""What each role is asked for once there is one of everything; the client reviews its orders itself."""


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


def late_money(client: Client, boss: User, *, at: datetime = NOON) -> Purchase:
    """An order that was canceled before its money came."""
    purchase = cancel_purchase(a_released_po(client, at=at), by=boss, at=at, reason="Asked by the customer")
    return pays(purchase, "119.00", at=at)


def a_quote(client: Client) -> Purchase:
    """A quote; nobody can make one by hand yet."""
    quote = place_order(client, an_order(is_po=False, po_number=""), by=None, at=NOON)
    quote.pk, quote.reference, quote.status, quote.next_action_on = None, "000000001", Status.QUOTE, None
    quote.save(force_insert=True)
    return quote


def business(client: Client, boss: User) -> None:
    """One row of everything that Today counts."""
    told = a_released_po(client)
    Notice.objects.create(
        purchase=told, step=Step.NOTIFICATION, on=NOON.date(), decided_at=NOON, status="sent", sent_on=NOON.date(),
        open_minor=11_900,
    )  # fmt: skip
    email = Email.objects.order_by("pk").first()
    assert email is not None
    Email.objects.filter(pk=email.pk).update(status=MailStatus.FAILED, next_attempt_at=None)
    promised = a_released_po(client, at=NOON)
    Purchase.objects.filter(pk=promised.pk).update(promised_until=NOON.date() - timedelta(days=1))
    Promise.objects.create(
        purchase=promised, until=NOON.date(), by=boss, at=NOON, outcome=PromiseOutcome.BROKEN, settled_at=NOON
    )
    charge_back(pays(a_released_po(client, at=NOON), "119.00", at=NOON), by=boss, at=NOON, reason="Returned debit")
    late_money(client, boss)
    pays(a_released_po(client, at=NOON), "120.00", at=NOON)
    a_waiting_po(client, at=NOON)
    place_order(client, an_order(tax_percent=0), by=None, at=NOON - timedelta(days=25))
    quote = a_quote(client)
    log_error(client=client, type="email_delivery", note="It came back", at=NOON, dedupe_key=f"{client.slug}:one")
    for number, hours in enumerate((-1, 2)):
        open_follow_up(
            quote,
            category="review",
            reason="Other",
            subject="Look",
            due_at=NOON + timedelta(hours=hours),
            at=NOON,
            dedupe_key=f"look:{client.slug}:{number}",
        )
    statement = BankStatement.objects.create(
        client=client, format="csv", filename="a.csv", sha256="a", currency="EUR", imported_at=NOON, imported_by=boss
    )
    BankLine.objects.create(
        client=client,
        statement=statement,
        position=1,
        fingerprint="1",
        booked_on=NOON.date(),
        amount_minor=500,
        currency="EUR",
        status="unmatched",
    )
    Product.objects.filter(client=client).update(low_stock_at=50)
    Run.objects.create(client=client, on=NOON.date() + timedelta(days=1), started_at=NOON, waits_for=Waiting.APPROVAL)


def figures(page: str) -> dict[str, tuple[int, str]]:
    """What failed, is late or waits: number and link by label."""
    found = re.findall(
        r'<li><a href="([^"]+)">.*?<span>([^<]+)</span><strong>([\d,+]+)</strong></a></li>', page, re.DOTALL
    )
    return {unescape(label): (int(number), unescape(link)) for link, label, number in found}


def numbers(page: str) -> list[tuple[int, str]]:
    """Every other number of the page that leads to a list."""
    main = re.search(r"<main.*</main>", page, re.DOTALL)
    assert main is not None
    found = re.findall(r'<a (?:class="[^"]*" )?href="([^"]+)">(\d+)(?: [a-z]+)?</a>', main[0])
    return [(int(number), unescape(link)) for link, number in found if "tab=" not in link and "?" in link]


def rows_of(browser: Browser, link: str) -> int:
    """How many rows the list behind a link shows."""
    answer = browser.get(link)
    assert answer.status_code == 200, link
    return len(answer.context["rows"])


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_number_is_as_many_rows_as_its_list(hafen: Client, role: str) -> None:
    boss = a_user("platform_admin")
    business(hafen, boss)
    user = a_user(role, hafen if role.startswith("client_") else None)
    page = today(user, NOON).content.decode()
    shown = figures(page)
    assert set(shown) == EXPECTED[role]
    others = numbers(page)
    assert len(others) >= 5
    with time_machine.travel(NOON, tick=False):
        browser = Browser()
        browser.force_login(user)
        for number, link in [*shown.values(), *others]:
            assert (link, rows_of(browser, link)) == (link, number)
        lists = {link for _, link in shown.values()}
        assert {link: browser.get(link).status_code for link in lists} == dict.fromkeys(lists, 200)


def test_an_amount_is_about_as_many_purchases_as_its_list(hafen: Client) -> None:
    boss = a_user("platform_admin")
    business(hafen, boss)
    a_released_po(hafen, at=NOON, is_test=True)
    page = today(boss, NOON).content.decode()
    found = re.findall(r'href="(/balance/[^"]+show[^"]+)">[^<]+</a>\s*<div class="sub">(\d+) purchase', page)
    assert len(found) == 2
    with time_machine.travel(NOON, tick=False):
        browser = Browser()
        browser.force_login(boss)
        assert [rows_of(browser, unescape(link)) for link, _ in found] == [int(number) for _, number in found]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_has_nothing_to_do_is_told_so(hafen: Client, role: str) -> None:
    page = today(a_user(role, hafen if role.startswith("client_") else None), NOON).content.decode()
    assert ("Nothing failed, nothing is late, nothing waits for you." in page) is (role != "auditor")
    assert figures(page) == {}


def test_the_machinery_is_shown_to_those_who_keep_it(hafen: Client) -> None:
    shown = [role for role in sorted(ROLES) if "Worker and relay" in today(
        a_user(role, hafen if role.startswith("client_") else None), NOON).content.decode()]  # fmt: skip
    assert shown == ["platform_admin"]


def test_the_most_urgent_comes_first(hafen: Client) -> None:
    boss = a_user("platform_admin")
    later = place_order(hafen, an_order(), by=None, at=NOON - timedelta(days=26))
    sooner = place_order(hafen, an_order(), by=None, at=NOON - timedelta(days=28))
    place_order(hafen, an_order(), by=None, at=NOON)
    with time_machine.travel(NOON, tick=False):
        browser = Browser()
        browser.force_login(boss)
        answer = browser.get(reverse("dunning:work"), {"show": "documents"})
    assert [row.label for row in answer.context["rows"]] == [sooner.reference, later.reference]


def test_what_others_see_is_not_counted(hafen: Client) -> None:
    boss = a_user("platform_admin")
    business(hafen, boss)
    other = a_client("other")
    for role in ("client_admin", "client_support", "client_sales"):
        assert figures(today(a_user(role, other), NOON).content.decode()) == {}
    assert figures(today(boss, NOON, client=other).content.decode()) == {}


def test_a_generator_stands_in_for_an_empty_key_list_and_retired_products_need_no_keys(hafen: Client) -> None:
    admin = a_user("client_admin", hafen)
    product = Product.objects.get(client=hafen)

    def is_low() -> bool:
        return "Keys run low" in figures(today(admin, NOON).content.decode())

    assert not is_low()
    product.keys.all().delete()
    assert is_low()
    Product.objects.update(generator_url="https://keys.example/")
    assert not is_low()
    Product.objects.update(generator_url="", is_active=False)
    assert not is_low()


@pytest.mark.parametrize("name", ["work", "balance", "next", "sent"])
def test_the_lists_cost_the_same_for_one_row_and_three(hafen: Client, name: str) -> None:
    boss = a_user("platform_admin")

    def cost() -> int:
        with time_machine.travel(at, tick=False):
            browser = Browser()
            browser.force_login(boss)
            link = f"{reverse(f'dunning:{name}')}?{query}"
            browser.get(link)
            with CaptureQueriesContext(connection) as queries:
                assert len(browser.get(link).context["rows"]) == rows
        return len(queries)

    query = "show=late_money" if name == "work" else ""
    at, rows, placed_at = MONDAY.replace(month=4, day=1, hour=4), 1, MONDAY

    def one() -> None:
        purchase = a_released_po(hafen, at=placed_at)
        if name == "work":
            pays(cancel_purchase(purchase, by=boss, at=MONDAY, reason="Asked"), "119.00")

    one()
    if name == "sent":
        at = MONDAY.replace(month=4, day=1, hour=12)
        live_until(at)
    first = cost()
    if name == "sent":
        at, placed_at = days_later(1, at), days_later(1, placed_at)
    one()
    one()
    rows = 3
    if name == "sent":
        live_until(at, at)
    assert cost() == first


def test_today_costs_the_same_for_three_rows_and_many(hafen: Client) -> None:
    boss = a_user("platform_admin")

    def cost() -> int:
        with time_machine.travel(NOON, tick=False):
            browser = Browser()
            browser.force_login(boss)
            browser.get("/")
            with CaptureQueriesContext(connection) as queries:
                browser.get("/")
        return len(queries)

    business(hafen, boss)
    few = cost()
    for number in range(8):
        a_waiting_po(hafen, at=days_later(number, NOON), customer=a_customer(company=f"Werft {number}"))
        late_money(hafen, boss)
    assert cost() == few
    assert few <= MOST_QUERIES
