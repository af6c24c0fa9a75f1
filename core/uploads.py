"""Files from outside: accepted only when content, name and parser agree on what they are."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import pikepdf
from PIL import Image, ImageOps, UnidentifiedImageError

from core.refused import Refused

LIMIT_BYTES: Final = 10 * 1024 * 1024
LIMIT_PIXELS: Final = 60_000_000
LIMIT_PAGES: Final = 200
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


def check_upload(filename: str, content: bytes) -> CheckedFile:
    """Accept a PDF, PNG or JPEG of at most 10 MB.

    Raises Refused with the reason: empty, too large, another type, disguised, broken, encrypted, with active content.
    """
    name = PurePath(filename.replace("\\", "/")).name[-NAME_LENGTH:]
    if not content:
        raise Refused("The file is empty.", "empty")
    if len(content) > LIMIT_BYTES:
        raise Refused("The file is larger than 10 MB.", "size")
    kind = _KINDS.get(PurePath(name).suffix.lower())
    if kind is None:
        raise Refused("Only PDF, PNG and JPEG files are accepted.", "type")
    magic, content_type, image_format = kind
    if not content.startswith(magic):
        raise Refused(f"{name} is not what its name says.", "disguised")
    if image_format is None:
        _check_pdf(content)
    else:
        content = _redraw(content, image_format)
    return CheckedFile(filename=name, content_type=content_type, content=content)


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
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Refused("The picture is broken and can't be opened.", "broken") from None
    drawn = io.BytesIO()
    upright.save(drawn, format=image_format)
    return drawn.getvalue()
