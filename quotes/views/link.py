"""The link to a customer's order page, for the people in the house: sent anew, revoked."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.roles import Right
from core.views import ActionView
from purchases.emails import is_address
from purchases.forms import ReasonForm
from purchases.models import Purchase
from quotes.selectors import newest_link
from quotes.services.link import revoke_links, send_link


class _LinkAct(ActionView):
    """An act on the link of one purchase."""

    right = Right.EMAILS
    lookup = "reference"

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties().select_related("changed_by")

    def home(self) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[self.row.reference])

    def heading(self) -> str:
        """The act and the order."""
        return f"{self.title} of order {self.row}"

    def is_open(self) -> bool:
        """Whether a link works at the moment."""
        link = newest_link(self.row)
        return link is not None and link.revoked_at is None and link.expires_at > self.at


class LinkSend(_LinkAct):
    """Send the customer a new link."""

    title = "Send a link to the page"
    button = "Send"
    action = send_link

    def refusal(self) -> str:
        """Say that there is nobody to send it to."""
        return "" if is_address(self.row.billing_email) else "The billing contact has no e-mail address."

    def consequences(self) -> list[str]:
        """Who gets it, and what becomes of the one before."""
        lines = [
            f"{self.row.billing_email} gets an e-mail with a new link, in the language of the order.",
            "Whoever has it sees the order, its documents and bank details, no keys, and may send the PO document.",
        ]
        return [*lines, "The link that works now ends."] if self.is_open() else lines

    def sentence(self) -> str:
        """What was done."""
        return f"A new link goes to {self.row.billing_email}."


class LinkRevoke(_LinkAct):
    """Make the link useless, as when it went to the wrong person."""

    title = "Revoke the link to the page"
    button = "Revoke"
    tone = "danger"
    form_class = ReasonForm
    action = revoke_links

    def refusal(self) -> str:
        """Say that there is none."""
        return "" if self.is_open() else "No link to the order page works: there is nothing to revoke."

    def consequences(self) -> list[str]:
        """What ends with it."""
        return [
            "The link in the e-mails about this order opens nothing any more, as if it had never been.",
            "The customer can’t follow the order or upload the PO document until you send a new link.",
            "The order itself goes on as it is.",
        ]

    def sentence(self) -> str:
        """What was done."""
        return f"No link to the page of {self.row} works any more."
