"""The error log: what it lists and how an error is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from errorlog.models import ErrorRecord
from errorlog.services import log_error, mark_done, reopen
from tests.stories import MONDAY, a_client, a_user, days_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def rep() -> User:
    return a_user("platform_customer_service", name="Rita Rep")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def failed(client: Client | None, note: str = "No keys left", **fields: Any) -> ErrorRecord:
    values: dict[str, Any] = {"type": "key_list_empty", "dedupe_key": f"e{ErrorRecord.objects.count()}", **fields}
    return log_error(note=note, at=MONDAY, client=client, **values)


def test_the_same_failure_is_entered_once(hafen: Client) -> None:
    assert failed(hafen, dedupe_key="k") == failed(hafen, dedupe_key="k")


def test_done_is_a_moment_that_can_be_taken_back(hafen: Client, rep: User) -> None:
    entry = mark_done(failed(hafen), by=rep, at=days_later(1))
    assert (entry.is_done, entry.done_at) == (True, days_later(1))
    assert mark_done(entry, by=rep, at=days_later(2)).done_at == days_later(1)
    entry = reopen(entry, by=rep, at=days_later(3))
    assert (entry.is_done, entry.done_at) == (False, None)
    assert reopen(entry, by=rep, at=days_later(4)).history.count() == 3


def test_the_list_costs_the_same_with_one_and_with_three(hafen: Client, rep: User) -> None:
    browser = in_the_browser_of(rep)
    failed(hafen, reference="123456789", purchase_status="WPO")
    browser.get(reverse("errorlog:list"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("errorlog:list"))
    failed(None, reference="123456780", purchase_status="PAY")
    failed(hafen, item_number=2)
    with CaptureQueriesContext(connection) as three:
        assert "3</strong> errors" in browser.get(reverse("errorlog:list")).content.decode()
    assert len(three) == len(one)
    assert len(three) <= 12


def test_all_columns_are_there(hafen: Client, rep: User) -> None:
    entry = failed(
        hafen, type="key_generation", reference="123456789", purchase_status="WPO", item_number=7, note="<i>broken</i>"
    )
    page = in_the_browser_of(rep).get(reverse("errorlog:list")).content.decode()
    heads = (
        "Created", "Error ID", "Type", "Reference", "Status", "Note", "Done", "Item", "Client handles", "Office",
    )  # fmt: skip
    for words in (*heads, "Key generation", "Purchase Order", "&lt;i&gt;broken", f"#{entry.pk}", ">7<", ">No<"):
        assert words in page


def test_done_is_set_in_the_row(hafen: Client, rep: User) -> None:
    entry = failed(hafen)
    browser, home = in_the_browser_of(rep), reverse("errorlog:list")
    assert 'aria-checked="false"' in browser.get(home).content.decode()
    done = browser.post(reverse("errorlog:done", args=[entry.pk]), {"form_key": "a", "next": home})
    assert (done.status_code, done["Location"]) == (302, home)
    entry.refresh_from_db()
    assert entry.is_done
    assert 'aria-checked="true"' in browser.get(home, {"show": "done"}).content.decode()
    assert "No errors" in browser.get(home).content.decode()
    page = browser.get(reverse("errorlog:detail", args=[entry.pk])).content.decode()
    assert "Rita Rep" in page
    browser.post(reverse("errorlog:reopen", args=[entry.pk]), {"form_key": "b", "next": home})
    entry.refresh_from_db()
    assert not entry.is_done


@pytest.mark.parametrize("asked", ["keys", "123456789", "#{pk}", "{pk}"])
def test_the_bar_finds_by_note_reference_and_number(hafen: Client, rep: User, asked: str) -> None:
    failed(hafen, "Mailbox full", type="email_delivery", reference="987650000")
    entry = failed(hafen, reference="123456789")
    browser = in_the_browser_of(rep)
    ErrorRecord.objects.filter(pk=entry.pk).update(note="No keys left")
    found = browser.get(reverse("errorlog:list"), {"q": asked.format(pk=entry.pk)}).content.decode()
    assert "No keys left" in found
    assert "Mailbox full" not in found
    found = browser.get(reverse("errorlog:list"), {"type": "email_delivery"}).content.decode()
    assert "No keys left" not in found


def test_who_may_not_see_errors_does_not(hafen: Client) -> None:
    entry = failed(hafen)
    for role in ("client_admin", "client_support", "client_sales"):
        browser = in_the_browser_of(a_user(role, hafen))
        assert browser.get(reverse("errorlog:list")).status_code == 403
        assert browser.post(reverse("errorlog:done", args=[entry.pk])).status_code == 403
