"""The pages of purchases: who sees what, what they cost, and what the acts do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.roles import ROLES, Right
from core.pdf import PdfUnavailableError
from core.tables import SortKey
from dunning.models import Notice
from purchases.models import Document, Payment, PoDocument, Purchase
from purchases.services.history import Note, enter
from purchases.services.place import place_order
from purchases.services.policy import set_policy
from purchases.services.products import save_product
from purchases.states import Status
from purchases.views.acts import ACTS, why_not
from tests.stories import (
    MONDAY,
    POLICY,
    a_client,
    a_partner,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User
    from purchases.views.acts import Act

pytestmark = pytest.mark.django_db
TABS = ("general", "items", "delivery", "payments", "po", "documents", "history")
ACTIONS = ("release", "reject", "convert", "document", "payment", "refund", "cancel")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    """A client whose admin reviews."""
    return a_client("hafen")


def logged_in(user: User) -> Browser:
    """This user's browser."""
    browser = Browser()
    browser.force_login(user)
    return browser


def page(browser: Browser, path: str, status: int = 200) -> str:
    """Read a page."""
    answer = browser.get(path)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def queries(browser: Browser, path: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


def act(browser: Browser, purchase: Purchase, action: str, **fields: Any) -> Any:
    """Send an act's form."""
    return browser.post(f"/purchases/{purchase.reference}/{action}/", fields)


# Who may come in ---------------------------------------------------------------------------------------------------

PAGES = (
    "/purchases/",
    "/purchases/review/",
    "/purchases/policy/",
    "/purchases/products/",
    "/purchases/release/",
    "/purchases/reject/",
)


@pytest.mark.parametrize("path", PAGES)
def test_anonymous_visitors_are_sent_to_the_login(path: str) -> None:
    answer = Browser().get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={path}")


def test_htmx_sends_anonymous_visitors_to_the_login_too() -> None:
    answer = Browser().get("/purchases/", headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == "/accounts/login/?next=/purchases/"


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("client_sales", "/purchases/policy/"),
        ("client_sales", "/purchases/policy/hafen/"),
        ("client_sales", "/purchases/products/"),
        ("client_sales", "/purchases/release/"),
        ("client_sales", "/purchases/reject/"),
    ],
)
def test_bystanders_are_refused(hafen: Client, role: str, path: str) -> None:
    page(logged_in(a_user(role, hafen)), path, 403)


@pytest.mark.parametrize("action", ACTIONS)
def test_acts_are_closed_to_anonymous_bystander_and_stranger(hafen: Client, action: str) -> None:
    purchase = a_waiting_po(hafen)
    path = f"/purchases/{purchase.reference}/{action}/"
    stranger = logged_in(a_user("client_admin", a_client("nordlicht")))
    assert Browser().get(path).status_code == 302
    assert Browser().post(path).status_code == 302
    assert logged_in(a_user("client_sales", hafen)).post(path).status_code == 403
    assert stranger.post(path).status_code == (403 if action in {"payment", "refund", "cancel"} else 404)
    purchase.refresh_from_db()
    assert purchase.status == Status.AWAITING_RELEASE


@pytest.mark.parametrize("path", ["", "preview/", *(f"?tab={tab}" for tab in TABS)])
def test_another_clients_purchase_does_not_exist(hafen: Client, path: str) -> None:
    purchase = a_waiting_po(hafen)
    stranger = logged_in(a_user("client_admin", a_client("nordlicht")))
    page(stranger, f"/purchases/{purchase.reference}/{path}", 404)


def test_another_clients_documents_and_policy_do_not_exist(hafen: Client) -> None:
    document = Document.objects.get(purchase=a_released_po(hafen), kind="INV")
    received = PoDocument.objects.get(purchase=document.purchase)
    stranger = logged_in(a_user("client_admin", a_client("nordlicht")))
    reference = document.purchase.reference if document.purchase else ""
    page(stranger, f"/purchases/{reference}/documents/{document.number}.pdf", 404)
    page(stranger, f"/purchases/{reference}/received/{received.pk}/", 404)
    page(stranger, "/purchases/policy/hafen/", 404)


