"""The same checkout form sent by two at the very same moment."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connections

from customers.models import Customer
from mailing.models import Email
from purchases.models import Document, Purchase, StatusLink
from quotes.services.checkout import check_out, new_form_key
from tests.stories import MONDAY, a_client, an_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from quotes.services.checkout import Placed

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[], Placed], times: int) -> list[Placed]:
    """Run an act in several threads, all starting together."""
    start = threading.Barrier(times)
    done: list[Placed] = []

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
