"""What other pages show of the pages for customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from accounts.roles import Right
from core.letters import fill
from core.tables import badge
from purchases.models import Source
from purchases.states import LABELS, QUOTES, Status
from purchases.tables import TONES
from quotes.emails import quote_url
from quotes.models import Quote
from quotes.selectors import newest_link

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.context import Context
    from django.utils.safestring import SafeString

    from purchases.models import Purchase

register = template.Library()


@register.simple_tag
def say(text: str, **values: object) -> str:
    """A text with its tokens replaced by what they stand for."""
    return fill(text, {name: str(value) for name, value in values.items()})


@register.inclusion_tag("quotes/_order_link.html", takes_context=True)
def order_link(context: Context, purchase: Purchase) -> dict[str, Any]:
    """The newest link to the customer's page of an order: since when, when it was opened, and what can be done.

    A quote has a page of its own; `quote_panel` shows it.
    """
    link, user = newest_link(purchase), context["request"].user
    return {
        "request": context["request"],
        "reader": context.get("reader"),
        "purchase": purchase,
        "is_quote": purchase.status in QUOTES,
        "link": link,
        "is_open": link is not None and link.revoked_at is None and link.expires_at > context["at"],
        "may_send": user.may(Right.EMAILS),
    }


@register.simple_tag
def quote_state(quote: Quote, at: datetime) -> SafeString:
    """Where one revision stands at this moment, as a badge."""
    purchase = quote.purchase
    if not quote.is_current:
        return badge("Replaced")
    if quote.accepted_at is not None:
        return badge("Accepted", "green")
    if purchase.status == Status.QUOTE and quote.is_past(at):
        return badge(LABELS[Status.QUOTE_EXPIRED], "amber")
    if purchase.status == Status.QUOTE:
        return badge("Viewed", "blue") if quote.first_viewed_at else badge("Sent", "blue")
    return badge(LABELS[purchase.status], TONES[Status(purchase.status)])


@register.inclusion_tag("quotes/_panel.html", takes_context=True)
def quote_panel(context: Context, purchase: Purchase) -> dict[str, Any]:
    """The revisions of the quote that a purchase is or was, the newest first; nothing for others. One query."""
    rows = Quote.objects.filter(purchase=purchase).select_related("link", "created_by", "extended_by", "document")
    quotes = list(rows.defer("document__data").order_by("-revision")) if purchase.source == Source.QUOTE else []
    for quote in quotes:
        quote.purchase = purchase
    may = context["request"].user.may(Right.QUOTES)
    current = quotes[0] if quotes else None
    is_open = current is not None and purchase.status == Status.QUOTE and not current.is_past(context["at"])
    return {
        "request": context["request"],
        "reader": context.get("reader"),
        "purchase": purchase,
        "quotes": quotes,
        "current": current,
        "at": context["at"],
        "may": may,
        "address": quote_url(current) if may and current is not None and is_open else "",
    }
