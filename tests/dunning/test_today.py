"""Today: the figures are right, lead to their lists, and are nobody else's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Client, User
from accounts.roles import ROLES
from dunning.models import Heartbeat
from dunning.selectors.today import Coming, clocks, coming, letters_by_day, undecided
from dunning.services.jobs import run_periodic_jobs
from dunning.services.pauses import keep_active
from mailing.models import Email
from mailing.selectors import attention
from mailing.services.capture import SinkTransport
from mailing.services.handover import hand_over_due
from mailing.states import Status
from purchases.models import HistoryEntry, Purchase
from purchases.selectors import AGES, Balance, Part, balances
from purchases.services.place import place_order
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, a_waiting_po, an_order, days_later, pays

pytestmark = pytest.mark.django_db

MOST_QUERIES = 20
DUE = date(2026, 4, 1)
NOON = datetime(2026, 4, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def boss() -> User:
    return a_user("platform_admin")


def today(user: User, at: datetime = NOON, *, client: Client | None = None, **query: str) -> Any:
    with time_machine.travel(at, tick=False):
        browser = Browser()
        browser.force_login(user)
        if client:
            browser.post(reverse("accounts:client"), {"client": client.pk})
        return browser.get(reverse("dunning:today"), query)


def text(answer: Any) -> str:
    """The words of the page's middle, tags and doubled blanks taken out."""
    main = re.search(r"<main.*</main>", answer.content.decode(), re.DOTALL)
    assert main is not None
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", main[0]).split()))


def live_until(at: datetime, start: datetime = MONDAY) -> None:
    """Let every day pass: decisions at 08:00, e-mail at once."""
    moment = start.replace(hour=8)
    while moment <= at:
        run_periodic_jobs(at=moment)
        hand_over_due(clock=lambda now=moment: now, transport=SinkTransport())  # type: ignore[misc]
        moment += timedelta(days=1)


# Figures


def test_an_empty_house_works(boss: User) -> None:
    words = text(today(boss))
    assert "Nothing failed, nothing is late, nothing waits for you." in words
    assert "No open purchase." in words
    assert "Nothing has happened yet." in words
    assert "€0.00" in words


def test_open_and_overdue_are_added_up_by_currency(hafen: Client, boss: User) -> None:
    pays(a_released_po(hafen, quantity=2), "100.00")
    a_released_po(hafen, at=days_later(40))
    yen = a_released_po(hafen)
    Purchase.objects.filter(pk=yen.pk).update(currency="JPY")
    sums = balances(boss, None, days={hafen.pk: NOON.date()})
    assert [(balance.currency, balance.open, balance.overdue) for balance in sums] == [
        ("EUR", Part(25_700, 2), Part(13_800, 1)),
        ("JPY", Part(11_900, 1), Part(11_900, 1)),
    ]
    words = text(today(boss))
    assert "Open balance €257.00 2 purchases" in words
    assert "Overdue €138.00 1 purchase, 54 %" in words
    assert "Open balance ¥11,900 1 purchase" in text(today(boss, currency="JPY"))
    assert "Open balance €257.00" in text(today(boss, currency="XXX"))


@pytest.mark.parametrize(
    ("days", "age"),
    [(-3, 0), (0, 0), (1, 1), (14, 1), (15, 2), (30, 2), (31, 3), (60, 3), (61, 4), (90, 4), (91, 5), (700, 5)],
)
def test_ages_end_where_they_say(hafen: Client, boss: User, days: int, age: int) -> None:
    a_released_po(hafen)
    (balance,) = balances(boss, None, days={hafen.pk: DUE + timedelta(days=days)})
    assert balance.parts == tuple(Part(11_900, 1) if number == age else Part() for number in range(len(AGES)))


def test_a_day_begins_where_the_client_is(hafen: Client, boss: User) -> None:
    far = a_client("far")
    Client.objects.filter(pk=far.pk).update(time_zone="America/New_York")
    a_released_po(hafen)
    a_released_po(far)
    at = datetime(2026, 4, 1, 22, 30, tzinfo=UTC)
    days = {clock.client_id: clock.today for clock in clocks(boss, None, at=at)}
    assert days == {hafen.pk: date(2026, 4, 2), far.pk: date(2026, 4, 1)}
    assert balances(boss, None, days=days)[0].overdue == Part(11_900, 1)


