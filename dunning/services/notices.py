"""What becomes of a notice after its decision: handed over, dropped, come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from dunning.models import Notice, NoticeStatus
from dunning.schedule import Reason, Step, against_copy, decide
from dunning.selectors.facts import facts_of
from dunning.services.explain import refresh
from dunning.states import REASON_LABELS
from dunning.wording.places import LEVELS
from followups.models import Category
from followups.services import open_follow_up
from purchases.models import Nature, Purchase
from purchases.services.history import Note, enter, save_change
from purchases.services.news import tell_dunned
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def reason_against_notice(notice: Notice) -> str:
    """Decide a notice's day anew, as if it did not exist yet; "" when it would be decided again, else why not.

    The purchase stays locked until the caller's transaction ends: a payment can't slip in before the final dot.
    """
    purchase = Purchase.objects.lock(notice.purchase)
    decision = decide(facts_of(purchase, without=notice), notice.on)
    if decision.step == notice.step:
        return ""
    if decision.reason is Reason.NOT_YET:
        return "The due date was extended"
    return _in_words(decision.reason, purchase)


@transaction.atomic
def reason_against_copy(notice: Notice, *, at: datetime) -> str:
    """Say why a copy, ordered at `at`, of a notice's letter may not go out; "" while the letter is still true.

    The purchase stays locked until the caller's transaction ends.
    """
    purchase = Purchase.objects.lock(notice.purchase)
    reason = against_copy(facts_of(purchase), Step(notice.step), at.astimezone(purchase.client.zone).date())
    return "" if reason is None else _in_words(reason, purchase)


def _in_words(reason: Reason, purchase: Purchase) -> str:
    return purchase.status_label if reason is Reason.CLOSED else REASON_LABELS[reason]


@transaction.atomic
def mark_sent(notice: Notice, *, at: datetime) -> Notice:
    """Count a letter that was handed over: its level is reached on the client's day of `at`."""
    purchase = Purchase.objects.lock(notice.purchase)
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.status == NoticeStatus.DROPPED or (notice.status == NoticeStatus.SENT and notice.returned_at is None):
        return notice
    notice.sent_on = notice.sent_on or at.astimezone(purchase.client.zone).date()
    notice.status, notice.returned_at = NoticeStatus.SENT, None
    notice.save(update_fields=["status", "sent_on", "returned_at"])
    level = LEVELS.get(Step(notice.step))
    if level is not None and level > purchase.dunning_level:
        Purchase.objects.filter(pk=purchase.pk).update(dunning_level=level)
        purchase.dunning_level = level
    if level is not None:
        told = {"level": level, "sent_on": notice.sent_on.isoformat()}
        tell_dunned(purchase, notice=told, key=f":{level}:{notice.pk}", at=at)
    refresh(purchase, at=at)
    return notice


@transaction.atomic
def drop_notice(notice: Notice, *, at: datetime, reason: str) -> Notice:
    """Take back a notice whose letter will not go out; its level is free again for a later day."""
    purchase = Purchase.objects.lock(notice.purchase)
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    if notice.status != NoticeStatus.PENDING:
        return notice
    notice.status, notice.drop_reason = NoticeStatus.DROPPED, reason[:300]
    notice.save(update_fields=["status", "drop_reason"])
    enter(purchase, Note(f"{notice.step}_dropped", f"{notice.label} not sent: {reason}"), by=None, at=at)
    refresh(purchase, at=at)
    return notice


@transaction.atomic
def mark_returned(notice: Notice, *, at: datetime, words: str, alternate: str = "", key: str = "") -> Notice:
    """Stop the ladder because a letter came back or was refused for good, and ask somebody to look at the address.

    While another address is tried (`alternate`, in words) the order is not held: the ladder goes on by itself once that
    letter was handed over. `key` says which of its e-mails came back: each has a follow-up of its own.
    """
    purchase = Purchase.objects.lock(notice.purchase)
    notice = Notice.objects.select_for_update().get(pk=notice.pk)
    is_over = purchase.status == Status.PURCHASE_ORDER and purchase.held_at is None  # the last address came back, too
    if notice.status == NoticeStatus.DROPPED or not (notice.returned_at is None or alternate or is_over):
        return notice
    notice.returned_at = notice.returned_at or at
    notice.save(update_fields=["returned_at"])
    text = f"{notice.label} came back" + (f"; sent to {alternate}" if alternate else "")
    enter(purchase, Note(f"{notice.step}_returned", text, detail=words, nature=Nature.INBOUND), by=None, at=at)
    if not alternate and purchase.status == Status.PURCHASE_ORDER and purchase.held_at is None:
        purchase.held_at, purchase.hold_until, purchase.hold_reason = at, None, "An e-mail came back"
        save_change(purchase, Note("held", "Dunning held: an e-mail came back"), by=None, at=at)
    open_follow_up(
        purchase,
        category=Category.DUNNING,
        reason="E-mail came back",
        subject=f"{notice.label} of {purchase.reference} came back",
        note=f"{words}\nSent to {alternate}." if alternate else words,
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:returned:{notice.pk}:{at:%Y-%m-%d}:{key}",
    )
    refresh(purchase, at=at)
    return notice
