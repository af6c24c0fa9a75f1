"""Asking a client's key generator, by the way out that all calls to foreign servers take (`core.door`).

A request is a POST of JSON, signed: `X-Kontor-Signature: sha256=…`, the HMAC of the body under the product's secret.
The answer is `{"key": "…"}`. The same item may be asked for again (a lost answer, a worker that died): the reference
and item tell the generator that it is the same key. Each attempt is claimed and committed before anything is sent,
and nothing is sent inside a transaction.

On one machine the same worker sends letters and e-mails, so a round is short: every call has its seconds, a round has
its own, and a generator that failed is left alone until the next one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from core.door import LIMIT_BYTES, CallError, Door, call
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
    from collections.abc import Callable, Collection
    from datetime import datetime

    from purchases.models import Product

LEASE: Final = timedelta(minutes=5)
"""How long a worker may take; after that it is thought dead and the item is asked for again."""
MOST_AT_ONCE: Final = 50
LIMIT_KEY: Final = 200


class GeneratorError(Exception):
    """The generator gave no key; the message says why, for the error log."""


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


def ask(claim: Claim, door: Door) -> str:
    """Call the generator once and return its key.

    Raises GeneratorError without a generator, for an address inside our network, no or a late answer, or an answer
    without a usable key.
    """
    product = claim.item.product
    if not product.generator_url:
        raise GeneratorError(empty_list(product))
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "X-Kontor-Signature": sign(product, claim.body),
    }
    try:
        answer = call(product.generator_url, body=claim.body, headers=headers, door=door, whom="The generator")
    except CallError as error:
        raise GeneratorError(str(error)) from None
    if answer.status != HTTPStatus.OK:
        raise GeneratorError(f"The generator answered with status {answer.status}.")
    return _key_in(answer.content)


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
