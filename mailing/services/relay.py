"""The mail relay, spoken to in SMTP.

Python's own `smtplib` does connection, TLS and login. The message itself is written here, because everything hangs on
what the library does in one go: the body can be written without its final dot, and the dot is sent when the fence has
been passed. Until the dot a relay must discard what it has read (RFC 5321, 4.1.1.4 and 4.2.5).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol, Self

from django.core.mail.utils import DNS_NAME

from mailing.states import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

COMMAND_SECONDS = 30
"""How long one command before the dot may take."""
ANSWER_SECONDS = 600
"""How long to wait for the answer to the final dot (RFC 5321, 4.5.3.2.6)."""
SMTPS_PORT = 465
DOT_STUFFING = re.compile(rb"(?m)^\.")

OK, TEMPORARY, PERMANENT = 200, 400, 500
CLOSING = 421
RELAYS_OWN = frozenset({CLOSING, 503, 530, 534, 535, 538})
"""Refusals of a sender that mean us, not this message: closing, not (properly) logged in, not encrypted."""


class RelaySettings(Protocol):
    """What a relay needs: `settings.MAIL_RELAY`."""

    @property
    def host(self) -> str:
        """Its name or address."""

    @property
    def port(self) -> int:
        """Its port; 465 speaks TLS from the first byte."""

    @property
    def user(self) -> str:
        """Whom to log in as; empty: nobody."""

    @property
    def password(self) -> str:
        """The user's password."""

    @property
    def tls(self) -> bool:
        """Whether to insist on STARTTLS."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message on the wire: from whom, to whom, and the frozen bytes."""

    sender: str
    recipient: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay said to the final dot."""

    code: int
    words: str


class NotAcceptedError(Exception):
    """The message was not handed over, for certain; `permanent` when it was refused for good."""

    def __init__(self, words: str, *, permanent: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.permanent = permanent


class UnreachableError(NotAcceptedError):
    """The relay can't be used at all at the moment; other messages would fare no better."""


class NoAnswerError(Exception):
    """The final dot may have arrived, but no answer came: the message may have been accepted."""


class Transport(Protocol):
    """A carrier as the hand-over uses it: `write`, then either `dot` or `abort`."""

    carrier: Carrier

    def write(self, envelope: Envelope) -> str:
        """Say everything but the final dot; return the relay's last words. Raises NotAcceptedError."""

    def dot(self) -> Answer:
        """Say the final dot and wait for the answer. Raises NotAcceptedError, NoAnswerError."""

    def abort(self) -> None:
        """Close the connection without the dot."""

    def close(self) -> None:
        """Say good-bye."""


