"""Which customers a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from customers.models import Contact, Customer, CustomerType

if TYPE_CHECKING:
    from django.db.models import QuerySet

CARD_DIGITS = 4


class CustomerFilter(filters.FilterSet):
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
        """Find by comma-separated keywords, all of which must match."""
        for keyword in filter(None, (part.strip() for part in value.split(","))):
            rows = rows.filter(_matching(keyword))
        return rows


def _matching(keyword: str) -> Q:
    """One keyword: @domain of an e-mail address, digits of a reference number or card, else a name or an address."""
    if keyword.startswith("@"):
        return Q(pk__in=Contact.objects.filter(email__iendswith=keyword).order_by().values("customer"))
    people = Contact.objects.filter(
        Q(last_name__istartswith=keyword) | Q(company__icontains=keyword) | Q(email__istartswith=keyword)
    )
    found = Q(company__icontains=keyword) | Q(pk__in=people.order_by().values("customer"))
    if not keyword.isdecimal():
        return found
    bought = Q(purchases__reference__startswith=keyword)
    if len(keyword) == CARD_DIGITS:
        bought |= Q(purchases__card_last4=keyword)
    return found | Q(pk__in=Customer.objects.filter(bought).order_by().values("pk"))
