"""A year lived by many purchase orders in twelve time zones: what happens to them, drawn before anybody decides.

The product and the model of `tests.dunning.reference` are given the same events, the same moments at which a worker
looks, and the same hours in which the mail relay does not answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

PLACES = (
    ("Pacific/Auckland", "NZ", "AUK"),
    ("Australia/Sydney", "AU", "NSW"),
    ("Asia/Tokyo", "JP", ""),
    ("Asia/Kolkata", "IN", "MH"),
    ("Africa/Cairo", "EG", ""),
    ("Europe/Athens", "GR", ""),
    ("Europe/Berlin", "DE", "HH"),
    ("Europe/London", "GB", "ENG"),
    ("America/Sao_Paulo", "BR", "SP"),
    ("America/New_York", "US", "NY"),
    ("America/Los_Angeles", "US", "CA"),
    ("Pacific/Honolulu", "US", "HI"),
)
"""Where the clients are: zone, country, subdivision. Clocks change in eight of them, on different days."""
TERMS = (14, 30, 60)
EIGHT = time(8)
START = datetime(2026, 2, 16, tzinfo=UTC)
GROSS = 11_900
LADDER_LASTS = timedelta(days=140)
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Happening:
    """One thing that happens to an order: it is paid (minor units), held, resumed or promised (until a day)."""

    at: datetime
    what: str
    minor: int = 0
    until: date | None = None


@dataclass(frozen=True)
class Story:
    """One order: where, released when, and what happens to it."""

    place: int
    released_at: datetime
    happenings: tuple[Happening, ...]

    @property
    def term(self) -> int:
        return TERMS[self.place % len(TERMS)]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(PLACES[self.place][0])


@dataclass(frozen=True)
class World:
    """The orders, the moments at which one of 1 to 4 workers looks, and when the relay does not answer."""

    stories: tuple[Story, ...]
    ticks: tuple[datetime, ...]
    relay_off: tuple[Span, ...]

    def mails_at(self, at: datetime) -> bool:
        return not _covered(at, self.relay_off)


def draw_world(count: int, *, days: int, seed: int) -> World:
    """Draw orders that are released within `days`; the same seed draws the same."""
    random = Random(seed)
    stories = tuple(_story(random, number % len(PLACES), days=days) for number in range(count))
    lasts = timedelta(days=days) + LADDER_LASTS
    asleep = _spans(random, lasts, count=2 + days // 60, hours=(20, 100))
    zones = [ZoneInfo(zone) for zone, *_ in PLACES]
    schedulers = [timedelta(minutes=random.randrange(60)) for _ in range(random.randint(1, 4))]
    hours = range(int(lasts.total_seconds() // 3600))
    ticks = sorted(START + timedelta(hours=hour) + offset for hour in hours for offset in schedulers)
    # at other hours nobody's morning begins: looking then is tested elsewhere
    awake = [at for at in ticks if not _covered(at, asleep) and any(at.astimezone(z).hour == EIGHT.hour for z in zones)]
    return World(stories, tuple(awake), _spans(random, lasts, count=2 + days // 60, hours=(2, 60)))


def _covered(at: datetime, spans: tuple[Span, ...]) -> bool:
    return any(start <= at < end for start, end in spans)


def _spans(random: Random, lasts: timedelta, *, count: int, hours: tuple[int, int]) -> tuple[Span, ...]:
    starts = [START + lasts * random.random() for _ in range(count)]
    return tuple((start, start + timedelta(hours=random.randint(*hours))) for start in starts)


def _story(random: Random, place: int, *, days: int) -> Story:
    released = START + timedelta(minutes=random.randrange(days * 24 * 60))
    story = Story(place, released, ())
    due = released.astimezone(story.zone).date() + timedelta(days=story.term)
    happenings = []
    if random.random() < 0.4:
        # around the moments at which something is decided: a minute before, a minute after, before the hand-over
        day = due + timedelta(days=random.choice((-9, 0, 0, 14, 28, 35, 38, 40)))
        minutes = timedelta(minutes=random.choice((-61, -1, 1, 7, 59, 200)))
        at = datetime.combine(day, EIGHT, story.zone).astimezone(UTC) + minutes
        happenings.append(Happening(max(at, released + timedelta(minutes=1)), "pays", minor=GROSS))
    if random.random() < 0.15:
        happenings.append(Happening(_later(random, released, 60), "pays", minor=5_000))
    if random.random() < 0.25:
        at = _later(random, released, 80)
        until = at.astimezone(story.zone).date() + timedelta(days=random.randint(0, 20))
        is_open_ended = random.random() < 0.4
        happenings.append(Happening(at, "hold", until=None if is_open_ended else until))
        if is_open_ended or random.random() < 0.4:
            happenings.append(Happening(_later(random, at, 20), "resume"))
    if random.random() < 0.25:
        at = _later(random, released, 80)
        until = at.astimezone(story.zone).date() + timedelta(days=random.randint(0, 15))
        happenings.append(Happening(at, "promise", until=until))
    return Story(place, released, tuple(sorted(happenings, key=lambda one: one.at)))


def _later(random: Random, at: datetime, days: int) -> datetime:
    return at + timedelta(minutes=random.randrange(1, days * 24 * 60))
