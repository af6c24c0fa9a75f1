"""Which partners a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from partners.models import LimitScope, Partner

if TYPE_CHECKING:
    from django.db.models import QuerySet


class PartnerFilter(filters.FilterSet):
    """The bar above the partners."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Company, code or e-mail"}),
    )
    scope = filters.ChoiceFilter(label="Limit covers", choices=LimitScope.choices, empty_label="Any scope")
    month_end_statement = filters.ChoiceFilter(
        label="Statement", choices=[("True", "Month-end"), ("False", "None")], empty_label="Any"
    )

    class Meta:
        model = Partner
        fields: ClassVar = ["q", "scope", "month_end_statement"]

    def find(self, rows: QuerySet[Partner], _name: str, value: str) -> QuerySet[Partner]:
        """Find by a part of the company's name, the code or the e-mail address."""
        return rows.filter(Q(company__icontains=value) | Q(code__istartswith=value) | Q(email__icontains=value))
