"""A client's own system that listens to notifications: a real HTTPS server on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.door import Door
from mailing.services.notify_endpoints import add_endpoint
from mailing.services.notify_handover import hand_over_due
from mailing.states import CHOSEN_EVENTS
from tests.stories import MONDAY, a_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from email.message import Message

    from accounts.models import Client
    from mailing.models import Endpoint

CERTIFICATE = Path(__file__).parent / "relay.pem"
EVERY_EVENT = [event for event, _ in CHOSEN_EVENTS]


def door(**options: Any) -> Door:
    """A way out that also leads to this machine and believes its certificate."""
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))
    return Door(**{"allows": lambda _: True, "trust": trust, "seconds": 60.0, "round_seconds": 60.0, **options})


@dataclass
class Heard:
    """One request."""

    headers: Message
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.raw)
        return found

    @property
    def event(self) -> str:
        return str(self.headers["Kontor-Event"])

    def is_signed_with(self, secret: str, key_id: str) -> bool:
        """As docs/webhooks.md shows it."""
        parts = dict(part.split("=", 1) for part in str(self.headers["Kontor-Signature"]).split(","))
        signed = parts["t"].encode() + b"." + self.raw
        return hmac.compare_digest(hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest(), parts.get(key_id, ""))


class Listener:
    """Takes what it is told, unless it was told what to answer."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: list[tuple[int, bytes]] = []
        self.always: tuple[int, bytes] = (200, b"thank you")
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append(Heard(self.headers, raw))
                status, body = listener.answers.pop(0) if listener.answers else listener.always
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: object) -> None:
                pass  # the other side hung up

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}/kontor?v=1"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join(timeout=10)
        self.server.server_close()

    @property
    def events(self) -> list[str]:
        return [heard.event for heard in self.heard]


def listens(client: Client, url: str, *, events: list[str] | None = None, at: datetime = MONDAY) -> Endpoint:
    """The client's admin adds an endpoint."""
    admin = client.users.filter(role="client_admin").first() or a_user("client_admin", client)
    return add_endpoint(client, url=url, events=events or EVERY_EVENT, by=admin, at=at, door=door())


def clock(at: datetime = MONDAY) -> Callable[[], datetime]:
    return lambda: at


def works(at: datetime = MONDAY, **options: Any) -> int:
    """One round of the worker."""
    return hand_over_due(clock=clock(at), door=options.pop("door", None) or door(), **options)
