"""Workers that are killed: `python -m tests.mailing.killing '{"port": …, "mode": …}'` on the database of DATABASE_URL.

Forks two workers that drain the outbox into the relay at `port`, kills one of them again and again with SIGKILL, and
forks another in its place. Half of the workers are shot by the parent at a random moment; the other half kill
themselves at a chosen boundary of the hand-over. In mode `naive` the workers are what one writes first: look what is
queued, send it, note that it is sent. Clocks run twenty times as fast, so that leases end and deferred mail is due.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import smtplib
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from mailing.services.relay import Answer, Envelope

FASTER = 20
BOUNDARIES = ("claimed", "written", "in the fence", "fenced", "dotted", "answered")
STARTED = time.time()


def fast_now() -> datetime:
    return datetime.fromtimestamp(STARTED, UTC) + timedelta(seconds=(time.time() - STARTED) * FASTER)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def careful(port: int, boundary: str, after: int) -> None:
    """Drain as the product does; at the `after`-th passage of `boundary`, die."""
    from mailing.services.claims import Leases
    from mailing.services.handover import hand_over_due
    from mailing.services.relay import SmtpTransport
    from mailing.signals import register_guard
    from tests.mailing.sink import Sink

    passages = 0

    def passing(name: str) -> None:
        nonlocal passages
        if name == boundary:
            passages += 1
            if passages == after:
                die()

    def guard(_: Any) -> str:
        passing("in the fence")
        return ""

    class Doomed(SmtpTransport):
        def write(self, envelope: Envelope) -> str:
            passing("claimed")
            words = super().write(envelope)
            passing("written")
            return words

        def dot(self) -> Answer:
            passing("fenced")
            answer = super().dot()
            passing("answered")
            return answer

        def _send(self, wire: socket.socket, content: bytes) -> None:
            super()._send(wire, content)
            if content == b".\r\n":
                passing("dotted")

    register_guard("test_letter", guard)
    transport = Doomed(Sink(port=port), answer_seconds=4)
    leases = Leases(claim=timedelta(seconds=FASTER), handoff=timedelta(seconds=6 * FASTER))
    while waiting():
        hand_over_due(clock=fast_now, transport=transport, leases=leases, limit=100)
        time.sleep(0.02)


def naive(port: int, boundary: str, after: int) -> None:
    """The positive control: no claim, no fence; what is queued is sent and then noted."""
    from mailing.models import Email
    from mailing.services.render import frozen_mime

    for email in Email.objects.filter(status="QUEUED").select_related("client").order_by("pk"):
        content = frozen_mime(email, at=fast_now())
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp, contextlib.suppress(smtplib.SMTPException):
            smtp.sendmail(email.sender_address, email.recipient, content)
            Email.objects.filter(pk=email.pk).update(status="SENT", sent_at=fast_now())


def waiting() -> int:
    from mailing.models import Email

    return Email.objects.filter(status__in=["QUEUED", "CLAIMED", "HANDOFF"]).count()


def fork(work: Callable[[int, str, int], None], port: int, boundary: str, after: int) -> int:
    """Start a worker; it shares nothing with its parent but the loaded code."""
    from django.db import connections

    connections.close_all()
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work(port, boundary, after)
        status = 0
    finally:
        sys.stderr.flush()
        os._exit(status)


def main(port: int, mode: str, mails: int, kills: int, seed: int) -> dict[str, int]:
    """Kill `kills` workers, evenly over the run, then let the last two finish."""
    import tests.mailing.sink  # noqa: F401 -- loaded once, before the forks

    dice = random.Random(seed)
    work = careful if mode == "careful" else naive
    done = 0
    workers: dict[int, str] = {}

    def start() -> None:
        boundary = dice.choice(BOUNDARIES) if mode == "careful" and dice.random() < 0.5 and done < kills - 1 else ""
        workers[fork(work, port, boundary, dice.randint(1, 6))] = boundary

    start()
    start()
    while done < kills and (left := waiting()):
        time.sleep(dice.uniform(0.005, 0.02))
        unsuspecting = [worker for worker, boundary in workers.items() if not boundary]
        # as much mail is left as there are kills to come, so that every kill hits somebody at work
        if unsuspecting and mails - left >= mails * done / (kills + 1):
            os.kill(dice.choice(unsuspecting), signal.SIGKILL)
        for worker in list(workers):
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                del workers[worker]
                done += os.WIFSIGNALED(status)
                start()
    for worker in workers:
        os.waitpid(worker, 0)
    return {"kills": done, "left": waiting()}


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("KILLING_SETTINGS", "config.settings")
    django.setup()
    sys.stdout.write(json.dumps(main(**json.loads(sys.argv[1]))) + "\n")
