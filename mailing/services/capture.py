"""What never leaves the house: the built-in capture and a replay's sink.

There is nothing to claim and nothing to doubt: the hand-over is a change in this very database, and happens or not.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction

from mailing.models import Attempt, Email
from mailing.services.claims import ClaimLostError, back_to_queue, show, worker_name
from mailing.services.relay import described
from mailing.services.render import frozen_mime
from mailing.signals import email_dropped, email_handed_over, email_unprepared, reason_against
from mailing.states import Carrier, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = logging.getLogger(__name__)

CHUNK = 200


class CaptureTransport:
    """Keeps every message here, to be read in the product; nobody gets anything."""

    carrier = Carrier.CAPTURE
    reply = "Captured here instead of being sent: no mail relay is configured."
    needs_bytes = True


class SinkTransport:
    """Takes every message at once and renders none: for replaying the past. Guards are asked all the same."""

    carrier = Carrier.SINK
    reply = "Accepted by the replay."
    needs_bytes = False


def keep_due(
    transport: CaptureTransport | SinkTransport,
    *,
    clock: Callable[[], datetime],
    limit: int | None,
    until: datetime | None = None,
    note: Callable[[Outcome], None],
) -> None:
    """Keep what is due, longest due first, at most `limit`, none after `until`; `note` hears of every outcome."""
    done = 0
    while limit is None or done < limit:
        size = CHUNK if limit is None else min(CHUNK, limit - done)
        rows = list(Email.objects.due(clock()).in_turn().select_related("client")[:size])
        if not rows:
            break
        for email in rows:
            if until is not None and clock() >= until:
                return
            note(keep(email, transport, clock=clock))
        done += len(rows)


def keep(email: Email, transport: CaptureTransport | SinkTransport, *, clock: Callable[[], datetime]) -> Outcome:
    """Keep one e-mail that is due; what can't be rendered waits for its next attempt."""
    started, attempts = clock(), email.attempts + 1
    try:
        if transport.needs_bytes:
            frozen_mime(email, at=started)
        status = _accept(email, carrier=transport.carrier, reply=transport.reply, at=clock())
    except ClaimLostError:
        return Outcome.NOT_ACCEPTED
    except Exception as error:
        log.exception("e-mail %s could not be prepared for its hand-over", email.pk)
        outcome, words = Outcome.NOT_ACCEPTED, f"{type(error).__name__}: {described(error)}"
        email.attempts = attempts
        changes = back_to_queue(email, at=started) | {"attempts": attempts, "relay_reply": words}
        if Email.objects.filter(pk=email.pk, status=Status.QUEUED).update(**changes):
            show(email, changes)
            email_unprepared.send(sender=Email, email=email, at=started)
    else:
        kept = Outcome.CAPTURED if transport.needs_bytes else Outcome.ACCEPTED
        outcome, words = (kept, transport.reply) if status == Status.SENT else (Outcome.DROPPED, email.drop_reason)
    if transport.needs_bytes or outcome != Outcome.ACCEPTED:
        Attempt.objects.create(
            email_id=email.pk,
            claimed_at=started,
            ended_at=clock(),
            outcome=outcome,
            words=words,
            worker=worker_name(),
            transport=transport.carrier,
        )
    return outcome


@transaction.atomic
def _accept(email: Email, *, carrier: Carrier, reply: str, at: datetime) -> Status:
    """Note a hand-over that happens nowhere but in this database (capture, replay), guard included, in one go.

    Nothing leaves the house, so there is nothing to claim: the row goes from QUEUED to where it ends, or stays.
    Raises ClaimLostError when it is not queued any more.
    """
    reason = reason_against(email)
    changes: dict[str, Any] = {"attempts": email.attempts + 1, "transport": carrier}
    if reason:
        changes |= {"status": Status.CANCELED, "drop_reason": reason}
    else:
        changes |= {"status": Status.SENT, "sent_at": at, "relay_reply": reply}
    show(email, changes)
    news = email_dropped if reason else email_handed_over
    news.send(sender=Email, email=email, at=at)
    if not Email.objects.filter(pk=email.pk, status=Status.QUEUED).update(**changes):
        raise ClaimLostError
    return changes["status"]  # type: ignore[no-any-return]
