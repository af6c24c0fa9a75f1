"""What other pages show of the pages for customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from accounts.roles import Right
from core.letters import fill
from quotes.selectors import newest_link

if TYPE_CHECKING:
    from django.template.context import Context

    from purchases.models import Purchase

register = template.Library()


@register.simple_tag
def say(text: str, **values: object) -> str:
    """A text with its tokens replaced by what they stand for."""
    return fill(text, {name: str(value) for name, value in values.items()})


@register.inclusion_tag("quotes/_order_link.html", takes_context=True)
def order_link(context: Context, purchase: Purchase) -> dict[str, Any]:
    """The newest link to the customer's page of an order: since when, when it was opened, and what can be done."""
    link, user = newest_link(purchase), context["request"].user
    return {
        "request": context["request"],
        "reader": context.get("reader"),
        "purchase": purchase,
        "link": link,
        "is_open": link is not None and link.revoked_at is None and link.expires_at > context["at"],
        "may_send": user.may(Right.EMAILS),
    }
