"""Which customers a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms

from core.keywords import KeywordFilterSet
from core.views import chosen_client
from customers.models import Customer, CustomerSearch, CustomerType
from customers.selectors.search import find_customers

if TYPE_CHECKING:
    from django.db.models import QuerySet


class CustomerFilter(KeywordFilterSet):
    """The bar above the customers."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=300,
        widget=forms.TextInput(
            attrs={"placeholder": "Last name, company, e-mail, @domain, reference, last 4 card digits"}
        ),
    )
    type = filters.ChoiceFilter(label="Type", choices=CustomerType.choices, empty_label="Any type")

    class Meta:
        model = Customer
        fields: ClassVar = ["q", "type"]

    def find(self, rows: QuerySet[Customer], _name: str, value: str) -> QuerySet[Customer]:
        """Find by comma-separated keywords, all of which must match, among what the user may see."""
        if self.request is None:
            known = CustomerSearch.objects.filter(customer__in=rows.order_by().values("pk"))
        else:
            known = CustomerSearch.objects.visible_to(self.request.user, chosen_client(self.request))
        return self.search(known, rows, lambda among: find_customers(among, value))
