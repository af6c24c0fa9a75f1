"""Reports that a mail provider sends to us, read by django-anymail where it is installed."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from core.letters import clip
from mailing.services.dsn import BOUNCED, COMPLAINED, DELAYED, DELIVERED, WORDS, Report
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
    message_id = about if about.startswith("<") or not about else f"<{about}>"
    report = Report(kind, message_id, str(event.recipient or "").lower()[:254], clip(said, WORDS))
    return note_report(report, source="webhook", key=key, at=at)
