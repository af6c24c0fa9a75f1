"""Several people and the worker act on one purchase at once."""

from __future__ import annotations

import copy
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.test.signals import template_rendered

from core.money import Money
from core.refused import Refused
from customers.models import Customer
from partners.selectors import outstanding
from purchases.models import Document, DocumentFile, Payment, Source
from purchases.querysets import PurchaseQuerySet
from purchases.services.cancel import cancel_purchase
from purchases.services.documents import render_document
from purchases.services.payment import record_payment
from purchases.services.place import place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import release_purchase
from tests.stories import MONDAY, a_client, a_partner, a_released_po, a_user, a_waiting_po, an_order, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PART = Money(1_000, "EUR")

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[Refused]:
    """Run every act in a thread of its own, all starting together; return the refusals."""
    start = threading.Barrier(len(acts))
    refusals: list[Refused] = []

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except Refused as refused:
            refusals.append(refused)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return refusals


def test_released_twice_at_once_is_released_once() -> None:
    client = a_client()
    admin = a_user("client_admin", client)
    for _ in range(5):
        purchase = a_waiting_po(client)
        refusals = at_once(*[partial(release_purchase, purchase, by=admin, at=MONDAY)] * 4)
        assert len(refusals) == 3
        assert Document.objects.filter(purchase=purchase, kind="INV").count() == 1


def test_paid_and_canceled_at_once_is_never_both() -> None:
    client = a_client()
    agent = a_user("platform_admin")
    for round_ in range(15):
        purchase = a_released_po(client)
        money = Money(11_900, "EUR")
        at_once(
            partial(cancel_purchase, purchase, by=agent, at=MONDAY, reason="race"),
            partial(record_payment, purchase, amount=money, method="wire", by=agent, at=MONDAY, dedupe_key=f"{round_}"),
        )
        purchase.refresh_from_db()
        assert purchase.paid_minor == 11_900
        if purchase.status == "CAN":
            last = purchase.entries.order_by("-pk").values_list("event", flat=True).first()
            assert last == "payment", "the money came after the cancel and is visible"
        else:
            assert purchase.status == "PAY"


def test_parts_paid_at_once_are_all_counted() -> None:
    purchase = a_released_po(a_client())
    at_once(
        *[
            partial(record_payment, purchase, amount=PART, method="wire", by=None, at=MONDAY, dedupe_key=f"part {n}")
            for n in range(8)
        ]
    )
    purchase.refresh_from_db()
    assert (purchase.paid_minor, Payment.objects.count()) == (8_000, 8)


@contextmanager
def no_lock() -> Iterator[None]:
    """Switch lock and second reading off, as the positive control: everybody works on the row they came with."""
    locked = PurchaseQuerySet.lock
    PurchaseQuerySet.lock = lambda _, row: copy.copy(row)  # type: ignore[method-assign, assignment, return-value]
    try:
        yield
    finally:
        PurchaseQuerySet.lock = locked  # type: ignore[method-assign]


def test_control_without_the_lock_payments_are_lost() -> None:
    purchase = a_released_po(a_client())
    with no_lock():
        at_once(
            *[
                partial(
                    record_payment, purchase, amount=PART, method="wire", by=None, at=MONDAY, dedupe_key=f"part {n}"
                )
                for n in range(4)
            ]
        )
    purchase.refresh_from_db()
    assert (Payment.objects.count(), purchase.paid_minor) == (4, 1_000)


def test_two_portal_orders_at_once_do_not_overshoot_the_limit() -> None:
    client = a_client()
    partner = a_partner(client, limit="500.00")
    order = an_order(source=Source.PARTNER, partner=partner)
    refusals = at_once(*[lambda: place_order(client, order, by=None, at=MONDAY)] * 8)
    assert len(refusals) == 4
    assert outstanding(partner) == Money(4 * 11_900, "EUR")


def test_numbers_taken_at_once_have_no_gap_and_no_double() -> None:
    client = a_client(review=False)
    at_once(*[lambda: place_order(client, an_order(), by=None, at=MONDAY)] * 8)
    numbers = sorted(Document.objects.filter(kind="INV").values_list("number", flat=True))
    assert numbers == [f"INV-2026-{number:06d}" for number in range(1, 9)]


def test_two_first_orders_at_once_make_one_customer() -> None:
    client = a_client()
    at_once(*[lambda: place_order(client, an_order(), by=None, at=MONDAY)] * 6)
    assert Customer.objects.count() == 1


def test_of_two_who_render_a_document_at_once_the_first_one_written_is_the_document() -> None:
    invoice = a_released_po(a_client()).documents.get(kind="INV")

    def the_other_is_faster(**_: object) -> None:
        template_rendered.disconnect(the_other_is_faster)
        assert at_once(partial(render_document, invoice, at=MONDAY)) == []

    template_rendered.connect(the_other_is_faster)
    file = render_document(invoice, at=days_later(1))
    assert (file.rendered_at, DocumentFile.objects.get()) == (MONDAY, file)
    assert bytes(file.content).startswith(b"%PDF")


def test_a_refund_form_sent_twice_at_once_refunds_once() -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    finance = a_user("platform_finance")
    refund = partial(
        refund_purchase, purchase, by=finance, at=MONDAY, reason="goodwill", amount=PART, dedupe_key="form:1"
    )
    assert at_once(refund, refund) == []
    purchase.refresh_from_db()
    assert purchase.refunded == PART
