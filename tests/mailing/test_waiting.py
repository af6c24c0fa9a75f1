"""How long an e-mail has been waiting for us: what monitoring is told (P10, P19)."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from config.health import outbox
from mailing.selectors import waiting_for_us
from mailing.services.decide import hold_email, queue_held_email
from mailing.services.handover import hand_over_due
from mailing.services.relay import SmtpTransport
from tests.mailing.conftest import NOON
from tests.mailing.sink import Sink

if TYPE_CHECKING:
    from accounts.models import User
    from tests.mailing.conftest import Clock, QueueMail

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


def test_an_email_waits_from_when_it_was_queued(queue_mail: QueueMail) -> None:
    assert waiting_for_us(NOON) is None
    queue_mail(at=NOON - 3 * MINUTE)
    queue_mail(at=NOON - MINUTE)
    queue_mail(at=NOON + MINUTE)
    assert waiting_for_us(NOON) == 3 * MINUTE
    assert outbox(NOON + 12 * MINUTE).is_well
    assert not outbox(NOON + 13 * MINUTE).is_well


def test_an_email_held_for_a_day_and_queued_now_has_not_waited(
    queue_mail: QueueMail, agent: User, clock: Clock
) -> None:
    email = queue_mail()
    hold_email(email, by=agent, at=NOON)
    assert waiting_for_us(clock.pass_(days=1)) is None
    email.refresh_from_db()
    queue_held_email(email, by=agent, at=clock())
    assert waiting_for_us(clock.pass_(minutes=2)) == 2 * MINUTE
    assert outbox(clock()).is_well


def test_a_mailbox_that_puts_us_off_does_not_make_us_ill(
    queue_mail: QueueMail, sink: Sink, transport: SmtpTransport, clock: Clock
) -> None:
    queue_mail()
    for minutes in (0, 1, 5, 15):
        clock.pass_(minutes=minutes)
        sink.at_recipient.append("450 greylisted")
        hand_over_due(clock=clock, transport=transport)
    assert waiting_for_us(clock.pass_(minutes=59)) is None
    assert outbox(clock()).is_well
    assert waiting_for_us(clock.pass_(minutes=3)) == 2 * MINUTE


def test_a_relay_that_is_gone_makes_us_ill_however_often_it_was_tried(queue_mail: QueueMail, clock: Clock) -> None:
    queue_mail()
    with socket.create_server(("127.0.0.1", 0)) as server:
        gone = Sink(port=server.getsockname()[1])
    for minutes in (0, 1, 5):
        clock.pass_(minutes=minutes)
        hand_over_due(clock=clock, transport=SmtpTransport(gone))
    assert outbox(clock()).is_well
    assert waiting_for_us(clock.pass_(minutes=10)) == 16 * MINUTE
    assert not outbox(clock()).is_well
