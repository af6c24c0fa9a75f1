"""What the product ships for follow-ups: the reasons of each category, what usually comes next, and their colors."""

from __future__ import annotations

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """Why somebody has to look again; `next` is the reason that usually comes after it, `days` later."""

    name: str
    next: str = ""
    days: int = 0


OTHER: Final = Reason("Other")
REASONS: Final[dict[str, tuple[Reason, ...]]] = {
    "review": (
        Reason("PO document received"),
        Reason("PO document incomplete", "PO document incomplete", 7),
        Reason("Policy exception to decide"),
        OTHER,
    ),
    "dunning": (
        Reason("Promise to pay", "Broken promise", 7),
        Reason("Broken promise", "Promise to pay", 3),
        Reason("E-mail came back"),
        Reason("No e-mail address"),
        Reason("Complaint"),
        Reason("Dispute", "Dispute", 7),
        Reason("Dunning run awaits approval"),
        OTHER,
    ),
    "delivery": (
        Reason("Key list empty"),
        Reason("Keys run low"),
        Reason("Download link broken"),
        Reason("Wrong licensee"),
        OTHER,
    ),
    "license": (Reason("Canceled after delivery", "Key to revoke", 1), Reason("Key to revoke"), OTHER),
    "payment": (
        Reason("Money on a closed purchase"),
        Reason("Payment without a reference"),
        Reason("Refund requested"),
        Reason("Charged back", "Charged back", 7),
        Reason("Broken promise", "Broken promise", 3),
        OTHER,
    ),
    "partner": (Reason("Limit nearly used"), Reason("Limit exceeded"), Reason("Status to decide"), OTHER),
    "customer": (
        Reason("Call back", "Call back", 2),
        Reason("Question by e-mail", "Call back", 3),
        Reason("Address to correct"),
        Reason("Quote to follow up", "Quote to follow up", 7),
        OTHER,
    ),
    "tax": (Reason("Certificate to check"), Reason("Certificate to renew", "Certificate to renew", 14), OTHER),
}
TONES: Final[dict[str, str]] = {
    "review": "violet",
    "dunning": "red",
    "delivery": "amber",
    "license": "amber",
    "payment": "green",
    "partner": "blue",
    "customer": "gray",
    "tax": "blue",
}
