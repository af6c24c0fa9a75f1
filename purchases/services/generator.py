"""Asking a client's key generator: the one place that calls a foreign server, and only the worker does.

A request is a POST of JSON, signed: `X-Kontor-Signature: sha256=…`, the HMAC of the body under the product's secret.
The answer is `{"key": "…"}`. The same item may be asked for again (a lost answer, a worker that died): the reference
and item tell the generator that it is the same key. Each attempt is claimed and committed before anything is sent,
nothing is sent inside a transaction, and the address is resolved anew each time: it may not lead into our own network.
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
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.crypto import salted_hmac

from core.refused import Refused
from errorlog.models import ErrorType
from errorlog.services import log_error
from purchases.models import KeyRequest, LicenseKey, Purchase, PurchaseItem
from purchases.services.delivery import DELIVERED_IN, note_arrival
from purchases.services.history import Note, enter
from purchases.signals import keys_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from purchases.models import Product

RETRIES: Final = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16))
"""How long after each failed attempt the next one follows; after the last one the request is given up."""
LEASE: Final = timedelta(minutes=5)
"""How long a worker may take; after that it is thought dead and the item is asked for again."""
SECONDS: Final = 10.0
LIMIT_BYTES: Final = 64 * 1024
LIMIT_KEY: Final = 200
MOST_AT_ONCE: Final = 5
"""Requests of one round: each may take its ten seconds, and e-mails wait meanwhile."""
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
    """The way out: which addresses may be called, whose certificates are believed, how long it may take."""

    allows: Callable[[str], bool] = is_public
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    seconds: float = SECONDS


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
    """Ask for every key whose time has come, at most `limit`; say how many were asked for."""
    asked = 0
    while asked < limit and (claim := claim_next(at=clock())) is not None:
        asked += 1
        try:
            code = ask(claim, door or Door())
        except GeneratorError as error:
            note_failure(claim, str(error), at=clock())
        else:
            note_key(claim, code, at=clock())
    return asked


def claim_next(*, at: datetime) -> Claim | None:
    """Take the request that has been due longest, or None; those whose order needs no key any more are closed."""
    while True:
        with transaction.atomic():
            due = KeyRequest.objects.filter(done_at=None, next_at__lte=at)
            row = due.order_by("next_at", "pk").select_for_update(skip_locked=True).first()
            if row is None:
                return None
            item = PurchaseItem.objects.select_related("product", "purchase__client").get(pk=row.pk)
            if item.purchase.status not in DELIVERED_IN:
                problem = f"not asked: {item.purchase.status_label}"
                due.filter(pk=row.pk).update(done_at=at, next_at=None, problem=problem)
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

    def __init__(self, host: str, port: int, *, address: str, door: Door) -> None:
        super().__init__(host, port, timeout=door.seconds, context=door.trust)
        self.address, self.trust = address, door.trust
        self.line = socket.socket()  # `sock` is given up while the answer is still being read

    def connect(self) -> None:
        """Connect to the address, and check the certificate for the name."""
        self.line.close()
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.line = self.sock = self.trust.wrap_socket(plain, server_hostname=self.host)


def ask(claim: Claim, door: Door) -> str:
    """Call the generator once and return its key.

    Raises GeneratorError for an address inside our network, no or a late answer, or an answer without a usable key.
    """
    product = claim.item.product
    try:
        check_url(product.generator_url)
    except Refused as refused:
        raise GeneratorError(refused.message) from None
    parts = urlsplit(product.generator_url)
    host, port = parts.hostname or "", parts.port or 443
    connection = _Connection(host, port, address=_resolve(host, port, door), door=door)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "Kontor",
        "X-Kontor-Signature": sign(product, claim.body),
    }
    try:
        with _hung_up_after(connection, door.seconds):
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
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise GeneratorError(f"The generator's name {host} is unknown.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not all(door.allows(address) for address in addresses):
        raise GeneratorError(f"The generator's name {host} leads into a private network; it is not called.")
    return addresses[0]


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
    purchase = Purchase.objects.lock(claim.item.purchase)
    kept, is_new = LicenseKey.objects.get_or_create(
        product=claim.item.product, code=code, defaults={"item": claim.item, "delivered_at": at}
    )
    if not is_new:
        if kept.item_id != claim.item.pk or kept.deactivated_at is not None:
            note_failure(claim, "The generator answered with a key that is there already.", at=at)
        return
    is_needed = KeyRequest.objects.filter(item=claim.item, done_at=None).exists()
    if purchase.status in DELIVERED_IN and is_needed:
        note_arrival(purchase, [claim.item], by=None, at=at)
        return
    LicenseKey.objects.filter(pk=kept.pk).update(deactivated_at=at)
    problem = "came when no key was needed any more"
    KeyRequest.objects.filter(item=claim.item, done_at=None).update(done_at=at, next_at=None, problem=problem)


@transaction.atomic
def note_failure(claim: Claim, problem: str, *, at: datetime) -> None:
    """Note a failed attempt in the error log, and when the next one follows, or that it is given up."""
    item, purchase = claim.item, Purchase.objects.lock(claim.item.purchase)
    is_last = claim.attempt > len(RETRIES)
    next_at = None if is_last else at + RETRIES[claim.attempt - 1]
    mine = KeyRequest.objects.filter(item=item, done_at=None, attempts=claim.attempt)
    if not mine.update(next_at=next_at, problem=problem[:300]):
        return  # delivered from the list, or asked anew, meanwhile
    log_error(
        type=ErrorType.KEY_GENERATION,
        client=purchase.client,
        reference=purchase.reference,
        purchase_status=purchase.status,
        item_number=item.position,
        note=f"No key for {item.product}: {problem}",
        at=at,
        dedupe_key=f"generator:{purchase.reference}:{item.position}",
        client_handles=item.product.client_handles_errors,
    )
    if is_last:
        text = f"The key generator was given up after {claim.attempt} attempts"
        enter(purchase, Note("key_given_up", text, reason=problem), by=None, at=at)
        keys_missing.send(Purchase, purchase=purchase, item=item, at=at)
