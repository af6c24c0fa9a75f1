"""Entering one follow-up on each of several purchases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import Client
from accounts.roles import Right
from core.views import BulkAction, chosen_client
from followups import services
from followups.forms import FollowUpForm
from followups.selectors import in_reach
from followups.services import About
from followups.views.entry import begin, form_key_of
from purchases.models import Purchase
from purchases.tables import purchase_link

if TYPE_CHECKING:
    from django import forms


class FollowUpMany(BulkAction):
    """One follow-up on each of several purchases."""

    right = Right.FOLLOW_UPS
    lookup = "reference"
    list_url = "purchases:list"
    title = "Add a follow-up"
    button = "Add follow-ups"

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties()

    def get_initial(self) -> dict[str, Any]:
        """Tomorrow morning, for the user."""
        return begin(self.user, self.at)

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:
        """The form with the people in the user's reach."""
        chosen = chosen_client(self.request)
        only = self.user.client or (Client.objects.filter(pk=chosen.pk).first() if chosen else None)
        return FollowUpForm(
            data,
            files,
            initial=self.get_initial(),
            zone=self.user.zone,
            at=self.at,
            reach=in_reach(self.user, only),
        )

    def keywords(self, form: forms.Form) -> dict[str, Any]:
        """What was entered, as one value, and the form's own key: sent twice, it is there once."""
        return {"details": form.details(), "form_key": form_key_of(self.request)}  # type: ignore[attr-defined]

    @staticmethod
    def action(purchase: Purchase, *, details: services.Details, form_key: str, by: Any, at: Any) -> Purchase:
        """Enter it on one of them."""
        key = f"{form_key}:{purchase.reference}"
        services.add_follow_up(
            purchase.client, about=About(purchase=purchase), details=details, by=by, at=at, dedupe_key=key
        )
        return purchase

    def consequences(self, rows: list[Any]) -> list[str]:
        """One each."""
        return [
            f"{len(rows)} follow-ups are entered, one on each purchase."
            if len(rows) > 1
            else "It is entered on the purchase."
        ]

    def sentence(self, row: Purchase) -> str:  # noqa: ARG002
        """Entered."""
        return "Follow-up entered."

    def link(self, row: Purchase) -> str:
        """The viewer."""
        return purchase_link(row)
