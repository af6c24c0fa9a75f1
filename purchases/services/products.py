"""Writing products and their prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from core.door import check_url
from core.history import record
from core.refused import Refused
from purchases.models import DeliveryKind, Product, ProductPrice

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


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """What a client says of a product; `low_stock_at` is how many keys are too few."""

    code: str
    name: str
    delivery: str
    tax_category: str = "standard"
    download_url: str = ""
    generator_url: str = ""
    client_handles_errors: bool = False
    low_stock_at: int = 10
    is_active: bool = True


@transaction.atomic
def add_product(client: Client, *, details: ProductDetails, prices: Sequence[Money], by: User, at: datetime) -> Product:
    """Add a product with one net price per currency.

    Raises Refused when its code is taken, a link is not https, or a download has none.
    """
    return _write(Product(client=client), details, prices, by=by, at=at, reason="product added")


@transaction.atomic
def change_product(
    product: Product, *, details: ProductDetails, prices: Sequence[Money], by: User, at: datetime
) -> Product:
    """Change a product and its prices; a currency without a price is not sold in any more. Placed orders stay.

    Raises Refused like `add_product`.
    """
    product = Product.objects.lock(product)
    changed = [name for name, value in asdict(details).items() if getattr(product, name) != value]
    reason = f"changed: {', '.join(changed)}" if changed else "prices changed"
    return _write(product, details, prices, by=by, at=at, reason=reason)


def _write(
    product: Product, details: ProductDetails, prices: Sequence[Money], *, by: User, at: datetime, reason: str
) -> Product:
    if Product.objects.filter(client=product.client, code=details.code).exclude(pk=product.pk).exists():
        message = f"There is a product {details.code} already."
        raise Refused(message, "code")
    for url in filter(None, (details.download_url, details.generator_url)):
        check_url(url)
    if details.delivery == DeliveryKind.DOWNLOAD and not details.download_url:
        raise Refused("A download needs the link that customers get.", "download_url")
    for name, value in asdict(details).items():
        setattr(product, name, value)
    record(product, by=by, at=at, reason=reason)
    known = {row.currency: row for row in product.prices.all()}
    for price in prices:
        row = known.pop(price.currency, None) or ProductPrice(product=product, currency=price.currency)
        if row.unit_minor != price.minor:
            row.unit_minor = price.minor
            record(row, by=by, at=at, reason="price set")
    for row in known.values():
        row._history_user, row._history_date, row._change_reason = by, at, "price removed"  # type: ignore[attr-defined]
        row.delete()
    return product
