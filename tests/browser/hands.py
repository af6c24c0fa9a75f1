"""What a person's hands do in a browser story."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.test import Client as Browser
from django.utils import timezone
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import expect

from tests.stories import a_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from playwright.sync_api import ConsoleMessage, Locator, Page

    from accounts.models import User

MOST_STEPS = 40
SOON = 10_000
"""Milliseconds in which a page of ours is there even on a busy machine."""
MOUSE = "addEventListener('pointerdown', () => console.error('Somebody took the mouse.'), true)"
REFUSED = "422"
"""How the console tells of a form that was refused."""
OVERTAKEN = ("htmx:sendAbort", "htmx:afterRequest")
"""How the console tells that a preview was still asked for when the person went on to the next page."""
log = logging.getLogger(__name__)


def turn_page(page: Page, button: str) -> None:
    """Press a button that brings another page with the same fields, without scripts, and wait for that page.

    On a busy machine the browser now and then does nothing at all; a person presses again.
    """
    pressed = page.get_by_role("button", name=button)
    try:
        with page.expect_navigation(timeout=SOON):
            pressed.press("Enter")
    except TooLate:
        with page.expect_navigation():
            pressed.press("Enter")


def problems_of(page: Page, *expected: str) -> list[str]:
    """Return what goes wrong in a tab from now on, unseen by the person: errors of scripts and on the console.

    What contains one of the texts `expected`, and a question that the next page overtook, is no problem.
    """
    problems: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in (*OVERTAKEN, *expected)):
            problems.append(message.text)

    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", hear)
    return problems


def press(page: Page, *keys: str) -> None:
    """Press keys one after the other once the page listens: its words can be read a little before that."""
    page.wait_for_load_state("domcontentloaded")
    for key in keys:
        page.keyboard.press(key)


class Hands:
    """Two hands on a keyboard, no mouse: counts what they press, and the seconds they wait for the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0
        self.waited = 0.0

    def press(self, *keys: str) -> None:
        """Press keys one after the other; a key with Control is one."""
        self._wait(self.page.wait_for_load_state, "domcontentloaded")
        for key in keys:
            self.page.keyboard.press(key)
        self.strokes += len(keys)

    def type(self, text: str) -> None:
        """Type a text, letter by letter."""
        self.page.keyboard.type(text)
        self.strokes += len(text)

    def overtype(self, text: str) -> None:
        """Type a text in place of what the field says."""
        self.press("Control+a")
        self.type(text)

    def paste(self, text: str) -> None:
        """Paste what was copied elsewhere: one key."""
        self.page.keyboard.insert_text(text)
        self.strokes += 1

    def reach(self, target: Locator, key: str = "Tab") -> None:
        """Press a key until the target has the focus."""
        self.see(target)
        for _ in range(MOST_STEPS):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.press(key)
        raise AssertionError(f"{MOST_STEPS} times {key} did not lead to {target}")

    def open(self, target: Locator, key: str = "Tab") -> None:
        """Go to a link or a button by keys, and press Enter on it."""
        self.reach(target, key)
        self.press("Enter")

    def see(self, what: str | Locator, text: str | None = None) -> None:
        """Wait until a text, or a place, or a text in a place is to be seen."""
        place = self.page.get_by_text(what).first if isinstance(what, str) else what
        self._wait(expect(place).to_be_visible)
        if text is not None:
            self._wait(expect(place).to_contain_text, text)

    def _wait(self, until: Callable[..., Any], *arguments: str) -> None:
        start = perf_counter()
        until(*arguments)
        self.waited += perf_counter() - start


class Desk:
    """A representative's desk: the page, the hands at it, and the story's bound of keys."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.hands = Hands(page)

    def sit(self, user: User, path: str = "/") -> Hands:
        """Log in, and have a page open when the phone rings."""
        browser = Browser()
        browser.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        self.page.context.add_cookies([{"name": name, "value": browser.cookies[name].value, "url": self.url}])
        self.page.goto(f"{self.url}{path}")
        return self.hands


def fits(page: Page) -> bool:
    """Whether nothing sticks out at the side of the page that is here or on its way."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@contextmanager
def a_desk(page: Page, url: str, story: str) -> Iterator[Desk]:
    """Have a desk at which nothing goes wrong unseen and nobody has a mouse.

    The story's figures are logged: `--log-cli-level=INFO` shows them.
    """
    problems = problems_of(page)
    page.add_init_script(MOUSE)
    page.set_viewport_size({"width": 1440, "height": 900})
    desk = Desk(page, url)
    yield desk
    page.close()
    log.info("%s: %d keys, %.1f s of waiting", story, desk.hands.strokes, desk.hands.waited)
    assert problems == [], problems


def look_up(hands: Hands, words: str, hit: str, *, steps: int = 1, key: str = "ArrowDown") -> None:
    """Find something by the box that is on every page, and open the hit that is so many steps down, or up."""
    hands.press("/")
    hands.type(words)
    hands.see(f"All hits for “{words}”")
    hands.see(hands.page.get_by_role("option").filter(has_text=hit).first)
    hands.press(*[key] * steps, "Enter")


def take_call(
    desk: Desk, words: str, shown: str, *, hit: str = "", role: str = "platform_customer_service", steps: int = 1
) -> Hands:
    """Sit down, look up what the caller says, and have the page open whose heading is `shown`."""
    hands = desk.sit(a_user(role))
    look_up(hands, words, hit or shown, steps=steps)
    hands.see(desk.page.locator("h1"), shown)
    return hands


def days_ago(days: int) -> datetime:
    """The same hour, some days ago."""
    return timezone.now() - timedelta(days=days)
