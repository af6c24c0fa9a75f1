"""Which follow-ups a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from followups.models import Category, FollowUp

if TYPE_CHECKING:
    from django.db.models import QuerySet


class FollowUpFilter(filters.FilterSet):
    """The bar above the follow-ups."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Subject, reference number, note"}),
    )
    category = filters.ChoiceFilter(label="Category", choices=Category.choices, empty_label="Any category")
    whose = filters.ChoiceFilter(
        label="Whose",
        method="belonging",
        choices=[("general", "General"), ("personal", "Personal")],
        empty_label="General and personal",
    )

    class Meta:
        model = FollowUp
        fields: ClassVar = ["q", "category", "whose"]

    def find(self, rows: QuerySet[FollowUp], _name: str, value: str) -> QuerySet[FollowUp]:
        """Find by a part of the subject or note, or by the reference number."""
        return rows.filter(
            Q(subject__icontains=value) | Q(note__icontains=value) | Q(purchase__reference__startswith=value)
        )

    def belonging(self, rows: QuerySet[FollowUp], _name: str, value: str) -> QuerySet[FollowUp]:
        """General ones, or those of one person."""
        return rows.filter(assignee__isnull=value == "general")
