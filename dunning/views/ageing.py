"""What customers owe and for how long it has been due: on the page, as CSV, as a spreadsheet."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header, urlencode

from accounts.roles import Right
from core.charts import BarChart, BarData, bar_chart
from core.money import Money
from core.sheets import CSV, XLSX, csv_of, xlsx_of
from core.tables import money_text, number_text
from core.views import Page, chosen_client
from dunning.selectors.ageing import AGES, Report, aged_orders, ageing
from dunning.selectors.days import last_days
from dunning.selectors.today import clocks
from purchases.tables import days_overdue, purchase_link, status_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from decimal import Decimal

    from django.http import HttpRequest

    from dunning.selectors.ageing import Debtor

MOST_DEBTORS: Final = 200
MOST_ORDERS: Final = 200
BAR: Final = 160
HEAD: Final = ("Client", "Customer", "Currency", *(age.label for age in AGES), "Open", "Orders")


class AgeingPage(Page):
    """What the report, its files and its lists have in common."""

    right = Right.SEARCH

    @cached_property
    def days(self) -> dict[int, date]:
        """Which day it is at each client."""
        times = clocks(self.user, chosen_client(self.request), at=self.at, last=last_days())
        return {clock.client_id: clock.today for clock in times}

    @cached_property
    def reports(self) -> list[Report]:
        """By currency."""
        return ageing(self.user, chosen_client(self.request), days=self.days)


class AgeingReport(AgeingPage):
    """The report of one currency, and the orders behind a figure."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return render(request, "dunning/ageing.html", {"at": self.at, **self.context()})

    def context(self) -> dict[str, Any]:
        """The chosen currency's figures."""
        asked = self.request.GET.get("currency", "")
        shown = next((report for report in self.reports if report.currency == asked), None)
        shown = shown or next(iter(self.reports), None)
        if shown is None:
            return {"reports": [], "shown": None}
        largest = max(debtor.minor for debtor in shown.debtors)
        return {
            "reports": self.reports,
            "shown": shown,
            "ages": [(age.label, number) for number, age in enumerate(AGES)],
            "chart": self.chart(shown),
            "sums": self.cells(shown.minors, shown.counts, shown.currency),
            "total": number_text(shown.minor, shown.currency, self.reader),
            "overdue": shown.minor - shown.minors[0],
            "debtors": [self.line(debtor, shown.currency, largest) for debtor in shown.debtors[:MOST_DEBTORS]],
            "debtor_count": len(shown.debtors),
            "most": MOST_DEBTORS,
            "shows_clients": self.reader.shows_clients,
            **self.orders(shown.currency),
        }

    def chart(self, report: Report) -> BarChart:
        """The sums by age."""
        data = [
            BarData(
                age.label,
                minor,
                money_text(minor, report.currency, self.reader),
                _link(report.currency, age=number) if minor else "",
            )
            for number, (age, minor) in enumerate(zip(AGES, report.minors, strict=True))
        ]
        return bar_chart(data, label_of=lambda minor: money_text(minor, report.currency, self.reader), left=104)

    def cells(self, minors: list[int], counts: list[int], currency: str, **who: int) -> list[tuple[str, int, str]]:
        """Each age's amount, its number of orders, and where its list is."""
        return [
            (number_text(minor, currency, self.reader), count, _link(currency, age=age, **who) if count else "")
            for age, (minor, count) in enumerate(zip(minors, counts, strict=True))
        ]

    def line(self, debtor: Debtor, currency: str, largest: int) -> dict[str, Any]:
        """One customer's row with its bar: lengths in proportion to the largest debtor."""
        pieces, left = [], 0.0
        for age, minor in enumerate(debtor.minors):
            width = BAR * max(minor, 0) / (largest or 1)
            if width:
                pieces.append((age, round(left, 1), round(width, 1)))
            left += width
        return {
            "debtor": debtor,
            "cells": self.cells(debtor.minors, debtor.counts, currency, customer=debtor.customer_id),
            "total": number_text(debtor.minor, currency, self.reader),
            "link": _link(currency, customer=debtor.customer_id),
            "pieces": pieces,
        }

    def orders(self, currency: str) -> dict[str, Any]:
        """The orders behind the figure that was opened."""
        age, customer = (_whole(self.request.GET.get(name, "")) for name in ("age", "customer"))
        if age is None and customer is None:
            return {"orders": None}
        rows = aged_orders(
            self.user, chosen_client(self.request), days=self.days, currency=currency, age=age, customer=customer
        )
        found = list(rows[: MOST_ORDERS + 1])
        return {
            "orders": [
                (
                    purchase,
                    purchase_link(purchase),
                    purchase.billing_company or purchase.billing_last_name or purchase.billing_email,
                    status_cell(purchase, self.days[purchase.client_id]),
                    days_overdue(purchase, self.days[purchase.client_id]),
                )
                for purchase in found[:MOST_ORDERS]
            ],
            "has_more": len(found) > MOST_ORDERS,
            "most_orders": MOST_ORDERS,
            "age_label": AGES[age].label if age is not None and age < len(AGES) else "",
        }


class AgeingFile(AgeingPage):
    """The whole report as a file, every currency."""

    right = Right.EXPORT
    kind = "csv"

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002
        """Send it."""
        if self.kind == "csv":
            content, content_type = csv_of(HEAD, self.lines()), CSV
        else:
            content, content_type = xlsx_of("Ageing", HEAD, self.lines()), XLSX
        answer = HttpResponse(content, content_type=content_type)
        name = f"ageing-{self.today:%Y-%m-%d}.{self.kind}"
        answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"  # noqa: FBT003
        answer["Cache-Control"] = "private, no-store"
        return answer

    def lines(self) -> Iterator[list[str | int | Decimal]]:
        """A line for each customer and currency."""
        for report in self.reports:
            for debtor in report.debtors:
                amounts = [Money(minor, report.currency).decimal for minor in (*debtor.minors, debtor.minor)]
                yield [debtor.client_name, debtor.name, report.currency, *amounts, sum(debtor.counts)]


def _link(currency: str, **query: int) -> str:
    parts: dict[str, str | int] = {"currency": currency, **query}
    return f"?{urlencode(parts)}#orders"


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
