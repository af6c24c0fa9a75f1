"""The embedded default and the replay: nothing leaves, guards are asked, everything can be read back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.environment import Relay
from mailing.models import Email, EmailMime
from mailing.selectors import evidence, read_message, relay_state
from mailing.services.capture import CaptureTransport, SinkTransport, keep
from mailing.services.compose import AttachmentSpec
from mailing.services.decide import hold_email
from mailing.services.handover import configured_transport, hand_over, hand_over_due
from mailing.services.relay import SmtpTransport
from mailing.signals import email_handed_over, register_attachment_source
from mailing.states import Outcome, Status
from mailing.tasks import hand_over as hand_over_task
from tests.mailing.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import Settings

    from accounts.models import User
    from mailing.signals import Guard
    from tests.mailing.conftest import Clock, QueueMail
    from tests.mailing.sink import Sink

pytestmark = pytest.mark.django_db


def test_captured_mail_can_be_read_with_its_attachment(queue_mail: QueueMail, clock: Clock) -> None:
    register_attachment_source("test.capture", lambda key: b"%PDF-1.7 " + key.encode())
    email = queue_mail(attachments=[AttachmentSpec("Rechnung.pdf", source="test.capture:INV-2026-000001")])
    assert hand_over_due(clock=clock, transport=CaptureTransport()).sent == 1
    email.refresh_from_db()
    assert (email.status, email.sent_at, email.is_captured, email.transport_label) == (
        Status.SENT,
        NOON,
        True,
        "Captured",
    )
    assert email.relay_reply == "Captured here instead of being sent: no mail relay is configured."
    [part] = read_message(email).parts
    assert part.content == b"%PDF-1.7 INV-2026-000001"
    assert [attempt.outcome for attempt in evidence(email).attempts] == [Outcome.CAPTURED]
    assert list(Email.objects.captured()) == [email]


def test_what_was_held_while_it_could_not_be_made_ready_stays_held(queue_mail: QueueMail, clock: Clock) -> None:
    def fails(_key: str) -> bytes:
        Email.objects.filter(pk=email.pk).update(status=Status.HELD, next_attempt_at=None)
        message = "no such document"
        raise LookupError(message)

    register_attachment_source("test.held", fails)
    email = queue_mail(attachments=[AttachmentSpec("Rechnung.pdf", source="test.held:1")])
    assert hand_over_due(clock=clock, transport=CaptureTransport()).sent == 0
    email.refresh_from_db()
    assert (email.status, email.attempts, email.relay_reply) == (Status.HELD, 0, "")


def test_a_round_ends_in_time_here_too(queue_mail: QueueMail, clock: Clock) -> None:
    register_attachment_source("test.slow", lambda _: b"%PDF" if clock.pass_(seconds=9) else b"")
    for _ in range(5):
        queue_mail(attachments=[AttachmentSpec("Rechnung.pdf", source="test.slow:1")])
    assert hand_over_due(clock=clock, transport=CaptureTransport(), until=NOON + timedelta(seconds=20)).sent == 3
    assert Email.objects.filter(status=Status.QUEUED, attempts=0).count() == 2


def test_the_guard_is_asked_here_too(queue_mail: QueueMail, clock: Clock, guard: Callable[[Guard], None]) -> None:
    guard(lambda _: "The purchase was paid.")
    for transport in (CaptureTransport(), SinkTransport()):
        email = queue_mail()
        assert hand_over(email, clock=clock, transport=transport) == Outcome.DROPPED
        email.refresh_from_db()
        assert (email.status, email.drop_reason) == (Status.CANCELED, "The purchase was paid.")
        assert evidence(email).last_words == "The purchase was paid."


def test_the_replays_sink_renders_nothing(queue_mail: QueueMail, clock: Clock) -> None:
    email = queue_mail(attachments=[AttachmentSpec("a.pdf", source="nobody.knows:1")])
    told: list[object] = []

    def note(email: Email, at: object, **_: object) -> None:
        told.append((email.pk, at))

    email_handed_over.connect(note)
    try:
        result = hand_over_due(clock=clock, transport=SinkTransport())
    finally:
        email_handed_over.disconnect(note)
    email.refresh_from_db()
    assert (result.sent, email.status, email.transport) == (1, Status.SENT, "sink")
    assert told == [(email.pk, NOON)]
    assert not EmailMime.objects.exists()


def test_the_replays_sink_is_cheap(queue_mail: QueueMail, clock: Clock) -> None:
    for _ in range(20):
        queue_mail()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert hand_over_due(clock=clock, transport=SinkTransport()).sent == 20
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) <= 25


def test_what_can_not_be_rendered_waits_and_the_rest_goes_on(queue_mail: QueueMail, clock: Clock) -> None:
    email = queue_mail(attachments=[AttachmentSpec("a.pdf", source="nobody.knows:1")])
    other = queue_mail()
    assert hand_over_due(clock=clock, transport=CaptureTransport()).sent == 1
    email.refresh_from_db()
    other.refresh_from_db()
    assert (email.status, email.attempts, other.status) == (Status.QUEUED, 1, Status.SENT)
    assert email.next_attempt_at == clock.pass_(minutes=1)
    assert "nobody.knows:1" in evidence(email).last_words


def test_one_that_was_held_meanwhile_stays_held(queue_mail: QueueMail, clock: Clock, agent: User) -> None:
    email = queue_mail()
    hold_email(email, by=agent, at=NOON)
    assert keep(email, CaptureTransport(), clock=clock) == Outcome.NOT_ACCEPTED
    assert hand_over(email, clock=clock, transport=CaptureTransport()) is None
    email.refresh_from_db()
    assert email.status == Status.HELD


def test_a_limit_is_kept(queue_mail: QueueMail, clock: Clock) -> None:
    for _ in range(3):
        queue_mail()
    assert hand_over_due(clock=clock, transport=SinkTransport(), limit=2).total == 2
    assert Email.objects.waiting().count() == 1


def test_no_relay_means_capture(settings: Settings) -> None:
    settings.MAIL_RELAY = None
    assert isinstance(configured_transport(), CaptureTransport)
    assert relay_state().is_captured
    settings.MAIL_RELAY = Relay("mail.example", 25, "", "", tls=False)
    assert isinstance(configured_transport(), SmtpTransport)
    assert not relay_state().is_captured


def test_the_worker_and_drain_mail_capture_without_a_relay(
    queue_mail: QueueMail, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MAIL_RELAY = None
    queue_mail()
    assert hand_over_task() == 1
    call_command("drain_mail")
    assert capsys.readouterr().out == "Nothing is due.\n"
    queue_mail()
    call_command("drain_mail")
    assert capsys.readouterr().out == (
        "1 e-mails: 1 captured, not sent. No relay is configured (EMAIL_URL): they can be read in the product.\n"
    )


@pytest.mark.django_db(transaction=True)
def test_drain_mail_sends_everything_that_is_due(
    queue_mail: QueueMail, sink: Sink, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MAIL_RELAY = Relay(sink.host, sink.port, "", "", tls=False)
    mails = [queue_mail() for _ in range(3)]
    sink.plan.extend(["250 taken", "550 no such mailbox", "250 taken"])
    call_command("drain_mail")
    assert capsys.readouterr().out == "3 e-mails: 2 accepted by the relay, 1 refused for good.\n"
    assert sink.counts() == {mails[0].message_id: 1, mails[2].message_id: 1}


@pytest.mark.django_db(transaction=True)
def test_drain_mail_says_when_the_relay_is_down(queue_mail: QueueMail, settings: Settings) -> None:
    settings.MAIL_RELAY = Relay("127.0.0.1", 9, "", "", tls=False)
    queue_mail()
    queue_mail()
    with pytest.raises(CommandError) as refusal:
        call_command("drain_mail")
    assert str(refusal.value).startswith("The mail relay can't be used (")
    assert str(refusal.value).endswith("2 e-mails stay queued.")
    assert relay_state().is_failing
    assert hand_over_task() == 0  # the worker does not knock again at once
    assert Email.objects.waiting().count() == 2


def test_drain_mail_wants_a_sensible_limit() -> None:
    with pytest.raises(CommandError, match="--limit"):
        call_command("drain_mail", limit=0)
