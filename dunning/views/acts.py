"""What people do about one order's dunning: hold, resume, promise, keep active, extend."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.roles import Right
from core.tables import Reader, day_text
from core.views import ActionView
from dunning import forms
from dunning.models import HoldKind
from dunning.selectors.payers import promises_of
from dunning.selectors.why import at_hand
from dunning.services import holding, pauses, promises
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

    def end_from_today(self, form: Any) -> None:
        """Take no last day that is over where the client is."""
        today = self.at.astimezone(self.row.client.zone).date()
        forms.end_from(form.fields["until"], today, name=day_text(today, self.reader))

    def home(self) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[self.row.reference])


class PurchaseHold(DunningAct):
    """Stop the ladder for a while: of this order, of all of its customer's, or of all of its partner's."""

    title = "Hold dunning"
    button = "Hold"
    form_class = forms.HoldForm
    action = staticmethod(holding.hold)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Hold dunning of {self.row}"

    def get_initial(self) -> dict[str, Any]:
        """This order, held."""
        return {"scope": holding.ORDER, "kind": HoldKind.HOLD}

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        """The form with the accounts that there are; days are the client's."""
        form: Any = super().get_form(data, files)
        form.fields["scope"].choices = scopes_of(self.row)
        self.end_from_today(form)
        form.fields["until"].help_text = f"The last held day, {zone_words(self.row)}. Empty: until somebody resumes it."
        return form

    def keywords(self, form: Any) -> dict[str, Any]:
        """What was not chosen is the default."""
        return {name: value for name, value in form.cleaned_data.items() if value}

    def consequences(self) -> list[str]:
        """No letter, no cancel; a letter that waits in the outbox is not sent."""
        lines = [
            "No notice goes out and nothing is canceled while it is held.",
            "A notice that still waits in the outbox is dropped.",
            "Held for all of a customer or partner, orders that come later are held too.",
        ]
        standing = standing_holds(self.row, self.reader)
        return lines + [f"{words} Chosen again, this hold replaces the other." for _, words in standing]

    def sentence(self) -> str:
        """Held."""
        holds = standing_holds(self.row, self.reader)
        return " ".join(words for _, words in holds) or f"Dunning of {self.row.reference} is held."


class PurchaseResume(DunningAct):
    """Let the ladder go on: what is chosen of the holds ends."""

    title = "Resume dunning"
    button = "Resume"
    form_class = forms.ResumeForm
    action = staticmethod(holding.resume)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Resume dunning of {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        """The form with the holds that stand; one alone needs no choice, but a choice that was sent is looked at."""
        form: Any = super().get_form(data, files)
        standing = standing_holds(self.row, self.reader)
        form.fields["scopes"].choices = standing
        form.fields["scopes"].initial = [scope for scope, _ in standing][:1]
        is_chosen = bool(data and data.get("scopes"))
        if [scope for scope, _ in standing] in ([], [holding.ORDER]) and not is_chosen:
            del form.fields["scopes"]
        return form

    def refusal(self) -> str:
        """Only what is held, or stopped because an e-mail came back, can be resumed."""
        refusal = super().refusal()
        if (not refusal or self.row.status in pauses.REMINDED) and at_hand(self.row).is_stopped:
            return ""
        if not refusal and self.row.held_at is None and not at_hand(self.row).account_holds:
            return f"Dunning of {self.row.reference} is not on hold."
        return refusal

    def consequences(self) -> list[str]:
        """The next daily decision goes on where it stood."""
        return ["The next daily decision goes on where the ladder stood; nothing is sent before it."]

    def sentence(self) -> str:
        """Resumed, or what still stands."""
        left = " ".join(words for _, words in standing_holds(self.row, self.reader))
        return f"Ended. {left}" if left else f"Dunning of {self.row.reference} goes on."


class PurchasePromise(DunningAct):
    """Note a promise to pay."""

    title = "Promise to pay"
    button = "Save"
    form_class = forms.PromiseForm
    action = staticmethod(promises.promise_payment)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Promise to pay {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        """The form; the day ends where the client is."""
        form = super().get_form(data, files)
        self.end_from_today(form)
        form.fields["until"].help_text = f"No step up to and on this day, {zone_words(self.row)}."
        return form

    def consequences(self) -> list[str]:
        """No step up to the day; afterwards a follow-up. And how this customer kept its word so far."""
        lines = [
            "No step up to and on the promised day.",
            "If it is not paid in full by then, the promise is broken: a follow-up opens, and the ladder goes on.",
            f"Promises of this customer so far: {promises_of(self.row.customer)}.",
        ]
        if self.row.promised_until is not None:
            lines.append(f"It replaces the promise until {day_text(self.row.promised_until, self.reader)}.")
        return lines

    def sentence(self) -> str:
        """Promised."""
        return f"Payment of {self.row.reference} is promised until {day_text(self.row.promised_until, self.reader)}."


def zone_words(purchase: Purchase) -> str:
    """Tell when a day ends: at midnight where the client is at home."""
    return f"until midnight in {purchase.client.time_zone}"


def scopes_of(purchase: Purchase) -> list[tuple[str, str]]:
    """List what can be held at once."""
    company = purchase.billing_company or purchase.billing_last_name
    scopes = [(holding.ORDER, f"This purchase order, {purchase.reference}"), ("customer", f"All orders of {company}")]
    if purchase.partner is not None:
        scopes.append(("partner", f"All orders of the partner {purchase.partner.company}"))
    return scopes


def standing_holds(purchase: Purchase, reader: Reader) -> list[tuple[str, str]]:
    """List the holds over a purchase, each with its scope and a sentence."""
    labels = dict(scopes_of(purchase))
    found = [(hold.scope, hold.kind == HoldKind.DISPUTE, hold.until) for hold in at_hand(purchase).account_holds]
    if purchase.held_at is not None:
        found.insert(0, (holding.ORDER, purchase.is_disputed, purchase.hold_until))
    sentences = []
    for scope, is_disputed, until in found:
        words = "disputed" if is_disputed else "held"
        last = f" until {day_text(until, reader)}" if until else ""
        sentences.append((scope, f"{labels[scope]}: {words}{last}."))
    return sentences


class PurchaseKeepActive(DunningAct):
    """The client wants to keep a delinquent order."""

    title = "Keep active"
    form_class = forms.ReasonForm
    action = staticmethod(pauses.keep_active)

    def refusal(self) -> str:
        """Only between the notification and the cancel."""
        if super().refusal():
            return super().refusal()
        if not at_hand(self.row).is_notified:
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
