"""Follow-ups on other pages: the figures in the navigation, panels of purchases and customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import template
from django.db.models import F, Q
from django.utils import timezone

from accounts.roles import Right
from core.counts import capped, count_all, keys_of
from core.tables import Reader
from core.views import chosen_client
from followups.models import FollowUp
from followups.selectors import concerning, of_concern
from followups.tables import category_badge, due_cell, whose
from purchases.models import Purchase

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.context import Context
    from django.utils.safestring import SafeString

    from accounts.models import User
    from accounts.querysets import TenantQuerySet
    from customers.models import Customer

register = template.Library()
MOST_LINES = 20
MOST_IN_TAB = 100
CAP = 99


@dataclass(frozen=True, slots=True)
class Line:
    """One follow-up in a panel."""

    row: FollowUp
    due: SafeString
    category: SafeString
    whose: str


def _moment(context: Context) -> datetime:
    """The moment of the page; a page without one is at the edge and reads the clock here."""
    at = context.get("at")
    return at if at is not None else timezone.now()  # noqa: TID251 -- an entry point, like a view


def _lines(rows: TenantQuerySet[FollowUp], context: Context) -> list[Line]:
    at, reader = _moment(context), Reader.of(context["request"])
    found = rows.filter(done_at=None).order_by("due_at", "pk")[:MOST_LINES]
    return [Line(row, due_cell(row, at, reader), category_badge(row), whose(row)) for row in found]


def _mine(context: Context) -> TenantQuerySet[FollowUp]:
    request = context["request"]
    return concerning(request.user).visible_to(request.user, chosen_client(request))


@register.simple_tag(takes_context=True)
def waiting_figures(context: Context) -> dict[str, Any]:
    """The figures in the navigation: purchases to review; follow-ups that are current, and those overdue. One query."""
    request, user = context["request"], context["request"].user
    client = chosen_client(request)
    reviews = keys_of(Purchase.objects.visible_to(user, client).awaiting_release())
    mine = of_concern(user).visible_to(user, client) if user.may(Right.FOLLOW_UPS) else FollowUp.objects.none()
    current = keys_of(mine.filter(done_at=None))
    late = current.filter(due_at__lt=_moment(context))
    review_count, current_count, late_count = count_all([reviews[: CAP + 1], current[: CAP + 1], late])
    return {
        "review": review_count and capped(review_count, CAP),
        "current": current_count and capped(current_count, CAP),
        "overdue": late_count,
    }


@register.simple_tag(takes_context=True)
def follow_ups_of_customer(context: Context, customer: Customer, user: User) -> list[Line]:
    """The current follow-ups on a customer and on its purchases that concern the user."""
    return _lines(concerning(user).filter(Q(purchase__customer=customer) | Q(customer=customer)), context)


@register.simple_tag(takes_context=True)
def follow_ups_about(context: Context, link: str) -> list[Line]:
    """The current follow-ups on any other page of ours, named by its address, that concern the user."""
    return _lines(_mine(context).filter(about_link=link), context)


@register.simple_tag(takes_context=True)
def follow_ups_of_purchase(context: Context, purchase: Purchase, user: User) -> list[Line]:
    """The current follow-ups on a purchase that concern the user."""
    return _lines(concerning(user).filter(purchase=purchase), context)


@register.inclusion_tag("followups/_tab.html", takes_context=True)
def follow_ups_tab(context: Context, purchase: Purchase) -> dict[str, Any]:
    """All follow-ups on a purchase that concern the user: what is open, the most urgent first, then what is done."""
    request = context["request"]
    at, reader = _moment(context), Reader.of(request)
    found = concerning(request.user).filter(purchase=purchase).select_related("done_by")
    rows = found.order_by(F("done_at").desc(nulls_first=True), "due_at", "pk")[:MOST_IN_TAB]
    return {
        "request": request,
        "user": request.user,
        "purchase": purchase,
        "lines": [Line(row, due_cell(row, at, reader), category_badge(row), whose(row)) for row in rows],
        "form_key": uuid4().hex,
    }
