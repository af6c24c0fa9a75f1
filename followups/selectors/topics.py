"""Categories and their reasons: what is shipped, and over it what the platform keeps of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from followups.models import Category, OwnCategory
from followups.wording import REASONS, TONES, Reason

if TYPE_CHECKING:
    from followups.models import FollowUp

LABELS: dict[str, str] = {code: str(label) for code, label in Category.choices}


@dataclass(frozen=True, slots=True)
class Topic:
    """A category with its reasons; `is_shipped` where the product itself opens follow-ups of it."""

    code: str
    label: str
    reasons: tuple[Reason, ...]
    is_active: bool = True
    is_shipped: bool = True

    @property
    def tone(self) -> str:
        """The color of its badge."""
        return TONES.get(self.code, "gray")


def all_topics() -> list[Topic]:
    """Every category: the shipped ones first, each as the platform changed it, then its own by name."""
    own = {row.code: row for row in OwnCategory.objects.order_by("label", "pk")}
    shipped = [
        _own_topic(own.pop(code)) if code in own else Topic(code, LABELS[code], REASONS[code]) for code in LABELS
    ]
    return shipped + [_own_topic(row) for row in own.values()]


def _own_topic(row: OwnCategory) -> Topic:
    reasons = tuple(Reason(entry["name"], entry.get("next", ""), entry.get("days", 0)) for entry in row.reasons)
    return Topic(row.code, row.label, reasons, is_active=row.is_active, is_shipped=row.code in LABELS)


def topic_of(code: str) -> Topic | None:
    """Find a category by its code."""
    return next((topic for topic in all_topics() if topic.code == code), None)


def category_label(follow_up: FollowUp) -> str:
    """Name a follow-up's category; rows of `concerning` bring the platform's own name for it."""
    own = getattr(follow_up, "own_label", None)
    return own or LABELS.get(follow_up.category, follow_up.category)


def next_reason(follow_up: FollowUp) -> Reason:
    """Find what usually comes after this one: the reason, and in how many days; by default the same, tomorrow."""
    topic = topic_of(follow_up.category)
    mine = next((reason for reason in topic.reasons if reason.name == follow_up.reason), None) if topic else None
    if mine is None or not mine.next:
        return Reason(follow_up.reason, follow_up.reason, 1)
    return mine
