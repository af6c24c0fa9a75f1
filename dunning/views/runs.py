"""The daily decisions: which runs there were, and why each order got a step or none."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404

from accounts.roles import Right
from core.tables import money_text
from core.views import Empty, ListPage, Segment, chosen_client
from dunning.filters import ExplanationFilter
from dunning.models import Explanation, Run
from dunning.selectors.days import last_days
from dunning.selectors.proposals import totals_of, waiting_among
from dunning.selectors.today import clocks
from dunning.services.approval import approval_refusal
from dunning.tables import ExplanationTable, ProposalTable, RunTable, steps_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.tables import Table


class RunList(ListPage):
    """All runs with what they did."""

    right = Right.SEARCH
    title = "Dunning runs"
    template_name = "dunning/runs.html"
    table_class = RunTable
    noun = ("run", "runs")
    empty = Empty(
        "No dunning run yet", "Every client's orders are decided once a day, at 08:00 where the client is at home."
    )

    def get_rows(self) -> Any:
        """All runs."""
        return Run.objects.select_related("client")

    def segments(self) -> Sequence[Segment]:
        """Runs that did something first."""
        return (
            Segment("all", "All"),
            Segment("steps", "With steps", lambda rows: rows.exclude(counts={}).exclude(counts__steps={})),
            Segment("waiting", "Waiting", waiting_among),
            Segment("open", "Waiting or under way", lambda rows: rows.filter(finished_at=None, has_lapsed=False)),
        )

    def context(self) -> dict[str, Any]:
        """The list, and when the next decisions fall."""
        times = clocks(self.user, chosen_client(self.request), at=self.at, last=last_days())
        return {**super().context(), "next_at": min((clock.next_at for clock in times), default=None)}


class RunDetail(ListPage):
    """One run: what was done, and why not, order by order."""

    right = Right.SEARCH
    template_name = "dunning/run.html"
    table_class = ExplanationTable
    filterset_class = ExplanationFilter
    noun = ("order", "orders")
    empty = Empty("Nothing was decided", "No order's answer changed on this day.")

    @cached_property
    def run(self) -> Run:
        """The run; another client's does not exist."""
        runs = Run.objects.select_related("client", "approved_by").visible_to(self.user, chosen_client(self.request))
        found = runs.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    @property
    def is_proposal(self) -> bool:
        """Whether it proposes, or proposed, steps; not where it went by itself, nor once it is done."""
        return bool(self.run.waits_for) and not self.run.is_finished

    def make_table(self) -> Table:
        """The proposed steps, or the lines."""
        if not self.is_proposal or self.request.GET.get("show", "proposal") != "proposal":
            return super().make_table()
        may_take_out = self.user.may(Right.DUNNING) and not approval_refusal(self.run, at=self.at)
        return ProposalTable(self.run, may_take_out=may_take_out)

    def get_rows(self) -> Any:
        """All lines of the client's orders."""
        return Explanation.objects.filter(purchase__client=self.run.client_id).with_purchase()

    def segments(self) -> Sequence[Segment]:
        """What the run decided, and what held for every open order at the end of its day."""
        proposed = Segment("proposal", "Proposed steps", lambda rows: rows.proposals(self.run))
        return (
            *([proposed] if self.is_proposal else []),
            Segment("run", "Decided in this run", lambda rows: rows.filter(run=self.run)),
            Segment("all", "Every open order that day", lambda rows: rows.in_force(self.run.on)),
        )

    def context(self) -> dict[str, Any]:
        """The lines, and the run itself."""
        run = self.run
        context = super().context()
        steps = steps_text(run.counts.get("steps", {}))
        # an empty first tab is a quiet day, not a search without a hit
        shown = "" if context["shown"] == "run" and not self.is_proposal else context["shown"]
        title = f"Dunning run of {run.on:%Y-%m-%d}"
        return {**context, "run": run, "steps": steps, "shown": shown, "title": title, **self.proposed()}

    def proposed(self) -> dict[str, Any]:
        """The proposal in figures, and why it can't be approved now."""
        if not self.is_proposal:
            return {}
        totals = totals_of(self.run)
        return {
            "proposal": totals,
            "proposed_steps": steps_text(totals.counts),
            "amounts": [money_text(minor, currency, self.reader) for currency, minor in totals.amounts.items()],
            "refusal": approval_refusal(self.run, at=self.at),
        }
