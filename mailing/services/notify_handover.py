"""Handing notifications over to clients' endpoints: the worker's side.

As with e-mail, all is rows: one notification is claimed (committed), its claim is checked once more right before the
call (the fence), nothing is called inside a transaction, and what came of it is noted only by whoever still has the
claim. A worker that dies leaves a row whose lease ends; it is told again then, under the same event id.

On one machine the same worker sends e-mail: a round is short, and an endpoint that failed is left alone for a minute.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import User
from core.door import CallError, Door, call
from core.messages import Fact, Message
from core.refused import Refused
from mailing.models import Endpoint, Notification, NotificationTry
from mailing.services.claims import ClaimLostError, worker_name
from mailing.services.compose import queue_email
from mailing.services.notify import signature_of
from mailing.services.notify_endpoints import SWITCHED_OFF, WHOM, configured_door
from mailing.signals import endpoint_untold, notification_failed, notification_settled
from mailing.states import PATIENCE, REST, Delivery, Event, next_try

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LEASE: Final = timedelta(minutes=5)
"""How long a worker may take; after that it is thought dead and the notification is told again."""
MOST_AT_ONCE: Final = 100
EXCERPT: Final = 1000
"""Characters kept of what an endpoint answers."""
GIVEN_UP: Final = "Given up after 48 hours: the endpoint did not take it."


@dataclass(frozen=True, slots=True)
class Claim:
    """One notification in one worker's hands."""

    notification: Notification
    token: uuid.UUID
    attempt: NotificationTry


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one call; without a `problem` it was taken."""

    problem: str
    milliseconds: int
    status_code: int | None = None
    answer: str = ""


def hand_over_due(*, clock: Callable[[], datetime], door: Door | None = None, limit: int = MOST_AT_ONCE) -> int:
    """Tell endpoints what is due, at most `limit` and no longer than a round; return how many calls were made."""
    take_over_from_the_dead(at=clock())
    give_up_overdue(at=clock(), limit=limit)
    calls, door = 0, door or configured_door()
    ends = time.monotonic() + door.round_seconds
    while calls < limit and time.monotonic() < ends:
        claim = claim_next(at=clock())
        if claim is None:
            break
        calls += hand_over(claim, door, clock=clock)
    return calls


@transaction.atomic
def claim_next(*, at: datetime) -> Claim | None:
    """Take the notification that has been due longest, or return None when nothing is due."""
    due = Notification.objects.due(at)
    rows = due.order_by("next_attempt_at", "pk").select_related("endpoint__client")
    row = rows.select_for_update(skip_locked=True, of=("self",)).first()
    token = uuid.uuid4()
    changes = {"status": Delivery.SENDING, "claim_token": token, "lease_until": at + LEASE}
    mine = Notification.objects.filter(pk=row.pk, status=Delivery.QUEUED) if row else Notification.objects.none()
    if row is None or not mine.update(**changes, attempts=F("attempts") + 1):
        return None
    row.attempts += 1
    attempt = NotificationTry.objects.create(notification=row, started_at=at, worker=worker_name())
    return Claim(row, token, attempt)


def hand_over(claim: Claim, door: Door, *, clock: Callable[[], datetime]) -> bool:
    """Call the endpoint, unless the claim is lost or the endpoint off by now; return whether it was called."""
    try:
        if not pass_fence(claim, at=clock()):
            return False
        result = _call(claim, door, at=clock())
        finish(claim, result, at=clock())
    except ClaimLostError:
        return False
    return True


@transaction.atomic
def pass_fence(claim: Claim, *, at: datetime) -> bool:
    """Look once more, right before the call: whether the claim still holds, and the endpoint as it is now.

    Raises ClaimLostError when the lease has ended; another worker may have it.
    """
    row = claim.notification
    row.endpoint = Endpoint.objects.select_related("client").get(pk=row.endpoint_id)
    if not row.endpoint.is_active:
        _let_go(claim, {"status": Delivery.CANCELED, "ended_at": at, "problem": SWITCHED_OFF})
        _end(claim, Result(SWITCHED_OFF, 0), at=at)
        return False
    if not _mine(claim).filter(lease_until__gt=at).update(lease_until=at + LEASE):
        raise ClaimLostError
    return True


def _call(claim: Claim, door: Door, *, at: datetime) -> Result:
    row, body = claim.notification, claim.notification.body.encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Kontor-Event": row.event,
        "Kontor-Event-Id": str(row.event_id),
        "Kontor-Signature": signature_of(row.endpoint, body, at=at),
    }
    began = time.monotonic()
    try:
        answer = call(row.endpoint.url, body=body, headers=headers, door=door, whom=WHOM)
    except CallError as error:
        return Result(str(error)[:300], _since(began))
    is_taken = HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES
    problem = "" if is_taken else f"Answered with status {answer.status}."
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        problem = f"Answered with status {answer.status}; redirects are not followed."
    text = answer.content[: EXCERPT * 4].decode(errors="replace").replace("\x00", "\ufffd")[:EXCERPT]
    return Result(problem, _since(began), answer.status, text)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


@transaction.atomic
def finish(claim: Claim, result: Result, *, at: datetime) -> None:
    """Note what came of a call: delivered, to be tried again, or given up.

    Raises ClaimLostError, and notes nothing, when the notification is not this worker's any more.
    """
    row = claim.notification
    endpoint = Endpoint.objects.filter(pk=row.endpoint_id)
    if not result.problem:
        _let_go(claim, {"status": Delivery.SENT, "ended_at": at, "problem": ""})
        endpoint.update(failing_since=None, resting_until=None, told_at=None, last_success_at=at)
        notification_settled.send(Notification, notification=row, at=at)
    else:
        turn = next_try(row.attempts, at=at, until=row.give_up_at)
        status = Delivery.QUEUED if turn else Delivery.FAILED
        changes = {"status": status, "next_attempt_at": turn, "problem": result.problem}
        _let_go(claim, changes | ({} if turn else {"ended_at": at}))
        if row.event != Event.TEST:
            endpoint.update(failing_since=Coalesce(F("failing_since"), at), resting_until=at + REST)
            tell_if_failing(endpoint.select_related("client").get(), problem=result.problem, at=at)
            if not turn:
                notification_failed.send(Notification, notification=row, at=at)
    _end(claim, result, at=at)


def _mine(claim: Claim) -> Any:
    return Notification.objects.filter(pk=claim.notification.pk, status=Delivery.SENDING, claim_token=claim.token)


def _let_go(claim: Claim, changes: dict[str, Any]) -> None:
    if not _mine(claim).update(**{"next_attempt_at": None, "claim_token": None, "lease_until": None, **changes}):
        raise ClaimLostError
    for name, value in changes.items():
        setattr(claim.notification, name, value)


def _end(claim: Claim, result: Result, *, at: datetime) -> None:
    NotificationTry.objects.filter(pk=claim.attempt.pk).update(
        ended_at=at,
        status_code=result.status_code,
        milliseconds=result.milliseconds,
        answer=result.answer,
        problem=result.problem,
    )


def take_over_from_the_dead(*, at: datetime) -> int:
    """Queue again what workers had whose lease has ended; return how many."""
    return sum(take_over(pk, at=at) for pk in Notification.objects.expired(at).values_list("pk", flat=True))


@transaction.atomic
def take_over(pk: int, *, at: datetime) -> bool:
    """Queue one again, unless its worker gave a sign of life or somebody else did it; return whether."""
    changes = {"status": Delivery.QUEUED, "next_attempt_at": at, "claim_token": None, "lease_until": None}
    if not Notification.objects.expired(at).filter(pk=pk).update(**changes):
        return False
    words = "The worker was lost; the endpoint may have been told."
    NotificationTry.objects.filter(notification=pk, ended_at=None).update(ended_at=at, problem=words)
    return True


def give_up_overdue(*, at: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Give up what waited 48 hours for an endpoint that is left alone since it does not answer; return how many."""
    overdue = Notification.objects.overdue(at).select_related("endpoint__client").order_by("pk")
    return sum(give_up(row, at=at) for row in overdue[:limit])


