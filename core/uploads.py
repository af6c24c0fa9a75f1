"""Files from outside: accepted only when content, name and parser agree on what they are.

A parser may be led astray by the very file it reads. So it reads in a process of its own, which may take a little time
and memory: the file goes in by its standard input, a line of JSON (the refusal) and the content to keep come out.
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
from pathlib import Path, PurePath
from typing import Final

import pikepdf
from PIL import Image, ImageOps, UnidentifiedImageError

from core.refused import Refused

LIMIT_BYTES: Final = 10 * 1024 * 1024
LIMIT_PIXELS: Final = 60_000_000
LIMIT_PAGES: Final = 200
LIMIT_SECONDS: Final = 20.0
"""Longest wait for a file's check; half of it may be computing time."""
LIMIT_MEMORY: Final = 1024 * 1024 * 1024
NAME_LENGTH: Final = 120
ACTIVE: Final = ("/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/RichMedia", "/XFA")
"""Parts of a PDF that run or carry something; a signed order needs none of them."""

_KINDS: Final = {
    ".pdf": (b"%PDF-", "application/pdf", None),
    ".png": (b"\x89PNG\r\n\x1a\n", "image/png", "PNG"),
    ".jpg": (b"\xff\xd8\xff", "image/jpeg", "JPEG"),
    ".jpeg": (b"\xff\xd8\xff", "image/jpeg", "JPEG"),
}


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that is what it says; an image was re-encoded, so that only its picture is left of it."""

    filename: str
    content_type: str
    content: bytes


def check_upload(filename: str, content: bytes, *, time_limit: float = LIMIT_SECONDS) -> CheckedFile:
    """Accept a PDF, PNG or JPEG of at most 10 MB that can be read within `time_limit` seconds.

    Raises Refused with the reason: empty, too large, another type, disguised, broken, encrypted, with active content,
    unreadable (it took too much time or memory).
    """
    name = PurePath(filename.replace("\\", "/")).name[-NAME_LENGTH:]
    if not content:
        raise Refused("The file is empty.", "empty")
    if len(content) > LIMIT_BYTES:
        raise Refused("The file is larger than 10 MB.", "size")
    kind = _KINDS.get(PurePath(name).suffix.lower())
    if kind is None:
        raise Refused("Only PDF, PNG and JPEG files are accepted.", "type")
    magic, content_type, _ = kind
    if not content.startswith(magic):
        raise Refused(f"{name} is not what its name says.", "disguised")
    checked = _check_elsewhere(PurePath(name).suffix.lower(), content, time_limit=time_limit)
    return CheckedFile(filename=name, content_type=content_type, content=checked)


def _check_elsewhere(suffix: str, content: bytes, *, time_limit: float) -> bytes:
    """Have a process of its own read the file; however it dies, it takes only itself along."""
    message = "The file could not be checked in time: it takes too much to read. Send a plainer copy, such as a scan."
    unreadable = Refused(message, "unreadable")
    try:
        done = subprocess.run(  # noqa: S603 -- our own module; nothing of the user's is in the command
            [sys.executable, "-I", "-c", _START, str(_HOME), suffix, str(time_limit)],
            input=content,
            capture_output=True,
            timeout=time_limit,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "MALLOC_ARENA_MAX": "1"},
        )
    except subprocess.TimeoutExpired:
        raise unreadable from None
    if done.returncode:
        raise unreadable
    verdict, _, checked = done.stdout.partition(b"\n")
    refusal = json.loads(verdict)
    if refusal:
        raise Refused(*refusal)
    return checked


_HOME: Final = Path(__file__).resolve().parent.parent
_START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from core import uploads; uploads.read_elsewhere()"


def read_elsewhere() -> None:
    """Read the file on the standard input, within limits that end this process; say what is to be kept of it."""
    suffix, seconds = sys.argv[2], math.ceil(float(sys.argv[3]) / 2)
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_MEMORY, LIMIT_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    for writing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(writing, (0, 0))
    content = sys.stdin.buffer.read()
    image_format = _KINDS[suffix][2]
    try:
        if image_format is None:
            _check_pdf(content)
        else:
            content = _redraw(content, image_format)
    except Refused as refused:
        answer, content = [refused.message, refused.code], b""
    else:
        answer = []
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


def _check_pdf(content: bytes) -> None:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                raise Refused("The PDF is encrypted; send it without a password.", "encrypted")
            if not 0 < len(pdf.pages) <= LIMIT_PAGES:
                raise Refused(f"The PDF has no pages, or more than {LIMIT_PAGES}.", "pages")
            if any(_is_active(item) for item in pdf.objects):
                raise Refused("The PDF contains scripts or attached files; send it as plain pages.", "active")
    except pikepdf.PasswordError:
        raise Refused("The PDF is encrypted; send it without a password.", "encrypted") from None
    except (pikepdf.PdfError, RuntimeError, ValueError):
        raise Refused("The PDF is broken and can't be opened.", "broken") from None


def _is_active(item: pikepdf.Object) -> bool:
    """Look at one object and what lies directly within it; what it refers to is an object of its own."""
    if isinstance(item, pikepdf.Array):
        return any(_is_active(part) for part in item if isinstance(part, pikepdf.Object) and not part.is_indirect)
    if not isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        return False
    if any(key in item for key in ACTIVE) or item.get("/S") in {"/JavaScript", "/Launch"}:
        return True
    return any(
        _is_active(part) for _, part in item.items() if isinstance(part, pikepdf.Object) and not part.is_indirect
    )


def _redraw(content: bytes, image_format: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=[image_format]) as image:
            if image.width * image.height > LIMIT_PIXELS:
                raise Refused("The picture has too many pixels.", "pixels")
            ImageOps.exif_transpose(image, in_place=True)
            upright = image if image.mode == "RGB" else image.convert("RGB")
            upright.load()
            upright.info.clear()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused("The picture is broken and can't be opened.", "broken") from None
    drawn = io.BytesIO()
    upright.save(drawn, format=image_format)
    return drawn.getvalue()
