"""Why, or why not: the line of every open purchase, now or at the end of a past day; as a page and as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from django.http import HttpResponse

from accounts.roles import Right
from core.sheets import CSV, csv_of
from core.views import Empty, ListPage, Segment
from dunning.filters import WhyFilter
from dunning.models import Explanation
from dunning.schedule import Reason
from dunning.states import REASON_LABELS, SHORT_LABELS
from dunning.tables import PastWhyTable, WhyTable, explanation_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.http import HttpRequest

    from core.sheets import Value
    from dunning.querysets import ExplanationQuerySet

STOPPED: Final = (
    Reason.HELD,
    Reason.DISPUTED,
    Reason.PROMISED,
    Reason.BOUNCED,
    Reason.NO_EMAIL,
    Reason.AWAITING_APPROVAL,
    Reason.STALE_BANK,
    Reason.TAKEN_OUT,
)
COMING: Final = (Reason.DUE, Reason.NOT_YET, Reason.ON_ITS_WAY, Reason.ONE_A_DAY)
MOST_LINES: Final = 20_000
HEAD: Final = (
    "Reference", "Client", "Customer", "Partner", "Status", "Currency", "Open", "Level", "Reason", "Why", "Next step",
    "Next on", "Since",
)  # fmt: skip
OF_TODAY: Final = {"Status", "Open", "Level"}
"""What is the purchase's as it is now, also beside the line of a past day."""


class WhyList(ListPage):
    """Every open purchase with the reason why something was sent, or was not."""

    right = Right.SEARCH
    title = "Why and why not"
    template_name = "dunning/why.html"
    table_class = WhyTable
    filterset_class = WhyFilter
    noun = ("open purchase", "open purchases")
    is_past = False
    empty = Empty(
        "No open purchase", "Every open purchase is listed here with the reason why a letter was sent, or was not."
    )

    def get_rows(self) -> Any:
        """Every purchase's lines."""
        return Explanation.objects.select_related("purchase__client", "purchase__partner")

    def filtered(self) -> tuple[Any, Any]:
        """The line of each purchase that holds now, or held at the end of the day that was asked for."""
        filterset, rows = super().filtered()
        rows = cast("ExplanationQuerySet", rows)
        on = filterset.form.cleaned_data.get("on") if filterset else None
        self.is_past = bool(on)
        return filterset, rows.in_force(on) if on else rows.now()

    def make_table(self) -> WhyTable:
        """Without what is the purchase's today when a past day is shown."""
        return PastWhyTable() if self.is_past else WhyTable()

    def segments(self) -> Sequence[Segment]:
        """By what will happen."""
        return (
            Segment("all", "All"),
            Segment("coming", "Goes on", lambda rows: rows.filter(reason__in=COMING)),
            Segment("stopped", "Stopped", lambda rows: rows.filter(reason__in=STOPPED)),
            Segment("never", "No further step", lambda rows: rows.exclude(reason__in=COMING + STOPPED)),
        )

    def context(self) -> dict[str, Any]:
        """The list, and the same as a file."""
        query = self.request.GET.copy()
        for name in ("after", "before", "preview"):
            query.pop(name, None)
        return {**super().context(), "query": query.urlencode()}


class WhyFile(WhyList):
    """The same lines as a file."""

    right = Right.EXPORT

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:  # noqa: ARG002
        """Send what the list shows, all pages of it."""
        rows = self.filtered()[1]
        shown = next((one for one in self.segments() if one.key == request.GET.get("show")), self.segments()[0])
        sort = self.make_table().sort_of(request.GET)
        lines = shown.narrow(rows).order_by(sort, "pk")[: MOST_LINES + 1]
        head = [f"{name} today" if self.is_past and name in OF_TODAY else name for name in HEAD]
        answer = HttpResponse(csv_of(head, self.lines(lines)), content_type=CSV)
        answer["Content-Disposition"] = f'attachment; filename="why-{self.today:%Y-%m-%d}.csv"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer

    def lines(self, rows: Any) -> Iterator[Sequence[Value]]:
        """One line per purchase; money in the currency's own decimals."""
        for number, line in enumerate(rows):
            if number == MOST_LINES:
                yield [f"Only the first {MOST_LINES:,} are listed; narrow the list and take it in parts."]
                return
            purchase = line.purchase
            yield (
                purchase.reference,
                purchase.client.name,
                purchase.billing_company or purchase.billing_last_name,
                purchase.partner.company if purchase.partner else "",
                purchase.status_label,
                purchase.currency,
                purchase.open_amount.decimal,
                purchase.dunning_level,
                REASON_LABELS[line.reason],
                explanation_text(line, self.reader),
                SHORT_LABELS.get(line.coming, ""),
                line.next_on,
                line.on,
            )
