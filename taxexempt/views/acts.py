"""The acts on one certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from accounts.roles import Right
from core.tables import day_text
from core.views import ActionView
from taxexempt import emails, services
from taxexempt.forms import AssignForm, InvalidForm, TellForm
from taxexempt.models import Certificate
from taxexempt.selectors import deciders
from taxexempt.states import CLAIM, LABELS, MARK_INVALID, WAITING, Status
from taxexempt.states.places import NAMES, unchecked_note

if TYPE_CHECKING:
    from django import forms

    from core.transitions import Transition


NO_MORE = "It covers no order any more: new ones are taxed. What was billed without tax stays as it is."


def status_refusal(certificate: Certificate, step: Transition) -> str:
    """Say that a step can't start in this status; empty when it can."""
    if certificate.status in step.sources:
        return ""
    return f"“{step.label}” is not possible in status {LABELS[certificate.status]}."


class CertificateAct(ActionView):
    """What acts on certificates have in common."""

    right = Right.CERTIFICATES

    def get_rows(self) -> Any:
        """Any certificate."""
        return Certificate.objects.select_related("client", "customer", "assignee")

    def heading(self) -> str:
        """The act, the certificate and whose it is."""
        row = self.row
        return f"{self.title}: certificate {row.pk}{f', {row.company}' if row.company else ''}"

    def home(self) -> str:
        """The certificate's page."""
        return reverse("taxexempt:detail", args=[self.row.pk])

    def letter(self) -> str:
        """Say who gets an e-mail."""
        address = emails.recipient_of(self.row)
        return f"{address} gets an e-mail." if address else "Nobody is told: there is no e-mail address on file."


class Claim(CertificateAct):
    """Take it."""

    title = "Claim"
    action = services.claim

    def refusal(self) -> str:
        """Only what waits can be claimed."""
        return status_refusal(self.row, CLAIM)

    def consequences(self) -> list[str]:
        """It is yours."""
        who = self.row.assignee
        taken = [f"So far it is {who}'s."] if who and who != self.user else []
        return [*taken, "It is in review, and yours."]

    def sentence(self) -> str:
        """Claimed."""
        return f"Certificate {self.row.pk} is yours."


class Assign(CertificateAct):
    """Give it to somebody."""

    title = "Assign"
    action = services.assign

    def refusal(self) -> str:
        """Only what waits is given to somebody."""
        waits = self.row.status in WAITING
        return "" if waits else f"It is {LABELS[self.row.status]}: nobody has to look at it now."

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:  # noqa: ARG002 -- no files
        """Those who may decide it."""
        return AssignForm(data, initial={"assignee": self.row.assignee_id}, people=deciders())

    def sentence(self) -> str:
        """Whose it is."""
        who = self.row.assignee
        return f"Certificate {self.row.pk} is {who}'s." if who else f"Certificate {self.row.pk} is nobody's."


class Validate(CertificateAct):
    """Find it valid."""

    title = "Validate"
    form_class = TellForm
    action = services.validate

    def refusal(self) -> str:
        """What is missing."""
        return services.refusal_to_validate(self.row)

    def consequences(self) -> list[str]:
        """What it covers from now on."""
        row = self.row
        if self.refusal():
            return []
        unchecked = unchecked_note(row.tax_id_type, row.state_of_issue, row.tax_id)
        first, last = day_text(row.issued_on, self.reader), day_text(row.expires_on, self.reader)
        is_over = row.expires_on < self.at.astimezone(row.client.zone).date()
        return [
            *([f"The tax ID is {row.tax_id}. {unchecked}"] if unchecked else []),
            f"Orders of {first} to {last} that are taxed in {NAMES[row.state_of_issue]} carry no sales tax.",
            "Its page then lists the taxed orders it covers: paid tax can go back, unpaid ones can be billed anew.",
            "Its life is over: it is Expired at once, and nobody is told." if is_over else self.letter(),
        ]

    def sentence(self) -> str:
        """Valid, or over already."""
        row = self.row
        if row.status == Status.EXPIRED:
            return f"Certificate {row.pk} was valid until {day_text(row.expires_on, self.reader)}: it is Expired."
        return f"Certificate {row.pk} is valid."


class MarkInvalid(CertificateAct):
    """Mark it invalid, with what is missing."""

    title = "Mark invalid"
    tone = "danger"
    form_class = InvalidForm
    action = services.mark_invalid

    def refusal(self) -> str:
        """Not what is over, nor twice."""
        return status_refusal(self.row, MARK_INVALID)

    def consequences(self) -> list[str]:
        """What it no longer covers."""
        lines = [NO_MORE] if self.row.status == Status.VALID else []
        names = " It names what you choose below, in the customer's language." if emails.recipient_of(self.row) else ""
        return [*lines, f"{self.letter()}{names}"]

    def sentence(self) -> str:
        """Invalid."""
        return f"Certificate {self.row.pk} is invalid."


class AskRenewal(CertificateAct):
    """Ask for a new one."""

    title = "Ask for a new certificate"
    button = "Send"
    action = services.ask_renewal

    def refusal(self) -> str:
        """Nobody to write to."""
        return services.refusal_to_ask(self.row)

    def consequences(self) -> list[str]:
        """An e-mail; the certificate stays as it is."""
        return [self.letter(), "The certificate stays as it is until the new one is added."]

    def keywords(self, form: forms.Form) -> dict[str, Any]:  # noqa: ARG002 -- nothing is asked
        """The form's own key: sent twice, one e-mail goes out."""
        return {"form_key": self.sent_key}

    def sentence(self) -> str:
        """Asked."""
        return f"{emails.recipient_of(self.row)} is asked for a new certificate."
