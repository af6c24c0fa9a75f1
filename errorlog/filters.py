"""Which errors a list shows: the filter bar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from accounts.models import Client, Office
from core.forms import date_input
from errorlog.models import ErrorRecord, ErrorType

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

LONGEST_ID = 18


class ErrorFilter(filters.FilterSet):
    """The bar above the error log; days are the reader's."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Error ID, reference number, words of the note"}),
    )
    type = filters.ChoiceFilter(label="Type", choices=ErrorType.choices, empty_label="Any type")
    client = filters.ModelChoiceFilter(
        label="Client", queryset=Client.objects.order_by("name", "pk"), empty_label="All clients"
    )
    office = filters.ModelChoiceFilter(
        label="Office", queryset=Office.objects.order_by("name", "pk"), empty_label="Any office"
    )
    day_from = filters.DateFilter(label="From", method="since", widget=date_input())
    day_to = filters.DateFilter(label="To", method="until", widget=date_input())

    class Meta:
        model = ErrorRecord
        fields: ClassVar = ["q", "type", "client", "office", "day_from", "day_to"]

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo | None = None,
        offices: QuerySet[Office] | None = None,
        shows_clients: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.zone = zone or UTC
        if offices is not None:
            self.filters["office"].queryset = offices
        if not shows_clients:
            del self.filters["client"]

    def find(self, rows: QuerySet[ErrorRecord], _name: str, value: str) -> QuerySet[ErrorRecord]:
        """Find by the error's number, its purchase or a part of its note."""
        found = Q(reference__startswith=value) | Q(note__icontains=value)
        number = value.removeprefix("#")
        if number.isdecimal() and len(number) <= LONGEST_ID:
            found |= Q(pk=int(number))
        return rows.filter(found)

    def since(self, rows: QuerySet[ErrorRecord], _name: str, value: date) -> QuerySet[ErrorRecord]:
        """From the first moment of the reader's day."""
        return rows if value == date.min else rows.filter(created_at__gte=self.first_moment(value))

    def until(self, rows: QuerySet[ErrorRecord], _name: str, value: date) -> QuerySet[ErrorRecord]:
        """Up to the last moment of the reader's day."""
        return rows if value == date.max else rows.filter(created_at__lt=self.first_moment(value + timedelta(days=1)))

    def first_moment(self, day: date) -> datetime:
        """When a day begins where the reader is."""
        return datetime.combine(day, time.min, tzinfo=self.zone)
