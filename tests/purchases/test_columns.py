"""Columns of one's own: chosen, ordered by buttons, sorted; and what is done with many rows of a list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.models import ColumnChoice
from accounts.roles import Right
from core.tables import Place, Reader
from followups.models import FollowUp
from mailing.models import Email
from mailing.states import Status
from purchases.models import Purchase
from purchases.tables import PurchaseTable
from tests.stories import MONDAY, a_client, a_partner, a_released_po, a_user, a_waiting_po, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db
DIALOG = "/accounts/columns/"
ALL = [column.key for column in PurchaseTable.columns]
AS_IT_COMES = ["Reference", "Customer", "Client", "Status", "PO number", "Due", "Gross", "Open"]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


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


def heads(browser: Browser, path: str = "/purchases/") -> list[str]:
    return [head.label for head in browser.get(path).context["heads"]]


def choose(browser: Browser, *shown: str, path: str = "/purchases/?show=open", **more: Any) -> Any:
    return browser.post(DIALOG, {"next": path, "column": ALL[1:], "shown": shown, **more})


# Choosing ------------------------------------------------------------------------------------------------------------


def test_a_person_sees_the_columns_they_chose_in_their_order(hafen: Client, rita: User) -> None:
    a_waiting_po(hafen)
    browser, other = in_the_browser_of(rita), in_the_browser_of(a_user("auditor"))
    answer = choose(browser, "country", "status", column=["status", "country", *ALL[1:]])
    assert (answer.status_code, answer["Location"]) == (302, "/purchases/?show=open")
    assert heads(browser) == ["Reference", "Status", "Country"]
    assert heads(other) == AS_IT_COMES
    assert heads(browser, "/purchases/review/")[:3] == ["Reference", "Customer", "Client"]
    choose(browser, "gross", "open")
    assert heads(browser) == ["Reference", "Gross", "Open"]
    choose(browser, reset="1")
    assert (heads(browser), ColumnChoice.objects.count()) == (AS_IT_COMES, 0)


def test_no_column_at_all_is_refused(rita: User) -> None:
    browser = in_the_browser_of(rita)
    answer = choose(browser)
    assert (answer.status_code, "Choose at least one column." in answer.content.decode()) == (422, True)
    assert choose(browser, "nothing").status_code == 422


def test_buttons_move_a_column_and_keep_the_focus(rita: User) -> None:
    browser = in_the_browser_of(rita)
    shown = browser.get(f"{DIALOG}?next=/purchases/").context["choices"]
    assert [choice.column.label for choice in shown if choice.is_shown] == AS_IT_COMES[1:]
    order = [choice.column.key for choice in shown]

    def moved(move: str) -> tuple[list[str], list[str]]:
        answer = browser.post(DIALOG, {"next": "/purchases/", "column": order, "shown": ["status"], "move": move})
        choices = answer.context["choices"]
        focus = [f"{choice.focus}:{choice.column.key}" for choice in choices if choice.focus]
        return [choice.column.key for choice in choices], focus

    first, second, third, *rest = order
    assert moved(f"down:{first}") == ([second, first, third, *rest], [f"down:{first}"])
    assert moved(f"up:{third}") == ([first, third, second, *rest], [f"up:{third}"])
    assert moved(f"up:{second}") == ([second, first, third, *rest], [f"down:{second}"])
    assert moved(f"up:{first}")[0] == order
    assert moved(f"down:{rest[-2]}")[1] == [f"up:{rest[-2]}"]
    assert ColumnChoice.objects.count() == 0


def test_what_is_no_list_has_no_columns(hafen: Client) -> None:
    browser = in_the_browser_of(a_user("client_sales", hafen))
    assert browser.get(DIALOG)["Location"] == "/"
    for path in ("/nowhere/", "/accounts/settings/", "/purchases/new/"):
        assert browser.get(DIALOG, {"next": path}).status_code == 404
    assert browser.get(DIALOG, {"next": "https://evil.example/purchases/"})["Location"] == "/"
    assert Browser().get(DIALOG, {"next": "/purchases/"})["Location"].startswith("/accounts/login/")


def test_a_clients_people_are_not_offered_the_client(hafen: Client) -> None:
    choices = in_the_browser_of(a_user("client_admin", hafen)).get(DIALOG, {"next": "/purchases/"}).context["choices"]
    assert "Client" not in [choice.column.label for choice in choices]


def test_every_column_has_a_cell_and_costs_the_same_for_many_rows(hafen: Client, rita: User) -> None:
    browser = in_the_browser_of(rita)
    choose(browser, *ALL[1:])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(heads(browser)) == len(ALL)
        return len(captured)

    partner = a_partner(hafen)
    pays(a_released_po(hafen, x_parameters={"x-a": "1"}, partner=partner), "119.00")
    first = queries()
    for _ in range(2):
        pays(a_released_po(hafen, x_parameters={"x-a": "1"}, partner=partner), "119.00")
    assert queries() == first
    row = browser.get("/purchases/").context["rows"][0].html
    _picker, *cells, _tools = re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
    shown = dict(zip([column.label for column in PurchaseTable.columns], cells, strict=True))
    assert {label: shown[label].count(text) > 0 for label, text in EXPECTED.items()} == dict.fromkeys(EXPECTED, True)


@pytest.mark.parametrize("sort", ["-ordered_at", "open_minor", "-due_on", "status"])
def test_the_usual_columns_show_nothing_that_was_not_read_for_them(hafen: Client, rita: User, sort: str) -> None:
    purchases = [a_waiting_po(hafen), a_released_po(hafen), pays(a_released_po(hafen), "119.00"), a_released_po(hafen)]
    Purchase.objects.filter(pk=purchases[1].pk).update(held_at=MONDAY, dunning_level=2, is_test=True)
    Purchase.objects.filter(pk=purchases[3].pk).update(billing_company="", billing_last_name="")
    table = PurchaseTable(days_later(90))
    table.user = rita
    page = list(table.with_usual_fields(Purchase.objects.with_open(), sort))
    unread = [row.get_deferred_fields() for row in page]
    assert all(unread)
    rows = table.rows(page, Reader("en", rita.zone, shows_clients=True), Place.of(RequestFactory().get("/purchases/")))
    assert sum("HOLD" in row.html for row in rows) == 1
    assert [row.get_deferred_fields() for row in page] == unread


EXPECTED = {
    "Country": "DE",
    "Contact": "Jana Petersen",
    "Partner": "Reseller AG",
    "X-parameters": "x-a=1",
    "Items": "1 × Hafen Pro",
    "Language": "German",
    "Term": "30 days",
    "Paid": "119.00",
    "Paid on": "2026-03-02",
    "On purchase order": "Yes",
    "Test order": "–",
    "Coupon": "–",
}


def test_columns_tell_files_plain_values(hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    table = PurchaseTable(MONDAY)
    table.prepare([purchase])
    plain = {column.label: column.plain(purchase, None) for column in table.columns if column.plain}  # type: ignore[arg-type]
    assert (plain["Paid on"], str(plain["Net"]), plain["Test order"], plain["Coupon"]) == (
        MONDAY.date(),
        "100.00 EUR",
        "no",
        "",
    )


# Page by page, by any column -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sort", ["due_on", "-due_on", "gross_minor", "-partner__company", "reference", "-paid_at"])
def test_every_row_is_on_one_page_whatever_the_order(
    hafen: Client, rita: User, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr("purchases.views.lists.PurchaseList.page_size", 2)
    partner = a_partner(hafen)
    for number in range(3):
        a_waiting_po(hafen, partner=partner if number else None)
        pays(a_released_po(hafen, at=days_later(-number)), "119.00")
    browser = in_the_browser_of(rita)
    pages, address = [], f"?sort={sort}"
    while address:
        page = browser.get(f"/purchases/{address}").context
        pages.append([row.key for row in page["rows"]])
        address = page["page"].older
    back, address = [pages[-1]], page["page"].newer
    while address:
        page = browser.get(f"/purchases/{address}").context
        back.insert(0, [row.key for row in page["rows"]])
        address = page["page"].newer
    seen = [key for keys in pages for key in keys]
    assert (len(set(seen)), [key for keys in back for key in keys]) == (Purchase.objects.count(), seen)


# Acts on many --------------------------------------------------------------------------------------------------------


def outcomes(answer: Any) -> list[tuple[bool, str]]:
    return [(outcome.is_done, outcome.text) for outcome in answer.context["outcomes"]]


def test_the_bar_offers_what_the_role_may(hafen: Client, rita: User) -> None:
    a_waiting_po(hafen)
    offered = {
        role: [act.label for act in in_the_browser_of(user).get("/purchases/").context["bulk_acts"]]
        for role, user in (("rep", rita), ("auditor", a_user("auditor")), ("sales", a_user("client_sales", hafen)))
    }
    assert offered["rep"] == ["Release", "Reject", "Hold dunning", "Resume dunning", "Follow-up", "E-mail again"]
    assert offered["auditor"] == []
    assert Right.RELEASE not in a_user("client_sales", hafen).rights
    assert "Release" not in offered["sales"]


def test_dunning_of_many_is_held_and_resumed(hafen: Client, rita: User) -> None:
    released, waiting = a_released_po(hafen), a_waiting_po(hafen)
    picks = [released.reference, waiting.reference]
    browser = in_the_browser_of(rita)
    asked = browser.get("/dunning/hold/", {"pick": picks}).content.decode()
    assert "1 of 2 are unpaid purchase orders and can be held." in asked
    assert browser.post("/dunning/hold/", {"pick": picks, "reason": ""}).status_code == 422
    over = browser.post("/dunning/hold/", {"pick": picks, "reason": "waits", "kind": "hold", "until": "2020-01-01"})
    assert (over.status_code, "This day is over" in over.content.decode()) == (422, True)
    held = browser.post("/dunning/hold/", {"pick": picks, "reason": "waits for a new invoice", "kind": "hold"})
    assert [is_done for is_done, _text in outcomes(held)] == [True, False]
    released.refresh_from_db()
    assert released.hold_reason == "waits for a new invoice"
    assert "1 of 2 are on hold." in browser.get("/dunning/resume/", {"pick": picks}).content.decode()
    resumed = browser.post("/dunning/resume/", {"pick": picks, "reason": ""})
    assert outcomes(resumed)[0] == (True, "Dunning goes on.")
    released.refresh_from_db()
    assert released.held_at is None


def test_a_follow_up_on_each_of_many(hafen: Client, rita: User) -> None:
    picks = [a_waiting_po(hafen).reference for _ in range(2)]
    theirs = a_waiting_po(a_client("nordlicht")).reference
    FollowUp.objects.all().delete()
    nele = in_the_browser_of(a_user("client_support", hafen, name="Nele"))
    asked = nele.get("/follow-ups/add/many/", {"pick": picks})
    assert "2 follow-ups are entered, one on each purchase." in asked.content.decode()
    form = {
        "whose": "general",
        "category": "customer",
        "reason": asked.context["form"].fields["reason"].choices[7][1][0][0],
        "subject": "Call back",
        "due_on": "2026-03-03",
        "due_time": "09:00",
        "form_key": "k",
    }
    answer = nele.post("/follow-ups/add/many/", {**form, "pick": [*picks, theirs]})
    assert outcomes(answer) == [(True, "Follow-up entered."), (True, "Follow-up entered."), (False, "Not found.")]
    nele.post("/follow-ups/add/many/", {**form, "pick": picks})
    assert sorted(FollowUp.objects.values_list("purchase__reference", flat=True)) == sorted(picks)
    one = nele.get("/follow-ups/add/many/", {"pick": picks[:1]}).content.decode()
    assert "It is entered on the purchase." in one


def test_the_last_e_mail_goes_out_again(hafen: Client, rita: User) -> None:
    mailed, never = a_released_po(hafen), a_waiting_po(hafen)
    Email.objects.filter(reference=never.reference).delete()
    newest = Email.objects.filter(reference=mailed.reference).order_by("pk").last()
    assert newest is not None
    Email.objects.filter(reference=mailed.reference).update(status=Status.SENT, sent_at=MONDAY)
    browser = in_the_browser_of(rita)
    picks = [mailed.reference, never.reference]
    assert "Each of the 2 customers" in browser.get("/purchases/resend/", {"pick": picks}).content.decode()
    answer = browser.post("/purchases/resend/", {"pick": picks, "note": "asked by phone"})
    assert outcomes(answer) == [
        (True, f"“{newest.subject}” goes to {mailed.billing_email} again."),
        (False, f"The customer of {never.reference} got no e-mail yet."),
    ]
    copy = Email.objects.filter(reference=mailed.reference).order_by("pk").last()
    assert copy is not None
    assert (copy.subject, copy.status, copy.original_id) == (newest.subject, Status.QUEUED, newest.pk)
