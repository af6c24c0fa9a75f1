"""Sheets on which staff writes an offer: rows of products with prices and discounts, and what they come to.

They work without script: every button sends the whole sheet and shows it again, only the last one does something.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django.shortcuts import render

from core.money import line_amounts
from core.refused import Refused
from core.tables import moment_text
from core.views import INVALID, Page, last_change, version_of
from purchases.forms import ItemForm
from purchases.models import Product
from quotes.selectors import MOST_LINES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from accounts.models import Client

ROWS: Final = 3
FORM_KEY: Final = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Totals:
    """What a sheet comes to so far, in minor units of `currency`; without `percent` nobody knows the tax yet."""

    currency: str
    lines: list[tuple[str, int, int]]
    list_minor: int
    net: int
    tax: int
    percent: Decimal | None

    @property
    def gross(self) -> int:
        """Net and tax."""
        return self.net + self.tax

    @property
    def reduction(self) -> int:
        """How much less it is than by the list."""
        return self.list_minor - self.net

    @property
    def reduction_percent(self) -> Decimal:
        """The same as a share of the list's total."""
        return (Decimal(self.reduction) * 100 / self.list_minor).quantize(Decimal("0.1"))


class Sheet:
    """One offer: `main` is the form around its rows. `values` is what was sent, or what it starts with.

    A bound sheet says what is wrong; an unbound one shows the same values and waits.
    """

    def __init__(
        self,
        form: type[forms.Form],
        values: Mapping[str, Any],
        *,
        client: Client,
        currency: str,
        language: str,
        is_bound: bool,
        **options: Any,
    ) -> None:
        self.values, self.is_bound, self.currency = values, is_bound, currency
        asked = str(values.get("rows", ""))
        self.rows = min(max(int(asked), 1), MOST_LINES) if asked.isascii() and asked.isdecimal() else ROWS
        products = Product.objects.filter(client=client, is_active=True).prefetch_related("prices")
        self.products = list(products.order_by("name", "pk"))
        self.main = form(**self._values(""), **options)
        self.items = [
            ItemForm(**self._values(f"item{number}"), products=self.products, currency=currency, language=language)
            for number in range(self.rows)
        ]

    def _values(self, prefix: str) -> dict[str, Any]:
        if self.is_bound:
            return {"data": self.values, "prefix": prefix or None}
        start = f"{prefix}-" if prefix else ""
        initial = {key.removeprefix(start): value for key, value in self.values.items() if key.startswith(start)}
        return {"initial": initial, "prefix": prefix or None}

    @property
    def filled(self) -> list[ItemForm]:
        """The rows that are products."""
        return [item for item in self.items if item.is_filled]

    def is_valid(self) -> bool:
        """Whether an offer can be made of it."""
        return all([part.is_valid() for part in (self.main, *self.items)])  # noqa: C419 -- every part says what is wrong

    def totals(self, percent: Decimal | None) -> Totals:
        """Add up what is there; of a sheet that is bound."""
        amounts = [(item, item.amounts(percent or Decimal(0))) for item in self.filled]
        return Totals(
            currency=self.currency,
            lines=[(item.line().product_code, item.line().quantity, line.net) for item, line in amounts],
            list_minor=sum(_list_minor(item) for item, _ in amounts),
            net=sum(line.net for _, line in amounts),
            tax=sum(line.tax for _, line in amounts),
            percent=percent,
        )


def _list_minor(item: ItemForm) -> int:
    """What a row costs by the list; a product that is not on it, what was typed."""
    price = item.list_price or item.line().unit_price
    assert price is not None  # noqa: S101 -- a filled row has one of the two
    return line_amounts(
        unit_minor=price.minor, quantity=item.line().quantity, discount_percent=Decimal(0), tax_percent=Decimal(0)
    ).net


def row_values(number: int, *, code: str, quantity: int, unit_price: str, discount: Decimal) -> dict[str, str]:
    """One row of a sheet as it is sent."""
    shown = f"{discount.normalize():f}" if discount else ""
    named = {"product": code, "quantity": str(quantity), "unit_price": unit_price, "discount": shown}
    return {f"item{number}-{name}": value for name, value in named.items()}


class SheetPage(Page):
    """A page with a sheet: `start` says what it begins with, `save` does what it is for."""

    template_name: str = ""

    @cached_property
    def form_key(self) -> str:
        """The sheet's own key, which it keeps while it is shown again: a sheet sent twice is saved once."""
        sent = self.request.POST.get("form_key", "")
        return sent if FORM_KEY.fullmatch(sent) else uuid4().hex

    def start(self) -> dict[str, str]:
        """What an untouched sheet says."""
        raise NotImplementedError

    def sheet(self, values: Mapping[str, Any], *, is_bound: bool = False) -> Sheet:
        """The sheet with these values."""
        raise NotImplementedError

    def save(self, sheet: Sheet) -> HttpResponse:
        """Do it, or raise Refused."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        """What the page shows beside its sheet."""
        return {}

    def percent(self) -> Decimal | None:
        """The tax rate, where it is known."""
        return None

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Show it."""
        return self.show(self.sheet(self.start()))

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Do what its button says."""
        if request.POST.get("act") == "save":
            return self.try_to_save()
        values = {key: value for key, value in request.POST.items() if key != "csrfmiddlewaretoken"}
        if request.POST.get("act") == "add_row":
            values["rows"] = str(self.sheet(values).rows + 1)
        return self.show(self.sheet(values))

    def try_to_save(self) -> HttpResponse:
        """Do it, or say what is wrong."""
        sheet = self.sheet(self.request.POST, is_bound=True)
        problem = "Something is missing or wrong; it is marked below."
        if sheet.is_valid():
            try:
                return self.save(sheet)
            except Refused as refused:
                problem = refused.message
        return self.show(sheet, status=INVALID, problem=problem)

    def show(self, sheet: Sheet, *, status: int = 200, problem: str = "") -> HttpResponse:
        """Show the sheet with what it comes to."""
        weighed = sheet if sheet.is_bound else self.sheet({**self.start(), **sheet.values}, is_bound=True)
        context = {
            "at": self.at,
            "sheet": sheet,
            "totals": weighed.totals(self.percent()),
            "problem": problem,
            "form_key": self.form_key,
            "here": self.request.get_full_path(),
            **self.context(),
        }
        return render(self.request, self.template_name, context, status=status)

    def stale_sentence(self, row: Any) -> str:
        """Say who changed what the sheet is about since it was shown; empty when nobody did."""
        shown = self.request.POST.get("row_version")
        if not shown or shown == version_of(row):
            return ""
        who, when = last_change(row)
        changed = f" at {moment_text(when, self.reader)}" if when else ""
        return f"This was changed by {who or 'the system'}{changed}. Please look again."
