"""Revenue: what was paid on which days, and a file with one column for each x-parameter."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.roles import ROLES, Right
from accounts.services.exports import ask_export, write_due
from core.money import Money
from purchases.models import Purchase, XParameter
from purchases.services.refund import refund_purchase
from purchases.tables import revenue
from tests.stories import MONDAY, a_client, a_user, an_offline_order, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

PAGE = "/purchases/revenue/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(days_later(30), tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance")


def a_sale(client: Client, *, ordered: datetime = MONDAY, paid: datetime = MONDAY, **order: Any) -> Purchase:
    """An order, paid in full."""
    return pays(an_offline_order(client, at=ordered, **order), "119.00", at=paid)


def file_of(user: User, query: str = "") -> list[dict[str, str]]:
    """The lines of the file that somebody takes away."""
    at = days_later(30)
    export = ask_export(kind="purchases:revenue", query=query, format="csv", client=None, by=user, at=at)
    write_due(clock=lambda: at)
    export.refresh_from_db()
    assert export.problem == ""
    return list(csv.DictReader(io.StringIO(bytes(export.content or b"").decode("utf-8-sig"), newline="")))


def references(rows: list[dict[str, str]]) -> list[str]:
    return [row["Reference"] for row in rows]


def test_only_what_was_paid_counts_and_no_test_order(hafen: Client, finance: User) -> None:
    sale = a_sale(hafen)
    an_offline_order(hafen)
    a_sale(hafen, is_test=True)
    (row,) = file_of(finance)
    assert row["Reference"] == sale.reference
    told = [row[name] for name in ("Net", "Tax", "Gross", "Refunded", "Currency", "Paid", "Ordered", "Items", "Status")]
    assert told == ["100.00", "19.00", "119.00", "0.00", "EUR", "2026-03-02", "2026-03-02", "1 × Hafen Pro", "Paid"]


def test_money_given_back_stands_beside_what_came(hafen: Client, finance: User) -> None:
    sale = a_sale(hafen)
    half = Money(5_950, "EUR")
    refund_purchase(sale, amount=half, reason="as agreed", customer_reason="goodwill", by=finance, at=days_later(1))
    (row,) = file_of(finance)
    assert (row["Gross"], row["Refunded"], row["Status"]) == ("119.00", "59.50", "Partially Refunded")


def test_days_are_those_of_the_payment_or_of_the_order_in_the_clients_zone(hafen: Client, finance: User) -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    sale = a_sale(hafen, paid=late)
    assert references(file_of(finance, "day_from=2026-03-11&day_to=2026-03-11")) == [sale.reference]
    assert references(file_of(finance, "day_to=2026-03-10")) == []
    assert references(file_of(finance, "by=ordered&day_to=2026-03-10")) == [sale.reference]
    assert references(file_of(finance, "by=ordered&day_from=2026-03-03")) == []
    assert references(file_of(finance, "currency=usd")) == []


def test_each_x_parameter_has_a_column(hafen: Client, finance: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = a_sale(hafen, x_parameters={"x-campaign": "spring", "x-Campaign": "=1+1"})
    second = a_sale(hafen, x_parameters={"x-campaign": "fall"})
    other = a_sale(a_client("other"), x_parameters={"x-secret": "1"})
    rows = {row["Reference"]: row for row in file_of(finance)}
    assert [rows[sale.reference]["x-campaign"] for sale in (first, second, other)] == ["spring", "fall", ""]
    assert [rows[sale.reference]["x-Campaign"] for sale in (first, second, other)] == ["'=1+1", "", ""]
    admin = a_user("client_admin", hafen)
    assert "x-secret" not in file_of(admin)[0]
    XParameter.objects.create(purchase=second, key="x-a", value="1")
    XParameter.objects.create(purchase=second, key="x-b", value="2")
    monkeypatch.setattr(revenue, "MOST_KEYS", 1)
    rows = {row["Reference"]: row for row in file_of(admin)}
    assert rows[second.reference]["x-campaign"] == "fall"
    assert rows[second.reference]["Other x-parameters"] == "x-a=1; x-b=2"
    assert "x-Campaign" not in rows[first.reference]


def test_the_page_says_the_same_and_asks_as_often_for_one_as_for_three(hafen: Client, finance: User) -> None:
    browser = Browser()
    browser.force_login(finance)
    assert "No revenue yet" in browser.get(PAGE).content.decode()
    sale = a_sale(hafen)
    browser.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        shown = browser.get(PAGE).content.decode()
    assert sale.reference in shown
    assert "€119.00" in shown
    a_sale(hafen)
    a_sale(hafen)
    with CaptureQueriesContext(connection) as three:
        browser.get(PAGE)
    assert len(one) == len(three)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_revenue_is_for_who_accounts_for_it(role: str, hafen: Client) -> None:
    browser = Browser()
    browser.force_login(a_user(role, hafen if role.startswith("client_") else None))
    may = role in {"platform_admin", "platform_finance", "client_admin", "auditor"}
    assert (Right.REVENUE in ROLES[role].rights, browser.get(PAGE).status_code) == (may, 200 if may else 403)
