"""What other pages show of dunning: the worker's state, and a purchase's ladder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.utils import timezone

from core.charts import BarChart, BarData, bar_chart
from core.tables import Reader, day_text, money_text
from core.templatetags.kontor import route
from customers.models import Customer
from dunning.schedule import Reason
from dunning.selectors import today
from dunning.selectors.ageing import AGES, ageing
from dunning.selectors.payers import hold_of, promises_of
from dunning.selectors.why import timeline as ladder_of
from dunning.selectors.why import why
from dunning.states import BLOCKING, REASON_LABELS
from dunning.tables import explanation_text, outcome_badge

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.template.context import Context

    from dunning.selectors.why import Rung
    from partners.models import Partner
    from purchases.models import Purchase

register = template.Library()

ROW: Final = 46
"""Height of one rung in the drawing."""
WIDTH: Final = 400
NOTE_LENGTH: Final = 58
AGEING_WIDTH: Final = 300
AGEING_HEIGHT: Final = 110
COLORS: Final = {"done": "var(--acc)", "pending": "var(--amber)", "dropped": "var(--mut)", "coming": "var(--control)"}


def _moment(context: Context) -> datetime:
    """The moment of the page; a page without one is at the edge and reads the clock here."""
    at = context.get("at")
    return at if at is not None else timezone.now()  # noqa: TID251 -- an entry point, like a view


@register.inclusion_tag("dunning/_worker_state.html", takes_context=True)
def worker_state(context: Context) -> dict[str, Any]:
    """Whether the worker is alive and decides in time; silence is an alarm on every page. One query.

    None on a page that shows the state itself, as `worker` of its context.
    """
    request = context["request"]
    worker = context.get("worker") or today.worker_state(at=_moment(context), user=request.user)
    return {"request": request, "worker": worker, "reader": Reader.of(request)}


@dataclass(frozen=True, slots=True)
class DrawnRung:
    """One rung with its place in the drawing and its words."""

    rung: Rung
    y: int
    color: str
    words: str
    document_link: str

    @property
    def text_y(self) -> int:
        """Where its name stands."""
        return self.y - 2

    @property
    def note_y(self) -> int:
        """Where its day and state stand."""
        return self.y + 15

    @property
    def next_y(self) -> int:
        """Where the next rung is."""
        return self.y + ROW


@register.inclusion_tag("dunning/_timeline.html", takes_context=True)
def dunning_timeline(context: Context, purchase: Purchase) -> dict[str, Any]:
    """Draw a purchase's ladder, past and forecast, with the sentence why it stands where it does. Four queries."""
    reader = Reader.of(context["request"])
    on = _moment(context).astimezone(purchase.client.zone).date()
    timeline = ladder_of(purchase, on)
    line = why(purchase)
    rungs = [_drawn(rung, number, purchase, reader) for number, rung in enumerate(timeline.rungs)]
    return {
        "request": context["request"],
        "purchase": purchase,
        "rungs": rungs,
        "joints": rungs[:-1],
        "letters": [drawn for drawn in rungs if drawn.document_link],
        "width": WIDTH,
        "height": ROW * len(rungs),
        "why": explanation_text(line, reader) if line else "",
        "badge": outcome_badge(line) if line else "",
        "since": line.on if line else None,
        "promises": promises_of(purchase.customer) if purchase.is_po else None,
        "why_link": route("dunning:why"),
    }


def _expected(rung: Rung, day: str, purchase: Purchase, reader: Reader) -> str:
    """Say when a step is expected, about which amount, and what it waits for until then."""
    owed = f"{money_text(purchase.open_amount.minor, purchase.currency, reader)} open"
    waits = f" ({REASON_LABELS[rung.note].lower()})" if rung.note in BLOCKING | {Reason.DISPUTED} else ""
    return f"Expected {day}, {owed}{waits}"


@register.inclusion_tag("dunning/_payer.html", takes_context=True)
def dunning_payer(context: Context, account: Customer | Partner) -> dict[str, Any]:
    """Tell how a customer kept its promises to pay, and what is held of it, or of a partner. Two queries at most."""
    promises = promises_of(account) if isinstance(account, Customer) else None
    return {"request": context["request"], "hold": hold_of(account), "promises": promises}


@dataclass(frozen=True, slots=True)
class AgedBalance:
    """What a customer owes in one currency, by age, as a chart and as figures with their lists."""

    currency: str
    chart: BarChart
    figures: list[tuple[str, int, str, str]]


@register.inclusion_tag("dunning/_ageing_of_customer.html", takes_context=True)
def ageing_of_customer(context: Context, customer: Customer, on: date) -> dict[str, Any]:
    """Draw what a customer owes on the client's day `on` by age, a chart for each currency. One query."""
    reader, link = Reader.of(context["request"]), route("dunning:ageing")
    balances = []
    for report in ageing(context["request"].user, None, days={customer.client_id: on}, customer=customer.pk):
        labels = [age.label for age in AGES]
        texts = [money_text(minor, report.currency, reader) for minor in report.minors]
        links = [f"{link}?currency={report.currency}&age={age}&customer={customer.pk}" for age in range(len(AGES))]
        bars = [BarData(*bar) for bar in zip(labels, report.minors, texts, strict=True)]
        chart = bar_chart(bars, label_of=str, width=AGEING_WIDTH, height=AGEING_HEIGHT, left=4)
        figures = list(zip(labels, report.counts, texts, links, strict=True))
        balances.append(AgedBalance(report.currency, chart, figures))
    return {"request": context["request"], "balances": balances}


def _drawn(rung: Rung, number: int, purchase: Purchase, reader: Reader) -> DrawnRung:
    day = day_text(rung.on, reader)
    words = {
        "done": f"{day}, {rung.note}" if rung.note else day,
        "pending": f"Decided {day}, on its way",
        "dropped": f"{day}, not sent: {rung.note}",
        "coming": _expected(rung, day, purchase, reader),
    }[rung.state]
    link = route("purchases:document", purchase.reference, rung.document_number) if rung.document_number else ""
    words = words if len(words) <= NOTE_LENGTH else words[: NOTE_LENGTH - 1] + "…"
    return DrawnRung(rung, ROW * number + ROW // 2, COLORS[rung.state], words, link)
