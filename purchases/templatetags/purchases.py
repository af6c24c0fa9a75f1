"""What templates say about purchases beside their own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from core.tables import badge
from mailing.states import Status
from purchases.models import PaymentType

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from mailing.models import Email

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


@register.simple_tag
def payment_method(method: str) -> str:
    """How money came, in words."""
    return str(dict(PaymentType.choices).get(method, method.replace("_", " ").capitalize()))
