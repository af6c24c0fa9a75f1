"""Revenue: the purchases with money of some days, on the page and as a file with the clients' x-parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import Client
from accounts.roles import Right
from core.conditions import Asker
from core.views import Empty, ListPage
from purchases.filters.revenue import RevenueFilter
from purchases.models import Purchase
from purchases.states import Status
from purchases.tables.revenue import RevenueTable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django_filters import FilterSet

EARNED = (Status.PAID, Status.PARTIALLY_REFUNDED, Status.REFUNDED, Status.CHARGED_BACK)


class Revenue(ListPage):
    """What was paid, and what of it was given back; test orders are left out."""

    right = Right.REVENUE
    title = "Revenue"
    table_class = RevenueTable
    is_exportable = True
    noun = ("purchase", "purchases")
    empty = Empty("No revenue yet", "Purchases are listed here once they are paid, also those refunded since.")

    def get_rows(self) -> Any:
        """Purchases that were paid in full once."""
        return Purchase.objects.with_parties().real().filter(status__in=EARNED)

    def get_filterset(self) -> FilterSet:
        """The filter bar, which knows in which zones the clients' days begin."""
        zones: dict[ZoneInfo, list[int]] = {}
        for client in Client.objects.only("time_zone").order_by("pk"):
            zones.setdefault(client.zone, []).append(client.pk)
        asker = Asker(language=self.user.language, zones=zones)
        return RevenueFilter(self.request.GET, queryset=self.rows, request=self.request, asker=asker)