def test_strangers_see_nothing_in_lists_and_search(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    stranger = logged_in(a_user("client_admin", a_client("nordlicht")))
    for path in ("/purchases/", "/purchases/review/", f"/purchases/?q={purchase.reference}"):
        assert f"/purchases/{purchase.reference}/" not in page(stranger, path)


# What it costs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/purchases/",
        "/purchases/?show=overdue",
        "/purchases/?q=petersen",
        "/purchases/review/",
        "/purchases/products/",
    ],
)
@pytest.mark.parametrize("role", ["platform_admin", "client_admin"])
def test_lists_take_as_many_queries_for_three_rows_as_for_one(hafen: Client, role: str, path: str) -> None:
    browser = logged_in(a_user(role, None if role == "platform_admin" else hafen))
    a_waiting_po(hafen)
    a_released_po(hafen)
    first = queries(browser, path)
    for _ in range(2):
        a_waiting_po(hafen)
        a_released_po(hafen)
    assert (queries(browser, path), first <= 12) == (first, True)


@pytest.mark.parametrize("tab", TABS)
def test_the_viewer_takes_as_many_queries_for_three_rows_as_for_one(hafen: Client, tab: str) -> None:
    browser = logged_in(a_user("platform_admin"))
    small = pays(a_released_po(hafen), "10.00")
    large = a_released_po(hafen, lines=[*an_order().lines] * 3, x_parameters={"x-1": "1", "x-2": "2", "x-3": "3"})
    for _ in range(3):
        large = pays(large, "10.00")
        enter(large, Note("called", "Called the customer"), by=None, at=MONDAY)
    first = queries(browser, f"/purchases/{small.reference}/?tab={tab}")
    assert (queries(browser, f"/purchases/{large.reference}/?tab={tab}"), first <= 20) == (first, True)


# What they show ------------------------------------------------------------------------------------------------------


def test_pages_work_without_a_single_row() -> None:
    browser = logged_in(a_user("platform_admin"))
    shown = [
        page(browser, path)
        for path in ("/purchases/", "/purchases/review/", "/purchases/products/", "/purchases/policy/")
    ]
    assert ["No purchases yet" in shown[0], "Nothing to review" in shown[1]] == [True, True]
    assert ["No products yet" in shown[2], "No policy yet" in shown[3]] == [True, True]


def test_a_list_that_filters_everything_away_says_so(hafen: Client) -> None:
    a_waiting_po(hafen)
    assert "Nothing matches" in page(logged_in(a_user("auditor")), "/purchases/?q=nobody")


@pytest.mark.parametrize("written", ["EU", "EURO", "E$R", "EUR\n."])
def test_a_currency_that_is_none_says_so_and_hides_nothing(hafen: Client, written: str) -> None:
    purchase = a_waiting_po(hafen)
    browser = logged_in(a_user("auditor"))
    answer = browser.get("/purchases/", {"currency": written})
    text = answer.content.decode()
    assert ["Three letters, such as EUR." in text, f"/purchases/{purchase.reference}/" in text] == [True, True]
    assert purchase.reference in page(browser, "/purchases/?currency=eur")
    assert "Nothing matches" in page(browser, "/purchases/?currency=USD")


def test_saved_tabs_count_and_choose_their_rows(hafen: Client) -> None:
    waiting, offline = a_waiting_po(hafen), an_offline_order(hafen)
    accepted = a_released_po(hafen)
    paid = pays(a_released_po(hafen), "119.00")
    browser = logged_in(a_user("auditor"))

    def shown(tab: str) -> set[str]:
        text = page(browser, f"/purchases/?show={tab}")
        return {p.reference for p in (waiting, offline, accepted, paid) if f"/purchases/{p.reference}/" in text}

    assert shown("all") == {waiting.reference, offline.reference, accepted.reference, paid.reference}
    assert shown("review") == {waiting.reference}
    assert shown("open") == {waiting.reference, offline.reference, accepted.reference}
    assert shown("paid") == {paid.reference}
    assert shown("overdue") == set()
    with time_machine.travel(days_later(31), tick=False):
        browser = logged_in(a_user("auditor"))
        assert shown("overdue") == {accepted.reference}


