"""The demo's endpoint: an example of what a client's own system was told. It is switched off, and nobody is called."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.models import User
from core.door import Door
from mailing.services.notify_endpoints import add_endpoint, change_endpoint
from mailing.services.notify_handover import Result, claim_next, finish
from mailing.states import CHOSEN_EVENTS
from purchases.models import Purchase
from purchases.services.news import tell_endpoints
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mailing.models import Endpoint

ADMIN: Final = "elbtor-admin"
ADDRESS: Final = "https://erp.elbtor.example/kontor/orders"
"""A name of which the registries promise that it never leads anywhere."""
EVENTS: Final = tuple(event for event, _label in CHOSEN_EVENTS)
CLOSED: Final = Door(allows=lambda _: True, look_up=lambda *_, **__: [(0, 0, 0, "", ("192.0.2.1", 443))])
"""No name is looked up."""
TAKEN: Final = Result("", 87, 204)
BUSY: Final = Result("Answered with status 503.", 412, 503, "Down for maintenance")
STORIES: Final[Sequence[Sequence[Result]]] = ((TAKEN,), (BUSY, TAKEN), (TAKEN,), ())
"""What the endpoint answered to each notification, the oldest first; the last still waits when it is switched off."""
PAUSE: Final = timedelta(minutes=1)


def show_endpoint() -> Endpoint | None:
    """Add an endpoint of one client, play what it was told of the latest paid orders, and switch it off."""
    admin = User.objects.filter(username=ADMIN).select_related("client").first()
    if admin is None or admin.client is None:
        return None
    paid = Purchase.objects.with_parties().filter(client=admin.client, status=Status.PAID).order_by("-paid_at", "-pk")
    told = [(one, one.paid_at) for one in reversed(paid[: len(STORIES)]) if one.paid_at is not None]
    if not told:
        return None
    since = told[0][1] - timedelta(days=1)
    endpoint = add_endpoint(admin.client, url=ADDRESS, events=EVENTS, by=admin, at=since, door=CLOSED)
    return _play(endpoint, told, by=admin)  # events find an endpoint only once it is committed


@transaction.atomic
def _play(endpoint: Endpoint, told: Sequence[tuple[Purchase, datetime]], *, by: User) -> Endpoint:
    """Tell it, answer for it, switch it off: in one transaction, so that no worker ever sees something to call."""
    at = endpoint.created_at
    for (purchase, paid_at), answers in zip(told, STORIES[-len(told) :], strict=True):
        at = paid_at
        tell_endpoints(purchase, "payment", at=at)
        for answer in answers:
            claim = claim_next(at=at)
            if claim is not None:
                finish(claim, answer, at=at)
            at += PAUSE
    return change_endpoint(endpoint, url=ADDRESS, events=EVENTS, is_active=False, by=by, at=at)
