"""What a relay may do to us, and what becomes of the e-mail."""

from __future__ import annotations

import hashlib
import socket
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from mailing.models import Email, EmailMime
from mailing.selectors import evidence, relay_state
from mailing.services import handover
from mailing.services.claims import LEASES, claim_due, pass_fence
from mailing.services.decide import hold_email
from mailing.services.handover import hand_over, hand_over_due
from mailing.services.relay import Envelope, SmtpTransport
from mailing.services.render import mime_of
from mailing.signals import email_dropped, email_failed, email_handed_over, email_uncertain, register_guard
from mailing.states import Outcome, Status
from tests.mailing.conftest import KIND, NOON
from tests.mailing.sink import Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from django.dispatch import Signal

    from accounts.models import User
    from mailing.signals import Guard
    from tests.mailing.conftest import Clock, QueueMail

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def heard(signal: Signal) -> Iterator[list[tuple[int, str, datetime]]]:
    """Note who is told what: e-mail, the status it shows, the moment."""
    news: list[tuple[int, str, datetime]] = []

    def note(email: Email, at: datetime, **_: Any) -> None:
        news.append((email.pk, email.status, at))

    signal.connect(note, sender=Email)
    try:
        yield news
    finally:
        signal.disconnect(note, sender=Email)


class Interrupted(SmtpTransport):
    """Something happens between the body and the fence, or between the fence and the dot."""

    def __init__(self, sink: Sink, *, before_fence: Callable[[], object] = bool, before_dot: Any = bool) -> None:
        super().__init__(sink, answer_seconds=1)
        self.before_fence = before_fence
        self.before_dot = before_dot

    def write(self, envelope: Envelope) -> str:
        words = super().write(envelope)
        self.before_fence()
        return words

    def dot(self) -> Any:
        self.before_dot()
        return super().dot()