def test_overdue_begins_when_the_clients_day_does(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    with time_machine.travel(days_later(30).replace(hour=21, minute=59), tick=False):
        browser = logged_in(a_user("auditor"))
        assert purchase.reference not in page(browser, "/purchases/?show=overdue")
    with time_machine.travel(days_later(30).replace(hour=22, minute=1), tick=False):
        assert purchase.reference in page(browser, "/purchases/?show=overdue")


def test_pages_are_found_by_key_forth_and_back(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("purchases.views.lists.PurchaseList.page_size", 2)
    placed = [a_waiting_po(hafen, at=days_later(day)) for day in range(5)]
    browser = logged_in(a_user("auditor"))
    order = [purchase.reference for purchase in reversed(placed)]
    seen, address, back = [], "/purchases/", ""
    while address:
        answer = browser.get(address)
        seen.append([row.key for row in answer.context["rows"]])
        back = answer.context["page"].newer or back
        address = f"/purchases/{answer.context['page'].older}" if answer.context["page"].older else ""
    assert seen == [order[:2], order[2:4], order[4:]]
    assert [row.key for row in browser.get(f"/purchases/{back}").context["rows"]] == order[2:4]


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("billing_company", "purchase_by_company"),
        ("gross_minor", "purchase_by_amount"),
        ("open_minor", "purchase_by_open_amount"),
        ("status", "purchase_by_status_alone"),
    ],
)
def test_a_sorted_list_is_read_in_the_order_of_an_index(sort: str, index: str) -> None:
    if connection.vendor == "postgresql":  # it would sort a few rows
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_incremental_sort = off")
            cursor.execute("SET LOCAL enable_seqscan = off")
    rows = Purchase.objects.with_open()
    for asked in (sort, f"-{sort}"):
        key = SortKey.of(rows, asked)
        assert index in rows.order_by(*key.ordering(is_backward=False))[:51].explain(), asked


