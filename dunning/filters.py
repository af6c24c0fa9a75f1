"""Which why/why-not lines, and which open purchases, a list shows: the filter bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters as filters
from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q

from core.forms import date_input
from core.views import chosen_client
from dunning.models import Explanation
from dunning.states import REASON_CHOICES, STEP_CHOICES
from partners.models import Partner
from purchases.models import Purchase
from purchases.selectors import AGES

if TYPE_CHECKING:
    from django.db.models import QuerySet


def _partners(request: Any) -> QuerySet[Partner]:
    return Partner.objects.visible_to(request.user, chosen_client(request)).order_by("company")


class ExplanationFilter(filters.FilterSet):
    """The bar above the lines of a run."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Reference number or company"}),
    )
    step = filters.ChoiceFilter(label="Step", choices=STEP_CHOICES, empty_label="Any step", method="find_step")
    reason = filters.ChoiceFilter(label="Reason", choices=REASON_CHOICES, empty_label="Any reason")

    class Meta:
        model = Explanation
        fields: ClassVar = ["q", "step", "reason"]

    def find(self, rows: QuerySet[Explanation], _name: str, value: str) -> QuerySet[Explanation]:
        """Find by the purchase's number or its company."""
        return rows.filter(
            Q(purchase__reference__startswith=value)
            | Q(purchase__external_id__iexact=value)
            | Q(purchase__billing_company__icontains=value)
        )

    def find_step(self, rows: QuerySet[Explanation], _name: str, value: str) -> QuerySet[Explanation]:
        """Find what was done, and what comes next."""
        return rows.filter(Q(step=value) | Q(step="", coming=value))


class WhyFilter(ExplanationFilter):
    """The bar above all open purchases; the day narrows the lines to the one of each purchase that held then."""

    partner = filters.ModelChoiceFilter(
        label="Partner", field_name="purchase__partner", empty_label="Any partner", queryset=_partners
    )
    on = filters.DateFilter(label="As of", widget=date_input(), method="keep")

    class Meta:
        model = Explanation
        fields: ClassVar = ["q", "reason", "step", "partner", "on"]

    def keep(self, rows: QuerySet[Explanation], _name: str, _value: Any) -> QuerySet[Explanation]:
        """The page sees to the day: without one, too, it shows one line of each purchase."""
        return rows


class BalanceFilter(filters.FilterSet):
    """The bar above the open balance: which currency, how long overdue."""

    currency = filters.CharFilter(
        label="Currency",
        lookup_expr="iexact",
        validators=[RegexValidator(r"^[A-Za-z]{3}\Z", "Three letters, such as EUR.")],
    )
    age = filters.ChoiceFilter(
        label="Age", choices=[(str(number), age.label) for number, age in enumerate(AGES)], empty_label="Any age"
    )

    class Meta:
        model = Purchase
        fields: ClassVar = ["currency"]
