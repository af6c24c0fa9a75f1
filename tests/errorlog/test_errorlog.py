"""The error log: what it lists and how an error is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Office
from core.refused import Refused
from errorlog.models import ErrorRecord
from errorlog.services import edit_error, log_error, mark_done, reopen, retry_error, settle_errors
from purchases.models import LicenseKey
from purchases.services.delivery import add_keys
from tests.stories import MONDAY, a_client, a_released_po, a_user, days_later, the_product

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
    entry = failed(hafen, dedupe_key="k")
    assert failed(hafen, dedupe_key="k", next_try_at=days_later(1)) == entry
    assert (entry.history.count(), ErrorRecord.objects.get().next_try_at) == (1, days_later(1))


def test_what_is_new_about_an_open_failure_is_added(hafen: Client) -> None:
    failed(hafen, "Status 503", dedupe_key="k")
    entry = failed(hafen, "No answer", dedupe_key="k", purchase_status="PAY")
    failed(hafen, "Status 503", dedupe_key="k")
    assert (entry.note, entry.purchase_status, entry.created_at) == ("No answer\nStatus 503", "PAY", MONDAY)
    assert entry.history.first().history_change_reason == "failed in another way"


def test_the_same_failure_after_it_was_done_opens_it_again(hafen: Client, rep: User) -> None:
    entry = mark_done(failed(hafen, dedupe_key="k"), by=rep, at=days_later(1))
    again = log_error(type=entry.type, note="No keys left", at=days_later(2), client=hafen, dedupe_key="k")
    assert (again.pk, again.is_done, again.done_at) == (entry.pk, False, None)
    assert (again.created_at, again.note) == (days_later(2), "No keys left")
    reasons = again.history.order_by("history_id").values_list("history_change_reason", flat=True)
    assert list(reasons) == ["failed", "done", "happened again"]


def test_what_is_over_is_done_and_not_tried_again(hafen: Client, rep: User) -> None:
    failed(hafen, dedupe_key="open", next_try_at=days_later(1))
    mark_done(failed(hafen, dedupe_key="ticked", next_try_at=days_later(1)), by=rep, at=MONDAY)
    failed(hafen, dedupe_key="other")
    settle_errors("open", "ticked", "unknown", by=None, at=days_later(2), note="there")
    rows = ErrorRecord.objects.order_by("pk").values_list("dedupe_key", "done_at", "next_try_at")
    assert list(rows) == [("open", days_later(2), None), ("ticked", MONDAY, None), ("other", None, None)]


def test_note_and_office_are_changed_with_history(hafen: Client, rep: User) -> None:
    entry, berlin = failed(hafen), Office.objects.create(name="Berlin")
    entry = edit_error(entry, note="Asked the client", office=None, by=rep, at=MONDAY)
    entry = edit_error(entry, note="Asked the client", office=berlin, by=rep, at=MONDAY)
    entry = edit_error(entry, note="Asked the client", office=berlin, by=rep, at=MONDAY)
    entry = edit_error(entry, note="Asked the client", office=None, by=rep, at=MONDAY)
    reasons = entry.history.order_by("history_id").values_list("history_change_reason", flat=True)
    assert list(reasons) == ["failed", "note changed", "given to Berlin", "given to no office"]
    theirs = Office.objects.create(name="Elsewhere", client=a_client("other"))
    with pytest.raises(Refused, match="office of another client"):
        edit_error(entry, note="x", office=theirs, by=rep, at=MONDAY)


def test_only_keys_are_tried_again(hafen: Client, rep: User) -> None:
    with pytest.raises(Refused, match="can't be tried again from here"):
        retry_error(failed(hafen, type="payment"), by=rep, at=MONDAY)
    orphan = retry_error(failed(hafen, reference="000000000", item_number=1), by=rep, at=MONDAY)
    assert not orphan.is_done


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
    assert len(three) <= 13


def test_all_columns_are_there(hafen: Client, rep: User) -> None:
    entry = failed(
        hafen, type="key_generation", reference="123456789", purchase_status="WPO", item_number=7, note="<i>broken</i>"
    )
    page = in_the_browser_of(rep).get(reverse("errorlog:list")).content.decode()
    heads = (
        "Created", "Error ID", "Type", "Reference", "Status", "Note", "Done", "Item", "Client handles", "Office",
        ">Client<",
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


def test_the_client_is_a_column_and_a_filter_only_for_all_clients(hafen: Client, rep: User) -> None:
    failed(hafen, "Of Hafen")
    failed(a_client("other"), "Of Other")
    browser, home = in_the_browser_of(rep), reverse("errorlog:list")
    found = browser.get(home, {"client": hafen.pk}).content.decode()
    assert ("Of Hafen" in found, "Of Other" in found) == (True, False)
    browser.post(reverse("accounts:client"), {"client": hafen.pk, "next": "/"})
    found = browser.get(home).content.decode()
    assert ("Of Hafen" in found, "Of Other" in found, 'name="client"' in found.split("filterbar")[1]) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({"day_from": "2026-03-02", "day_to": "2026-03-02"}, True),
        ({"day_from": "2026-03-03"}, False),
        ({"day_to": "2026-03-01"}, False),
        ({"day_to": "9999-12-31"}, True),
        ({"day_from": "0001-01-01"}, True),
        ({"day_to": "0001-01-01"}, False),
        ({"day_to": "not a day"}, True),
    ],
)
def test_days_are_the_readers(rep: User, query: dict[str, str], *, is_found: bool) -> None:
    failed(None, "Midnight in Berlin")
    ErrorRecord.objects.update(created_at=MONDAY.replace(day=1, hour=23, minute=30))
    page = in_the_browser_of(rep).get(reverse("errorlog:list"), query).content.decode()
    assert ("Midnight in Berlin" in page) is is_found


def test_the_office_is_a_filter(hafen: Client, rep: User) -> None:
    berlin = Office.objects.create(name="Berlin")
    edit_error(failed(hafen), note="For Berlin", office=berlin, by=rep, at=MONDAY)
    failed(hafen, "For nobody")
    page = in_the_browser_of(rep).get(reverse("errorlog:list"), {"office": berlin.pk}).content.decode()
    assert ("For Berlin" in page, "For nobody" in page) == (True, False)


def test_keys_and_what_clients_handle_have_their_tabs(hafen: Client, rep: User) -> None:
    failed(hafen, "Generator down", type="key_generation", client_handles=True)
    failed(hafen, "List empty")
    failed(hafen, "Charged back", type="payment")
    browser, home = in_the_browser_of(rep), reverse("errorlog:list")
    shown = {
        show: [
            words in browser.get(home, {"show": show}).content.decode() for words in ("Generator", "List", "Charged")
        ]
        for show in ("open", "keys", "client", "done")
    }
    assert shown == {
        "open": [True, True, True],
        "keys": [True, True, False],
        "client": [True, False, False],
        "done": [False, False, False],
    }


def test_done_can_be_undone_from_the_toast(hafen: Client, rep: User) -> None:
    entry = failed(hafen)
    browser, home = in_the_browser_of(rep), reverse("errorlog:list")
    page = browser.post(reverse("errorlog:done", args=[entry.pk]), {"form_key": "a", "next": home}, follow=True)
    undo = reverse("errorlog:reopen", args=[entry.pk])
    assert f'form="done" formaction="{undo}">Undo</button>' in page.content.decode()


def test_a_missing_key_is_retried_from_the_list(hafen: Client, rep: User) -> None:
    LicenseKey.objects.all().delete()
    purchase = a_released_po(hafen)
    entry, browser, home = ErrorRecord.objects.get(), in_the_browser_of(rep), reverse("errorlog:list")
    page = browser.get(home).content.decode()
    assert "Next try" in page
    assert reverse("errorlog:retry", args=[entry.pk]) in page
    answer = browser.post(reverse("errorlog:retry", args=[entry.pk]), {"form_key": "a", "next": home})
    assert (answer.status_code, "is still empty" in answer.content.decode()) == (422, True)
    add_keys(the_product(hafen), ["N-1"])
    answer = browser.post(reverse("errorlog:retry", args=[entry.pk]), {"form_key": "b", "next": home}, follow=True)
    assert "is done: nothing is missing any more." in answer.content.decode()
    assert LicenseKey.objects.get().item.purchase == purchase  # type: ignore[union-attr]


def test_a_generator_is_asked_within_a_minute(hafen: Client, rep: User) -> None:
    LicenseKey.objects.all().delete()
    hafen.products.update(generator_url="https://keys.example/")
    purchase = a_released_po(hafen)
    entry = failed(hafen, type="key_generation", reference=purchase.reference, item_number=1)
    browser = in_the_browser_of(rep)
    page = browser.post(reverse("errorlog:retry", args=[entry.pk]), {"form_key": "a"}, follow=True).content.decode()
    assert "the key generator is asked within a minute" in page
    assert "Not by itself any more" in page


def test_the_note_is_edited_in_a_dialog(hafen: Client, rep: User) -> None:
    entry, browser = failed(hafen), in_the_browser_of(rep)
    link = reverse("errorlog:edit", args=[entry.pk])
    assert "No keys left" in browser.get(link, headers={"HX-Request": "true"}).content.decode()
    assert browser.post(link, {"note": " ", "form_key": "a"}).status_code == 422
    page = browser.post(link, {"note": "Client asked", "form_key": "b"}, follow=True).content.decode()
    assert f"Error #{entry.pk} is saved." in page
    assert ErrorRecord.objects.get().note == "Client asked"


def test_many_are_done_or_retried_at_once_each_by_itself(hafen: Client, rep: User) -> None:
    LicenseKey.objects.all().delete()
    a_released_po(hafen)
    key, money = ErrorRecord.objects.get(), failed(hafen, type="payment")
    foreign, browser = failed(a_client("other"), "Of Other"), in_the_browser_of(rep)
    browser.post(reverse("accounts:client"), {"client": hafen.pk, "next": "/"})
    link, picks = reverse("errorlog:retry_many"), {"pick": [key.pk, money.pk, foreign.pk]}
    assert "1 of 2 can be tried again" in browser.get(link, picks).content.decode()
    add_keys(the_product(hafen), ["N-1"])
    page = browser.post(link, picks).content.decode()
    assert ("1 of 3 done" in page, "can&#x27;t be tried again" in page, "Not found." in page) == (True, True, True)
    link = reverse("errorlog:done_many")
    assert "2 errors leave the open ones." in browser.get(link, picks).content.decode()
    assert "3 of 3" not in browser.post(link, picks).content.decode()
    assert list(ErrorRecord.objects.order_by("pk").values_list("is_done", flat=True)) == [True, True, False]
    browser.post(reverse("errorlog:reopen", args=[key.pk]))
    page = browser.get(link, {"pick": [key.pk]}).content.decode()
    assert ("1 error leaves" in page, "A key that is owed is still owed" in page) == (True, True)
    assert "can be tried again" in browser.get(reverse("errorlog:retry_many"), {"pick": [key.pk]}).content.decode()


def test_many_are_given_to_an_office_at_once_but_not_to_another_clients(hafen: Client, rep: User) -> None:
    berlin = Office.objects.create(name="Berlin")
    theirs = Office.objects.create(name="Kiel", client=hafen)
    mine, foreign = failed(hafen), failed(a_client("other"))
    browser, link = in_the_browser_of(rep), reverse("errorlog:give_many")
    picks = {"pick": [mine.pk, foreign.pk]}
    assert "Berlin" in browser.get(link, picks).content.decode()
    assert "2 of 2 done" in browser.post(link, {**picks, "office": berlin.pk}).content.decode()
    page = browser.post(link, {**picks, "office": theirs.pk}).content.decode()
    assert ("1 of 2 done" in page, "office of another client" in page) == (True, True)
    assert list(ErrorRecord.objects.order_by("pk").values_list("office", "note")) == [
        (theirs.pk, "No keys left"),
        (berlin.pk, "No keys left"),
    ]
    assert "2 of 2 done" in browser.post(link, picks).content.decode()
    assert not ErrorRecord.objects.exclude(office=None).exists()


def test_the_purchase_shows_its_errors_to_those_who_may(hafen: Client, rep: User) -> None:
    LicenseKey.objects.all().delete()
    purchase = a_released_po(hafen)
    link = reverse("purchases:viewer", args=[purchase.reference])
    page = in_the_browser_of(rep).get(link, {"tab": "errors"}).content.decode()
    assert ("The key list of Hafen Pro (PRO) is empty." in page, "Next try" in page) == (True, True)
    other = a_released_po(a_client("other"))
    theirs = in_the_browser_of(rep).get(reverse("purchases:viewer", args=[other.reference]), {"tab": "errors"})
    assert "Nothing failed." in theirs.content.decode()
    page = in_the_browser_of(a_user("client_admin", hafen)).get(link, {"tab": "errors"}).content.decode()
    assert "?tab=errors" not in page
    assert "The key list of" not in page