@transaction.atomic
def give_up(row: Notification, *, at: datetime) -> bool:
    """Give one up, unless somebody retried it meanwhile; return whether."""
    row.status, row.ended_at, row.problem = Delivery.FAILED, at, row.problem or GIVEN_UP
    changes = {"status": row.status, "ended_at": at, "problem": row.problem, "next_attempt_at": None}
    if not Notification.objects.filter(pk=row.pk, status=Delivery.QUEUED, give_up_at__lt=at).update(**changes):
        return False
    notification_failed.send(Notification, notification=row, at=at)
    return True


# The client hears of it ----------------------------------------------------------------------------------------------


def tell_if_failing(endpoint: Endpoint, *, problem: str, at: datetime) -> None:
    """Write to the client's admins, once, when an endpoint has failed for 48 hours.

    Where none of them has an address that works it is the client's own that gets it; who could not be told is said.
    """
    if endpoint.failing_since is None or at - endpoint.failing_since < PATIENCE:
        return
    if not Endpoint.objects.filter(pk=endpoint.pk, told_at=None).update(told_at=at):
        return
    admins = User.objects.filter(client=endpoint.client, role="client_admin", is_active=True).exclude(email="")
    people = {user.email: user.name for user in admins.order_by("pk")}
    untold = [name for address, name in people.items() if not _tell(endpoint, address, name, problem=problem, at=at)]
    if len(untold) == len(people) and not _tell(endpoint, endpoint.client.email, "", problem=problem, at=at):
        untold.append(endpoint.client.name)
    if untold:
        endpoint_untold.send(Endpoint, endpoint=endpoint, people=untold, at=at)


def _tell(endpoint: Endpoint, address: str, name: str, *, problem: str, at: datetime) -> bool:
    message = _failing(endpoint, name=name, problem=problem)
    try:
        queue_email(
            client=None,
            kind="client_endpoint",
            reference="",
            dedupe_key=f"endpoint:{endpoint.pk}:{at.isoformat()}:{address}",
            recipient=address,
            recipient_name=name,
            language=message.language,
            subject=message.subject_line,
            body_text=message.text,
            body_html=message.html,
            at=at,
        )
    except Refused:  # no address at all; what came of the call is noted all the same
        return False
    return True


def _failing(endpoint: Endpoint, *, name: str, problem: str) -> Message:
    since = endpoint.failing_since
    return Message(
        language="en",
        sender="Kontor",
        subject="Your endpoint has not taken notifications for 48 hours",
        greeting=f"Hello {name}," if name else "Hello,",
        before=(
            "an endpoint of yours has failed for 48 hours. What could not be delivered since is marked as failed.",
        ),
        facts=(
            Fact("Endpoint", endpoint.place, strong=True),
            Fact("Failing since", f"{since:%Y-%m-%d %H:%M} UTC"),
            Fact("Last answer", problem),
        ),
        link=settings.PUBLIC_URL + reverse("mailing:endpoint", args=[endpoint.pk]),
        link_label="See what failed, and retry once it works",
        after=("This is said once, and again only after it has worked in between.",),
        regards="Regards",
    )
