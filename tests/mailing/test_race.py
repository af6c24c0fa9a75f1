"""Workers against workers, and a payment against the dot, on a real relay in real threads."""

from __future__ import annotations

import random
import smtplib
import threading
import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction

from accounts.models import Office
from mailing.models import Email
from mailing.services.handover import hand_over_due
from mailing.services.relay import SmtpTransport
from mailing.services.render import frozen_mime
from mailing.states import Status
from tests.mailing.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Client
    from mailing.signals import Guard
    from tests.mailing.conftest import Clock, QueueMail
    from tests.mailing.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25


def in_threads(*works: Callable[[], object]) -> None:
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001 -- reported below, in the test's own thread
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_four_workers_one_outbox(queue_mail: QueueMail, sink: Sink, clock: Clock) -> None:
    mails = [queue_mail().message_id for _ in range(60)]

    def work() -> None:
        hand_over_due(clock=clock, transport=SmtpTransport(sink))

    in_threads(work, work, work, work)
    assert sink.counts() == dict.fromkeys(mails, 1)
    assert Email.objects.filter(status=Status.SENT).count() == len(mails)


def test_a_payment_comes_before_the_fence_and_stops_the_mail_or_after_it(
    queue_mail: QueueMail, sink: Sink, clock: Clock, guard: Callable[[Guard], None], hafen: Client
) -> None:
    """The guard locks the purchase (an office stands in for it): no payment slips between its look and the dot."""

    def is_paid(mail: Email) -> str:
        purchase = Office.objects.select_for_update().get(name__startswith=mail.reference)
        return "The purchase was paid." if purchase.name.endswith("paid") else ""

    guard(is_paid)
    dice = random.Random(8)
    seen: dict[str, str] = {}
    for number in range(ROUNDS):
        reference = f"{400000000 + number}"
        Office.objects.create(client=hafen, name=f"{reference} open")
        email = queue_mail(reference=reference)

        def pay(reference: str = reference, email: Email = email, pause: float = dice.uniform(0, 0.06)) -> None:
            time.sleep(pause)
            with transaction.atomic():
                purchase = Office.objects.select_for_update().get(name__startswith=reference)
                seen[email.message_id] = Email.objects.get(pk=email.pk).status
                Office.objects.filter(pk=purchase.pk).update(name=f"{reference} paid")

        in_threads(pay, lambda: hand_over_due(clock=clock, transport=SmtpTransport(sink)))
        email.refresh_from_db()
        fenced = seen[email.message_id] in {Status.HANDOFF, Status.SENT}
        assert email.status == (Status.SENT if fenced else Status.CANCELED)
        assert sink.counts()[email.message_id] == int(fenced)


def test_control_without_the_fence_a_paid_purchase_is_dunned(queue_mail: QueueMail, sink: Sink, hafen: Client) -> None:
    purchase = Office.objects.create(client=hafen, name="open")
    email = queue_mail()
    content = frozen_mime(email, at=NOON)
    was_open = Office.objects.get(pk=purchase.pk).name == "open"  # looked, and not locked
    Office.objects.filter(pk=purchase.pk).update(name="paid")
    with smtplib.SMTP(sink.host, sink.port) as smtp:
        if was_open:
            smtp.sendmail(email.sender_address, email.recipient, content)
    assert Office.objects.get(pk=purchase.pk).name == "paid"
    assert len(sink.messages) == 1
