"""Fragments of one purchase beside a list or the viewer: its items in a row, who else has it open."""

from __future__ import annotations

from typing import Any

from accounts.roles import Right
from core.views import DetailPage
from purchases.models import Purchase
from purchases.selectors.presence import open_sentence
from purchases.services.presence import look_at


class _Fragment(DetailPage):
    right = Right.SEARCH
    lookup = "reference"

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.all()


class PurchaseItems(_Fragment):
    """The items of a purchase, below its row in a list."""

    template_name = "purchases/_items_row.html"

    def context(self) -> dict[str, Any]:
        """The items in their order."""
        return {"purchase": self.row, "items": self.row.items.order_by("position"), "reader": self.reader}


class PurchasePresence(_Fragment):
    """Who else has a purchase open; asking notes that one has it open oneself."""

    template_name = "purchases/_presence.html"

    def context(self) -> dict[str, Any]:
        """The sentence; empty when nobody else has."""
        return {"purchase": self.row, "sentence": open_sentence(look_at(self.row, by=self.user, at=self.at))}
