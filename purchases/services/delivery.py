"""Delivering licence keys from key lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from errorlog.models import ErrorType
from errorlog.services import log_error
from purchases import emails
from purchases.models import DeliveryKind, LicenceKey, Purchase
from purchases.services.history import Note, enter
from purchases.signals import keys_missing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User
    from purchases.models import Product, PurchaseItem


@transaction.atomic
def deliver(purchase: Purchase, *, by: User | None, at: datetime) -> Purchase:
    """Give every undelivered item of a locked purchase its key (one key covers the item's quantity) and mail them.

    An empty key list is an entry in the error log, not a lost order: the rest is delivered.
    """
    items = list(purchase.items.select_related("product").prefetch_related("keys").order_by("position"))
    missing = [item for item in items if not _has_delivery(item) and not _give_key(item, at=at)]
    for item in missing:
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
    if len(missing) < len(items):
        emails.delivery(purchase, at=at)
        enter(purchase, Note("delivered", "Licence keys delivered"), by=by, at=at)
    return purchase


@transaction.atomic
def add_keys(product: Product, codes: Iterable[str]) -> int:
    """Add keys to a product's key list and say how many were new."""
    before = product.keys.count()
    LicenceKey.objects.bulk_create(
        [LicenceKey(product=product, code=code) for code in codes], ignore_conflicts=True, batch_size=500
    )
    return product.keys.count() - before


def has_keys(purchase: Purchase) -> bool:
    """Whether keys of this purchase are with the customer."""
    return LicenceKey.objects.filter(item__purchase=purchase, deactivated_at=None).exists()


def _has_delivery(item: PurchaseItem) -> bool:
    return item.product.delivery != DeliveryKind.KEY or bool(item.keys.all())


def _give_key(item: PurchaseItem, *, at: datetime) -> bool:
    # Two deliveries at once must not take the same key: the row is locked, a locked one is skipped.
    free = LicenceKey.objects.filter(product=item.product, item=None).select_for_update(skip_locked=True)
    key = free.order_by("pk").first()
    if key is None:
        return False
    key.item, key.delivered_at = item, at
    key.save(update_fields=["item", "delivered_at"])
    return True
