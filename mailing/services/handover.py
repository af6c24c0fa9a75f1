"""Handing over what is due: claim, everything but the dot, fence, dot, finish.

1. *Claim*, committed: a few at once. Then one after the other: 2. Everything but the final dot, no transaction open;
any failure here means "not accepted". 3. *Fence*, committed: the guard looks again, the bytes are kept. 4. The dot, and
up to 600 s for the answer. 5. *Finish*, committed.
A worker that dies before the fence leaves an e-mail that goes out later, as do those that it had claimed and not begun;
one that dies after it leaves one in doubt.
"""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from mailing.models import Email, RelayState
from mailing.services.capture import CaptureTransport, SinkTransport, keep, keep_due
from mailing.services.claims import (
    LEASES,
    Claim,
    ClaimLostError,
    Ending,
    Leases,
    NewsUntoldError,
    back_to_queue,
    claim_due,
    finish,
    give_back,
    pass_fence,
    take_over_from_the_dead,
)
from mailing.services.relay import (
    PERMANENT,
    TEMPORARY,
    Answer,
    Envelope,
    NoAnswerError,
    NotAcceptedError,
    SmtpTransport,
    UnreachableError,
    ascii_address,
    described,
)
from mailing.services.render import mime_of
from mailing.signals import email_failed, email_handed_over, email_uncertain, email_unprepared
from mailing.states import Carrier, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.dispatch import Signal

    from mailing.services.relay import Transport
    from mailing.services.render import Mime

    Clock = Callable[[], datetime]

log = logging.getLogger(__name__)

AT_ONCE = 10
"""E-mails per claim: one commit for all of them. So many wait for the end of their lease when a worker dies, or when
the relay takes minutes to answer for one of them."""
FENCED, DOUBTED = (Status.HANDOFF,), (Status.UNCERTAIN,)
"""What an e-mail is when its answer comes: as this worker left it, or believed to be a dead worker's."""
NOTING_PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries to note an answer: a database that restarts must not leave an e-mail in doubt."""


@dataclass(slots=True)
class HandoverResult:
    """What a round did: how many attempts ended how, what dead workers had left, and the relay's trouble."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    recovered: int = 0
    unreachable: str = ""

    @property
    def sent(self) -> int:
        """E-mails taken over by the relay, the capture or the sink."""
        return self.outcomes[Outcome.ACCEPTED] + self.outcomes[Outcome.CAPTURED]

    @property
    def total(self) -> int:
        """All attempts of this round."""
        return self.outcomes.total()


@dataclass(slots=True)
class Claims:
    """E-mails in this worker's hands that it has not begun with: claimed together, handed over one after the other."""

    clock: Clock
    leases: Leases
    waiting: deque[Claim] = field(default_factory=deque)

    def next(self, *, most: int) -> Claim | None:
        """Give the next one, at most so many claimed at once; None when nothing is due."""
        if self.waiting and self.waiting[0].attempt.claimed_at + self.leases.claim / 2 <= self.clock():
            self.give_back()  # so much of the lease is gone with those before: better begun under a new one
        if not self.waiting:
            self.waiting.extend(_claim(clock=self.clock, leases=self.leases, most=most))
        return self.waiting.popleft() if self.waiting else None

    def give_back(self) -> None:
        """Leave the rest to whoever comes next."""
        if self.waiting:
            give_back(self.waiting)
            self.waiting.clear()


