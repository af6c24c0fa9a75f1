"""Files that come with events: PO documents lying beside the event file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.refused import Refused
from purchases.services.release import ReceivedFile

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from config.feeding.play import FindFile
    from purchases.models import Purchase

CONTENT_TYPES = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
"""What a document may be, by its name's ending, and the bytes with which it starts."""
LARGEST = 10 * 1024 * 1024


def files_beside(events: Path) -> FindFile:
    """Find documents in the event file's folder and below; one that isn't there is noted as received without it."""
    folder = events.resolve().parent

    def find(_purchase: Purchase, name: str, _at: datetime) -> ReceivedFile | None:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            return None
        return _checked(path)

    return find


def _checked(path: Path) -> ReceivedFile:
    content_type, start = CONTENT_TYPES.get(path.suffix.lower(), ("", b""))
    if not content_type:
        message = f"{path.name} is no PDF, PNG or JPEG."
        raise Refused(message, "file")
    if path.stat().st_size > LARGEST:
        message = f"{path.name} is larger than {LARGEST // 1024 // 1024} MB."
        raise Refused(message, "file")
    content = path.read_bytes()
    if not content.startswith(start):
        message = f"{path.name} is not what its name says: it is no {content_type}."
        raise Refused(message, "file")
    return ReceivedFile(filename=path.name[:200], content_type=content_type, content=content)
