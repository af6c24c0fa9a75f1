"""A client, its representative, and a day on which its first orders are overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser

from tests.stories import a_client, a_user, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User


@pytest.fixture
def forty_days_later() -> Iterator[None]:
    with time_machine.travel(days_later(40), tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep(hafen: Client) -> User:
    return a_user("client_support", hafen, name="Rita Rep")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser
