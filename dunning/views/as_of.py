"""A past day's decisions taken again with what was known then."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from django.shortcuts import render

from accounts.models import Client
from accounts.roles import Right
from core.views import Page
from dunning.forms import AsOfForm
from dunning.selectors.as_of import replay_day
from dunning.selectors.calendar import are_few
from dunning.selectors.days import DECISION_TIME
from purchases.tables import purchase_link

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from dunning.selectors.as_of import Replay

MOST_ROWS: Final = 500


class DunningAsOf(Page):
    """What the run of a day would have done with what was known then, and what was done."""

    right = Right.SEARCH

    def get_rows(self) -> Any:
        """Clients."""
        return Client.objects.order_by("name", "pk")

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return render(request, "dunning/as_of.html", {"at": self.at, **self.context()})

    def context(self) -> dict[str, Any]:
        """The question, and for each client its answer."""
        initial = {"on": self.today, "time": DECISION_TIME}
        form = AsOfForm(self.request.GET if self.request.GET.get("on") else None, initial=initial)
        on: date = self.today
        clock: time = DECISION_TIME
        if form.is_bound and form.is_valid():
            on, clock = form.cleaned_data["on"], form.cleaned_data["time"] or DECISION_TIME
        # a day of many purchases takes a while: nobody waits for one that was not asked for
        is_answered = "on" in self.request.GET or are_few(self.user)
        shows_internal = self.user.may(Right.INTERNAL_HISTORY)
        replays = [
            replay_day(client, at=moment, shows_internal=shows_internal)
            for client in (self.rows if is_answered else ())
            if (moment := datetime.combine(on, clock, client.zone)) <= self.at
        ]
        return {
            "form": form,
            "is_answered": is_answered,
            "on": on,
            "shows_all": self.request.GET.get("show") == "all",
            "difference_count": sum(len(replay.differences) for replay in replays),
            "step_count": sum(len(replay.rows) for replay in replays),
            "replays": [self.shown(replay) for replay in replays],
        }

    def shown(self, replay: Replay) -> dict[str, Any]:
        """One client's day: only what differs, or every step."""
        rows = replay.rows if self.request.GET.get("show") == "all" else replay.differences
        return {
            "replay": replay,
            "count": len(rows),
            "most": MOST_ROWS,
            "rows": [
                (row, purchase_link(row.purchase), row.purchase.billing_company or row.purchase.billing_last_name)
                for row in rows[:MOST_ROWS]
            ],
        }
