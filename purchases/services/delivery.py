"""Delivering license keys: from key lists at once, else later, from a refilled list or the product's key generator.

A key that could not be delivered is written down as owed (`KeyRequest`). Whether it still is, the purchase says: its
status, its refunds, the keys it has. The error log only tells people about it; ticking it off there forgets nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from errorlog.models import ErrorType
from errorlog.services import log_error, settle_errors
from purchases import emails
from purchases.models import DeliveryKind, KeyRequest, LicenseKey, Product, Purchase, PurchaseItem, RefundItem
from purchases.services.history import Note, enter
from purchases.signals import keys_found, keys_missing, stock_low
from purchases.states import WON, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User

DELIVERED_IN: Final = WON | {Status.PURCHASE_ORDER}
"""Statuses in which a key that was missing still goes out. (A prepaid order is owed none before it is paid.)"""
RETRIES: Final = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 16))
"""How long after each failed attempt the next one follows; after the last one only a person or a filled list helps."""


def without_key(items: QuerySet[PurchaseItem]) -> QuerySet[PurchaseItem]:
    """Narrow to the items that come with a key, have none that is valid, and were not given back whole."""
    active = LicenseKey.objects.filter(item=OuterRef("pk"), deactivated_at=None)
    pieces = RefundItem.objects.filter(item=OuterRef("pk")).order_by().values("item")
    returned = Coalesce(Subquery(pieces.annotate(total=Sum("quantity")).values("total")), 0)
    keyed = items.filter(~Exists(active), product__delivery=DeliveryKind.KEY)
    return keyed.alias(returned=returned).filter(returned__lt=F("quantity"))


def awaiting_key(items: QuerySet[PurchaseItem]) -> QuerySet[PurchaseItem]:
    """Narrow to the items that are owed a key now: a delivery fell short of it, and their purchase is still due it."""
    owed = items.filter(key_request__isnull=False, key_request__done_at=None)
    return without_key(owed.filter(purchase__status__in=DELIVERED_IN))


@transaction.atomic
def deliver(purchase: Purchase, *, by: User | None, at: datetime) -> Purchase:
    """Give every undelivered item of a locked purchase its key (one key covers the item's quantity) and mail them.

    Where the key list is empty the product's key generator is asked, soon and by the worker. Without one it is an entry
    in the error log, not a lost order: the rest is delivered.
    """
    items = purchase.items.select_related("product").order_by("position")
    waiting = []
    for item in without_key(items):
        if give_key(item, at=at):
            _watch_stock(purchase, item.product, at=at)
        else:
            waiting.append(item)
    for item in waiting:
        if item.product.generator_url:
            ask_generator(item, at=at)
        else:
            _report_missing(purchase, item, at=at)
    if len(waiting) < items.count():
        emails.delivery(purchase, at=at)
        enter(purchase, Note("delivered", "License keys delivered"), by=by, at=at)
    return purchase


def ask_generator(item: PurchaseItem, *, at: datetime) -> KeyRequest:
    """Have the worker ask the product's key generator for an item's key, from `at` on."""
    return _owe(item, attempts=0, next_at=at)


def _owe(item: PurchaseItem, *, attempts: int, next_at: datetime, problem: str = "") -> KeyRequest:
    """Write down that an item is owed a key, after so many attempts; the worker tries again at `next_at`."""
    fresh = {"attempts": attempts, "next_at": next_at, "problem": problem, "done_at": None}
    row, _ = KeyRequest.objects.update_or_create(item=item, defaults=fresh)
    return row


@transaction.atomic
def deliver_late(item: PurchaseItem, *, by: User | None, at: datetime) -> bool:
    """Deliver an item that waits from the product's key list, and mail the key; False when there is no key for it."""
    purchase = Purchase.objects.lock(item.purchase)
    if not awaiting_key(purchase.items.filter(pk=item.pk)).exists() or not give_key(item, at=at):
        return False
    note_arrival(purchase, [item], by=by, at=at)
    return True


def note_arrival(purchase: Purchase, items: Sequence[PurchaseItem], *, by: User | None, at: datetime) -> None:
    """Mail the keys that came later than their order's delivery, and close what waited for them."""
    for item in items:
        KeyRequest.objects.filter(item=item, done_at=None).update(done_at=at, next_at=None, problem="")
        settle_errors(*error_keys(purchase, item), by=by, at=at, note="the key was delivered")
        keys_found.send(Purchase, purchase=purchase, item=item, at=at)
    emails.delivery(purchase, at=at)
    text = "License key delivered" if len(items) == 1 else f"{len(items)} license keys delivered"
    enter(purchase, Note("delivered", text), by=by, at=at)


def error_keys(purchase: Purchase, item: PurchaseItem) -> tuple[str, str]:
    """Name an item's troubles in the error log: an empty key list, a generator that gives none."""
    return f"keys:{purchase.reference}:{item.position}", f"generator:{purchase.reference}:{item.position}"


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
    return without_key(purchase.items.all()).exists()


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
    problem = empty_list(item.product)
    row = _owe(item, attempts=1, next_at=at + RETRIES[0], problem=problem[:300])
    log_missing(purchase, item, problem, at=at, next_try_at=row.next_at)
    keys_missing.send(Purchase, purchase=purchase, item=item, at=at)


def empty_list(product: Product) -> str:
    """Say that there is no key."""
    return f"The key list of {product} is empty."


def log_missing(
    purchase: Purchase, item: PurchaseItem, problem: str, *, at: datetime, next_try_at: datetime | None
) -> None:
    """Enter in the error log that an item got no key, and when that is tried again; `problem` says why."""
    is_made = bool(item.product.generator_url)
    empty, silent = error_keys(purchase, item)
    log_error(
        type=ErrorType.KEY_GENERATION if is_made else ErrorType.KEY_LIST_EMPTY,
        client=purchase.client,
        reference=purchase.reference,
        purchase_status=purchase.status,
        item_number=item.position,
        note=f"No key for {item.product}: {problem}" if is_made else problem,
        at=at,
        dedupe_key=silent if is_made else empty,
        client_handles=is_made and item.product.client_handles_errors,
        next_try_at=next_try_at,
    )
