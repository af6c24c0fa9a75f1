"""What a customer adds in its own words when it asks for a quote or accepts one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lengths import one_line
from core.refused import Refused
from purchases.models import Method, Nature
from purchases.services.history import Note, enter
from quotes.models import LONGEST_REMARK

if TYPE_CHECKING:
    from datetime import datetime

    from purchases.models import Purchase


def read_remark(text: str) -> str:
    """Bring what was typed to plain lines of text. Raises Refused when it is too long: nothing is cut in silence."""
    remark = "\n".join(one_line(line) for line in text.splitlines()).strip()
    if len(remark) > LONGEST_REMARK:
        message = f"The remark is too long: at most {LONGEST_REMARK:,} characters are kept."
        raise Refused(message, "remark")
    return remark


def note_remark(purchase: Purchase, remark: str, *, at: datetime) -> None:
    """Enter a remark in the history, where there is one."""
    if remark:
        note = Note("remark", "Remark of the customer", detail=remark, nature=Nature.INBOUND, method=Method.WEB)
        enter(purchase, note, by=None, at=at)
