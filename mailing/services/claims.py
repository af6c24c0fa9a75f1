"""A worker's steps in the life of an e-mail; each is one committed, conditional change of one row.

Nothing here talks to a relay. Whoever changes a row names the status and the token it must still have, so that of two
workers, or of a worker and a person, one wins and the other is told. Guards and signals come before the e-mail's own
row is touched: they lock purchases, and the lock order ends with the e-mail.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from mailing.models import Attempt, Email
from mailing.signals import email_dropped, email_uncertain, reason_against
from mailing.states import Carrier, Outcome, Status, retry_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Leases:
    """How long a worker may keep an e-mail before others think it dead."""

    claim: timedelta = timedelta(minutes=5)
    """From the claim to the fence: render, connect, say everything but the dot."""
    handoff: timedelta = timedelta(minutes=12)
    """From the fence to the answer: longer than the 600 s for which the answer is awaited."""


LEASES = Leases()


class ClaimLostError(Exception):
    """The e-mail is not this worker's any more: its lease ended, or a person held, canceled or decided it."""


class NewsUntoldError(Exception):
    """A receiver failed, so that what it was told about can't be noted either."""


@dataclass(slots=True)
class Claim:
    """One e-mail in one worker's hands."""

    email: Email
    token: uuid.UUID
    attempt: Attempt
    words: str = ""
    """What the relay said last."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: the e-mail's new fields, the attempt's outcome and words, and the news for other apps."""

    outcome: Outcome
    words: str
    changes: dict[str, Any]
    sources: Collection[str] = field(default=(Status.CLAIMED,))
    news: Signal | None = None


def worker_name() -> str:
    """Name this process for the evidence: machine and process number."""
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


@transaction.atomic
def claim_next(*, at: datetime, leases: Leases = LEASES, only: Email | None = None) -> Claim | None:
    """Take the e-mail that has been due longest (or `only` this one), or return None when nothing is due.

    Committed before anything is said to a relay. `SKIP LOCKED` keeps PostgreSQL's workers from queueing behind each
    other; on SQLite the transaction itself is exclusive. Either way the update asks again whether the row is free.
    """
    due = Email.objects.due(at)
    if only is not None:
        due = due.filter(pk=only.pk)
    email = due.in_turn().select_related("client").select_for_update(skip_locked=True, of=("self",)).first()
    token = uuid.uuid4()
    changes = {"status": Status.CLAIMED, "claim_token": token, "lease_until": at + leases.claim}
    if email is None or not due.filter(pk=email.pk).update(**changes, attempts=F("attempts") + 1):
        return None
    email.attempts += 1
    show(email, changes)
    attempt = Attempt.objects.create(email=email, claimed_at=at, worker=worker_name(), transport=Carrier.SMTP)
    return Claim(email, token, attempt)


@transaction.atomic
def pass_fence(claim: Claim, *, clock: Callable[[], datetime], leases: Leases = LEASES) -> str:
    """Decide, at the last moment, whether the dot may be said; return "" or the reason why not.

    The guard locks the purchase, so that a payment is either seen here or comes after the hand-over. With a reason the
    e-mail is CANCELED; otherwise it is HANDOFF from the commit on, and may have gone whatever happens to this worker.
    Raises ClaimLostError when the lease has ended or somebody else has decided about the e-mail.
    """
    reason = reason_against(claim.email)
    at = clock()
    if reason:
        changes: dict[str, Any] = {
            "status": Status.CANCELED,
            "drop_reason": reason,
            "claim_token": None,
            "lease_until": None,
        }
        finish(claim, Ending(Outcome.DROPPED, reason, changes, news=email_dropped), at=at)
        return reason
    changes = {"status": Status.HANDOFF, "lease_until": at + leases.handoff}
    mine = Email.objects.filter(pk=claim.email.pk, status=Status.CLAIMED, claim_token=claim.token)
    if not mine.filter(lease_until__gt=at).update(**changes):
        raise ClaimLostError
    Attempt.objects.filter(pk=claim.attempt.pk).update(handoff_at=at, words=claim.words)
    show(claim.email, changes)
    claim.attempt.handoff_at = at
    return ""


@transaction.atomic
def finish(claim: Claim, ending: Ending, *, at: datetime) -> None:
    """Note how an attempt ended, tell the other apps, and let go of the e-mail.

    Nothing is noted, and it raises, when the e-mail is not this worker's any more (ClaimLostError) or a receiver of the
    news is broken (NewsUntoldError).
    """
    show(claim.email, ending.changes)
    if ending.news is not None:
        tell(ending.news, claim.email, at=at)
    mine = Email.objects.filter(pk=claim.email.pk, claim_token=claim.token, status__in=ending.sources)
    if not mine.update(**ending.changes):
        raise ClaimLostError
    Attempt.objects.filter(pk=claim.attempt.pk).update(outcome=ending.outcome, words=ending.words, ended_at=at)


def tell(news: Signal, email: Email, *, at: datetime) -> None:
    """Tell the other apps. Raises NewsUntoldError for a receiver's bug; the database's own trouble passes as it is."""
    try:
        news.send(sender=Email, email=email, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise NewsUntoldError from error


def back_to_queue(email: Email, *, at: datetime, unreachable: bool = False) -> dict[str, Any]:
    """Return the fields of an e-mail that waits for its next attempt after a failed one."""
    return {
        "status": Status.QUEUED,
        "next_attempt_at": at + retry_delay(email.attempts, unreachable=unreachable),
        "claim_token": None,
        "lease_until": None,
    }


def take_over_from_the_dead(*, at: datetime) -> int:
    """Take e-mails from workers whose lease has ended; return how many.

    Not handed over: queued again at once. Possibly handed over: in doubt, for a person to decide.
    """
    expired = Email.objects.expired(at).select_related("client").order_by("pk")
    return sum(_take_over(email, at=at) for email in expired)


@transaction.atomic
def _take_over(email: Email, *, at: datetime) -> bool:
    was, token = email.status, email.claim_token
    if was == Status.CLAIMED:
        outcome, words = Outcome.WORKER_LOST, "The worker's time ran out before the message was handed over."
        changes: dict[str, Any] = {
            "status": Status.QUEUED,
            "next_attempt_at": at,
            "claim_token": None,
            "lease_until": None,
        }
    else:
        # the token stays: if that worker lives after all and gets its answer, the answer settles the doubt
        outcome, words = Outcome.NO_ANSWER, "The worker was lost between the final dot and noting the answer."
        changes = {"status": Status.UNCERTAIN, "lease_until": None}
    show(email, changes)
    if was == Status.HANDOFF:
        email_uncertain.send(sender=Email, email=email, at=at)
    # a sign of life since the row was read: leave it alone
    if not Email.objects.expired(at).filter(pk=email.pk, status=was, claim_token=token).update(**changes):
        transaction.set_rollback(True)
        return False
    Attempt.objects.filter(email=email, outcome=Outcome.RUNNING).update(outcome=outcome, words=words, ended_at=at)
    return True


def show(email: Email, changes: dict[str, Any]) -> None:
    """Let the row in memory show what is being written."""
    for name, value in changes.items():
        setattr(email, name, value)
