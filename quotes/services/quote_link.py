"""Making quote links: what they offer, and whether they work."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import Client
from core.history import record
from core.lengths import one_line
from core.refused import Refused
from purchases.services.place import check_x_parameter
from quotes.models import LONGEST_VALIDITY, QuoteLink, QuoteLinkItem, new_seed
from quotes.selectors import MOST_LINES, MOST_PARAMETERS, MOST_PIECES, policy_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from accounts.models import User
    from purchases.models import Product

REQUEST_ROUTE: Final = "quotes_public:quote_request"
LONGEST_MESSAGE: Final = 2_000
ALL: Final = 100


def request_url(link: QuoteLink) -> str:
    """Write out the protected link: the page on which customers ask for a quote."""
    return f"{settings.PUBLIC_URL}{reverse(REQUEST_ROUTE, args=[link.token])}"


@dataclass(frozen=True, slots=True)
class Offered:
    """One product of a link: how many, and for how much a piece (None: the list's price), with which discount."""

    product: Product
    quantity: int = 1
    unit_minor: int | None = None
    discount_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class LinkValues:
    """All that a quote link says."""

    title: str
    currency: str
    language: str = "en"
    note: str = ""
    message: str = ""
    validity_days: int = 30
    may_change_quantity: bool = True
    may_order_on_po: bool = True
    is_test: bool = False
    x_parameters: Mapping[str, str] = field(default_factory=dict)
    items: Sequence[Offered] = ()


@transaction.atomic
def save_link(
    client: Client,
    values: LinkValues,
    *,
    by: User,
    at: datetime,
    link: QuoteLink | None = None,
    form_token: str | None = None,
) -> QuoteLink:
    """Make a quote link, or change one: quotes that were asked for by it stay as they are.

    The same `form_token` makes one link: who clicks twice gets the first. Raises Refused without a policy, a title or a
    product, for a product twice, another client's or without a price, and for a quantity, discount, validity, message
    or x-parameter that can't be.
    """
    if policy_of(client) is None:
        message = f"{client} has no purchase order policy yet: without one nobody can be quoted anything."
        raise Refused(message, "policy")
    title = one_line(values.title)
    if not title:
        raise Refused("Give the link a title.", "title")
    if not 1 <= values.validity_days <= LONGEST_VALIDITY:
        message = f"A quote is valid for 1 to {LONGEST_VALIDITY} days."
        raise Refused(message, "validity")
    if len(values.message) > LONGEST_MESSAGE:
        message = f"The message is too long: at most {LONGEST_MESSAGE:,} characters are kept."
        raise Refused(message, "message")
    _check_parameters(values.x_parameters)
    _check_items(client, values)
    is_new = link is None
    if form_token:
        # The second of two clicks at the same moment waits here for the first, and then finds what it made.
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        made = QuoteLink.objects.filter(form_token=form_token).first()
        if made is not None:
            return made
    kept = QuoteLink.objects.lock(link) if link else QuoteLink(client=client, created_at=at, created_by=by)
    kept.form_token = kept.form_token or form_token
    kept.title, kept.note, kept.message = title, one_line(values.note), values.message.strip()
    kept.currency, kept.language = values.currency, values.language
    kept.validity_days = values.validity_days
    kept.may_change_quantity, kept.may_order_on_po = values.may_change_quantity, values.may_order_on_po
    kept.is_test, kept.x_parameters = values.is_test, dict(values.x_parameters)
    if is_new:
        kept.hash_token()
    _save(kept, by=by, at=at, reason="quote link made" if is_new else "quote link changed")
    kept.items.all().delete()
    QuoteLinkItem.objects.bulk_create(
        QuoteLinkItem(
            link=kept,
            position=position,
            product=item.product,
            quantity=item.quantity,
            unit_minor=item.unit_minor,
            discount_percent=item.discount_percent,
        )
        for position, item in enumerate(values.items, start=1)
    )
    return kept


@transaction.atomic
def switch_link(link: QuoteLink, *, is_active: bool, by: User, at: datetime) -> QuoteLink:
    """Make a link useless, or let it work again; quotes that were asked for by it stay. Raises Refused if it is so."""
    link = QuoteLink.objects.lock(link)
    if link.is_active == is_active:
        message = f"This link is {'active' if is_active else 'switched off'} already."
        raise Refused(message, "same")
    link.is_active = is_active
    return _save(link, by=by, at=at, reason="quote link switched on" if is_active else "quote link switched off")


@transaction.atomic
def renew_link(link: QuoteLink, *, by: User, at: datetime) -> QuoteLink:
    """Give a link a new secret: whoever has the old address finds nothing there any more."""
    link = QuoteLink.objects.lock(link)
    link.seed = new_seed()
    link.hash_token()
    return _save(link, by=by, at=at, reason="quote link renewed")


def _save(link: QuoteLink, *, by: User, at: datetime, reason: str) -> QuoteLink:
    link.version += 1
    return record(link, by=by, at=at, reason=reason)


def _check_parameters(parameters: Mapping[str, str]) -> None:
    if len(parameters) > MOST_PARAMETERS:
        message = f"A link carries at most {MOST_PARAMETERS} x-parameters."
        raise Refused(message, "x_parameter")
    for key, value in parameters.items():
        check_x_parameter(key, value)


def _check_items(client: Client, values: LinkValues) -> None:
    if not values.items:
        raise Refused("Add at least one product.", "items")
    if len(values.items) > MOST_LINES:
        message = f"A quote has at most {MOST_LINES} products."
        raise Refused(message, "items")
    seen = set()
    for item in values.items:
        if item.product.client_id != client.pk or not item.product.is_active:
            message = f"{item.product} is not sold by {client}."
            raise Refused(message, "product")
        if item.product.pk in seen:
            message = f"{item.product} is there twice: raise its quantity instead."
            raise Refused(message, "product")
        seen.add(item.product.pk)
        _check_item(item, values.currency)


def _check_item(item: Offered, currency: str) -> None:
    if not 1 <= item.quantity <= MOST_PIECES:
        message = f"The quantity of {item.product} is 1 to {MOST_PIECES:,}."
        raise Refused(message, "quantity")
    if not 0 <= item.discount_percent <= ALL:
        message = f"The discount on {item.product} is 0 to 100 %."
        raise Refused(message, "discount")
    if item.unit_minor is None and not item.product.prices.filter(currency=currency).exists():
        message = f"{item.product} has no price in {currency}: enter one."
        raise Refused(message, "price")
    if item.unit_minor is not None and item.unit_minor < 0:
        message = f"The price of {item.product} can't be less than nothing."
        raise Refused(message, "price")
