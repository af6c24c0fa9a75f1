"""Letters as PDF: bundled assets only, the same bytes every time, within a time limit."""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
import time
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib import request

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from core import pdf

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "the secret of the house"
HOSTILE = [
    '<img src="{file}">',
    '<img src="http://127.0.0.1:{port}/a.png">',
    '<img src="https://127.0.0.1:{port}/a.png">',
    '<img srcset="http://127.0.0.1:{port}/a.png 2x">',
    '<img src="//127.0.0.1:{port}/a.png">',
    '<img src="/etc/passwd">',
    '<img src="../../config/settings.py">',
    '<img src="asset:../../config/settings.py">',
    '<img src="asset:/etc/passwd">',
    '<img src="asset:%2e%2e/pdf.py">',
    '<img src="asset:pdf.py">',
    '<link rel="stylesheet" href="http://127.0.0.1:{port}/a.css">',
    '<link rel="stylesheet" href="{file}">',
    '<link rel="attachment" href="{file}">',
    '<a rel="attachment" href="{file}">secret</a>',
    '<link rel="icon" href="http://127.0.0.1:{port}/i.ico">',
    '<style>@import url("http://127.0.0.1:{port}/a.css");</style>',
    '<style>@import "{file}";</style>',
    "<style>body{{background:url(http://127.0.0.1:{port}/b.png)}}</style>",
    '<style>@font-face{{font-family:x;src:url("http://127.0.0.1:{port}/f.woff2")}}p{{font-family:x}}</style><p>x',
    '<style>@font-face{{font-family:x;src:url("{file}")}}p{{font-family:x}}</style><p>x',
    '<style>p::before{{content:url("{file}")}}</style><p>x',
    "<style>li{{list-style-image:url(http://127.0.0.1:{port}/l.png)}}</style><ul><li>x</ul>",
    '<style>@page{{background:url("{file}")}}</style>',
    '<style>@color-profile x{{src:url("http://127.0.0.1:{port}/c.icc")}}</style>',
    '<p style="background-image:url(http://127.0.0.1:{port}/p.png)">x',
    '<p style="border-image:url({file}) 1">x',
    '<object data="{file}"></object>',
    '<embed src="http://127.0.0.1:{port}/e.svg">',
    '<iframe src="{file}"></iframe>',
    '<base href="http://127.0.0.1:{port}/"><img src="a.png">',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{file}" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{port}/s.png" width="9" height="9"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><use href="{file}#x"/></svg>',
    '<!DOCTYPE html [<!ENTITY x SYSTEM "{file}">]><p>&x;',
    '<?xml-stylesheet href="http://127.0.0.1:{port}/x.css"?><p>x',
    "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='{file}'/></svg>\">",
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:{port}/"><p>x',
    '<script src="http://127.0.0.1:{port}/x.js"></script>',
    '<input type="image" src="http://127.0.0.1:{port}/x.png">',
    '<video poster="http://127.0.0.1:{port}/x.png" src="{file}"></video>',
]


class Listener:
    """Counts who knocks at a port of this machine."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.port = self.socket.getsockname()[1]
        self.visits = 0
        self.is_open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while self.is_open:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.visits += 1
            connection.close()

    def close(self) -> None:
        """Stop listening."""
        self.is_open = False
        self.thread.join()
        self.socket.close()


@pytest.fixture
def listener() -> Any:
    """A port that nobody should knock at."""
    listener = Listener()
    yield listener
    listener.close()


def text_of(content: bytes) -> str:
    """All words of a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_no_markup_makes_the_renderer_fetch_anything(listener: Listener, tmp_path: Path) -> None:
    bait = tmp_path / "secret.txt"
    bait.write_text(SECRET)
    assert len(HOSTILE) >= 20
    for snippet in HOSTILE:
        markup = snippet.format(file=bait.as_uri(), port=listener.port)
        content = pdf.render_markup(f"<title>t</title>{markup}<p>still here</p>")
        reader = PdfReader(BytesIO(content))
        assert SECRET not in text_of(content), snippet
        assert SECRET.encode() not in content, snippet
        assert not reader.attachments, snippet
        assert not [image for page in reader.pages for image in page.images], snippet
    assert listener.visits == 0


