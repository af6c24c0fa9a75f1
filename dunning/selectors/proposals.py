"""What a run that waits would do: every step as it stands now, and what became of those that fell out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q, Sum

from dunning.models import Explanation, Run, TakenOut, Waiting
from dunning.schedule import decide
from dunning.selectors.facts import facts_of_all
from dunning.states import REASON_LABELS
from dunning.wording.places import LEVELS
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import Client, User
    from dunning.schedule import Reason
    from dunning.selectors.days import LastDay

GOES, TAKEN_OUT, DROPPED = "goes", "taken_out", "dropped"
KEPT = F("purchase__paid_minor") - F("purchase__refunded_minor")


@dataclass(frozen=True, slots=True)
class ProposedStep:
    """One step of a proposal: whether it would still be taken, and if not, why."""

    purchase: Purchase
    step: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """All steps of a proposal by purchase."""

    steps: dict[int, ProposedStep]


@dataclass(frozen=True, slots=True)
class Totals:
    """A proposal in figures: steps of each kind that stand, what is open in them in minor units, what fell out."""

    counts: dict[str, int]
    amounts: dict[str, int]
    taken_out: int
    dropped: int


def totals_of(run: Run) -> Totals:
    """Count all that a run proposed as it stands now, however many there are: three queries.

    A step stands while its proposal is the last that was said about its purchase: whatever changes it writes a newer
    line. A run that has lapsed is shown as it was proposed, the next day's has had its say.
    """
    lines, taken_out = Explanation.objects.proposals(run), TakenOut.objects.filter(run=run)
    standing = lines if run.has_lapsed else lines.last_of_each()
    sums = (
        standing.exclude(purchase__in=taken_out.values("purchase"))
        .order_by()
        .values_list("coming", "purchase__currency")
        .annotate(count=Count("pk"), minor=Sum(F("purchase__gross_minor") - KEPT))
    )
    counts: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for step, currency, count, minor in sums.order_by("coming", "purchase__currency"):
        counts[step] += count
        amounts[currency] += minor
    out = taken_out.count()
    return Totals(dict(counts), dict(sorted(amounts.items())), out, lines.count() - counts.total() - out)


def proposal_of(run: Run, *, among: QuerySet[Purchase] | None = None) -> Proposal:
    """Look at all that a run proposed, or proposed for some purchases, as it stands now: few queries for many steps."""
    lines = Explanation.objects.proposals(run)
    if among is not None:
        lines = lines.filter(purchase__in=among.values("pk"))
    steps = dict(lines.order_by("pk").values_list("purchase", "coming"))
    purchases = list(Purchase.objects.filter(pk__in=lines.values("purchase")).with_parties())
    taken_out = dict(TakenOut.objects.filter(run=run).values_list("purchase", "reason"))
    facts = facts_of_all(purchases)
    found = {}
    for purchase in purchases:
        step = steps[purchase.pk]
        if purchase.pk in taken_out:
            found[purchase.pk] = ProposedStep(purchase, step, TAKEN_OUT, taken_out[purchase.pk])
            continue
        decision = decide(facts[purchase.pk], run.on)
        if decision.step == step:
            found[purchase.pk] = ProposedStep(purchase, step, GOES)
        else:
            found[purchase.pk] = ProposedStep(purchase, step, DROPPED, _in_words(decision.reason, purchase))
    return Proposal(found)


def in_one_letter(run: Run, purchase: Purchase) -> list[ProposedStep]:
    """List the steps of a run that one letter would carry with a purchase's notice where letters are consolidated.

    Its own comes first, whatever its state; empty when there is none.
    """
    kin = Purchase.objects.filter(
        client=purchase.client_id,
        customer=purchase.customer_id,
        currency=purchase.currency,
        language=purchase.language,
        billing_email__iexact=purchase.billing_email,
    )
    steps = proposal_of(run, among=kin).steps
    own = steps.pop(purchase.pk, None)
    if own is None:
        return []
    if own.state != GOES or own.step not in LEVELS:
        return [own]
    return [own, *(one for one in steps.values() if one.state == GOES and one.step in LEVELS)]


def _in_words(reason: Reason, purchase: Purchase) -> str:
    return REASON_LABELS[reason] if purchase.is_open else purchase.status_label


def waiting_runs(user: User, client: Client | None, *, last: Sequence[LastDay]) -> list[Run]:
    """List the runs that wait, of the clients a user sees; no query when none does."""
    if not any(row.waiting_on for row in last):
        return []
    return list(waiting_among(Run.objects.visible_to(user, client)).select_related("client").order_by("started_at"))


def waiting_among(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Runs that are proposals: they wait for a person or for bank data (`Run.is_waiting`, asked of the database)."""
    waiting = runs.filter(finished_at=None, has_lapsed=False).exclude(waits_for="")
    return waiting.filter(Q(approved_at=None) | Q(waits_for=Waiting.BANK))
