"""The pages of endpoints: adding, changing, testing, the log, one notification, retrying."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from mailing.models import Endpoint, Notification
from mailing.services.notify import secret_of
from mailing.states import Delivery
from tests.mailing.listener import Listener, listens, works
from tests.mailing.test_notifications import FAR, far_endpoint, listener, told
from tests.stories import MONDAY, a_client, a_released_po, a_user, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

__all__ = ["listener"]
pytestmark = pytest.mark.django_db

LIST = "/mail/endpoints/"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client()


@pytest.fixture
def desk(hafen: Client) -> Browser:
    return in_the_browser_of(a_user("client_admin", hafen, name="Elbe Admin"))


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(browser: Browser, link: str, **query: str) -> str:
    answer = browser.get(link, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def link_of(endpoint: Endpoint, act: str = "") -> str:
    return f"{LIST}{endpoint.pk}/{act}"


def shown_secret(text: str) -> str:
    found = re.search(r'id="endpoint-secret"[^>]*value="([^"]+)"', text)
    return found[1] if found else ""


def test_an_admin_adds_an_endpoint_and_sees_its_secret_once(hafen: Client, desk: Browser, settings: object) -> None:
    settings.LOCAL_ENDPOINTS = True  # type: ignore[attr-defined]
    assert "No endpoints yet" in page(desk, LIST)
    assert "Add endpoint" in page(desk, f"{LIST}add/")
    said = {"url": "http://127.0.0.1:9/kontor", "events": ["paid", "dunned"], "form_key": "k1"}
    answer = desk.post(f"{LIST}add/", said)
    endpoint = Endpoint.objects.get()
    assert answer.headers["Location"] == link_of(endpoint)
    first = desk.get(link_of(endpoint))
    assert shown_secret(first.content.decode()) == secret_of(endpoint)
    assert "no-store" in first.headers["Cache-Control"]
    assert shown_secret(page(desk, link_of(endpoint))) == ""
    assert desk.post(f"{LIST}add/", said).headers["Location"] == LIST, "a second click"
    assert "Paid, Dunned" in page(desk, LIST)
    desk.post(f"{LIST}add/", {**said, "form_key": "k2"})
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"events": ["paid"]}, "Enter the address that is to be told, starting with https://."),
        ({"url": "http://in.hafen.example", "events": ["paid"]}, "The address has to start with https://"),
        ({"url": "https://10.0.0.1/", "events": ["paid"]}, "leads into a private network; it is not called."),
        ({"url": "https://169.254.169.254/", "events": ["paid"]}, "leads into a private network; it is not called."),
        ({"url": "https://93.184.216.34/"}, "Choose at least one event."),
    ],
)
def test_bad_input_is_a_sentence_and_nothing_is_lost(desk: Browser, said: dict[str, str], sentence: str) -> None:
    answer = desk.post(f"{LIST}add/", said)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert said.get("url", "") in text
    assert not Endpoint.objects.exists()


def test_what_the_service_refuses_stands_above_the_form(hafen: Client, desk: Browser, settings: object) -> None:
    settings.LOCAL_ENDPOINTS = True  # type: ignore[attr-defined]
    said = {"url": "http://127.0.0.1:9/", "events": ["paid"]}
    desk.post(f"{LIST}add/", said)
    answer = desk.post(f"{LIST}add/", said)
    assert (answer.status_code, "This address is there already" in answer.content.decode()) == (422, True)


def test_with_all_clients_the_platform_says_whose_it_is(hafen: Client, settings: object) -> None:
    settings.LOCAL_ENDPOINTS = True  # type: ignore[attr-defined]
    browser = in_the_browser_of(a_user("platform_admin"))
    assert f'<option value="{hafen.pk}">' in page(browser, f"{LIST}add/")
    browser.post(f"{LIST}add/", {"url": "http://127.0.0.1:9/", "events": ["paid"], "client": hafen.pk})
    assert Endpoint.objects.get().client == hafen


def test_an_endpoint_is_changed_and_switched_off(hafen: Client, desk: Browser) -> None:
    endpoint = far_endpoint(hafen)
    assert FAR in page(desk, link_of(endpoint, "edit/"))
    Endpoint.objects.update(url="https://93.184.216.34/in")
    desk.post(link_of(endpoint, "edit/"), {"url": "https://93.184.216.34/in", "events": ["paid"]})
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.events) == (False, ["paid"])
    assert "Switched off: it is told nothing." in page(desk, link_of(endpoint))
    assert "switch it on first" in page(desk, link_of(endpoint, "test/"))


def test_an_endpoint_whose_name_is_gone_is_switched_off_but_not_on(hafen: Client, desk: Browser) -> None:
    endpoint = far_endpoint(hafen)
    gone = f"https://{'n' * 64}.example/"  # no name of a host: labels end at 63
    Endpoint.objects.update(url=gone)
    said = {"url": gone, "events": ["paid"]}
    assert desk.post(link_of(endpoint, "edit/"), said).status_code == 302
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    answer = desk.post(link_of(endpoint, "edit/"), {**said, "is_active": "on"})
    assert (answer.status_code, "is unknown" in answer.content.decode()) == (422, True)


def test_a_new_secret_is_shown_once_to_whoever_made_it(hafen: Client, desk: Browser) -> None:
    endpoint = far_endpoint(hafen)
    before = secret_of(endpoint)
    assert "the previous one, too" in page(desk, link_of(endpoint, "secret/"))
    desk.post(link_of(endpoint, "secret/"))
    endpoint.refresh_from_db()
    other = in_the_browser_of(a_user("client_admin", hafen))
    assert shown_secret(page(other, link_of(endpoint))) == ""
    text = page(desk, link_of(endpoint))
    assert shown_secret(text) == secret_of(endpoint)
    assert secret_of(endpoint) != before
    assert "signs along until" in text
    assert shown_secret(page(desk, link_of(endpoint))) == ""


def test_a_test_event_shows_what_came_of_it(hafen: Client, desk: Browser, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    assert "signed like every other" in page(desk, link_of(endpoint, "test/"))
    desk.post(link_of(endpoint, "test/"))
    row = Notification.objects.get()
    told_page = reverse("mailing:notification", args=[endpoint.pk, row.pk])
    assert 'hx-trigger="every 2s"' in page(desk, link_of(endpoint))
    assert 'hx-trigger="every 2s"' in page(desk, told_page)
    listener.answers = [(418, b"I am <b>short</b> and stout")]
    works()
    text = page(desk, told_page)
    assert "Answered with status 418." in text
    assert "I am &lt;b&gt;short&lt;/b&gt; and stout" in text
    assert "&quot;sent_by&quot;: &quot;Elbe Admin&quot;" in text
    assert "hx-trigger" not in page(desk, link_of(endpoint)).split('id="endpoint-now"')[1].split(">")[0]


def test_failed_ones_are_retried_one_by_one_or_all(hafen: Client, desk: Browser, listener: Listener) -> None:
    endpoint = listens(hafen, listener.url)
    for key in ("1", "2"):
        told(hafen, key=key)
    Notification.objects.update(status=Delivery.FAILED, next_attempt_at=None, ended_at=MONDAY, problem="Down.")
    Endpoint.objects.update(failing_since=days_later(-3), told_at=days_later(-1))
    text = page(desk, link_of(endpoint))
    assert ("2 notifications failed." in text, "for more than 48 hours" in text) == (True, True)
    one = Notification.objects.order_by("pk")[0]
    retry = reverse("mailing:notification_retry", args=[endpoint.pk, one.pk])
    assert "the body and its event id stay the same" in page(desk, retry).lower()
    desk.post(retry)
    assert "Retry all failed" in page(desk, link_of(endpoint))
    assert "Failed notifications: 1." in page(desk, link_of(endpoint, "retry/"))
    desk.post(link_of(endpoint, "retry/"))
    works()
    assert set(Notification.objects.values_list("status", flat=True)) == {Delivery.SENT}
    assert "not possible in status Delivered" in page(desk, retry)
    assert "retry" in page(desk, reverse("mailing:notification", args=[endpoint.pk, one.pk])).lower()


def test_the_log_is_narrowed_by_event_reference_and_status(hafen: Client, desk: Browser) -> None:
    endpoint = far_endpoint(hafen)
    purchase = a_released_po(hafen)
    told(hafen, key="1")
    link = link_of(endpoint)
    rows = [
        len(re.findall("<tr data-row", page(desk, link, **query)))
        for query in (
            {},
            {"event": "released"},
            {"reference": purchase.reference},
            {"reference": "100000017"},
            {"show": "waiting"},
            {"show": "failed"},
        )
    ]
    assert rows == [3, 1, 2, 1, 3, 0]
    Notification.objects.update(attempts=2, next_attempt_at=days_later(1), problem="Down.")
    assert ("attempt 3" in page(desk, link), "Down." in page(desk, link)) == (True, True)
    Endpoint.objects.update(failing_since=MONDAY - timedelta(hours=1))
    assert "What waits is tried again by itself." in page(desk, link)
    assert ">Failing<" in page(desk, LIST)


def test_as_many_queries_for_three_as_for_one(hafen: Client, desk: Browser) -> None:
    def queries(link: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(link).status_code == 200
        return len(asked)

    endpoint = far_endpoint(hafen)
    told(hafen, key="1")
    before = queries(LIST), queries(link_of(endpoint))
    for number in range(2):
        told(hafen, key=f"more {number}")
        Endpoint.objects.create(
            client=hafen, url=f"{FAR}/{number}", key_id="k", created_at=MONDAY, created_by=endpoint.created_by
        )
    assert (queries(LIST), queries(link_of(endpoint))) == before


def test_only_admins_set_it_up_and_only_their_own(hafen: Client) -> None:
    endpoint = far_endpoint(hafen)
    told(hafen)
    row = Notification.objects.get()
    support = in_the_browser_of(a_user("client_support", hafen))
    stranger = in_the_browser_of(a_user("client_admin", a_client("other")))
    for link in (link_of(endpoint), link_of(endpoint, "secret/"), f"{LIST}{endpoint.pk}/{row.pk}/"):
        assert (support.get(link).status_code, stranger.get(link).status_code) == (403, 404)
    assert FAR not in page(stranger, LIST)
    another = Endpoint.objects.create(
        client=hafen, url=f"{FAR}/2", key_id="k", created_at=MONDAY, created_by=endpoint.created_by
    )
    admin = in_the_browser_of(endpoint.created_by)
    assert admin.get(f"{LIST}{another.pk}/{row.pk}/").status_code == 404
    assert "Notifications" in page(admin, LIST)
