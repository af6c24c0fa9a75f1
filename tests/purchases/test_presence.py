"""Who else has a purchase open: noted by looking, told in the viewer and in the list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser

from purchases.models import Presence
from purchases.selectors.presence import open_sentence, open_with_others
from purchases.services.presence import look_at
from purchases.tasks import forget_presences
from tests.stories import MONDAY, a_client, a_user, a_waiting_po

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rita() -> User:
    return a_user("platform_customer_service", name="Rita")


@pytest.fixture
def tom() -> User:
    return a_user("platform_customer_service", name="Tom")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def test_who_looks_is_noted_and_told_to_others_for_a_minute(hafen: Client, rita: User, tom: User) -> None:
    purchase, other = a_waiting_po(hafen), a_waiting_po(hafen)
    assert look_at(purchase, by=rita, at=MONDAY) == []
    assert look_at(purchase, by=tom, at=MONDAY + timedelta(seconds=59)) == ["Rita"]
    assert look_at(purchase, by=rita, at=MONDAY + timedelta(seconds=59)) == ["Tom"]
    shown = open_with_others([purchase, other], user=tom, at=MONDAY + timedelta(seconds=60))
    assert shown == {purchase.pk: ["Rita"]}
    assert look_at(purchase, by=a_user("auditor"), at=MONDAY + timedelta(seconds=120)) == []


def test_who_looks_at_a_purchase_between_those_of_a_page_is_not_told_there(hafen: Client, rita: User) -> None:
    first, between, last = (a_waiting_po(hafen) for _ in range(3))
    nameless = a_user("auditor", name="")
    for looking, purchase in ((rita, between), (rita, last), (nameless, last)):
        look_at(purchase, by=looking, at=MONDAY)
    shown = open_with_others([first, last], user=a_user("platform_finance"), at=MONDAY)
    assert shown == {last.pk: [nameless.username, "Rita"]}


def test_looking_often_writes_seldom(hafen: Client, rita: User) -> None:
    purchase = a_waiting_po(hafen)
    for seconds in (0, 5, 14):
        look_at(purchase, by=rita, at=MONDAY + timedelta(seconds=seconds))
    assert Presence.objects.get().seen_at == MONDAY
    look_at(purchase, by=rita, at=MONDAY + timedelta(seconds=15))
    assert Presence.objects.get().seen_at == MONDAY + timedelta(seconds=15)


def test_what_was_closed_is_forgotten_by_the_worker(hafen: Client, rita: User, tom: User) -> None:
    closed, other = a_waiting_po(hafen), a_waiting_po(hafen)
    look_at(closed, by=rita, at=MONDAY)
    look_at(closed, by=tom, at=MONDAY + timedelta(minutes=4, seconds=30))
    look_at(other, by=rita, at=MONDAY + timedelta(minutes=5))
    with time_machine.travel(MONDAY + timedelta(minutes=5), tick=False):
        assert (forget_presences(), forget_presences()) == (1, 0)
    kept = {(presence.purchase_id, presence.user_id) for presence in Presence.objects.all()}
    assert kept == {(closed.pk, tom.pk), (other.pk, rita.pk)}


def test_the_sentence() -> None:
    assert open_sentence([]) == ""
    assert open_sentence(["Rita"]) == "Rita has this open"
    assert open_sentence(["Ann", "Rita", "Tom"]) == "Ann, Rita and Tom have this open"


def test_the_viewer_and_the_list_say_it(hafen: Client, rita: User, tom: User) -> None:
    purchase = a_waiting_po(hafen)
    viewer, said = f"/purchases/{purchase.reference}/", "Rita has this open"
    with time_machine.travel(MONDAY, tick=False):
        assert said not in in_the_browser_of(rita).get(viewer).content.decode()
        others = in_the_browser_of(tom)
        assert [
            said in others.get(path).content.decode() for path in (viewer, f"{viewer}presence/", "/purchases/")
        ] == [
            True,
            True,
            True,
        ]
        assert said not in in_the_browser_of(rita).get("/purchases/").content.decode()
    with time_machine.travel(MONDAY + timedelta(minutes=2), tick=False):
        assert [said in others.get(path).content.decode() for path in (viewer, "/purchases/")] == [False, False]


def test_a_stranger_does_not_look(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    stranger = in_the_browser_of(a_user("client_admin", a_client("nordlicht")))
    assert stranger.get(f"/purchases/{purchase.reference}/presence/").status_code == 404
    assert Presence.objects.count() == 0
