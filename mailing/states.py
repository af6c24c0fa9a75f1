"""The life of an outgoing e-mail as data: statuses, what people may do in each, and when to try again."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.transitions import Transition

if TYPE_CHECKING:
    from datetime import datetime


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


# Notifications to clients' endpoints ------------------------------------------------------------------------------


class Event(StrEnum):
    """What clients' own systems are told about. The values are a promise: see docs/webhooks.md."""

    PLACED = "placed"
    RELEASED = "released"
    PAID = "paid"
    CANCELED = "canceled"
    REFUNDED = "refunded"
    DUNNED = "dunned"
    TEST = "test"


EVENT_LABELS: dict[str, str] = {
    Event.PLACED: "Placed",
    Event.RELEASED: "Released",
    Event.PAID: "Paid",
    Event.CANCELED: "Canceled",
    Event.REFUNDED: "Refunded",
    Event.DUNNED: "Dunned",
    Event.TEST: "Test",
}
CHOSEN_EVENTS = [(event.value, EVENT_LABELS[event]) for event in Event if event is not Event.TEST]
"""What an endpoint can be told about; a test comes when somebody asks for it."""


class Delivery(StrEnum):
    """Where a notification stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


DELIVERY_LABELS: dict[str, str] = {
    Delivery.QUEUED: "Waiting",
    Delivery.SENDING: "Sending",
    Delivery.SENT: "Delivered",
    Delivery.FAILED: "Failed",
    Delivery.CANCELED: "Canceled",
}
DELIVERY_CHOICES = [(status.value, DELIVERY_LABELS[status]) for status in Delivery]

RETRY = Transition("retry", "Retry", frozenset({Delivery.QUEUED, Delivery.FAILED, Delivery.CANCELED}), Delivery.QUEUED)

PATIENCE = timedelta(hours=48)
"""How long a notification is tried; an endpoint that fails for so long is told to its client."""
REST = timedelta(minutes=1)
"""How long an endpoint that failed is left alone, whatever else waits for it."""
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
)
"""Waits after the first, second, … failed attempt; the last one repeats."""


def next_try(attempts: int, *, at: datetime, until: datetime) -> datetime | None:
    """Say when to try again after the `attempts`-th failure (1 = the first): the last time at `until`, then never."""
    pause = PAUSES[min(max(attempts, 1), len(PAUSES)) - 1]
    return min(at + pause, until) if at < until else None
