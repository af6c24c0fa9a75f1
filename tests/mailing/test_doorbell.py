"""The broker is a doorbell: it wakes the worker, and nothing depends on it."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
from celery import Celery, current_app
from django.db import transaction

from config import celery
from config.environment import Relay
from mailing.checks import relay_is_complete
from mailing.models import Email
from mailing.receivers import ring

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import StringIO

    from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

    from tests.mailing.conftest import QueueMail

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty_queues() -> None:
    """Celery's in-memory broker lives as long as the process: what an earlier story rang for is not this one's."""
    with current_app.connection_for_write() as broker:
        for declared in current_app.amqp.queues.values():
            queue = declared.bind(broker.default_channel)
            queue.declare()
            queue.purge()


def test_it_rings_once_per_transaction(
    queue_mail: QueueMail,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    settings.REDIS_URL = "redis://nobody.example:6379/0"
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        queue_mail()
        queue_mail()
    assert callbacks == [ring]


def test_without_a_broker_nobody_rings(
    queue_mail: QueueMail, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        queue_mail()
    assert callbacks == []


@pytest.mark.usefixtures("empty_queues")
def test_it_asks_for_the_workers_round(settings: Settings) -> None:
    """Over Celery's in-memory broker, so that the message can be seen."""
    assert celery.app.main == current_app.main
    ring()
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue("mail")
        message = queue.get(block=True, timeout=5)
        message.ack()
        queue.close()
    assert message.headers["task"] == "mailing.tasks.hand_over"


@pytest.mark.usefixtures("empty_queues")
def test_who_hands_over_is_not_asked_to_decide() -> None:
    with current_app.connection_for_write() as broker:
        ring()
        current_app.send_task("dunning.tasks.heartbeat")
        asked = {}
        for name in ("celery", "mail"):
            queue = broker.SimpleQueue(name)
            messages = [queue.get(block=False) for _ in range(queue.qsize())]
            for message in messages:
                message.ack()
            asked[name] = [message.headers["task"] for message in messages]
            queue.close()
    assert asked == {"celery": ["dunning.tasks.heartbeat"], "mail": ["mailing.tasks.hand_over"]}


@pytest.fixture
def silent_broker() -> Iterator[None]:
    """A broker at a port that was free a moment ago: nobody answers there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Celery("elsewhere", broker=f"redis://127.0.0.1:{port}/0") as app:
        app.set_current()
        yield
    celery.app.set_current()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("silent_broker")
def test_a_broker_that_is_down_costs_nothing(queue_mail: QueueMail, settings: Settings) -> None:
    settings.REDIS_URL = current_app.conf.broker_url
    with transaction.atomic():
        transaction.on_commit(lambda: 1 / 0, robust=True)
        queue_mail()
    assert Email.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("silent_broker")
def test_a_broker_that_does_not_answer_is_noted_and_the_e_mail_waits(
    queue_mail: QueueMail, settings: Settings, log_lines: StringIO
) -> None:
    settings.REDIS_URL = current_app.conf.broker_url
    with transaction.atomic():
        queue_mail()
    assert Email.objects.get().status == "QUEUED"
    [line] = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert (line["level"], line["event"]) == ("warning", "mailing.doorbell_silent")
    assert "Connection refused" in line["reason"]


@pytest.mark.parametrize(
    ("relay", "errors"),
    [
        (None, []),
        (Relay("mail.example", 25, "", "", tls=False), []),
        (Relay("", 25, "", "", tls=False), ["mailing.E001"]),
        (Relay("mail.example", 0, "", "secret", tls=False), ["mailing.E001", "mailing.E002"]),
    ],
)
def test_an_incomplete_relay_is_named_at_the_start(relay: Relay | None, errors: list[str], settings: Settings) -> None:
    settings.MAIL_RELAY = relay
    assert [error.id for error in relay_is_complete()] == errors
