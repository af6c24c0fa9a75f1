"""Placing an order from the hosted checkout, once, and the link by which its customer follows it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from core.refused import Refused
from core.tokens import hash_of
from purchases.models import Channel, PoDocument, Purchase
from purchases.services.place import place_order
from purchases.services.release import keep_document, receive_document
from quotes.services.link import keep_link, status_url

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client, User
    from purchases.services.place import Order
    from purchases.services.release import ReceivedFile

KEY_SALT: Final = "quotes.form_key"
LINK_SALT: Final = "quotes.status_link"
KEY_BYTES: Final = 24
KEY_AGE: Final = timedelta(hours=12)
MOST_UPLOADS: Final = 10
IPV4: Final = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """An order and the secret of its own page; `is_new` unless the same form had placed it before."""

    purchase: Purchase
    token: str
    is_new: bool


def new_form_key(client: Client) -> str:
    """Make a one-time key for a checkout form of this client; only keys made here are taken."""
    return signing.dumps([client.slug, secrets.token_urlsafe(KEY_BYTES)], salt=KEY_SALT)


def is_form_key(client: Client, key: str) -> bool:
    """Whether a key was made for a form of this client, at most half a day ago."""
    try:
        slug, _ = signing.loads(key, salt=KEY_SALT, max_age=KEY_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return bool(slug == client.slug)


def mask_address(address: str) -> str:
    """Make a network address say where, but no longer who: the last octet of IPv4, all but the /48 of IPv6."""
    try:
        known = ip_address(address.strip())
    except ValueError:
        return ""
    if known.version == IPV4:
        return ".".join([*str(known).split(".")[:3], "x"])
    return ":".join([*known.exploded.split(":")[:3], "x"])


def check_out(
    client: Client,
    order: Order,
    *,
    form_key: str,
    by: User | None,
    at: datetime,
    file: ReceivedFile | None = None,
) -> Placed:
    """Place the order of a checkout form, with its PO document and the link to its own page, all or nothing.

    The same form sent twice, at once or later, is one order: the second is told of the first. Raises Refused when the
    form's key is not ours, or the order can't be placed.
    """
    if not is_form_key(client, form_key):
        message = "This page was open for too long. Please send it again; nothing was ordered."
        raise Refused(message, "form_expired")
    # The page's secret follows from the form's: whoever sent the form twice is led to the same page.
    token = salted_hmac(LINK_SALT, form_key, algorithm="sha256").hexdigest()
    found = _placed_by(form_key)
    if found is not None:
        return Placed(found, token, is_new=False)
    try:
        with transaction.atomic():
            file = file if order.is_po else None
            order = replace(
                order, form_token=hash_of(form_key), status_url=status_url(token), has_document=file is not None
            )
            purchase = place_order(client, order, by=by, at=at)
            if file is not None:
                purchase = keep_document(purchase, channel=Channel.UPLOAD, by=by, at=at, file=file)
            keep_link(purchase, token, at=at)
    except IntegrityError:
        # The same form at the same moment: the other one was first, and this one was undone whole.
        found = _placed_by(form_key)
        if found is None:
            raise
        return Placed(found, token, is_new=False)
    return Placed(purchase, token, is_new=True)


def _placed_by(form_key: str) -> Purchase | None:
    return Purchase.objects.filter(form_token=hash_of(form_key)).first()


@transaction.atomic
def upload_document(purchase: Purchase, *, file: ReceivedFile, at: datetime) -> Purchase:
    """Take the PO document that the customer uploads on the order's page.

    Raises Refused when the order does not wait for one, its policy takes none by upload, or it has too many already.
    """
    purchase = Purchase.objects.lock(purchase)
    if PoDocument.objects.filter(purchase=purchase, received_by=None).count() >= MOST_UPLOADS:
        message = "There are several documents for this order already. Please write to us if something is missing."
        raise Refused(message, "too many")
    channels = purchase.policy.accepted_channels
    if channels and Channel.UPLOAD not in channels:
        message = "Documents for this order are not accepted by upload."
        raise Refused(message, "channel")
    return receive_document(purchase, channel=Channel.UPLOAD, by=None, at=at, file=file)
