"""Certificates on other pages: the panel of the customer's profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from taxexempt.models import Certificate
from taxexempt.selectors import newest_first
from taxexempt.states.places import NAMES
from taxexempt.tables import status_badge

if TYPE_CHECKING:
    from customers.models import Customer

register = template.Library()
MOST_LINES = 10


@register.simple_tag
def certificates_of(customer: Customer) -> list[dict[str, Any]]:
    """A customer's certificates, those that hold or wait first: the row, its badge, its state."""
    rows = newest_first(Certificate.objects.filter(customer=customer))[:MOST_LINES]
    return [{"row": row, "status": status_badge(row), "state": NAMES.get(row.state_of_issue, "")} for row in rows]
