"""Follow-ups on other pages: the figure in the navigation, panels of purchases and customers, the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import template
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.roles import Right
from core.tables import Reader
from core.views import chosen_client
from followups.selectors import concerning
from followups.tables import category_badge, due_cell, whose

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.context import Context
    from django.utils.safestring import SafeString

    from accounts.models import User
    from accounts.querysets import TenantQuerySet
    from customers.models import Customer
    from followups.models import FollowUp
    from purchases.models import Purchase

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


@register.inclusion_tag("followups/_badge.html", takes_context=True)
def follow_up_badge(context: Context) -> dict[str, Any]:
    """The figure beside Follow-ups in the navigation: current ones that are due, in red when some are overdue."""
    request = context["request"]
    if not request.user.is_authenticated or not request.user.may(Right.FOLLOW_UPS):
        return {"count": "", "overdue": 0}
    current = _mine(context).filter(done_at=None).order_by()
    figures = current.aggregate(count=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=_moment(context))))
    count = figures["count"]
    return {"count": f"{CAP}+" if count > CAP else str(count or ""), "overdue": figures["overdue"]}


@register.simple_tag(takes_context=True)
def current_follow_ups(context: Context) -> list[Line]:
    """The current follow-ups that concern the user, the most urgent first."""
    return _lines(_mine(context), context)


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
