"""What the error log hears from below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from errorlog.models import ErrorType
from errorlog.services import log_error

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Export


def note_export(*, export: Export, error: Exception, at: datetime, **_: Any) -> None:
    """Enter a file that could not be written; no words of the exception, which may hold somebody's data."""
    log_error(
        type=ErrorType.UNEXPECTED,
        note=f"{type(error).__name__} while writing export {export.pk} ({export.kind}) for {export.user.username}",
        at=at,
        dedupe_key=f"export:{export.pk}",
        client=export.client or export.user.client,
    )
