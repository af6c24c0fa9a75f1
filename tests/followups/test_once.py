"""Of two clicks at the same moment the second gets what the first made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connections, transaction

from followups.models import FollowUp
from followups.services import About, Details, add_follow_up, continue_follow_up
from tests.stories import MONDAY, a_client, a_user, days_later

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Client, User

CALL = Details("customer", "Call back", "Call them", days_later(1))


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep(hafen: Client) -> User:
    return a_user("client_support", hafen)


def twice(click: Callable[[], FollowUp]) -> list[FollowUp]:
    """Click, and click again while the first is still on its way."""
    done: list[FollowUp] = []

    def again() -> None:
        try:
            done.append(click())
        finally:
            connections.close_all()

    thread = threading.Thread(target=again)
    with transaction.atomic():
        done.append(click())
        thread.start()
        thread.join(timeout=1)
    thread.join(timeout=60)
    return done


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_add_one_and_continue_one(hafen: Client, rep: User) -> None:
    def add() -> FollowUp:
        return add_follow_up(hafen, about=About(), details=CALL, by=rep, at=MONDAY, dedupe_key="form:a")

    first, second = twice(add)
    assert (second, FollowUp.objects.count()) == (first, 1)
    following, known = twice(lambda: continue_follow_up(first, details=CALL, by=rep, at=MONDAY, dedupe_key="form:b"))
    assert (known, known.previous, FollowUp.objects.count()) == (following, first, 2)


@pytest.mark.django_db
def test_what_the_database_refuses_for_another_reason_is_no_second_click(hafen: Client, rep: User) -> None:
    nameless = About(link="/mail/")
    with pytest.raises(IntegrityError):
        add_follow_up(hafen, about=nameless, details=CALL, by=rep, at=MONDAY, dedupe_key="form:c")
    assert not FollowUp.objects.exists()
