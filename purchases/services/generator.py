"""Asking a client's key generator: the one place that calls a foreign server, and only the worker does.

A request is a POST of JSON, signed: `X-Kontor-Signature: sha256=…`, the HMAC of the body under the product's secret.
The answer is `{"key": "…"}`. The same item may be asked for again (a lost answer, a worker that died): the reference
and item tell the generator that it is the same key. Each attempt is claimed and committed before anything is sent,
nothing is sent inside a transaction, and the address is resolved anew each time: it may not lead into our own network.

On one machine the same worker sends letters and e-mails, so a round is short: every call has its seconds, name lookup
included, a round has its own, and a generator that failed is left alone until the next one.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.crypto import salted_hmac

from core.refused import Refused
from errorlog.services import settle_errors
from purchases.models import KeyRequest, LicenseKey, Purchase, PurchaseItem
from purchases.services.delivery import (
    RETRIES,
    awaiting_key,
    deliver_late,
    empty_list,
    error_keys,
    log_missing,
    note_arrival,
)
from purchases.services.history import Note, enter
from purchases.signals import keys_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from purchases.models import Product

LEASE: Final = timedelta(minutes=5)
"""How long a worker may take; after that it is thought dead and the item is asked for again."""
SECONDS: Final = 5.0
"""What one call may take: name, connection, answer."""
ROUND_SECONDS: Final = 5.0
"""After this no further call of a round is begun: e-mails wait meanwhile."""
MOST_AT_ONCE: Final = 50
SHORTEST: Final = 0.1
"""Seconds that are left for the call when the name took nearly all."""
LIMIT_BYTES: Final = 64 * 1024
LIMIT_KEY: Final = 200
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class GeneratorError(Exception):
    """The generator gave no key; the message says why, for the error log."""


def is_public(address: str) -> bool:
    """Whether an IP address is a server on the Internet: not ourselves, our network, or a way around that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip in NAT64:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


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


def check_url(url: str) -> None:
    """Refuse the address of a generator or download that is not plainly https."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or not url.isprintable() or " " in url:
        raise Refused("The address has to start with https:// and hold no password.", "url")


def secret_of(product: Product) -> str:
    """Derive the secret that signs requests for a product, for its client to keep."""
    return salted_hmac("purchases.generator", str(product.pk), algorithm="sha256").hexdigest()


def sign(product: Product, body: bytes) -> str:
    """Sign a request's body."""
    return "sha256=" + hmac.new(secret_of(product).encode(), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt in this worker's hands."""

    item: PurchaseItem
    attempt: int
    body: bytes


def ask_due(*, clock: Callable[[], datetime], door: Door | None = None, limit: int = MOST_AT_ONCE) -> int:
    """Try again for every key whose time has come, at most `limit` and no longer than a round; say how many."""
    door, tried, silent = door or Door(), 0, set[str]()
    ends = time.monotonic() + door.round_seconds
    while tried < limit and time.monotonic() < ends:
        claim = claim_next(at=clock(), without=silent)
        if claim is None:
            break
        tried += 1
        if not deliver_late(claim.item, by=None, at=clock()) and not _ask_and_note(claim, door, clock=clock):
            silent |= {claim.item.product.generator_url} - {""}
    return tried


def _ask_and_note(claim: Claim, door: Door, *, clock: Callable[[], datetime]) -> bool:
    try:
        code = ask(claim, door)
    except GeneratorError as error:
        note_failure(claim, str(error), at=clock())
        return False
    note_key(claim, code, at=clock())
    return True


def claim_next(*, at: datetime, without: Collection[str] = ()) -> Claim | None:
    """Take the request that has been due longest, or None; those whose order needs no key any more are closed.

    Generators at the addresses `without` are left alone.
    """
    while True:
        with transaction.atomic():
            due = KeyRequest.objects.filter(done_at=None, next_at__lte=at)
            asked = due.exclude(item__product__generator_url__in=without) if without else due
            row = asked.order_by("next_at", "pk").select_for_update(skip_locked=True, of=("self",)).first()
            if row is None:
                return None
            item = PurchaseItem.objects.select_related("product", "purchase__client").get(pk=row.pk)
            if not awaiting_key(PurchaseItem.objects.filter(pk=row.pk)).exists():
                problem = f"not asked: {item.purchase.status_label}"
                due.filter(pk=row.pk).update(done_at=at, next_at=None, problem=problem)
                settle_errors(*error_keys(item.purchase, item), by=None, at=at, note="no key is owed any more")
                continue
            # Nobody else has it: its row is locked, and on SQLite the whole transaction is alone.
            due.filter(pk=row.pk).update(attempts=row.attempts + 1, next_at=at + LEASE)
            return Claim(item, row.attempts + 1, _body(item))


def _body(item: PurchaseItem) -> bytes:
    contacts = {contact.kind: contact for contact in item.purchase.contacts.all()}
    licensee = contacts.get("licensee") or contacts.get("billing")
    return json.dumps(
        {
            "reference": item.purchase.reference,
            "item": item.position,
            "product": item.product_code,
            "quantity": item.quantity,
            "licensee": {
                "company": licensee.company if licensee else item.purchase.billing_company,
                "name": licensee.name if licensee else item.purchase.billing_last_name,
                "email": licensee.email if licensee else item.purchase.billing_email,
                "country": licensee.country if licensee else "",
            },
        }
    ).encode()


# The call ------------------------------------------------------------------------------------------------------------


class _Connection(http.client.HTTPSConnection):
    """HTTPS to an address that was looked at before: the name is not resolved a second time."""

    def __init__(self, host: str, port: int, *, address: str, trust: ssl.SSLContext, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds, context=trust)
        self.address, self.trust = address, trust
        self.line = socket.socket()  # `sock` is given up while the answer is still being read

    def connect(self) -> None:
        """Connect to the address, and check the certificate for the name."""
        self.line.close()
        plain = socket.create_connection((self.address, self.port), self.timeout)
        # The handshake comes last: it, too, can be hung up on.
        wrapped = self.trust.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.line = self.sock = wrapped
        wrapped.do_handshake()


def ask(claim: Claim, door: Door) -> str:
    """Call the generator once and return its key.

    Raises GeneratorError without a generator, for an address inside our network, no or a late answer, or an answer
    without a usable key.
    """
    product = claim.item.product
    if not product.generator_url:
        raise GeneratorError(empty_list(product))
    try:
        check_url(product.generator_url)
    except Refused as refused:
        raise GeneratorError(refused.message) from None
    parts = urlsplit(product.generator_url)
    host, port = parts.hostname or "", parts.port or 443
    ends = time.monotonic() + door.seconds
    address = _resolve(host, port, door)
    left = max(ends - time.monotonic(), SHORTEST)
    connection = _Connection(host, port, address=address, trust=door.trust, seconds=left)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "Kontor",
        "X-Kontor-Signature": sign(product, claim.body),
    }
    try:
        with _hung_up_after(connection, left):
            connection.request("POST", target, body=claim.body, headers=headers)
            answer = connection.getresponse()
            status, content = answer.status, answer.read(LIMIT_BYTES + 1)
    except TimeoutError:
        raise GeneratorError(f"The generator did not answer within {door.seconds:g} seconds.") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise GeneratorError(f"The generator can't be reached: {_words(error)}.") from None
    finally:
        connection.close()
    if status != http.client.OK:
        raise GeneratorError(f"The generator answered with status {status}.")
    return _key_in(content)


