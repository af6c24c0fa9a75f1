"""Several e-mails at once: what is refused for one does not stop the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse

from accounts.roles import Right
from core.views import BulkAction
from mailing import states
from mailing.forms import NoteForm
from mailing.models import Email
from mailing.services.decide import hold_email, queue_held_email, send_email

if TYPE_CHECKING:
    from core.transitions import Transition


class EmailBulk(BulkAction):
    """A decision about many e-mails."""

    right = Right.EMAILS
    list_url = "mailing:list"
    form_class = NoteForm
    decision: ClassVar[Transition]
    what: ClassVar[str]

    def get_rows(self) -> Any:
        """All e-mails."""
        return Email.objects.select_related("client")

    def link(self, row: Email) -> str:
        """The e-mail's own page."""
        return reverse("mailing:email", args=[row.pk])

    def consequences(self, rows: list[Any]) -> list[str]:
        """How many can, and what becomes of them."""
        ready = [row for row in rows if row.status in self.decision.sources]
        lines = [f"{len(ready)} of {len(rows)} {self.what}"]
        if len(ready) < len(rows):
            lines.append("The others are left as they are; the result says why for each.")
        return lines


class SendMany(EmailBulk):
    """Send several now; what was sent is not sent again."""

    title = "Send"
    decision = states.SEND
    what = "go out within seconds, whatever their turn was."
    done = "Goes out now."

    @staticmethod
    def action(email: Email, **given: Any) -> Email:
        """Send what was not sent; a copy is ordered one by one.

        Raises Refused for what was sent already.
        """
        states.SEND.check(email.status, label_of=states.LABELS)
        return send_email(email, **given)


class HoldMany(EmailBulk):
    """Keep several back."""

    title = "Hold"
    action = staticmethod(hold_email)
    decision = states.HOLD
    what = "stay here until somebody queues or sends them."
    done = "On hold."


class QueueMany(EmailBulk):
    """Let several take their turn."""

    title = "Queue"
    action = staticmethod(queue_held_email)
    decision = states.QUEUE
    what = "go out when their turn comes."
    done = "Queued."