def hand_over_due(
    *,
    clock: Clock,
    transport: Transport | CaptureTransport | SinkTransport,
    limit: int | None = None,
    until: datetime | None = None,
    leases: Leases = LEASES,
    on_attempt: Callable[[Outcome], None] | None = None,
) -> HandoverResult:
    """Hand over e-mails that are due, longest due first, at most `limit`; first take over what dead workers left.

    None is begun after `until`, and it ends early when the relay can't be used. `on_attempt` hears of every attempt's
    outcome (for progress bars).
    With a relay no transaction may be open; raises RuntimeError otherwise.
    """
    result = HandoverResult(recovered=take_over_from_the_dead(at=clock()))

    def note(outcome: Outcome) -> None:
        result.outcomes[outcome] += 1
        if on_attempt is not None:
            on_attempt(outcome)

    if isinstance(transport, CaptureTransport | SinkTransport):
        keep_due(transport, clock=clock, limit=limit, until=until, note=note)
        return result
    mine = Claims(clock, leases)
    try:
        while (limit is None or result.total < limit) and (until is None or clock() < until):
            claim = mine.next(most=AT_ONCE if limit is None else min(AT_ONCE, limit - result.total))
            if claim is None:
                break
            note(_deliver(claim, transport, clock=clock, leases=leases))
    except UnreachableError as error:
        note(Outcome.NOT_ACCEPTED)
        result.unreachable = error.words
    finally:
        transport.close()
        with suppress(OperationalError, InterfaceError):  # they come back by themselves when their lease ends
            mine.give_back()
    if result.outcomes[Outcome.ACCEPTED]:
        note_relay(at=clock())
    return result


def hand_over(
    email: Email, *, clock: Clock, transport: Transport | CaptureTransport | SinkTransport, leases: Leases = LEASES
) -> Outcome | None:
    """Hand over this one e-mail if it is due; return how the attempt ended, or None when it was not due."""
    if isinstance(transport, CaptureTransport | SinkTransport):
        row = Email.objects.due(clock()).select_related("client").filter(pk=email.pk).first()
        return None if row is None else keep(row, transport, clock=clock)
    claims = _claim(clock=clock, leases=leases, only=email)
    if not claims:
        return None
    try:
        return _deliver(claims[0], transport, clock=clock, leases=leases)
    except UnreachableError:
        return Outcome.NOT_ACCEPTED
    finally:
        transport.close()


def _claim(*, clock: Clock, leases: Leases, most: int = 1, only: Email | None = None) -> list[Claim]:
    if connection.in_atomic_block:
        message = "An e-mail can't be handed to a relay inside a transaction: a rollback could not call it back."
        raise RuntimeError(message)
    return claim_due(at=clock(), most=most, leases=leases, only=only)


def _deliver(claim: Claim, transport: Transport, *, clock: Clock, leases: Leases) -> Outcome:
    """Take one claimed e-mail through steps 2 to 5. Raises UnreachableError after having queued it again."""
    ended = _prepare(claim, transport, clock=clock, leases=leases)
    if ended is not None:
        return ended
    try:
        answer = transport.dot()
    except NotAcceptedError as error:
        return _not_accepted(claim, error, clock=clock)
    except NoAnswerError as error:
        return _note(claim, in_doubt(f"No answer to the final dot: {error}"), clock=clock)
    return _note(claim, _settled(claim.email, answer, at=clock()), clock=clock)


def _prepare(claim: Claim, transport: Transport, *, clock: Clock, leases: Leases) -> Outcome | None:
    """Say everything but the dot and pass the fence; return None when the dot may be said, else how it ended."""
    try:
        mime = mime_of(claim.email, at=clock())
        claim.words = transport.write(_envelope(claim.email, mime))
        if not pass_fence(claim, mime, clock=clock, leases=leases):
            return None
        transport.abort()
    except NotAcceptedError as error:
        return _not_accepted(claim, error, clock=clock)
    except ClaimLostError:
        transport.abort()
        return Outcome.NOT_ACCEPTED
    except Exception as error:
        # a renderer or a guard that fails is a bug, but no reason to lose this e-mail or to stop the others
        transport.abort()
        log.exception("e-mail %s could not be prepared for its hand-over", claim.email.pk)
        words = f"{type(error).__name__}: {described(error)}"
        return _not_accepted(claim, NotAcceptedError(words), clock=clock, news=email_unprepared)
    return Outcome.DROPPED


def _envelope(email: Email, mime: Mime) -> Envelope:
    return Envelope(ascii_address(email.sender_address), ascii_address(email.recipient), mime.content)


