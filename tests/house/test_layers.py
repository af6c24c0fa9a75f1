"""The house's rules that import-linter cannot say."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LAYERS = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
APPS = [name for row in LAYERS for name in row.split(" | ")]

CORE = {
    "advanced",
    "apps",
    "assets",
    "bulk",
    "charts",
    "conditions",
    "counts",
    "days",
    "door",
    "exports",
    "folded",
    "folding",
    "forms",
    "history",
    "keywords",
    "lengths",
    "letters",
    "markup",
    "messages",
    "money",
    "neighbors",
    "pages",
    "pdf",
    "picturing",
    "refused",
    "search",
    "searched",
    "sheets",
    "tables",
    "templatetags",
    "tokens",
    "transitions",
    "uploads",
    "views",
    "walking",
}
CONFIG = {
    "apps",
    "bootstrap",
    "celery",
    "checks",
    "environment",
    "errors",
    "feeding",
    "health",
    "logs",
    "management",
    "middleware",
    "settings",
    "supervisor",
    "urls",
    "wsgi",
}
BANNED_WORDS = re.compile(r"^\s*(#|<!--|\{#).*\b(TODO|FIXME|XXX)\b", re.MULTILINE)


def sources() -> list[Path]:
    folders = [*APPS, "templates", "static/js", "static/css", "tests"]
    found = [
        path for name in folders for path in (ROOT / name).rglob("*") if path.suffix in {".py", ".html", ".js", ".css"}
    ]
    return [path for path in found if "vendor" not in path.parts]


def modules(app: str) -> set[str]:
    found = (ROOT / app).iterdir()
    return {
        path.stem for path in found if path.stem not in {"__init__", "__pycache__"} and not path.name.startswith(".")
    }


def test_every_app_of_ours_has_its_layer() -> None:
    ours = [name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()]
    assert sorted(ours) == sorted([*APPS, "tests"])


def test_every_package_at_the_top_is_an_app() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == {*APPS, "benchmarks", "tests"}


def test_core_has_no_tables_and_no_pages() -> None:
    assert modules("core") <= CORE


def test_config_holds_only_what_starts_and_feeds_the_house() -> None:
    assert modules("config") <= CONFIG


def test_no_ordering_hides_in_a_model() -> None:
    guilty = [
        path
        for path in sources()
        if path.name == "models.py" and re.search(r"^\s+ordering\s*=", path.read_text(), re.MULTILINE)
    ]
    assert guilty == []


def test_every_template_begins_with_its_signature() -> None:
    guilty = [
        path for path in (ROOT / "templates").rglob("*.html") if not path.read_text(encoding="utf-8").startswith("{#")
    ]
    assert guilty == []


def test_no_inline_style_or_script_in_pages() -> None:
    inline = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son(click|change|submit|load)=", re.IGNORECASE)
    pages = [
        path
        for path in (ROOT / "templates").rglob("*.html")
        if not {"lengths", "letters", "emails", "pdf"} & set(path.parts)
    ]
    guilty = {str(path.relative_to(ROOT)) for path in pages if inline.search(path.read_text(encoding="utf-8"))}
    assert guilty == set()


def test_nothing_is_left_to_be_done() -> None:
    guilty = [path for path in sources() if BANNED_WORDS.search(path.read_text(encoding="utf-8"))]
    assert guilty == []


def test_lock_files_name_no_host() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "package-lock.json"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    dependencies = [line for line in lines if re.match(r'^  "[a-z][^"]*[><=]=?[^"]*",', line)]
    assert len(dependencies) > 30
    assert [line for line in dependencies if "# " not in line] == []


def test_every_distribution_of_ours_is_under_a_free_license() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert PROJECT["project"]["license"] == "MIT"
