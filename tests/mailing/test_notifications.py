"""Clients' own systems are told: what, when, signed, again and again for 48 hours, never lost and never by two."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured

from config import environment
from core.door import Door
from core.refused import Refused
from errorlog.models import ErrorRecord
from errorlog.services import log_error, retry_error
from mailing.models import Email, Endpoint, Notification, NotificationTry
from mailing.services import notify_endpoints, notify_handover
from mailing.services.anonymize import anonymize_emails
from mailing.services.claims import ClaimLostError
from mailing.services.notify import listeners, notify, secret_of
from mailing.services.notify_endpoints import (
    MOST_ENDPOINTS,
    add_endpoint,
    change_endpoint,
    configured_door,
    retry_failed,
    retry_notification,
    rotate_secret,
    send_test_event,
)
from mailing.services.notify_handover import LEASE, Result, claim_next, finish, hand_over, pass_fence
from mailing.states import PATIENCE, Delivery, Event, next_try
from mailing.tasks import notify_endpoints as notify_task
from purchases.models import RefundKind
from purchases.services.cancel import cancel_purchase
from purchases.services.credit import Wish
from purchases.services.records import add_x_parameter
from purchases.services.refund import refund_purchase
from quotes.services.checkout import new_form_key
from quotes.services.quote import QuoteRequest, quote_to_po, request_quote
from tests.dunning.worker import works as dunns
from tests.mailing.listener import EVERY_EVENT, Listener, clock, door, listens, works
from tests.quotes.quoting import a_quote_link
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

FAR = "https://in.hafen.example/kontor"


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.stop()


@pytest.fixture
def hafen() -> Client:
    return a_client()


@pytest.fixture
def admin(hafen: Client) -> User:
    return a_user("client_admin", hafen, username="elbe")


def minutes_later(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def told(client: Client, event: Event = Event.PAID, *, key: str = "1", at: datetime = MONDAY) -> None:
    """Something happened to one of the client's purchases."""
    notify(client.pk, event, reference="100000017", dedupe_key=key, at=at, facts=lambda: {"n": key})


def the_notification() -> Notification:
    return Notification.objects.select_related("endpoint").get()


def far_endpoint(client: Client) -> Endpoint:
    """An endpoint somewhere on the Internet, which nobody calls in these tests."""
    public = Door(look_up=lambda *_, **__: [(2, 1, 6, "", ("93.184.216.34", 443))])
    by = client.users.filter(role="client_admin").first() or a_user("client_admin", client)
    return add_endpoint(client, url=FAR, events=EVERY_EVENT, by=by, at=MONDAY, door=public)


# What is told --------------------------------------------------------------------------------------------------------


