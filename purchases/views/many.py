"""What is done with many purchases at once besides deciding about them."""

from __future__ import annotations

from typing import Any

from accounts.roles import Right
from purchases.forms import NoteForm
from purchases.services.resend import resend_last_email
from purchases.views.acts import PurchaseBulk


class ResendMany(PurchaseBulk):
    """Send the customers of several purchases their last e-mail once more."""

    right = Right.EMAILS
    list_url = "purchases:list"
    title = "Send the last e-mail again"
    button = "Send again"
    form_class = NoteForm
    action = staticmethod(resend_last_email)

    def keywords(self, form: Any) -> dict[str, Any]:
        """The note is the reason."""
        return {"reason": form.cleaned_data["note"]}

    def consequences(self, rows: list[Any]) -> list[str]:
        """A copy each."""
        whom = f"Each of the {len(rows)} customers" if len(rows) > 1 else "The customer"
        return [
            f"{whom} gets the newest e-mail about the purchase once more, with its documents.",
            "The first one stays in the list of e-mails as it is; the copy stands on top.",
        ]

    def sentence(self, row: Any) -> str:
        """Which one, and to whom."""
        return f"“{row.subject}” goes to {row.recipient} again."
