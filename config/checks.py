"""System checks: what a machine lacks is said at the start, not at the first letter."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register  # noqa: A004 -- Django's name

from core.pdf import has_japanese_font

BOOTSTRAP = settings.BASE_DIR / "static" / "vendor" / "bootstrap" / "bootstrap.min.css"
PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0")
SUBSETTER = ("libharfbuzz-subset.so.0",)


@register()
def vendor_files_are_there(**_: Any) -> list[CheckMessage]:
    """Style sheet and fonts come from npm packages that `make setup` copies."""
    if BOOTSTRAP.exists():
        return []
    return [Warning("Style sheets and fonts are missing: run `make setup`.", id="kontor.W001")]


@register()
def pdf_libraries_are_there(**_: Any) -> list[CheckMessage]:
    """PDFs need Pango; without HarfBuzz's subsetter each takes four times as long."""
    if not sys.platform.startswith("linux"):
        return []
    if not loads(PANGO):
        hint = "On Debian: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        return [Warning("PDFs are off: the library Pango is missing.", hint=hint, id="kontor.W002")]
    if not loads(SUBSETTER):
        hint = "On Debian: sudo apt-get install libharfbuzz-subset0"
        return [Warning("PDFs are slow: the library libharfbuzz-subset is missing.", hint=hint, id="kontor.W003")]
    return []


@register()
def letters_can_be_set_in_japanese(**_: Any) -> list[CheckMessage]:
    """Letters go out in Japanese, too; without a font that has it they are sent with empty boxes, silently."""
    if has_japanese_font():
        return []
    hint = "On Debian: sudo apt-get install fonts-noto-cjk"
    return [Warning("Japanese in PDFs comes out as empty boxes: no font has it.", hint=hint, id="kontor.W004")]


def loads(names: tuple[str, ...]) -> bool:
    """Whether the system has these shared libraries."""
    try:
        for name in names:
            ctypes.CDLL(name)
    except OSError:
        return False
    return True
