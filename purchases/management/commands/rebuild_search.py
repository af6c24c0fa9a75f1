"""`rebuild_search`: what purchases and customers are found by, written anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.db import transaction
from tqdm import tqdm

from customers.models import Customer, CustomerSearch
from customers.services.search import keep_search as keep_customer_search
from purchases.models import Purchase, PurchaseSearch
from purchases.services.search import keep_search

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from django.db.models import Model, QuerySet

CHUNK = 2_000


class Command(BaseCommand):
    """Write the search tables anew, chunk by chunk; searching goes on meanwhile."""

    help = (
        "Writes anew what purchases and customers are found by. The product keeps that itself; run this after rows "
        "were changed past it, or when a new version folds names in another way. Searching goes on meanwhile."
    )

    def handle(self, **_: Any) -> None:
        """Rebuild both."""
        purchases = self.rebuild("Purchases", Purchase.objects.all(), PurchaseSearch.objects.all(), keep_search)
        customers = self.rebuild(
            "Customers", Customer.objects.all(), CustomerSearch.objects.all(), keep_customer_search
        )
        self.stdout.write(f"{purchases:,} purchases and {customers:,} customers can be found.")

    def rebuild(
        self, what: str, rows: QuerySet[Model], kept: QuerySet[Model], keep: Callable[[Collection[int]], None]
    ) -> int:
        """Go through all rows by their key, in constant memory; each chunk is a transaction of its own.

        What is kept is locked before the rows are read: who is changing one is waited for, or writes after us.
        """
        done, last = 0, 0
        with tqdm(total=rows.count(), desc=what, unit="row", disable=None, mininterval=0.5) as bar:
            while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
                with transaction.atomic():
                    list(kept.filter(pk__in=keys).order_by("pk").select_for_update().values_list("pk"))
                    keep(keys)
                done, last = done + len(keys), keys[-1]
                bar.update(len(keys))
        return done
