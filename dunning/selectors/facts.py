"""What a decision about a purchase depends on, collected from its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from dunning.models import Notice, NoticeStatus
from dunning.schedule import Facts, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from purchases.models import Purchase


def facts_of(purchase: Purchase, *, notices: Iterable[Notice] | None = None, without: Notice | None = None) -> Facts:
    """Collect all that a decision about `purchase` depends on; `without` leaves one notice out of account."""
    if notices is None:
        notices = Notice.objects.filter(purchase=purchase).standing().order_by("pk")
    standing = [notice for notice in notices if without is None or notice.pk != without.pk]
    policy, partner = purchase.policy, purchase.partner
    return Facts(
        status=purchase.status,
        ordered_on=purchase.ordered_on,
        due_on=purchase.due_on,
        gross_minor=purchase.gross_minor,
        paid_minor=purchase.kept.minor,
        is_test=purchase.is_test,
        is_exempt_partner=partner is not None and partner.month_end_statement,
        has_document=purchase.document_received_at is not None,
        has_email=is_address(purchase.billing_email),
        dunning=policy.dunning,
        cancel_step=policy.cancel_step,
        cancel_after_business_days=policy.cancel_after_business_days,
        document_deadline_days=policy.document_deadline_days,
        country=purchase.client.country,
        subdivision=purchase.client.subdivision,
        sent={Step(notice.step): notice.sent_on for notice in standing if notice.sent_on is not None},
        pending=next((Step(n.step) for n in standing if n.status == NoticeStatus.PENDING), None),
        last_step_on=max((notice.on for notice in standing), default=None),
        is_bounced=any(notice.returned_at is not None for notice in standing),
        is_held=purchase.held_at is not None,
        hold_until=purchase.hold_until,
        promised_until=purchase.promised_until,
        is_kept_active=purchase.kept_active_at is not None,
    )


def is_address(text: str) -> bool:
    """Whether a letter could be sent to `text`."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def notices_of(purchases: Sequence[Purchase]) -> dict[int, list[Notice]]:
    """Group the standing notices of several purchases: one query."""
    grouped: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(purchase__in=purchases).standing().order_by("pk"):
        grouped.setdefault(notice.purchase_id, []).append(notice)
    return grouped
