"""What a mail server's report says: delivery status notifications (RFC 3464) and complaints (RFC 5965).

Reports come from strangers: whatever they hold, reading one never fails and never takes long. What can't be understood
is said to be so; what is no report at all, say a person's answer, is left alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import compat32
from typing import TYPE_CHECKING, Final

from core.letters import clip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message

BOUNCED: Final = "bounced"
DELAYED: Final = "delayed"
DELIVERED: Final = "delivered"
COMPLAINED: Final = "complained"
UNKNOWN: Final = "unknown"
ACTIONS: Final = {"failed": BOUNCED, "delayed": DELAYED, "delivered": DELIVERED, "relayed": DELIVERED}
LARGEST: Final = 256 * 1024
"""Bytes of a report that are read: what matters stands in front of the message that it brings back."""
MOST_PARTS: Final = 40
WORDS: Final = 300
HARMFUL: Final = r"\s\x00-\x1f\x7f-\x9f\ud800-\udfff"
"""Blanks, control characters and halves of characters: a database refuses some of them."""
MESSAGE_ID: Final = re.compile(rf"<[^<>{HARMFUL}]{{3,190}}>")
ADDRESS: Final = re.compile(rf"[^<>,;\"{HARMFUL}]{{1,64}}@[^<>,;\"{HARMFUL}]{{1,180}}")
FROM_A_MACHINE: Final = re.compile(r"mailer-daemon|postmaster|mail delivery (?:sub)?system", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one message: its Message-ID and recipient as far as the report names them."""

    kind: str
    message_id: str = ""
    recipient: str = ""
    words: str = ""


def key_of(content: bytes) -> str:
    """Fingerprint a report: the same report read again has the same key."""
    return hashlib.sha256(content).hexdigest()


def read_report(content: bytes) -> Report | None:
    """Understand a message from the mailbox of reports; None when it is no report."""
    message = message_from_bytes(content[:LARGEST], policy=compat32)
    parts = _parts(message)
    about = _message_id(parts, message)
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            return _complaint(part, about, parts)
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            return _status(part, about)
    failed = address_in(_header(message, "X-Failed-Recipients"))
    if failed:
        return Report(BOUNCED, about, failed, clip(_header(message, "Subject"), WORDS))
    if message.get_content_type() == "multipart/report" or FROM_A_MACHINE.search(_header(message, "From")):
        return Report(UNKNOWN, about, words=clip(_header(message, "Subject"), WORDS))
    return None


def _parts(message: Message) -> list[Message]:
    """List the parts in front, each before its own parts; a nest without end is cut off."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        found.append(part)
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_type() != "message/delivery-status":
            waiting.extend(child for child in payload[:MOST_PARTS] if not isinstance(child, str))
    return found


def _status(part: Message, about: str) -> Report:
    """Read the blocks of a delivery status: the first about all, then one for each recipient; trouble comes first."""
    payload = part.get_payload()
    blocks = (
        [block for block in payload[:MOST_PARTS] if not isinstance(block, str)] if isinstance(payload, list) else []
    )
    kinds = [(ACTIONS.get(_header(block, "Action").lower()), block) for block in blocks]
    found = {kind: block for kind, block in reversed(kinds) if kind}
    kind = next((kind for kind in (BOUNCED, DELAYED, DELIVERED) if kind in found), "")
    if not kind:
        return Report(UNKNOWN, about, words="A delivery report without an outcome.")
    block = found[kind]
    recipient = address_in(_header(block, "Original-Recipient")) or address_in(_header(block, "Final-Recipient"))
    said = _header(block, "Diagnostic-Code").partition(";")[2] or _header(block, "Diagnostic-Code")
    words = " ".join(word for word in (_header(block, "Status"), said.strip()) if word)
    return Report(kind, about, recipient, clip(words or "No reason given", WORDS))


def _complaint(part: Message, about: str, parts: Iterable[Message]) -> Report:
    payload = part.get_payload()
    fields = payload[0] if isinstance(payload, list) and payload and not isinstance(payload[0], str) else part
    recipient = address_in(_header(fields, "Original-Rcpt-To")) or _first(parts, "To")
    kind = _header(fields, "Feedback-Type") or "abuse"
    return Report(COMPLAINED, about, recipient, clip(f"Feedback report: {kind}", WORDS))


def _first(parts: Iterable[Message], name: str) -> str:
    """Find an address in the message that a report brings back: the last part with that header."""
    found = [address for part in list(parts)[1:] if (address := address_in(_header(part, name)))]
    return found[-1] if found else ""


def _message_id(parts: list[Message], message: Message) -> str:
    """Find which message a report is about: in what it brings back, else in what it answers."""
    for part in parts[1:]:
        if part.get_content_type() == "text/rfc822-headers" and isinstance(part.get_payload(), str):
            headers = part.get_payload(decode=True)
            part = message_from_bytes(headers if isinstance(headers, bytes) else b"", policy=compat32)  # noqa: PLW2901
        found = MESSAGE_ID.search(_header(part, "Message-ID"))
        if found:
            return found[0]
    for name in ("X-Original-Message-ID", "In-Reply-To", "References"):
        found = MESSAGE_ID.search(_header(message, name))
        if found:
            return found[0]
    return ""


def _header(part: Message, name: str) -> str:
    return " ".join(str(part.get(name, "")).split())


def address_in(text: str) -> str:
    """Find the e-mail address in a field, in small letters; empty when there is none."""
    found = ADDRESS.search(text.partition(";")[2] or text)
    return found[0].strip("'").lower()[:254] if found else ""
