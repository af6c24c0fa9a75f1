"""Which follow-ups a list shows: the filter bar."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from followups.models import FollowUp
from followups.selectors.topics import all_topics

if TYPE_CHECKING:
    from django.db.models import QuerySet


def _categories() -> list[tuple[str, str]]:
    return [(topic.code, topic.label) for topic in all_topics()]


class FollowUpFilter(filters.FilterSet):
    """The bar above the follow-ups."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Subject, reference number, customer, note"}),
    )
    category = filters.ChoiceFilter(label="Category", choices=_categories, empty_label="Any category")
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
        """Find by a part of the subject, note or reason, by the reference number or whom it is about."""
        words = (
            Q(**{f"{name}__icontains": value})
            for name in ("subject", "note", "reason", "about_label", "customer__company")
        )
        return rows.filter(reduce(or_, words, Q(purchase__reference__startswith=value)))

    def belonging(self, rows: QuerySet[FollowUp], _name: str, value: str) -> QuerySet[FollowUp]:
        """General ones, or those of one person."""
        return rows.filter(assignee__isnull=value == "general")
