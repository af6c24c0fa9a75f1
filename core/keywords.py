"""A filter bar with a search by keywords, which is asked last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django_filters as filters

from core.search import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

KEYWORDS = "q"


class KeywordFilterSet(filters.FilterSet):
    """A bar whose `q` is a search in a table of folded texts; what it found is kept for the page.

    `is_narrow` says that the page shows fewer rows than the search knows.
    """

    found: Found = Found()
    is_narrow: bool = False

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the other filters first: of too many hits only the newest are known, and these are to be among them."""
        asked = dict(self.form.cleaned_data)
        words = asked.pop(KEYWORDS, "")
        self.is_narrow = self.is_narrow or any(asked.values())
        for name, value in asked.items():
            queryset = self.filters[name].filter(queryset, value)
        return self.filters[KEYWORDS].filter(queryset, words) if KEYWORDS in self.filters else queryset

    def search(
        self, known: QuerySet[Any], rows: QuerySet[Any], find: Callable[[QuerySet[Any]], Found]
    ) -> QuerySet[Any]:
        """Narrow `rows` to what `find` finds among what is `known`; of too many, among what is known of these rows."""
        self.found = find(known)
        if self.found.is_capped and self.is_narrow:
            self.found = find(known.filter(pk__in=rows.order_by().values("pk")))
        return rows.filter(pk__among=self.found.keys) if self.found.parts else rows
