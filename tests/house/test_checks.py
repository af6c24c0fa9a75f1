"""What a machine lacks is said at the start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from config import checks

if TYPE_CHECKING:
    from pathlib import Path

    from django.core.checks import CheckMessage

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for Linux's libraries")


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_missing_style_sheets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert ids(checks.vendor_files_are_there()) == []
    monkeypatch.setattr(checks, "BOOTSTRAP", tmp_path / "nothing.css")
    assert ids(checks.vendor_files_are_there()) == ["kontor.W001"]


def test_missing_pdf_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PANGO", ("libc.so.6",))
    monkeypatch.setattr(checks, "SUBSETTER", ("libc.so.6",))
    assert ids(checks.pdf_libraries_are_there()) == []
    monkeypatch.setattr(checks, "SUBSETTER", ("libnothing.so.0",))
    assert ids(checks.pdf_libraries_are_there()) == ["kontor.W003"]
    monkeypatch.setattr(checks, "PANGO", ("libnothing.so.0",))
    assert ids(checks.pdf_libraries_are_there()) == ["kontor.W002"]


def test_a_machine_without_japanese_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(checks.letters_can_be_set_in_japanese()) == []
    monkeypatch.setattr(checks, "has_japanese_font", lambda: False)
    [warning] = checks.letters_can_be_set_in_japanese()
    assert (warning.id, "fonts-noto-cjk" in str(warning.hint)) == ("kontor.W004", True)


def test_elsewhere_nobody_is_bothered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(checks, "PANGO", ("libnothing.so.0",))
    assert ids(checks.pdf_libraries_are_there()) == []
