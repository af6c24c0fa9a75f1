"""Everything here drives a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

HERE = Path(__file__).parent
expect.set_options(timeout=20_000)  # a slow machine with two cores; what is there at once costs nothing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories of this folder, so that they run once and apart from the others."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
