"""What people do about one order's dunning: hold, resume, promise, keep active, extend."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.roles import Right
from core.tables import day_text
from core.views import ActionView
from dunning import forms
from dunning.selectors.why import is_notified, is_stopped
from dunning.services import pauses
from purchases.models import Purchase
from purchases.states import Status


class DunningAct(ActionView):
    """An act on the dunning of one unpaid purchase order."""

    right = Right.HOLD
    lookup = "reference"

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties().select_related("changed_by")

    def refusal(self) -> str:
        """Only an accepted, unpaid purchase order is dunned."""
        if self.row.status != Status.PURCHASE_ORDER:
            return f"{self.row.reference} is {self.row.status_label}: only an unpaid purchase order is dunned."
        return ""

    def home(self) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[self.row.reference])


class PurchaseHold(DunningAct):
    """Stop the ladder for a while."""

    title = "Hold dunning"
    button = "Hold"
    form_class = forms.HoldForm
    action = staticmethod(pauses.hold_dunning)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Hold dunning of {self.row}"

    def consequences(self) -> list[str]:
        """No letter, no cancel; a letter that waits in the outbox is not sent."""
        lines = [
            "No notice goes out and nothing is canceled while it is held.",
            "A notice that still waits in the outbox is dropped.",
        ]
        if self.row.held_at is not None:
            lines.append("It is held already: this hold replaces the other.")
        return lines

    def sentence(self) -> str:
        """Held."""
        until = f" until {day_text(self.row.hold_until, self.reader)}" if self.row.hold_until else ""
        return f"Dunning of {self.row.reference} is held{until}."


class PurchaseResume(DunningAct):
    """Let the ladder go on."""

    title = "Resume dunning"
    button = "Resume"
    form_class = forms.ReasonForm
    action = staticmethod(pauses.resume_dunning)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Resume dunning of {self.row}"

    def refusal(self) -> str:
        """Only what is held, or stopped because an e-mail came back, can be resumed."""
        refusal = super().refusal()
        if (not refusal or self.row.status in pauses.REMINDED) and is_stopped(self.row):
            return ""
        if not refusal and self.row.held_at is None:
            return f"Dunning of {self.row.reference} is not on hold."
        return refusal

    def consequences(self) -> list[str]:
        """The next daily decision goes on where it stood."""
        return ["The next daily decision goes on where the ladder stood; nothing is sent before it."]

    def sentence(self) -> str:
        """Resumed."""
        return f"Dunning of {self.row.reference} goes on."


class PurchasePromise(DunningAct):
    """Note a promise to pay."""

    title = "Promise to pay"
    button = "Save"
    form_class = forms.PromiseForm
    action = staticmethod(pauses.promise_payment)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Promise to pay {self.row}"

    def consequences(self) -> list[str]:
        """No step up to the day; afterwards a follow-up."""
        lines = ["No step up to and on the promised day.", "If nothing was paid by then, a follow-up opens."]
        if self.row.promised_until is not None:
            lines.append(f"It replaces the promise until {day_text(self.row.promised_until, self.reader)}.")
        return lines

    def sentence(self) -> str:
        """Promised."""
        return f"Payment of {self.row.reference} is promised until {day_text(self.row.promised_until, self.reader)}."


class PurchaseKeepActive(DunningAct):
    """The client wants to keep a delinquent order."""

    title = "Keep active"
    form_class = forms.ReasonForm
    action = staticmethod(pauses.keep_active)

    def refusal(self) -> str:
        """Only between the notification and the cancel."""
        if super().refusal():
            return super().refusal()
        if not is_notified(self.row):
            return "Possible between the delinquency notification and the cancel."
        return ""

    def consequences(self) -> list[str]:
        """The ladder ends."""
        return ["The order is not canceled for non-payment, and no further step is taken."]

    def sentence(self) -> str:
        """Kept."""
        return f"Purchase {self.row.reference} stays active."


class PurchaseExtend(DunningAct):
    """Give the customer more time."""

    title = "Extend due date"
    button = "Extend"
    form_class = forms.ExtendForm
    action = staticmethod(pauses.extend_due_date)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Extend the due date of {self.row}"

    def consequences(self) -> list[str]:
        """Later steps count from the new date."""
        return [
            f"It is due on {day_text(self.row.due_on, self.reader)} now.",
            "Steps to come count from the new due date; notices already sent are not sent again.",
        ]

    def sentence(self) -> str:
        """Extended."""
        return f"Purchase {self.row.reference} is due on {day_text(self.row.due_on, self.reader)}."
