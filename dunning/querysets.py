"""Which notices, runs and explanations: filters that chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Exists, OuterRef

from accounts.querysets import TenantQuerySet

if TYPE_CHECKING:
    from datetime import date

    from dunning.models import Explanation, Notice, OwedStatement, Run, Statement  # noqa: F401 -- the row types below


class NoticeQuerySet(TenantQuerySet["Notice"]):
    """Notices by fate."""

    client_path = "purchase__client"

    def standing(self) -> Self:
        """Notices that count or still may: on their way or handed over, not dropped."""
        return self.exclude(status="dropped")

    def pending(self) -> Self:
        """Notices whose e-mail was not handed over yet."""
        return self.filter(status="pending")

    def sent(self) -> Self:
        """Notices that count."""
        return self.filter(status="sent")


class ExplanationQuerySet(TenantQuerySet["Explanation"]):
    """Why and why-not lines by purchase and day."""

    client_path = "purchase__client"

    def until(self, on: date) -> Self:
        """Lines that were written on or before a day."""
        return self.filter(on__lte=on)

    def newest_first(self) -> Self:
        """The line that holds now comes first."""
        return self.order_by("-pk")

    def in_force(self, on: date) -> Self:
        """The last line of each purchase at the end of a day, leaving out purchases that were closed before."""
        lines = self.model._default_manager.order_by()  # noqa: SLF001 -- Django's documented model API
        newer = lines.filter(purchase=OuterRef("purchase"), on__lte=on, pk__gt=OuterRef("pk")).exclude(
            on=on, reason="closed"
        )
        return self.filter(~Exists(newer), on__lte=on).exclude(reason="closed")

    def now(self) -> Self:
        """The line of each open purchase that holds now."""
        return self.last_of_each().exclude(reason="closed")

    def last_of_each(self) -> Self:
        """The newest line of each purchase."""
        newer = self.model._default_manager.order_by().filter(purchase=OuterRef("purchase"), pk__gt=OuterRef("pk"))  # noqa: SLF001
        return self.filter(~Exists(newer))

    def proposed_in(self, run: Run) -> Self:
        """The lines by which a run that waits, or waited, proposed its steps."""
        return self.filter(run=run, reason__in=["awaiting_approval", "stale_bank"])

    def proposals(self, run: Run) -> Self:
        """The last of these lines for each purchase."""
        lines = self.model._default_manager.order_by().filter(purchase=OuterRef("purchase"), pk__gt=OuterRef("pk"))  # noqa: SLF001
        return self.proposed_in(run).filter(~Exists(lines.proposed_in(run)))

    def with_purchase(self) -> Self:
        """Bring the purchase along."""
        return self.select_related("purchase__client")


class StatementQuerySet(TenantQuerySet["Statement"]):
    """Month-end statements of partners."""

    client_path = "partner__client"


class OwedStatementQuerySet(TenantQuerySet["OwedStatement"]):
    """Statements that could not be made yet."""

    client_path = "partner__client"
