"""What dunning does when purchases change and when the outbox has news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.dispatch import receiver

from core.history import take_out
from customers.models import Customer
from customers.signals import customers_merged, merge_asked, merge_undone
from dunning.emails import NOTICE_COPY
from dunning.handlers import NOTICE_KINDS, notices_of
from dunning.models import AccountHold, Promise
from dunning.services import merging
from dunning.services.delivery import (
    ask_about_complaint,
    copy_dropped,
    copy_reached,
    copy_returned,
    letter_dropped,
    letter_returned,
)
from dunning.services.explain import lock_orders_of, refresh, refresh_partner
from dunning.services.notices import mark_sent
from dunning.services.promises import settle_promise
from dunning.services.response import revoke_links
from mailing.models import Email
from mailing.signals import email_bounced, email_complained, email_dropped, email_failed, email_handed_over
from partners.models import Partner
from partners.signals import partner_changed, partner_changing
from purchases.models import Purchase
from purchases.signals import people_removed, purchase_changed

if TYPE_CHECKING:
    import re
    from datetime import datetime

    from customers.signals import Effect, Moved


@receiver(purchase_changed, sender=Purchase, dispatch_uid="dunning-refresh")
def look_again(*, purchase: Purchase, at: datetime, **_: Any) -> None:
    """Anything about a purchase changed: work out its next action day and the reason anew."""
    refresh(purchase, at=at)
    if not purchase.is_open:
        settle_promise(purchase, at=at)
        revoke_links(purchase, at=at)


@receiver(people_removed, sender=Purchase, dispatch_uid="dunning-people-removed")
def take_people_out(*, purchases: list[int], words: re.Pattern[str], **_: Any) -> None:
    """People are taken out of purchases: out of promises and of what was held, too."""
    take_out(Promise.objects.filter(purchase__in=purchases), ("note",), words)
    customers = Purchase.objects.filter(pk__in=purchases).values("customer")
    take_out(AccountHold.objects.filter(customer__in=customers), ("reason", "end_reason"), words)


@receiver(partner_changing, sender=Partner, dispatch_uid="dunning-partner-lock")
def lock_its_orders(*, partner: Partner, **_: Any) -> None:
    """A payment locks the order first and its partner next: the other way round the two would wait for each other."""
    lock_orders_of(partner)


@receiver(partner_changed, sender=Partner, dispatch_uid="dunning-partner")
def look_at_its_orders(*, partner: Partner, at: datetime, **_: Any) -> None:
    """A partner changed, perhaps from statements to notices: work out anew what comes for its open orders."""
    refresh_partner(partner, at=at)


@receiver(email_handed_over, sender=Email, dispatch_uid="dunning-sent")
def count_level(*, email: Email, at: datetime, **_: Any) -> None:
    """A letter was handed over: now its level counts. One that had come back reached another address."""
    for notice in notices_of(email):
        mark_sent(notice, at=email.sent_at or at)
    if email.kind == NOTICE_COPY:
        copy_reached(email, at=email.sent_at or at)


@receiver(email_dropped, sender=Email, dispatch_uid="dunning-dropped")
def free_level(*, email: Email, at: datetime, **_: Any) -> None:
    """A letter will not go out: its levels are free again, or it is written anew for the orders that are left."""
    if email.kind == NOTICE_COPY:
        copy_dropped(email, at=at)
    elif email.kind in NOTICE_KINDS and email.original_id is None:
        letter_dropped(email, at=at)


@receiver([email_bounced, email_failed], sender=Email, dispatch_uid="dunning-returned")
def stop_ladder(*, email: Email, at: datetime, **_: Any) -> None:
    """A letter came back, or was refused for good: stop, and try the customer's next address."""
    if email.kind == NOTICE_COPY:
        copy_returned(email, at=at)
    elif notices_of(email):
        letter_returned(email, at=at)


@receiver(email_complained, sender=Email, dispatch_uid="dunning-complained")
def look_at_complaint(*, email: Email, at: datetime, words: str, **_: Any) -> None:
    """Somebody marked an e-mail as spam: whoever dunns has to know before the next one goes there."""
    ask_about_complaint(email, at=at, words=words)


@receiver(merge_asked, sender=Customer, dispatch_uid="dunning-merge-asked")
def tell_of_holds(*, kept: Customer, gone: Customer, **_: Any) -> Effect:
    """Say what a merge would do with holds."""
    return merging.merge_effect(kept, gone)


@receiver(customers_merged, sender=Customer, dispatch_uid="dunning-merged")
def move_holds(*, kept: Customer, gone: Customer, at: datetime, **_: Any) -> Moved:
    """Two customers are one: what is held of one is held of both."""
    return merging.move_holds(kept, gone, at=at)


@receiver(merge_undone, sender=Customer, dispatch_uid="dunning-merge-undone")
def move_holds_back(*, kept: Customer, gone: Customer, moved: dict[str, list[int]], at: datetime, **_: Any) -> None:
    """They are two after all."""
    merging.move_holds_back(moved.get("holds", []), kept, gone, at=at)
