"""Which purchases: filters that chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import BigIntegerField, CharField, F, Func

from accounts.querysets import TenantQuerySet
from purchases.states import OPEN, RECEIVABLE, Status

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import Model

    from purchases.models import Purchase


class PurchaseQuerySet(TenantQuerySet["Purchase"]):
    """Purchases by status, age and party."""

    def open(self) -> Self:
        """Purchases on which money is expected."""
        return self.filter(status__in=OPEN)

    def receivable(self) -> Self:
        """Purchase orders, accepted or waiting for review."""
        return self.filter(status__in=RECEIVABLE)

    def accepted(self) -> Self:
        """Accepted purchase orders that are not paid."""
        return self.filter(status=Status.PURCHASE_ORDER)

    def awaiting_release(self) -> Self:
        """The review queue."""
        return self.filter(status=Status.AWAITING_RELEASE)

    def overdue(self, on: date) -> Self:
        """Accepted purchase orders whose due date has passed on the day `on`."""
        return self.accepted().filter(due_on__lt=on)

    def real(self) -> Self:
        """Leave out test orders."""
        return self.filter(is_test=False)

    def due_for_action(self, on: date) -> Self:
        """Open purchases whose next action day has come."""
        return self.open().filter(next_action_on__lte=on)

    def with_parties(self) -> Self:
        """Bring client, customer and partner along."""
        return self.select_related("client", "customer", "partner", "policy")

    def with_open(self) -> Self:
        """Bring the open amount along as `open_minor`, to filter and sort by it."""
        return self.annotate(open_minor=OPEN_MINOR)

    def lock(self, row: Model) -> Purchase:
        """Read the purchase again under a row lock, with its parties."""
        locked = self.with_parties().select_for_update(of=("self",))
        try:
            return locked.get(pk=row.pk)
        except self.model.DoesNotExist:
            # It waited for a merge: the purchase is its new customer's, while the joined row is still the old one's.
            return locked.all().get(pk=row.pk)


class Bare(Func):
    """A number as people write it, without what they put between its parts, in capitals.

    The characters stand in the text of the query: an index on the expression holds on both databases.
    """

    function = "UPPER"
    template = (
        "UPPER(" + "REPLACE(" * 10 + "%(expressions)s" + "".join(f", '{mark}', '')" for mark in " -/._#:,()") + ")"
    )
    output_field = CharField()


MISSING = F("gross_minor") - F("paid_minor") + F("refunded_minor")
"""What is missing until a purchase is covered, in minor units; of a charged-back one `missing_on` knows."""


class WhileOpen(Func):
    """A figure while money is expected (status first, then the figure), else 0.

    The statuses stand in the text of the query: an index on the expression holds on both databases.
    """

    template = "CASE WHEN %(expressions)s ELSE 0 END"
    arg_joiner = " IN (" + ", ".join(f"'{status.value}'" for status in sorted(OPEN)) + ") THEN "
    output_field = BigIntegerField()


OPEN_MINOR = WhileOpen("status", MISSING)
"""The same while money is expected, else nothing."""
