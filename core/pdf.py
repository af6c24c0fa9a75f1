"""Letters as PDF: WeasyPrint with bundled assets only.

One renderer per process: fonts and style sheets are read once, and one letter is laid out at a time (WeasyPrint's
text engine is not made for threads, and two threads are slower than one). Nothing a letter contains can make the
renderer open a file or a network connection: its fetcher knows the names of our own assets and nothing else.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.template.loader import render_to_string

from core.letters import letter_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

ASSETS: Final = Path(__file__).resolve().parent / "assets"
FONTS: Final = Path(__file__).resolve().parent.parent / "static" / "vendor" / "inter"
WEIGHTS: Final = (400, 500, 600, 700)
"""The weights in which letters are set; `config/bootstrap.py` fetches their files."""
TIME_LIMIT: Final = 30.0
"""Seconds one letter may take. A letter of thirty items takes a quarter of a second."""
TURNS_UNTIL_INTERRUPTED: Final = 1_000
SECONDS_UNTIL_AGAIN: Final = 1.0
SCHEME: Final = "asset:"
CONTENT_TYPES: Final = {".woff2": "font/woff2", ".css": "text/css", ".svg": "image/svg+xml"}
UNICODE_RANGES: Final = {
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+0304, U+0308, U+0329, "
    "U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD",
    "latin-ext": "U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, U+1D00-1DBF, U+1E00-1E9F, "
    "U+1EF2-1EFF, U+20A0-20AB, U+20AD-20C0, U+2113, U+2C60-2C7F, U+A720-A7FF",
    "greek": "U+0370-0377, U+037A-037F, U+0384-038A, U+038C, U+038E-03A1, U+03A3-03FF",
    "vietnamese": "U+0102-0103, U+0110-0111, U+0128-0129, U+0168-0169, U+01A0-01A1, U+01AF-01B0, U+0300-0301, "
    "U+0303-0304, U+0308-0309, U+0323, U+0329, U+1EA0-1EF9, U+20AB",
    "cyrillic": "U+0301, U+0400-045F, U+0490-0491, U+04B0-04B1, U+2116",
}
_SAFE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*\.[a-z0-9]+", re.IGNORECASE)

FONT_FOLDERS: Final = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".fonts",
    Path.home() / ".local" / "share" / "fonts",
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
)
JAPANESE_FONTS: Final = re.compile(
    "cjk|sourcehan|notos(?:ans|erif)jp|vl-?gothic|yugoth|mincho|ipa[emgx]|hiragino|takao|unifont"
)

INSTALL: Final = "apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-noto-cjk"


class PdfError(Exception):
    """A letter could not be rendered; the message says why and what helps."""


class PdfUnavailableError(PdfError):
    """This machine lacks a system library that PDFs need."""


class PdfTimeoutError(PdfError):
    """A letter took longer than the time limit."""


class _TimeIsUp(BaseException):
    """Interrupts the rendering thread."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file inside a PDF, from our own bytes: never an address that somebody would have to open.

    `relationship` is how it relates to the pages (ISO 32000-2, 7.11.3), `about` what the PDF's metadata say of it:
    `rdf:Description` elements that declare their own namespaces.
    """

    name: str
    content: bytes
    description: str
    relationship: str
    made_at: datetime
    about: str = ""


@cache
def pdf_problem() -> str:
    """Say in one sentence why PDFs can't be made on this machine, and what to do; empty when they can."""
    try:
        import weasyprint  # noqa: F401, PLC0415 -- loading it is the question
    except (ImportError, OSError) as error:
        reason = " ".join(str(error).split())[:120]
        return f"PDFs are off because a system library is missing ({reason}); install with: {INSTALL}"
    return ""


@cache
def pdf_warning() -> str:
    """Say in one sentence what makes PDFs slow or plain on this machine; empty when all is well."""
    if problem := pdf_problem():
        return problem
    from weasyprint.text.ffi import harfbuzz_subset  # noqa: PLC0415 -- optional library

    if harfbuzz_subset is None:
        return "PDFs take four times as long because libharfbuzz-subset is missing; install with: " + INSTALL
    if not any(FONTS.glob("*.woff2")):
        return "PDFs are set in DejaVu Sans because the Inter fonts are missing; install them with: make setup"
    if not has_japanese_font():
        return "Japanese in PDFs comes out as empty boxes because no font has it; install with: " + INSTALL
    return ""