def test_test_orders_and_closed_ones_are_no_exposure(hafen: Client, boss: User) -> None:
    a_released_po(hafen, is_test=True)
    pays(a_released_po(hafen), "119.00")
    assert balances(boss, None, days={hafen.pk: NOON.date()}) == []


def test_a_balance_of_nothing_is_nothing() -> None:
    empty = Balance("EUR", tuple(Part() for _ in AGES))
    assert (empty.open, empty.overdue) == (Part(), Part())


def test_every_figure_leads_somewhere(hafen: Client, boss: User) -> None:
    a_released_po(hafen)
    a_waiting_po(hafen)
    with time_machine.travel(NOON, tick=False):
        browser = Browser()
        browser.force_login(boss)
        main = re.search(r"<main.*</main>", browser.get("/").content.decode(), re.DOTALL)
        assert main is not None
        links = {unescape(link) for link in re.findall(r'href="([^"#]+)"', main[0])}
        links = {link if link.startswith("/") else f"/{link}" for link in links}
        assert any("currency=EUR&age=2" in link for link in links)
        assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


# What comes, what went


def test_the_next_run_is_named_with_its_letters(hafen: Client, boss: User) -> None:
    for _ in range(2):
        a_released_po(hafen)
    eve = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
    live_until(eve)
    found = coming(boss, None, times=clocks(boss, None, at=eve))
    assert (found.next_at, found.letters, found.cancels) == (datetime(2026, 4, 1, 6, 0, tzinfo=UTC), 2, 0)
    assert "Next dunning run 2 letters Apr 1, 2026, 08:00 CEST" in text(today(boss, eve))


def test_letters_count_on_the_day_they_were_handed_over(hafen: Client, boss: User) -> None:
    a_released_po(hafen)
    live_until(NOON)
    counts = letters_by_day(boss, None, since=date(2026, 3, 31), until=date(2026, 4, 16))
    assert counts == [0, 1, *[0] * 13, 1, 0]
    assert "Letters, last 30 days 2 0 today" in text(today(boss))


def test_before_the_first_client_nothing_is_coming(boss: User) -> None:
    assert coming(boss, None, times=[]) == Coming(None)


def test_cancels_are_counted_apart(hafen: Client, boss: User) -> None:
    a_released_po(hafen)
    eve = datetime(2026, 5, 10, 12, 0, tzinfo=UTC)
    live_until(eve)
    assert (coming(boss, None, times=clocks(boss, None, at=eve)).letters) == 0
    deadline = Purchase.objects.get().next_action_on
    assert deadline is not None
    last = datetime.combine(deadline, datetime.min.time(), tzinfo=UTC) + timedelta(hours=1)
    live_until(last, eve + timedelta(days=1))
    assert coming(boss, None, times=clocks(boss, None, at=last)).cancels == 1
    assert "1 cancel , " in text(today(boss, last))


# What needs a decision


def test_an_answer_that_is_due_is_asked_for_until_it_is_given(hafen: Client, boss: User) -> None:
    purchase = a_released_po(hafen)
    told = datetime(2026, 5, 7, 12, 0, tzinfo=UTC)
    live_until(told)
    admin = a_user("client_admin", hafen)
    assert [(row.pk, row.need) for row in undecided(admin, None, limit=4)] == [(purchase.pk, "answer")]  # type: ignore[attr-defined]
    words = text(today(admin, told))
    assert f"{purchase.reference} Werft & Söhne KG Keep or cancel canceled on" in words
    with time_machine.travel(told, tick=False):
        keep_active(purchase, by=boss, at=told)
    assert undecided(admin, None, limit=4) == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_reviews_are_shown_to_those_who_may_review(hafen: Client, role: str) -> None:
    a_waiting_po(hafen)
    place_order(hafen, an_order(), by=None, at=MONDAY)
    user = a_user(role, hafen if role.startswith("client_") else None)
    is_theirs = role in {"platform_admin", "client_admin"}
    assert len(undecided(user, None, limit=4)) == is_theirs
    words = text(today(user))
    assert ("Reviews 1" in words) is is_theirs
    assert "Waiting for review 2" in words


