"""Writing products and their prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from purchases.models import Product, ProductPrice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import Client, User
    from core.money import Money


@transaction.atomic
def save_product(
    client: Client,
    *,
    code: str,
    name: str,
    prices: Sequence[Money],
    delivery: str,
    by: User | None,
    at: datetime,
) -> Product:
    """Add a product or change the one with this code; one net price per currency."""
    product = Product.objects.filter(client=client, code=code).first() or Product(client=client, code=code)
    if product.pk is None or (product.name, product.delivery) != (name, delivery):
        product.name, product.delivery = name, delivery
        record(product, by=by, at=at, reason="product saved")
    for price in prices:
        row = ProductPrice.objects.filter(product=product, currency=price.currency).first()
        if row is not None and row.unit_minor == price.minor:
            continue
        row = row or ProductPrice(product=product, currency=price.currency)
        row.unit_minor = price.minor
        record(row, by=by, at=at, reason="price set")
    return product
