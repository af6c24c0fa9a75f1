"""Order entry: a fax in hand becomes an order, with or without a PO document."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from pypdf import PdfWriter

from accounts.models import Client
from core.money import Money
from core.refused import Refused
from customers.models import Customer
from mailing.models import Email
from partners.models import Partner
from partners.selectors import outstanding
from purchases.models import HistoryEntry, PoDocument, ProductPrice, Purchase
from purchases.services.entry import Arrival, enter_order
from purchases.services.place import OrderLine
from purchases.services.products import save_product
from purchases.services.release import ReceivedFile
from purchases.states import Status
from tests.stories import MONDAY, a_client, a_customer, a_partner, a_user, a_waiting_po, an_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User

pytestmark = pytest.mark.django_db
FAX = Arrival("fax")
SIGNED = Arrival("fax", has_document=True, file=ReceivedFile("order.pdf", "application/pdf", b"%PDF-"))
SHEET: dict[str, Any] = {
    "act": "place",
    "form_token": "0123456789abcdef0123456789abcdef",
    "rows": "3",
    "channel": "fax",
    "payment_type": "wire",
    "currency": "EUR",
    "language": "de",
    "customer_type": "COM",
    "billing-company": "Werft & Söhne KG",
    "billing-last_name": "Petersen",
    "billing-email": "einkauf@werft.example",
    "billing-phone": "+49 431 1",
    "billing-fax": "+49 431 2",
    "billing-street": "Am Dock 3",
    "billing-postal_code": "24103",
    "billing-city": "Kiel",
    "billing-country": "DE",
    "item0-product": "PRO",
    "item0-quantity": "2",
}


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    """A client with one product at 100.00 EUR."""
    return a_client("hafen", reviewer="platform")


@pytest.fixture
def rep() -> User:
    """Customer Service."""
    return a_user("platform_customer_service", name="Rep")


@pytest.fixture
def entry(rep: User) -> Browser:
    """The representative's browser."""
    browser = Browser()
    browser.force_login(rep)
    return browser


def a_pdf() -> SimpleUploadedFile:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=595, height=842)
    writer.write(out)
    return SimpleUploadedFile("order.pdf", out.getvalue(), "application/pdf")


def send(browser: Browser, **fields: Any) -> Any:
    values = {key.replace("__", "-"): value for key, value in fields.items()}
    return browser.post("/purchases/new/?client=hafen", {**SHEET, **values})


def shown(answer: Any, status: int = 200) -> str:
    page: str = answer.content.decode()
    assert answer.status_code == status, page[:3000]
    return page


def the_order() -> Purchase:
    return Purchase.objects.get(form_token=f"entry:{SHEET['form_token']}")


# The service ----------------------------------------------------------------------------------------------------


def test_without_po_it_is_unpaid_and_with_po_it_waits_for_its_review(hafen: Client, rep: User) -> None:
    unpaid = enter_order(hafen, an_order(is_po=False, po_number=""), FAX, by=rep, at=MONDAY)
    waiting = enter_order(hafen, an_order(), SIGNED, by=rep, at=MONDAY)
    assert (unpaid.status, unpaid.source, unpaid.is_reviewed) == (Status.UNPAID, "offline", False)
    assert (waiting.status, waiting.source, waiting.is_reviewed) == (Status.AWAITING_RELEASE, "offline", True)
    document = PoDocument.objects.get(purchase=waiting)
    assert (document.channel, document.received_by, document.filename) == ("fax", rep, "order.pdf")
    entries = HistoryEntry.objects.filter(purchase=waiting).order_by("pk")
    assert [line.event for line in entries] == ["placed", "keyed_in", "document"]
    assert (entries[1].note, entries[1].method, entries[1].nature) == ("Keyed in from fax", "fax", "inbound")


def test_who_sent_the_document_along_is_not_asked_for_it(hafen: Client, rep: User) -> None:
    signed = enter_order(hafen, an_order(), SIGNED, by=rep, at=MONDAY)
    bare = enter_order(hafen, an_order(), FAX, by=rep, at=MONDAY)
    assert list(Email.objects.filter(reference=signed.reference).values_list("kind", flat=True)) == ["po_in_review"]
    assert list(Email.objects.filter(reference=bare.reference).values_list("kind", flat=True)) == ["po_received"]


