"""The client's answer to a delinquency notification, by the signed link in it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.refused import Refused
from core.tokens import hash_of
from dunning.models import ResponseLink
from dunning.services import pauses
from purchases.models import Nature
from purchases.services.cancel import cancel_purchase

if TYPE_CHECKING:
    from datetime import date, datetime

    from dunning.models import Notice
    from purchases.models import Purchase

TOKEN_BYTES: Final = 32
VALID_FOR: Final = timedelta(days=60)
"""The cancel can be put off by holds and promises; an answer makes sense as long as it has not happened."""

KEEP, EXTEND, CANCEL = "keep", "extend", "cancel"
BY_CLIENT: Final = "The client answered by the link in the delinquency notification"


def open_link(notice: Notice, *, at: datetime) -> str:
    """Make the link of a notification and return its token, which is kept nowhere but in the e-mail."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    ResponseLink.objects.create(notice=notice, token_hash=hash_of(token), created_at=at, expires_at=at + VALID_FOR)
    return token


def revoke_links(purchase: Purchase, *, at: datetime) -> int:
    """Make the links of a purchase's notifications useless."""
    return ResponseLink.objects.filter(notice__purchase=purchase, revoked_at=None).update(revoked_at=at)


@transaction.atomic
def answer_link(link: ResponseLink, *, at: datetime, answer: str, due_on: date | None = None) -> Purchase:
    """Do what the client chose: keep the order active, extend its due date, or cancel it now.

    Raises Refused when the order is no longer waiting for an answer, or the new due date makes no sense.
    """
    purchase = pauses.lock_order(link.notice.purchase)
    link = ResponseLink.objects.select_for_update().get(pk=link.pk)
    if link.revoked_at is not None or link.expires_at <= at:
        message = "This link is no longer valid."
        raise Refused(message, "link")
    if answer == KEEP:
        purchase = pauses.keep_active(purchase, by=None, at=at, reason=BY_CLIENT)
    elif answer == EXTEND and due_on is not None:
        purchase = pauses.extend_due_date(purchase, by=None, at=at, due_on=due_on, reason=BY_CLIENT)
    elif answer == CANCEL:
        purchase = cancel_purchase(purchase, by=None, at=at, reason=BY_CLIENT, nature=Nature.CLIENT)
    else:
        message = "Choose what should happen with the order."
        raise Refused(message, "answer")
    link.answer, link.answered_at = answer, at
    if answer == CANCEL:
        link.revoked_at = at
    link.save(update_fields=["answer", "answered_at", "revoked_at"])
    return purchase
