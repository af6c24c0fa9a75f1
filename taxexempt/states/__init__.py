"""The life cycle of an exemption certificate, as data."""

from __future__ import annotations

from django.db import models

from core.transitions import Transition


class Status(models.TextChoices):
    """Where a certificate stands. Set by the product, never typed in."""

    NEW = "new", "New"
    IN_REVIEW = "in_review", "In Review"
    VALID = "valid", "Valid"
    EXPIRED = "expired", "Expired"
    INVALID = "invalid", "Invalid"


S = Status
LABELS: dict[str, str] = {status.value: str(status.label) for status in Status}

WAITING = frozenset({S.NEW, S.IN_REVIEW})
"""Somebody has to look at it."""
COVERING = frozenset({S.VALID, S.EXPIRED})
"""It was found valid: it covers what was bought within its life, even after that has ended."""
EDITABLE = WAITING | {S.INVALID}
"""What it says may be written over; once it was found valid, a change is a new version."""

CLAIM = Transition("claim", "Claim", WAITING, S.IN_REVIEW)
VALIDATE = Transition("validate", "Validate", WAITING, S.VALID)
MARK_INVALID = Transition("mark_invalid", "Mark invalid", WAITING | {S.VALID}, S.INVALID)
REVIEW_AGAIN = Transition("review_again", "Review again", frozenset({S.INVALID}), S.IN_REVIEW)
EXPIRE = Transition("expire", "Expire", frozenset({S.VALID}), S.EXPIRED)

TRANSITIONS: tuple[Transition, ...] = (CLAIM, VALIDATE, MARK_INVALID, REVIEW_AGAIN, EXPIRE)
