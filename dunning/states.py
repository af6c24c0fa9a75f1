"""Steps, fates and reasons in words: what people read about the ladder."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from dunning.schedule import Number, Reason, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STEP_LABELS: Final[dict[str, str]] = {
    Step.PDN1: "Payment delinquency notice 1",
    Step.PDN2: "Payment delinquency notice 2",
    Step.PDN3: "Payment delinquency notice 3",
    Step.NOTIFICATION: "Delinquency notification",
    Step.CANCELED: "Cancel for non-payment",
    Step.DOCUMENT_EXPIRED: "Cancel, no PO document",
    Step.REMINDER1: "Payment reminder 1",
    Step.REMINDER2: "Payment reminder 2",
    Step.OFFLINE_EXPIRED: "Cancel, no offline payment",
}
SHORT_LABELS: Final[dict[str, str]] = {
    Step.PDN1: "PDN 1",
    Step.PDN2: "PDN 2",
    Step.PDN3: "PDN 3",
    Step.NOTIFICATION: "Notification",
    Step.CANCELED: "Cancel",
    Step.DOCUMENT_EXPIRED: "Cancel",
    Step.REMINDER1: "Reminder 1",
    Step.REMINDER2: "Reminder 2",
    Step.OFFLINE_EXPIRED: "Cancel",
}
STEP_CHOICES = [(step.value, STEP_LABELS[step]) for step in Step]

REASON_LABELS: Final[dict[str, str]] = {
    Reason.DUE: "Due",
    Reason.NOT_YET: "Not yet",
    Reason.HELD: "Held",
    Reason.PROMISED: "Promised",
    Reason.ON_ITS_WAY: "On its way",
    Reason.BOUNCED: "E-mail came back",
    Reason.NO_EMAIL: "No e-mail address",
    Reason.ONE_A_DAY: "One step a day",
    Reason.KEPT_ACTIVE: "Kept active",
    Reason.PARTLY_PAID: "Partly paid",
    Reason.LADDER_ENDS: "Ladder has ended",
    Reason.DUNNING_OFF: "Dunning is off",
    Reason.EXEMPT_PARTNER: "Exempt partner",
    Reason.TEST_ORDER: "Test order",
    Reason.AWAITING_REVIEW: "Awaiting review",
    Reason.AWAITING_APPROVAL: "Run awaits approval",
    Reason.STALE_BANK: "Bank data too old",
    Reason.TAKEN_OUT: "Taken out of the run",
    Reason.DISPUTED: "Disputed",
    Reason.CLOSED: "Closed",
}
REASON_CHOICES = [(reason.value, REASON_LABELS[reason]) for reason in Reason]
REASON_TONES: Final[dict[str, str]] = {
    Reason.DUE: "blue",
    Reason.NOT_YET: "gray",
    Reason.HELD: "amber",
    Reason.DISPUTED: "amber",
    Reason.TAKEN_OUT: "amber",
    Reason.AWAITING_APPROVAL: "amber",
    Reason.STALE_BANK: "red",
    Reason.PROMISED: "amber",
    Reason.ON_ITS_WAY: "blue",
    Reason.BOUNCED: "red",
    Reason.NO_EMAIL: "red",
    Reason.KEPT_ACTIVE: "green",
    Reason.PARTLY_PAID: "violet",
}
"""The color of a reason's badge; gray where none is named."""

BLOCKING: Final = frozenset(
    {Reason.HELD, Reason.DISPUTED, Reason.PROMISED, Reason.BOUNCED, Reason.NO_EMAIL, Reason.ON_ITS_WAY}
)
"""Reasons that keep a step from its day; each can end."""

SENTENCES: Final[dict[str, str]] = {
    Reason.DUE: "{coming} is due: {cause}.",
    Reason.NOT_YET: "{coming} not before {next_on}: {cause}.",
    Reason.HELD: "Dunning is held {until}{scope}; {coming} waits.",
    Reason.PROMISED: "Payment is promised {until}; {coming} waits.",
    Reason.ON_ITS_WAY: "{coming} is decided and counts once its e-mail is handed over.",
    Reason.BOUNCED: "The last e-mail came back or was refused; correct the address and resume dunning.",
    Reason.NO_EMAIL: "{coming} is due, but there is no valid e-mail address to send it to.",
    Reason.ONE_A_DAY: "{coming} waits: at most one step a day.",
    Reason.KEPT_ACTIVE: "The client keeps this order active: no further step.",
    Reason.PARTLY_PAID: "Money was paid: never canceled automatically.",
    Reason.LADDER_ENDS: "All letters were sent; the policy cancels nothing.",
    Reason.DUNNING_OFF: "The client's policy for this order has dunning switched off.",
    Reason.EXEMPT_PARTNER: "The partner gets a month-end statement instead of notices.",
    Reason.TEST_ORDER: "Test orders are never dunned.",
    Reason.AWAITING_REVIEW: "The PO document is there and awaits its review.",
    Reason.AWAITING_APPROVAL: "{coming} is due; the day's run waits for its approval.",
    Reason.STALE_BANK: "{coming} is due; the run waits for a newer bank statement.",
    Reason.TAKEN_OUT: "{coming} is due, but was taken out of the day's run.",
    Reason.DISPUTED: "The claim is disputed; dunning is held {until}{scope}; {coming} waits.",
    Reason.CLOSED: "Nothing is owed: {status}.",
}

SCOPES: Final[dict[str, str]] = {
    "": "",
    "customer": ", for all orders of the customer",
    "partner": ", for all orders of the partner",
}
"""Whose hold it is, where it is not the purchase order's own."""


def sentence(
    *,
    reason: str,
    step: str,
    coming: str,
    next_on: date | None,
    numbers: Mapping[str, Number],
    day: Callable[[date], str],
) -> str:
    """Tell in one sentence why a step was taken or not; `day` writes a day as the reader does."""
    values = {
        "coming": STEP_LABELS.get(coming, "The next step"),
        "next_on": day(next_on) if next_on else "",
        "cause": _cause(numbers, day),
        "until": f"until {_day(numbers['until'], day)}" if "until" in numbers else "until it is resumed",
        "scope": SCOPES[str(numbers.get("scope", ""))],
        "status": str(numbers.get("status", "closed")),
    }
    words = f"{STEP_LABELS[step]}: {values['cause']}." if step else SENTENCES[reason].format(**values)
    if "broken_promise" in numbers:
        words += f" The promise to pay by {_day(numbers['broken_promise'], day)} was broken."
    return words


def _cause(numbers: Mapping[str, Number], day: Callable[[date], str]) -> str:
    if "previous" in numbers:
        previous = f"{STEP_LABELS[str(numbers['previous'])]} of {_day(numbers['previous_on'], day)}"
        if "business_days" in numbers:
            return f"{numbers['business_days']} business days after {previous}"
        return f"{numbers['distance']} days after {previous}"
    if numbers.get("day"):
        return f"{numbers['day']} days after {_day(numbers['start_on'], day)}"
    return f"due date {_day(numbers['start_on'], day)}" if "start_on" in numbers else "its day has come"


def _day(value: Number, day: Callable[[date], str]) -> str:
    return day(date.fromisoformat(str(value)))
