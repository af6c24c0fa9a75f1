"""Which quotes and quote links a list shows: the filter bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from core.views import chosen_client
from purchases.models import Purchase, PurchaseSearch
from purchases.selectors.search import find_purchases
from quotes.models import Quote, QuoteLink

if TYPE_CHECKING:
    from django.db.models import QuerySet

PERSONAL = [("1", "Personal only")]


class LinkFilter(filters.FilterSet):
    """The bar above the quote links."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Title, note, product or who made it"}),
    )
    personal = filters.ChoiceFilter(label="Made by", choices=PERSONAL, method="mine", empty_label="Anybody")

    class Meta:
        model = QuoteLink
        fields: ClassVar = ["q", "personal"]

    def find(self, rows: QuerySet[QuoteLink], _name: str, value: str) -> QuerySet[QuoteLink]:
        """Find by a part of the title, the note, a product or who made it."""
        text = value.replace("\x00", "")
        with_product = QuoteLink.objects.filter(
            Q(items__product__name__icontains=text) | Q(items__product__code__istartswith=text)
        )
        return rows.filter(
            Q(title__icontains=text)
            | Q(note__icontains=text)
            | Q(created_by__name__icontains=text)
            | Q(pk__in=with_product.values("pk"))
        )

    def mine(self, rows: Any, _name: str, _value: str) -> Any:
        """Only what who looks made."""
        return rows.made_by(self.request.user)


class QuoteFilter(filters.FilterSet):
    """The bar above the requested quotes."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "Reference, customer, e-mail or quote number"}),
    )
    personal = filters.ChoiceFilter(label="By links of", choices=PERSONAL, method="mine", empty_label="Anybody")

    class Meta:
        model = Quote
        fields: ClassVar = ["q", "personal"]

    def find(self, rows: QuerySet[Quote], _name: str, value: str) -> QuerySet[Quote]:
        """Find by keywords, among the purchases that the user may see."""
        known = PurchaseSearch.objects.visible_to(self.request.user, chosen_client(self.request))
        found = find_purchases(known, value)
        if not found.parts:
            return rows
        return rows.filter(purchase__in=Purchase.objects.filter(pk__among=found.keys))

    def mine(self, rows: QuerySet[Quote], _name: str, _value: str) -> QuerySet[Quote]:
        """Only those asked for by links that who looks made."""
        return rows.filter(link__created_by=self.request.user)
