"""Handing queued e-mail over to a local SMTP sink, beside smtplib that sends the same bytes and notes nothing."""

from __future__ import annotations

import smtplib  # noqa: TID251 -- the peer
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING

from benchmarks.stage import NINE, arguments, database, fill, seconds, tell

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def sink() -> Iterator[int]:
    """Run an SMTP server that takes everything, as a process of its own; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"]
    process = subprocess.Popen(command)  # noqa: S603 -- our own command
    try:
        for _ in range(100):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure."""
    size = arguments(__doc__ or "", emails=2_000)
    with database(), sink() as port:
        from accounts.models import Client
        from mailing.models import EmailMime
        from mailing.services.compose import queue_email
        from mailing.services.handover import hand_over_due
        from mailing.services.relay import SmtpTransport

        fill(purchases=0, due=0)
        client = Client.objects.get()
        text = "Dear customer,\n\n" + "This order is not paid yet. " * 40
        for number in range(size.emails):
            queue_email(
                client=client,
                kind="invoice",
                reference="",
                dedupe_key=f"benchmark:{number}",
                recipient=f"ap{number}@werft.example",
                language="en",
                subject="Your order",
                body_text=text,
                body_html=f"<p>{text}</p>",
                at=NINE,
            )
        relay = SimpleNamespace(host="127.0.0.1", port=port, user="", password="", tls=False)
        taken = seconds(lambda: hand_over_due(clock=lambda: NINE, transport=SmtpTransport(relay)))
        messages = [bytes(content) for content in EmailMime.objects.values_list("content", flat=True)]

        def plain() -> None:
            with smtplib.SMTP("127.0.0.1", port) as smtp:
                for message in messages:
                    smtp.sendmail("orders@client.example", ["ap@werft.example"], message)

        print(f"{len(messages):,} of {size.emails:,} e-mails handed over")
        tell("hand-over, one worker", len(messages) / taken, "per second", "smtplib", len(messages) / seconds(plain))


if __name__ == "__main__":
    main()