def test_the_listener_would_have_noticed(listener: Listener) -> None:
    with pytest.raises(OSError):  # noqa: PT011 -- whatever a closed connection is called
        request.urlopen(f"http://127.0.0.1:{listener.port}/", timeout=5)
    assert listener.visits == 1


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://127.0.0.1/letter.css",
        "data:text/plain,x",
        "asset:",
        "asset:../pdf.py",
        "asset:a/letter.css",
        "asset:.hidden.css",
        "asset:nothing.css",
        "ASSET:letter.css",
        "letter.css",
    ],
)
def test_only_names_of_bundled_assets_are_served(url: str) -> None:
    with pytest.raises(ValueError, match="bundled assets only"):
        pdf.find_asset(url)


def test_a_bundled_asset_is_found() -> None:
    assert pdf.find_asset("asset:letter.css") == pdf.ASSETS / "letter.css"


def test_the_same_letter_gives_the_same_bytes() -> None:
    markup = '<html lang="de"><title>Brief 1</title><meta name="dcterms.created" content="2026-03-02"><p>Grüße'
    first, second = pdf.render_markup(markup), pdf.render_markup(markup)
    assert first == second
    assert first != pdf.render_markup(markup + "!")


def test_a_letter_is_an_archive_pdf_with_its_fonts() -> None:
    content = pdf.render_markup('<html lang="pl"><title>List</title><p>Łódź, Ελλάδα, Москва, Đông, 東京</p>')
    reader = PdfReader(BytesIO(content))
    root: Any = reader.trailer["/Root"]
    assert b"pdfaid:part" in root["/Metadata"].get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "List"
    assert "Łódź, Ελλάδα, Москва, Đông, 東京" in text_of(content)
    fonts: Any = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    for font in fonts.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_each_alphabet_keeps_its_own_glyphs() -> None:
    """Files of one family would be taken for one font: Polish letters came out as other letters."""
    rules = pdf.font_rules()
    faces = [line for line in rules.splitlines() if line.startswith("@font-face")]
    families = {(line.split('"')[1], line.split("font-weight:")[1][:3]) for line in faces}
    assert len(families) == len(faces) == len(pdf.UNICODE_RANGES) * len(pdf.WEIGHTS)


def test_each_weight_keeps_its_own_glyphs_and_no_font_is_cut_down_anew() -> None:
    words = "Łódź, Ελλάδα, Москва, Đông, Hafen"
    lines = "".join(f'<p style="font-weight:{weight}">{words} {weight}</p>' for weight in pdf.WEIGHTS)
    content = pdf.render_markup(f"<title>t</title>{lines}")
    assert text_of(content).split("\n") == [f"{words} {weight}" for weight in pdf.WEIGHTS]
    files = sorted(pdf.FONTS.glob("inter-*-[0-9]00-normal.woff2"))
    wanted = {f"inter-{subset}-{weight}-normal.woff2" for subset in pdf.UNICODE_RANGES for weight in pdf.WEIGHTS}
    assert {path.name for path in files} >= wanted
    fonts = [TTFont(path) for path in files]
    assert [font for font in fonts if "fvar" in font] == []


def test_letters_ask_for_no_weight_that_has_no_font() -> None:
    styles = "".join(path.read_text() for path in pdf.ASSETS.glob("*.css"))
    assert {int(weight) for weight in re.findall(r"font-weight: (\d+)", styles)} <= set(pdf.WEIGHTS)


def test_a_letter_without_inter_is_set_in_another_font(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pdf, "FONTS", tmp_path)
    assert pdf.font_rules().strip() == 'html{font-family:"Noto Sans CJK JP","DejaVu Sans",sans-serif}'
    pdf.pdf_warning.cache_clear()
    assert "make setup" in pdf.pdf_warning()
    pdf.pdf_warning.cache_clear()