def test_outside_the_policy_a_note_says_why(rep: User) -> None:
    client = a_client("eng", on_request=False, eligible_types=["GOV"], maximum={"EUR": 5_000})
    with pytest.raises(
        Refused, match=r"switched off\. The customer type .* above the maximum .* A note has to say why"
    ):
        enter_order(client, an_order(), FAX, by=rep, at=MONDAY)
    assert Purchase.objects.count() == 0
    purchase = enter_order(client, an_order(), FAX, by=rep, at=MONDAY, note="Agreed with the client")
    assert HistoryEntry.objects.get(purchase=purchase, event="keyed_in").reason == "Agreed with the client"
    unpaid = enter_order(client, an_order(is_po=False), FAX, by=rep, at=MONDAY)
    assert unpaid.status == Status.UNPAID


def test_a_policy_that_asks_for_a_po_number_gets_one(rep: User) -> None:
    client = a_client("strict", po_number_required=True)
    with pytest.raises(Refused, match="PO number is needed"):
        enter_order(client, an_order(po_number=" "), FAX, by=rep, at=MONDAY)
    assert enter_order(client, an_order(), FAX, by=rep, at=MONDAY).po_number == "4500001"


def test_two_clicks_make_one_order(hafen: Client, rep: User) -> None:
    order = an_order(form_token="entry:one")
    first = enter_order(hafen, order, FAX, by=rep, at=MONDAY)
    assert enter_order(hafen, order, FAX, by=rep, at=MONDAY) == first
    assert Purchase.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_make_one_order(hafen: Client, rep: User) -> None:
    order = an_order(form_token="entry:two")
    second: list[Purchase] = []

    def click() -> None:
        try:
            second.append(enter_order(hafen, order, FAX, by=rep, at=MONDAY))
        finally:
            connections.close_all()

    thread = threading.Thread(target=click)
    with transaction.atomic():
        first = enter_order(hafen, order, FAX, by=rep, at=MONDAY)
        thread.start()
        thread.join(timeout=1)
    thread.join(timeout=60)
    assert second == [first]
    assert Purchase.objects.count() == 1


def test_another_number_that_is_taken_is_no_second_click(hafen: Client, rep: User) -> None:
    enter_order(hafen, an_order(external_id="A-1"), FAX, by=rep, at=MONDAY)
    with pytest.raises(IntegrityError):
        enter_order(hafen, an_order(external_id="A-1", form_token="entry:new"), FAX, by=rep, at=MONDAY)
    assert Purchase.objects.count() == 1


# The page ----------------------------------------------------------------------------------------------------


def test_the_client_comes_first(hafen: Client, entry: Browser, rep: User) -> None:
    page = shown(entry.get("/purchases/new/"))
    assert "Which client sells?" in page
    assert "Hafen GmbH" in page
    assert "New order for Hafen GmbH" in shown(entry.get("/purchases/new/?client=hafen"))
    assert "Which client sells?" in shown(entry.get("/purchases/new/?client=nobody"))
    assert entry.post("/purchases/new/", SHEET)["Location"] == "/purchases/new/"
    entry.post("/accounts/client/", {"client": hafen.pk, "next": "/"})
    assert "New order for Hafen GmbH" in shown(entry.get("/purchases/new/"))
    assert "New order" in shown(entry.get("/purchases/"))


def test_who_may_not_key_in_orders_sees_no_button(hafen: Client) -> None:
    browser = Browser()
    browser.force_login(a_user("client_admin", hafen))
    assert "New order" not in shown(browser.get("/purchases/"))
    assert browser.get("/purchases/new/?client=hafen").status_code == 403


