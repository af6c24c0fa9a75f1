"""Keeping categories and reasons; where nothing is kept, the shipped ones hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.text import slugify

from core.history import record
from core.refused import Refused
from followups.models import OwnCategory
from followups.selectors.topics import all_topics, topic_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import User
    from followups.wording import Reason

LONGEST_CODE = 20


@transaction.atomic
def add_category(*, label: str, reasons: Sequence[Reason], by: User, at: datetime) -> OwnCategory:
    """Add a category with its reasons.

    Raises Refused when there is one of this name, and for reasons that don't go together.
    """
    codes = {topic.code for topic in all_topics()}
    code = slugify(label)[:LONGEST_CODE].strip("-")
    if not code or code in codes:
        code = next(code for number in range(1, len(codes) + 2) if (code := f"category-{number}") not in codes)
    return _keep(OwnCategory(code=code), label=label, reasons=reasons, is_active=True, by=by, at=at)


@transaction.atomic
def change_category(
    code: str, *, label: str, reasons: Sequence[Reason], is_active: bool, by: User, at: datetime
) -> OwnCategory:
    """Name a category anew, change its reasons, or offer it no longer; follow-ups that are there keep what they say.

    Raises Refused when there is none of this code, another one of this name, and for reasons that don't go together.
    """
    if topic_of(code) is None:
        raise Refused("This category is not there any more.", "code")
    row = OwnCategory.objects.select_for_update().filter(code=code).first() or OwnCategory(code=code)
    return _keep(row, label=label, reasons=reasons, is_active=is_active, by=by, at=at)


def _keep(
    row: OwnCategory, *, label: str, reasons: Sequence[Reason], is_active: bool, by: User, at: datetime
) -> OwnCategory:
    if any(topic.code != row.code and topic.label.casefold() == label.casefold() for topic in all_topics()):
        message = f"There is a category {label} already."
        raise Refused(message, "label")
    names = [reason.name for reason in reasons]
    if not names:
        raise Refused("Enter at least one reason.", "reasons")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        message = f"“{twice}” stands there twice."
        raise Refused(message, "twice")
    unknown = next((reason.next for reason in reasons if reason.next and reason.next not in names), None)
    if unknown:
        message = f"“{unknown}” comes next but is no reason of this category: add it, or choose another."
        raise Refused(message, "next")
    row.label, row.is_active = label, is_active
    row.reasons = [
        {"name": reason.name, **({"next": reason.next, "days": reason.days} if reason.next else {})}
        for reason in reasons
    ]
    return record(row, by=by, at=at, reason="kept")
