"""System checks: what a machine lacks is said at the start, not at the first letter."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 -- Django's name

BOOTSTRAP = settings.BASE_DIR / "static" / "vendor" / "bootstrap" / "bootstrap.min.css"


@register()
def vendor_files_are_there(**_: Any) -> list[CheckMessage]:
    """Style sheet and fonts come from npm packages that `make setup` copies."""
    if BOOTSTRAP.exists():
        return []
    return [Warning("Style sheets and fonts are missing: run `make setup`.", id="kontor.W001")]
