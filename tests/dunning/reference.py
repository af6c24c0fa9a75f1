"""A second opinion on the ladder, written from the contract alone and built differently on purpose.

It knows no due days: it lives through every calendar day of an order and counts down. The product computes dates.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

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
