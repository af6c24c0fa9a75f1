"""How many purchases wait for somebody: the figure beside Review in the navigation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from core.views import chosen_client
from purchases.models import Purchase

if TYPE_CHECKING:
    from django.template.context import Context

register = template.Library()
CAP = 99


@register.simple_tag(takes_context=True)
def review_count(context: Context) -> str:
    """The length of the review queue, counted no further than needed; empty when nothing waits. Once a request."""
    request = context["request"]
    if not hasattr(request, "review_count"):
        rows = Purchase.objects.visible_to(request.user, chosen_client(request)).awaiting_release()
        number = rows.order_by()[: CAP + 1].count()
        request.review_count = f"{CAP}+" if number > CAP else str(number or "")
    return str(request.review_count)
