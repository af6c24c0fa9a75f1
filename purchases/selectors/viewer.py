"""What the viewer reads beside the purchase itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, F, FilteredRelation, OuterRef, Q, Subquery, Sum

from core.counts import CappedCount, keys_of
from core.money import Money
from customers.models import ContactKind
from errorlog.models import ErrorRecord
from purchases.models import Document, HistoryEntry, Purchase, PurchaseFile, PurchaseItem, ReviewCheck
from purchases.states import OPEN

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from customers.models import Customer
    from purchases.querysets import PurchaseQuerySet

MOST_COUNTED: Final = 99


@dataclass(frozen=True, slots=True)
class Standing:
    """How much a customer has bought and owes: all its purchases, the open ones, what is open by currency."""

    count: int
    open_count: int
    open: tuple[Money, ...]


def with_counts(rows: PurchaseQuerySet, *, shows_internal: bool) -> PurchaseQuerySet:
    """Say of each purchase how much the parts of its viewer hold, no further than 99, and what its header needs.

    That is its billing contact and what was noted when it came. `joint_count` is the letters about several orders that
    hang on another one of them.
    """
    letters: Any = Purchase._meta.get_field("notices").related_model
    joint = letters.objects.filter(document__isnull=False).exclude(document__purchase=F("purchase"))
    files = PurchaseFile.objects.all() if shows_internal else PurchaseFile.objects.filter(is_internal=False)
    open_errors = ErrorRecord.objects.filter(reference=OuterRef("reference"), client=OuterRef("client"), is_done=False)
    placed = HistoryEntry.objects.filter(purchase=OuterRef("pk"), event="placed").order_by("pk")
    return rows.annotate(
        billing=FilteredRelation("contacts", condition=Q(contacts__kind=ContactKind.BILLING)),
        billing_first_name=F("billing__first_name"),
        billing_phone=F("billing__phone"),
        billing_city=F("billing__city"),
        billing_country=F("billing__country"),
        item_count=_count(_own(PurchaseItem.objects.all())),
        document_count=_count(_own(Document.objects.all())),
        joint_count=_count(_own(joint)),
        check_count=_count(_own(ReviewCheck.objects.all())),
        file_count=_count(_own(files)),
        error_count=_count(open_errors),
        placed_detail=Subquery(placed.values("detail")[:1]),
    )


def _own(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(purchase=OuterRef("pk"))


def _count(rows: QuerySet[Any]) -> CappedCount:
    return CappedCount(keys_of(rows)[:MOST_COUNTED])


def standing_of(customer: Customer) -> Standing:
    """Add up a customer's purchases; test orders owe nothing. One query."""
    owing = Q(status__in=OPEN, is_test=False)
    sums = list(
        Purchase.objects.filter(customer=customer)
        .order_by("currency")
        .values_list("currency")
        .annotate(
            count=Count("pk"),
            open_count=Count("pk", filter=owing),
            open_minor=Sum(F("gross_minor") - F("paid_minor") + F("refunded_minor"), filter=owing, default=0),
        )
    )
    return Standing(
        count=sum(count for _, count, _, _ in sums),
        open_count=sum(open_count for _, _, open_count, _ in sums),
        open=tuple(Money(minor, currency) for currency, _, _, minor in sums if minor),
    )
