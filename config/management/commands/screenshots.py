"""`manage.py screenshots`: the pictures of the README, taken from a fresh demo."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.feeding.demo_world import DEMO_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

PATIENCE = 600
PICTURES = settings.BASE_DIR / "docs" / "pictures"
PAGES = {
    "today": "/",
    "purchases": "/purchases/",
    "review": "/purchases/review/",
    "outbox": "/mail/",
    "partners": "/partners/",
}
"""Pages that need no more than their address."""


class Command(BaseCommand):
    """Take the pictures again."""

    help = "Starts a fresh demo beside yours and takes the pictures of the README in docs/pictures with Chromium."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        """Start the demo, log in, walk through."""
        try:
            from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- only where the tests are installed
        except ImportError as error:
            message = "Playwright is missing: run `make setup`."
            raise CommandError(message) from error
        PICTURES.mkdir(parents=True, exist_ok=True)
        with demo() as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome"),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            log_in(page, address)
            self.walk(page, address)
            browser.close()

    def walk(self, page: Page, address: str) -> None:
        """Take one picture after the other."""
        for name, path in PAGES.items():
            page.goto(f"{address}{path}")
            self.shoot(page, name)
        page.goto(f"{address}/purchases/?show=overdue")
        page.goto(f"{address}{first_link(page, '/purchases/')}?tab=po")
        self.shoot(page, "purchase")
        page.goto(f"{address}/dunning/runs/?show=steps")
        page.goto(f"{address}{first_link(page, '/dunning/runs/')}?show=all")
        self.shoot(page, "dunning")
        page.click("[data-theme-switch]")
        page.goto(f"{address}/")
        self.shoot(page, "today-dark")

    def shoot(self, page: Page, name: str) -> None:
        """Take one picture."""
        page.wait_for_load_state("networkidle")
        page.screenshot(path=PICTURES / f"{name}.png")
        self.stdout.write(f"docs/pictures/{name}.png")


def log_in(page: Page, address: str) -> None:
    """Log in as the demo's representative."""
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=username]", "rep")
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(f"{address}/")


def first_link(page: Page, start: str) -> str:
    """Return the address, without its query, of the first row of a list that leads below `start`."""
    link = page.locator(f"tbody a[href^='{start}']").first.get_attribute("href")
    return (link or start).partition("?")[0]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def demo() -> Iterator[str]:
    """Run Kontor with a demo of its own; gives its address once all is well."""
    with tempfile.TemporaryDirectory(prefix="kontor-pictures-") as folder:
        port = free_port()
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{Path(folder) / 'kontor.sqlite3'}",
            "MEDIA_ROOT": str(Path(folder) / "media"),
            "PORT": str(port),
        }
        for name in ("ALLOWED_HOSTS", "DEBUG", "EMAIL_URL", "REDIS_URL"):
            environment.pop(name, None)
        command = [sys.executable, "manage.py", "up"]
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)  # noqa: S603 -- ourselves
        try:
            wait_until_well(f"http://localhost:{port}/health", process)
            yield f"http://localhost:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def wait_until_well(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the demo says that all is well."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 -- our own address
        except (urllib.error.URLError, OSError):
            time.sleep(1)
        else:
            return
    message = "The demo did not start."
    raise CommandError(message)
