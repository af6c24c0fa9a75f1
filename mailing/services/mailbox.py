"""Reading reports from a mailbox: each message once, for a limited time, whatever it holds.

A message is noted first and marked as read then: a worker that dies in between leaves it to the next, for whom its key
is there already. Nothing is deleted. The mailbox is for reports alone: everything in it is marked as read.
"""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from django.db import InterfaceError, OperationalError

from mailing.services.dsn import LARGEST, UNKNOWN, Report, key_of, read_report
from mailing.services.reports import note_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mailing.models import DeliveryReport

log = structlog.get_logger(__name__)

PATIENCE: Final = 15.0
"""Seconds that one answer of the server may take."""
MOST_MESSAGES: Final = 200


class MailboxError(Exception):
    """The mailbox of reports can't be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An IMAP account and its folder; `tls` is "yes" (from the start), "starttls" or "no" (this machine only)."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    tls: str


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What a round found: messages looked at, reports noted for the first time."""

    messages: int
    reports: int


def read_mailbox(mailbox: Mailbox, *, clock: Callable[[], datetime], until: datetime) -> ReadResult:
    """Note every unread report in a mailbox; no message is begun after `until`, the rest waits for the next round.

    Raises MailboxError when the server does not answer, or does not let us in.
    """
    messages = reports = 0
    try:
        with _opened(mailbox) as server:
            for uid in _unread(server)[:MOST_MESSAGES]:
                if clock() >= until:
                    break
                messages += 1
                reports += _note(server, uid, at=clock())
    except (OSError, imaplib.IMAP4.error) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise MailboxError(reason) from error
    return ReadResult(messages, reports)


@contextlib.contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    context = ssl.create_default_context()
    if mailbox.tls == "yes":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(mailbox.host, mailbox.port, ssl_context=context, timeout=PATIENCE)
    else:
        server = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=PATIENCE)
    try:
        if mailbox.tls == "starttls":
            server.starttls(context)
        server.login(mailbox.user, mailbox.password)
        status, _ = server.select(f'"{mailbox.folder}"')
        if status != "OK":
            message = f"there is no folder {mailbox.folder}"
            raise MailboxError(message)
        yield server
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _unread(server: imaplib.IMAP4) -> list[str]:
    _, found = server.uid("SEARCH", "UNSEEN")
    return found[0].decode("ascii", "replace").split() if found and found[0] else []


def _note(server: imaplib.IMAP4, uid: str, *, at: datetime) -> bool:
    """Note one message; return whether it was news."""
    _, answer = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
    content = next((part[1] for part in answer if isinstance(part, tuple)), b"")
    report = read_report(content)
    row = None if report is None else _note_report(report, key=key_of(content), at=at)
    server.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)")
    if row is not None:
        log.info("mailing.report", kind=row.kind, email=row.email_id)
    return row is not None


def _note_report(report: Report, *, key: str, at: datetime) -> DeliveryReport | None:
    """Note a report; one that nobody can deal with is noted as not understood, so that the next ones are read."""
    try:
        return note_report(report, source="mailbox", key=key, at=at)
    except (OperationalError, InterfaceError):
        raise  # the database's own trouble: the report waits
    except Exception:
        log.exception("mailing.report_failed", kind=report.kind)
        unknown = Report(UNKNOWN, words="This report can’t be dealt with; see the worker’s log.")
        return note_report(unknown, source="mailbox", key=key, at=at)