def test_the_platform_reviews_where_the_policy_says_so() -> None:
    a_waiting_po(a_client("far", reviewer="platform"))
    assert len(undecided(a_user("platform_customer_service"), None, limit=4)) == 1
    assert undecided(a_user("platform_finance"), None, limit=4) == []


def test_long_queues_are_cut_but_counted(hafen: Client, boss: User) -> None:
    for number in range(4):
        a_waiting_po(hafen, at=days_later(number))
    rows: list[Any] = undecided(boss, None, limit=3)
    assert [(row.ordered_at.day, row.need_count) for row in rows] == [(2, 4), (3, 4), (4, 4)]


def test_emails_in_doubt_are_shown_to_those_who_decide_them(hafen: Client, boss: User) -> None:
    a_released_po(hafen)
    email = Email.objects.order_by("pk").first()
    assert email is not None
    Email.objects.exclude(pk=email.pk).delete()
    Email.objects.update(status=Status.UNCERTAIN, next_attempt_at=None)
    assert [found.pk for found in attention(boss, limit=4).undecided] == [email.pk]
    address = reverse("mailing:email", args=[email.pk])
    assert address in today(boss).content.decode()
    assert address not in today(a_user("auditor")).content.decode()


# The machinery


def test_silence_is_an_alarm(boss: User) -> None:
    assert "The worker has not started yet" in text(today(boss))
    Heartbeat.objects.create(name="worker", at=NOON)
    Heartbeat.objects.create(name="jobs", at=NOON)
    assert "Running" in text(today(boss, NOON + timedelta(seconds=30)))
    assert "The worker has been silent since" in text(today(boss, NOON + timedelta(hours=1)))


def test_the_oldest_waiting_email_is_named(hafen: Client, boss: User) -> None:
    a_released_po(hafen, at=NOON)
    found = attention(boss, limit=4)
    assert (found.oldest_at, found.waiting_count, found.undecided) == (NOON, Email.objects.count(), [])
    soon, late = (today(boss, NOON + timedelta(minutes=minutes)).content.decode() for minutes in (10, 20))
    assert '<dd class="neg">' not in soon
    assert '<dd class="neg">' in late


# Whose it is


def test_another_clients_business_is_invisible(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    waiting = a_waiting_po(hafen)
    live_until(NOON)
    other = a_client("other")
    for role in ("client_admin", "client_support", "client_sales", "auditor"):
        content = today(a_user(role, other)).content.decode()
        assert purchase.reference not in content
        assert waiting.reference not in content
        assert "119.00" not in content
        assert "Hafen" not in content


def test_the_platform_may_look_at_one_client(hafen: Client, boss: User) -> None:
    a_released_po(hafen)
    other = a_client("other")
    assert "Open balance €119.00" in text(today(boss, client=hafen))
    assert "Open balance €0.00" in text(today(boss, client=other))


def test_internal_history_stays_inside(hafen: Client, boss: User) -> None:
    purchase = a_released_po(hafen)
    HistoryEntry.objects.create(purchase=purchase, at=NOON, event="note", note="Only for us", is_internal=True)
    assert "Only for us" in text(today(boss))
    assert "Only for us" not in text(today(a_user("client_admin", hafen)))


def test_without_a_login_there_is_nothing(hafen: Client) -> None:
    assert Browser().get("/").status_code == 302


def test_hostile_names_come_out_as_names(hafen: Client, boss: User) -> None:
    a_waiting_po(hafen, customer=a_customer(company="<script>alert(1)</script>{{ x }}"))
    content = today(boss).content.decode()
    assert "<script>alert" not in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ x }}" in content


def test_one_purchase_costs_as_much_as_three(hafen: Client, boss: User) -> None:
    def cost(user: User) -> int:
        with time_machine.travel(NOON, tick=False):
            browser = Browser()
            browser.force_login(user)
            browser.get("/")
            with CaptureQueriesContext(connection) as queries:
                browser.get("/")
        return len(queries)

    def business() -> None:
        a_released_po(hafen)
        a_waiting_po(hafen)
        email = Email.objects.order_by("-pk").first()
        Email.objects.filter(pk=email.pk if email else 0).update(status=Status.FAILED, next_attempt_at=None)

    business()
    users = (boss, a_user("client_admin", hafen))
    one = [cost(user) for user in users]
    business()
    business()
    assert [cost(user) for user in users] == one
    assert max(one) <= MOST_QUERIES
