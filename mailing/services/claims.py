"""A worker's steps in the life of an e-mail; each is one committed, conditional change of one row.

Nothing here talks to a relay. Whoever changes a row names the status and the token it must still have, so that of two
workers, or of a worker and a person, one wins and the other is told. Guards and signals come before the e-mail's own
row is touched: they lock purchases, and the lock order ends with the e-mail.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, prefetch_related_objects

from mailing.models import Attempt, Email
from mailing.services.render import keep_mime
from mailing.services.rows import change
from mailing.signals import email_dropped, email_uncertain, reason_against
from mailing.states import Carrier, Outcome, Status, retry_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.dispatch import Signal

    from mailing.services.render import Mime


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
    sources: Sequence[Status] = (Status.CLAIMED,)
    """The statuses it may be in, in the order of its life."""
    news: Signal | None = None
    is_smooth: bool = False
    """Nothing was ever wrong with the e-mail: the relay took it at its first attempt."""


def worker_name() -> str:
    """Name this process for the evidence: machine and process number."""
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


@transaction.atomic
def claim_due(*, at: datetime, most: int = 1, leases: Leases = LEASES, only: Email | None = None) -> list[Claim]:
    """Take the e-mails that have been due longest, at most so many (or `only` this one); empty: nothing is due.

    Committed before anything is said to a relay. `SKIP LOCKED` keeps PostgreSQL's workers from queueing behind each
    other; on SQLite the transaction itself is exclusive. Either way the update asks again whether the rows are free.
    """
    due = Email.objects.due(at)
    if only is not None:
        due = due.filter(pk=only.pk)
    locked = due.in_turn().select_related("client").select_for_update(skip_locked=True, of=("self",))
    emails = _without_killers(list(locked[:most]))
    token = uuid.uuid4()
    changes = {"status": Status.CLAIMED, "claim_token": token, "lease_until": at + leases.claim}
    mine = due.filter(pk__in=[email.pk for email in emails])
    if not emails or mine.update(**changes, attempts=F("attempts") + 1) != len(emails):
        transaction.set_rollback(True)
        return []
    prefetch_related_objects([email for email in emails if not email.mime_sha256], "attachments")
    for email in emails:
        email.attempts += 1
        show(email, changes)
    tries = Attempt.objects.bulk_create(
        Attempt(email=email, claimed_at=at, worker=worker_name(), transport=Carrier.SMTP) for email in emails
    )
    return [Claim(email, token, attempt) for email, attempt in zip(emails, tries, strict=True)]


def _without_killers(emails: list[Email]) -> list[Email]:
    """An e-mail that a worker died with is claimed alone: should it be the reason, no other has to wait with it."""
    held = Attempt.objects.filter(email__in=emails, outcome=Outcome.WORKER_LOST)
    suspects = set(held.values_list("email_id", flat=True))
    place = next((place for place, email in enumerate(emails) if email.pk in suspects), len(emails))
    return emails[: max(place, 1)]


@transaction.atomic
def give_back(claims: Sequence[Claim]) -> None:
    """Put e-mails that were claimed and not begun back to where they were, as if nobody had taken them."""
    for claim in claims:
        mine = Email.objects.filter(pk=claim.email.pk, status=Status.CLAIMED, claim_token=claim.token)
        changes = {"status": Status.QUEUED, "claim_token": None, "lease_until": None}
        if mine.update(**changes, attempts=F("attempts") - 1):
            Attempt.objects.filter(pk=claim.attempt.pk).delete()


@transaction.atomic
def pass_fence(claim: Claim, mime: Mime, *, clock: Callable[[], datetime], leases: Leases = LEASES) -> str:
    """Decide, at the last moment, whether the dot may be said; return "" or the reason why not.

    The guard locks the purchase, so that a payment is either seen here or comes after the hand-over. With a reason the
    e-mail is CANCELED; otherwise its bytes are kept, and it is HANDOFF from the commit on: it may have gone whatever
    happens to this worker.
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
    is_new, lease_until = not claim.email.mime_sha256, claim.email.lease_until
    changes = {"status": Status.HANDOFF, "lease_until": at + leases.handoff, "mime_sha256": mime.sha256}
    is_alive = lease_until is not None and lease_until > at
    if not is_alive or not change(claim.email, changes, status=Status.CLAIMED, claim_token=claim.token):
        raise ClaimLostError
    if is_new:
        keep_mime(claim.email, mime)
    change(claim.attempt, {"handoff_at": at, "words": claim.words})
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
        tell(ending.news, claim.email, at=at, is_smooth=ending.is_smooth)
    mine = (change(claim.email, ending.changes, status=was, claim_token=claim.token) for was in ending.sources)
    if not any(mine):
        raise ClaimLostError
    change(claim.attempt, {"outcome": ending.outcome, "words": ending.words, "ended_at": at})


def tell(news: Signal, email: Email, *, at: datetime, is_smooth: bool) -> None:
    """Tell the other apps. Raises NewsUntoldError for a receiver's bug; the database's own trouble passes as it is."""
    try:
        news.send(sender=Email, email=email, at=at, is_smooth=is_smooth)
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
        outcome, words = Outcome.WORKER_LOST, "The worker's time ran out before it came to hand the message over."
        changes: dict[str, Any] = {
            "status": Status.QUEUED,
            "attempts": email.attempts - 1,  # the relay has not been asked: its next refusal must not wait longer
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
