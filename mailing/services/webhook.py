"""Reports that a mail provider sends to us, read by django-anymail where it is installed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from core.letters import clip
from mailing.services.dsn import BOUNCED, COMPLAINED, DELAYED, DELIVERED, MESSAGE_ID, WORDS, Report, address_in
from mailing.services.reports import note_report

if TYPE_CHECKING:
    from datetime import datetime

    from mailing.models import DeliveryReport

KINDS: Final = {
    "bounced": BOUNCED,
    "rejected": BOUNCED,
    "failed": BOUNCED,
    "deferred": DELAYED,
    "delivered": DELIVERED,
    "complained": COMPLAINED,
}
"""What anymail's event types mean here; openings and clicks are nobody's business."""


def note_event(event: Any, *, provider: str, at: datetime) -> DeliveryReport | None:
    """Note one event that a provider reported; None when it says nothing new."""
    kind = KINDS.get(event.event_type)
    if kind is None:
        return None
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    identity = event.event_id or json.dumps(raw, sort_keys=True, default=str)
    key = hashlib.sha256(f"{provider}:{event.event_type}:{identity}".encode()).hexdigest()
    said = event.mta_response or event.description or event.reject_reason or ""
    about = str(raw.get("smtp-id") or event.message_id or "")  # SendGrid names our own Message-ID apart
    found = MESSAGE_ID.fullmatch(f"<{about.strip('<>')}>") if "@" in about else None  # else a number of the provider's
    report = Report(kind, found[0] if found else "", address_in(str(event.recipient or "")), clip(said, WORDS))
    return note_report(report, source="webhook", key=key, at=at)
