"""Telling clients' own systems what happened: written in the transaction of the change, handed over afterwards.

The body is frozen here and kept as the endpoint gets it; `docs/webhooks.md` promises its fields. Which endpoints want
an event is looked up once in ten seconds per process, so that those who have none pay nothing for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from django.core.cache import caches
from django.db import transaction
from django.utils.crypto import salted_hmac

from core.history import record
from mailing.models import Endpoint, Notification
from mailing.states import PATIENCE, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from accounts.models import Client, User

VERSION: Final = 1
"""Of the body: it changes when a field goes or means something else, not when one is added."""
KNOWN_FOR: Final = 10
"""Seconds after which an endpoint is told, wherever the event happens."""


def notify(
    client_id: int,
    event: Event,
    *,
    reference: str,
    dedupe_key: str,
    at: datetime,
    facts: Callable[[], Mapping[str, Any]],
) -> None:
    """Tell a client's endpoints that `event` happened, once per `dedupe_key`; `facts` is asked only if one listens.

    Call it in the transaction of the change.
    """
    listening = [pk for pk, events in listeners(client_id) if event in events]
    if not listening:
        return
    event_id = uuid4()
    body = body_of(event, event_id=event_id, at=at, facts=facts())
    Notification.objects.bulk_create(
        [_row(pk, event, event_id, body, reference=reference, dedupe_key=dedupe_key, at=at) for pk in listening],
        ignore_conflicts=True,
    )


def listeners(client_id: int) -> list[tuple[int, list[str]]]:
    """List a client's endpoints that are on, each with its events; known anew every few seconds."""
    known, key = caches["process"], _listeners_key(client_id)
    found: list[tuple[int, list[str]]] | None = known.get(key)
    if found is None:
        rows = Endpoint.objects.filter(client=client_id, is_active=True).order_by("pk")
        found = list(rows.values_list("pk", "events"))
        known.set(key, found, KNOWN_FOR)
    return found


def forget_listeners(client_id: int) -> None:
    """Look anew from the next event on, once the caller's transaction is committed; other processes in a moment."""
    transaction.on_commit(lambda: caches["process"].delete(_listeners_key(client_id)))


def _listeners_key(client_id: int) -> str:
    return f"mailing.listeners:{client_id}"


def write_test(endpoint: Endpoint, *, facts: Mapping[str, Any], at: datetime, by: User | None = None) -> Notification:
    """Write a test event to one endpoint; it is tried once."""
    event_id = uuid4()
    body = body_of(Event.TEST, event_id=event_id, at=at, facts=facts)
    row = _row(endpoint.pk, Event.TEST, event_id, body, reference="", dedupe_key=f"test:{event_id}", at=at)
    row.give_up_at = at
    return record(row, by=by, at=at, reason="test event")


def client_facts(client: Client) -> dict[str, Any]:
    """Say whose event it is."""
    return {"client": client.slug}


def body_of(event: Event, *, event_id: UUID, at: datetime, facts: Mapping[str, Any]) -> str:
    """Write the body as it goes out."""
    about = {"version": VERSION, "id": str(event_id), "event": event.value, "at": at.isoformat(), **facts}
    return json.dumps(about, ensure_ascii=False, indent=2)


def _row(
    endpoint_id: int, event: Event, event_id: UUID, body: str, *, reference: str, dedupe_key: str, at: datetime
) -> Notification:
    return Notification(
        endpoint_id=endpoint_id,
        event=event,
        event_id=event_id,
        reference=reference,
        dedupe_key=dedupe_key,
        body=body,
        created_at=at,
        next_attempt_at=at,
        give_up_at=at + PATIENCE,
    )


# Signing -------------------------------------------------------------------------------------------------------------


def secret_of(endpoint: Endpoint, key_id: str = "") -> str:
    """Derive the secret that signs what an endpoint is told: the one in force, or the one of `key_id`."""
    key = f"{endpoint.pk}:{key_id or endpoint.key_id}"
    return "kns_" + salted_hmac("mailing.endpoint", key, algorithm="sha256").hexdigest()


def signature_of(endpoint: Endpoint, body: bytes, *, at: datetime) -> str:
    """Sign `timestamp.body`: `t=1772442000,k1f…=9ac…`; for a day after a rotation with the previous secret, too."""
    stamp = int(at.timestamp())
    signed = b"%d." % stamp + body
    keys = [endpoint.key_id]
    if endpoint.previous_until is not None and endpoint.previous_until > at:
        keys.append(endpoint.previous_key_id)
    signatures = [
        f"{key}={hmac.new(secret_of(endpoint, key).encode(), signed, hashlib.sha256).hexdigest()}" for key in keys
    ]
    return ",".join([f"t={stamp}", *signatures])
