"""Taking one step with one purchase: the letter with all that belongs to it, or the cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from dunning import documents, emails
from dunning.models import Notice, NoticeStatus
from dunning.schedule import CANCELS, Reason, Step, decide
from dunning.selectors.facts import facts_of
from dunning.services.explain import explain
from dunning.services.notices import LEVELS
from dunning.services.response import open_link
from dunning.states import STEP_LABELS
from followups.models import Category
from followups.services import open_follow_up
from purchases.emails import document_expired
from purchases.models import DocumentKind, Nature, Purchase
from purchases.services.cancel import cancel_purchase
from purchases.services.documents import keep_document, take_number
from purchases.services.history import Note, enter
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date, datetime

    from dunning.models import Run
    from dunning.schedule import Decision
    from mailing.models import Email
    from purchases.models import Document

DOCUMENT_KINDS = {
    Step.PDN1: DocumentKind.NOTICE_1,
    Step.PDN2: DocumentKind.NOTICE_2,
    Step.PDN3: DocumentKind.NOTICE_3,
}
CANCEL_REASONS = {
    Step.CANCELED: "Not paid after three notices; the client was notified",
    Step.DOCUMENT_EXPIRED: "No PO document before the deadline",
    Step.OFFLINE_EXPIRED: "No payment after two reminders",
}


@transaction.atomic
def decide_purchase(pk: int, *, on: date, at: datetime, run: Run | None = None) -> Decision | None:
    """Decide about one purchase for the client's day `on` and act; None when another worker was faster.

    The purchase is locked first and everything is read again: a payment, a hold or another worker's step that was
    committed meanwhile counts.
    """
    purchase = Purchase.objects.lock(Purchase(pk=pk))
    if purchase.next_action_on is None or purchase.next_action_on > on:
        return None
    decision = decide(facts_of(purchase), on)
    if purchase.promised_until is not None and purchase.promised_until < on:
        _ask_about_promise(purchase, at=at)
    explain(purchase, decision, on=on, at=at, run=run, is_taken=decision.step is not None)
    if decision.step in CANCELS:
        _cancel(purchase, Step(decision.step), on=on, at=at)
    elif decision.step is not None:
        _write(purchase, decision.step, on=on, at=at)
    elif decision.reason is Reason.NO_EMAIL:
        _ask_for_address(purchase, str(decision.coming), at=at)
    return decision


def _cancel(purchase: Purchase, step: Step, *, on: date, at: datetime) -> None:
    Notice.objects.create(
        purchase=purchase,
        step=step,
        on=on,
        status=NoticeStatus.SENT,
        decided_at=at,
        sent_on=on,
        open_minor=purchase.open_amount.minor,
    )
    if step is Step.CANCELED:
        purchase = cancel_purchase(purchase, by=None, at=at, reason=CANCEL_REASONS[step])
        emails.client_canceled(purchase, at=at)
        return
    # Nothing was invoiced or delivered yet: a letter of its own says what was missing.
    purchase = cancel_purchase(purchase, by=None, at=at, reason=CANCEL_REASONS[step], is_announced=False)
    if step is Step.DOCUMENT_EXPIRED:
        document_expired(purchase, at=at)
    else:
        emails.offline_expired(purchase, at=at)


def _write(purchase: Purchase, step: Step, *, on: date, at: datetime) -> None:
    """Write notice, document, history and e-mail of a letter, all or nothing."""
    notice = Notice.objects.create(
        purchase=purchase, step=step, on=on, decided_at=at, open_minor=purchase.open_amount.minor
    )
    notice.document = _issue(purchase, step, at=at)
    notice.email = _queue(purchase, notice, at=at)
    notice.save(update_fields=["document", "email"])
    number = f" {notice.document.number}" if notice.document else ""
    text = f"{STEP_LABELS[step]}{number}: {purchase.open_amount} open"
    enter(purchase, Note(step.value, text, nature=Nature.OUTBOUND, method="email"), by=None, at=at)


def _issue(purchase: Purchase, step: Step, *, at: datetime) -> Document | None:
    kind = DOCUMENT_KINDS.get(step)
    if kind is None:
        return None
    number = take_number(purchase.client, kind, at=at, is_test=purchase.is_test)
    return keep_document(
        purchase.client,
        kind,
        number=number,
        template=documents.TEMPLATES[kind],
        data=documents.notice_data(purchase, level=LEVELS[step], number=number, at=at),
        language=purchase.language,
        at=at,
        purchase=purchase,
    )


def _queue(purchase: Purchase, notice: Notice, *, at: datetime) -> Email:
    if notice.document is not None:
        return emails.notice(purchase, notice=notice, document=notice.document, at=at)
    if notice.step != Step.NOTIFICATION:
        return emails.reminder(purchase, notice=notice, at=at)
    token = open_link(notice, at=at)
    emails.cancellation_announced(purchase, notice=notice, at=at)
    return emails.client_notification(purchase, notice=notice, token=token, at=at)


def _ask_about_promise(purchase: Purchase, *, at: datetime) -> None:
    if purchase.status != Status.PURCHASE_ORDER or purchase.is_test:
        return
    open_follow_up(
        purchase,
        category=Category.PAYMENT,
        reason="Broken promise",
        subject=f"{purchase.reference} was promised to be paid by {purchase.promised_until:%Y-%m-%d}",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:promise:{purchase.promised_until:%Y-%m-%d}",
    )


def _ask_for_address(purchase: Purchase, step: str, *, at: datetime) -> None:
    open_follow_up(
        purchase,
        category=Category.DUNNING,
        reason="No e-mail address",
        subject=f"{STEP_LABELS[step]} of {purchase.reference} has no e-mail address to go to",
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:no_email:{step}",
    )
