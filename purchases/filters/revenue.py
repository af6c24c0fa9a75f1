"""Which purchases count as revenue of some days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters as filters
from django.core.validators import RegexValidator

from core.forms import date_input
from purchases.models import Purchase

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet

    from core.conditions import Asker
    from purchases.querysets import PurchaseQuerySet

DAYS = {"paid": "paid_at", "ordered": "ordered_at"}


class RevenueFilter(filters.FilterSet):
    """The bar above revenue: days by payment or by order, in each client's zone."""

    by = filters.ChoiceFilter(
        label="By day of", method="keep", choices=[("paid", "Payment"), ("ordered", "Order")], empty_label=None
    )
    day_from = filters.DateFilter(label="From", method="since", widget=date_input())
    day_to = filters.DateFilter(label="To", method="until", widget=date_input())
    currency = filters.CharFilter(
        label="Currency",
        lookup_expr="iexact",
        validators=[RegexValidator(r"^[A-Za-z]{3}\Z", "Three letters, such as EUR.")],
    )

    class Meta:
        model = Purchase
        fields: ClassVar = ["by", "day_from", "day_to", "currency"]

    def __init__(self, *args: Any, asker: Asker, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asker = asker

    @property
    def moment(self) -> str:
        """The column that the days are of."""
        return DAYS.get(self.data.get("by", ""), DAYS["paid"])

    def keep(self, rows: PurchaseQuerySet, _name: str, _value: str) -> QuerySet[Purchase]:
        """Leave the rows: which day counts is for the two other fields."""
        return rows

    def since(self, rows: PurchaseQuerySet, _name: str, value: date) -> QuerySet[Purchase]:
        """On this day of the client or later."""
        return rows.filter(self.asker.moments(self.moment, value, None))

    def until(self, rows: PurchaseQuerySet, _name: str, value: date) -> QuerySet[Purchase]:
        """On this day of the client or earlier."""
        return rows.filter(self.asker.moments(self.moment, None, value))
