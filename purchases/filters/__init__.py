"""Which purchases a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import django_filters as filters
from django import forms
from django.core.validators import RegexValidator
from django.db.models import Q

from core.forms import date_input
from core.keywords import KeywordFilterSet
from core.views import chosen_client
from purchases.models import BankLine, BankStatement, Product, Purchase, PurchaseSearch
from purchases.selectors.search import find_purchases
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from accounts.models import Client
    from core.conditions import Asker
    from purchases.querysets import PurchaseQuerySet


class SearchFilter(KeywordFilterSet):
    """Keywords, comma separated, all of which must match."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "Reference, customer, e-mail, PO or invoice number"}),
    )

    def find(self, rows: PurchaseQuerySet, _name: str, value: str) -> QuerySet[Purchase]:
        """Find by keywords, among what the user may see; a purchase that matches twice is there once."""
        if self.request is None:
            known = PurchaseSearch.objects.filter(purchase__in=rows.order_by().values("pk"))
        else:
            known = PurchaseSearch.objects.visible_to(self.request.user, chosen_client(self.request))
        return self.search(known, rows, lambda among: find_purchases(among, value))


class ReviewFilter(SearchFilter):
    """The bar above the queue, which is a small part of all purchases."""

    is_narrow = True


class PurchaseFilter(SearchFilter):
    """The bar above the purchase list."""

    base_filters: dict[str, filters.Filter]
    """Those declared below; of an instance, those it shows."""

    status = filters.ChoiceFilter(label="Status", choices=Status.choices, empty_label="Any status")
    client = filters.ChoiceFilter(label="Client", field_name="client_id", empty_label="All clients")
    currency = filters.CharFilter(
        label="Currency",
        method="in_currency",
        validators=[RegexValidator(r"^[A-Za-z]{3}\Z", "Three letters, such as EUR.")],
    )
    customer = filters.CharFilter(
        label="Customer no.",
        field_name="customer_id",
        validators=[RegexValidator(r"^[0-9]{1,18}\Z", "The number in the address of the customer's profile.")],
    )
    ordered_from = filters.DateFilter(label="Ordered from", method="ordered_since", widget=date_input())
    ordered_to = filters.DateFilter(label="Ordered to", method="ordered_until", widget=date_input())
    due_from = filters.DateFilter(label="Due from", field_name="due_on", lookup_expr="gte", widget=date_input())
    due_to = filters.DateFilter(label="Due to", field_name="due_on", lookup_expr="lte", widget=date_input())

    class Meta:
        model = Purchase
        fields: ClassVar = [
            "q",
            "status",
            "client",
            "customer",
            "ordered_from",
            "ordered_to",
            "currency",
            "due_from",
            "due_to",
        ]

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        asker: Asker,
        clients: Sequence[Client] = (),
        is_narrow: bool = False,
        **options: Any,
    ) -> None:
        # Today's figures, a customer's page and old links lead here with them; without one the bar stays short.
        unasked = {name for name in ("customer", "currency", "due_from", "due_to") if not data.get(name)}
        if not clients:
            unasked.add("client")
        # taken out before they are copied for this request, which is what a bar costs
        self.base_filters = {name: one for name, one in self.base_filters.items() if name not in unasked}
        super().__init__(data, **options)
        self.asker, self.is_narrow = asker, is_narrow
        if clients:
            self.filters["client"].extra["choices"] = [(str(client.pk), client.name) for client in clients]

    def in_currency(self, rows: PurchaseQuerySet, _name: str, value: str) -> QuerySet[Purchase]:
        """In this currency, however its letters were typed."""
        return rows.filter(currency=value.upper())

    def ordered_since(self, rows: PurchaseQuerySet, _name: str, value: date) -> QuerySet[Purchase]:
        """Ordered on this day of the client or later."""
        return rows.filter(self.asker.moments("ordered_at", value, None))

    def ordered_until(self, rows: PurchaseQuerySet, _name: str, value: date) -> QuerySet[Purchase]:
        """Ordered on this day of the client or earlier."""
        return rows.filter(self.asker.moments("ordered_at", None, value))


class ProductFilter(filters.FilterSet):
    """The bar above the products."""

    q = filters.CharFilter(label="Search", method="find", max_length=100)

    class Meta:
        model = Product
        fields: ClassVar = ["q"]

    def find(self, rows: QuerySet[Product], _name: str, value: str) -> QuerySet[Product]:
        """Find by a part of the name or code."""
        return rows.filter(name__icontains=value) | rows.filter(code__icontains=value)


class BankLineFilter(filters.FilterSet):
    """The bar above bank lines."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Payer, text, account, reference"}),
    )
    day_from = filters.DateFilter(label="From", field_name="booked_on", lookup_expr="gte", widget=date_input())
    day_to = filters.DateFilter(label="To", field_name="booked_on", lookup_expr="lte", widget=date_input())

    class Meta:
        model = BankLine
        fields: ClassVar = ["q", "day_from", "day_to"]

    def find(self, rows: QuerySet[BankLine], _name: str, value: str) -> QuerySet[BankLine]:
        """Find by a part of payer or text, by the account, or by the purchase."""
        told = Q(payer__icontains=value) | Q(text__icontains=value) | Q(payer_account__iexact="".join(value.split()))
        return rows.filter(told | Q(purchase__reference=value.strip()))


class StatementFilter(filters.FilterSet):
    """The bar above bank statements."""

    q = filters.CharFilter(label="Search", method="find", max_length=100)

    class Meta:
        model = BankStatement
        fields: ClassVar = ["q"]

    def find(self, rows: QuerySet[BankStatement], _name: str, value: str) -> QuerySet[BankStatement]:
        """Find by a part of the file's name, or by the account."""
        return rows.filter(Q(filename__icontains=value) | Q(account__iexact="".join(value.split())))