def test_a_fax_becomes_an_unpaid_order(hafen: Client, entry: Browser) -> None:
    answer = send(entry)
    purchase = the_order()
    assert answer["Location"] == f"/purchases/{purchase.reference}/"
    assert (purchase.status, purchase.net, purchase.tax, purchase.gross) == (
        Status.UNPAID,
        Money(20_000, "EUR"),
        Money(3_800, "EUR"),
        Money(23_800, "EUR"),
    )
    contact = purchase.contacts.get()
    assert (contact.kind, contact.phone, contact.fax) == ("billing", "+49 431 1", "+49 431 2")
    assert send(entry)["Location"] == answer["Location"]
    assert Purchase.objects.count() == 1


def test_a_po_with_its_document_goes_to_the_desk(hafen: Client, entry: Browser) -> None:
    answer = send(
        entry,
        is_po="on",
        po_number="4711",
        file=a_pdf(),
        is_test="on",
        x_parameters="x-campaign=spring\n\nx-seat = 4",
        delivery__company="Lager",
        delivery__country="AT",
        item1__product="hafen",
        item1__unit_price="10.50",
        item1__discount="10",
        tax_percent="7",
    )
    purchase = the_order()
    assert answer["Location"] == f"/purchases/{purchase.reference}/desk/"
    assert (purchase.status, purchase.po_number, purchase.is_test) == (Status.AWAITING_RELEASE, "4711", True)
    assert (purchase.net_minor, purchase.tax_minor) == (20_945, 1_466)
    assert purchase.document_received_at == MONDAY
    assert sorted(purchase.contacts.values_list("kind", "company")) == [
        ("billing", "Werft & Söhne KG"),
        ("delivery", "Lager"),
    ]
    assert dict(purchase.x_parameters.values_list("key", "value")) == {"x-campaign": "spring", "x-seat": "4"}
    item = purchase.items.get(position=2)
    assert (item.quantity, item.unit_minor, item.discount_percent) == (1, 1_050, Decimal(10))


