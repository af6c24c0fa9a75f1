"""Keys that are owed: nothing ticked off by hand forgets them, they are tried again, and asking holds nobody up."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.money import Money
from core.refused import Refused
from errorlog.models import ErrorRecord
from errorlog.services import mark_done, retry_error
from followups.models import FollowUp
from mailing.models import Email
from purchases.models import KeyRequest, LicenseKey, Purchase, RefundKind
from purchases.services.cancel import cancel_purchase
from purchases.services.credit import Wish
from purchases.services.delivery import add_keys, deliver
from purchases.services.generator import ask_due
from purchases.services.licenses import fill_key_list, read_keys, waiting_items
from purchases.services.place import OrderLine
from purchases.services.products import save_product
from purchases.services.refund import refund_purchase
from purchases.services.reversal import charge_back, deactivate_licenses
from tests.purchases.test_licenses import Generator, clock, door, generator
from tests.stories import MONDAY, a_client, a_released_po, a_user, days_later, pays, the_product

if TYPE_CHECKING:
    from accounts.models import Client

__all__ = ["generator"]
pytestmark = pytest.mark.django_db


def fills(client: Client, keys: str, *, day: int) -> Any:
    admin = a_user("client_admin", client)
    return fill_key_list(the_product(client), keys=read_keys(keys), by=admin, at=days_later(day))


def codes(purchase: Purchase) -> list[str]:
    keys = LicenseKey.objects.filter(item__purchase=purchase, deactivated_at=None)
    return list(keys.order_by("pk").values_list("code", flat=True))


def hours_later(hours: float) -> Any:
    return MONDAY + timedelta(hours=hours)


# What waits -----------------------------------------------------------------------------------------------------------


def test_done_by_hand_forgets_no_key() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    mark_done(ErrorRecord.objects.get(), by=a_user("platform_admin"), at=MONDAY)
    assert [item.purchase for item in waiting_items(the_product(client))] == [purchase]
    assert fills(client, "N-1", day=1).delivered == 1
    assert codes(purchase) == ["N-1"]


def test_a_key_that_was_delivered_is_owed_no_more() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    fills(client, "N-1", day=1)
    LicenseKey.objects.filter(item__purchase=purchase).update(deactivated_at=days_later(2))
    assert waiting_items(the_product(client)) == []


def test_a_shortage_told_before_there_was_a_second_time_is_closed_and_not_told_twice() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    open_ones = FollowUp.objects.filter(purchase=purchase, reason="Key list empty", done_at=None)
    open_ones.update(dedupe_key=f"{purchase.reference}:keys:1")
    deliver(Purchase.objects.lock(purchase), by=None, at=days_later(1))
    assert open_ones.count() == 1
    assert fills(client, "N-1", day=2).delivered == 1
    assert not open_ones.exists()


def test_a_second_shortage_after_a_charge_back_is_told_again_and_delivered() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    fills(client, "N-1", day=1)
    error = ErrorRecord.objects.get(type="key_list_empty")
    assert error.is_done
    pays(purchase, "119.00", at=days_later(2))
    admin = a_user("platform_admin")
    charge_back(purchase, by=admin, at=days_later(3), reason="Returned")
    deactivate_licenses(purchase, by=admin, at=days_later(3))
    assert waiting_items(the_product(client)) == [], "what was charged back is owed nothing"
    pays(purchase, "119.00", at=days_later(4))
    error.refresh_from_db()
    assert (error.is_done, error.done_at, error.created_at, error.purchase_status) == (
        False,
        None,
        days_later(4),
        "PAY",
    )
    assert error.history.first().history_change_reason == "happened again"
    assert FollowUp.objects.filter(purchase=purchase, reason="Key list empty", done_at=None).count() == 1
    assert fills(client, "N-2", day=5).delivered == 1
    assert codes(purchase) == ["N-2"]
    error.refresh_from_db()
    assert error.is_done
    assert not FollowUp.objects.filter(purchase=purchase, reason="Key list empty", done_at=None).exists()


def test_a_prepaid_order_waits_only_once_it_is_paid() -> None:
    client = a_client(keys=0, delivery="prepaid")
    purchase = a_released_po(client)
    assert waiting_items(the_product(client)) == []
    pays(purchase, "119.00", at=days_later(1))
    assert [item.purchase for item in waiting_items(the_product(client))] == [purchase]


def test_an_item_given_back_whole_is_owed_nothing_the_other_is() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client, lines=[OrderLine("PRO", 1), OrderLine("PRO", 2)])
    pays(purchase, "357.00", at=days_later(1))
    first, second = purchase.items.order_by("position")
    assert waiting_items(the_product(client)) == [first, second]
    finance = a_user("platform_admin")
    for pieces in ({first.pk: 1}, {second.pk: 1}):
        wish = Wish(RefundKind.ITEMS, pieces=pieces)
        refund_purchase(purchase, wish=wish, by=finance, at=days_later(2), reason="Not needed")
    assert waiting_items(the_product(client)) == [second]
    deliver(Purchase.objects.lock(purchase), by=None, at=days_later(3))
    assert waiting_items(the_product(client)) == [second]


def test_a_download_that_becomes_a_key_owes_old_orders_none() -> None:
    client = a_client(keys=0)
    client.products.update(delivery="download", download_url="https://hafen.example/pro")
    a_released_po(client)
    save_product(
        client, code="PRO", name="Hafen Pro", prices=[Money(10_000, "EUR")], delivery="key", by=None, at=MONDAY
    )
    assert fills(client, "N-1", day=1).delivered == 0


# Trying again --------------------------------------------------------------------------------------------------------


def test_an_empty_list_is_looked_at_again_after_1_2_4_8_and_16_hours() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    error = ErrorRecord.objects.get()
    assert error.next_try_at == hours_later(1)
    assert ask_due(clock=clock(hours_later(0.9)), door=door()) == 0
    found = []
    while error.next_try_at is not None:
        found.append((error.next_try_at - MONDAY) / timedelta(hours=1))
        assert ask_due(clock=clock(error.next_try_at), door=door()) == 1
        error.refresh_from_db()
    assert found == [1, 3, 7, 15, 31]
    assert error.note == "The key list of Hafen Pro (PRO) is empty."
    assert FollowUp.objects.filter(purchase=purchase, reason="Key list empty").count() == 1
    assert fills(client, "N-1", day=9).delivered == 1


def test_a_key_that_is_there_by_then_is_delivered_by_itself_and_marks_done() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    add_keys(the_product(client), ["N-1"])
    assert ask_due(clock=clock(hours_later(1)), door=door()) == 1
    error = ErrorRecord.objects.get()
    assert (error.is_done, error.next_try_at, codes(purchase)) == (True, None, ["N-1"])
    assert "N-1" in Email.objects.get(reference=purchase.reference, kind="delivery").body_text


def test_a_try_that_fails_opens_what_was_ticked_off() -> None:
    a_released_po(a_client(keys=0))
    error = mark_done(ErrorRecord.objects.get(), by=a_user("platform_admin"), at=MONDAY)
    ask_due(clock=clock(hours_later(1)), door=door())
    error.refresh_from_db()
    assert (error.is_done, error.created_at, error.next_try_at) == (False, hours_later(1), hours_later(3))


def test_a_canceled_order_is_owed_no_key_and_its_error_is_done() -> None:
    client = a_client(keys=0)
    purchase = a_released_po(client)
    cancel_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="Asked for it")
    assert ask_due(clock=clock(hours_later(1)), door=door()) == 0
    error = ErrorRecord.objects.get()
    assert (error.is_done, error.next_try_at) == (True, None)
    assert KeyRequest.objects.get().problem == "not asked: Canceled"


def test_retry_delivers_now_or_says_why_not() -> None:
    client, rep = a_client(keys=0), a_user("platform_customer_service")
    purchase = a_released_po(client)
    error = ErrorRecord.objects.get()
    with pytest.raises(Refused, match=r"key list of Hafen Pro \(PRO\) is still empty"):
        retry_error(error, by=rep, at=MONDAY)
    add_keys(the_product(client), ["N-1"])
    error = retry_error(error, by=rep, at=MONDAY)
    assert (error.is_done, codes(purchase)) == (True, ["N-1"])
    assert error.history.first().history_user == rep
    with pytest.raises(Refused, match="nothing is left to try"):
        retry_error(error, by=rep, at=MONDAY)


def test_retry_has_the_generator_asked_at_once(generator: Generator) -> None:
    client, rep = a_client(keys=0), a_user("platform_customer_service")
    client.products.update(generator_url=generator.url)
    purchase = a_released_po(client)
    generator.says({}, status=503)
    ask_due(clock=clock(), door=door())
    error = ErrorRecord.objects.get()
    assert (error.type, error.next_try_at) == ("key_generation", hours_later(1))
    error = retry_error(error, by=rep, at=hours_later(0.5))
    assert (error.is_done, error.history.first().history_change_reason) == (False, "tried again")
    generator.says({"key": "GEN-1"})
    assert ask_due(clock=clock(hours_later(0.5)), door=door()) == 1
    assert codes(purchase) == ["GEN-1"]


def test_retry_of_what_is_owed_no_more_closes_the_error() -> None:
    client, rep = a_client(keys=0), a_user("platform_customer_service")
    purchase = a_released_po(client)
    cancel_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="Asked for it")
    assert retry_error(ErrorRecord.objects.get(), by=rep, at=MONDAY).is_done


# One round holds nobody up --------------------------------------------------------------------------------------------


def two_generators(first: str, second: str) -> tuple[Client, Client]:
    found = []
    for slug, url in (("slow", first), ("quick", second)):
        client = a_client(slug, keys=0)
        client.products.update(generator_url=url)
        found.append(client)
    return found[0], found[1]


def test_a_generator_that_failed_is_left_alone_for_this_round_the_others_are_asked(generator: Generator) -> None:
    slow, quick = two_generators(f"{generator.url}&slow", generator.url)
    for client in (slow, slow, slow, quick):
        a_released_po(client)
    generator.says({}, status=503)
    generator.says({"key": "GEN-1"})
    assert ask_due(clock=clock(), door=door()) == 2
    assert LicenseKey.objects.get().item.purchase.client == quick  # type: ignore[union-attr]
    assert KeyRequest.objects.filter(attempts=0).count() == 2


def test_names_nobody_answers_for_take_no_longer_than_a_round() -> None:
    for client in two_generators("https://a.example/", "https://b.example/"):
        a_released_po(client)
    answer = threading.Event()
    dead = door(seconds=0.1, round_seconds=0.1, look_up=lambda *_, **__: [answer.wait(30)][:0])
    try:
        assert ask_due(clock=clock(), door=dead) == 1
    finally:
        answer.set()
    problem = KeyRequest.objects.get(attempts=1).problem
    assert problem == "The generator's name a.example could not be looked up within 0.1 seconds."
    assert KeyRequest.objects.filter(attempts=0, next_at=MONDAY).count() == 1


def test_a_server_that_never_shakes_hands_is_hung_up_on() -> None:
    client = a_client(keys=0)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        client.products.update(generator_url=f"https://localhost:{deaf.getsockname()[1]}/")
        a_released_po(client)
        ask_due(clock=clock(), door=door(seconds=0.3))
    assert KeyRequest.objects.get().problem == "The generator did not answer within 0.3 seconds."
