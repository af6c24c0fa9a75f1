"""What templates say about purchases beside their own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.urls import reverse

from core.tables import badge
from mailing.states import Status
from purchases.models import PaymentType, PurchaseContact, RefundKind
from purchases.selectors.presence import open_sentence
from purchases.services.presence import look_at
from purchases.services.refund import refund_refusal
from purchases.states import REFUND_PART

if TYPE_CHECKING:
    from django.template.context import Context
    from django.utils.safestring import SafeString

    from accounts.models import User
    from mailing.models import Email
    from purchases.models import Purchase

register = template.Library()

EMAIL_TONES: dict[str, str] = {
    Status.HELD: "amber",
    Status.QUEUED: "blue",
    Status.CLAIMED: "blue",
    Status.HANDOFF: "blue",
    Status.SENT: "green",
    Status.FAILED: "red",
    Status.UNCERTAIN: "violet",
    Status.BOUNCED: "red",
    Status.CANCELED: "gray",
}


@register.simple_tag
def email_state(email: Email) -> SafeString:
    """An e-mail's status as a badge."""
    return badge(email.status_label, EMAIL_TONES.get(email.status, "gray"))


@register.simple_tag(takes_context=True)
def presence(context: Context, purchase: Purchase) -> str:
    """Note that the reader has the purchase open and say who else has; works without script, too."""
    return open_sentence(look_at(purchase, by=context["request"].user, at=context["at"]))


@register.simple_tag
def payment_method(method: str) -> str:
    """How money came, in words."""
    return str(dict(PaymentType.choices).get(method, method.replace("_", " ").capitalize()))


REFUND_OPTIONS = (RefundKind.TOTAL, RefundKind.ITEMS, RefundKind.AMOUNT, RefundKind.TAX)


@register.simple_tag
def refund_options(purchase: Purchase, user: User) -> list[tuple[str, str]]:
    """What this user may give back of a purchase, each with its dialog; nothing where nothing can be given back."""
    if purchase.status not in REFUND_PART.sources:
        return []
    link = reverse("purchases:refund", args=[purchase.reference])
    return [(kind.label, f"{link}?kind={kind.value}") for kind in REFUND_OPTIONS if not refund_refusal(user, kind)]


@register.filter
def billing_name(purchase: Any) -> str:
    """Who is billed, in the order of the country's names; of a purchase as the viewer reads it."""
    first, last = purchase.billing_first_name or "", purchase.billing_last_name
    return PurchaseContact(first_name=first, last_name=last, country=purchase.billing_country or "").name
