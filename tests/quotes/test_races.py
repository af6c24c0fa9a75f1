"""The same form sent by two at the very same moment: an order, a quote, a quote link, a revision."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pytest
from django.db import IntegrityError, connections

from core.refused import Refused
from customers.models import Customer
from mailing.models import Email
from purchases.models import Document, Purchase, StatusLink
from purchases.services.place import OrderLine
from quotes.models import Quote, QuoteLink
from quotes.services.checkout import check_out, new_form_key
from quotes.services.quote import QuoteRequest, request_quote
from quotes.services.quote_link import LinkValues, Offered, save_link
from quotes.services.revision import revise_quote
from tests.quotes.quoting import a_quote, a_quote_link
from tests.stories import MONDAY, a_client, a_customer, a_user, an_order, the_product

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")


def at_once(act: Callable[[], T], times: int) -> list[T]:
    """Run an act in several threads, all starting together."""
    start = threading.Barrier(times)
    done: list[T] = []

    def run() -> None:
        start.wait()
        try:
            done.append(act())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return done


def test_two_clicks_at_once_are_one_order_and_lead_to_the_same_page() -> None:
    client = a_client(review=False)
    for round_ in range(1, 6):
        key = new_form_key(client)
        placed = at_once(partial(check_out, client, an_order(), form_key=key, by=None, at=MONDAY), 3)
        assert len(placed) == 3
        assert {p.purchase.pk for p in placed} == {placed[0].purchase.pk}
        assert len({p.token for p in placed}) == 1
        assert sorted(p.is_new for p in placed) == [False, False, True]
        assert Purchase.objects.count() == StatusLink.objects.count() == round_
        invoices = Document.objects.filter(kind="INV").order_by("number").values_list("number", flat=True)
        assert [number[-2:] for number in invoices] == [f"{number:02d}" for number in range(1, round_ + 1)]
        assert Customer.objects.count() == 1
        assert Email.objects.filter(kind="po_released").count() == round_


def test_another_constraint_is_not_taken_for_a_double_click() -> None:
    client = a_client()
    order = an_order(external_id="E-1")
    check_out(client, order, form_key=new_form_key(client), by=None, at=MONDAY)
    with pytest.raises(IntegrityError):
        check_out(client, order, form_key=new_form_key(client), by=None, at=MONDAY)
    assert Purchase.objects.count() == 1


def test_a_quote_asked_for_at_once_is_one_quote() -> None:
    hafen = a_client()
    link, key, wanted = a_quote_link(hafen), new_form_key(hafen), QuoteRequest(a_customer())

    asked = at_once(partial(request_quote, link, wanted, form_key=key, at=MONDAY), 4)

    quote = Quote.objects.get()
    assert [each.quote for each in asked] == [quote] * 4
    assert sorted(each.is_new for each in asked) == [False, False, False, True]
    assert (Purchase.objects.count(), Email.objects.count(), Document.objects.count()) == (1, 1, 1)


def test_a_key_that_ordered_already_asks_for_no_quote() -> None:
    hafen = a_client()
    link, key = a_quote_link(hafen), new_form_key(hafen)
    check_out(hafen, an_order(), form_key=key, by=None, at=MONDAY)

    with pytest.raises(Refused, match="no quote was made"):
        request_quote(link, QuoteRequest(a_customer()), form_key=key, at=MONDAY)

    assert (Purchase.objects.count(), Quote.objects.count()) == (1, 0)


def test_a_link_made_by_two_clicks_at_once_is_one() -> None:
    hafen = a_client()
    values = LinkValues("Spring offer", "EUR", items=[Offered(the_product(hafen))])
    seller = a_user("client_sales", hafen)

    made = at_once(partial(save_link, hafen, values, by=seller, at=MONDAY, form_token="1:spring"), 3)

    assert made == [QuoteLink.objects.get()] * 3
    assert made[0].items.count() == 1


def test_a_revision_sent_by_two_clicks_at_once_is_one() -> None:
    hafen = a_client()
    quote, seller = a_quote(a_quote_link(hafen)), a_user("client_sales", hafen)
    revised = partial(revise_quote, quote, lines=[OrderLine("PRO", 3)], message="", by=seller, at=MONDAY)

    made = at_once(partial(revised, form_token="1:three"), 3)

    assert made == [Quote.objects.current().get()] * 3
    assert (made[0].revision, Email.objects.count()) == (2, 2)
