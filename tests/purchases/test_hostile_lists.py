"""Lists whose addresses somebody bent, and rows as like as two moments can be."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.http import QueryDict
from django.test import Client as Browser

from accounts.models import ColumnChoice, User
from accounts.services import exports
from purchases.models import Purchase
from purchases.services.presence import look_at
from purchases.views.lists import PurchaseList
from tests.stories import MONDAY, a_client, a_user, an_offline_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance", username="fina")


@pytest.fixture
def browser(finance: User) -> Browser:
    browser = Browser()
    browser.force_login(finance)
    return browser


@pytest.mark.parametrize("sort", ["ordered_at", "-ordered_at"])
def test_orders_of_the_same_millisecond_are_all_on_some_page_once(
    hafen: Client, browser: Browser, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(PurchaseList, "page_size", 1)
    orders = [an_offline_order(hafen) for _ in range(3)]
    for number, order in enumerate(orders):
        Purchase.objects.filter(pk=order.pk).update(ordered_at=MONDAY + timedelta(microseconds=123 + 100 * number))
    query, seen = QueryDict(f"sort={sort}"), []
    for _ in orders:
        answer = browser.get("/purchases/", query)
        seen += [row.key for row in answer.context["rows"]]
        query = QueryDict(answer.context["page"].older[1:])
    expected = [order.reference for order in orders]
    assert seen == (expected if sort == "ordered_at" else expected[::-1])
    assert not query


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("ordered_at", "0001-01-01T00:00:00+23:59"),
        ("ordered_at", "9999-12-31T23:59:59-23:59"),
        ("ordered_at", 10**30),
        ("gross_minor", 10**30),
        ("billing_company", "\x00"),
        ("billing_company", "\ud800"),
        ("billing_company", []),
        ("due_on", "9999-12-31"),
    ],
)
def test_a_bent_page_address_leads_to_some_page(hafen: Client, browser: Browser, sort: str, value: Any) -> None:
    an_offline_order(hafen)
    token = urlsafe_b64encode(json.dumps([value, 1]).encode()).decode()
    for way in ("after", "before"):
        assert browser.get("/purchases/", {"sort": sort, way: token}).status_code == 200


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"ordered_from": "0001-01-01", "ordered_to": "9999-12-31"}, 1),
        ({"ordered_to": "0001-01-01"}, 0),
        ({"ordered_from": "9999-12-31"}, 0),
        ({"p0": "ordered", "o0": "between", "t0": ["0001-01-01", "9999-12-31"]}, 1),
        ({"p0": "ordered", "o0": "is", "t0": "9999-12-31"}, 0),
        ({"p0": "due", "o0": "between", "t0": ["", "9999-12-31"]}, 0),
        ({"preview": "\x00" * 9}, 1),
        ({"batch": "\x00"}, 1),
    ],
)
def test_days_beyond_all_calendars_and_other_nonsense(
    hafen: Client, browser: Browser, query: dict[str, Any], count: int
) -> None:
    order = an_offline_order(hafen)
    answer = browser.get("/purchases/", query)
    assert [row.key for row in answer.context["rows"]] == [order.reference] * count
    listed = browser.get(f"/purchases/{order.reference}/", {"list": "ordered_from=0001-01-01&ordered_to=9999-12-31"})
    assert listed.context["neighbors"].place == "1"
    revenue = browser.get("/purchases/revenue/", {"day_from": "0001-01-01", "day_to": "9999-12-31"})
    assert revenue.status_code == 200


def test_a_thousand_words_in_the_history(hafen: Client, browser: Browser) -> None:
    order = an_offline_order(hafen)
    answer = browser.get(f"/purchases/{order.reference}/", {"tab": "history", "q": "a " * 1900})
    assert answer.status_code == 200
    assert len(answer.context["words"]) <= 100


def test_a_file_holds_the_number_alone_whoever_has_the_purchase_open(hafen: Client, finance: User) -> None:
    order = an_offline_order(hafen)
    Purchase.objects.update(language="xx")
    look_at(order, by=a_user("platform_customer_service"), at=MONDAY)
    ColumnChoice.objects.create(user=finance, page="purchases:list", columns=["language"])
    export = exports.ask_export(kind="purchases:list", query="", format="csv", client=None, by=finance, at=MONDAY)
    exports.write_due(clock=lambda: MONDAY)
    export.refresh_from_db()
    assert export.problem == ""
    assert bytes(export.content or b"").decode("utf-8-sig").splitlines()[1] == f"{order.reference},xx,EUR"


def test_a_file_stays_with_the_right_to_its_list(hafen: Client, finance: User, browser: Browser) -> None:
    an_offline_order(hafen)
    export = exports.ask_export(kind="purchases:revenue", query="", format="xlsx", client=None, by=finance, at=MONDAY)
    exports.write_due(clock=lambda: MONDAY)
    link = f"/accounts/exports/{export.pk}/file/"
    assert browser.get(link).status_code == 200
    User.objects.filter(pk=finance.pk).update(role="platform_tax")
    assert browser.get(link).status_code == 403
