"""What another ladder or another term would do. Nothing is saved: the question is the address."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from django.shortcuts import render

from accounts.models import Client
from accounts.roles import Right
from core.charts import StackChart, StackData, stack_chart
from core.tables import day_text, locale_of
from core.views import Page, chosen_client
from dunning.forms import WhatIfForm
from dunning.selectors.calendar import are_few
from dunning.selectors.days import last_days
from dunning.selectors.today import clocks
from dunning.selectors.what_if import HORIZON, PAYERS_DAYS, Terms, WhatIf, what_if
from dunning.states import SHORT_LABELS
from purchases.tables import purchase_link

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MOST_MOVES: Final = 200


class DunningWhatIf(Page):
    """Try out a ladder and a term."""

    right = Right.SEARCH

    def get_rows(self) -> Any:
        """Clients."""
        return Client.objects.order_by("name", "pk")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the question, and its answer when it makes sense."""
        choices = [(client.pk, client.name) for client in self.rows]
        initial = asdict(Terms())
        data = {**{name: str(value) for name, value in initial.items() if value is not None}}
        asked = request.GET.copy()
        for name, value in data.items():
            asked.setdefault(name, value)
        form = WhatIfForm(asked, clients=choices)
        context: dict[str, Any] = {"form": form, "answer": None, "days": HORIZON, "payers_days": PAYERS_DAYS}
        # many orders take a while: nobody waits for an answer that was not asked for
        is_asked = any(name in request.GET for name in form.fields)
        if form.is_valid():
            if is_asked or are_few(self.user, chosen_client(request)):
                context |= self.answer(form)
            else:
                context["is_waiting"] = True
        return render(request, "dunning/what_if.html", {"at": self.at, **context})

    def answer(self, form: WhatIfForm) -> dict[str, Any]:
        """Try it."""
        fields = dict(form.cleaned_data)
        only = fields.pop("clients", [])
        terms, client = Terms(**fields), chosen_client(self.request)
        times = clocks(self.user, client, at=self.at, last=last_days())
        first = min((clock.today for clock in times), default=self.today)
        found = what_if(self.user, client, terms, only=only, first=first, at=self.at, times=times)
        return {
            "answer": found,
            "terms": terms,
            "most": MOST_MOVES,
            "move_count": len(found.moves),
            "moves": [self.move(move) for move in found.moves[:MOST_MOVES]],
            "letters_before": sum(found.before),
            "letters_after": sum(found.after),
            "peak_before": max(found.before),
            "peak_after": max(found.after),
            "chart": self.chart(found),
            "passages": self.passages(found),
            "shows_clients": self.reader.shows_clients,
        }

    def move(self, move: Any) -> dict[str, Any]:
        """One order that moves."""
        purchase = move.purchase
        return {
            "move": move,
            "purchase": purchase,
            "link": f"{purchase_link(purchase)}?tab=po",
            "who": purchase.billing_company or purchase.billing_last_name or purchase.billing_email,
            "step": SHORT_LABELS[move.step],
            "days": (move.after - move.before).days if move.before and move.after else 0,
        }

    def chart(self, found: WhatIf) -> StackChart:
        """Letters by day: bars now, a line with the change."""
        data = []
        for number, (before, after) in enumerate(zip(found.before, found.after, strict=True)):
            day = found.first + timedelta(days=number)
            is_labeled = number % 21 == 0
            text = f"{day_text(day, self.reader)}: {before} now, {after} with the change"
            is_shown = is_labeled and number < HORIZON - 6
            label = format_date(day, "d MMM", locale=locale_of(self.reader.language)) if is_shown else ""
            data.append(StackData(label if number else "", text, [("now", before)]))
        return stack_chart(data, label_of=str, line=found.after, width=560, height=260)

    def passages(self, found: WhatIf) -> list[dict[str, Any]]:
        """Each rung with who had paid before it, now and with the change."""
        if found.payers_before is None or found.payers_after is None:
            return []
        return [
            {
                "step": SHORT_LABELS[before.step],
                "before": before,
                "after": after,
                "share_before": f"{before.share:.0%}",
                "share_after": f"{after.share:.0%}",
                "width_before": round(200 * before.share, 1),
                "width_after": round(200 * after.share, 1),
            }
            for before, after in zip(found.payers_before.passages, found.payers_after.passages, strict=True)
        ]
