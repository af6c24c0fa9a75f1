"""A quote from its link to the order that it becomes, and the ways in which it ends before."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection

from core.money import Money
from core.refused import Refused
from core.tokens import hash_of
from customers.services.anonymize import anonymize_customer
from mailing.models import Email
from purchases.models import Channel, Document, HistoryEntry, LicenseKey, Purchase, PurchaseSearch, StatusLink
from purchases.services.cancel import cancel_purchase
from purchases.services.entry import Arrival
from purchases.services.place import OrderLine
from purchases.services.release import ReceivedFile, release_purchase
from quotes.models import Quote
from quotes.selectors import current_of, customer_of
from quotes.services.checkout import new_form_key
from quotes.services.quote import (
    QuoteRequest,
    accept_quote,
    expire_quote,
    note_downloaded,
    note_opened,
    po_warnings,
    quote_to_po,
    refusal_of,
    request_quote,
)
from quotes.services.quote_link import Offered, switch_link
from quotes.services.revision import extend_quote, revise_quote
from tests.quotes.quoting import a_quote_link as a_link
from tests.stories import MONDAY, a_client, a_customer, a_user, days_later, pays, the_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client
    from quotes.models import QuoteLink

pytestmark = pytest.mark.django_db

LAST_DAY = date(2026, 4, 1)
SCAN = ReceivedFile("order.pdf", "application/pdf", b"%PDF-1.4")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):  # the age of a form's key
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client()


def a_quote(client: Client, *, link: QuoteLink | None = None, **request: Any) -> Quote:
    """The quote that a customer asked for: two licenses less 10 %, 214.20 EUR with tax."""
    wanted = QuoteRequest(**{"customer": a_customer(), **request})
    return request_quote(link or a_link(client), wanted, form_key=new_form_key(client), at=MONDAY).quote


def emails_of(purchase: Purchase) -> list[str]:
    return list(Email.objects.filter(reference=purchase.reference).order_by("pk").values_list("kind", flat=True))


def documents_of(purchase: Purchase) -> list[str]:
    return [number.split("-")[0] for number in purchase.documents.order_by("pk").values_list("number", flat=True)]


def told(purchase: Purchase) -> list[str]:
    return list(HistoryEntry.objects.filter(purchase=purchase).order_by("pk").values_list("note", flat=True))


# Asked for ------------------------------------------------------------------------------------------------------------


def test_a_customer_asks_for_a_quote(hafen: Client) -> None:
    link = a_link(hafen, x_parameters={"x-campaign": "spring"}, message="With our best regards")

    quote = a_quote(hafen, link=link, remote_address="192.0.2.x")

    purchase = quote.purchase
    assert (purchase.status, purchase.source, purchase.gross) == ("QUO", "quote", Money(21_420, "EUR"))
    assert [(item.quantity, item.unit_minor, item.discount_percent) for item in purchase.items.all()] == [
        (2, 10_000, Decimal(10))
    ]
    assert (quote.revision, quote.valid_until, quote.gross) == (1, date(2026, 4, 1), Money(21_420, "EUR"))
    assert quote.message == "With our best regards"
    assert [str(parameter) for parameter in purchase.x_parameters.all()] == ["x-campaign=spring"]
    assert purchase.remote_address == "192.0.2.x"
    assert (emails_of(purchase), documents_of(purchase)) == (["quote"], ["QUO"])
    assert quote.document == purchase.documents.get()
    assert told(purchase) == ["Quote requested"]
    assert str(quote) == f"{purchase.reference}, revision 1"
    assert quote.token_hash == hash_of(quote.token)
    assert len({quote.token, quote.order_token, link.token}) == 3
    assert customer_of(purchase) == a_customer()


def test_the_list_price_holds_where_the_link_has_none(hafen: Client) -> None:
    link = a_link(hafen, items=[Offered(the_product(hafen), 1, 8_000)])
    assert a_quote(hafen, link=link).gross == Money(9_520, "EUR")
    link = a_link(hafen, items=[Offered(the_product(hafen))])

    assert a_quote(hafen, link=link).gross == Money(11_900, "EUR")


def test_quantities_change_where_the_link_lets_them(hafen: Client) -> None:
    free, fixed = a_link(hafen), a_link(hafen, may_change_quantity=False)

    assert a_quote(hafen, link=free, quantities={"PRO": 10}).gross == Money(107_100, "EUR")
    assert a_quote(hafen, link=fixed, quantities={"PRO": 2}).gross == Money(21_420, "EUR")
    with pytest.raises(Refused, match="quantity of Hafen Pro can't be changed"):
        a_quote(hafen, link=fixed, quantities={"PRO": 10})


def test_the_same_form_is_one_quote(hafen: Client) -> None:
    link, key, wanted = a_link(hafen), new_form_key(hafen), QuoteRequest(a_customer())

    first = request_quote(link, wanted, form_key=key, at=MONDAY)
    again = request_quote(link, wanted, form_key=key, at=MONDAY)

    assert (first.is_new, again.is_new, again.quote) == (True, False, first.quote)
    assert Quote.objects.count() == 1


def test_no_quote_without_our_key_an_active_link_and_a_country(hafen: Client) -> None:
    link = a_link(hafen)
    with pytest.raises(Refused, match="open for too long"):
        request_quote(link, QuoteRequest(a_customer()), form_key="forged", at=MONDAY)
    with pytest.raises(Refused, match="country"):
        a_quote(hafen, link=link, customer=a_customer(country=""))
    switch_link(link, is_active=False, by=link.created_by, at=MONDAY)
    with pytest.raises(Refused, match="No more quotes"):
        a_quote(hafen, link=link)
    assert not Purchase.objects.exists()


# Looked at ------------------------------------------------------------------------------------------------------------


def test_opening_is_noted_but_not_every_visit(hafen: Client) -> None:
    quote = a_quote(hafen)

    note_opened(quote, at=MONDAY)
    quote.refresh_from_db()
    note_opened(quote, at=MONDAY + timedelta(minutes=4))
    quote.refresh_from_db()
    assert (quote.first_viewed_at, quote.viewed_at) == (MONDAY, MONDAY)

    note_opened(quote, at=days_later(1))
    note_downloaded(quote, at=days_later(1))
    note_downloaded(quote, at=days_later(2))
    quote.refresh_from_db()
    assert (quote.first_viewed_at, quote.viewed_at, quote.downloaded_at) == (MONDAY, days_later(1), days_later(1))
    assert told(quote.purchase) == ["Quote requested", "Quote opened"]


def test_two_first_visits_at_once_are_one(hafen: Client) -> None:
    quote = a_quote(hafen)
    same = Quote.objects.get(pk=quote.pk)

    note_opened(quote, at=MONDAY)
    note_opened(same, at=MONDAY)

    assert told(quote.purchase).count("Quote opened") == 1


# Accepted -------------------------------------------------------------------------------------------------------------


def test_accepted_paid_delivered(hafen: Client) -> None:
    quote = a_quote(hafen)

    purchase = accept_quote(quote, at=days_later(20), payment_type="check")

    assert (purchase.status, purchase.payment_type, purchase.ordered_at) == ("WOF", "check", days_later(20))
    assert documents_of(purchase) == ["QUO", "PFI", "OCF"]
    assert emails_of(purchase) == ["quote", "order_confirmation"]
    attached = Email.objects.get(kind="order_confirmation").attachments.count()
    assert attached == 2
    assert StatusLink.objects.get(purchase=purchase).token_hash == hash_of(quote.order_token)
    assert PurchaseSearch.objects.get(purchase=purchase).ordered_at == days_later(20)
    quote.refresh_from_db()
    assert (quote.accepted_at, quote.accepted_by) == (days_later(20), None)
    assert told(purchase)[-1] == "Quote accepted"

    paid = pays(purchase, "214.20", at=days_later(22))

    assert (paid.status, LicenseKey.objects.filter(item__purchase=paid).count()) == ("PAY", 1)
    assert documents_of(paid) == ["QUO", "PFI", "OCF", "INV"]


def test_accepted_once(hafen: Client) -> None:
    quote = a_quote(hafen)
    accept_quote(quote, at=MONDAY)

    with pytest.raises(Refused, match="accepted already"):
        accept_quote(quote, at=MONDAY)
    with pytest.raises(Refused, match="wire transfer or check"):
        accept_quote(quote, at=MONDAY, payment_type="card")


def test_a_quote_over_nothing_is_delivered_when_accepted(hafen: Client) -> None:
    free = a_link(hafen, items=[Offered(the_product(hafen), 1, 0)])

    purchase = accept_quote(a_quote(hafen, link=free), at=MONDAY)

    assert (purchase.status, documents_of(purchase)) == ("PAY", ["QUO", "OCF", "INV"])


def test_an_agent_accepts_for_the_customer(hafen: Client) -> None:
    seller = a_user("client_sales", hafen)

    accept_quote(a_quote(hafen), by=seller, at=MONDAY)

    assert Quote.objects.get().accepted_by == seller
    assert HistoryEntry.objects.get(event="accepted").nature == "client"


# On purchase order ----------------------------------------------------------------------------------------------------


def test_ordered_on_po_reviewed_and_released(hafen: Client) -> None:
    quote = a_quote(hafen)
    arrival = Arrival(Channel.UPLOAD, has_document=True, file=SCAN)

    purchase = quote_to_po(quote, po_number="4500009", arrival=arrival, at=days_later(3))

    assert (purchase.status, purchase.is_po, purchase.is_reviewed, purchase.po_number) == ("ARP", True, True, "4500009")
    assert purchase.document_received_at == days_later(3)
    assert (emails_of(purchase), documents_of(purchase)) == (["quote", "po_in_review"], ["QUO", "OCF"])
    assert PurchaseSearch.objects.get(purchase=purchase).po_number == "4500009"

    released = release_purchase(purchase, by=a_user("platform_admin"), at=days_later(4))

    assert (released.status, released.due_on) == ("WPO", days_later(34).date())
    assert LicenseKey.objects.filter(item__purchase=released).count() == 1
    assert pays(released, "214.20", at=days_later(30)).status == "PAY"


def test_a_po_number_is_one_line(hafen: Client) -> None:
    assert quote_to_po(a_quote(hafen), po_number=" 45\n00\x07 9 ", at=MONDAY).po_number == "45 00 9"


def test_ordered_on_po_without_the_document_asks_for_it(hafen: Client) -> None:
    purchase = quote_to_po(a_quote(hafen), po_number="1", at=MONDAY)

    assert (purchase.status, emails_of(purchase)) == ("ARP", ["quote", "po_received"])


def test_nothing_to_review_is_accepted_at_once() -> None:
    hafen = a_client(review=False)
    arrival = Arrival(Channel.UPLOAD, has_document=True, file=SCAN)

    purchase = quote_to_po(a_quote(hafen), po_number="1", arrival=arrival, at=days_later(1))

    assert (purchase.status, purchase.released_at, purchase.due_on) == ("WPO", days_later(1), date(2026, 4, 2))
    assert documents_of(purchase) == ["QUO", "OCF", "INV"]
    assert purchase.po_documents.count() == 1


def test_po_where_the_link_and_the_policy_offer_it() -> None:
    hafen = a_client(po_number_required=True, eligible_types=["GOV"])
    with pytest.raises(Refused, match="can't be ordered on purchase order"):
        quote_to_po(a_quote(hafen, link=a_link(hafen, may_order_on_po=False)), po_number="1", at=MONDAY)
    with pytest.raises(Refused, match="eligible organizations"):
        quote_to_po(a_quote(hafen), po_number="1", at=MONDAY)
    office = a_customer()
    authority = type(office)(office.billing, type="GOV", language="de")
    with pytest.raises(Refused, match="PO number is needed"):
        quote_to_po(a_quote(hafen, customer=authority), po_number="", at=MONDAY)
    assert quote_to_po(a_quote(hafen, customer=authority), po_number="1", at=MONDAY).status == "ARP"


def test_an_agent_converts_with_a_note_where_the_policy_says_no() -> None:
    hafen = a_client(po_number_required=True, on_request=False, review=False)
    quote = a_quote(hafen, link=a_link(hafen, may_order_on_po=False))
    agent = a_user("platform_customer_service")

    assert po_warnings(quote) == [
        "The quote does not offer purchase orders.",
        "Purchase orders on request are switched off.",
    ]
    with pytest.raises(Refused, match="PO number is needed"):
        quote_to_po(quote, po_number="", by=agent, at=MONDAY, note="Known")
    with pytest.raises(Refused, match="A note has to say why"):
        quote_to_po(quote, po_number="7", by=agent, at=MONDAY, note=" ")
    purchase = quote_to_po(quote, po_number="7", by=agent, at=MONDAY, note="Known", arrival=Arrival(Channel.FAX))

    assert (purchase.status, purchase.is_reviewed, purchase.document_received_at) == ("ARP", True, None)
    entry = HistoryEntry.objects.get(event="converted")
    assert (entry.by, entry.reason, entry.nature) == (agent, "Known", "internal")


def test_an_agents_po_is_accepted_at_once_where_nothing_is_reviewed() -> None:
    hafen = a_client(review=False)

    purchase = quote_to_po(a_quote(hafen), po_number="", by=a_user("client_support", hafen), at=MONDAY)

    assert purchase.status == "WPO"


# Revised --------------------------------------------------------------------------------------------------------------


def test_a_revision_takes_the_place_of_the_one_before(hafen: Client) -> None:
    first = a_quote(hafen)
    seller = a_user("client_sales", hafen)
    lines = [OrderLine("PRO", 8, Money(7_000, "EUR"))]

    second = revise_quote(first, lines=lines, message=" Better \n", by=seller, at=days_later(5))

    first.refresh_from_db()
    purchase = second.purchase
    assert (first.replaced_at, first.gross, second.gross) == (days_later(5), Money(21_420, "EUR"), purchase.gross)
    assert purchase.gross == Money(66_640, "EUR")
    assert (second.revision, second.replaces, first.replaced_by) == (2, first, second)
    assert (second.message, second.valid_until, second.created_by) == ("Better", date(2026, 4, 6), seller)
    assert current_of(purchase) == second
    assert (emails_of(purchase), documents_of(purchase)) == (["quote", "quote"], ["QUO", "QUO"])
    assert told(purchase)[-1] == "Quote revised: revision 2, 214.20 EUR → 666.40 EUR"

    refused = refusal_of(first, at=days_later(5))
    assert refused is not None
    assert (refused.code, refused.message) == (
        "replaced",
        "This quote was replaced by revision 2: only the newest one can be accepted.",
    )
    for act in (accept_quote, lambda quote, *, at: quote_to_po(quote, po_number="1", at=at)):
        with pytest.raises(Refused, match="replaced by revision 2"):
            act(first, at=days_later(5))
    assert accept_quote(second, at=days_later(6)).gross == Money(66_640, "EUR")
    assert told(purchase)[-1] == "Quote, revision 2 accepted"


def test_a_revision_says_what_is_wrong_and_changes_nothing(hafen: Client) -> None:
    quote, seller = a_quote(hafen), a_user("client_sales", hafen)
    right: dict[str, Any] = {"lines": [OrderLine("PRO", 1)], "message": "", "by": seller, "at": MONDAY}

    for wrong, sentence in (
        ({"lines": []}, "at least one item"),
        ({"message": "x" * 2_001}, "too long"),
        ({"valid_until": date(2026, 3, 1)}, "from today on"),
        ({"valid_until": date(2027, 3, 3)}, "at most 365 days"),
    ):
        with pytest.raises(Refused, match=sentence):
            revise_quote(quote, **{**right, **wrong})
    assert (Quote.objects.count(), current_of(quote.purchase).gross) == (1, Money(21_420, "EUR"))


# Over -----------------------------------------------------------------------------------------------------------------


def test_a_quote_expires_after_its_last_day_where_the_client_is(hafen: Client) -> None:
    quote = a_quote(hafen)
    last, after = datetime(2026, 4, 1, 21, 59, tzinfo=UTC), datetime(2026, 4, 1, 22, 0, tzinfo=UTC)

    assert refusal_of(quote, at=last) is None
    with pytest.raises(Refused, match="does not expire now"):
        expire_quote(quote, at=last)
    with pytest.raises(Refused, match="valid until 2026-04-01"):
        accept_quote(quote, at=after)

    purchase = expire_quote(quote, at=after)

    quote.refresh_from_db()
    assert (purchase.status, quote.expired_at) == ("QEX", after)
    assert (emails_of(purchase), told(purchase)[-1]) == (
        ["quote", "quote_expired"],
        "Quote expired: it was valid until 2026-04-01",
    )
    with pytest.raises(Refused, match="valid until 2026-04-01"):
        quote_to_po(quote, po_number="1", at=after)
    with pytest.raises(Refused):
        expire_quote(quote, at=after)


def test_an_old_revision_does_not_expire(hafen: Client) -> None:
    first = a_quote(hafen)
    revise_quote(first, lines=[OrderLine("PRO", 1)], message="", by=a_user("client_sales", hafen), at=days_later(29))

    with pytest.raises(Refused, match="does not expire now"):
        expire_quote(first, at=days_later(40))


def test_an_expired_quote_is_extended_by_who_may(hafen: Client) -> None:
    quote, admin = a_quote(hafen), a_user("client_admin", hafen)
    expire_quote(quote, at=days_later(31))

    with pytest.raises(Refused, match="right to extend"):
        extend_quote(quote, valid_until=date(2026, 5, 1), by=a_user("client_sales", hafen), at=days_later(31))
    with pytest.raises(Refused, match="from today on"):
        extend_quote(quote, valid_until=date(2026, 4, 1), by=admin, at=days_later(31))
    extended = extend_quote(quote, valid_until=date(2026, 5, 1), by=admin, at=days_later(31))

    purchase = extended.purchase
    assert (purchase.status, extended.valid_until, extended.expired_at) == ("QUO", date(2026, 5, 1), None)
    assert (extended.extended_by, extended.extended_at) == (admin, days_later(31))
    assert documents_of(purchase) == ["QUO", "QUO"]
    assert extended.document == Document.objects.filter(purchase=purchase).latest("pk")
    assert emails_of(purchase) == ["quote", "quote_expired", "quote_extended"]
    assert told(purchase)[-1] == "Quote extended: valid until 2026-05-01 instead of 2026-04-01"
    assert accept_quote(extended, at=days_later(60)).status == "WOF"


def test_a_standing_quote_is_extended_to_a_later_day_only(hafen: Client) -> None:
    quote, admin = a_quote(hafen), a_user("platform_admin")

    with pytest.raises(Refused, match="valid until 2026-04-01 already"):
        extend_quote(quote, valid_until=date(2026, 4, 1), by=admin, at=MONDAY)
    assert extend_quote(quote, valid_until=date(2026, 4, 2), by=admin, at=MONDAY).purchase.status == "QUO"


def test_what_is_replaced_or_ordered_is_not_extended(hafen: Client) -> None:
    first, admin = a_quote(hafen), a_user("platform_admin")
    second = revise_quote(first, lines=[OrderLine("PRO", 1)], message="", by=admin, at=MONDAY)
    with pytest.raises(Refused, match="newer revision"):
        extend_quote(first, valid_until=date(2026, 5, 1), by=admin, at=MONDAY)
    accept_quote(second, at=MONDAY)
    with pytest.raises(Refused, match="no quote to extend"):
        extend_quote(second, valid_until=date(2026, 5, 1), by=admin, at=MONDAY)


def test_a_canceled_quote_is_over(hafen: Client) -> None:
    quote = a_quote(hafen)
    cancel_purchase(quote.purchase, by=None, at=MONDAY, reason="withdrawn")

    with pytest.raises(Refused, match="canceled"):
        accept_quote(quote, at=MONDAY)


def test_people_are_taken_out_of_what_was_written_to_them(hafen: Client) -> None:
    link = a_link(hafen, message="Dear Jana Petersen, as agreed.")
    quote = a_quote(hafen, link=link, remark="Regards, Jana Petersen")
    cancel_purchase(quote.purchase, by=None, at=MONDAY, reason="withdrawn")
    Email.objects.update(status="SENT", sent_at=MONDAY)

    anonymize_customer(quote.purchase.customer, by=a_user("platform_admin"), at=MONDAY)

    assert Quote.objects.get().message == "Dear [removed], as agreed."
    assert [Quote.objects.get().remark, HistoryEntry.objects.get(event="remark").detail] == ["Regards, [removed]"] * 2


@pytest.mark.django_db(transaction=True)
def test_two_accept_at_once() -> None:
    quote = a_quote(a_client())
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def accept(act: Any) -> None:
        start.wait()
        try:
            outcomes.append(act().status)
        except Refused as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    acts = (lambda: accept_quote(quote, at=MONDAY), lambda: quote_to_po(quote, po_number="1", at=MONDAY))
    threads = [threading.Thread(target=accept, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) in (["ARP", "accepted"], ["WOF", "accepted"])
