"""A second opinion on the ladder, written from the contract alone and built differently on purpose.

It knows no due days: it lives through every calendar day of an order and counts down. The product computes dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

import holidays

from tests.dunning.simulation import PLACES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tests.dunning.simulation import Happening, Story

HAMBURG_2026 = {
    date(2026, *day)
    for day in [(1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (10, 31), (12, 25), (12, 26)]
} | {date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29)}
LETTERS = ("pdn1", "pdn2", "pdn3", "notification")
PAST_DUE = {"pdn1": 0, "pdn2": 14, "pdn3": 28, "notification": 35}
QUIET = {"pdn1": 0, "pdn2": 14, "pdn3": 14, "notification": 7}


def is_open(day: date) -> bool:
    """Whether offices are open in Hamburg."""
    return day.weekday() not in (5, 6) and day not in HAMBURG_2026


@dataclass
class Life:
    """One order: what it is, and what happens on which day."""

    kind: str  # "po", "waiting" (for its document) or "offline"
    start: date
    term: int = 30
    is_test: bool = False
    is_exempt: bool = False
    dunning: bool = True
    cancel_step: bool = True
    business_days: int = 3
    deadline: int = 30
    gross: int = 100
    has_email: bool = True
    payments: dict[date, int] = field(default_factory=dict)
    holds: dict[date, date | str | None] = field(default_factory=dict)  # a day, None (open-ended) or "resume"
    promises: dict[date, date] = field(default_factory=dict)
    extensions: dict[date, int] = field(default_factory=dict)
    documents: set[date] = field(default_factory=set)
    kept_on: date | None = None
    days_off: set[date] = field(default_factory=set)  # the worker stood still
    lags: list[int] = field(default_factory=list)  # days until a letter is handed over, letter by letter


@dataclass
class Reference:
    """Lives a life day by day."""

    life: Life
    letters: int = 0
    reminders: int = 0
    quiet: int = 0
    open_days: int = 0
    past_due: int = 0
    age: int = -1
    paid: int = 0
    in_flight: int | None = None
    hold: date | str | None = "resume"
    promise: date | None = None
    has_document: bool = False
    is_kept: bool = False
    is_over: bool = False
    flown: int = 0
    steps: list[tuple[str, date]] = field(default_factory=list)

    def live(self, days: int) -> list[tuple[str, date]]:
        """Live so many days and tell which steps were taken when."""
        self.past_due = -self.life.term - 1
        for number in range(days):
            today = self.life.start + timedelta(days=number)
            self.dawn(today)
            self.happen(today)
            if today not in self.life.days_off and not self.is_over:
                self.decide(today)
            self.fly(today)
        return self.steps

    def dawn(self, today: date) -> None:
        self.age += 1
        self.past_due += 1
        self.quiet += 1
        if self.letters == len(LETTERS) and self.past_due > PAST_DUE["notification"] and self.quiet > 0:
            self.open_days += is_open(today)
        if self.in_flight is not None:
            self.in_flight -= 1

    def happen(self, today: date) -> None:
        life = self.life
        self.paid += life.payments.get(today, 0)
        self.is_over = self.is_over or self.paid >= life.gross
        self.hold = life.holds.get(today, self.hold)
        self.promise = life.promises.get(today, self.promise)
        if today in life.extensions:
            self.past_due -= life.extensions[today]
            since = range(max(self.past_due - PAST_DUE["notification"], 0))  # days of the new ladder's wait gone by
            self.open_days = min(self.open_days, sum(is_open(today - timedelta(days=ago)) for ago in since))
        self.has_document = self.has_document or today in life.documents
        if life.kept_on == today and self.letters == len(LETTERS) and self.in_flight is None:
            self.is_kept = True

    def decide(self, today: date) -> None:
        match self.life.kind:
            case "offline":
                step = self.reminder()
            case "waiting":
                is_late = self.age >= self.life.deadline
                step = "document_expired" if is_late and not self.has_document and not self.paid else ""
            case _:
                step = self.rung(today)
        if not step:
            return
        self.steps.append((step, today))
        if step in {"canceled", "document_expired", "offline_expired"}:
            self.is_over = True
            return
        lag = self.life.lags[self.flown % len(self.life.lags)] if self.life.lags else 0
        self.flown += 1
        self.in_flight = lag

    def reminder(self) -> str:
        if self.life.is_test or self.in_flight is not None:
            return ""
        if self.age >= 30 and not self.paid and (self.reminders == 2 or not self.life.has_email):
            return "offline_expired"
        if self.reminders == 2:
            return ""
        is_due = self.age >= (7, 14)[self.reminders]
        return f"reminder{self.reminders + 1}" if is_due and self.life.has_email else ""

    def rung(self, today: date) -> str:
        life = self.life
        if life.is_test or life.is_exempt or not life.dunning or self.is_kept or self.in_flight is not None:
            return ""
        if self.hold != "resume" and (self.hold is None or today <= self.hold):  # type: ignore[operator]
            return ""
        if self.promise is not None and today <= self.promise:
            return ""
        if self.letters == len(LETTERS):
            return "canceled" if self.open_days >= life.business_days and not self.paid else ""
        letter = LETTERS[self.letters]
        if letter == "notification" and not life.cancel_step:
            return ""
        is_due = self.past_due >= PAST_DUE[letter] and (self.letters == 0 or self.quiet >= QUIET[letter])
        return letter if is_due and life.has_email else ""

    def fly(self, today: date) -> None:
        """Letters land at the end of the day; from then on they count."""
        del today
        if self.in_flight is None or self.in_flight > 0:
            return
        self.in_flight = None
        self.quiet = 0
        if self.life.kind == "offline":
            self.reminders += 1
        else:
            self.letters += 1
            self.open_days = 0


@dataclass
class Lived:
    """One order by the clock: lives from one look of a worker to the next, and counts days as they pass.

    Nothing here knows of the product: a step is taken at the first look after 08:00 of a day, its letter leaves at the
    first look at which the relay answers, if it is still true then.
    """

    story: Story
    paid: int = 0
    hold: date | str | None = "none"
    promise: date | None = None
    sent: list[date] = field(default_factory=list)
    flying: tuple[str, date] | None = None
    decided_on: date | None = None
    is_over: bool = False
    steps: list[tuple[str, date, date | None]] = field(default_factory=list)
    """What was decided on which day, and on which day it counted; None: it was dropped before it left."""

    def live(
        self, ticks: Iterable[datetime], mails_at: Callable[[datetime], bool]
    ) -> list[tuple[str, date, date | None]]:
        """Live through all the looks and tell what was decided."""
        waiting = list(self.story.happenings)
        for at in ticks:
            if at < self.story.released_at:
                continue
            while waiting and waiting[0].at <= at:
                self.happen(waiting.pop(0))
            local = at.astimezone(self.story.zone)
            if local.hour >= 8 and local.date() != self.decided_on:
                self.decided_on = local.date()
                self.decide(local.date())
            if self.flying is not None and mails_at(at):
                self.leave(local.date())
        return self.steps

    def happen(self, one: Happening) -> None:
        match one.what:
            case "pays":
                self.paid += one.minor
                self.is_over = self.is_over or self.paid >= 11_900
            case "hold":
                self.hold = one.until
            case "resume":
                self.hold = "none"
            case _:
                self.promise = one.until

    def is_quiet(self, today: date) -> bool:
        held = self.hold != "none" and (self.hold is None or today <= self.hold)  # type: ignore[operator]
        return held or (self.promise is not None and today <= self.promise)

    def decide(self, today: date) -> None:
        if self.is_over or self.flying is not None or self.is_quiet(today):
            return
        released = self.story.released_at.astimezone(self.story.zone).date()
        past_due = (today - released).days - self.story.term
        if len(self.sent) < len(LETTERS):
            letter = LETTERS[len(self.sent)]
            is_rested = not self.sent or (today - self.sent[-1]).days >= QUIET[letter]
            if past_due >= PAST_DUE[letter] and is_rested:
                self.flying = (letter, today)
            return
        wait = max(past_due - PAST_DUE["notification"], 0)
        days = min(wait, (today - self.sent[-1]).days)
        offices = sum(self.has_open_offices(today - timedelta(days=ago)) for ago in range(days))
        if offices >= 3 and not self.paid:
            self.steps.append(("canceled", today, today))
            self.is_over = True

    def leave(self, today: date) -> None:
        letter, decided_on = self.flying or ("", today)
        self.flying = None
        if self.is_over or self.is_quiet(decided_on):
            self.steps.append((letter, decided_on, None))
            return
        self.steps.append((letter, decided_on, today))
        self.sent.append(today)

    def has_open_offices(self, day: date) -> bool:
        _, country, subdivision = PLACES[self.story.place]
        return day.weekday() < 5 and day not in _closed(country, subdivision, day.year)


@cache
def _closed(country: str, subdivision: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
