"""Taking a customer's names and addresses out on request."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from accounts.roles import Right
from customers import selectors
from customers.forms import AnonymizeForm
from customers.services.anonymize import anonymize_customer
from customers.views.profile import CustomerAct

if TYPE_CHECKING:
    from django import forms


class CustomerAnonymize(CustomerAct):
    """Ask for the customer's number, then take its names and addresses out for good."""

    right = Right.ANONYMIZE
    title = "Anonymize"
    button = "Anonymize for good"
    tone = "danger"
    action = anonymize_customer

    def heading(self) -> str:
        """The act and the name that goes."""
        return f"Anonymize {selectors.named(self.row)}"

    @cached_property
    def effects(self) -> tuple[list[str], str]:
        """What goes and what stays, and why it can't be done."""
        return selectors.effects_of_anonymizing(self.row)

    def refusal(self) -> str:
        """Why it can't be done."""
        return self.effects[1]

    def consequences(self) -> list[str]:
        """What goes, what stays."""
        own = "Company, VAT ID, e-mail addresses and contacts of the customer go, and what their history said."
        return [own, *self.effects[0], "This can't be undone, nor can merges of this customer afterwards."]

    def get_form(self, data: Any = None, files: Any = None) -> forms.Form:  # noqa: ARG002 -- no files
        """The number to type."""
        return AnonymizeForm(data, number=str(self.row.pk))

    def sentence(self) -> str:
        """What was done."""
        return "The customer is anonymized."
