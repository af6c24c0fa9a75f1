"""Taking one step with one purchase: the letter with all that belongs to it, or the cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from dunning import emails
from dunning.documents import settings_of
from dunning.models import Explanation, Notice, NoticeStatus
from dunning.schedule import CANCELS, Reason, Step, decide, put_off
from dunning.selectors.facts import facts_of
from dunning.services.delivery import write_letter
from dunning.services.explain import explain
from dunning.services.promises import settle_promise
from dunning.states import STEP_LABELS
from dunning.wording.places import LEVELS
from followups.models import Category
from followups.services import open_follow_up
from purchases.emails import document_expired
from purchases.models import Purchase
from purchases.services.cancel import cancel_purchase
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from dunning.models import Run
    from dunning.schedule import Decision

CANCEL_REASONS = {
    Step.CANCELED: "Not paid after three notices; the client was notified",
    Step.DOCUMENT_EXPIRED: "No PO document before the deadline",
    Step.OFFLINE_EXPIRED: "No payment after two reminders",
}


@transaction.atomic
def decide_purchase(
    pk: int, *, on: date, at: datetime, run: Run | None = None, waits: Reason | None = None
) -> Decision | None:
    """Decide about one purchase for the client's day `on` and act; None when another worker was faster.

    The purchase is locked first and everything is read again: a payment, a hold or another worker's step that was
    committed meanwhile counts. `waits`: the run is a proposal, for this reason; a step that is due is not taken.
    """
    locked = _lock_with_kin(pk, on=on, run=run)
    purchase = locked.pop(pk)
    if purchase.next_action_on is None or purchase.next_action_on > on:
        return None
    decision = decide(facts_of(purchase), on)
    if waits is not None and decision.step is not None:
        decision = put_off(decision, waits, on)
    _look_at_promise(purchase, on=on, at=at)
    explain(purchase, decision, on=on, at=at, run=run, is_taken=decision.step is not None)
    if decision.step in CANCELS:
        _cancel(purchase, Step(decision.step), on=on, at=at)
    elif decision.step is not None:
        letters = [(purchase, decision.step)]
        if decision.step in LEVELS:
            letters += _join(list(locked.values()), on=on, at=at, run=run)
        _write(letters, on=on, at=at)
    elif decision.reason is Reason.NO_EMAIL:
        _ask_for_address(purchase, str(decision.coming), at=at)
    return decision


def _lock_with_kin(pk: int, *, on: date, run: Run | None) -> dict[int, Purchase]:
    """Lock a purchase; where the client's letters are consolidated, with the due ones that could share its letter.

    All in one order: two workers that begin with different orders of a customer would wait for each other.
    """
    first = Purchase.objects.select_related("client__dunning_settings").get(pk=pk)
    keys = [pk]
    if settings_of(first.client).is_consolidated and first.status == Status.PURCHASE_ORDER:
        kin = Purchase.objects.filter(
            client=first.client_id,
            customer=first.customer_id,
            currency=first.currency,
            language=first.language,
            billing_email__iexact=first.billing_email,
            status=Status.PURCHASE_ORDER,
            next_action_on__lte=on,
        )
        kin = kin.exclude(pk=pk) if run is None else kin.exclude(pk=pk).exclude(taken_out_of__run=run)
        if run is not None and run.approved_at is not None:  # only what was proposed was approved
            kin = kin.filter(pk__in=Explanation.objects.proposed_in(run).values("purchase"))
        keys += kin.values_list("pk", flat=True)
    rows = Purchase.objects.filter(pk__in=keys).with_parties().select_for_update(of=("self",)).order_by("pk")
    return {row.pk: row for row in rows}


def _join(kin: Sequence[Purchase], *, on: date, at: datetime, run: Run | None) -> list[tuple[Purchase, Step]]:
    """Decide the customer's other due purchases: a notice that is due joins the letter, all else waits its turn."""
    joined = []
    for purchase in kin:
        decision = decide(facts_of(purchase), on)
        if purchase.next_action_on is not None and purchase.next_action_on <= on and decision.step in LEVELS:
            _look_at_promise(purchase, on=on, at=at)
            explain(purchase, decision, on=on, at=at, run=run, is_taken=True)
            joined.append((purchase, Step(decision.step)))
    return joined


def _look_at_promise(purchase: Purchase, *, on: date, at: datetime) -> None:
    if purchase.promised_until is not None and purchase.promised_until < on:
        settle_promise(purchase, at=at)
        _ask_about_promise(purchase, at=at)


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


def _write(purchases: Sequence[tuple[Purchase, Step]], *, on: date, at: datetime) -> None:
    """Write the notices of one customer's purchases and the letter that carries them, all or nothing."""
    notices = [
        Notice.objects.create(purchase=purchase, step=step, on=on, decided_at=at, open_minor=purchase.open_amount.minor)
        for purchase, step in purchases
    ]
    write_letter(notices, at=at)


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
