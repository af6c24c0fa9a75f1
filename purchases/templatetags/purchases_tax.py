"""What a certificate's page says of the purchases that it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import template

from purchases.models import Purchase
from purchases.services.exemption import changes_of
from taxexempt.states import WAITING, Status

if TYPE_CHECKING:
    from django.template.context import Context

    from taxexempt.models import Certificate

register = template.Library()
MOST_SHOWN: Final = 10


@register.inclusion_tag("purchases/_tax_effect.html", takes_context=True)
def tax_effect(context: Context, certificate: Certificate) -> dict[str, Any]:
    """What a certificate does: to new orders, to taxed ones, and which were billed without tax under it."""
    if certificate.status in WAITING:
        return {"is_waiting": True}
    on = context["at"].astimezone(certificate.client.zone).date()
    changes = changes_of(certificate, on=on)
    possible = [change for change in changes if not change.why_not]
    others = [change for change in changes if change.why_not]
    exempt = Purchase.objects.filter(exempt_by=certificate).select_related("client")
    return {
        "certificate": certificate,
        "request": context["request"],
        "user": context["request"].user,
        "is_over": certificate.status == Status.EXPIRED,
        "is_invalid": certificate.status == Status.INVALID,
        "refunds": [change for change in possible if change.is_refund],
        "rebills": [change for change in possible if not change.is_refund],
        "others": others[:MOST_SHOWN],
        "others_beyond": max(len(others) - MOST_SHOWN, 0),
        "exempt_count": exempt.count(),
        "exempt": list(exempt.order_by("-ordered_at", "-pk")[:MOST_SHOWN]),
    }
