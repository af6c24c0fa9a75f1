"""Which users a list shows: the filter bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import django_filters as filters
from django import forms
from django.db.models import Q

from accounts.models import User
from accounts.roles import ROLE_CHOICES

if TYPE_CHECKING:
    from django.db.models import QuerySet


class UserFilter(filters.FilterSet):
    """The bar above the users."""

    q = filters.CharFilter(
        label="Search",
        method="find",
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "Name, user name or e-mail"}),
    )
    role = filters.ChoiceFilter(label="Role", choices=ROLE_CHOICES, empty_label="Any role")

    class Meta:
        model = User
        fields: ClassVar = ["q", "role"]

    def find(self, rows: QuerySet[User], _name: str, value: str) -> QuerySet[User]:
        """Find by a part of the name, user name or e-mail address."""
        return rows.filter(Q(name__icontains=value) | Q(username__icontains=value) | Q(email__icontains=value))
