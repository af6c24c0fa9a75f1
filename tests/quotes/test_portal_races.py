"""Two hundred orders of one partner at once: the limit holds, and without its lock it would not."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, connections

from accounts.querysets import TenantQuerySet
from core.money import Money
from core.refused import Refused
from partners.models import Allowance, LimitEntry, Partner, PortalLink
from partners.selectors import outstanding
from partners.services import limit
from partners.services.limit import allow_over_limit
from partners.services.portal import open_link, use_link
from purchases.models import Document, Purchase
from quotes.services.portal import Wish, place_portal_order
from tests.stories import MONDAY, a_client, a_customer, a_partner, a_user, the_product

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from accounts.models import Client

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS, FIT = 200, 60
HANDS = 150 if connection.vendor == "postgresql" else 20
"""Who order at the same time: SQLite lets one write at a time, and more would only queue for it."""
PRICE = 11_900


def at_once(acts: list[Callable[[], Any]], *, hands: int = HANDS) -> list[Any]:
    """Do all of it with `hands` threads that start together; an exception is an outcome."""
    gate = threading.Barrier(hands)
    waiting = iter(enumerate(acts))
    mine = threading.Lock()
    outcomes: list[Any] = [None] * len(acts)

    def work() -> None:
        gate.wait()
        try:
            while True:
                with mine:
                    number, act = next(waiting, (-1, None))
                if act is None:
                    return
                try:
                    outcomes[number] = act()
                except Exception as error:  # noqa: BLE001 -- the outcome
                    outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def a_wish(client: Client) -> Wish:
    return Wish(lines=[(the_product(client), 1)], currency="EUR", customer=a_customer(), po_number="1")


def orders_of(partner: Partner, count: int) -> list[Callable[[], Any]]:
    wish = a_wish(partner.client)

    def order(number: int) -> Callable[[], Any]:
        return lambda: place_portal_order(partner, wish, is_po=True, form_key=f"form {number}", at=MONDAY)

    return [order(number) for number in range(count)]


def test_two_hundred_orders_at_once_never_overshoot_the_limit() -> None:
    client = a_client(keys=FIT)
    partner = a_partner(client, limit=str(Money(FIT * PRICE + PRICE - 1, "EUR").amount))
    outcomes = at_once(orders_of(partner, ORDERS))
    placed = [outcome for outcome in outcomes if isinstance(outcome, Purchase)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert (len(placed), len(refused)) == (FIT, ORDERS - FIT), [o for o in outcomes if o not in placed + refused][:3]
    assert {refusal.code for refusal in refused} == {"limit"}
    assert outstanding(partner) == Money(FIT * PRICE, "EUR")
    assert Purchase.objects.filter(partner=partner, status="WPO").count() == FIT
    steps = list(LimitEntry.objects.filter(partner=partner).order_by("pk").values_list("outstanding_minor", flat=True))
    assert steps == [0, *[PRICE * number for number in range(1, FIT + 1)]], "the ledger grew order by order"
    numbers = sorted(Document.objects.filter(kind="INV").values_list("number", flat=True))
    assert numbers == [f"INV-2026-{number:06d}" for number in range(1, FIT + 1)]


@contextmanager
def no_lock(hands: int) -> Iterator[None]:
    """Switch the lock off, as the positive control: all measure by the limit before anybody takes of it.

    The transaction goes with it: on SQLite it is the lock.
    """
    lock, excess_of, reserve = TenantQuerySet.lock, limit.excess_of, limit.reserve_checked
    all_have_looked = threading.Barrier(hands)

    def look_together(*args: Any, **options: Any) -> str:
        found = excess_of(*args, **options)
        all_have_looked.wait(timeout=30)
        return found

    TenantQuerySet.lock = lambda _, row: copy.copy(row)  # type: ignore[method-assign, assignment, return-value]
    limit.excess_of = look_together
    limit.reserve_checked = reserve.__wrapped__  # type: ignore[attr-defined]
    try:
        yield
    finally:
        TenantQuerySet.lock = lock  # type: ignore[method-assign]
        limit.excess_of, limit.reserve_checked = excess_of, reserve


def reservations(partner: Partner, count: int) -> list[Callable[[], Any]]:
    def reserve(number: int) -> Callable[[], Any]:
        reference = f"10000000{number}"
        return lambda: limit.reserve_checked(partner, reference, Money(PRICE, "EUR"), at=MONDAY, is_test=False)

    return [reserve(number) for number in range(count)]


def test_control_without_the_lock_the_limit_is_overshot() -> None:
    partner = a_partner(a_client(), limit="119.00")
    with no_lock(2):
        at_once(reservations(partner, 2), hands=2)
    assert outstanding(partner) == Money(2 * PRICE, "EUR"), "twice the limit"


def test_with_the_lock_the_same_two_do_not() -> None:
    partner = a_partner(a_client(), limit="119.00")
    outcomes = at_once(reservations(partner, 2), hands=2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Partner", "Refused"]
    assert outstanding(partner) == Money(PRICE, "EUR")


def test_one_form_sent_many_times_at_once_is_one_order() -> None:
    client = a_client()
    partner = a_partner(client, limit="119.00")
    wish = a_wish(client)
    outcomes = at_once([lambda: place_portal_order(partner, wish, is_po=True, form_key="one", at=MONDAY)] * 8, hands=8)
    assert {getattr(outcome, "reference", outcome) for outcome in outcomes} == {Purchase.objects.get().reference}


def test_one_allowed_order_over_the_limit_is_one_however_many_ask() -> None:
    partner = a_partner(a_client(), limit="100.00")
    agent = a_user("platform_customer_service")
    amount = Money(PRICE, "EUR")
    allow_over_limit(partner, amount=amount, valid_until=MONDAY.date(), note="deal", by=agent, at=MONDAY)
    outcomes = at_once(orders_of(partner, 8), hands=8)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Purchase", *["Refused"] * 7]
    assert Allowance.objects.get().reference == Purchase.objects.get().reference


def test_one_link_clicked_many_times_at_once_lets_in_once() -> None:
    token = open_link(a_partner(a_client()), at=MONDAY)
    outcomes = at_once([lambda: use_link(token, at=MONDAY)] * 8, hands=8)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Partner", *["Refused"] * 7]
    assert PortalLink.objects.get().used_at == MONDAY
