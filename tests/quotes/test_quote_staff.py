"""What staff sees of the quotes that customers asked for, and does with them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from purchases.models import HistoryEntry, Purchase
from purchases.services.cancel import cancel_purchase
from quotes.models import Quote
from quotes.selectors import current_of
from quotes.services.quote import accept_quote, expire_quote, note_opened, quote_to_po
from taxexempt.services import validate
from tests.quotes.quoting import a_quote, a_quote_link
from tests.quotes.shopping import a_scan
from tests.stories import (
    MONDAY,
    SCHOOL,
    a_certificate,
    a_client,
    a_texan_client,
    a_user,
    an_offline_order,
    days_later,
    of_school,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

NAMES = ("Alpha", "Bravo", "Charlie", "Delta")
ROW = {"rows": "1", "item0-product": "PRO", "item0-quantity": "3", "item0-unit_price": "90", "item0-discount": ""}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client()


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def count(browser: Browser, page: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(page).status_code == 200
    return len(queries)


# The dashboard --------------------------------------------------------------------------------------------------------


def test_the_requested_quotes_and_where_they_stand(hafen: Client) -> None:
    link = a_quote_link(hafen)
    waiting, ordered, over, canceled = (a_quote(link, company=name) for name in NAMES)
    note_opened(waiting, at=MONDAY)
    accept_quote(ordered, at=MONDAY)
    cancel_purchase(canceled.purchase, by=None, at=MONDAY, reason="withdrawn")
    Quote.objects.filter(pk=over.pk).update(valid_until="2026-03-01")
    browser = logged_in(link.created_by)

    def shown(query: str) -> str:
        page = text(browser.get(f"/quotes/?{query}"))
        return "".join(name[0] for name in NAMES if f">{name}<" in page)

    assert shown("") == "AC"
    expire_quote(over, at=MONDAY)
    assert [shown(""), shown("show=ordered"), shown("show=lost"), shown("show=all")] == ["A", "B", "CD", "ABCD"]
    assert [shown("show=all&q=Charlie"), shown(f"show=all&q={waiting.purchase.reference}")] == ["C", "A"]
    assert [shown("show=all&q=,"), shown("personal=1")] == ["ABCD", "A"]
    other = logged_in(a_user("client_admin", hafen))
    assert "Nothing matches" in text(other.get("/quotes/?personal=1"))
    assert "No quotes yet" in text(logged_in(a_user("client_sales", a_client("berg"))).get("/quotes/"))


def test_the_last_days_are_counted(hafen: Client) -> None:
    link = a_quote_link(hafen)
    quote = a_quote(link)
    browser = logged_in(link.created_by)
    for until, words in (("2026-03-06", ""), ("2026-03-05", "3 d"), ("2026-03-02", "today"), ("2026-03-01", "over")):
        Quote.objects.filter(pk=quote.pk).update(valid_until=until)
        marked = re.findall(r'<span class="over">([^<]*)</span>', text(browser.get("/quotes/")))
        assert marked == ([words] if words else [])


@pytest.mark.parametrize("page", ["/quotes/", "/quotes/links/"])
def test_more_rows_ask_no_more_queries(hafen: Client, page: str) -> None:
    a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("client_admin", hafen))
    one = count(browser, page)
    for _ in range(2):
        a_quote(a_quote_link(hafen))

    assert count(browser, page) == one


# In the viewer --------------------------------------------------------------------------------------------------------


def test_the_viewer_shows_lineage_and_what_can_be_done(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("client_admin", hafen))
    page = f"/purchases/{quote.purchase.reference}/"

    sent = text(browser.get(page))
    for part in ("Accept for the customer", "Convert to PO", "Revise", "Extend", quote.token, quote.document.number):  # type: ignore[union-attr]
        assert part in sent
    assert "Hold dunning" not in sent
    note_opened(quote, at=MONDAY)
    assert "Viewed" in text(browser.get(page))
    Quote.objects.update(valid_until="2026-03-01")
    assert "Quote Expired" in text(browser.get(page))
    Quote.objects.update(valid_until="2026-04-01")
    accept_quote(current_of(quote.purchase), at=MONDAY)
    accepted = text(browser.get(page))
    assert ["Accepted" in accepted, quote.token in accepted, "Hold dunning" in accepted] == [True, False, True]
    support = text(logged_in(a_user("client_support", hafen)).get(page))
    assert ["Hafen Pro for shipyards" in support, "/quotes/links/" in support] == [True, False]


def test_an_order_is_no_quote(hafen: Client) -> None:
    order = an_offline_order(hafen)
    browser = logged_in(a_user("client_admin", hafen))

    assert "quote-panel" not in text(browser.get(f"/purchases/{order.reference}/"))
    assert browser.get(f"/quotes/{order.reference}/accept/").status_code == 404


def test_accepted_for_the_customer(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("client_sales", hafen))
    page = f"/quotes/{quote.purchase.reference}/accept/"

    asked = text(browser.get(page))
    assert ["an order over €214.20" in asked, "pro-forma invoice" in asked] == [True, True]
    done = browser.post(page, {"payment_type": "check"}, follow=True)

    assert "is accepted: Awaiting Offline Payment" in text(done)
    assert Purchase.objects.get().payment_type == "check"
    assert "it is no quote any more" in text(browser.get(page))


def test_converted_for_the_customer(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("client_support", hafen))
    page = f"/quotes/{quote.purchase.reference}/convert/"

    assert "waits for its release" in text(browser.get(page))
    data = {"po_number": "4500010", "channel": "fax", "file": a_scan()}
    assert "is a purchase order now: Awaiting Release" in text(browser.post(page, data, follow=True))

    purchase = Purchase.objects.get()
    assert (purchase.status, purchase.po_number, purchase.po_documents.get().channel) == ("ARP", "4500010", "fax")


def test_outside_the_policy_a_note_says_why() -> None:
    hafen = a_client(maximum={"EUR": 10_000}, review=False)
    quote = a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("platform_customer_service"))
    page = f"/quotes/{quote.purchase.reference}/convert/"

    assert "Outside the policy: 214.20 EUR is above the maximum" in text(browser.get(page))
    assert browser.post(page, {"po_number": "", "channel": "email"}).status_code == 422
    browser.post(page, {"po_number": "", "channel": "letter", "has_document": "on", "note": "Agreed"})
    assert Purchase.objects.get().document_received_at == MONDAY

    free = a_client("berg", review=False)
    other = a_quote(a_quote_link(free))
    assert "accepted at once" in text(browser.get(f"/quotes/{other.purchase.reference}/convert/"))


def test_revised_on_a_sheet(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    reference = quote.purchase.reference
    browser = logged_in(a_user("client_sales", hafen, name="Sam Sales"))
    page = f"/quotes/{reference}/revise/"

    dialog = browser.get(page, headers={"HX-Request": "true"})
    assert dialog.headers["HX-Redirect"] == page
    first = text(browser.get(page))
    for part in ("Send revision 2", 'value="100.00"', 'value="10"', 'value="2026-04-01"', "As agreed by phone."):
        assert part in first
    live = text(browser.post(page, {**ROW, "act": "recompute", "valid_until": "2026-04-01"}))
    assert ["€270.00" in live, "€321.30" in live] == [True, True]
    wrong = browser.post(page, {**ROW, "act": "save", "valid_until": "2026-03-01"})
    assert (wrong.status_code, "from today on" in text(wrong)) == (422, True)

    sheet = {**ROW, "act": "save", "valid_until": "2026-03-31", "message": "Three now", "row_version": "1"}
    sent = browser.post(page, sheet, follow=True)
    again = browser.post(page, sheet)

    assert "Revision 2 of quote" in text(sent)
    made = current_of(quote.purchase)
    assert (made.revision, made.gross.amount, made.message) == (2, "321.30", "Three now")
    assert (again.status_code, "This was changed by Sam Sales" in text(again)) == (422, True)
    panel = text(browser.get(f"/purchases/{reference}/"))
    assert ["Replaced" in panel, made.token in panel, quote.token in panel] == [True, True, False]
    accept_quote(made, at=MONDAY)
    assert "accepted already" in text(browser.get(page))


def test_a_revision_sent_twice_is_one_revision(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("client_sales", hafen))
    page = f"/quotes/{quote.purchase.reference}/revise/"
    key = re.search(r'name="form_key" value="([0-9a-f]{32})"', text(browser.get(page)))
    assert key is not None
    sheet = {**ROW, "act": "save", "valid_until": "2026-03-31", "row_version": "1", "form_key": key[1]}

    first = text(browser.post(page, sheet, follow=True))
    with time_machine.travel(MONDAY + timedelta(seconds=1), tick=False):
        again = text(browser.post(page, {**sheet, "message": "A better price"}, follow=True))

    assert f"Revision 2 of quote {quote.purchase.reference} is on its way" in first
    assert "is on its way" not in again
    assert f"This form has sent revision 2 of quote {quote.purchase.reference} already." in again
    assert "revise the quote again" in again
    assert Quote.objects.count() == 2


def test_the_customers_address_is_read_once_for_a_revision(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    browser = logged_in(a_user("client_sales", hafen))
    page = f"/quotes/{quote.purchase.reference}/revise/"

    with CaptureQueriesContext(connection) as queries:
        browser.post(page, {**ROW, "act": "save", "valid_until": "2026-03-31"})

    assert Quote.objects.current().get().revision == 2
    read = [query for query in queries if 'FROM "purchases_purchasecontact"' in query["sql"]]
    assert len(read) == 2, "once to price it, once for what it is found by"


def test_a_certificate_takes_the_tax_off_the_revision_too() -> None:
    texas, tax = a_texan_client(), a_user("platform_tax")
    order = an_offline_order(texas, **of_school())
    certificate = validate(a_certificate(order.customer, by=tax), by=tax, at=MONDAY)
    school: dict[str, Any] = dict(SCHOOL)
    quote = a_quote(a_quote_link(texas), **school)
    browser = logged_in(a_user("client_sales", texas))
    page = f"/quotes/{quote.purchase.reference}/revise/"

    assert quote.purchase.exempt_by == certificate
    assert "Not exempt" not in text(browser.get(page))
    browser.post(page, {**ROW, "act": "save", "valid_until": "2026-03-31"})

    assert current_of(quote.purchase).purchase.exempt_by == certificate
    assert HistoryEntry.objects.filter(event="exempt", purchase=quote.purchase).count() == 1


def test_a_certificate_that_is_not_valid_any_more_takes_no_tax_off_and_the_sheet_says_so(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    certificate = a_certificate(quote.purchase.customer, by=a_user("platform_tax"), expires_on=date(2026, 3, 1))
    Purchase.objects.update(exempt_by=validate(certificate, by=a_user("platform_tax"), at=MONDAY))
    browser = logged_in(a_user("client_sales", hafen))
    page = f"/quotes/{quote.purchase.reference}/revise/"
    said = f"Not exempt any more: {certificate} does not cover this day"

    sheet = text(browser.get(page))
    browser.post(page, {**ROW, "act": "save", "valid_until": "2026-03-31"})

    assert "<dt>Total</dt><dd>€214.20" in sheet.partition('id="totals"')[2]
    assert f"{said}. {certificate} covers orders until March 1, 2026 only." in sheet
    assert current_of(quote.purchase).gross.amount == "321.30"
    assert (Purchase.objects.get().exempt_by, HistoryEntry.objects.get(event="taxed").note) == (None, said)


def test_extended_by_who_may(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    page = f"/quotes/{quote.purchase.reference}/extend/"
    admin = a_user("client_admin", hafen)
    asked = text(logged_in(admin).get(page))
    assert ["It is valid until" in asked, 'value="2026-05-01"' in asked] == [True, True]
    with time_machine.travel(days_later(40), tick=False):
        expire_quote(quote, at=days_later(40))
        browser = logged_in(admin)
        assert "It was valid until" in text(browser.get(page))
        assert "extend it first" in text(browser.get(f"/quotes/{quote.purchase.reference}/accept/"))
        done = browser.post(page, {"valid_until": "2026-04-30"}, follow=True)

        assert f"Quote {quote.purchase.reference} is valid until" in text(done)
        assert "extended" in text(browser.get(f"/purchases/{quote.purchase.reference}/"))
    assert Purchase.objects.get().status == "QUO"
    assert logged_in(a_user("client_sales", hafen)).get(page).status_code == 403


def test_the_day_that_is_offered_for_a_long_quote_can_be_taken(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen, validity_days=300))
    browser = logged_in(a_user("client_admin", hafen))
    page = f"/quotes/{quote.purchase.reference}/extend/"

    assert 'value="2027-03-02"' in text(browser.get(page)), "a year from now, not 600 days"
    browser.post(page, {"valid_until": "2027-03-02"})
    assert str(Quote.objects.get().valid_until) == "2027-03-02"


def test_a_po_from_a_quote_is_shown_as_accepted(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    quote_to_po(quote, po_number="1", at=MONDAY)

    page = text(logged_in(a_user("client_admin", hafen)).get(f"/purchases/{quote.purchase.reference}/"))
    assert ["Accepted" in page, "Awaiting Release" in page] == [True, True]


def test_a_canceled_quote_says_so(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    cancel_purchase(quote.purchase, by=None, at=MONDAY, reason="withdrawn")

    page = text(logged_in(a_user("client_admin", hafen)).get(f"/purchases/{quote.purchase.reference}/"))
    assert [page.count("Canceled") > 1, quote.token in page] == [True, False]
