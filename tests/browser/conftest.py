"""Everything here drives a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories of this folder, so that they run once and apart from the others."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
