"""What axe finds on a page: every browser story asks here whether its pages can be used by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

AT_REST = """() => Promise.all(document.getAnimations()
    .filter(one => Number.isFinite(one.effect.getComputedTiming().endTime))
    .map(one => one.finished.catch(() => null)))"""
"""Colors half-way from one theme to the other are nobody's choice: what moves is let come to rest."""


def violations(page: Page) -> list[str]:
    """Say in words what axe finds, once nothing moves any more."""
    page.evaluate(AT_REST)
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found for node in v["nodes"]]
