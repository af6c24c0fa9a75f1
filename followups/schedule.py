"""Moments as people say them: a day and a time in their zone, or how long something may wait."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from core.refused import Refused

if TYPE_CHECKING:
    from datetime import date
    from zoneinfo import ZoneInfo

MORNING: Final = time(9)
DIGEST_TIME: Final = time(7)
"""When the daily e-mail about what is due is written, where its reader is."""
LONGEST: Final = timedelta(days=3653)
"""How far ahead something may be put off: ten years; what is later was typed wrong."""
MONDAY: Final = 0
WEEK: Final = 7


def moment_of(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Turn a local day and time into its moment in UTC; of two that are called the same, the first.

    Raises Refused for a time that the clock skips on that day (code `gap`), and beyond all calendars (`far`).
    """
    local = datetime.combine(day, clock, tzinfo=zone)
    try:
        moment = local.astimezone(UTC)
        there = moment.astimezone(zone)
    except OverflowError:
        raise Refused("No calendar has this day.", "far") from None
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        message = (
            f"There is no {clock:%H:%M} on this day in {zone.key}: the clock goes forward. "
            f"Choose {there:%H:%M} or later."
        )
        raise Refused(message, "gap")
    return moment


def refuse_out_of_reach(due_at: datetime, *, at: datetime) -> None:
    """Refuse a moment before this minute, or further ahead than anybody plans.

    Raises Refused (codes `past`, `far`).
    """
    if due_at < at.replace(second=0, microsecond=0):
        raise Refused("This time has passed: choose a later one.", "past")
    if due_at > at + LONGEST:
        raise Refused("This is more than ten years ahead: choose an earlier day.", "far")


def morning_after(at: datetime, zone: ZoneInfo, *, days: int = 1) -> datetime:
    """Find nine o'clock some days after the day that it is in `zone`."""
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, MORNING, tzinfo=zone).astimezone(UTC)


def next_monday(at: datetime, zone: ZoneInfo) -> datetime:
    """Find nine o'clock on the Monday after the day that it is in `zone`."""
    return morning_after(at, zone, days=WEEK - (at.astimezone(zone).weekday() - MONDAY) % WEEK)


def snoozes(at: datetime, zone: ZoneInfo) -> list[tuple[str, datetime]]:
    """List until when something can be put off by one key, in words and as the moment; each moment once."""
    soon = (at + timedelta(hours=1)).replace(second=0, microsecond=0)
    later = (at + timedelta(hours=4)).replace(second=0, microsecond=0)
    usual = [
        ("In an hour", soon),
        ("In four hours", later),
        ("Tomorrow morning", morning_after(at, zone)),
        ("Next Monday", next_monday(at, zone)),
        ("In a week", morning_after(at, zone, days=WEEK)),
    ]
    words_of = {moment: words for words, moment in reversed(usual)}
    return [(words, moment) for words, moment in usual if words_of[moment] == words]
