"""Many numbers at once: what is found, what is named as unknown, whom the address works for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client as Browser

from core.refused import Refused
from purchases.models import Document, NumberList
from purchases.selectors.batch import find_numbers, numbers_in
from purchases.services.batch import KEPT_FOR, MOST_NUMBERS, keep_numbers
from tests.stories import MONDAY, a_client, a_released_po, a_user, a_waiting_po

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
def rita() -> User:
    """A representative."""
    return a_user("platform_customer_service", name="Rita")


def in_the_browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize(
    "text", ["1,2,3", "1;2\n3", "1\t2|3\r\n", "'1' , \"2\"\n\n 3 ", "1\n2\n1\n3\x00", " 1 ,,, 2 ,3;;"]
)
def test_numbers_are_read_whatever_stands_between_them(text: str) -> None:
    assert numbers_in(text) == ["1", "2", "3"]


def test_all_kinds_of_numbers_lead_to_their_purchases(hafen: Client, rita: User) -> None:
    by_reference = a_waiting_po(hafen, po_number="1")
    by_external = a_waiting_po(hafen, po_number="2", external_id="SHOP-77")
    by_po = a_waiting_po(hafen, po_number="PO 4711/b")
    by_document = a_released_po(hafen, po_number="3")
    number = Document.objects.get(purchase=by_document, kind="INV").number
    pasted = ["po-4711-B", number.lower(), by_reference.reference, "SHOP-77", "nothing"]
    found = find_numbers(pasted, user=rita, client=None)
    assert found.purchases == [by_po.pk, by_document.pk, by_reference.pk, by_external.pk]
    assert found.unknown == ["nothing"]


def test_a_line_is_one_number_where_there_is_one_else_several(hafen: Client, rita: User) -> None:
    spaced, first, second = (a_waiting_po(hafen, po_number=number) for number in ("PO 12 A", "77", "88"))
    found = find_numbers(["PO 12 A", "77 88 99", "99"], user=rita, client=None)
    assert (found.purchases, found.unknown) == ([spaced.pk, first.pk, second.pk], ["99"])


def test_a_po_number_on_two_purchases_finds_both(hafen: Client, rita: User) -> None:
    both = [a_waiting_po(hafen, po_number="4500") for _ in range(2)]
    assert find_numbers(["4500", both[0].reference], user=rita, client=None).purchases == [row.pk for row in both]


def test_another_clients_numbers_are_unknown(hafen: Client, rita: User) -> None:
    theirs = a_waiting_po(a_client("nordlicht"), po_number="4711")
    pasted = [theirs.reference, "4711"]
    assert find_numbers(pasted, user=a_user("client_admin", hafen), client=None).unknown == pasted
    assert find_numbers(pasted, user=rita, client=hafen).unknown == pasted
    assert find_numbers(pasted, user=rita, client=None).purchases == [theirs.pk]


def test_pasting_leads_to_an_address_that_colleagues_share(hafen: Client, rita: User) -> None:
    first, second, other = a_waiting_po(hafen), a_waiting_po(hafen), a_waiting_po(hafen)
    browser = in_the_browser_of(rita)
    answer = browser.post("/purchases/batch/", {"numbers": f"{second.reference}\n{first.reference}; 000000001"})
    kept = NumberList.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/purchases/?batch={kept.token}")
    for colleague in (browser, in_the_browser_of(a_user("auditor"))):
        shown = colleague.get(answer["Location"])
        assert {row.key for row in shown.context["rows"]} == {first.reference, second.reference}
        assert shown.context["found"].unknown == ["000000001"]
        text = shown.content.decode()
        assert ["2</strong> purchases found for 3 numbers" in text, other.reference in text] == [True, False]
    strangers = in_the_browser_of(a_user("client_admin", hafen)).get(answer["Location"])
    assert (strangers.context["found"], "not kept any more" in strangers.content.decode()) == (None, True)


def test_a_clients_people_share_among_themselves(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    kept = keep_numbers(purchase.reference, by=a_user("client_support", hafen), at=MONDAY)
    shown = in_the_browser_of(a_user("client_admin", hafen)).get(f"/purchases/?batch={kept.token}")
    assert [row.key for row in shown.context["rows"]] == [purchase.reference]


def test_nothing_and_too_much_are_refused_with_what_was_pasted(hafen: Client, rita: User) -> None:
    a_waiting_po(hafen)
    browser = in_the_browser_of(rita)
    empty = browser.post("/purchases/batch/", {"numbers": " ,\n"})
    assert (empty.status_code, empty.context["refused"]) == (422, "Paste at least one number.")
    much = "\n".join(str(number) for number in range(MOST_NUMBERS + 1))
    answer = browser.post("/purchases/batch/", {"numbers": much})
    assert answer.context["refused"] == "Paste at most 1,000 numbers at once; these are 1,001."
    assert ["1000</textarea>" in answer.content.decode(), NumberList.objects.count()] == [True, 0]


def test_the_page_to_paste_into(rita: User) -> None:
    browser = in_the_browser_of(rita)
    assert browser.get("/purchases/batch/")["Location"] == "/purchases/?by=batch"
    assert "Find them" in browser.get("/purchases/?by=batch").content.decode()


def test_a_thousand_numbers_are_found(hafen: Client, rita: User) -> None:
    purchase = a_waiting_po(hafen)
    text = "\n".join([*(str(100_000_000 + number) for number in range(MOST_NUMBERS - 1)), purchase.reference])
    kept = keep_numbers(text, by=rita, at=MONDAY)
    answer = in_the_browser_of(rita).get(f"/purchases/?batch={kept.token}")
    assert [row.key for row in answer.context["rows"]] == [purchase.reference]
    assert len(answer.context["found"].unknown) == MOST_NUMBERS - 1


def test_old_lists_are_forgotten(rita: User) -> None:
    old = keep_numbers("1", by=rita, at=MONDAY - KEPT_FOR - timedelta(days=1))
    young = keep_numbers("2", by=rita, at=MONDAY - KEPT_FOR + timedelta(days=1))
    new = keep_numbers("3", by=rita, at=MONDAY)
    assert [str(kept) for kept in NumberList.objects.order_by("pk")] == [young.token, new.token]
    assert old.token not in {young.token, new.token}


def test_words_without_end_are_refused(rita: User) -> None:
    with pytest.raises(Refused):
        keep_numbers(" ".join(str(number) for number in range(MOST_NUMBERS * 2 + 1)), by=rita, at=MONDAY)
