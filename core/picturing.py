"""A file from outside, shown page by page as pictures beside a form: drawn once, kept while somebody may be looking."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from django.core.cache import cache
from django.http import Http404, HttpResponse, HttpResponseNotModified

from core.pages import MOST_PAGES, PICTURE, WIDTHS, Outline, draw_page, outline
from core.refused import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

PDF: Final = "application/pdf"
PICTURES: Final = frozenset({"image/png", "image/jpeg"})
KEPT_SECONDS: Final = 15 * 60


class Paper(Protocol):
    """A row that holds a file; its bytes are read only where they are needed."""

    pk: int
    content_type: str

    @property
    def content(self) -> bytes | memoryview | None:
        """The bytes."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page of a file as a picture: its address and its size."""

    number: int
    link: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a file that can be shown, of how many; or why there are none."""

    sheets: Sequence[Sheet] = field(default_factory=list)
    count: int = 0
    problem: str = ""


def zoom_of(request: HttpRequest) -> int:
    """How large pages are shown, in percent of the column."""
    asked = request.GET.get("zoom", "")
    return int(asked) if asked in {str(zoom) for zoom in WIDTHS} else min(WIDTHS)


def pages_of(paper: Paper, *, name: str, link: str, zoom: int) -> Pages:
    """Name the pages of a file, or say why there are none to see.

    `name` tells one kind of file from another; `link` is the address of its first page, which ends in `1/`.
    """
    base = link.removesuffix("1/")
    if paper.content_type in PICTURES:
        return Pages([Sheet(1, f"{base}1/")], 1)
    if not paper.content_type:
        return Pages(problem="Only its arrival was noted; no file is kept here.")
    try:
        known = _outline(paper, name)
    except Refused:
        return Pages(problem="This file can't be shown here. Open it on your machine to read it.")
    width = WIDTHS[zoom]
    sheets = [
        Sheet(number, f"{base}{number}/?zoom={zoom}", width, round(width * ratio))
        for number, ratio in enumerate(known.ratios, start=1)
    ]
    return Pages(sheets, known.count)


def page_answer(request: HttpRequest, paper: Paper, *, name: str, page: int) -> HttpResponse:
    """Send one page; the browser asks again each time, so that nobody sees it who may not any more."""
    if not 1 <= page <= (MOST_PAGES if paper.content_type == PDF else 1):
        raise Http404
    width = WIDTHS[zoom_of(request)]
    tag = f'"{paper.pk}-{page}-{width}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified()
    try:
        content, kind = _picture(paper, name, page=page, width=width)
    except Refused:
        raise Http404 from None
    answer = HttpResponse(content, content_type=kind)
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _outline(paper: Paper, name: str) -> Outline:
    key = f"{name}-outline:{paper.pk}"
    known: Outline | None = cache.get(key)
    if known is None:
        known = outline(bytes(paper.content or b""))
        cache.set(key, known, KEPT_SECONDS)
    return known


def _picture(paper: Paper, name: str, *, page: int, width: int) -> tuple[bytes, str]:
    """One page as a picture with its type: an uploaded picture as it is, a page of a PDF drawn."""
    if paper.content_type in PICTURES:
        return bytes(paper.content or b""), paper.content_type
    key = f"{name}-page:{paper.pk}:{page}:{width}"
    drawn: bytes | None = cache.get(key)
    if drawn is None:
        drawn = draw_page(bytes(paper.content or b""), page=page, width=width)
        cache.set(key, drawn, KEPT_SECONDS)
    return drawn, PICTURE
