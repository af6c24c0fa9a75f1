"""Pages of a PDF from outside, drawn as pictures: what a reviewer sees is ink, never the file itself.

The PDF is opened in a process of its own, which may take a little time and memory and has no way to write a file;
however it dies, it takes only itself along.
"""

from __future__ import annotations

import io
import json
import math
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.refused import Refused

LIMIT_SECONDS: Final = 15.0
"""Longest wait for a page; half of it may be computing time."""
LIMIT_MEMORY: Final = 1024 * 1024 * 1024
MOST_PAGES: Final = 10
"""Pages shown of one document; a signed order is one or two long."""
WIDTHS: Final = {100: 1000, 150: 1500, 200: 2000}
"""Pixels across by zoom in percent."""
MOST_PIXELS_HIGH: Final = 8000
PICTURE: Final = "image/webp"


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a PDF before it is drawn: how many pages, and how high each of the first is for its width."""

    count: int
    ratios: tuple[float, ...]


def outline(content: bytes, *, time_limit: float = LIMIT_SECONDS) -> Outline:
    """Count and measure the pages of a PDF.

    Raises Refused when it can't be opened in time.
    """
    count, ratios = json.loads(_elsewhere(content, 0, 0, time_limit=time_limit))
    return Outline(count, tuple(ratios))


def draw_page(content: bytes, *, page: int, width: int, time_limit: float = LIMIT_SECONDS) -> bytes:
    """Draw page `page` (the first is 1) of a PDF, `width` pixels across, as a WebP picture.

    Raises Refused when there is no such page or it can't be drawn in time.
    """
    return _elsewhere(content, page, width, time_limit=time_limit)


def _elsewhere(content: bytes, page: int, width: int, *, time_limit: float) -> bytes:
    unreadable = Refused("This page can't be shown. Open the file itself instead.", "unreadable")
    try:
        done = subprocess.run(  # noqa: S603 -- our own module; nothing of the user's is in the command
            [sys.executable, "-I", "-c", _START, str(_HOME), str(page), str(width), str(time_limit)],
            input=content,
            capture_output=True,
            timeout=time_limit,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "MALLOC_ARENA_MAX": "1"},
        )
    except subprocess.TimeoutExpired:
        raise unreadable from None
    if done.returncode or not done.stdout:
        raise unreadable
    return done.stdout


_HOME: Final = Path(__file__).resolve().parent.parent
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from core import pages; pages.draw_elsewhere()"


def draw_elsewhere() -> None:
    """Read a PDF on the standard input, within limits that end this process; write its outline or one page."""
    import pypdfium2  # noqa: PLC0415 -- only here, apart from the rest of the house

    page, width, seconds = int(sys.argv[2]), int(sys.argv[3]), math.ceil(float(sys.argv[4]) / 2)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MEMORY, LIMIT_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    for writing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(writing, (0, 0))
    pdf = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    if not page:
        ratios = [_ratio(pdf[number]) for number in range(min(len(pdf), MOST_PAGES))]
        sys.stdout.buffer.write(json.dumps([len(pdf), ratios]).encode())
        return
    sheet = pdf[page - 1]
    scale = min(width / max(sheet.get_width(), 1), MOST_PIXELS_HIGH / max(sheet.get_height(), 1))
    drawn = io.BytesIO()
    sheet.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB").save(drawn, "WEBP", quality=88, method=2)
    sys.stdout.buffer.write(drawn.getvalue())


def _ratio(sheet: Any) -> float:
    width, height = float(sheet.get_width()), float(sheet.get_height())
    return round(height / max(width, 1.0), 4)
