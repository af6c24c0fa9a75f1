"""Customers that are likely the same: proposed side by side, merged, or told apart for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.refused import Refused
from customers.models import Customer, NotTheSame
from customers.selectors import duplicates
from customers.selectors.duplicates import likely_pairs, likely_same
from customers.services import change_customer
from customers.services.duplicates import mark_not_the_same
from customers.services.merging import merge_customers
from tests.customers.conftest import in_the_browser_of
from tests.stories import MONDAY, a_client, a_customer, an_offline_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


def buys(client: Client, company: str, **address: str) -> Customer:
    return an_offline_order(client, customer=a_customer(company=company, **address)).customer


def proposed() -> list[tuple[str, str, tuple[str, ...]]]:
    pairs = likely_pairs(Customer.objects.all()).pairs
    return [(str(pair.first), str(pair.second), pair.reasons) for pair in pairs]


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        (
            {"company": "Müller GmbH", "email": "a@one.example", "city": "Kiel"},
            {"company": "MUELLER AG", "email": "b@two.example", "city": "KIEL"},
            ("Same company",),
        ),
        (
            {"company": "Müller GmbH", "email": "a@same.example", "city": "Kiel"},
            {"company": "Müller", "email": "b@same.example", "city": "Bonn"},
            ("Same company",),
        ),
        (
            {"company": "Müller GmbH", "email": "a@one.example", "city": "Kiel"},
            {"company": "Müller GmbH", "email": "b@two.example", "city": "Bonn"},
            None,
        ),
        (
            {"company": "Alpha", "email": "a@one.example"},
            {"company": "Beta", "email": "a@one.example"},
            ("Same e-mail",),
        ),
        (
            {"company": "Alpha", "email": "a@one.example", "phone": "+49 431 1"},
            {"company": "Beta", "email": "b@two.example", "phone": "+49 431 1"},
            ("Same phone",),
        ),
        ({"company": "Alpha", "email": "a@one.example"}, {"company": "Beta", "email": "b@two.example"}, None),
    ],
)
def test_what_speaks_for_a_pair(
    hafen: Client, first: dict[str, str], second: dict[str, str], reasons: tuple[str, ...] | None
) -> None:
    one, other = buys(hafen, **first), buys(hafen, **second)
    assert proposed() == ([(one.company, other.company, reasons)] if reasons else [])


def test_the_same_vat_id_speaks_for_it(hafen: Client, rep: User) -> None:
    for name in ("Alpha", "Beta"):
        customer = buys(hafen, name, email=f"{name}@{name}.example")
        change_customer(customer, company=name, type="COM", vat_id="DE129273398", language="de", by=rep, at=MONDAY)
    assert proposed() == [("Alpha", "Beta", ("Same VAT ID",))]


def test_two_clients_customers_are_two(hafen: Client) -> None:
    buys(hafen, "Alpha")
    buys(a_client("other"), "Alpha")
    assert proposed() == []


def test_what_many_have_in_common_says_nothing(hafen: Client) -> None:
    for number in range(duplicates.MOST_ALIKE + 1):
        buys(hafen, f"Firm{number}", email=f"{number}@f{number}.example", phone="+49 0")
    assert proposed() == []


def test_merged_ones_and_those_told_apart_are_not_proposed(hafen: Client, rep: User) -> None:
    first, second, third = (buys(hafen, "Alpha", email=f"{name}@alpha.example") for name in "abc")
    assert len(proposed()) == 3
    merge_customers(first, second, by=rep, at=MONDAY)
    assert len(proposed()) == 1
    for _ in range(2):
        mark_not_the_same(third, first, by=rep, at=MONDAY)
    assert proposed() == []
    assert likely_same(first) == []
    told = NotTheSame.objects.get()
    assert (told.first, told.second, told.by) == (first, third, rep)
    with pytest.raises(Refused, match="two customers of one client"):
        mark_not_the_same(first, first, by=rep, at=MONDAY)


def test_further_back_are_older_ones(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "AT_ONCE", 1)
    older, newer = (buys(hafen, "Alpha", email=f"{name}@alpha.example") for name in "ab")
    looked = likely_pairs(Customer.objects.all())
    assert (looked.count, looked.further, len(looked.pairs)) == (1, newer.pk, 1)
    looked = likely_pairs(Customer.objects.all(), before=looked.further)
    assert (looked.count, looked.further, looked.pairs[0].first) == (1, None, older)


def test_the_page_costs_the_same_with_one_pair_and_with_three(hafen: Client, rep: User) -> None:
    browser = in_the_browser_of(rep)
    path = reverse("customers:duplicates")
    assert "No duplicates among these" in browser.get(path).content.decode()
    buys(hafen, "Alpha", email="a@alpha.example")
    buys(hafen, "Alpha", email="b@alpha.example")
    browser.get(path)
    with CaptureQueriesContext(connection) as one:
        browser.get(path)
    for name in ("Beta", "Gamma"):
        for first in "ab":
            buys(hafen, name, email=f"{first}@{name}.example")
    with CaptureQueriesContext(connection) as three:
        page = browser.get(path, {"before": "x"}).content.decode()
    assert page.count("Not the same</a>") == 3
    assert len(three) == len(one)


def test_a_rep_says_that_two_are_two(hafen: Client, rep: User) -> None:
    one, other = (buys(hafen, "Alpha", email=f"{name}@alpha.example") for name in "ab")
    browser = in_the_browser_of(rep)
    assert "Likely the same as" in browser.get(reverse("customers:detail", args=[one.pk])).content.decode()
    path = reverse("customers:not_the_same", args=[one.pk, other.pk])
    assert "not the same" in browser.get(path).content.decode()
    browser.post(path)
    assert NotTheSame.objects.count() == 1
    assert "Likely the same as" not in browser.get(reverse("customers:detail", args=[one.pk])).content.decode()
