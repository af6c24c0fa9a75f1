"""The link by which a customer follows an order on its own page."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from core.refused import Refused
from core.tokens import hash_of
from purchases import emails
from purchases.models import Method, Nature, Purchase, StatusLink
from purchases.services.history import Note, enter

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

ORDER_ROUTE: Final = "quotes_public:order"
VALID_FOR: Final = timedelta(days=400)
TOKEN_BYTES: Final = 32
NOTED_EVERY: Final = timedelta(minutes=5)


def status_url(token: str) -> str:
    """Write out the address of an order's own page."""
    return f"{settings.PUBLIC_URL}{reverse(ORDER_ROUTE, args=[token])}"


def keep_link(purchase: Purchase, token: str, *, at: datetime) -> StatusLink:
    """Make `token` open the order's own page, for a little more than a year."""
    return StatusLink.objects.create(
        purchase=purchase, token_hash=hash_of(token), created_at=at, expires_at=at + VALID_FOR
    )


def note_opening(link: StatusLink, *, at: datetime) -> None:
    """Note that the page was looked at; nothing of the order changes."""
    if link.opened_at is None or link.opened_at < at - NOTED_EVERY:  # most visits write nothing
        StatusLink.objects.filter(pk=link.pk).update(opened_at=at)


@transaction.atomic
def send_link(purchase: Purchase, *, by: User, at: datetime) -> Purchase:
    """Send the customer a new link to the order's own page; those before end.

    Raises Refused when there is no e-mail address to send it to.
    """
    purchase = Purchase.objects.lock(purchase)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    _end(purchase, at=at)
    keep_link(purchase, token, at=at)
    email = emails.order_link.draft(purchase, link=status_url(token), at=at).queue()
    note = Note(
        "link", f"Link to the order page sent to {email.recipient}", nature=Nature.OUTBOUND, method=Method.EMAIL
    )
    enter(purchase, note, by=by, at=at)
    return purchase


@transaction.atomic
def revoke_links(purchase: Purchase, *, reason: str, by: User, at: datetime) -> Purchase:
    """Make every link to the order's own page useless. Raises Refused when none works any more."""
    purchase = Purchase.objects.lock(purchase)
    if not _end(purchase, at=at):
        message = "No link to the order page works: there is nothing to revoke."
        raise Refused(message, "link")
    enter(purchase, Note("link", "Link to the order page revoked", reason=reason), by=by, at=at)
    return purchase


def _end(purchase: Purchase, *, at: datetime) -> int:
    rows = StatusLink.objects.filter(purchase=purchase, revoked_at=None, expires_at__gt=at)
    return rows.update(revoked_at=at)