class SmtpTransport:
    """A mail relay; keeps its connection open from one message to the next."""

    carrier = Carrier.SMTP

    def __init__(self, relay: RelaySettings, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self.relay = relay
        self.answer_seconds = answer_seconds
        self._smtp: smtplib.SMTP | None = None
        self._in_message = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, envelope: Envelope) -> str:
        """Say everything but the final dot; return the relay's last words.

        Raises UnreachableError when the relay can't be used, NotAcceptedError when it doesn't take this message.
        """
        self._begin(envelope)
        smtp, wire = self._connected()
        code, words = self._say(smtp.rcpt, envelope.recipient)
        if code not in {250, 251}:
            self._give_up(code, words)
        code, words = self._say(smtp.docmd, "DATA")
        if code != 354:  # noqa: PLR2004 -- "start mail input"
            self._give_up(code, words)
        self._in_message = True
        body = DOT_STUFFING.sub(b"..", envelope.content)
        self._send(wire, body if body.endswith(b"\r\n") else body + b"\r\n")
        return f"{code} {words}"

    def dot(self) -> Answer:
        """Say the final dot and wait for the answer.

        Raises NotAcceptedError when the dot certainly did not reach the relay, NoAnswerError when it may have.
        """
        smtp, wire = self._connected()
        self._refuse_if_hung_up(wire)
        self._send(wire, b".\r\n")  # an error here means that the system has not even taken these three bytes
        try:
            wire.settimeout(self.answer_seconds)
            code, words = smtp.getreply()
            wire.settimeout(COMMAND_SECONDS)
        except (OSError, smtplib.SMTPException) as error:
            self.abort()
            raise NoAnswerError(described(error)) from error
        self._in_message = False
        text = as_text(words)
        if not OK <= code < 300 and not TEMPORARY <= code < 600:  # noqa: PLR2004 -- SMTP's classes of replies
            self.abort()
            raise NoAnswerError(f"unintelligible answer: {code} {text}")
        if code == CLOSING:
            self.abort()
        return Answer(code, text)

    def abort(self) -> None:
        """Close the connection without the dot: what was written so far counts for nothing."""
        self._in_message = False
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    def close(self) -> None:
        """Say good-bye, if the relay still listens; in the middle of a message just hang up."""
        if self._in_message:
            self.abort()
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException, NotAcceptedError):
                smtp, wire = self._connected()
                wire.settimeout(1)
                smtp.quit()
            self.abort()

    def open(self) -> smtplib.SMTP:
        """Connect and log in, unless that was done before.

        Raises UnreachableError.
        """
        if self._smtp is not None:
            return self._smtp
        try:
            self._smtp = self._connect()
            self._log_in(self._smtp)
        except (OSError, smtplib.SMTPException, NotAcceptedError) as error:
            self.abort()
            raise UnreachableError(described(error)) from error
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        address = (self.relay.host, self.relay.port, DNS_NAME.get_fqdn())
        if self.relay.tls and self.relay.port == SMTPS_PORT:
            return smtplib.SMTP_SSL(*address, timeout=COMMAND_SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(*address, timeout=COMMAND_SECONDS)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        _, wire = self._connected()
        # the dot is a small write after a small write: without this it waits for an acknowledgment of the body
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.relay.tls and self.relay.port != SMTPS_PORT:
            smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo_or_helo_if_needed()
        if self.relay.user:
            smtp.login(self.relay.user, self.relay.password)

    def _begin(self, envelope: Envelope) -> None:
        """Open a mail transaction; a connection kept from the last message may have gone stale and is renewed once."""
        is_kept = self._smtp is not None
        smtp = self.open()
        try:
            code, words = self._say(smtp.mail, envelope.sender, self._options(smtp, envelope))
        except NotAcceptedError as error:
            trouble = error.words
        else:
            if code == 250:  # noqa: PLR2004 -- "done"
                return
            if code >= TEMPORARY and code not in RELAYS_OWN:
                self._give_up(code, words)  # this sender or this size: the next message may fare better
            trouble = f"{code} {words}"
        self.abort()
        if is_kept:
            self._begin(envelope)
            return
        raise UnreachableError(trouble)

    def _options(self, smtp: smtplib.SMTP, envelope: Envelope) -> list[str]:
        return [f"SIZE={len(envelope.content)}"] if smtp.has_extn("size") else []

    def _give_up(self, code: int, words: str) -> NoReturn:
        if code == CLOSING:
            self.abort()
        else:
            with suppress(NotAcceptedError):  # a connection that is lost now is renewed for the next message
                self._say(self._connected()[0].rset)
        raise NotAcceptedError(f"{code} {words}", permanent=code >= PERMANENT)

    def _say(self, command: Callable[..., tuple[int, bytes]], *words: object) -> tuple[int, str]:
        try:
            code, reply = command(*words)
        except (OSError, smtplib.SMTPException) as error:
            self.abort()
            raise NotAcceptedError(described(error)) from error
        return code, as_text(reply)

    def _send(self, wire: socket.socket, content: bytes) -> None:
        try:
            wire.sendall(content)
        except OSError as error:
            self.abort()
            raise NotAcceptedError(described(error)) from error

    def _refuse_if_hung_up(self, wire: socket.socket) -> None:
        """A relay that speaks before the dot, or closes, has given this message up."""
        wire.settimeout(0)
        try:
            wire.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            wire.settimeout(COMMAND_SECONDS)
        except OSError as error:
            self.abort()
            raise NotAcceptedError(described(error)) from error
        else:
            self.abort()
            raise NotAcceptedError("the relay gave up before the end of the message")

    def _connected(self) -> tuple[smtplib.SMTP, socket.socket]:
        if self._smtp is None or self._smtp.sock is None:
            raise NotAcceptedError("the connection is closed")
        return self._smtp, self._smtp.sock


def ascii_address(address: str) -> str:
    """Write an address as it goes over the wire: an international domain in its ASCII form."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


def as_text(reply: bytes | str) -> str:
    """Return a relay's words as a line of text, whatever bytes they were."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.replace("\x00", "").split())[:2000]


def described(error: BaseException) -> str:
    """Return an error in words for the evidence: what happened, then its own text."""
    code = getattr(error, "smtp_code", None)
    if code is not None:
        return f"{code} {as_text(getattr(error, 'smtp_error', b''))}"
    if isinstance(error, TimeoutError) or str(error).endswith("timed out"):
        return "timed out"
    return as_text(str(error)) or type(error).__name__
