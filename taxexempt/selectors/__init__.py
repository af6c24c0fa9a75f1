"""Which certificate covers a purchase, and what one still lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taxexempt.models import Certificate
from taxexempt.states import COVERING
from taxexempt.states.places import state_code

if TYPE_CHECKING:
    from datetime import date

    from customers.models import Customer


def covering(customer: Customer, country: str, subdivision: str, on: date) -> Certificate | None:
    """Find the certificate that covers what a customer bought on a day, to be taxed in that state; the newest of many.

    It covers days within its life, even after that has ended; an invalid one covers none.
    """
    state = state_code(subdivision) if country == "US" else ""
    if not state:
        return None
    rows = Certificate.objects.filter(
        customer=customer, state_of_issue=state, status__in=COVERING, issued_on__lte=on, expires_on__gte=on
    )
    return rows.order_by("-issued_on", "-pk").first()
