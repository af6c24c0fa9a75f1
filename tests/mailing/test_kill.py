"""P6 and P7: workers are killed while e-mails go out; none is lost, none is sent twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connection

from config.environment import PREPARED
from mailing.models import Email
from mailing.states import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.mailing.conftest import QueueMail
    from tests.mailing.sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    """Return the address of the test database, for processes of our own."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    names = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parts = {name: facts[key] for name, key in names.items() if facts[key]}
    given = {name: value for name, value in facts["OPTIONS"].items() if name not in PREPARED}
    return f"postgresql:///{quote(facts['NAME'])}?{urlencode(parts | given)}"


def run_killing(sink: Sink, *, mode: str, mails: int, kills: int, seed: int = 1) -> dict[str, int]:
    order = {"port": sink.port, "mode": mode, "mails": mails, "kills": kills, "seed": seed}
    environment = {name: value for name, value in os.environ.items() if name not in {"EMAIL_URL", "REDIS_URL"}}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.mailing.killing", json.dumps(order)],
        env=environment | {"DATABASE_URL": database_url(), "SECRET_KEY": settings.SECRET_KEY},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_fifty_killed_workers_lose_nothing_and_double_nothing(
    queue_mail: QueueMail, sink: Sink, record_property: Callable[[str, object], None]
) -> None:
    mails = {email.message_id: email.pk for email in (queue_mail() for _ in range(500))}
    seen: set[str] = set()
    silent: set[str] = set()

    def choose(message_id: str) -> str:
        """Now and then the relay defers a message, or takes it and hangs up without a word."""
        is_new = message_id not in seen
        seen.add(message_id)
        lot = zlib.crc32(message_id.encode()) % 40
        if lot == 0 and is_new:
            return "451 not now"
        if lot == 1:
            silent.add(message_id)
            return "reset"
        return "250 taken"

    sink.choose = choose
    sink.slow_seconds = 0.004
    sink.reset_before_dot = 5
    result = run_killing(sink, mode="careful", mails=len(mails), kills=50)

    taken = sink.counts()
    status = {email.message_id: email.status for email in Email.objects.all()}
    in_doubt = {message_id for message_id, now in status.items() if now == Status.UNCERTAIN}
    record_property("in doubt", f"{len(in_doubt - silent)} of {result['kills']} kills")
    assert result["kills"] >= 50
    assert result["left"] == 0
    assert set(status) == set(mails)
    assert set(status.values()) <= {Status.SENT, Status.UNCERTAIN}
    assert set(mails) - set(taken) <= in_doubt, "lost"
    assert {message_id: count for message_id, count in taken.items() if count > 1} == {}, "doubled"
    assert len(in_doubt - silent) <= result["kills"]


def test_control_without_claim_and_fence_mail_is_doubled(queue_mail: QueueMail, sink: Sink) -> None:
    for _ in range(60):
        queue_mail()
    run_killing(sink, mode="naive", mails=60, kills=3)
    assert max(sink.counts().values()) > 1