def test_an_order_is_told_from_placed_to_refunded(hafen: Client, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    purchase = a_waiting_po(hafen)
    add_x_parameter(purchase, by=a_user("platform_admin"), at=MONDAY, key="x-campaign", value="Frühling")
    a_po = a_released_po(hafen, at=days_later(1))
    pays(a_po, "100.00", at=days_later(2))
    pays(a_po, "19.00", at=days_later(3))
    pays(a_po, "19.00", at=days_later(4))  # too much: it was paid before
    wish = Wish(RefundKind.TOTAL)
    refund_purchase(a_po, wish=wish, by=a_user("platform_finance"), at=days_later(5), reason="Not needed")
    cancel_purchase(purchase, by=a_user("platform_admin"), at=days_later(6), reason="Asked for it")
    assert works(days_later(6)) == 6
    assert [(heard.event, heard.body["purchase"]["reference"]) for heard in listener.heard] == [
        ("placed", purchase.reference),
        ("placed", a_po.reference),
        ("released", a_po.reference),
        ("paid", a_po.reference),
        ("refunded", a_po.reference),
        ("canceled", purchase.reference),
    ]
    first = listener.heard[0]
    assert first.is_signed_with(secret_of(endpoint), endpoint.key_id)
    assert not first.is_signed_with(secret_of(endpoint) + "x", endpoint.key_id)
    paid = listener.heard[3].body
    assert paid == {
        "version": 1,
        "id": str(Notification.objects.get(event="paid").event_id),
        "event": "paid",
        "at": "2026-03-05T09:00:00+00:00",
        "client": "hafen",
        "purchase": {
            "reference": a_po.reference,
            "external_id": None,
            "status": "PAY",
            "source": "checkout",
            "test": False,
            "po": True,
            "po_number": "4500001",
            "payment_type": "wire",
            "partner": None,
            "currency": "EUR",
            "net_minor": 10_000,
            "tax_minor": 1_900,
            "gross_minor": 11_900,
            "paid_minor": 11_900,
            "refunded_minor": 0,
            "open_minor": 0,
            "ordered_at": "2026-03-03T09:00:00+00:00",
            "released_at": "2026-03-03T09:00:00+00:00",
            "due_on": "2026-04-02",
            "paid_at": "2026-03-05T09:00:00+00:00",
            "items": [
                {
                    "item": 1,
                    "product": "PRO",
                    "name": "Hafen Pro",
                    "quantity": 1,
                    "net_minor": 10_000,
                    "gross_minor": 11_900,
                }
            ],
            "x_parameters": {},
        },
    }
    assert listener.heard[4].body["purchase"]["status"] == "REF"
    assert listener.heard[5].body["purchase"]["x_parameters"] == {"x-campaign": "Frühling"}
    assert works(days_later(7)) == 0, "nothing is told twice"
    assert str(listener.heard[0].headers["Host"]).startswith("localhost:")


def test_a_notice_that_went_out_is_told_with_its_level(hafen: Client, listener: Listener) -> None:
    listens(hafen, listener.url, events=["dunned"])
    purchase = a_released_po(hafen)
    dunns(date(2026, 4, 1))
    assert works(days_later(31)) == 1
    body = listener.heard[0].body
    assert (body["event"], body["purchase"]["reference"]) == ("dunned", purchase.reference)
    assert body["notice"] == {"level": 1, "sent_on": "2026-04-01"}


def test_an_order_accepted_at_once_is_placed_and_released(hafen: Client) -> None:
    far_endpoint(hafen)
    client = hafen
    partner = a_partner(client)
    from purchases.models import Source
    from purchases.services.place import place_order
    from tests.stories import an_order

    place_order(client, an_order(source=Source.PARTNER, partner=partner), by=None, at=MONDAY)
    bodies = [json.loads(body) for body in Notification.objects.order_by("pk").values_list("body", flat=True)]
    assert [(body["event"], body["purchase"]["partner"]) for body in bodies] == [
        ("placed", partner.code),
        ("released", partner.code),
    ]


def test_a_quote_is_told_once_it_is_an_order(hafen: Client) -> None:
    far_endpoint(hafen)
    with time_machine.travel(MONDAY, tick=False):  # the age of a form's key
        wanted, key = QuoteRequest(customer=a_customer()), new_form_key(hafen)
        quote = request_quote(a_quote_link(hafen), wanted, form_key=key, at=MONDAY).quote
    assert not Notification.objects.exists()
    quote_to_po(quote, po_number="4500001", by=a_user("client_sales", hafen), at=days_later(1))
    assert the_notification().event == "placed"
    assert json.loads(the_notification().body)["purchase"]["status"] == "ARP"


def test_only_chosen_events_and_only_the_clients_own(hafen: Client, listener: Listener) -> None:
    other = a_client("other")
    listens(hafen, listener.url, events=["paid", "placed"])
    assert Endpoint.objects.get().events == ["placed", "paid"]
    pays(an_offline_order(other), "119.00")
    purchase = an_offline_order(hafen)
    cancel_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="Asked for it")
    works()
    assert listener.events == ["placed"]


def test_a_change_that_fails_tells_nothing(hafen: Client) -> None:
    from django.db import transaction

    far_endpoint(hafen)
    with transaction.atomic():
        told(hafen)
        transaction.set_rollback(True)
    assert not Notification.objects.exists()


def test_the_same_event_is_told_once_to_each_endpoint(hafen: Client, listener: Listener) -> None:
    listens(hafen, listener.url)
    far_endpoint(hafen)
    told(hafen)
    told(hafen)
    ids = Notification.objects.values_list("event_id", flat=True)
    assert (len(ids), len(set(ids))) == (2, 1)


