"""Life in the demo's outbox: an e-mail on hold, some waiting, one refused, one in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.selectors import platform_user
from core.refused import Refused
from mailing.models import Email
from mailing.services.decide import hold_email, send_email
from mailing.services.handover import hand_over
from mailing.services.relay import NoAnswerError, NotAcceptedError
from mailing.states import Carrier, Status

if TYPE_CHECKING:
    from datetime import datetime

    from mailing.services.relay import Answer, Envelope


class _RefusingRelay:
    """A mail relay that knows no such mailbox."""

    carrier = Carrier.SMTP

    def write(self, envelope: Envelope) -> str:
        """Refuse the recipient for good."""
        words = f"550 5.1.1 <{envelope.recipient}>: no such mailbox"
        raise NotAcceptedError(words, permanent=True)

    def dot(self) -> Answer:
        """Never said."""
        raise NotImplementedError

    def abort(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


class _SilentRelay(_RefusingRelay):
    """A mail relay that takes everything and hangs up instead of answering."""

    def write(self, envelope: Envelope) -> str:  # noqa: ARG002 -- the protocol's signature
        """Listen."""
        return "354 go ahead"

    def dot(self) -> Answer:
        """Hang up."""
        words = "connection closed by the relay"
        raise NoAnswerError(words)


def stir_outbox(*, at: datetime) -> None:
    """Let a representative send some e-mails again: one is held, one refused, one in doubt, the others wait."""
    rep = platform_user("platform_customer_service")
    if rep is None:
        return
    # Deliveries and receipts: nothing on the ladder hangs on whether these arrive a second time.
    sent = Email.objects.filter(status=Status.SENT, kind__in=("delivery", "receipt", "invoice")).order_by(
        "-created_at", "-pk"
    )
    copies = []
    for email in sent[:10]:
        try:
            copies.append(send_email(email, by=rep, at=at, reason="customer asked for a copy"))
        except Refused:
            continue
    if copies:
        hold_email(copies[0], by=rep, at=at, reason="waiting for the customer's new address")
    for copy, relay in zip(copies[1:3], (_RefusingRelay(), _SilentRelay()), strict=False):
        hand_over(copy, clock=lambda: at, transport=relay)
