"""Dialogs that undo: refund, return payment, charge back, reinstate, deactivate licenses, correct the order."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import render

from accounts.roles import Right
from core.letters import formatter
from core.money import Money
from core.refused import Refused
from core.tables import money_text
from customers.models import ContactKind
from customers.services import AddressInput
from purchases import forms
from purchases.documents import latest_bill
from purchases.models import DocumentKind, LicenseKey, RefundKind
from purchases.services.correction import correct_purchase, correction_refusal, credit_note_refusal
from purchases.services.credit import Worth, worth_of
from purchases.services.refund import plan_refund, refund_purchase, refund_refusal
from purchases.services.reversal import charge_back, deactivate_licenses, reinstate_purchase, return_payment
from purchases.states import LABELS
from purchases.views.acts import PurchaseAct

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from purchases.models import Purchase
    from purchases.services.refund import Plan

FOR_CUSTOMER = "for_customer_too"
CONTACT_FIELDS = tuple(field.name for field in fields(AddressInput))


class MoneyOut(PurchaseAct):
    """An act that books money going out, once for each form."""

    right = Right.REFUND
    tone = "danger"

    def shown(self, minor: int) -> str:
        """An amount of this purchase's currency."""
        return money_text(minor, self.row.currency, self.reader)

    def keywords(self, form: Form) -> dict[str, Any]:
        """The form's one-time key books once."""
        return {**form.cleaned_data, "dedupe_key": self.one_time_key()}

    @property
    def addressee(self) -> str:
        """Who gets the e-mail."""
        return self.row.billing_email or "the customer"


class PurchaseRefund(MoneyOut):
    """Give money back for a paid purchase: all of it, items, an amount, or the tax, the one thing some roles may."""

    right = Right.REFUND_TAX
    act_page = "purchases:refund"
    title = "Refund"
    action = staticmethod(refund_purchase)

    @property
    def worth(self) -> Worth:
        """What the sale is still worth; read once."""
        if "_worth" not in self.__dict__:
            self._worth = worth_of(self.row)
        return self._worth

    @property
    def surplus(self) -> int:
        """What was paid too much, in minor units."""
        return max(int(self.row.kept.minor) - self.worth.gross_minor, 0)

    def kinds(self) -> list[tuple[str, str]]:
        """What this user can give back, each with how much that is."""
        kept, tax = self.row.kept.minor, self.worth.tax_minor
        kinds = [(RefundKind.TOTAL, f"All that is left: {self.shown(kept)}")]
        if any(rest.quantity for rest in self.worth.items.values()) and self.worth.gross_minor:
            kinds.append((RefundKind.ITEMS, "Items: choose how many pieces"))
        kinds.append((RefundKind.AMOUNT, "A partial amount"))
        if tax:
            kinds.append((RefundKind.TAX, f"The tax only: {self.shown(tax)}"))
        return [(str(kind), label) for kind, label in kinds if not refund_refusal(self.user, kind)]

    def get_initial(self) -> dict[str, Any]:
        """Money that was paid too much suggests itself."""
        if not self.user.may(Right.REFUND):
            return {"kind": RefundKind.TAX, "customer_reason": "tax_exemption"}
        asked = self.request.GET.get("kind", "")
        if asked in dict(self.kinds()):
            return {"kind": asked}
        if not self.surplus or not self.worth.gross_minor:
            return {"kind": RefundKind.TOTAL}
        amount = Money(self.surplus, self.row.currency).amount
        return {"kind": RefundKind.AMOUNT, "amount": amount, "customer_reason": "overpayment"}

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """The kinds and items of this purchase; the amount is in its currency."""
        return forms.RefundForm(
            data,
            initial=self.get_initial(),
            kinds=self.kinds(),
            rests=list(self.worth.items.values()),
            currency=self.row.currency,
            language=self.user.language,
        )

    def keywords(self, form: Form) -> dict[str, Any]:
        """What is wished for, why, and the form's one-time key."""
        return {
            "wish": form.wish,  # type: ignore[attr-defined]
            "customer_reason": form.cleaned_data["customer_reason"],
            "reason": form.cleaned_data["reason"],
            "dedupe_key": self.one_time_key(),
        }

    def consequences(self) -> list[str]:
        """The most there is, credit note, e-mail."""
        if not self.user.may(Right.REFUND):
            lines = [refund_refusal(self.user, RefundKind.TOTAL)]
        else:
            lines = [f"At most {self.shown(self.row.kept.minor)} can be given back."]
        if self.surplus and self.user.may(Right.REFUND):
            lines.append(
                f"{self.shown(self.surplus)} of it was paid too much: the reason “Overpayment” gives it back without"
                " touching the sale."
            )
        return [*lines, f"A credit note is issued and e-mailed to {self.addressee} with the reason."]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Refund; or only show the figures that the form's choice comes to."""
        asked = request.POST.get("preview")
        if not asked:
            return super().post(request, *args, **kwargs)
        form = self.get_form(request.POST)
        if asked == "live":
            return render(request, "purchases/_refund_figures.html", {"figures": self.figures(form)})
        form.errors.pop("customer_reason", None)  # whoever looks first need not have a reason yet
        return self.ask(form)

    def show(self, form: Form, *, status: int = 200, **more: Any) -> HttpResponse:
        """Show the form with its figures below."""
        return super().show(
            form, status=status, panel="purchases/_refund_panel.html", figures=self.figures(form), **more
        )

    def figures(self, form: Form) -> list[str]:
        """What would go back, and what becomes of the purchase; or why nothing would."""
        if self.refusal():
            return []
        if form.is_bound:
            form.is_valid()
            wish, reason = form.wish, form.data.get("customer_reason", "")  # type: ignore[attr-defined]
        else:
            wish, reason = form.first_wish(), form.initial.get("customer_reason", "")  # type: ignore[attr-defined]
        if wish is None:
            return ["The figures appear once the amount or the pieces are chosen."]
        try:
            plan = plan_refund(self.row, wish, customer_reason=reason)
        except Refused as refused:
            return [refused.message]
        return self.plan_lines(plan)

    def plan_lines(self, plan: Plan) -> list[str]:
        """Write a plan's figures out."""
        percent = formatter(self.user.language).percent
        parts = [
            f"{self.shown(part.net_minor)} net and {self.shown(part.tax_minor)} tax at {percent(part.percent)}"
            for part in plan.credit.parts
        ]
        credited = plan.credit.gross_minor
        lines = [f"{self.shown(plan.amount.minor)} goes back" + (f": {', '.join(parts)}." if parts else ".")]
        if credited < plan.amount.minor:
            lines.append(
                f"{self.shown(plan.amount.minor - credited)} of it was paid too much: no credit note over that."
            )
        status = LABELS[plan.step.target] if plan.step else self.row.status_label
        kept = self.shown(self.row.kept.minor - plan.amount.minor)
        return [*lines, f"The purchase is then {status}; {kept} stays."]

    def sentence(self) -> str:
        """Refunded, in all."""
        return (
            f"Refund on {self.row.reference} recorded: {self.shown(self.row.refunded_minor)} given back in all,"
            f" status {self.row.status_label}."
        )


