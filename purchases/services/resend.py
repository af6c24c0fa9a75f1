"""Sending a customer once more what they got last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from core.refused import Refused
from mailing.services.decide import send_email
from purchases.selectors import emails_of

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from mailing.models import Email
    from purchases.models import Purchase


@transaction.atomic
def resend_last_email(purchase: Purchase, *, by: User, at: datetime, reason: str = "") -> Email:
    """Send the newest e-mail about a purchase to its billing contact again; return what goes out.

    Raises Refused when there was none yet, or when it is still on its way.
    """
    sent = emails_of(purchase).filter(recipient__iexact=purchase.billing_email)
    newest = sent.order_by("-created_at", "-pk").first()
    if newest is None:
        message = f"The customer of {purchase.reference} got no e-mail yet."
        raise Refused(message, "none")
    return send_email(newest, by=by, at=at, reason=reason)
