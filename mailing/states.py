"""The life of an outgoing e-mail as data: statuses, what people may do in each, and when to try again."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from core.transitions import Transition


class Status(StrEnum):
    """Where an e-mail stands. CLAIMED and HANDOFF are both shown as “Sending”."""

    HELD = "HELD"
    QUEUED = "QUEUED"
    CLAIMED = "CLAIMED"
    HANDOFF = "HANDOFF"
    SENT = "SENT"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    BOUNCED = "BOUNCED"
    CANCELED = "CANCELED"


LABELS: dict[str, str] = {
    Status.HELD: "Hold",
    Status.QUEUED: "Queued",
    Status.CLAIMED: "Sending",
    Status.HANDOFF: "Sending",
    Status.SENT: "Sent",
    Status.FAILED: "Failed",
    Status.UNCERTAIN: "In doubt",
    Status.BOUNCED: "Bounced",
    Status.CANCELED: "Canceled",
}
STATUS_CHOICES = [(status.value, LABELS[status]) for status in Status]

UNDER_WAY = frozenset({Status.CLAIMED, Status.HANDOFF})
"""A worker has it: the row carries that worker's token and the end of its lease."""
DELIVERED = frozenset({Status.SENT, Status.BOUNCED})
"""A relay took it over at `sent_at`."""


class Outcome(StrEnum):
    """How one attempt to hand an e-mail over ended."""

    RUNNING = "RUNNING"
    ACCEPTED = "ACCEPTED"
    CAPTURED = "CAPTURED"
    DEFERRED = "DEFERRED"
    REFUSED = "REFUSED"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    DROPPED = "DROPPED"
    NO_ANSWER = "NO_ANSWER"
    WORKER_LOST = "WORKER_LOST"


OUTCOME_LABELS: dict[str, str] = {
    Outcome.RUNNING: "Under way",
    Outcome.ACCEPTED: "Accepted by the relay",
    Outcome.CAPTURED: "Captured, not sent",
    Outcome.DEFERRED: "Deferred by the relay",
    Outcome.REFUSED: "Refused for good",
    Outcome.NOT_ACCEPTED: "Not handed over",
    Outcome.DROPPED: "Dropped before sending",
    Outcome.NO_ANSWER: "No answer to the final dot",
    Outcome.WORKER_LOST: "Worker lost before sending",
}
OUTCOME_CHOICES = [(outcome.value, OUTCOME_LABELS[outcome]) for outcome in Outcome]


class Carrier(StrEnum):
    """What took an e-mail: a relay, the built-in capture (readable here, sent to nobody), or a replay's sink."""

    NONE = ""
    SMTP = "smtp"
    CAPTURE = "capture"
    SINK = "sink"


CARRIER_LABELS: dict[str, str] = {
    Carrier.NONE: "–",
    Carrier.SMTP: "Mail relay",
    Carrier.CAPTURE: "Captured",
    Carrier.SINK: "Replay",
}
CARRIER_CHOICES = [(carrier.value, CARRIER_LABELS[carrier]) for carrier in Carrier]

# What a person may decide. A worker's steps are in services/claims.py; each is a conditional update from one status.
HOLD = Transition("hold", "Hold", frozenset({Status.QUEUED, Status.CLAIMED}), Status.HELD)
QUEUE = Transition("queue", "Queue", frozenset({Status.HELD, Status.FAILED, Status.CANCELED}), Status.QUEUED)
SEND = Transition(
    "send", "Send", frozenset({Status.HELD, Status.QUEUED, Status.FAILED, Status.CANCELED}), Status.QUEUED
)
SEND_COPY = Transition("send_copy", "Send", DELIVERED, Status.QUEUED)
"""Send on a sent one: a new e-mail with its own Message-ID; the sent one stays what it is."""
RESEND = Transition("resend", "Send to another address", DELIVERED | {Status.FAILED}, Status.QUEUED)
"""To the same or another address: a new e-mail; nothing is decided about this one."""
CANCEL = Transition(
    "cancel", "Cancel", frozenset({Status.HELD, Status.QUEUED, Status.CLAIMED, Status.FAILED}), Status.CANCELED
)
CONFIRM_DELIVERED = Transition("confirm_delivered", "It was delivered", frozenset({Status.UNCERTAIN}), Status.SENT)
SEND_AGAIN = Transition("send_again", "Send again", frozenset({Status.UNCERTAIN}), Status.QUEUED)
BOUNCE = Transition("bounce", "Mark as bounced", frozenset({Status.SENT}), Status.BOUNCED)

DECISIONS = (SEND, SEND_COPY, HOLD, QUEUE, CANCEL, CONFIRM_DELIVERED, SEND_AGAIN, BOUNCE)
ALWAYS_SHOWN = (SEND, HOLD, QUEUE)
"""In every row menu: where one is not possible, with the reason."""


def decisions(status: str) -> tuple[Transition, ...]:
    """List what a person may do with an e-mail in `status`, in the order of the row menu."""
    return tuple(decision for decision in DECISIONS if status in decision.sources)


BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
)
"""Waits after the first, second, … failed attempt; the last one repeats."""

UNREACHABLE_BACK_OFF = timedelta(minutes=15)
"""The longest wait when the relay, not the e-mail, was the trouble: a day's outage must not cost another half day."""


def retry_delay(attempts: int, *, unreachable: bool = False) -> timedelta:
    """Say how long to wait after the `attempts`-th failed attempt (1 = the first)."""
    delay = BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]
    return min(delay, UNREACHABLE_BACK_OFF) if unreachable else delay