class PurchaseReturn(MoneyOut):
    """Give back money that pays for nothing: on an open purchase, or late money on a closed one."""

    act_page = "purchases:return"
    title = "Return payment"
    action = staticmethod(return_payment)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Return payment on {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """The amount is in the purchase's currency and starts with all there is."""
        return forms.ReturnForm(
            data,
            initial={"amount": self.row.kept.amount},
            currency=self.row.currency,
            language=self.user.language,
        )

    def consequences(self) -> list[str]:
        """What there is, what becomes of the purchase, the e-mail."""
        lines = [f"At most {self.shown(self.row.kept.minor)} can be given back; it is booked as an outgoing payment."]
        if self.row.is_open:
            lines.append("What goes back is open again. Once nothing is kept, the purchase can be canceled.")
        else:
            lines.append(f"The purchase stays {self.row.status_label}.")
        return [*lines, f"{self.addressee} gets an e-mail."]

    def sentence(self) -> str:
        """Returned, and what is left."""
        return f"Payment on {self.row.reference} returned; {self.shown(self.row.kept.minor)} is kept."


class PurchaseChargeBack(MoneyOut):
    """Note that the bank took the money back."""

    right = Right.PAYMENTS
    act_page = "purchases:charge_back"
    title = "Charge back"
    form_class = forms.ReasonForm
    action = staticmethod(charge_back)

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """A reason."""
        return forms.ReasonForm(data)

    def keywords(self, form: Form) -> dict[str, Any]:
        """A second charge back is refused by the status."""
        return dict(form.cleaned_data)

    def consequences(self) -> list[str]:
        """The money is gone, the sale is still owed, somebody follows up."""
        return [
            f"{self.shown(self.row.kept.minor)} is booked as taken back by the bank.",
            "There is no credit note: the sale stands and is still owed.",
            "A follow-up asks somebody to talk to the customer.",
            "When the money comes again, record it: the purchase is Paid again.",
        ]

    def sentence(self) -> str:
        """Charged back."""
        return f"Purchase {self.row.reference} is charged back."


class PurchaseReinstate(PurchaseAct):
    """Bring a canceled purchase back, since its money came late."""

    right = Right.PAYMENTS
    act_page = "purchases:reinstate"
    title = "Reinstate"
    form_class = forms.ReasonForm
    action = staticmethod(reinstate_purchase)

    def consequences(self) -> list[str]:
        """Paid, a new invoice, keys, dunning off."""
        row = self.row
        amount = money_text(row.gross_minor, row.currency, self.reader)
        lines = [f"The purchase is Paid. A new invoice over {amount} goes to {row.billing_email or 'the customer'}."]
        if LicenseKey.objects.filter(item__purchase=row, deactivated_at=None).exists():
            lines.append("The license keys that were delivered stay valid.")
        else:
            lines.append("License keys are delivered.")
        return [*lines, "No dunning follows."]

    def sentence(self) -> str:
        """Reinstated."""
        return f"Purchase {self.row.reference} is reinstated and Paid."


class PurchaseDeactivate(PurchaseAct):
    """Take license keys back, one by one or all."""

    right = Right.LICENSES
    act_page = "purchases:deactivate"
    title = "Deactivate license"
    button = "Deactivate"
    tone = "danger"
    action = staticmethod(deactivate_licenses)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Deactivate licenses of {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """All active keys, chosen."""
        keys = LicenseKey.objects.filter(item__purchase=self.row, deactivated_at=None).select_related("item")
        return forms.DeactivateForm(data, keys=list(keys.order_by("item__position", "pk")))

    def consequences(self) -> list[str]:
        """For good; nobody is written to."""
        return ["The chosen keys are marked as not valid any more. This can't be undone.", "Nobody gets an e-mail."]

    def sentence(self) -> str:
        """Deactivated."""
        return f"License keys of {self.row.reference} deactivated."


def document_consequences(purchase: Purchase) -> list[str]:
    """What a correction that documents show will do to them."""
    bill = latest_bill(purchase)
    if bill is None:
        return ["Nothing was billed yet: no document changes."]
    to = purchase.billing_email or "the customer"
    if bill.kind == DocumentKind.INVOICE:
        return [
            f"{bill.number} is undone by a credit note and replaced by a new invoice with the same due date.",
            f"{to} gets both by e-mail.",
        ]
    return [f"{bill.number} is replaced by a new pro-forma invoice, which {to} gets by e-mail."]


class Correction(PurchaseAct):
    """A correction of the order; the customer's own record too, for those who may change that."""

    right = Right.CORRECT
    button = "Save"
    action = staticmethod(correct_purchase)

    def for_those_who_may(self, form: Form) -> Form:
        """Ask about the customer's record only whoever may change it."""
        if not self.user.may(Right.CUSTOMERS):
            del form.fields[FOR_CUSTOMER]
        return form


class PurchaseCorrect(Correction):
    """Correct the customer's own numbers on the order."""

    act_page = "purchases:correct"
    title = "Change PO number"

    def heading(self) -> str:
        """The act and the purchase."""
        return f"PO number and VAT ID of {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """The numbers as they are."""
        form = forms.NumbersForm(
            data,
            initial={"po_number": self.row.po_number, "vat_id": self.row.vat_id},
            needs_number=self.row.is_po and self.row.policy.po_number_required,
            country=next((contact.country for contact in self.row.contacts.all() if contact.kind == "billing"), ""),
        )
        return self.for_those_who_may(form)

    def consequences(self) -> list[str]:
        """New documents; prices and tax stay."""
        return [*document_consequences(self.row), "Prices and tax stay as they are."]

    def sentence(self) -> str:
        """Saved."""
        return f"PO number and VAT ID of {self.row.reference} saved."


class PurchaseContactEdit(Correction):
    """Correct one of the purchase's contacts, or add it."""

    title = "Correct contact"

    @property
    def kind(self) -> str:
        """Which contact; an unknown one has no page."""
        if self.kwargs["kind"] not in ContactKind.values:
            raise Http404
        return str(self.kwargs["kind"])

    def heading(self) -> str:
        """The contact and the purchase."""
        return f"{ContactKind(self.kind).label} contact of {self.row}"

    def refusal(self) -> str:
        """Until it is paid; what no document shows, until it is refunded."""
        return correction_refusal(self.row, self.kind)

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """The contact as it is; a new one starts with the company."""
        found = next((contact for contact in self.row.contacts.all() if contact.kind == self.kind), None)
        initial = {"company": self.row.billing_company}
        if found is not None:
            initial = {name: getattr(found, name) for name in CONTACT_FIELDS}
        return self.for_those_who_may(forms.PurchaseContactForm(data, initial=initial))

    def keywords(self, form: Form) -> dict[str, Any]:
        """The address as one value."""
        values = dict(form.cleaned_data)
        reason, too = values.pop("reason"), values.pop(FOR_CUSTOMER, False)
        return {"contacts": {self.kind: AddressInput(**values)}, "reason": reason, FOR_CUSTOMER: too}

    def consequences(self) -> list[str]:
        """New documents where they show it; the partner's limit stays."""
        if self.kind != ContactKind.BILLING:
            return ["This contact stands on no invoice: documents stay as they are."]
        refusal = credit_note_refusal(self.row, self.user)
        if refusal:
            return [refusal, "E-mail, phone and fax stand on no document: these you can correct."]
        return [
            *document_consequences(self.row),
            "A change of e-mail, phone or fax alone changes no document.",
        ]

    def sentence(self) -> str:
        """Saved."""
        return f"{ContactKind(self.kind).label} contact of {self.row.reference} saved."
