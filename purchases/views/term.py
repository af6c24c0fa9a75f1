"""Other days to pay for one purchase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.roles import Right
from purchases.forms import TermForm
from purchases.services.term import change_term
from purchases.views.acts import PurchaseAct

if TYPE_CHECKING:
    from purchases.models import Purchase


class PurchaseTerm(PurchaseAct):
    """Change the term of an order that is not released yet."""

    right = Right.HOLD
    act_page = "purchases:term"
    title = "Change term"
    form_class = TermForm
    action = change_term
    result: Purchase | None

    def get_initial(self) -> dict[str, Any]:
        """The term it has."""
        return {"term_days": self.row.term_days}

    def consequences(self) -> list[str]:
        """What follows from it."""
        row = self.row
        lines = [
            f"Now {row.term_days} days; version {row.policy.version} of the policy says {row.policy.term_days}.",
            "The due date is counted from the release; invoice and payment notices follow it.",
            "The change stands in the history with your name and the reason.",
        ]
        return [*lines, "The first approval has to be given again."] if row.approved_at else lines

    def sentence(self) -> str:
        """What was done."""
        return f"{self.row} is to be paid within {self.row.term_days} days of its release."