def test_rows_without_a_due_date_come_last_and_stay_reachable(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("purchases.views.lists.PurchaseList.page_size", 1)
    dated, undated = a_released_po(hafen), [a_waiting_po(hafen) for _ in range(2)]
    browser = logged_in(a_user("auditor"))
    for sort in ("due_on", "-due_on"):
        seen, address = [], f"/purchases/?sort={sort}"
        while address:
            context = browser.get(address).context
            seen += [row.key for row in context["rows"]]
            last = context["page"]
            address = f"/purchases/{last.older}" if last.older else ""
        assert (seen[0], set(seen[1:]), len(seen)) == (dated.reference, {p.reference for p in undated}, 3)
        newer = browser.get(f"/purchases/{last.newer}").context["rows"]
        assert [row.key for row in newer] == seen[1:2]


@pytest.mark.parametrize(
    "query", ["after=x", "before=%00", "after=WzEsMV0", "sort=drop", "show=x", "q=%00", "due_from=x", "client=x"]
)
def test_a_strange_address_still_shows_the_list(hafen: Client, query: str) -> None:
    purchase = a_waiting_po(hafen)
    assert purchase.reference in page(logged_in(a_user("auditor")), f"/purchases/?{query}")


def test_a_reference_number_in_the_search_leads_to_its_purchase(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    answer = logged_in(a_user("auditor")).get(f"/purchases/?q={purchase.reference}")
    assert answer["Location"] == f"/purchases/{purchase.reference}/"


def test_a_match_in_two_places_is_one_row(hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    answer = logged_in(a_user("auditor")).get("/purchases/?q=werft&show=all")
    assert [row.key for row in answer.context["rows"]] == [purchase.reference]


def test_the_client_switch_narrows_everything(hafen: Client) -> None:
    ours, theirs = a_waiting_po(hafen), a_waiting_po(a_client("nordlicht"))
    browser = logged_in(a_user("platform_admin"))
    both = page(browser, "/purchases/")
    browser.post("/accounts/client/", {"client": hafen.pk, "next": "/purchases/"})
    one = page(browser, "/purchases/")
    assert [ours.reference in both, theirs.reference in both] == [True, True]
    assert [ours.reference in one, theirs.reference in one] == [True, False]
    assert ["Nordlicht GmbH</span></td>" in both, ">Client</th>" in one] == [True, False]
    page(browser, f"/purchases/{theirs.reference}/", 404)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ x }}", "a\r\nb", "x" * 300, "\u202egnirtS"])
def test_hostile_names_come_out_harmless(hafen: Client, name: str) -> None:
    purchase = a_waiting_po(hafen)
    Purchase.objects.filter(pk=purchase.pk).update(billing_company=name, po_number=name[:60])
    purchase.contacts.update(company=name)
    browser = logged_in(a_user("platform_admin"))
    for path in ("/purchases/", f"/purchases/{purchase.reference}/", f"/purchases/{purchase.reference}/preview/"):
        text = page(browser, path)
        assert "<script>alert" not in text


def test_internal_history_is_hidden_from_the_client(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    enter(purchase, Note("note", "Between us", is_internal=True), by=None, at=MONDAY)
    path = f"/purchases/{purchase.reference}/?tab=history"
    assert "Between us" in page(logged_in(a_user("platform_admin")), path)
    assert "Between us" not in page(logged_in(a_user("client_admin", hafen)), path)


def test_the_action_bar_says_why_not(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    service = page(logged_in(a_user("platform_customer_service")), f"/purchases/{purchase.reference}/")
    assert "Purchase orders of Hafen GmbH are reviewed by its own client admin." in service
    assert "Only in status Paid or Partially Refunded." in service
    admin = page(logged_in(a_user("client_admin", hafen)), f"/purchases/{purchase.reference}/")
    assert f'href="/purchases/{purchase.reference}/release/"' in admin
    assert "Your role (Client admin) does not include this." in admin


def test_a_key_corrects_the_billing_contact_on_every_part_of_an_unpaid_purchase(hafen: Client) -> None:
    unpaid, paid = a_released_po(hafen), pays(a_released_po(hafen), "119.00")
    browser = logged_in(a_user("platform_admin"))

    def corrects(purchase: Purchase, part: str) -> list[str]:
        text = page(browser, f"/purchases/{purchase.reference}/?tab={part}")
        return re.findall(r'href="([^"]*)"[^>]* data-key="t"', text)

    for part in ("general", "items", "history"):
        assert corrects(unpaid, part) == [f"/purchases/{unpaid.reference}/contact/billing/"]
        assert corrects(paid, part) == []


def test_the_preview_opens_from_the_address(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    text = page(logged_in(a_user("auditor")), f"/purchases/?preview={purchase.reference}")
    assert "Open purchase" in text


def test_policy_shows_the_version_in_force_and_what_it_changed(hafen: Client) -> None:
    from purchases.services.policy import set_policy

    set_policy(hafen, values={"term_days": 60}, by=None, at=MONDAY)
    browser = logged_in(a_user("client_admin", hafen))
    assert browser.get("/purchases/policy/")["Location"] == "/purchases/policy/hafen/"
    text = page(browser, "/purchases/policy/hafen/")
    assert ["60 days" in text, "before: 30 days" in text, "Version 1" in text] == [True, True, True]
    assert "Earlier version" in page(browser, "/purchases/policy/hafen/?version=1")
    page(logged_in(a_user("platform_admin")), "/purchases/policy/nobody/", 404)


# Documents ---------------------------------------------------------------------------------------------------------


def test_a_documents_pdf_is_rendered_once_and_the_same_ever_after(hafen: Client) -> None:
    pytest.importorskip("weasyprint")
    document = Document.objects.get(purchase=a_released_po(hafen), kind="INV")
    browser = logged_in(a_user("auditor"))
    path = f"/purchases/{document.purchase.reference}/documents/{document.number}.pdf"  # type: ignore[union-attr]
    first, second = browser.get(path), browser.get(path)
    assert (first["Content-Type"], first["X-Content-Type-Options"]) == ("application/pdf", "nosniff")
    assert first["Content-Disposition"] == f'inline; filename="{document.number}.pdf"'
    assert (first.content[:5], first.content) == (b"%PDF-", second.content)
    assert browser.get(path.replace(document.number, "INV-0")).status_code == 404


def test_the_checklist_claims_only_what_was_checked(hafen: Client) -> None:
    set_policy(hafen, values={**POLICY, "countries": ["FR"]}, by=None, at=MONDAY)
    abroad = an_offline_order(hafen)
    text = page(logged_in(a_user("client_admin", hafen)), f"/purchases/{abroad.reference}/?tab=po")
    assert "Inside the policy: on request, customer type, amount" in text
    assert "countries" not in text


def test_a_received_picture_is_kept_and_handed_out_to_be_saved(hafen: Client) -> None:
    import io

    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(picture, "PNG")
    purchase = an_offline_order(hafen)
    browser = logged_in(a_user("client_support", hafen))
    upload = SimpleUploadedFile("order.png", picture.getvalue(), content_type="text/html")
    answer = act(browser, purchase, "document", channel="fax", file=upload)
    received = PoDocument.objects.get(purchase=purchase)
    assert (answer.status_code, received.filename, received.content_type) == (302, "order.png", "image/png")
    sent = browser.get(f"/purchases/{purchase.reference}/received/{received.pk}/")
    assert (sent["Content-Type"], sent["Content-Disposition"]) == ("image/png", 'attachment; filename="order.png"')


def test_what_a_customer_sent_runs_nowhere_and_stays_in_no_cache(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    received = PoDocument.objects.get(purchase=purchase)
    PoDocument.objects.filter(pk=received.pk).update(
        content=b"%PDF-1.7", content_type="application/pdf", filename="po.pdf"
    )
    sent = logged_in(a_user("auditor")).get(f"/purchases/{purchase.reference}/received/{received.pk}/")
    assert sent["Content-Disposition"] == 'attachment; filename="po.pdf"'
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert sent["Cache-Control"] == "private, no-store"


def test_a_file_that_is_not_what_it_says_is_refused_beside_the_field(hafen: Client) -> None:
    purchase = an_offline_order(hafen)
    upload = SimpleUploadedFile("order.pdf", b"<html>", content_type="application/pdf")
    answer = act(logged_in(a_user("client_support", hafen)), purchase, "document", channel="email", file=upload)
    assert (answer.status_code, "order.pdf is not what its name says." in answer.content.decode()) == (422, True)
    assert not PoDocument.objects.filter(purchase=purchase).exists()


# Acts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [act for act in ACTS if act.page.startswith("purchases:")], ids=lambda one: one.page)
def test_every_form_asks_for_what_its_service_takes(one: Act) -> None:
    import inspect

    from django.urls import resolve

    view = resolve(one.link(Purchase(reference="123456789"))).func.view_class  # type: ignore[attr-defined]
    if "keywords" in vars(view):  # the view says itself what the service is told
        return
    parameters = inspect.signature(view.action).parameters
    assert set(view.form_class.base_fields) <= set(parameters) - {"purchase", "by", "at"}


def test_release_names_its_consequences_and_does_them(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    asked = page(browser, f"/purchases/{purchase.reference}/release/")
    assert "An invoice over €119.00 is issued" in asked
    assert "Payment is due on Apr 1, 2026, in 30 days." in asked
    answer = browser.post(f"/purchases/{purchase.reference}/release/", {"note": "ok"}, follow=True)
    purchase.refresh_from_db()
    assert purchase.status == Status.PURCHASE_ORDER
    assert f"Purchase {purchase.reference} released." in answer.content.decode()


def test_a_refusal_is_a_sentence_next_to_the_form(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    browser = logged_in(a_user("platform_admin"))
    answer = act(browser, purchase, "release", note="")
    assert answer.status_code == 422
    assert "“Release” is not possible in status Purchase Order." in answer.content.decode()


def test_a_dialog_is_a_fragment_and_leaves_by_itself(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    htmx = {"hx-request": "true", "hx-current-url": "http://testserver/purchases/review/?show=ready"}
    asked = browser.get(f"/purchases/{purchase.reference}/reject/", headers=htmx).content.decode()
    assert ["<html" in asked, 'value="/purchases/review/?show=ready"' in asked] == [False, True]
    wrong = browser.post(f"/purchases/{purchase.reference}/reject/", {"reason": ""}, headers=htmx)
    assert (wrong.status_code, "Enter the reason." in wrong.content.decode()) == (422, True)
    done = browser.post(
        f"/purchases/{purchase.reference}/reject/",
        {"reason": "No signature", "next": "/purchases/review/"},
        headers=htmx,
    )
    assert done["HX-Redirect"] == "/purchases/review/"


def test_nobody_is_sent_to_a_foreign_page(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    answer = act(browser, purchase, "reject", reason="No", next="https://evil.example/")
    assert answer["Location"] == f"/purchases/{purchase.reference}/"


def test_a_stale_screen_says_who_changed_it_and_when(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    shown = str(purchase.version)
    colleague = a_user("client_admin", hafen, name="Ida Lund")
    act(logged_in(colleague), purchase, "document", channel="letter")
    answer = act(logged_in(a_user("client_admin", hafen)), purchase, "release", row_version=shown)
    assert answer.status_code == 409
    assert "This was changed by Ida Lund at Mar 2, 2026, 10:00 CET. Please look again." in answer.content.decode()
    purchase.refresh_from_db()
    assert purchase.status == Status.AWAITING_RELEASE


def test_the_same_form_sent_twice_books_once(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    browser = logged_in(a_user("platform_finance"))
    form = {"amount": "10.00", "method": "wire", "form_key": "abc"}
    first, second = act(browser, purchase, "payment", **form), act(browser, purchase, "payment", **form)
    assert (first.status_code, second.status_code, Payment.objects.count()) == (302, 302, 1)


@pytest.mark.parametrize("amount", ["", "abc", "1.234", "-5", "0"])
def test_a_wrong_amount_is_refused(hafen: Client, amount: str) -> None:
    purchase = a_released_po(hafen)
    answer = act(logged_in(a_user("platform_finance")), purchase, "payment", amount=amount, method="wire")
    assert (answer.status_code, Payment.objects.count()) == (422, 0)


def test_an_amount_is_read_as_its_reader_writes_it(hafen: Client) -> None:
    purchase = a_released_po(hafen, quantity=20)
    browser = logged_in(a_user("platform_finance", language="de"))
    act(browser, purchase, "payment", amount="1.234,50", method="wire")
    assert Payment.objects.get().amount_minor == 123_450


def test_money_is_refunded_in_part_and_in_full(hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    browser = logged_in(a_user("platform_finance"))
    act(browser, purchase, "refund", kind="amount", amount="19.00", customer_reason="goodwill", reason="")
    purchase.refresh_from_db()
    assert (purchase.status, purchase.refunded_minor) == (Status.PARTIALLY_REFUNDED, 1900)
    act(browser, purchase, "refund", kind="total", customer_reason="other", reason="The rest")
    purchase.refresh_from_db()
    assert (purchase.status, purchase.refunded_minor) == (Status.REFUNDED, 11_900)


def test_an_offline_order_is_converted_and_outside_the_policy_needs_a_note() -> None:
    client = a_client("hafen", maximum={"EUR": 100})
    purchase = an_offline_order(client)
    browser = logged_in(a_user("client_support", client))
    asked = page(browser, f"/purchases/{purchase.reference}/convert/")
    assert "No PO document was received yet." in asked
    act(browser, purchase, "document", channel="email")
    assert "above the maximum" in page(browser, f"/purchases/{purchase.reference}/convert/")
    assert act(browser, purchase, "convert", po_number="7").status_code == 422
    assert act(browser, purchase, "convert", po_number="7", note="Agreed").status_code == 302
    purchase.refresh_from_db()
    assert (purchase.status, purchase.po_number) == (Status.AWAITING_RELEASE, "7")


def test_cancel_names_what_it_undoes(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    browser = logged_in(a_user("platform_customer_service"))
    asked = page(browser, f"/purchases/{purchase.reference}/cancel/")
    assert ["credit note over €119.00" in asked, "Keys were delivered" in asked] == [True, True]
    act(browser, purchase, "cancel", reason="Duplicate")
    purchase.refresh_from_db()
    assert purchase.status == Status.CANCELED


def test_money_for_a_canceled_order_is_announced_as_such(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    act(logged_in(a_user("platform_customer_service")), purchase, "cancel", reason="Duplicate")
    text = page(logged_in(a_user("platform_finance")), f"/purchases/{purchase.reference}/payment/")
    assert "The purchase is Canceled: the money is booked and stays visible." in text


# Many at once ------------------------------------------------------------------------------------------------------


def test_each_of_many_has_its_line(hafen: Client) -> None:
    ready, other, paid = a_waiting_po(hafen), a_waiting_po(hafen), a_released_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    picks = [ready.reference, other.reference, paid.reference, "000000000"]
    asked = browser.get("/purchases/release/", {"pick": picks}).content.decode()
    assert "2 of 3 can be released, over €238.00 in all." in asked
    answer = browser.post("/purchases/release/", {"pick": picks, "note": "", "form_key": "k"})
    assert [(o.label, o.is_done) for o in answer.context["outcomes"]] == [
        (ready.reference, True),
        (other.reference, True),
        (paid.reference, False),
        ("000000000", False),
    ]
    assert "Release: 2 of 4 done" in answer.content.decode()
    again = browser.post("/purchases/release/", {"pick": picks, "note": "", "form_key": "k"})
    assert (again.status_code, again["Location"]) == (302, "/purchases/review/")


def test_many_are_rejected_for_one_reason(hafen: Client) -> None:
    purchases = [a_waiting_po(hafen) for _ in range(2)]
    browser = logged_in(a_user("client_admin", hafen))
    picks = [purchase.reference for purchase in purchases]
    assert browser.post("/purchases/reject/", {"pick": picks, "reason": ""}).status_code == 422
    browser.post("/purchases/reject/", {"pick": picks, "reason": "No signature"})
    assert set(Purchase.objects.values_list("status", flat=True)) == {Status.REJECTED}


def test_bulk_acts_never_reach_another_client(hafen: Client) -> None:
    theirs = a_waiting_po(a_client("nordlicht"))
    answer = logged_in(a_user("client_admin", hafen)).post("/purchases/release/", {"pick": [theirs.reference]})
    assert [(o.is_done, o.text) for o in answer.context["outcomes"]] == [(False, "Not found.")]


def test_nothing_picked_is_said(hafen: Client) -> None:
    assert "Select at least one row first." in page(logged_in(a_user("client_admin", hafen)), "/purchases/release/")


def test_four_eyes_wait_for_the_second_person() -> None:
    client = a_client("hafen", four_eyes=True)
    purchase = a_waiting_po(client)
    first, second = a_user("client_admin", client), a_user("client_admin", client)
    assert "first of two approvals" in page(logged_in(first), f"/purchases/{purchase.reference}/release/")
    answer = logged_in(first).post(f"/purchases/{purchase.reference}/release/", {"note": ""}, follow=True)
    assert "approved; it waits for the second approval" in answer.content.decode()
    assert "You gave the first approval" in page(logged_in(first), f"/purchases/{purchase.reference}/")
    answer = logged_in(second).post("/purchases/release/", {"pick": [purchase.reference], "note": ""})
    assert [o.text for o in answer.context["outcomes"]] == ["Released; due on Apr 1, 2026."]


def test_prepaid_release_bills_first() -> None:
    client = a_client("hafen", delivery="prepaid")
    purchase = a_waiting_po(client, is_test=True)
    text = page(logged_in(a_user("client_admin", client)), f"/purchases/{purchase.reference}/release/")
    assert ["A pro-forma invoice over" in text, "This is a test order" in text] == [True, True]


# States at a glance ------------------------------------------------------------------------------------------------


def test_a_row_shows_level_hold_and_days_overdue(hafen: Client) -> None:
    purchase = a_released_po(hafen, po_number="")
    Purchase.objects.filter(pk=purchase.pk).update(dunning_level=2, held_at=MONDAY)
    with time_machine.travel(days_later(50), tick=False):
        text = page(logged_in(a_user("auditor")), "/purchases/")
    assert ['title="Notice 2 sent">L2<' in text, ">HOLD<" in text, ">20 d<" in text] == [True, True, True]


def test_what_is_on_hold_or_promised_says_so_above_everything(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    Purchase.objects.filter(pk=purchase.pk).update(
        held_at=MONDAY, hold_reason="Complaint", promised_until=days_later(9).date()
    )
    text = page(logged_in(a_user("auditor")), f"/purchases/{purchase.reference}/")
    assert ["Dunning is on hold: Complaint" in text, "Payment is promised until" in text] == [True, True]


def reasons(browser: Browser, purchase: Purchase) -> dict[str, str]:
    """What the action bar says against each act; empty is a button."""
    bar = browser.get(f"/purchases/{purchase.reference}/").context["bar"]
    return {button.label: button.why_not for button in [bar.primary, *bar.buttons, *bar.more] if button}


def test_a_hold_can_be_replaced_and_only_what_is_held_resumed(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    not_held = f"Dunning of {purchase.reference} is not on hold."
    fresh = reasons(browser, purchase)
    assert (fresh["Hold dunning"], fresh["Resume dunning"]) == ("", not_held)
    Purchase.objects.filter(pk=purchase.pk).update(held_at=MONDAY)
    held = reasons(browser, purchase)
    assert (held["Hold dunning"], held["Resume dunning"]) == ("", "")


def test_reminders_that_stopped_because_one_came_back_are_resumed(hafen: Client) -> None:
    purchase = an_offline_order(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    assert reasons(browser, purchase)["Resume dunning"] != ""
    a_notice(purchase, "reminder1", returned_at=MONDAY)
    assert reasons(browser, purchase)["Resume dunning"] == ""


def test_keep_active_is_offered_once_the_client_was_notified(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    browser = logged_in(a_user("client_admin", hafen))
    assert reasons(browser, purchase)["Keep active"] == (
        "Possible between the delinquency notification and the cancel."
    )
    a_notice(purchase, "notification")
    assert reasons(browser, purchase)["Keep active"] == ""


def a_notice(purchase: Purchase, step: str, **fields: Any) -> Notice:
    """A letter that was handed over."""
    day = MONDAY.date()
    return Notice.objects.create(
        purchase=purchase, step=step, on=day, status="sent", decided_at=MONDAY, sent_on=day, open_minor=1, **fields
    )


def test_products_show_prices_and_when_their_keys_run_out() -> None:
    empty = a_client("hafen", keys=0)
    save_product(empty, code="DL", name="Download", prices=[], delivery="download", by=None, at=MONDAY)
    browser = logged_in(a_user("client_admin", empty))
    text = page(browser, "/purchases/products/")
    assert ["€100.00" in text, "Empty</span>" in text, "Download link" in text] == [True, True, True]
    found = browser.get("/purchases/products/?q=dl").context["rows"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("role", "reviewer"), [(role, reviewer) for role in ROLES for reviewer in ("client", "platform")]
)
def test_for_me_to_release_is_what_the_action_bar_lets_me_release(role: str, reviewer: str) -> None:
    client = a_client("hafen", reviewer=reviewer, four_eyes=True)
    user = a_user(role, None if role.startswith("platform_") else client)
    place_order(client, an_order(), by=None, at=MONDAY)
    approved = a_waiting_po(client)
    Purchase.objects.filter(pk=approved.pk).update(approved_by=user, approved_at=MONDAY)
    a_waiting_po(client)
    browser = logged_in(user)
    queue = browser.get("/purchases/review/")
    mine = [row.key for row in browser.get("/purchases/review/?show=mine").context["rows"]]
    can = [row.key for row in queue.context["rows"] if not why_not_release(row.key, user)]
    assert "For me to release" in [segment["label"] for segment in queue.context["segments"]] or not can
    assert mine == can or (can == [] and not user.may(Right.RELEASE))


def why_not_release(reference: str, user: User) -> str:
    return why_not(next(act for act in ACTS if act.label == "Release"), Purchase.objects.get(reference=reference), user)


def test_an_empty_queue_says_what_would_be_here_only_a_narrowed_one_that_nothing_matches(hafen: Client) -> None:
    browser = logged_in(a_user("client_admin", hafen))
    assert "Nothing to review" in page(browser, "/purchases/review/")
    assert "Nothing to review" in page(browser, "/purchases/review/?show=all")
    assert "Nothing matches" in page(browser, "/purchases/review/?show=mine")
    assert "Nothing matches" in page(browser, "/purchases/review/?q=4711")


def test_a_missing_document_is_seen_in_the_queue(hafen: Client) -> None:
    place_order(hafen, an_order(), by=None, at=MONDAY)
    browser = logged_in(a_user("auditor"))
    assert ">Missing</span>" in page(browser, "/purchases/review/?show=missing")
    assert "Nothing matches" in page(browser, "/purchases/review/?show=ready")


def test_canceling_a_partners_order_gives_its_limit_back(hafen: Client) -> None:
    partner = a_partner(hafen)
    purchase = place_order(hafen, an_order(partner=partner, source="partner"), by=None, at=MONDAY)
    text = page(logged_in(a_user("platform_customer_service")), f"/purchases/{purchase.reference}/cancel/")
    assert "What it takes of the limit of Reseller AG is given back." in text


def test_money_must_be_given_back_before_a_cancelation(hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "19.00")
    text = page(logged_in(a_user("platform_customer_service")), f"/purchases/{purchase.reference}/cancel/")
    assert "19.00 EUR was paid: give it back first." in text


def test_without_the_means_to_make_pdfs_the_page_says_why(hafen: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        message = "Install libpango-1.0-0."
        raise PdfUnavailableError(message)

    monkeypatch.setattr("purchases.services.documents.render_pdf", fails)
    document = Document.objects.get(purchase=a_released_po(hafen), kind="INV")
    path = f"/purchases/{document.purchase.reference}/documents/{document.number}.pdf"  # type: ignore[union-attr]
    assert "Install libpango-1.0-0." in page(logged_in(a_user("auditor")), path, 503)


def test_a_document_noted_without_a_file_has_none_to_show(hafen: Client) -> None:
    purchase = a_waiting_po(hafen)
    received = PoDocument.objects.get(purchase=purchase)
    browser = logged_in(a_user("auditor"))
    page(browser, f"/purchases/{purchase.reference}/received/{received.pk}/", 404)
    PoDocument.objects.filter(pk=received.pk).update(content=b"<html>", content_type="text/html", filename="a.html")
    sent = browser.get(f"/purchases/{purchase.reference}/received/{received.pk}/")
    assert (sent["Content-Type"], sent["Content-Disposition"]) == (
        "application/octet-stream",
        'attachment; filename="a.html"',
    )


def test_ending_a_purchase_is_offered_but_never_suggested(hafen: Client) -> None:
    text = page(logged_in(a_user("platform_customer_service")), f"/purchases/{a_released_po(hafen).reference}/")
    assert '/cancel/"' in text
    assert "btn-primary" not in text.partition('class="pact"')[2].partition("</div>\n")[0].split("menu-list")[-1]