def test_clients_without_an_endpoint_pay_one_look_in_a_while(
    hafen: Client, django_assert_num_queries: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_assert_num_queries(1):
        told(hafen, key="1")
        told(hafen, key="2")
    assert listeners(hafen.pk) == []
    with django_capture_on_commit_callbacks(execute=True):
        endpoint = far_endpoint(hafen)
    told(hafen, key="3")
    assert the_notification().endpoint == endpoint
    with django_capture_on_commit_callbacks(execute=True):
        change_endpoint(
            endpoint, url=FAR, events=EVERY_EVENT, is_active=False, by=endpoint.created_by, at=MONDAY, door=door()
        )
    told(hafen, key="4")
    assert the_notification().dedupe_key == "3"


# Handing over --------------------------------------------------------------------------------------------------------


def test_an_endpoint_that_fails_is_tried_for_48_hours_then_given_up_and_retried_by_a_person(
    hafen: Client, admin: User, listener: Listener
) -> None:
    endpoint = listens(hafen, listener.url, events=["paid"])
    purchase = an_offline_order(hafen)
    pays(purchase, "119.00", at=MONDAY)
    listener.always = (503, b"down\x00 for \xff repair" + b"x" * 5000)
    at, pauses = MONDAY, []
    while True:
        assert works(at) == 1
        row = the_notification()
        if row.next_attempt_at is None:
            break
        pauses.append((row.next_attempt_at - at) / timedelta(minutes=1))
        assert works(row.next_attempt_at - timedelta(seconds=1)) == 0
        at = row.next_attempt_at
    assert pauses[:7] == [1, 5, 15, 60, 120, 240, 480]
    assert (at - MONDAY, sum(pauses)) == (PATIENCE, 48 * 60)
    assert (row.status, row.problem) == (Delivery.FAILED, "Answered with status 503.")
    attempt = row.tries.order_by("pk").first()
    assert attempt is not None
    assert (attempt.status_code, attempt.answer[:16], len(attempt.answer)) == (503, "down\ufffd for \ufffd repa", 1000)
    assert attempt.milliseconds is not None
    [error] = ErrorRecord.objects.all()
    assert (error.type, error.reference, error.purchase_status) == ("notification", purchase.reference, "PAY")
    assert (error.client, error.is_done) == (hafen, False)
    place = listener.url.removesuffix("?v=1")
    assert f"Notification “Paid” to {place}/…: Answered with status 503." in error.note, "not the query"

    listener.always = (204, b"")
    retry_error(error, by=a_user("platform_customer_service"), at=days_later(3))
    assert works(days_later(3)) == 1
    row.refresh_from_db()
    assert (row.status, row.problem, row.ended_at) == (Delivery.SENT, "", days_later(3))
    error.refresh_from_db()
    assert error.is_done
    assert {heard.raw for heard in listener.heard} == {row.body.encode()}, "the same body and id every time"
    endpoint.refresh_from_db()
    assert (endpoint.failing_since, endpoint.told_at, endpoint.last_success_at) == (None, None, days_later(3))


def test_of_the_error_log_an_e_mail_is_no_notification_to_an_endpoint(hafen: Client, admin: User) -> None:
    error = log_error(type="notification", note="An e-mail", at=MONDAY, dedupe_key="email:1", client=hafen)
    assert not error.may_retry, "no button that can do nothing"
    with pytest.raises(Refused, match="send it again from the outbox"):
        retry_error(error, by=admin, at=MONDAY)


def test_an_endpoint_that_fails_for_48_hours_is_told_to_its_admins_once(
    hafen: Client, admin: User, listener: Listener
) -> None:
    listens(hafen, listener.url)
    a_user("client_admin", hafen, is_active=False)
    listener.always = (500, b"")
    for number, day in enumerate((0, 1, 2, 3, 4)):
        told(hafen, key=str(number), at=days_later(day))
        works(days_later(day))
    mails = Email.objects.filter(kind="client_endpoint")
    assert [mail.recipient for mail in mails] == [admin.email]
    body = mails[0].body_text
    assert (listener.url in body, Endpoint.objects.get().place in body, "status 500" in body) == (False, True, True)
    assert Endpoint.objects.get().told_at == days_later(2)


def test_without_admins_the_clients_own_address_is_told(hafen: Client, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    hafen.users.update(is_active=False)
    Endpoint.objects.update(failing_since=MONDAY - PATIENCE)
    endpoint.refresh_from_db()
    notify_handover.tell_if_failing(endpoint, problem="down", at=MONDAY)
    notify_handover.tell_if_failing(endpoint, problem="down", at=MONDAY)
    assert [mail.recipient for mail in Email.objects.all()] == [hafen.email]


def test_admins_whose_addresses_do_not_work_are_one_error_and_hold_nothing_up(
    hafen: Client, admin: User, listener: Listener
) -> None:
    listens(hafen, listener.url)
    type(admin).objects.filter(pk=admin.pk).update(email="elbe at hafen")
    listener.always = (500, b"")
    for day in range(4):
        told(hafen, key=str(day), at=days_later(day))
        assert works(days_later(day)) == 1
    assert [mail.recipient for mail in Email.objects.filter(kind="client_endpoint")] == [hafen.email]
    [error] = ErrorRecord.objects.filter(type="email_delivery")
    assert error.note == (
        f"The endpoint {Endpoint.objects.get().place} has failed for 48 hours, and there is no e-mail address that "
        f"works for {admin.name} – correct it, and tell the client another way."
    )
    assert (error.client, error.may_retry) == (hafen, False)
    listener.always = (200, b"")
    works(days_later(5))
    error.refresh_from_db()
    assert error.is_done


def test_where_no_address_works_at_all_the_error_log_names_the_client_too(hafen: Client, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    hafen.users.update(email="", is_active=False)
    type(hafen).objects.update(email="nobody")
    Endpoint.objects.update(failing_since=MONDAY - PATIENCE)
    endpoint.refresh_from_db()
    notify_handover.tell_if_failing(endpoint, problem="down", at=MONDAY)
    assert not Email.objects.exists()
    assert "works for Hafen GmbH –" in ErrorRecord.objects.get().note


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://in.hafen.example", "https://in.hafen.example/"),
        ("https://in.hafen.example/kontor", "https://in.hafen.example/kontor"),
        ("https://in.hafen.example:8443/kontor?token=s3cret", "https://in.hafen.example:8443/kontor/…"),
        ("https://in.hafen.example/hooks/T024BE7LD/s3cret", "https://in.hafen.example/hooks/…"),
        ("https://in.hafen.example/xoxb-s3cret", "https://in.hafen.example/…"),
        ("https://in.hafen.example/?s3cret", "https://in.hafen.example/…"),
    ],
)
def test_where_an_endpoint_is_can_be_said_without_its_secrets(url: str, place: str) -> None:
    assert Endpoint(url=url).place == place


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (302, "Answered with status 302; redirects are not followed."),
        (404, "Answered with status 404."),
    ],
)
def test_only_a_status_of_200_to_299_is_a_yes(hafen: Client, listener: Listener, status: int, problem: str) -> None:
    listens(hafen, listener.url)
    told(hafen)
    listener.always = (status, b"")
    assert works() == 1
    assert (the_notification().problem, len(listener.heard)) == (problem, 1)