def test_paper_that_is_not_scanned_is_noted_as_received(hafen: Client, entry: Browser) -> None:
    send(entry, is_po="on", has_document="on", channel="letter")
    document = PoDocument.objects.get(purchase=the_order())
    assert (document.channel, document.filename) == ("letter", "")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"billing__country": ""}, "Choose the country."),
        ({"billing__company": "", "billing__last_name": ""}, "Enter a last name or a company."),
        ({"delivery__city": "Kiel"}, "Enter a last name or a company."),
        ({"item0__product": "", "item0__quantity": ""}, "An order needs at least one item."),
        ({"item0__product": ""}, "Which product?"),
        ({"item0__product": "nothing"}, "This client has no such product."),
        ({"item0__quantity": "-1"}, "greater than or equal to 1"),
        ({"item0__unit_price": "-5"}, "A price is not negative."),
        ({"item0__unit_price": "cheap"}, "Enter an amount in EUR"),
        ({"item0__discount": "101"}, "less than or equal to 100"),
        ({"x_parameters": "campaign=spring"}, "is no x-parameter"),
        ({"x_parameters": "x-campaign"}, "Write one “x-key=value” a line"),
        ({"x_parameters": "x-a=1\nx-a=2"}, "each key once"),
        ({"currency": "XXX"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_next_to_it_and_nothing_is_placed(
    hafen: Client, entry: Browser, fields: dict[str, str], sentence: str
) -> None:
    page = shown(send(entry, **fields), 422)
    assert sentence in page
    assert Purchase.objects.count() == 0


def test_an_upload_that_lies_is_refused(hafen: Client, entry: Browser) -> None:
    liar = SimpleUploadedFile("order.pdf", b"MZ not a PDF", "application/pdf")
    assert "is not what its name says" in shown(send(entry, is_po="on", file=liar), 422)
    assert Purchase.objects.count() == 0


def test_a_product_is_found_by_what_only_one_has(hafen: Client, entry: Browser) -> None:
    save_product(hafen, code="PRO2", name="Hafen Pro 2", prices=[Money(5, "USD")], delivery="key", by=None, at=MONDAY)
    assert "Several products match: PRO, PRO2." in shown(send(entry, item0__product="hafen"), 422)
    assert "No price in EUR is on file" in shown(send(entry, item0__product="pro 2"), 422)
    send(entry, item0__product="pro2", item0__unit_price="3.50")
    assert the_order().net_minor == 700


def test_outside_the_policy_the_page_warns_and_asks_for_a_note(rep: User, entry: Browser) -> None:
    a_client("hafen", on_request=False)
    page = shown(send(entry, act="recompute", is_po="on"))
    assert "Outside the policy: Purchase orders on request are switched off. A note has to say why." in page
    page = shown(send(entry, is_po="on"), 422)
    assert "Say why it is placed outside the policy." in page
    send(entry, is_po="on", note="Agreed by phone")
    assert the_order().status == Status.AWAITING_RELEASE


def test_a_missing_po_number_is_asked_for(rep: User, entry: Browser) -> None:
    a_client("hafen", po_number_required=True)
    assert "The policy asks for a PO number." in shown(send(entry, is_po="on"), 422)


def test_the_tax_is_suggested_and_may_be_set(hafen: Client, entry: Browser) -> None:
    page = shown(send(entry, act="recompute", billing__country="AT", vat_id="ATU13585627"))
    assert "reverse charge" in page
    assert "€200.00" in page
    assert "The tax is suggested once" in shown(send(entry, act="recompute", billing__country=""))
    assert "€219.00" in shown(send(entry, act="recompute", tax_percent="9.5"))
    send(entry, billing__country="US", billing__state="TX")
    assert the_order().tax_minor == 0


def test_rows_are_added_and_what_was_typed_stays(hafen: Client, entry: Browser) -> None:
    page = shown(send(entry, act="add_row", file=a_pdf()))
    assert 'name="item3-product"' in page
    assert 'value="Am Dock 3"' in page
    assert "invalid-feedback" not in page
    assert "Please choose the file again" in page
    assert SHEET["form_token"] in page
    page = shown(send(entry, act="add_row", rows="9999", form_token="x"))
    assert page.count('list="products"') == 50
    assert SHEET["form_token"] not in page


def test_a_known_customer_fills_the_contacts(hafen: Client, entry: Browser) -> None:
    purchase = a_waiting_po(hafen)
    foreign = a_waiting_po(a_client("other"), customer=a_customer(company="Zzyzx Werft"))
    page = shown(send(entry, act="find", q="werft"))
    assert f'name="use" value="{purchase.customer_id}"' in page
    assert "Zzyzx" not in page
    assert "Nobody by that name" in shown(send(entry, act="find", q="zzyzx"))
    page = shown(send(entry, act="", use=str(purchase.customer_id), billing__street="", billing__city=""))
    assert 'value="Am Dock 3"' in page
    assert "a known customer" in page
    assert "Zzyzx" not in shown(send(entry, act="", use=str(foreign.customer_id)))
    page = shown(entry.get(f"/purchases/new/?client=hafen&customer={purchase.customer_id}"))
    assert 'value="Am Dock 3"' in page
    assert 'value="Am Dock 3"' not in shown(entry.get("/purchases/new/?client=hafen&customer=x"))
    send(entry)
    assert the_order().customer_id == purchase.customer_id
    assert Customer.objects.filter(client=hafen).count() == 1


def test_a_po_number_that_was_used_is_named(hafen: Client, entry: Browser) -> None:
    purchase = a_waiting_po(hafen, po_number="4711")
    page = shown(send(entry, act="recompute", po_number="4711"))
    assert f"{purchase.reference}</a> already" in page
    page = shown(send(entry, act="recompute", billing__email=""))
    assert "Without an e-mail address nothing is sent" in page
    assert "A new customer" in page
    page = shown(send(entry, act="recompute", billing__email="", billing__company="", billing__last_name=""))
    assert "a known customer" not in page


def test_a_client_without_policy_or_prices_is_told_so(rep: User, entry: Browser) -> None:
    Client.objects.create(
        slug="hafen", name="Leer", country="DE", time_zone="Europe/Berlin", language="de", email="l@l.example"
    )
    assert "New order for Leer" in shown(entry.get("/purchases/new/?client=hafen"))
    assert "has no such product" in shown(send(entry, is_po="on"), 422)
    bare = an_order(lines=[OrderLine("PRO", 1)])
    with pytest.raises(Refused, match="no purchase order policy"):
        enter_order(Client.objects.get(slug="hafen"), bare, FAX, by=rep, at=MONDAY)
    assert ProductPrice.objects.count() == 0


# Partner, term, VAT ID ---------------------------------------------------------------------------------------------


def test_a_partners_order_is_reviewed_and_not_measured_by_its_limit(hafen: Client, entry: Browser) -> None:
    partner = a_partner(hafen, limit="100.00", month_end_statement=True)
    Partner.objects.filter(pk=partner.pk).update(valid_until=MONDAY.date() - timedelta(days=1))
    page = shown(send(entry, act="recompute", is_po="on", partner=partner.pk))
    for words in (
        "Reseller AG: 0.00 EUR of a limit of 100.00 EUR is outstanding.",
        "In the portal it could not order on PO: Reseller AG is not an accepted partner.",
        "reviewed, not measured by the limit; afterwards 238.00 EUR is outstanding. That is over the limit.",
        "It gets a month-end statement instead of payment notices.",
    ):
        assert words in page, words
    assert "reviewed, not measured" not in shown(send(entry, act="recompute", partner=partner.pk))
    send(entry, is_po="on", partner=partner.pk)
    order = the_order()
    assert (order.partner, order.status, order.is_reviewed) == (partner, Status.AWAITING_RELEASE, True)
    assert outstanding(partner) == Money(23_800, "EUR")


def test_only_the_chosen_partners_orders_are_added_up(hafen: Client, entry: Browser) -> None:
    partner = a_partner(hafen)
    sums = []
    for chosen in ("", partner.pk):
        with CaptureQueriesContext(connection) as captured:
            assert "Reseller AG" in shown(send(entry, act="recompute", partner=chosen))
        sums.append(len([query for query in captured if "partners_reservation" in query["sql"]]))
    assert sums == [0, 1]


def test_the_partners_address_is_filled_in(hafen: Client, entry: Browser) -> None:
    partner = a_partner(hafen)
    partner.customer = a_waiting_po(hafen, customer=a_customer(company="Reseller AG", city="Hamburg")).customer
    partner.save()
    page = shown(send(entry, act="recompute", partner=partner.pk))
    assert f'name="use" value="{partner.customer.pk}"' in page
    filled = shown(send(entry, act="", use=partner.customer.pk, partner=partner.pk))
    assert ('value="Hamburg"' in filled, 'value="Reseller AG"' in filled) == (True, True)


def test_only_accepted_partners_of_the_client_can_be_chosen(hafen: Client, rep: User, entry: Browser) -> None:
    for stranger in (a_partner(hafen, status="in_review"), a_partner(a_client("other"))):
        assert "Select a valid choice" in shown(send(entry, partner=stranger.pk), 422)
        with pytest.raises(Refused, match="no accepted partner"):
            enter_order(hafen, an_order(partner=stranger), FAX, by=rep, at=MONDAY)


def test_another_term_needs_a_note_and_stands_in_the_history(hafen: Client, rep: User, entry: Browser) -> None:
    assert "A note has to say why." in shown(send(entry, act="recompute", is_po="on", term_days="60"))
    refused = shown(send(entry, is_po="on", term_days="60"), 422)
    assert "Say why another term holds." in refused
    send(entry, is_po="on", term_days="60", note="agreed on the phone")
    order = the_order()
    line = HistoryEntry.objects.get(purchase=order, event="term")
    assert (order.term_days, line.note, line.reason, line.by) == (
        60,
        "Term of 60 days; the policy's is 30",
        "agreed on the phone",
        rep,
    )


def test_a_vat_id_is_checked_as_at_the_checkout(hafen: Client, entry: Browser) -> None:
    assert "This is not a VAT ID of Germany" in shown(send(entry, act="recompute", vat_id="DE123"))
    assert "This is not a VAT ID of Germany" in shown(send(entry, vat_id="DE123"), 422)
    assert "Choose the country." in shown(send(entry, vat_id="DE136695976", billing__country=""), 422)
    send(entry, vat_id="136 695 976")
    assert the_order().vat_id == "DE136695976"
