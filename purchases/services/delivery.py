"""Delivering license keys: from key lists at once, else later, from a refilled list or the product's key generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from errorlog.models import ErrorRecord, ErrorType
from errorlog.services import log_error, mark_done
from purchases import emails
from purchases.models import DeliveryKind, KeyRequest, LicenseKey, Product, Purchase
from purchases.services.history import Note, enter
from purchases.signals import keys_found, keys_missing, stock_low
from purchases.states import WON, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from accounts.models import User
    from purchases.models import PurchaseItem

DELIVERED_IN: Final = WON | {Status.PURCHASE_ORDER}
"""Statuses in which a key that was missing still goes out."""


@transaction.atomic
def deliver(purchase: Purchase, *, by: User | None, at: datetime) -> Purchase:
    """Give every undelivered item of a locked purchase its key (one key covers the item's quantity) and mail them.

    Where the key list is empty the product's key generator is asked, soon and by the worker. Without one it is an entry
    in the error log, not a lost order: the rest is delivered.
    """
    items = list(purchase.items.select_related("product").prefetch_related("keys").order_by("position"))
    waiting = []
    for item in items:
        if _has_delivery(item):
            continue
        if give_key(item, at=at):
            _watch_stock(purchase, item.product, at=at)
        else:
            waiting.append(item)
    for item in waiting:
        if item.product.generator_url:
            ask_generator(item, at=at)
        else:
            _report_missing(purchase, item, at=at)
    if len(waiting) < len(items):
        emails.delivery(purchase, at=at)
        enter(purchase, Note("delivered", "License keys delivered"), by=by, at=at)
    return purchase


def ask_generator(item: PurchaseItem, *, at: datetime) -> KeyRequest:
    """Have the worker ask the product's key generator for an item's key, from `at` on."""
    fresh = {"attempts": 0, "next_at": at, "problem": "", "done_at": None}
    row, _ = KeyRequest.objects.update_or_create(item=item, defaults=fresh)
    return row


def note_arrival(purchase: Purchase, items: Sequence[PurchaseItem], *, by: User | None, at: datetime) -> None:
    """Mail the keys that came later than their order's delivery, and close what waited for them."""
    for item in items:
        KeyRequest.objects.filter(item=item, done_at=None).update(done_at=at, next_at=None, problem="")
        names = [f"{kind}:{purchase.reference}:{item.position}" for kind in ("keys", "generator")]
        for entry in ErrorRecord.objects.filter(dedupe_key__in=names, is_done=False):
            mark_done(entry, by=by, at=at, note="the key was delivered")
        keys_found.send(Purchase, purchase=purchase, item=item, at=at)
    emails.delivery(purchase, at=at)
    text = "License key delivered" if len(items) == 1 else f"{len(items)} license keys delivered"
    enter(purchase, Note("delivered", text), by=by, at=at)


@transaction.atomic
def add_keys(product: Product, codes: Iterable[str]) -> int:
    """Add keys to a product's key list and say how many were new."""
    before = product.keys.count()
    LicenseKey.objects.bulk_create(
        [LicenseKey(product=product, code=code) for code in codes], ignore_conflicts=True, batch_size=500
    )
    return product.keys.count() - before


def has_keys(purchase: Purchase) -> bool:
    """Whether keys of this purchase are with the customer."""
    return LicenseKey.objects.filter(item__purchase=purchase, deactivated_at=None).exists()


def lacks_keys(purchase: Purchase) -> bool:
    """Whether an item that comes with a key has none that is valid: none was there, or it was deactivated."""
    active = LicenseKey.objects.filter(item__purchase=purchase, deactivated_at=None)
    owed = purchase.items.filter(product__delivery=DeliveryKind.KEY).exclude(pk__in=active.values("item"))
    return bool(owed.exists())


def _has_delivery(item: PurchaseItem) -> bool:
    return item.product.delivery != DeliveryKind.KEY or any(key.deactivated_at is None for key in item.keys.all())


def give_key(item: PurchaseItem, *, at: datetime) -> bool:
    """Give an item of a locked purchase the oldest free key of its product's list; False when there is none."""
    # Two deliveries at once must not take the same key: the row is locked, a locked one is skipped.
    free = LicenseKey.objects.filter(product=item.product, item=None).select_for_update(skip_locked=True)
    key = free.order_by("pk").first()
    if key is None:
        return False
    key.item, key.delivered_at = item, at
    key.save(update_fields=["item", "delivered_at"])
    return True


def _watch_stock(purchase: Purchase, product: Product, *, at: datetime) -> None:
    """Tell that a key list is low; whoever hears it many times for one list need hear it only once."""
    free = LicenseKey.objects.filter(product=product, item=None)
    left = len(free.order_by("pk").values_list("pk", flat=True)[: product.low_stock_at + 1])
    if left <= product.low_stock_at:
        stock_low.send(Product, product=product, purchase=purchase, left=left, at=at)


def _report_missing(purchase: Purchase, item: PurchaseItem, *, at: datetime) -> None:
    log_error(
        type=ErrorType.KEY_LIST_EMPTY,
        client=purchase.client,
        reference=purchase.reference,
        purchase_status=purchase.status,
        item_number=item.position,
        note=f"The key list of {item.product} is empty.",
        at=at,
        dedupe_key=f"keys:{purchase.reference}:{item.position}",
    )
    keys_missing.send(Purchase, purchase=purchase, item=item, at=at)