@pytest.mark.parametrize(("answer", "expected"), [("Noto Sans CJK JP", True), ("", False), (None, False)])
def test_a_machine_without_japanese_is_warned_of_empty_boxes(
    answer: str | None,
    expected: bool,  # noqa: FBT001 -- one column of the table
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Asked of fontconfig; of a machine without its command (None) by the font files there are."""
    if answer is not None:
        (tmp_path / "fc-list").write_text(f"#!/bin/sh\necho '{answer}'\n")
        (tmp_path / "fc-list").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "FONT_FOLDERS", (tmp_path,))
    for remembered in (pdf.has_japanese_font, pdf.pdf_warning):
        remembered.cache_clear()
    try:
        assert pdf.has_japanese_font() is expected
        assert ("fonts-noto-cjk" in pdf.pdf_warning()) is not expected
        if answer is None:
            (tmp_path / "NotoSansCJK-Regular.ttc").touch()
            pdf.has_japanese_font.cache_clear()
            assert pdf.has_japanese_font()
    finally:
        for remembered in (pdf.has_japanese_font, pdf.pdf_warning):
            remembered.cache_clear()


def test_a_letter_that_takes_too_long_is_given_up() -> None:
    markup = "<title>t</title>" + "<p>" + "word " * 200_000
    with pytest.raises(pdf.PdfTimeoutError, match=r"longer than 0\.2 seconds"):
        pdf.render_markup(markup, time_limit=0.2)
    assert text_of(pdf.render_markup("<title>t</title><p>the next one is fine")) == "the next one is fine"


def test_who_does_not_hear_that_time_is_up_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS_UNTIL_AGAIN", 0.05)
    heard = 0

    def works_on() -> None:
        nonlocal heard
        with contextlib.suppress(pdf._TimeIsUp):  # noqa: SLF001 -- as Python does while it collects garbage
            for _ in range(10**8):
                pass
        heard += 1

    def work() -> bytes:
        works_on()
        works_on()
        for _ in range(10**8):
            pass
        return b""

    with pytest.raises(pdf.PdfTimeoutError):
        pdf._within(0.05, work)  # noqa: SLF001 -- a letter can't be made deaf at will
    assert heard == 2


def test_who_never_hears_it_is_given_up_all_the_same() -> None:
    def work() -> bytes:
        end = time.perf_counter() + 0.3
        while time.perf_counter() < end:
            with contextlib.suppress(pdf._TimeIsUp):  # noqa: SLF001 -- as Python does while it collects garbage
                time.sleep(0.01)
        return b"done"

    with pytest.raises(pdf.PdfTimeoutError):
        pdf._within(0.1, work)  # noqa: SLF001 -- a letter can't be made deaf at will


def test_nobody_is_interrupted_after_the_letter_however_short_the_time_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interrupt comes before, in and after the work: it ends in a sentence, and nothing is left ringing."""
    monkeypatch.setattr(pdf, "SECONDS_UNTIL_AGAIN", 0.02)

    def work() -> bytes:
        end = time.perf_counter() + 0.0005
        while time.perf_counter() < end:
            pass
        return b"done"

    outcomes, before, turns = set(), threading.active_count(), sys.getswitchinterval()
    sys.setswitchinterval(0.00001)  # whoever rings gets its turn at once, wherever the letter is
    try:
        for microseconds in range(0, 1_000, 2):
            try:
                outcomes.add(pdf._within(microseconds / 1_000_000, work))  # noqa: SLF001 -- no letter is that short
            except pdf.PdfTimeoutError:
                outcomes.add(b"given up")
    finally:
        sys.setswitchinterval(turns)
    assert outcomes == {b"done", b"given up"}
    end = time.monotonic() + 0.2
    while time.monotonic() < end:  # what still rings would be heard here
        pass
    assert threading.active_count() <= before


def test_letters_may_be_asked_for_from_several_threads() -> None:
    results: list[str] = []

    def ask(number: int) -> None:
        results.append(text_of(pdf.render_markup(f"<title>t</title><p>letter {number}")))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [f"letter {number}" for number in range(4)]


def test_a_missing_system_library_is_named_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, *arguments: Any) -> Any:
        if name == "weasyprint":
            message = "cannot load library 'libpango-1.0-0'"
            raise OSError(message)
        return original(name, *arguments)

    import builtins

    original = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", missing)
    pdf.pdf_problem.cache_clear()
    pdf.pdf_warning.cache_clear()
    pdf._renderer.cache_clear()  # noqa: SLF001 -- a process that starts without the library
    try:
        assert not pdf.pdf_available()
        assert "libpango-1.0-0" in pdf.pdf_problem()
        assert "apt install" in pdf.pdf_problem()
        assert pdf.pdf_warning() == pdf.pdf_problem()
        with pytest.raises(pdf.PdfUnavailableError):
            pdf.warm_up()
    finally:
        pdf.pdf_problem.cache_clear()
        pdf.pdf_warning.cache_clear()


def test_pdfs_work_here() -> None:
    assert pdf.pdf_available()
    pdf.warm_up()