@cache
def has_japanese_font() -> bool:
    """Whether a font of this machine holds Japanese: as fontconfig knows it, else by the names of the font files."""
    if command := shutil.which("fc-list"):
        with suppress(OSError, subprocess.SubprocessError):
            asked = [command, ":lang=ja", "family"]
            found = subprocess.run(asked, capture_output=True, check=True, timeout=20)  # noqa: S603 -- no foreign word
            return bool(found.stdout.strip())
    files = (path.name.lower() for folder in FONT_FOLDERS for path in folder.rglob("*.[ot]t[cf]"))
    return any(JAPANESE_FONTS.search(name) for name in files)


def pdf_available() -> bool:
    """Whether this machine can make PDFs at all; `pdf_problem()` says why not."""
    return not pdf_problem()


def find_asset(url: str) -> Path:
    """Find the bundled file an `asset:` address names.

    Raises ValueError for every other address: another scheme, a path, a name we did not ship.
    """
    name = url.removeprefix(SCHEME) if url.startswith(SCHEME) else ""
    if _SAFE_NAME.fullmatch(name):
        for folder in (ASSETS, FONTS):
            path = folder / name
            if path.suffix in CONTENT_TYPES and path.is_file():
                return path
    message = "letters may use bundled assets only"
    raise ValueError(message)


def _font_file(subset: str, weight: int) -> str:
    return f"inter-{subset}-{weight}-normal.woff2"


def font_rules() -> str:
    """Declare the Inter files that are installed, each for the characters and weight it holds, and set text in them.

    Each range is a family of its own: WeasyPrint takes files of one family for one font and would mix up their glyphs.
    Each weight is a file of its own: a variable font would be cut down to one weight anew for every letter.
    """
    installed = [subset for subset in UNICODE_RANGES if (FONTS / _font_file(subset, WEIGHTS[0])).is_file()]
    faces = [
        f'@font-face{{font-family:"Inter {subset}";src:url({SCHEME}{_font_file(subset, weight)}) format("woff2");'
        f"font-weight:{weight};font-style:normal;unicode-range:{UNICODE_RANGES[subset]}}}"
        for subset in installed
        for weight in WEIGHTS
    ]
    families = [f'"Inter {subset}"' for subset in installed]
    stack = ",".join([*families, '"Noto Sans CJK JP"', '"DejaVu Sans"', "sans-serif"])
    return "\n".join([*faces, f"html{{font-family:{stack}}}", ""])


class _Renderer:
    """WeasyPrint with everything that stays the same from letter to letter."""

    def __init__(self) -> None:
        # Else fontTools writes the second of the rendering into every font it embeds.
        os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
        from weasyprint import CSS, HTML, Attachment  # noqa: PLC0415 -- needs system libraries
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
        from weasyprint.urls import (  # noqa: PLC0415
            URLFetcher,
            URLFetcherResponse,
        )

        class BundledAssets(URLFetcher):
            """Serves our own files; refuses the rest before anything is opened."""

            def fetch(self, url: str, headers: object = None) -> Any:  # noqa: ARG002 -- WeasyPrint's signature
                path = find_asset(url)
                kind = CONTENT_TYPES[path.suffix]
                return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})

        self.fetcher = BundledAssets(allowed_protocols=(), allow_redirects=False)
        self.fonts = FontConfiguration()
        sheet = font_rules() + (ASSETS / "letter.css").read_text(encoding="utf-8")
        self.css = CSS(string=sheet, font_config=self.fonts, url_fetcher=self.fetcher)
        base = CSS(string=(ASSETS / "base.css").read_text(encoding="utf-8"), url_fetcher=self.fetcher)

        class LetterHTML(HTML):
            """HTML with a user-agent style sheet of thirty rules instead of four hundred."""

            def _ua_stylesheets(self, forms: bool = False) -> list[Any]:  # noqa: ARG002, FBT001, FBT002 -- WeasyPrint's
                return [base]

        self.html = LetterHTML
        self.attachment = Attachment
        self.lock = threading.Lock()

    def render(self, markup: str, enclosure: Enclosure | None) -> bytes:
        """Lay out one letter. The same markup and enclosure give the same bytes."""
        inside = enclosure.content if enclosure else b""
        identifier = hashlib.sha256(markup.encode() + inside).digest()[:16]
        html = self.html(string=markup, url_fetcher=self.fetcher, base_url=None)
        options = {"stylesheets": [self.css], "pdf_variant": "pdf/a-3b", "pdf_identifier": identifier}
        document = html.render(font_config=self.fonts, **options)
        finisher = None
        if enclosure is not None:
            options["attachments"], finisher = [self.attach(enclosure)], _list_enclosures_once
            _describe(document.metadata, enclosure)
        pdf: bytes = document.write_pdf(finisher=finisher, **options)
        return pdf

    def attach(self, enclosure: Enclosure) -> Any:
        """Hand WeasyPrint the enclosure as bytes."""
        return self.attachment(
            string=enclosure.content,
            name=enclosure.name,
            description=enclosure.description,
            relationship=enclosure.relationship,
            created=enclosure.made_at,
            modified=enclosure.made_at,
        )


