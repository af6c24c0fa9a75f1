"""A real SMTP server that remembers every message it accepted and can be told to misbehave."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session


@dataclass
class Message:
    """An accepted message: its envelope and its bytes, without the dots that SMTP stuffs in."""

    sender: str
    recipient: str
    content: bytes

    @property
    def parsed(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def message_id(self) -> str:
        return str(self.parsed["Message-ID"])


@dataclass
class Sink:
    """Answers what `plan` says for each message in turn (then `250`), or what `choose` says about it."""

    plan: deque[str] = field(default_factory=deque)
    choose: Callable[[str], str] | None = None
    slow_seconds: float = 0.0
    messages: list[Message] = field(default_factory=list)
    connections: int = 0
    at_mail: deque[str] = field(default_factory=deque)
    at_recipient: deque[str] = field(default_factory=deque)
    reset_before_dot: int = 0
    has_reset: threading.Event = field(default_factory=threading.Event)
    host: str = "127.0.0.1"
    port: int = 0
    user: str = ""
    password: str = ""
    tls: bool = False
    context: ssl.SSLContext | None = None
    starts_with_tls: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def counts(self) -> Counter[str]:
        return Counter(message.message_id for message in self.messages)

    async def handle_MAIL(  # noqa: N802 -- aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_mail:
            return self.at_mail.popleft()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipient:
            return self.at_recipient.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert envelope.mail_from is not None
        assert isinstance(envelope.content, bytes)
        message = Message(envelope.mail_from, envelope.rcpt_tos[0], envelope.content)
        answer = self.plan.popleft() if self.plan else "250 taken"
        if self.choose is not None:
            answer = self.choose(message.message_id)
        if self.slow_seconds:
            await asyncio.sleep(self.slow_seconds)
        if answer.startswith(("250", "reset")):
            with self.lock:
                self.messages.append(message)
        if answer == "reset":  # accepted, but the client never hears of it
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer


logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server's complaints about the resets it was told to make


class FaultyServer(SMTP):
    """Hangs up before the final dot when its sink says so."""

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        sink: Sink = self.event_handler
        if sink.reset_before_dot:
            sink.reset_before_dot -= 1
            await self.push("354 go ahead")
            await self._reader.readline()
            assert isinstance(self.transport, asyncio.Transport)
            self.transport.abort()
            # the socket is closed in the loop's next round
            self.loop.call_later(0.05, sink.has_reset.set)
            return
        await super().smtp_DATA(arg)


class SinkController(Controller):
    """Runs a sink in a thread, on a port of the system's choice."""

    def __init__(self, sink: Sink) -> None:
        at_once = sink.context if sink.starts_with_tls else None
        super().__init__(sink, hostname="127.0.0.1", port=0, ready_timeout=20, ssl_context=at_once)
        self.sink = sink

    def factory(self) -> SMTP:
        self.sink.connections += 1
        offered = None if self.sink.starts_with_tls else self.sink.context
        return FaultyServer(self.sink, enable_SMTPUTF8=False, tls_context=offered)

    def _trigger_server(self) -> None:
        """The library asks the port it was given; here the system chose one."""
        sockets: Any = self.server.sockets  # type: ignore[union-attr]
        self.port = sockets[0].getsockname()[1]
        self.sink.port = self.port
        super()._trigger_server()  # type: ignore[no-untyped-call]
