"""How customers keep their promises to pay, and what is held of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from dunning.models import AccountHold, Promise, PromiseOutcome

if TYPE_CHECKING:
    from customers.models import Customer
    from partners.models import Partner
    from purchases.models import Purchase


@dataclass(frozen=True, slots=True)
class Promises:
    """A customer's promises to pay by outcome; replaced ones and those no longer needed say nothing about the payer."""

    kept: int = 0
    broken: int = 0
    open: int = 0

    @property
    def percent(self) -> int | None:
        """How many of a hundred promises were kept; None before the first is settled."""
        settled = self.kept + self.broken
        return round(100 * self.kept / settled) if settled else None

    def __str__(self) -> str:
        if self.percent is None:
            return f"{self.open} open, none settled yet" if self.open else "none yet"
        return f"{self.kept} of {self.kept + self.broken} kept ({self.percent} %)"


def promises_of(customer: Customer) -> Promises:
    """Count a customer's promises: one query."""
    counts = Promise.objects.filter(purchase__customer=customer).aggregate(
        kept=Count("pk", filter=Q(outcome=PromiseOutcome.KEPT)),
        broken=Count("pk", filter=Q(outcome=PromiseOutcome.BROKEN)),
        open=Count("pk", filter=Q(outcome=PromiseOutcome.OPEN)),
    )
    return Promises(**counts)


def last_promises(purchase: Purchase) -> list[Promise]:
    """List a purchase's promises, newest first."""
    return list(Promise.objects.filter(purchase=purchase).select_related("by").order_by("-pk"))


def hold_of(account: Customer | Partner) -> AccountHold | None:
    """Find the hold that stands over an account."""
    standing: AccountHold | None = (
        AccountHold.objects.filter(**{account._meta.model_name or "": account}, ended_at=None)
        .select_related("set_by")
        .first()
    )
    return standing