def _describe(metadata: Any, enclosure: Enclosure) -> None:
    """Say in the PDF's metadata what the enclosure is: in the one `rdf:RDF` that a reader looks at."""
    written, end = metadata.generate_rdf_metadata, b"</rdf:RDF>"

    def generate(variant: str, version: int, conformance: str) -> bytes:
        rdf: bytes = written(variant, version, conformance)
        return rdf.removesuffix(end) + enclosure.about.encode() + end

    metadata.generate_rdf_metadata = generate


def _list_enclosures_once(_document: Any, pdf: Any) -> None:
    """WeasyPrint names every enclosure twice among the PDF's associated files."""
    files = pdf.catalog["AF"]
    files[:] = dict.fromkeys(files)


@cache
def _renderer() -> _Renderer:
    if problem := pdf_problem():
        raise PdfUnavailableError(problem)
    atexit.register(_renderer.cache_clear)  # its fonts want to be freed while WeasyPrint is still there
    return _Renderer()


def _within(seconds: float, work: Callable[[], bytes]) -> bytes:
    """Do the work; interrupt this thread's Python code after `seconds`, again and again until it listens.

    Raises PdfTimeoutError. Works in every thread, which signals don't. A function that is called, not a context
    manager: an interrupt that hits the few lines around a `with` body would pass by the code that ends the ringing.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    interrupt = ctypes.pythonapi.PyThreadState_SetAsyncExc
    begun, over, silent, fired = threading.Lock(), threading.Lock(), threading.Lock(), False
    for told in (begun, over, silent):  # bare locks: nothing about them can be half done when the interrupt comes
        told.acquire()

    def ring() -> None:
        nonlocal fired
        begun.acquire()
        wait = seconds
        while not over.acquire(timeout=wait):
            fired = True
            interrupt(thread, ctypes.py_object(_TimeIsUp))
            # One that arrives while Python collects garbage or closes something is swallowed there.
            wait = SECONDS_UNTIL_AGAIN
        silent.release()

    threading.Thread(target=ring, daemon=True).start()
    done = b""
    try:
        try:
            begun.release()  # inside, and only now: nobody is interrupted where nobody listens
            done = work()
        finally:
            over.release()
            silent.acquire()
            if fired:
                # One still on its way arrives in this loop, not in the caller's code. Taking it back instead would
                # leave the interpreter looking for it for ever (with a tracer on Python 3.11 without end).
                for _ in range(TURNS_UNTIL_INTERRUPTED):
                    pass
    except _TimeIsUp:
        if over.locked():
            over.release()
    if fired:  # also where it was not heard: its time was up
        message = f"The letter took longer than {seconds:g} seconds and was given up."
        raise PdfTimeoutError(message)
    return done


def render_markup(markup: str, *, enclosure: Enclosure | None = None, time_limit: float = TIME_LIMIT) -> bytes:
    """Turn the HTML of one letter into a PDF/A-3b with what is enclosed, within `time_limit` seconds.

    Raises PdfUnavailableError or PdfTimeoutError.
    """
    renderer = _renderer()
    with renderer.lock:
        return _within(time_limit, lambda: renderer.render(markup, enclosure))


def render_pdf(template: str, context: dict[str, Any], *, language: str, enclosure: Enclosure | None = None) -> bytes:
    """Render one of our letter templates to PDF bytes, with what is enclosed; equal input gives equal bytes.

    `language` chooses hyphenation and glyph forms; every word and number comes formatted in `context`.
    Raises PdfUnavailableError or PdfTimeoutError.
    """
    markup = render_to_string(template, {**context, "language": letter_language(language)})
    return render_markup(markup, enclosure=enclosure)


def warm_up() -> None:
    """Read fonts and style sheets now, so that the first letter is as fast as the next."""
    render_markup("<title>-</title><p>-")