def _resolve(host: str, port: int, door: Door) -> str:
    addresses = _looked_up(host, port, door)
    if not addresses:
        raise GeneratorError(f"The generator's name {host} is unknown.")
    if not all(door.allows(address) for address in addresses):
        raise GeneratorError(f"The generator's name {host} leads into a private network; it is not called.")
    return addresses[0]


def _looked_up(host: str, port: int, door: Door) -> list[str]:
    """Look a name up, no longer than a call may take: the system knows no time limit, so a thread waits for it."""
    found: list[str] = []

    def look_up() -> None:
        with suppress(OSError, UnicodeError):
            found.extend(str(entry[4][0]) for entry in door.look_up(host, port, type=socket.SOCK_STREAM))

    waiting = threading.Thread(target=look_up, daemon=True)
    waiting.start()
    waiting.join(door.seconds)
    if waiting.is_alive():
        raise GeneratorError(f"The generator's name {host} could not be looked up within {door.seconds:g} seconds.")
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


def _key_in(content: bytes) -> str:
    if len(content) > LIMIT_BYTES:
        raise GeneratorError("The generator's answer is larger than 64 kB.")
    try:
        answer: Any = json.loads(content)
    except (ValueError, RecursionError):
        raise GeneratorError("The generator's answer is no JSON.") from None
    code = answer.get("key") if isinstance(answer, dict) else None
    code = code.strip() if isinstance(code, str) else ""
    if not code or len(code) > LIMIT_KEY or not code.isprintable():
        raise GeneratorError(f"The generator's answer holds no key of 1 to {LIMIT_KEY} printable characters.")
    return code


# What came of it -----------------------------------------------------------------------------------------------------


@transaction.atomic
def note_key(claim: Claim, code: str, *, at: datetime) -> None:
    """Keep the generator's key and deliver it; one that comes too late is kept, but not valid any more."""
    item, purchase = claim.item, Purchase.objects.lock(claim.item.purchase)
    is_needed = awaiting_key(purchase.items.filter(pk=item.pk, key_request__done_at=None)).exists()
    kept, is_new = LicenseKey.objects.get_or_create(
        product=item.product, code=code, defaults={"item": item, "delivered_at": at}
    )
    if not is_new:
        if kept.item_id != item.pk or kept.deactivated_at is not None:
            note_failure(claim, "The generator answered with a key that is there already.", at=at)
        return
    if is_needed:
        note_arrival(purchase, [item], by=None, at=at)
        return
    LicenseKey.objects.filter(pk=kept.pk).update(deactivated_at=at)
    problem = "came when no key was needed any more"
    KeyRequest.objects.filter(item=item, done_at=None).update(done_at=at, next_at=None, problem=problem)


@transaction.atomic
def note_failure(claim: Claim, problem: str, *, at: datetime) -> None:
    """Note a failed attempt in the error log, and when the next one follows, or that it is given up."""
    item, purchase = claim.item, Purchase.objects.lock(claim.item.purchase)
    is_last = claim.attempt > len(RETRIES)
    next_at = None if is_last else at + RETRIES[claim.attempt - 1]
    mine = KeyRequest.objects.filter(item=item, done_at=None, attempts=claim.attempt)
    if not mine.update(next_at=next_at, problem=problem[:300]):
        return  # delivered from the list, or asked anew, meanwhile
    log_missing(purchase, item, problem, at=at, next_try_at=next_at)
    if is_last:
        text = f"No key could be delivered after {claim.attempt} attempts"
        enter(purchase, Note("key_given_up", text, reason=problem), by=None, at=at)
        keys_missing.send(Purchase, purchase=purchase, item=item, at=at)
