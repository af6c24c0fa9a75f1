"""Views of a list under names of one's own: saved, opened, renamed, deleted; nobody else sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client as Browser

from accounts.models import SavedView
from accounts.services.lists import LONGEST_QUERY, MOST_VIEWS, delete_view, rename_view, save_view
from core.refused import Refused
from tests.stories import MONDAY, a_client, a_user

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
LIST = "/purchases/?show=open&status=WPO"


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rita() -> User:
    return a_user("platform_customer_service", name="Rita")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def a_view(user: User, name: str = "Overdue", query: str = "show=overdue") -> SavedView:
    return save_view(page="purchases:list", name=name, query=query, by=user, at=MONDAY)


def test_a_view_is_saved_from_the_list_and_opens_it_again(rita: User) -> None:
    browser = in_the_browser_of(rita)
    assert "only you see the view" in browser.get("/accounts/views/save/", {"next": LIST}).content.decode()
    passing = f"{LIST}&after=x&preview=123&unfold=1&q="
    answer = browser.post("/accounts/views/save/", {"next": passing, "name": "Accepted"})
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert SavedView.objects.values_list("user", "page", "name", "query").get() == (
        rita.pk,
        "purchases:list",
        "Accepted",
        "show=open&status=WPO",
    )
    for path, is_current in ((LIST, True), ("/purchases/?status=WPO&show=open", True), ("/purchases/", False)):
        assert [(view["name"], view["link"], view["is_current"]) for view in browser.get(path).context["views"]] == [
            ("Accepted", LIST, is_current)
        ]
    assert browser.get("/purchases/review/").context["views"] == []
    assert in_the_browser_of(a_user("auditor")).get("/purchases/").context["views"] == []


def test_a_name_used_again_stands_for_the_new_search(rita: User) -> None:
    a_view(rita, "Mine", "show=open")
    a_view(rita, "Mine", "show=paid")
    assert list(SavedView.objects.values_list("query", flat=True)) == ["show=paid"]


def test_a_name_is_needed(rita: User) -> None:
    answer = in_the_browser_of(rita).post("/accounts/views/save/", {"next": LIST, "name": " "})
    assert (answer.status_code, SavedView.objects.count()) == (422, 0)


def test_too_long_and_too_many_are_refused(rita: User) -> None:
    with pytest.raises(Refused, match="too long"):
        a_view(rita, query="q=" + "a" * LONGEST_QUERY)
    SavedView.objects.bulk_create(
        SavedView(user=rita, page="purchases:list", name=str(number), created_at=MONDAY) for number in range(MOST_VIEWS)
    )
    with pytest.raises(Refused, match="delete one first"):
        a_view(rita)
    a_view(rita, "7", "show=paid")
    answer = in_the_browser_of(rita).post("/accounts/views/save/", {"next": LIST, "name": "One more"})
    assert (answer.status_code, "delete one first" in answer.content.decode()) == (422, True)


def test_views_are_renamed_and_deleted(rita: User) -> None:
    view, other = a_view(rita), a_view(rita, "Paid", "show=paid")
    browser = in_the_browser_of(rita)
    assert 'value="Overdue"' in browser.get(f"/accounts/views/{view.pk}/rename/").content.decode()
    taken = browser.post(f"/accounts/views/{view.pk}/rename/", {"name": "Paid"})
    assert (taken.status_code, "You have a view called Paid already." in taken.content.decode()) == (422, True)
    done = browser.post(f"/accounts/views/{view.pk}/rename/", {"name": "Late"})
    assert (done.status_code, done["Location"]) == (302, "/purchases/")
    view.refresh_from_db()
    assert view.name == "Late"
    assert "Only the name" in browser.get(f"/accounts/views/{view.pk}/delete/").content.decode()
    gone = browser.post(f"/accounts/views/{view.pk}/delete/", {"next": LIST})
    assert (gone["Location"], list(SavedView.objects.all())) == (LIST, [other])
    assert "View Late deleted." in browser.get(LIST).content.decode()


def test_another_persons_view_does_not_exist(rita: User) -> None:
    view, tom = a_view(rita), a_user("platform_admin")
    browser = in_the_browser_of(tom)
    for act in ("rename", "delete"):
        assert browser.get(f"/accounts/views/{view.pk}/{act}/").status_code == 404
        assert browser.post(f"/accounts/views/{view.pk}/{act}/", {"name": "Mine"}).status_code == 404
    with pytest.raises(SavedView.DoesNotExist):
        rename_view(view, name="Mine", by=tom)
    with pytest.raises(SavedView.DoesNotExist):
        delete_view(view, by=tom)


def test_only_lists_that_one_may_see_are_saved(hafen: Client) -> None:
    sales = in_the_browser_of(a_user("client_sales", hafen))
    assert sales.get("/accounts/views/save/", {"next": "/errors/"}).status_code == 403
    assert sales.get("/accounts/views/save/", {"next": "/accounts/settings/"}).status_code == 404
