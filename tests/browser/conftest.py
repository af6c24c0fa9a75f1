"""Everything here drives a real browser."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.hands import Desk, a_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

HERE = Path(__file__).parent
expect.set_options(timeout=20_000)  # a slow machine with two cores; what is there at once costs nothing


def once_loaded(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let a person act on a page only once it is there with its scripts: after a click the next one may still load."""

    @wraps(act)
    def patient(locator: Locator, *args: Any, **options: Any) -> Any:
        locator.page.wait_for_load_state()
        return act(locator, *args, **options)

    return patient


for name in ("check", "click", "fill", "press", "select_option", "set_input_files", "uncheck"):
    setattr(Locator, name, once_loaded(getattr(Locator, name)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories of this folder, so that they run once and apart from the others."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def desk(page: Page, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A representative's desk, with a keyboard and no mouse."""
    with a_desk(page, live_server.url, request.node.name) as desk:
        yield desk