def _settled(email: Email, answer: Answer, *, at: datetime) -> Ending:
    """Turn the relay's answer into an ending."""
    words = f"{answer.code} {answer.words}"
    let_go = {"claim_token": None, "lease_until": None, "relay_reply": words, "transport": Carrier.SMTP}
    if answer.code >= PERMANENT:
        return Ending(Outcome.REFUSED, words, {"status": Status.FAILED, **let_go}, FENCED, email_failed)
    if answer.code >= TEMPORARY:
        return Ending(Outcome.DEFERRED, words, {**let_go, **back_to_queue(email, at=at)}, FENCED)
    sent = {"status": Status.SENT, "sent_at": at, **let_go}
    is_smooth = email.attempts == 1 and email.original_id is None
    return Ending(Outcome.ACCEPTED, words, sent, FENCED, email_handed_over, is_smooth)


def in_doubt(words: str) -> Ending:
    """Say that the e-mail may have been accepted: from here on only a person decides."""
    changes = {"status": Status.UNCERTAIN, "claim_token": None, "lease_until": None, "relay_reply": words}
    return Ending(Outcome.NO_ANSWER, words, changes, FENCED + DOUBTED, email_uncertain)


def _not_accepted(claim: Claim, error: NotAcceptedError, *, clock: Clock, news: Signal | None = None) -> Outcome:
    """Queue it again, or note that it was refused for good. The relay's own trouble is raised again."""
    at = clock()
    sources = (Status.CLAIMED, Status.HANDOFF)
    unreachable = isinstance(error, UnreachableError)
    reply = {"relay_reply": error.words}
    if error.permanent:
        changes = {"status": Status.FAILED, "claim_token": None, "lease_until": None, "transport": Carrier.SMTP}
        return _note(claim, Ending(Outcome.REFUSED, error.words, changes | reply, sources, email_failed), clock=clock)
    changes = back_to_queue(claim.email, at=at, unreachable=unreachable)
    outcome = Outcome.DEFERRED if error.words[:1] == "4" and not unreachable else Outcome.NOT_ACCEPTED
    noted = _note(claim, Ending(outcome, error.words, changes | reply, sources, news), clock=clock)
    if unreachable:
        note_relay(at=at, error=error.words)
        raise error
    return noted


def _note(claim: Claim, ending: Ending, *, clock: Clock) -> Outcome:
    """Commit an ending, patiently: the relay has answered, and only this process knows."""
    pauses = iter(NOTING_PAUSES)
    while True:
        try:
            finish(claim, ending, at=clock())
        except ClaimLostError:
            if ending.sources == FENCED:  # believed dead, it has its answer after all: that settles the doubt
                ending = replace(ending, sources=DOUBTED, is_smooth=False)
                continue
            log.warning("e-mail %s was decided by somebody else before its %s", claim.email.pk, ending.outcome)
        except NewsUntoldError:
            log.exception("the news of e-mail %s could not be told", claim.email.pk)
            words = f"The relay said “{ending.words}”, but noting it here failed; see the error log."
            news = None if ending.news is email_uncertain else email_uncertain
            ending = Ending(Outcome.NO_ANSWER, words, _doubted(words), ending.sources, news)
            continue
        except (OperationalError, InterfaceError):
            connection.close()
            pause = next(pauses, None)
            if pause is None:
                raise
            time.sleep(pause)
            continue
        return ending.outcome


def _doubted(words: str) -> dict[str, object]:
    return {"status": Status.UNCERTAIN, "claim_token": None, "lease_until": None, "sent_at": None, "relay_reply": words}


def note_relay(*, at: datetime, error: str = "") -> None:
    """Remember that the relay works, or since when it doesn't and what it said last: for `/health` and every page."""
    state, _ = RelayState.objects.get_or_create(pk=1)
    row = RelayState.objects.filter(pk=state.pk)
    if error:
        row.update(failing_since=Coalesce(F("failing_since"), Value(at)), last_error=error, last_error_at=at)
    else:
        row.update(failing_since=None, last_success_at=at)


def configured_transport() -> SmtpTransport | CaptureTransport:
    """Return the carrier this installation is set up for: its relay, or the capture when there is none."""
    return SmtpTransport(settings.MAIL_RELAY) if settings.MAIL_RELAY else CaptureTransport()
