"""The one way out: how a foreign server is called, and which are never called.

Whoever calls (a key generator, a client's endpoint) is told an address by people outside. So it may not lead into our
own network: the name is looked up once, all its addresses are checked, and the very address that was checked is
connected to. Redirects are not followed, every call has its seconds, name lookup included, and the answer a limit.
Only the worker calls; nothing is called inside a transaction.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from core.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SECONDS: Final = 5.0
"""What one call may take: name, connection, answer."""
ROUND_SECONDS: Final = 5.0
"""After this no further call of a round is begun: e-mails wait meanwhile."""
SHORTEST: Final = 0.1
"""Seconds that are left for the call when the name took nearly all."""
LIMIT_BYTES: Final = 64 * 1024
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
PORTS: Final = {"https": 443, "http": 80}


class CallError(Exception):
    """There was no answer; the message says why, in a sentence."""


def is_public(address: str) -> bool:
    """Whether an IP address is a server on the Internet: not ourselves, our network, or a way around that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in NAT64 or ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_public_or_here(address: str) -> bool:
    """Whether an IP address is a server on the Internet or this very machine: for trying things out."""
    return is_public(address) or ipaddress.ip_address(address.partition("%")[0]).is_loopback


@dataclass(frozen=True, slots=True)
class Door:
    """The way out: which addresses may be called, whose certificates are believed, who knows names, how long it takes.

    `seconds` is for one call, `round_seconds` for all calls of a round.
    """

    allows: Callable[[str], bool] = is_public
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS
    round_seconds: float = ROUND_SECONDS
    look_up: Callable[..., Any] = socket.getaddrinfo
    schemes: frozenset[str] = frozenset({"https"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; of a longer answer, one byte more than the limit."""

    status: int
    content: bytes


def check_url(url: str, *, schemes: frozenset[str] = frozenset({"https"})) -> None:
    """Refuse an address of a foreign server that is not plainly https."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in schemes and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or not url.isprintable() or " " in url:
        raise Refused("The address has to start with https:// and hold no password.", "url")


def check_destination(url: str, door: Door, *, whom: str) -> None:
    """Refuse an address that could not be called now: its form, its name, or where that leads."""
    check_url(url, schemes=door.schemes)
    try:
        _resolve(*_place(url), door, whom=whom)
    except CallError as error:
        raise Refused(str(error), "url") from None


def call(url: str, *, body: bytes, headers: Mapping[str, str], door: Door, whom: str) -> Answer:
    """Post `body` once and return the answer; `whom` is who is called, for sentences ("The generator").

    Raises CallError for an address that may not be called, a name nobody knows, and no or a late answer.
    """
    try:
        check_url(url, schemes=door.schemes)
    except Refused as refused:
        raise CallError(refused.message) from None
    parts = urlsplit(url)
    host, port = _place(url)
    ends = time.monotonic() + door.seconds
    address = _resolve(host, port, door, whom=whom)
    left = max(ends - time.monotonic(), SHORTEST)
    trust = door.trust if parts.scheme == "https" else None
    connection = _Connection(host, port, address=address, trust=trust, seconds=left)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _hung_up_after(connection, left):
            connection.request("POST", target, body=body, headers={"User-Agent": "Kontor", **headers})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(LIMIT_BYTES + 1))
    except TimeoutError:
        raise CallError(f"{whom} did not answer within {door.seconds:g} seconds.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise CallError(f"{whom} can't be reached: {_words(error)}.") from None
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at before: the name is not resolved a second time."""

    def __init__(self, host: str, port: int, *, address: str, trust: ssl.SSLContext | None, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self.default_port = PORTS["http" if trust is None else "https"]  # left out of the Host header
        self.address, self.trust = address, trust
        self.line = socket.socket()  # `sock` is given up while the answer is still being read

    def connect(self) -> None:
        """Connect to the address, and check the certificate for the name."""
        self.line.close()
        self.line = self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.trust is None:
            return
        # The handshake comes last: it, too, can be hung up on.
        wrapped = self.trust.wrap_socket(self.line, server_hostname=self.host, do_handshake_on_connect=False)
        self.line = self.sock = wrapped
        wrapped.do_handshake()


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or PORTS[parts.scheme]


def _resolve(host: str, port: int, door: Door, *, whom: str) -> str:
    addresses = _looked_up(host, port, door, whom=whom)
    if not addresses:
        raise CallError(f"{whom}'s name {host} is unknown.")
    if not all(door.allows(address) for address in addresses):
        raise CallError(f"{whom}'s name {host} leads into a private network; it is not called.")
    return addresses[0]


def _looked_up(host: str, port: int, door: Door, *, whom: str) -> list[str]:
    """Look a name up, no longer than a call may take: the system knows no time limit, so a thread waits for it."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(str(entry[4][0]) for entry in door.look_up(host, port, type=socket.SOCK_STREAM))

    waiting = threading.Thread(target=look_up, daemon=True)
    waiting.start()
    waiting.join(door.seconds)
    if waiting.is_alive():
        raise CallError(f"{whom}'s name {host} could not be looked up within {door.seconds:g} seconds.")
    return found


@contextmanager
def _hung_up_after(connection: _Connection, seconds: float) -> Iterator[None]:
    """Hang up after `seconds` in all: a timeout alone lets an answer drip for ever."""
    is_late = threading.Event()

    def hang_up() -> None:
        is_late.set()
        with suppress(OSError):
            connection.line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException):
        if is_late.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
    if is_late.is_set():
        raise TimeoutError


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
