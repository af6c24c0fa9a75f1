"""The next sixty days: what goes out, what is canceled, what ends, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from django.shortcuts import render

from accounts.roles import Right
from core.charts import StackChart, StackData, stack_chart
from core.days import SATURDAY, public_holidays
from core.tables import day_text, locale_of, money_text
from core.views import Page, chosen_client
from dunning.schedule import Reason, Step
from dunning.selectors.calendar import HORIZON, STATEMENT, Calendar, Day, calendar
from dunning.selectors.days import last_days
from dunning.selectors.today import clocks
from dunning.states import REASON_LABELS, STEP_LABELS
from purchases.tables import purchase_link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from dunning.selectors.calendar import Expected

MOST_LISTED: Final = 200
WEEK: Final = 7
GROUPS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "reminder": ("Reminders", (Step.REMINDER1, Step.REMINDER2)),
    "pdn1": ("PDN 1", (Step.PDN1,)),
    "pdn2": ("PDN 2", (Step.PDN2,)),
    "pdn3": ("PDN 3", (Step.PDN3,)),
    "notification": ("Notifications", (Step.NOTIFICATION,)),
    "cancel": ("Cancels", (Step.CANCELED,)),
    "document": ("Document deadlines", (Step.DOCUMENT_EXPIRED,)),
    "offline": ("Offline expiries", (Step.OFFLINE_EXPIRED,)),
    "statement": ("On statements", (STATEMENT,)),
}
"""What is counted together, by the class that colors it."""


@dataclass(frozen=True, slots=True)
class Chip:
    """How many of one kind a day brings."""

    css: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the calendar as shown."""

    on: date
    label: str
    link: str
    chips: list[Chip]
    amounts: list[str]
    note: str
    is_off: bool
    is_first: bool
    is_chosen: bool


def chips_of(steps: Mapping[str, int]) -> list[Chip]:
    """Count steps by kind, in the order of the ladder; kinds without a step are left out."""
    counts = [(css, label, sum(steps.get(step, 0) for step in kinds)) for css, (label, kinds) in GROUPS.items()]
    return [Chip(css, label, count) for css, label, count in counts if count]


def step_label(step: str) -> str:
    """Name a step, or what stands beside the ladder."""
    return STEP_LABELS.get(step, "Month-end statement")


class DunningCalendar(Page):
    """What the next weeks bring if nobody does anything."""

    right = Right.SEARCH

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return render(request, "dunning/calendar.html", {"at": self.at, **self.context()})

    def context(self) -> dict[str, Any]:
        """The chart, the weeks, and the chosen day's list."""
        client = chosen_client(self.request)
        last = last_days()
        times = clocks(self.user, client, at=self.at, last=last)
        first = min((clock.today for clock in times), default=self.today)
        chosen = self.chosen_day(first)
        found = calendar(self.user, client, first=first, times=times, chosen=chosen)
        seen = {clock.client_id for clock in times}
        places = {(row.country, row.subdivision) for row in last if row.client_id in seen}
        cells = [self.cell(day, first, chosen, places) for day in found.days]
        return {
            "first": first,
            "last": first + timedelta(days=HORIZON - 1),
            "days": HORIZON,
            "next_at": min((clock.next_at for clock in times), default=None),
            "totals": chips_of(found.steps),
            "legend": [(css, label) for css, (label, _) in GROUPS.items()],
            "chart": self.chart(found, cells),
            "weeks": weeks_of(cells),
            "weekdays": [
                format_date(date(2024, 1, 1 + number), "EEE", locale=locale_of(self.reader.language))
                for number in range(WEEK)
            ],
            "cells": cells,
            "complete_until": found.complete_until,
            "chosen": chosen,
            "shows_clients": self.reader.shows_clients,
            "lines": [self.line(expected) for expected in found.chosen[:MOST_LISTED]],
            "line_count": len(found.chosen),
            "most": MOST_LISTED,
        }

    def chosen_day(self, first: date) -> date | None:
        """The day whose list is open; None when the address names none of the calendar's."""
        try:
            day = date.fromisoformat(self.request.GET.get("day", ""))
        except ValueError:
            return None
        return day if first <= day < first + timedelta(days=HORIZON) else None

    def cell(self, day: Day, first: date, chosen: date | None, places: set[tuple[str, str]]) -> DayCell:
        """One day as shown; a public holiday is marked where all the clients shown have it."""
        chips = chips_of(day.steps)
        is_holiday = bool(places) and all(day.on in public_holidays(*place, day.on.year) for place in places)
        locale = locale_of(self.reader.language)
        starts = day.on == first or day.on.day == 1
        return DayCell(
            on=day.on,
            label=format_date(day.on, "d MMM" if starts else "d", locale=locale),
            link=f"?day={day.on.isoformat()}#day" if chips else "",
            chips=chips,
            amounts=[money_text(minor, currency, self.reader) for currency, minor in sorted(day.amounts.items())],
            note="Holiday" if is_holiday else "",
            is_off=is_holiday or day.on.weekday() >= SATURDAY,
            is_first=day.on == first,
            is_chosen=day.on == chosen,
        )

    def chart(self, found: Calendar, cells: list[DayCell]) -> StackChart:
        """Every day's steps, one upon the other."""
        data = []
        for day, cell in zip(found.days, cells, strict=True):
            what = ", ".join(f"{chip.count} {chip.label}" for chip in cell.chips) or "nothing"
            is_monday = day.on.weekday() == 0
            label = format_date(day.on, "d MMM", locale=locale_of(self.reader.language)) if is_monday else ""
            data.append(
                StackData(
                    label=label,
                    text=f"{day_text(day.on, self.reader)}: {what}",
                    values=[(chip.css, chip.count) for chip in cell.chips],
                    link=cell.link,
                )
            )
        return stack_chart(data, label_of=str)

    def line(self, expected: Expected) -> dict[str, Any]:
        """One purchase of the chosen day."""
        purchase = expected.purchase
        waited = expected.reason not in {Reason.DUE, Reason.NOT_YET, ""}
        return {
            "purchase": purchase,
            "link": purchase_link(purchase),
            "who": purchase.billing_company or purchase.billing_last_name or purchase.billing_email,
            "step": step_label(expected.step),
            "css": next((css for css, (_, kinds) in GROUPS.items() if expected.step in kinds), ""),
            "waited": REASON_LABELS[expected.reason] if waited else "",
            "minor": expected.minor,
        }


def weeks_of(cells: list[DayCell]) -> list[list[DayCell | None]]:
    """Put the days into weeks from Monday to Sunday; None where a day lies outside."""
    padded: list[DayCell | None] = [None] * cells[0].on.weekday()
    padded += cells
    padded += [None] * (-len(padded) % WEEK)
    return [padded[start : start + WEEK] for start in range(0, len(padded), WEEK)]
