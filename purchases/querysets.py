"""Which purchases: filters that chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db.models import CharField, F, Func, Q

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

    def lock(self, row: Model) -> Purchase:
        """Read the purchase again under a row lock, with its parties."""
        return self.with_parties().select_for_update(of=("self",)).get(pk=row.pk)

    def matching(self, terms: str) -> Self:
        """Find by comma-separated keywords, all of which must match: reference, company, name, e-mail, numbers."""
        rows = self
        documents: Any = self.model._meta.get_field("documents").related_model
        for term in filter(None, (part.strip() for part in terms.split(","))):
            numbered = documents.objects.filter(number__iexact=term)
            rows = rows.filter(_keyword(term) | Q(pk__in=numbered.values("purchase")))
        return rows


def _keyword(term: str) -> Q:
    if term.startswith("@"):
        return Q(billing_email__iendswith=term)
    fields: dict[str, Any] = {
        "reference__startswith": term,
        "external_id__iexact": term,
        "po_number__istartswith": term,
        "billing_company__icontains": term,
        "billing_last_name__istartswith": term,
        "billing_email__istartswith": term,
        "card_last4": term,
    }
    query = Q()
    for lookup, value in fields.items():
        query |= Q(**{lookup: value})
    return query


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
