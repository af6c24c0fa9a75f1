"""The login: who tries passwords is soon stopped, and learns nothing by it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser

from accounts.models import LoginAttempt
from accounts.services import ATTEMPTS_COUNT_FOR, MOST_ATTEMPTS
from tests.stories import MONDAY, a_user

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
RIGHT = "a long enough password"


@pytest.fixture
def ada() -> User:
    return a_user("platform_admin", username="ada")


def try_in(
    username: str, password: str, *, address: str = "192.0.2.1", after: timedelta = timedelta()
) -> tuple[int, str]:
    """One try in a fresh browser, some time after Monday morning."""
    with time_machine.travel(MONDAY + after, tick=False):
        answer = Browser(REMOTE_ADDR=address).post(
            "/accounts/login/", {"username": username, "password": password, "next": "/purchases/"}
        )
    return answer.status_code, answer.content.decode()


def guess(username: str, times: int = MOST_ATTEMPTS) -> list[int]:
    return [try_in(username, f"guess {number}")[0] for number in range(times)]


def test_after_ten_wrong_passwords_even_the_right_one_waits_its_time(ada: User) -> None:
    assert guess("ada") == [422] * MOST_ATTEMPTS
    status, text = try_in("ada", RIGHT, after=timedelta(minutes=5))
    assert (status, "Too many wrong passwords. Try again in 10 minutes." in text) == (429, True)
    assert 'value="ada"' in text
    assert try_in("ada", RIGHT, after=ATTEMPTS_COUNT_FOR)[0] == 302


def test_asking_again_while_it_is_closed_makes_it_no_longer(ada: User) -> None:
    guess("ada")
    for minutes in range(1, 15):
        assert try_in("ada", "guess", after=timedelta(minutes=minutes))[0] == 429
    assert "in 1 minute." in try_in("ada", "guess", after=timedelta(minutes=14))[1]
    assert try_in("ada", RIGHT, after=ATTEMPTS_COUNT_FOR)[0] == 302


@pytest.mark.parametrize("written", ["ADA", " ada ", "\N{FULLWIDTH LATIN SMALL LETTER A}da"])
def test_another_spelling_gives_no_further_tries(ada: User, written: str) -> None:
    guess("ada")
    assert try_in(written, RIGHT)[0] == 429


def test_a_name_that_does_not_exist_is_answered_alike(ada: User) -> None:
    assert guess("ada", MOST_ATTEMPTS + 1) == guess("nobody", MOST_ATTEMPTS + 1)
    known, unknown = try_in("ada", "guess")[1], try_in("nobody", "guess")[1]
    assert ("Try again in 15 minutes." in known, "Try again in 15 minutes." in unknown) == (True, True)


def test_the_person_elsewhere_is_not_kept_out_by_it(ada: User) -> None:
    guess("ada")
    assert try_in("ada", RIGHT, address="198.51.100.7")[0] == 302
    a_user("platform_admin", username="bob")
    assert try_in("bob", RIGHT)[0] == 302


def test_who_comes_in_starts_again_from_nothing(ada: User) -> None:
    guess("ada", MOST_ATTEMPTS - 1)
    assert try_in("ada", RIGHT)[0] == 302
    assert not LoginAttempt.objects.exists()
    assert guess("ada") == [422] * MOST_ATTEMPTS


def test_a_form_half_filled_in_is_no_try_and_old_tries_are_thrown_away(ada: User) -> None:
    assert [try_in("ada", "")[0], try_in("", "guess")[0]] == [422, 422]
    assert not LoginAttempt.objects.exists()
    guess("ada", 3)
    try_in("bob", "guess", after=ATTEMPTS_COUNT_FOR)
    assert LoginAttempt.objects.count() == 1


def test_nothing_readable_is_kept_of_a_try() -> None:
    try_in("my secret password", "\x00")
    assert "secret" not in str(LoginAttempt.objects.values().get())


def test_the_session_is_a_new_one_after_the_login(ada: User) -> None:
    browser = Browser()
    session = browser.session
    session["planted"] = "by a stranger"
    session.save()
    before = session.session_key
    browser.post("/accounts/login/", {"username": "ada", "password": RIGHT})
    assert browser.session.session_key != before