def test_an_endpoint_that_fails_is_left_alone_for_a_minute_and_holds_up_no_other(
    hafen: Client, listener: Listener
) -> None:
    other = a_client("other")
    listens(hafen, listener.url, at=MONDAY)
    working = Listener()
    try:
        listens(other, working.url)
        listener.always = (500, b"")
        for number in range(3):
            told(hafen, key=str(number))
        told(other, key="9")
        assert works() == 2
        assert (len(listener.heard), working.events) == (1, ["paid"])
        assert works(minutes_later(0.9)) == 0
        listener.always = (200, b"")
        assert works(minutes_later(1)) == 3
    finally:
        working.stop()
    assert set(Notification.objects.values_list("status", flat=True)) == {Delivery.SENT}


def test_what_waited_48_hours_for_an_endpoint_left_alone_is_given_up(hafen: Client, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    told(hafen)
    at = MONDAY + PATIENCE + timedelta(minutes=1)
    Endpoint.objects.filter(pk=endpoint.pk).update(resting_until=at + timedelta(seconds=30))
    assert works(at) == 0
    row = the_notification()
    assert (row.status, row.problem) == (Delivery.FAILED, notify_handover.GIVEN_UP)
    assert ErrorRecord.objects.get().type == "notification"
    assert not notify_handover.give_up(row, at=at), "once"


def test_a_worker_that_dies_leaves_it_to_the_next(hafen: Client, listener: Listener) -> None:
    listens(hafen, listener.url)
    told(hafen)
    dead = claim_next(at=MONDAY)
    assert dead is not None
    assert works(MONDAY + LEASE - timedelta(seconds=1)) == 0
    assert works(MONDAY + LEASE) == 1
    first, second = NotificationTry.objects.order_by("pk")
    assert (first.problem, second.problem) == ("The worker was lost; the endpoint may have been told.", "")
    assert not hand_over(dead, door(), clock=clock(MONDAY + LEASE)), "it lives after all, too late"
    with pytest.raises(ClaimLostError):
        finish(dead, Result("The endpoint did not answer.", 5000), at=MONDAY + LEASE)
    assert the_notification().status == Delivery.SENT
    assert listener.events == ["paid"]


def test_the_fence_stops_a_worker_whose_time_ran_out_before_anybody_took_over(
    hafen: Client, listener: Listener
) -> None:
    listens(hafen, listener.url)
    told(hafen)
    slow = claim_next(at=MONDAY)
    assert slow is not None
    assert not hand_over(slow, door(), clock=clock(MONDAY + LEASE))
    assert pass_fence(slow, at=MONDAY)
    assert listener.heard == []


def test_two_takers_of_a_dead_workers_row_are_one(hafen: Client) -> None:
    far_endpoint(hafen)
    told(hafen)
    claim_next(at=MONDAY)
    assert notify_handover.take_over_from_the_dead(at=MONDAY + LEASE) == 1
    assert not notify_handover.take_over(the_notification().pk, at=MONDAY + LEASE)


def test_switched_off_between_claim_and_call_nothing_goes_out(hafen: Client, admin: User, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    told(hafen, key="1")
    told(hafen, key="2")
    claim = claim_next(at=MONDAY)
    assert claim is not None
    change_endpoint(endpoint, url=endpoint.url, events=EVERY_EVENT, is_active=False, by=admin, at=MONDAY, door=door())
    assert not hand_over(claim, door(), clock=clock())
    assert listener.heard == []
    assert set(Notification.objects.values_list("status", "problem")) == {
        ("CANCELED", "The endpoint was switched off.")
    }
    for act in (send_test_event, retry_failed):
        with pytest.raises(Refused, match="switched off"):
            act(endpoint, by=admin, at=MONDAY)
    with pytest.raises(Refused, match="switched off"):
        retry_notification(claim.notification, by=admin, at=MONDAY)


@pytest.mark.parametrize("is_slow", [False, True])
def test_what_comes_after_an_endpoint_was_switched_off_is_canceled_too(
    hafen: Client, admin: User, listener: Listener, *, is_slow: bool
) -> None:
    """An event that another process wrote a moment later, and a call that was under way and failed."""
    endpoint = listens(hafen, listener.url)
    told(hafen)
    claim = claim_next(at=MONDAY) if is_slow else None
    said: dict[str, Any] = {"url": endpoint.url, "events": EVERY_EVENT, "by": admin, "door": door()}
    change_endpoint(endpoint, is_active=False, at=MONDAY, **said)
    if claim is None:
        Notification.objects.update(status=Delivery.QUEUED, next_attempt_at=MONDAY, ended_at=None, problem="")
    else:
        finish(claim, Result("The endpoint did not answer.", 5000), at=MONDAY)
    assert works(minutes_later(1)) == 0
    row = the_notification()
    assert (row.status, row.problem) == (Delivery.CANCELED, "The endpoint was switched off.")
    change_endpoint(endpoint, is_active=True, at=days_later(9), **said)
    assert works(days_later(9)) == 0
    assert listener.heard == []


def test_a_test_event_is_tried_once_and_troubles_nobody(hafen: Client, admin: User, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url, events=["paid"])
    listener.answers = [(500, b"")]
    failed = send_test_event(endpoint, by=admin, at=MONDAY)
    works()
    failed.refresh_from_db()
    endpoint.refresh_from_db()
    assert (failed.status, endpoint.failing_since, ErrorRecord.objects.count()) == (Delivery.FAILED, None, 0)
    send_test_event(endpoint, by=admin, at=MONDAY)
    works()
    body = listener.heard[1].body
    assert (body["event"], body["client"], body["sent_by"], "purchase" in body) == ("test", "hafen", admin.name, False)


def test_all_failed_are_tried_again_at_once(hafen: Client, admin: User, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    with pytest.raises(Refused, match="No notification of this endpoint has failed"):
        retry_failed(endpoint, by=admin, at=MONDAY)
    for number in range(2):
        told(hafen, key=str(number))
    Notification.objects.update(status=Delivery.FAILED, next_attempt_at=None, attempts=12)
    assert retry_failed(endpoint, by=admin, at=days_later(9)) == 2
    assert works(days_later(9)) == 2
    assert endpoint.history.first().history_change_reason == "2 failed notifications are tried again"
    Notification.objects.filter(dedupe_key="1").update(status=Delivery.FAILED)
    assert retry_failed(endpoint, by=admin, at=days_later(9)) == 1
    works(days_later(9))
    with pytest.raises(Refused, match="“Retry” is not possible in status Delivered"):
        retry_notification(Notification.objects.all()[0], by=admin, at=days_later(9))


def test_growing_pauses_end_with_the_patience() -> None:
    until = MONDAY + PATIENCE
    assert next_try(1, at=MONDAY, until=until) == minutes_later(1)
    assert next_try(99, at=until - timedelta(minutes=1), until=until) == until
    assert next_try(99, at=until, until=until) is None


def test_a_round_is_short_and_the_worker_looks_in_few_queries(
    hafen: Client, listener: Listener, django_assert_num_queries: Any
) -> None:
    listens(hafen, listener.url)
    for number in range(3):
        told(hafen, key=str(number))
    assert works(limit=2) == 2
    assert works(door=door(round_seconds=0.0)) == 0
    assert works() == 1
    with django_assert_num_queries(5):  # the dead, the overdue, a savepoint, what is due, its release
        assert notify_task() == 0


def test_what_an_endpoint_answered_is_taken_out_with_the_people(hafen: Client, listener: Listener) -> None:
    listens(hafen, listener.url)
    told(hafen)
    works()
    assert NotificationTry.objects.get().answer == "thank you"
    anonymize_emails(["100000017"])
    assert NotificationTry.objects.get().answer == ""


# Endpoints -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://in.hafen.example/", "has to start with https://"),
        ("https://user:secret@in.hafen.example/", "hold no password"),
        ("ftp://in.hafen.example/", "has to start with https://"),
        ("in.hafen.example", "has to start with https://"),
        ("https://127.0.0.1/", "leads into a private network"),
        ("https://[::1]/", "leads into a private network"),
        ("https://10.1.2.3/", "leads into a private network"),
        ("https://192.168.0.9:8443/", "leads into a private network"),
        ("https://169.254.169.254/latest/meta-data/", "leads into a private network"),
        ("https://[::ffff:169.254.169.254]/", "leads into a private network"),
        ("https://2130706433/", "leads into a private network"),
        ("https://localhost/", "leads into a private network"),
        (f"https://{'n' * 64}.example/", "is unknown"),  # no name of a host: labels end at 63
        ("https://häfen.example/", "in plain letters"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_when_it_is_saved(
    hafen: Client, admin: User, url: str, sentence: str
) -> None:
    with pytest.raises(Refused, match=re.escape(sentence)) as refusal:
        add_endpoint(hafen, url=url, events=["paid"], by=admin, at=MONDAY)
    assert refusal.value.code == "url"
    assert not Endpoint.objects.exists()


def test_a_name_that_turns_to_our_own_network_later_is_not_called(hafen: Client, listener: Listener) -> None:
    listens(hafen, listener.url)  # saved while its name led elsewhere
    told(hafen)
    with time_machine.travel(MONDAY, tick=False):
        assert notify_task() == 1
    assert the_notification().problem == "The endpoint's name localhost leads into a private network; it is not called."
    assert listener.heard == []


def test_an_address_is_there_once_and_events_are_known(hafen: Client, admin: User) -> None:
    endpoint = far_endpoint(hafen)
    for events in ([], ["paid", "sold"], ["test"]):
        with pytest.raises(Refused, match="Choose at least one event"):
            add_endpoint(hafen, url=FAR + "2", events=events, by=admin, at=MONDAY, door=door(look_up=_somewhere))
    with pytest.raises(Refused, match="is there already"):
        add_endpoint(hafen, url=FAR, events=["paid"], by=admin, at=MONDAY, door=door(look_up=_somewhere))
    changed = change_endpoint(endpoint, url=FAR, events=["paid"], is_active=True, by=admin, at=days_later(1))
    assert (changed.events, changed.history.first().history_change_reason) == (["paid"], "changed")


def _somewhere(*_: Any, **__: Any) -> list[Any]:
    return [(2, 1, 6, "", ("93.184.216.34", 443))]


def test_a_client_has_only_so_many_endpoints(hafen: Client, admin: User) -> None:
    rows = [
        Endpoint(client=hafen, url=f"{FAR}{number}", key_id="k", created_at=MONDAY, created_by=admin)
        for number in range(MOST_ENDPOINTS)
    ]
    Endpoint.objects.bulk_create(rows)
    with pytest.raises(Refused, match="has 20 endpoints already"):
        add_endpoint(hafen, url=FAR, events=["paid"], by=admin, at=MONDAY, door=door(look_up=_somewhere))


def test_an_endpoint_is_switched_off_and_on_again(hafen: Client, admin: User) -> None:
    endpoint = far_endpoint(hafen)
    said: dict[str, Any] = {"url": FAR, "events": ["paid"], "by": admin, "door": door(look_up=_somewhere)}
    change_endpoint(endpoint, is_active=False, at=days_later(1), **said)
    endpoint = change_endpoint(Endpoint.objects.get(), is_active=True, at=days_later(2), **said)
    reasons = list(endpoint.history.order_by("history_date").values_list("history_change_reason", flat=True))
    assert reasons == ["added", "switched off", "switched on"]


def test_for_a_day_both_secrets_sign(hafen: Client, admin: User, listener: Listener) -> None:
    before = listens(hafen, listener.url)
    old, old_key = secret_of(before), before.key_id
    now = rotate_secret(before, by=admin, at=MONDAY)
    told(hafen, key="1")
    works()
    told(hafen, key="2", at=days_later(1))
    works(days_later(1))
    both, one = listener.heard
    assert (both.is_signed_with(old, old_key), both.is_signed_with(secret_of(now), now.key_id)) == (True, True)
    assert (one.is_signed_with(old, old_key), one.is_signed_with(secret_of(now), now.key_id)) == (False, True)
    stamp = int(days_later(1).timestamp())
    assert str(one.headers["Kontor-Signature"]).startswith(f"t={stamp},{now.key_id}=")


def test_the_example_of_the_manual_knows_what_is_ours(hafen: Client, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    told(hafen)
    works()
    [heard] = listener.heard
    manual = (configured.BASE_DIR / "docs" / "webhooks.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(manual.split("```python\n")[1].split("```")[0], example)
    example["SECRETS"] = {endpoint.key_id: secret_of(endpoint)}
    is_ours, signature = example["is_from_kontor"], str(heard.headers["Kontor-Signature"])
    with time_machine.travel(minutes_later(4), tick=False):
        assert (is_ours(signature, heard.raw), is_ours(signature, heard.raw + b" ")) == (True, False)
        example["SECRETS"] = {endpoint.key_id: "kns_of_somebody_else"}
        assert not is_ours(signature, heard.raw)
    with time_machine.travel(minutes_later(6), tick=False):
        assert not is_ours(signature, heard.raw), "too old"


def test_the_way_out_leads_here_only_where_that_was_asked_for(settings: Any) -> None:
    assert not configured.LOCAL_ENDPOINTS
    assert configured_door().schemes == {"https"}
    settings.LOCAL_ENDPOINTS = True
    notify_endpoints.check_address("http://127.0.0.1:9/")
    assert not environment.read_local_endpoints({}, production=True)
    assert environment.read_local_endpoints({"LOCAL_ENDPOINTS": "1"}, production=False)
    with pytest.raises(ImproperlyConfigured, match="for development"):
        environment.read_local_endpoints({"LOCAL_ENDPOINTS": "1"}, production=True)
