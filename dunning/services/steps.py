"""Taking one step with one purchase: the letter with all that belongs to it, or the cancel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import Client
from core.bulk import write_new
from dunning import emails
from dunning.documents import settings_of
from dunning.models import Explanation, Notice, NoticeStatus
from dunning.schedule import CANCELS, Reason, Step, decide, put_off
from dunning.selectors.facts import facts_of, facts_of_all
from dunning.services.explain import Answer, explain, explain_all
from dunning.services.letters import write_letters
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
        write_letters([_create_notices(letters, on=on, at=at)], at=at)
    elif decision.reason is Reason.NO_EMAIL:
        _ask_for_address(purchase, str(decision.coming), at=at)
    return decision


@transaction.atomic
def decide_simple(pks: Sequence[int], *, on: date, at: datetime, run: Run, waits: Reason | None = None) -> set[int]:
    """Decide at once about all of these due purchases of the run's client that need no more than a letter each.

    Returns which were decided. Left to `decide_purchase` is what takes more: an order that is canceled or reminded, a
    promise that was broken, a letter without an address, a client whose letters are joint, a row that somebody holds
    just now. As there, everything is read again under the lock; a few queries for any number of orders.
    """
    client = Client.objects.select_related("dunning_settings").get(pk=run.client_id)
    if settings_of(client).is_consolidated:
        return set()
    rows = Purchase.objects.filter(pk__in=pks, next_action_on__lte=on)
    rows = rows.select_related("customer", "partner", "policy")
    purchases = list(rows.select_for_update(of=("self",), skip_locked=True).order_by("pk"))
    for purchase in purchases:
        purchase.client = client  # one row for all: what hangs on it is read once
    facts, answers = facts_of_all(purchases), []
    for purchase in purchases:
        decision = decide(facts[purchase.pk], on)
        if waits is not None and decision.step is not None:
            decision = put_off(decision, waits, on)
        if _is_simple(purchase, decision, on):
            answers.append(Answer(purchase, decision, run, is_taken=decision.step is not None))
    explain_all(answers, on=on, at=at)
    due = [(answer.purchase, Step(answer.decision.step)) for answer in answers if answer.decision.step is not None]
    write_letters([[notice] for notice in _create_notices(due, on=on, at=at)], at=at)
    return {answer.purchase.pk for answer in answers}


def _is_simple(purchase: Purchase, decision: Decision, on: date) -> bool:
    has_broken_promise = purchase.promised_until is not None and purchase.promised_until < on
    is_plain = decision.step in LEVELS if decision.step is not None else decision.reason is not Reason.NO_EMAIL
    return is_plain and not has_broken_promise


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


def _create_notices(steps: Sequence[tuple[Purchase, Step]], *, on: date, at: datetime) -> list[Notice]:
    return write_new(
        Notice(purchase=purchase, step=step, on=on, decided_at=at, open_minor=purchase.open_amount.minor)
        for purchase, step in steps
    )


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
