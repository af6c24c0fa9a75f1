"""The dialogue with a relay, word by word, and what every wrong word means."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from mailing.models import Attachment, Attempt, Email, EmailMime, RelayState
from mailing.selectors import evidence, relay_state
from mailing.services import handover, relay
from mailing.services.decide import confirm_delivered
from mailing.services.handover import hand_over, hand_over_due
from mailing.services.relay import Envelope, NoAnswerError, NotAcceptedError, SmtpTransport, UnreachableError
from mailing.signals import email_handed_over, email_uncertain
from mailing.states import Outcome, Status
from tests.mailing.conftest import NOON
from tests.mailing.sink import Sink, SinkController
from tests.mailing.test_handover import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from tests.mailing.conftest import Clock, QueueMail

PEM = Path(__file__).with_name("relay.pem")
LETTER = Envelope("a@hafen-cad.example", "b@werft.example", b"Subject: x\r\n\r\n.x\r\n")
HELLO = ["220 ready", "250 hello"]
UP_TO_DATA = [*HELLO, "250 sender ok", "250 recipient ok", "354 go ahead"]


@contextmanager
def scripted(*dialogues: list[str]) -> Iterator[tuple[Sink, list[str]]]:
    """Be a relay that says the given lines, one dialogue for each connection, and then hangs up.

    `<dot>` reads to the end of a message, `<reset>` hangs up rudely; after everything else one line is read.
    """
    heard: list[str] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for dialogue in dialogues:
            line, _ = server.accept()
            with line, line.makefile("rwb") as file:
                for words in dialogue:
                    if words == "<reset>":
                        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        break
                    if words == "<dot>":
                        while (part := file.readline()) not in {b".\r\n", b""}:
                            heard.append(part.decode().strip())
                        continue
                    file.write(words.encode() + b"\r\n")
                    file.flush()
                    if words != dialogue[-1] and dialogue[dialogue.index(words) + 1] != "<dot>":
                        heard.append(file.readline().decode().strip())

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Sink(port=server.getsockname()[1]), heard
    finally:
        thread.join(20)
        server.close()


def test_the_whole_dialogue() -> None:
    with scripted([*UP_TO_DATA, "<dot>", "250 queued as 17", "221 bye"]) as (address, heard):
        with SmtpTransport(address) as transport:
            assert transport.write(LETTER) == "354 go ahead"
            assert transport.dot() == relay.Answer(250, "queued as 17")
        assert heard[1:] == [
            "mail FROM:<a@hafen-cad.example>",
            "rcpt TO:<b@werft.example>",
            "DATA",
            "Subject: x",
            "",
            "..x",
            "quit",
        ]


def test_a_body_without_a_last_line_end_gets_one() -> None:
    with scripted([*UP_TO_DATA, "<dot>", "250 ok", "221 bye"]) as (address, _), SmtpTransport(address) as transport:
        transport.write(Envelope("a@hafen-cad.example", "b@werft.example", b"Subject: x\r\n\r\nx"))
        assert transport.dot().code == 250


@pytest.mark.parametrize(
    ("dialogue", "words"),
    [
        (["554 no service here"], "554 no service here"),
        (["220 ready", "502 what?", "502 what?"], "502 what?"),
        ([*HELLO, "421 closing"], "421 closing"),
        ([*HELLO, "530 log in first"], "530 log in first"),
        ([*HELLO, "535 who are you?"], "535 who are you?"),
        ([*HELLO, "211 what?"], "211 what?"),
        ([*HELLO, "<reset>"], ""),
        (["<reset>"], ""),
    ],
)
def test_a_relay_that_can_not_be_used(dialogue: list[str], words: str) -> None:
    with (
        scripted(dialogue) as (address, _),
        SmtpTransport(address) as transport,
        pytest.raises(UnreachableError) as trouble,
    ):
        transport.write(LETTER)
    assert words in trouble.value.words
    assert trouble.value.words


@pytest.mark.parametrize(
    ("answer", "is_permanent"), [("452 no room", False), ("554 not that", True), ("250 what?", False)]
)
def test_a_message_refused_before_its_body(answer: str, *, is_permanent: bool) -> None:
    with scripted([*UP_TO_DATA[:-1], answer, "250 reset", "221 bye"]) as (address, heard):
        with SmtpTransport(address) as transport, pytest.raises(NotAcceptedError) as refusal:
            transport.write(LETTER)
        assert (refusal.value.words, refusal.value.permanent) == (answer, is_permanent)
        assert heard[-2:] == ["rset", "quit"]


@pytest.mark.parametrize(
    ("answer", "is_permanent"),
    [
        ("451 try later", False),
        ("452 no room", False),
        ("550 spoofed", True),
        ("552 too large", True),
        ("553 not your sender", True),
    ],
)
def test_a_sender_refused_concerns_this_message_only(answer: str, *, is_permanent: bool) -> None:
    with scripted([*HELLO, answer, "250 reset", "221 bye"]) as (address, heard):
        with SmtpTransport(address) as transport, pytest.raises(NotAcceptedError) as refusal:
            transport.write(LETTER)
        assert not isinstance(refusal.value, UnreachableError)
        assert (refusal.value.words, refusal.value.permanent) == (answer, is_permanent)
        assert heard[-2:] == ["rset", "quit"]


@pytest.mark.django_db(transaction=True)
def test_one_clients_bad_sender_delays_nobody_else(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    spoofed, greylisted, fine = queue_mail(), queue_mail(), queue_mail()
    sink.at_mail.extend(["553 not your sender", "451 greylisted"])
    result = hand_over_due(clock=clock, transport=transport)
    assert result.unreachable == ""
    assert result.outcomes == {Outcome.REFUSED: 1, Outcome.DEFERRED: 1, Outcome.ACCEPTED: 1}
    assert sink.counts() == {fine.message_id: 1}
    spoofed.refresh_from_db()
    greylisted.refresh_from_db()
    assert (spoofed.status, spoofed.relay_reply) == (Status.FAILED, "553 not your sender")
    assert (greylisted.status, greylisted.next_attempt_at) == (Status.QUEUED, NOON + timedelta(minutes=1))
    assert not relay_state().is_failing


@pytest.mark.django_db(transaction=True)
def test_a_relay_that_closes_is_unreachable_and_defers_nobody(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    email = queue_mail()
    sink.at_mail.append("421 too busy")
    assert hand_over_due(clock=clock, transport=transport).unreachable == "421 too busy"
    assert [attempt.outcome for attempt in evidence(email).attempts] == [Outcome.NOT_ACCEPTED]


def test_a_refusal_and_then_silence() -> None:
    with (
        scripted([*HELLO, "250 ok", "550 nobody", "<reset>"]) as (address, _),
        SmtpTransport(address) as transport,
        pytest.raises(NotAcceptedError) as refusal,
    ):
        transport.write(LETTER)
    assert (refusal.value.words, refusal.value.permanent) == ("550 nobody", True)


def test_a_connection_lost_at_the_recipient_is_not_accepted() -> None:
    with (
        scripted([*HELLO, "250 ok", "<reset>"]) as (address, _),
        SmtpTransport(address) as transport,
        pytest.raises(NotAcceptedError) as loss,
    ):
        transport.write(LETTER)
    assert not isinstance(loss.value, UnreachableError)
    assert not loss.value.permanent


def test_a_connection_lost_in_the_body_is_not_accepted() -> None:
    large = Envelope("a@hafen-cad.example", "b@werft.example", b"x" * 998 + b"\r\n" * 5_000_000)
    with (
        scripted([*UP_TO_DATA, "<reset>"]) as (address, _),
        SmtpTransport(address) as transport,
        pytest.raises(NotAcceptedError),
    ):
        transport.write(large)


def test_a_relay_that_speaks_before_the_dot_has_given_up() -> None:
    with scripted([*UP_TO_DATA, "421 too big, closing"]) as (address, _), SmtpTransport(address) as transport:
        transport.write(LETTER)
        threading.Event().wait(0.2)
        with pytest.raises(NotAcceptedError, match=r"gave up before the end|reset by peer"):
            transport.dot()
        with pytest.raises(NotAcceptedError, match="the connection is closed"):
            transport.dot()


def test_a_relay_that_hung_up_before_the_dot() -> None:
    with scripted([*UP_TO_DATA, "<reset>"]) as (address, _), SmtpTransport(address) as transport:
        transport.write(LETTER)
        threading.Event().wait(0.2)
        with pytest.raises(NotAcceptedError, match="reset by peer"):
            transport.dot()


def test_closing_in_the_middle_of_a_message_hangs_up_without_a_word() -> None:
    with scripted([*UP_TO_DATA, "<dot>"]) as (address, heard):
        transport = SmtpTransport(address)
        transport.write(LETTER)
        transport.close()
        transport.close()
        transport.abort()
    assert heard[-3:] == ["Subject: x", "", "..x"]


def test_a_relay_that_says_good_bye_first_disturbs_nobody() -> None:
    with scripted([*UP_TO_DATA, "<dot>", "250 ok", "<reset>"]) as (address, _), SmtpTransport(address) as transport:
        transport.write(LETTER)
        assert transport.dot().code == 250


def test_silence_after_the_dot_is_no_answer() -> None:
    with scripted([*UP_TO_DATA, "<dot>", "<reset>"]) as (address, _), SmtpTransport(address) as transport:
        transport.write(LETTER)
        with pytest.raises(NoAnswerError):
            transport.dot()


def test_a_wrong_password_is_the_relays_trouble_and_stays_secret() -> None:
    dialogue = ["220 ready", "250-hello\r\n250 AUTH PLAIN", "535 wrong password"]
    with scripted(dialogue) as (address, _):
        address.user, address.password = "kontor", "very-secret"
        with SmtpTransport(address) as transport, pytest.raises(UnreachableError) as trouble:
            transport.write(LETTER)
    assert trouble.value.words == "535 wrong password"


@pytest.mark.parametrize("at_once", [False, True])
def test_tls(at_once: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001 -- a row of the table
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    sink = Sink(context=context, starts_with_tls=at_once)
    controller = SinkController(sink)
    controller.start()
    try:
        sink.host, sink.tls = "localhost", True
        if at_once:
            monkeypatch.setattr(relay, "SMTPS_PORT", sink.port)
        with SmtpTransport(sink) as transport, pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
            transport.write(LETTER)
        assert sink.messages == []
        monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
        with SmtpTransport(sink) as transport:
            for _ in range(2):
                transport.write(LETTER)
                assert transport.dot().code == 250
    finally:
        controller.stop(no_assert=True)
    assert [message.content for message in sink.messages] == [LETTER.content] * 2


@pytest.mark.django_db(transaction=True)
def test_closing_with_the_answer_costs_only_the_connection(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    deferred, accepted = queue_mail(), queue_mail()
    sink.plan.append("421 closing")
    assert hand_over_due(clock=clock, transport=transport).outcomes == {Outcome.DEFERRED: 1, Outcome.ACCEPTED: 1}
    assert sink.counts() == {accepted.message_id: 1}
    assert evidence(deferred).last_words == "421 closing"


@pytest.mark.django_db(transaction=True)
def test_one_mail_and_no_relay(queue_mail: QueueMail, clock: Clock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        transport = SmtpTransport(Sink(port=unused.getsockname()[1]))
        assert hand_over(queue_mail(), clock=clock, transport=transport) == Outcome.NOT_ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_comes_after_a_persons_decision_changes_nothing(
    queue_mail: QueueMail, sink: Sink, clock: Clock, agent: User
) -> None:
    email = queue_mail()

    def decided() -> None:
        clock.pass_(minutes=13)
        hand_over_due(clock=clock, transport=SmtpTransport(sink))
        row = Email.objects.get(pk=email.pk)
        assert row.status == Status.UNCERTAIN
        confirm_delivered(row, by=agent, at=clock(), reason="The customer has it")

    sink.plan.append("550 refused after all")
    hand_over_due(clock=clock, transport=Interrupted(sink, before_dot=decided))
    email.refresh_from_db()
    assert (email.status, email.sent_at) == (Status.SENT, NOON)


@pytest.mark.django_db(transaction=True)
def test_a_sign_of_life_while_it_is_believed_dead(queue_mail: QueueMail, sink: Sink, clock: Clock) -> None:
    """The answer arrives between the look at the lease and the update: the look was wrong."""
    email = queue_mail()
    told: list[str] = []

    def answer(email: Email, **_: object) -> None:
        told.append(email.status)
        Email.objects.filter(pk=email.pk).update(lease_until=clock.now + timedelta(hours=1))

    def believed_dead() -> None:
        clock.pass_(minutes=13)
        email_uncertain.connect(answer)
        try:
            assert hand_over_due(clock=clock, transport=SmtpTransport(sink)).recovered == 0
        finally:
            email_uncertain.disconnect(answer)
        assert Email.objects.get(pk=email.pk).status == Status.HANDOFF

    hand_over_due(clock=clock, transport=Interrupted(sink, before_dot=believed_dead))
    email.refresh_from_db()
    assert (email.status, told) == (Status.SENT, [Status.UNCERTAIN])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("failures", "status"), [(2, Status.SENT), (3, Status.HANDOFF)])
def test_a_database_that_comes_back_leaves_no_doubt(  # noqa: PLR0917 -- fixtures
    failures: int,
    status: Status,
    queue_mail: QueueMail,
    sink: Sink,
    transport: SmtpTransport,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handover, "NOTING_PAUSES", (0.0, 0.0))
    email = queue_mail()
    left = [None] * failures

    def database_is_restarting(**_: object) -> None:
        if left:
            left.pop()
            raise OperationalError

    email_handed_over.connect(database_is_restarting)
    try:
        if status == Status.HANDOFF:
            with pytest.raises(OperationalError):
                hand_over_due(clock=clock, transport=transport)
        else:
            assert hand_over_due(clock=clock, transport=transport).sent == 1
    finally:
        email_handed_over.disconnect(database_is_restarting)
    email.refresh_from_db()
    assert email.status == status
    assert sink.counts() == {email.message_id: 1}


def test_rows_say_what_they_are(clock: Clock) -> None:
    assert str(Email(kind="pdn1", recipient="a@b.example")) == "PDN 1 to a@b.example"
    assert str(Attachment(filename="Rechnung.pdf")) == "Rechnung.pdf"
    assert str(EmailMime(pk=7)) == "MIME of e-mail 7"
    attempt = Attempt(claimed_at=clock(), outcome=Outcome.NO_ANSWER)
    assert str(attempt) == "No answer to the final dot 2026-03-02 12:00:00"
    assert str(RelayState()) == "working"
    assert str(RelayState(failing_since=NOON)) == "failing since 2026-03-02 12:00:00+00:00"
    assert Email(status=Status.UNCERTAIN).status_label == "In doubt"
