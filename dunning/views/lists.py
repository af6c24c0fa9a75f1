"""The lists behind the figures of Today: work that waits, the open balance by age, letters to come and letters sent."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from accounts.roles import Right
from core.views import Empty, ListPage, Segment, chosen_client, shown_of
from dunning.filters import BalanceFilter
from dunning.models import Notice
from dunning.schedule import LETTERS
from dunning.selectors.days import last_days
from dunning.selectors.today import clocks, coming
from dunning.selectors.work import WORK, Work
from dunning.tables import BalanceTable, NoticeTable, WorkTable
from purchases.models import Purchase
from purchases.selectors import age_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.tables import Table
    from dunning.selectors.today import Clock, Coming

SENT_DAYS: Final = 30
"""How far back Today counts letters."""


class PurchaseRows(ListPage):
    """What the lists of purchases have in common."""

    right = Right.SEARCH
    noun = ("purchase", "purchases")

    def get_rows(self) -> Any:
        """Purchases with what their rows show."""
        return Purchase.objects.with_parties()

    @cached_property
    def times(self) -> list[Clock]:
        """Which day it is at each client, and when its next decisions fall."""
        return clocks(self.user, chosen_client(self.request), at=self.at, last=last_days())


class WorkList(PurchaseRows):
    """Purchases that wait for somebody, by what they wait for; the most urgent first."""

    title = "Work list"
    empty = Empty("Nothing waits here", "What belongs here comes by itself; nobody has to look for it.")

    @property
    def work(self) -> Work:
        """What the chosen tab is about."""
        shown = shown_of(self.segments(), self.request.GET).key
        return next(work for work in WORK if work.key == shown)

    def make_table(self) -> Table:
        """The table, with the day and the amount that the tab is about."""
        return WorkTable(self.work, self.at)

    def get_rows(self) -> Any:
        """With refunds: of a charged-back purchase they say what is missing."""
        return super().get_rows().prefetch_related("refunds")

    def segments(self) -> Sequence[Segment]:
        """Every kind of work."""
        return [
            Segment(work.key, work.label, lambda rows, work=work: work.narrow(rows, self.today))  # type: ignore[misc]
            for work in WORK
        ]

    def context(self) -> dict[str, Any]:
        """The list; an empty tab is work that is done, not a search without a hit."""
        return {**super().context(), "is_narrowed": False}


class BalanceList(PurchaseRows):
    """The open purchases behind a figure of the balance: of one currency, of one age."""

    title = "Open balance"
    filterset_class = BalanceFilter
    empty = Empty("Nothing is open", "Purchases on which money is expected are listed here, the longest overdue first.")

    def get_rows(self) -> Any:
        """What counts as open, each with the number of its age."""
        days = {clock.client_id: clock.today for clock in self.times}
        return super().get_rows().open().real().annotate(age=age_of(days))

    def segments(self) -> Sequence[Segment]:
        """All of it, or what should have been paid."""
        return (
            Segment("open", "Open"),
            Segment("overdue", "Overdue", lambda rows: rows.filter(age__gt=0)),
        )

    def make_table(self) -> Table:
        """The table, as of now."""
        return BalanceTable(self.at)


class NextSteps(PurchaseRows):
    """What the next daily decisions will do if nothing changes, order by order."""

    title = "Next dunning run"
    empty = Empty("Nothing is due", "Orders that get a letter with the next decisions, or are canceled, stand here.")

    @cached_property
    def coming(self) -> Coming:
        """The steps."""
        return coming(self.user, chosen_client(self.request), times=self.times)

    def segments(self) -> Sequence[Segment]:
        """Letters and cancels."""
        return (
            Segment("letters", "Letters", lambda rows: rows.filter(pk__in=self.coming.lettered)),
            Segment("cancels", "Cancels", lambda rows: rows.filter(pk__in=self.coming.canceled)),
        )

    def make_table(self) -> Table:
        """The table, as of now."""
        return BalanceTable(self.at)

    def context(self) -> dict[str, Any]:
        """The list; an empty tab is a quiet morning, not a search without a hit."""
        return {**super().context(), "is_narrowed": False}


class SentLetters(ListPage):
    """Letters that were handed over, the newest first."""

    right = Right.SEARCH
    title = "Letters sent"
    noun = ("letter", "letters")
    table_class = NoticeTable
    empty = Empty("No letter yet", "Reminders, notices and notifications stand here once they were handed over.")

    def get_rows(self) -> Any:
        """Letters of the ladder that count."""
        return Notice.objects.sent().filter(step__in=LETTERS).select_related("purchase__client", "email")

    def segments(self) -> Sequence[Segment]:
        """By day; those of Today first."""
        since = self.today - timedelta(days=SENT_DAYS - 1)
        return (
            Segment("lately", f"Last {SENT_DAYS} days", lambda rows: rows.filter(sent_on__range=(since, self.today))),
            Segment("today", "Today", lambda rows: rows.filter(sent_on=self.today)),
            Segment("all", "All"),
        )

    def context(self) -> dict[str, Any]:
        """The list; an empty tab is a quiet time, not a search without a hit."""
        return {**super().context(), "is_narrowed": False}