def test_accepted_mail_is_sent_with_the_relays_reply(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    with heard(email_handed_over) as news:
        result = hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert (result.sent, result.unreachable) == (1, "")
    assert (email.status, email.sent_at, email.attempts) == (Status.SENT, NOON, 1)
    assert (email.relay_reply, email.transport) == ("250 taken", "smtp")
    assert (email.claim_token, email.lease_until) == (None, None)
    assert news == [(email.pk, Status.SENT, NOON)]
    [attempt] = evidence(email).attempts
    assert (attempt.outcome, attempt.words, attempt.handoff_at) == (Outcome.ACCEPTED, "250 taken", NOON)
    [message] = sink.messages
    assert message.sender == "rechnung@hafen-cad.example"
    assert message.recipient == email.recipient
    assert message.message_id == email.message_id
    assert message.content == bytes(EmailMime.objects.get(pk=email.pk).content)
    assert hashlib.sha256(message.content).hexdigest() == email.mime_sha256
    assert message.parsed.get_content().splitlines()[2] == ".anbei die Rechnung über 499,00 €."
    assert relay_state().last_success_at == NOON


def test_one_connection_serves_many_mails_longest_due_first(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    late, early = queue_mail(at=NOON), queue_mail(at=NOON - timedelta(hours=1))
    later = queue_mail(at=NOON + timedelta(hours=1))
    assert hand_over_due(clock=clock, transport=transport).sent == 2
    assert [message.message_id for message in sink.messages] == [early.message_id, late.message_id]
    assert sink.connections == 1 + 1  # the controller itself knocks once
    later.refresh_from_db()
    assert later.status == Status.QUEUED


def test_a_limit_is_kept(queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock) -> None:
    for _ in range(3):
        queue_mail()
    assert hand_over_due(clock=clock, transport=transport, limit=2).total == 2
    assert len(sink.messages) == 2


def test_with_a_slow_relay_a_round_ends_in_time(queue_mail: QueueMail, sink: Sink, clock: Clock) -> None:
    for _ in range(5):
        queue_mail()
    slow = Interrupted(sink, before_dot=lambda: clock.pass_(seconds=9))
    assert hand_over_due(clock=clock, transport=slow, until=NOON + timedelta(seconds=20)).sent == 3
    assert Email.objects.filter(status=Status.QUEUED, attempts=0).count() == 2


def test_deferred_mail_waits_longer_each_time_and_goes_out_unchanged(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    sink.plan.extend(["451 later"] * 7)
    waits = []
    for _ in range(7):
        hand_over_due(clock=clock, transport=transport)
        email.refresh_from_db()
        assert (email.status, email.relay_reply) == (Status.QUEUED, "451 later")
        assert email.next_attempt_at is not None
        waits.append(email.next_attempt_at - clock.now)
        assert hand_over_due(clock=clock, transport=transport).total == 0
        clock.now = email.next_attempt_at
    assert [wait.total_seconds() / 60 for wait in waits] == [1, 5, 15, 60, 240, 720, 720]
    fingerprint = email.mime_sha256
    assert hand_over_due(clock=clock, transport=transport).sent == 1
    email.refresh_from_db()
    assert email.mime_sha256 == fingerprint == hashlib.sha256(sink.messages[0].content).hexdigest()
    assert [attempt.outcome for attempt in evidence(email).attempts] == [Outcome.DEFERRED] * 7 + [Outcome.ACCEPTED]


@pytest.mark.parametrize("where", ["dot", "recipient"])
def test_refused_for_good(
    where: str, queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email, next_one = queue_mail(), queue_mail()
    (sink.plan if where == "dot" else sink.at_recipient).append("550 no such mailbox")
    with heard(email_failed) as news:
        result = hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert (email.status, email.relay_reply, email.sent_at) == (Status.FAILED, "550 no such mailbox", None)
    assert news == [(email.pk, Status.FAILED, NOON)]
    assert result.outcomes == {Outcome.REFUSED: 1, Outcome.ACCEPTED: 1}
    assert [message.message_id for message in sink.messages] == [next_one.message_id]


@pytest.mark.parametrize("answer", ["450 mailbox busy", "421 closing"])
def test_a_recipient_deferred_before_the_body(
    answer: str, queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email, next_one = queue_mail(), queue_mail()
    sink.at_recipient.append(answer)
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert (email.status, email.relay_reply) == (Status.QUEUED, answer)
    assert evidence(email).attempts[0].outcome == Outcome.DEFERRED
    assert [message.message_id for message in sink.messages] == [next_one.message_id]


def test_connection_lost_before_the_dot_means_not_accepted(queue_mail: QueueMail, sink: Sink, clock: Clock) -> None:
    email = queue_mail()
    sink.reset_before_dot = 1

    transport = Interrupted(sink, before_fence=lambda: sink.has_reset.wait(30))
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert email.status == Status.QUEUED
    assert evidence(email).attempts[0].outcome == Outcome.NOT_ACCEPTED
    clock.pass_(minutes=1)
    assert hand_over_due(clock=clock, transport=transport).sent == 1
    assert sink.counts() == {email.message_id: 1}


def test_connection_lost_after_the_dot_leaves_a_doubt_and_is_never_repeated(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    sink.plan.append("reset")
    with heard(email_uncertain) as news:
        hand_over_due(clock=clock, transport=transport)
    clock.pass_(days=30)
    assert hand_over_due(clock=clock, transport=transport).total == 0
    email.refresh_from_db()
    assert email.status == Status.UNCERTAIN
    assert news == [(email.pk, Status.UNCERTAIN, NOON)]
    assert sink.counts() == {email.message_id: 1}
    found = evidence(email)
    assert found.dot_at == NOON
    assert found.last_words.startswith("No answer to the final dot")


def test_a_relay_too_slow_to_answer_leaves_a_doubt(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    sink.slow_seconds = 1.5
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert email.status == Status.UNCERTAIN
    assert evidence(email).last_words == "No answer to the final dot: timed out"


def test_gibberish_after_the_dot_leaves_a_doubt(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    sink.plan.append("354 what?")
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert email.status == Status.UNCERTAIN


def test_an_unreachable_relay_loses_nothing_and_says_since_when(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    first, second = queue_mail(), queue_mail()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = Sink(port=unused.getsockname()[1])
        result = hand_over_due(clock=clock, transport=SmtpTransport(nobody))
        assert "refused" in result.unreachable.lower()
        clock.pass_(seconds=30)
        hand_over_due(clock=clock, transport=SmtpTransport(nobody))
    assert [email.status for email in Email.objects.order_by("pk")] == [Status.QUEUED] * 2
    state = relay_state()
    assert (state.failing_since, state.last_error_at) == (NOON, NOON + timedelta(seconds=30))
    assert "refused" in state.last_error.lower()
    clock.pass_(minutes=15)
    assert hand_over_due(clock=clock, transport=transport).sent == 2
    assert sink.counts() == {first.message_id: 1, second.message_id: 1}
    assert relay_state().failing_since is None


def test_an_outage_never_costs_more_than_a_quarter_of_an_hour(queue_mail: QueueMail, clock: Clock) -> None:
    email = queue_mail()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        for _ in range(8):
            hand_over_due(clock=clock, transport=SmtpTransport(Sink(port=unused.getsockname()[1])))
            email.refresh_from_db()
            assert email.next_attempt_at is not None
            assert email.next_attempt_at - clock.now <= timedelta(minutes=15)
            clock.now = email.next_attempt_at


def test_a_relay_that_refuses_our_sender_is_a_broken_relay_not_a_bad_recipient(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    sink.at_mail.append("530 authentication required")
    result = hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert result.unreachable == "530 authentication required"
    assert email.status == Status.QUEUED


def test_a_kept_connection_gone_stale_is_renewed(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    first, second = queue_mail(), queue_mail()
    original = sink.handle_MAIL
    answers = iter(["250", "421 too many messages on this connection", "250"])

    async def grumpy(*args: Any) -> str:
        answer = next(answers)
        return await original(*args) if answer == "250" else answer

    sink.handle_MAIL = grumpy  # type: ignore[method-assign, assignment]
    assert hand_over_due(clock=clock, transport=transport).sent == 2
    assert sink.counts() == {first.message_id: 1, second.message_id: 1}


def test_a_guard_that_says_no_before_the_dot_stops_the_mail(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock, guard: Callable[[Guard], None]
) -> None:
    email, next_one = queue_mail(), queue_mail(reference="200000018")

    def paid(mail: Email) -> str:
        return "The purchase was paid on March 2." if mail.reference == email.reference else ""

    guard(paid)
    register_guard(KIND, paid)  # a second time changes nothing
    with heard(email_dropped) as news:
        result = hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert (email.status, email.drop_reason) == (Status.CANCELED, "The purchase was paid on March 2.")
    assert news == [(email.pk, Status.CANCELED, NOON)]
    assert result.outcomes == {Outcome.DROPPED: 1, Outcome.ACCEPTED: 1}
    assert sink.counts() == {next_one.message_id: 1}


def test_paid_while_the_body_is_under_way(
    queue_mail: QueueMail, sink: Sink, clock: Clock, guard: Callable[[Guard], None]
) -> None:
    """P8: no notice for a purchase paid before the final dot."""
    email = queue_mail()
    paid: list[bool] = []
    guard(lambda _: "The purchase was paid." if paid else "")
    hand_over_due(clock=clock, transport=Interrupted(sink, before_fence=lambda: paid.append(True)))
    email.refresh_from_db()
    assert (email.status, sink.messages) == (Status.CANCELED, [])


def test_held_by_a_person_while_the_body_is_under_way(
    queue_mail: QueueMail, sink: Sink, clock: Clock, agent: User
) -> None:
    email = queue_mail()

    def hold() -> None:
        row = Email.objects.get(pk=email.pk)
        assert row.status == Status.CLAIMED
        hold_email(row, by=agent, at=NOON)

    hand_over_due(clock=clock, transport=Interrupted(sink, before_fence=hold))
    email.refresh_from_db()
    assert (email.status, sink.messages) == (Status.HELD, [])
    assert evidence(email).last_words == "Stopped by Rita Rep before the message was handed over."
    clock.pass_(days=30)
    assert hand_over_due(clock=clock, transport=SmtpTransport(sink)).total == 0


def test_a_worker_whose_lease_ended_says_no_dot(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    asleep = Interrupted(sink, before_fence=lambda: clock.pass_(minutes=5))
    assert hand_over(email, clock=clock, transport=asleep) == Outcome.NOT_ACCEPTED
    assert sink.messages == []
    result = hand_over_due(clock=clock, transport=transport)
    assert (result.recovered, result.sent) == (1, 1)
    assert [attempt.outcome for attempt in evidence(email).attempts] == [Outcome.WORKER_LOST, Outcome.ACCEPTED]


def test_what_was_claimed_and_not_begun_is_as_if_nobody_had_taken_it(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    first, second = queue_mail(), queue_mail()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        hand_over_due(clock=clock, transport=SmtpTransport(Sink(port=unused.getsockname()[1])))
    second.refresh_from_db()
    assert (second.status, second.attempts, second.claim_token) == (Status.QUEUED, 0, None)
    assert second.next_attempt_at == NOON
    assert [len(evidence(email).attempts) for email in (first, second)] == [1, 0]


def test_with_half_of_the_lease_gone_the_rest_is_begun_under_a_new_one(
    queue_mail: QueueMail, sink: Sink, clock: Clock
) -> None:
    """Four e-mails of a minute each: under one lease of five minutes the last would get too near to its end."""
    mails = [queue_mail() for _ in range(4)]
    slow = Interrupted(sink, before_dot=lambda: clock.pass_(minutes=1))
    assert hand_over_due(clock=clock, transport=slow).sent == 4
    begun = [[attempt.claimed_at - NOON for attempt in evidence(email).attempts] for email in mails]
    assert begun == [[timedelta(0)]] * 3 + [[timedelta(minutes=3)]]
    assert list(Email.objects.values_list("attempts", flat=True)) == [1] * 4


def test_of_those_claimed_together_one_is_held_before_its_turn(
    queue_mail: QueueMail, sink: Sink, clock: Clock, agent: User
) -> None:
    first, second, third = queue_mail(), queue_mail(), queue_mail()

    def hold() -> None:
        row = Email.objects.get(pk=second.pk)
        if row.status == Status.CLAIMED:
            hold_email(row, by=agent, at=NOON)

    hand_over_due(clock=clock, transport=Interrupted(sink, before_fence=hold))
    assert sink.counts() == {first.message_id: 1, third.message_id: 1}
    second.refresh_from_db()
    assert (second.status, second.attempts) == (Status.HELD, 0)
    assert evidence(second).last_words == "Stopped by Rita Rep before the message was handed over."


def test_a_worker_that_died_before_the_fence(queue_mail: QueueMail, transport: SmtpTransport, clock: Clock) -> None:
    email = queue_mail()
    assert claim_due(at=clock()) != []
    clock.pass_(minutes=4)
    assert hand_over_due(clock=clock, transport=transport).total == 0
    clock.pass_(minutes=1)
    assert hand_over_due(clock=clock, transport=transport).sent == 1
    email.refresh_from_db()
    assert (email.status, email.attempts) == (Status.SENT, 1)
    assert [attempt.outcome for attempt in evidence(email).attempts] == [Outcome.WORKER_LOST, Outcome.ACCEPTED]


class Deadly(Interrupted):
    """Its worker dies when it comes to a certain e-mail."""

    def __init__(self, sink: Sink, victim: Email) -> None:
        super().__init__(sink)
        self.victim = victim

    def write(self, envelope: Envelope) -> str:
        if envelope.recipient == self.victim.recipient:
            raise SystemExit
        return super().write(envelope)


def test_an_e_mail_that_kills_its_worker_keeps_no_other_back(
    queue_mail: QueueMail, sink: Sink, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [queue_mail() for _ in range(6)]
    monkeypatch.setattr(handover.Claims, "give_back", lambda _: None)  # killed: nobody tidies up
    for _ in range(3):
        with suppress(SystemExit):
            hand_over_due(clock=clock, transport=Deadly(sink, mails[2]))
        clock.pass_(minutes=5)
    waiting = Email.objects.exclude(status=Status.SENT)
    assert [email.pk for email in waiting] == [mails[2].pk]
    assert sink.counts() == {email.message_id: 1 for email in mails if email != mails[2]}


def test_while_one_worker_waits_for_an_answer_another_sends_what_it_has_not_begun(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    mails = [queue_mail() for _ in range(3)]

    def wait() -> None:
        if not sink.messages:
            clock.pass_(minutes=6)
            hand_over_due(clock=clock, transport=transport)

    hand_over_due(clock=clock, transport=Interrupted(sink, before_dot=wait))
    assert sink.counts() == {email.message_id: 1 for email in mails}
    assert set(Email.objects.values_list("status", "attempts")) == {(Status.SENT, 1)}


def test_bytes_are_kept_once_the_dot_may_be_said_and_not_before(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock, guard: Callable[[Guard], None]
) -> None:
    refused, stopped = queue_mail(), queue_mail(reference="200000018")
    guard(lambda mail: "Paid." if mail.reference == stopped.reference else "")
    sink.at_recipient.append("450 greylisted")
    hand_over_due(clock=clock, transport=transport)
    assert EmailMime.objects.count() == 0
    clock.pass_(minutes=1)
    sink.plan.append("451 later")
    hand_over_due(clock=clock, transport=transport)
    kept = bytes(EmailMime.objects.get(pk=refused.pk).content)
    assert b"12:01:00" in kept, "rendered when it was tried again"
    clock.pass_(minutes=5)
    hand_over_due(clock=clock, transport=transport)
    assert [message.content for message in sink.messages] == [kept]


def test_a_dead_worker_makes_no_e_mail_wait_longer_after_the_relays_next_refusal(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    for _ in range(3):
        claim_due(at=clock())
        clock.pass_(minutes=5)
        hand_over_due(clock=clock, transport=transport, limit=0)
    sink.plan.append("451 later")
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert email.next_attempt_at == clock.now + timedelta(minutes=1)


def test_a_worker_that_died_after_the_fence(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    [claim] = claim_due(at=clock())
    transport.write(Envelope("a@hafen-cad.example", email.recipient, b"Subject: x\r\n\r\nx\r\n"))
    assert pass_fence(claim, mime_of(claim.email, at=clock()), clock=clock) == ""
    transport.abort()
    clock.pass_(minutes=11)
    assert hand_over_due(clock=clock, transport=transport).total == 0
    clock.pass_(minutes=1)
    with heard(email_uncertain) as news:
        assert hand_over_due(clock=clock, transport=transport).recovered == 1
    email.refresh_from_db()
    assert (email.status, sink.messages) == (Status.UNCERTAIN, [])
    assert news == [(email.pk, Status.UNCERTAIN, clock.now)]
    assert timedelta(seconds=600) < LEASES.handoff


def test_a_late_answer_settles_the_doubt(queue_mail: QueueMail, sink: Sink, clock: Clock) -> None:
    """The worker was believed dead, but it lives and gets its answer."""
    email = queue_mail()

    def believed_dead() -> None:
        clock.pass_(minutes=13)
        hand_over_due(clock=clock, transport=SmtpTransport(sink))
        assert Email.objects.get(pk=email.pk).status == Status.UNCERTAIN

    hand_over_due(clock=clock, transport=Interrupted(sink, before_dot=believed_dead))
    email.refresh_from_db()
    assert email.status == Status.SENT
    assert sink.counts() == {email.message_id: 1}


def test_a_guard_with_a_bug_stops_neither_the_mail_nor_the_others(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock, guard: Callable[[Guard], None]
) -> None:
    email, next_one = queue_mail(), queue_mail(reference="200000018")
    broken = [True]

    def buggy(mail: Email) -> str:
        if broken and mail.reference == email.reference:
            raise ZeroDivisionError
        return ""

    guard(buggy)
    hand_over_due(clock=clock, transport=transport)
    email.refresh_from_db()
    assert (email.status, email.relay_reply) == (Status.QUEUED, "ZeroDivisionError: ZeroDivisionError")
    assert sink.counts() == {next_one.message_id: 1}
    broken.clear()
    clock.pass_(minutes=1)
    hand_over_due(clock=clock, transport=transport)
    assert sink.counts() == {next_one.message_id: 1, email.message_id: 1}


def test_news_that_can_not_be_told_leave_a_doubt_not_a_second_mail(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()

    def buggy(**_: Any) -> None:
        raise ZeroDivisionError

    email_handed_over.connect(buggy)
    try:
        hand_over_due(clock=clock, transport=transport)
    finally:
        email_handed_over.disconnect(buggy)
    email.refresh_from_db()
    assert email.status == Status.UNCERTAIN
    assert email.relay_reply == "The relay said “250 taken”, but noting it here failed; see the error log."
    assert sink.counts() == {email.message_id: 1}


def test_no_relay_inside_a_transaction(queue_mail: QueueMail, transport: SmtpTransport, clock: Clock) -> None:
    queue_mail()
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        hand_over_due(clock=clock, transport=transport)


def test_only_this_one(queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock) -> None:
    email, other = queue_mail(), queue_mail()
    assert hand_over(email, clock=clock, transport=transport) == Outcome.ACCEPTED
    assert hand_over(email, clock=clock, transport=transport) is None
    assert sink.counts() == {email.message_id: 1}
    other.refresh_from_db()
    assert other.status == Status.QUEUED


def test_login_and_tls_that_the_relay_does_not_offer(queue_mail: QueueMail, sink: Sink, clock: Clock) -> None:
    queue_mail()
    sink.tls = True
    assert "STARTTLS" in hand_over_due(clock=clock, transport=SmtpTransport(sink)).unreachable
    sink.tls, sink.user, sink.password = False, "kontor", "secret"
    clock.pass_(minutes=1)
    unreachable = hand_over_due(clock=clock, transport=SmtpTransport(sink)).unreachable
    assert unreachable
    assert "secret" not in unreachable
    assert sink.messages == []
