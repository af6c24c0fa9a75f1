"""Hold and resume dunning of many purchase orders at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts.roles import Right
from core.tables import day_text
from core.views import BulkAction
from dunning import forms
from dunning.services import pauses
from purchases.models import Purchase
from purchases.states import Status

if TYPE_CHECKING:
    from django.forms import Form


class DunningBulk(BulkAction):
    """An act on the dunning of many purchase orders."""

    lookup = "reference"
    list_url = "purchases:list"
    right = Right.HOLD

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties()

    def link(self, row: Purchase) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[row.reference])


class HoldMany(DunningBulk):
    """Stop the ladder of several orders for a while, for one reason."""

    title = "Hold dunning"
    button = "Hold"
    form_class = forms.HoldForm
    action = staticmethod(pauses.hold_dunning)
    done = "Dunning is held."

    def get_form(self, data: Any = None, files: Any = None) -> Form:
        """The form for single orders: what holds for all of a customer's is decided on one of them."""
        form = super().get_form(data, files)
        del form.fields["scope"]
        forms.end_from(form.fields["until"], self.today, name=day_text(self.today, self.reader))
        return form

    def get_initial(self) -> dict[str, Any]:
        """A hold."""
        return {"kind": "hold"}

    def keywords(self, form: Form) -> dict[str, Any]:
        """What was not chosen is the default."""
        return {name: value for name, value in form.cleaned_data.items() if value}

    def consequences(self, rows: list[Any]) -> list[str]:
        """How many can be held; what then does not happen."""
        ready = [row for row in rows if row.status == Status.PURCHASE_ORDER]
        return [
            f"{len(ready)} of {len(rows)} are unpaid purchase orders and can be held.",
            "No notice goes out for them and nothing is canceled while they are held.",
            "A notice that still waits in the outbox is dropped.",
        ]


class ResumeMany(DunningBulk):
    """Let the ladder of several orders go on."""

    title = "Resume dunning"
    button = "Resume"
    form_class = forms.ReasonForm
    action = staticmethod(pauses.resume_dunning)
    done = "Dunning goes on."

    def consequences(self, rows: list[Any]) -> list[str]:
        """How many are held; the next daily decision goes on."""
        held = [row for row in rows if row.held_at is not None]
        return [
            f"{len(held)} of {len(rows)} are on hold.",
            "The next daily decision goes on where their ladder stood; nothing is sent before it.",
            "A hold over all of a customer or partner stays: it is ended on one of its orders.",
        ]
