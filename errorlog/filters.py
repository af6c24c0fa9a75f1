"""Which errors a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from errorlog.models import ErrorRecord, ErrorType

if TYPE_CHECKING:
    from django.db.models import QuerySet

LONGEST_ID = 18


class ErrorFilter(filters.FilterSet):
    """The bar above the error log."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Error ID, reference number, words of the note"}),
    )
    type = filters.ChoiceFilter(label="Type", choices=ErrorType.choices, empty_label="Any type")

    class Meta:
        model = ErrorRecord
        fields: ClassVar = ["q", "type"]

    def find(self, rows: QuerySet[ErrorRecord], _name: str, value: str) -> QuerySet[ErrorRecord]:
        """Find by the error's number, its purchase or a part of its note."""
        found = Q(reference__startswith=value) | Q(note__icontains=value)
        number = value.removeprefix("#")
        if number.isdecimal() and len(number) <= LONGEST_ID:
            found |= Q(pk=int(number))
        return rows.filter(found)
