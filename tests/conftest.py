"""What every test may use."""

from __future__ import annotations

import gc
import logging
import os
import shutil
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from structlog.stdlib import ProcessorFormatter

from tests.settings import SCRATCH

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(SCRATCH, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Spare the collector what stays until the end: modules, models, the tests themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, run what a database can change: a test that opens none ran with SQLite already."""
    if not os.environ.get("TEST_DATABASE_URL"):
        return
    without = [item for item in items if not uses_database(item)]
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if uses_database(item)]


def uses_database(item: pytest.Item) -> bool:
    """Whether a test opens the suite's database."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool({"db", "transactional_db"} & fixtures)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's Chromium (CHROMIUM, else the one on the PATH), else Playwright's own."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    arguments = {**browser_type_launch_args}
    if found:
        arguments["executable_path"] = found
    if os.geteuid() == 0:
        arguments["args"] = [*arguments.get("args", []), "--no-sandbox"]
    return arguments


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the log prints during the test."""
    lines = StringIO()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and isinstance(handler.formatter, ProcessorFormatter):
            monkeypatch.setattr(handler, "stream", lines)
    return lines


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """No test sees what another one cached."""
    from django.conf import settings
    from django.core.cache import caches

    yield
    for name in settings.CACHES:
        caches[name].clear()
