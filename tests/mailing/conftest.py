"""A client with an outbox, a clock that stands still, and a relay that can misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from accounts.models import Client, User
from mailing.models import Email
from mailing.services.compose import queue_email
from mailing.services.relay import SmtpTransport
from mailing.signals import Guard, register_guard, unregister_guard
from tests.mailing.sink import Sink, SinkController

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KIND = "test_letter"

QueueMail = Callable[..., Email]


class Clock:
    """Stands still until somebody moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hafen(db: None) -> Client:
    return Client.objects.create(
        slug="hafen-cad",
        name="Hafen CAD GmbH",
        street="Am Sandtorkai 1",
        postal_code="20457",
        city="Hamburg",
        country="DE",
        subdivision="HH",
        time_zone="Europe/Berlin",
        language="de",
        email="rechnung@hafen-cad.example",
    )


@pytest.fixture
def agent(hafen: Client) -> User:
    return User.objects.create(
        username="rita", name="Rita Rep", email="rita@platform.example", role="platform_customer_service"
    )


@pytest.fixture
def queue_mail(hafen: Client) -> QueueMail:
    """Queue an e-mail; every call a new one."""
    numbers = count(1)

    def queue(**changes: Any) -> Email:
        number = next(numbers)
        facts: dict[str, Any] = {
            "client": hafen,
            "kind": KIND,
            "reference": "100000017",
            "dedupe_key": f"test:{number}",
            "recipient": f"einkauf{number}@werft.example",
            "recipient_name": "Änne Öztürk",
            "language": "de",
            "subject": "Ihre Bestellung – Rechnung",
            "body_text": "Guten Tag,\n\n.anbei die Rechnung über 499,00 €.\n",
            "at": NOON,
        }
        return queue_email(**(facts | changes))

    return queue


@pytest.fixture
def sink() -> Iterator[Sink]:
    relay = Sink()
    controller = SinkController(relay)
    controller.start()
    yield relay
    controller.stop(no_assert=True)


@pytest.fixture
def transport(sink: Sink) -> SmtpTransport:
    return SmtpTransport(sink, answer_seconds=1)


@pytest.fixture
def guard() -> Iterator[Callable[[Guard], None]]:
    """Register a guard for the test's kind of e-mail, and take it away afterwards."""
    registered: list[Guard] = []

    def register(new: Guard) -> None:
        register_guard(KIND, new)
        registered.append(new)

    yield register
    for old in registered:
        unregister_guard(KIND, old)
