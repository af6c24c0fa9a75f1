"""Endpoints as their client sets them up: address, events, secret, a test, another try."""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from accounts.models import Client
from core.door import Door, check_destination, is_public_or_here
from core.history import record
from core.refused import Refused
from mailing.models import Endpoint, Notification
from mailing.services.notify import client_facts, forget_listeners, write_test
from mailing.states import CHOSEN_EVENTS, DELIVERY_LABELS, PATIENCE, RETRY, Delivery

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from accounts.models import User

BOTH_SECRETS: Final = timedelta(hours=24)
"""How long the previous secret signs, too, so that a client can change it without losing anything."""
MOST_ENDPOINTS: Final = 20
WHOM: Final = "The endpoint"
SWITCHED_OFF: Final = "The endpoint was switched off."


def configured_door() -> Door:
    """Return the way out to endpoints: the Internet by https; with LOCAL_ENDPOINTS this machine, too."""
    return _door(here=settings.LOCAL_ENDPOINTS)


@cache
def _door(*, here: bool) -> Door:
    return Door(allows=is_public_or_here, schemes=frozenset({"https", "http"})) if here else Door()


def check_address(url: str, door: Door | None = None) -> None:
    """Refuse an address that can't be called: its form, its name, where it leads. It looks the name up."""
    if not url.isascii():
        raise Refused("Write the address in plain letters: the name as xn--…, other characters as %C3%BC.", "url")
    check_destination(url, door or configured_door(), whom=WHOM)


def add_endpoint(
    client: Client, *, url: str, events: Collection[str], by: User, at: datetime, door: Door | None = None
) -> Endpoint:
    """Add an endpoint.

    Raises Refused (code `url` or `events`) for an address that may not be called or is there already, for no or an
    unknown event, and when there are too many.
    """
    check_address(url, door)  # before the transaction: a name takes its time
    with transaction.atomic():
        client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)  # two at once: one after the other
        if Endpoint.objects.filter(client=client).count() >= MOST_ENDPOINTS:
            message = f"{client} has {MOST_ENDPOINTS} endpoints already: change one of these."
            raise Refused(message, "url")
        _check(client, url, events)
        endpoint = Endpoint(
            client=client, url=url, events=_in_order(events), key_id=_new_key_id(), created_at=at, created_by=by
        )
        record(endpoint, by=by, at=at, reason="added")
        forget_listeners(client.pk)
        return endpoint


def change_endpoint(
    endpoint: Endpoint,
    *,
    url: str,
    events: Collection[str],
    is_active: bool,
    by: User,
    at: datetime,
    door: Door | None = None,
) -> Endpoint:
    """Change an endpoint. What waits goes to the new address; switched off, it is canceled.

    Raises Refused as `add_endpoint` does.
    """
    if url != endpoint.url or (is_active and not endpoint.is_active):
        check_address(url, door)
    with transaction.atomic():
        endpoint = Endpoint.objects.lock(endpoint)
        _check(endpoint.client, url, events, but=endpoint)
        endpoint.url, endpoint.events = url, _in_order(events)
        reason = "changed" if is_active == endpoint.is_active else "switched on" if is_active else "switched off"
        endpoint.is_active = is_active
        endpoint.resting_until = endpoint.failing_since = endpoint.told_at = None
        record(endpoint, by=by, at=at, reason=reason)
        if not is_active:
            waiting = Notification.objects.filter(endpoint=endpoint, status=Delivery.QUEUED)
            waiting.update(status=Delivery.CANCELED, ended_at=at, next_attempt_at=None, problem=SWITCHED_OFF)
        forget_listeners(endpoint.client_id)
        return endpoint


def _check(client: Client, url: str, events: Collection[str], *, but: Endpoint | None = None) -> None:
    if Endpoint.objects.filter(client=client, url=url).exclude(pk=but.pk if but else 0).exists():
        raise Refused("This address is there already: change its events instead.", "url")
    if not events or not set(events) <= dict(CHOSEN_EVENTS).keys():
        raise Refused("Choose at least one event.", "events")


def _in_order(events: Collection[str]) -> list[str]:
    return [event for event, _ in CHOSEN_EVENTS if event in events]


def _new_key_id() -> str:
    return "k" + secrets.token_hex(6)


@transaction.atomic
def rotate_secret(endpoint: Endpoint, *, by: User, at: datetime) -> Endpoint:
    """Give an endpoint a new secret; the previous one signs along for a day."""
    endpoint = Endpoint.objects.lock(endpoint)
    endpoint.previous_key_id, endpoint.previous_until = endpoint.key_id, at + BOTH_SECRETS
    endpoint.key_id = _new_key_id()
    return record(endpoint, by=by, at=at, reason="new secret")


@transaction.atomic
def send_test_event(endpoint: Endpoint, *, by: User, at: datetime) -> Notification:
    """Write a test event; it goes out within seconds and is tried once.

    Raises Refused while the endpoint is switched off.
    """
    endpoint = Endpoint.objects.lock(endpoint)
    _check_is_on(endpoint)
    _stop_resting(endpoint)
    return write_test(endpoint, facts={**client_facts(endpoint.client), "sent_by": str(by)}, at=at, by=by)


@transaction.atomic
def retry_notification(notification: Notification, *, by: User, at: datetime) -> Notification:
    """Try a notification again now, and for another 48 hours; its body and event id stay.

    Raises Refused for one that is delivered or on its way, and while its endpoint is switched off.
    """
    endpoint = Endpoint.objects.lock(notification.endpoint)  # before its notifications, as everywhere
    notification = Notification.objects.lock(notification)
    RETRY.check(notification.status, label_of=DELIVERY_LABELS)
    _check_is_on(endpoint)
    _stop_resting(endpoint)
    notification.status, notification.attempts, notification.ended_at = Delivery.QUEUED, 0, None
    notification.next_attempt_at, notification.give_up_at = at, at + PATIENCE
    return record(notification, by=by, at=at, reason="retry")


@transaction.atomic
def retry_failed(endpoint: Endpoint, *, by: User, at: datetime) -> int:
    """Try all failed notifications of an endpoint again, as `retry_notification` does; return how many.

    Raises Refused when there are none, and while the endpoint is switched off.
    """
    endpoint = Endpoint.objects.lock(endpoint)
    _check_is_on(endpoint)
    failed = Notification.objects.filter(endpoint=endpoint, status=Delivery.FAILED)
    number = failed.update(
        status=Delivery.QUEUED, attempts=0, ended_at=None, next_attempt_at=at, give_up_at=at + PATIENCE
    )
    if not number:
        raise Refused("No notification of this endpoint has failed.", "status")
    _stop_resting(endpoint)
    what = "1 failed notification is" if number == 1 else f"{number} failed notifications are"
    record(endpoint, by=by, at=at, reason=f"{what} tried again")
    return number


def _check_is_on(endpoint: Endpoint) -> None:
    if not endpoint.is_active:
        raise Refused("This endpoint is switched off: switch it on first.", "off")


def _stop_resting(endpoint: Endpoint) -> None:
    endpoint.resting_until = None
    Endpoint.objects.filter(pk=endpoint.pk).update(resting_until=None)
