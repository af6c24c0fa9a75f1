"""The partner portal: coming in by a link, seeing one's own and nothing else, ordering within the limit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import LoginAttempt
from core.money import Money
from core.refused import Refused
from core.tokens import hash_of
from customers.models import Customer
from followups.models import FollowUp
from mailing.models import Email
from partners.models import LimitEntry, Partner, PortalLink
from partners.selectors import outstanding
from partners.services.limit import allow_over_limit
from partners.services.portal import (
    MOST_PER_EMAIL,
    MOST_PER_REMOTE,
    ask_for_link,
    open_link,
    send_link,
    use_link,
)
from partners.services.terms import change_partner
from partners.wording import _ROWS, LOGIN_LINK, PORTAL_WORDS
from purchases.models import Document, DocumentKind, Policy, Purchase, Source
from purchases.services.place import place_order
from purchases.services.products import save_product
from purchases.states import Status
from quotes.services.portal import Wish, estimate, place_portal_order, terms_refused
from quotes.views.public import MOST_WRONG_LINKS
from quotes.wording import WORDS
from tests.stories import MONDAY, a_client, a_customer, a_partner, a_user, an_order, the_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client

pytestmark = pytest.mark.django_db
LINK = re.compile(r"(/p/partner/\S+/)")


def a_browser(language: str = "en") -> Browser:
    """A browser that asks for pages in a language."""
    return Browser(HTTP_ACCEPT_LANGUAGE=language)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


@pytest.fixture
def partner(hafen: Client) -> Partner:
    return a_partner(hafen)


def link_in(email: Email) -> str:
    found = LINK.search(email.body_text)
    assert found
    return found[1]


def inside(partner: Partner, browser: Browser | None = None) -> Browser:
    """A browser in which this partner came in by its link."""
    browser = browser or a_browser()
    answer = browser.post(reverse("portal:enter", args=[open_link(partner, at=MONDAY)]))
    assert answer.status_code == 302
    return browser


def filled_in(client: Client, **changes: Any) -> dict[str, Any]:
    """The order form: one license for a company in Kiel."""
    values = {
        "step": "check",
        "currency": "EUR",
        f"quantity_{the_product(client).pk}": "1",
        "customer_type": "COM",
        "vat_id": "",
        "po_number": "4711",
        "billing-company": "Werft & Söhne KG",
        "billing-last_name": "Petersen",
        "billing-email": "einkauf@werft.example",
        "billing-street": "Am Dock 3",
        "billing-postal_code": "24103",
        "billing-city": "Kiel",
        "billing-country": "DE",
    }
    return values | {name.replace("__", "-"): value for name, value in changes.items()}


def placing(client: Client, **changes: Any) -> dict[str, Any]:
    """The same on the page that shows the total."""
    return filled_in(client, **({"step": "place", "pay": "po", "form_key": "a" * 32, "shown_gross": "11900"} | changes))


def body(answer: Any) -> str:
    return str(answer.content.decode())


# Coming in ----------------------------------------------------------------------------------------------------------


def test_a_link_is_mailed_to_the_partners_address_and_lets_in_once(partner: Partner) -> None:
    browser = a_browser()
    asked = browser.post(reverse("portal:login"), {"email": "AP@Reseller.example "})
    assert "a login link is on its way" in body(asked)
    email = Email.objects.get(kind="portal_link")
    assert (email.recipient, email.client, email.language) == ("ap@reseller.example", partner.client, "de")
    link = link_in(email)
    token = link.split("/")[3]
    assert len(token) >= 43
    assert PortalLink.objects.get().token_hash == hash_of(token)
    shown = browser.get(link)
    assert "Reseller AG" in body(shown)
    assert PortalLink.objects.get().used_at is None, "a scanner that follows the link uses nothing up"
    assert browser.get(reverse("portal:overview")).status_code == 302
    before = browser.session.session_key
    assert browser.post(link)["Location"] == reverse("portal:overview")
    assert browser.session.session_key != before
    assert "Reseller AG" in body(browser.get(reverse("portal:overview")))
    assert browser.get(reverse("portal:login"))["Location"] == reverse("portal:overview")
    for method in ("get", "post"):
        again = getattr(a_browser(), method)(link)
        assert again.status_code == 404
        assert "does not work any more" in body(again)
    with pytest.raises(Refused):
        use_link(token, at=MONDAY)


def test_the_answer_is_the_same_for_an_unknown_address(hafen: Client, partner: Partner) -> None:
    a_partner(hafen, email="waits@reseller.example", status="in_review")
    hidden = r'value="[\w.@-]+"|<strong>[^<]*</strong>'
    pages = [
        body(a_browser().post(reverse("portal:login"), {"email": email}))
        for email in ("ap@reseller.example", "nobody@nowhere.example", "waits@reseller.example")
    ]
    answers = [re.sub(hidden, "", page) for page in pages]
    assert len(set(answers)) == 1
    assert Email.objects.filter(kind="portal_link").count() == 1
    assert a_browser().post(reverse("portal:login"), {"email": "no address"}).status_code == 422


def test_a_link_ends_after_half_an_hour_and_with_the_address(partner: Partner) -> None:
    token, other = open_link(partner, at=MONDAY), open_link(partner, at=MONDAY)
    late = MONDAY + timedelta(minutes=30)
    with pytest.raises(Refused):
        use_link(token, at=late)
    names = ("status", "limit", "scope", "is_po_enabled", "valid_until", "month_end_statement")
    as_it_is = {name: getattr(partner, name) for name in names}
    change_partner(
        partner, **as_it_is, email="new@reseller.example", comment="", by=a_user("platform_admin"), at=MONDAY
    )
    with pytest.raises(Refused):
        use_link(other, at=MONDAY)


def test_tries_are_counted_per_address_and_per_visitor(partner: Partner) -> None:
    for _ in range(MOST_PER_EMAIL):
        assert ask_for_link("ap@reseller.example", remote="192.0.2.1", at=MONDAY) == 1
    with pytest.raises(Refused, match="Try again in 15 minutes"):
        ask_for_link(" AP@reseller.example", remote="192.0.2.2", at=MONDAY)
    for number in range(MOST_PER_REMOTE):
        assert ask_for_link(f"nobody{number}@nowhere.example", remote="192.0.2.3", at=MONDAY) == 0
    with pytest.raises(Refused):
        ask_for_link("other@nowhere.example", remote="192.0.2.3", at=MONDAY)
    with pytest.raises(Refused, match="in 1 minute\\."):
        ask_for_link("ap@reseller.example", remote="192.0.2.2", at=MONDAY + timedelta(minutes=14, seconds=30))
    page = a_browser().post(reverse("portal:login"), {"email": "ap@reseller.example"})
    assert (page.status_code, "Too many tries" in body(page)) == (429, True)
    assert ask_for_link("ap@reseller.example", remote="192.0.2.3", at=MONDAY + timedelta(minutes=15)) == 1
    assert LoginAttempt.objects.count() == 3


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ja"])
def test_the_link_is_written_in_the_partners_language(hafen: Client, language: str) -> None:
    customer = Customer.objects.create(client=hafen, company="R", type="COM", language=language, created_at=MONDAY)
    partner = a_partner(hafen)
    partner.customer = customer
    partner.save()
    open_link(partner, at=MONDAY)
    email = Email.objects.get()
    assert email.language == language
    assert email.subject == LOGIN_LINK[language].subject.replace("{{client}}", hafen.name)
    assert "30" in email.body_text
    assert "{{" not in email.body_text


def test_somebody_of_the_house_can_send_the_link(hafen: Client, partner: Partner) -> None:
    admin = a_user("client_admin", hafen)
    send_link(partner, by=admin, at=MONDAY)
    assert Email.objects.get().recipient == partner.email
    assert LimitEntry.objects.latest("pk").comment == "login link sent to ap@reseller.example"
    waiting = a_partner(hafen, status="in_review")
    with pytest.raises(Refused, match="not an accepted partner"):
        send_link(waiting, by=admin, at=MONDAY)


def test_only_who_could_change_the_address_reads_the_link_in_the_outbox(hafen: Client, partner: Partner) -> None:
    token = open_link(partner, at=MONDAY)
    email = Email.objects.get()
    pages = [reverse("mailing:email", args=[email.pk]) + "?view=text", reverse("mailing:body", args=[email.pk])]
    for role, client, may in (
        ("client_admin", hafen, True),
        ("client_support", hafen, False),
        ("platform_finance", None, False),
        ("platform_customer_service", None, False),
    ):
        browser = a_browser()
        browser.force_login(a_user(role, client))
        assert [token in body(browser.get(page)) for page in pages] == [may, may], role


def test_a_session_ends_by_time_by_status_by_another_address_and_by_the_way_out(partner: Partner) -> None:
    page = reverse("portal:overview")
    browser = inside(partner)
    with time_machine.travel(MONDAY + timedelta(hours=8), tick=False):
        assert browser.get(page)["Location"] == reverse("portal:login")
    for change in ({"status": "rejected"}, {"email": "other@reseller.example"}):
        Partner.objects.filter(pk=partner.pk).update(**change)
        assert browser.get(page).status_code == 302
        Partner.objects.filter(pk=partner.pk).update(status="accepted", email="ap@reseller.example")
        assert browser.get(page).status_code == 200
    assert browser.get(reverse("portal:logout")).status_code == 405
    browser.post(reverse("portal:logout"))
    assert browser.get(page).status_code == 302


def test_the_way_out_of_the_portal_leaves_the_house_alone(hafen: Client, partner: Partner) -> None:
    browser = a_browser()
    browser.force_login(a_user("client_admin", hafen))
    inside(partner, browser)
    browser.post(reverse("portal:logout"))
    assert browser.get(reverse("partners:list")).status_code == 200


def test_one_address_at_several_clients_gets_a_link_from_each_and_chooses(partner: Partner) -> None:
    other = a_partner(a_client("other"), company="Reseller at Other")
    assert ask_for_link("ap@reseller.example", remote="192.0.2.1", at=MONDAY) == 2
    first, second = Email.objects.order_by("pk")
    assert (first.client, second.client) == (partner.client, other.client)
    browser = a_browser()
    browser.post(link_in(first))
    page = browser.get(reverse("portal:choose"))
    assert "Reseller at Other" not in body(page), "another client's portal opens by its own link alone"
    assert browser.post(reverse("portal:choose"), {"partner": other.pk}).status_code == 404
    assert browser.post(link_in(second))["Location"] == reverse("portal:choose")
    assert "Reseller at Other" in body(browser.get(reverse("portal:overview")))
    assert browser.post(reverse("portal:choose"), {"partner": partner.pk}).status_code == 302
    shown = body(browser.get(reverse("portal:overview")))
    assert "Hafen GmbH" in shown
    assert reverse("portal:choose") in shown


# Seeing one's own ---------------------------------------------------------------------------------------------------


def ordered(partner: Partner, quantity: int = 1, **fields: Any) -> Purchase:
    order = an_order(quantity=quantity, source=Source.PARTNER, partner=partner, **fields)
    return place_order(partner.client, order, by=None, at=MONDAY)


def pages_of(purchase: Purchase) -> list[str]:
    number = Document.objects.filter(purchase=purchase).values_list("number", flat=True)[0]
    return [reverse("portal:order", args=[purchase.reference]), reverse("portal:document", args=[number])]


def test_a_partner_sees_its_limit_its_orders_and_its_documents(partner: Partner) -> None:
    purchase = ordered(partner, quantity=7)
    browser = inside(partner)
    page = body(browser.get(reverse("portal:overview")))
    for words in (
        purchase.reference,
        "€1,000.00",
        "€833.00",
        "€167.00 left",
        "83 % of your limit is used",
        "INV-2026-000001",
    ):
        assert words in page, words
    order, document = pages_of(purchase)
    page = body(browser.get(order))
    for words in ("Hafen Pro", "Kiel", "DE89 3704", "INV-2026-000001", "as soon as it is paid"):
        assert words in page, words
    assert browser.get(document)["Content-Type"] == "application/pdf"
    assert purchase.reference in body(browser.get(reverse("portal:orders")))


def test_another_partners_orders_do_not_exist(hafen: Client, partner: Partner) -> None:
    other = a_partner(hafen, email="other@reseller.example", company="Zzyzx AG")
    elsewhere = a_partner(a_client("other"), company="Zzyzx Ltd")
    mine = ordered(partner)
    browser = inside(partner)
    for stranger in (other, elsewhere):
        theirs = ordered(stranger)
        for page in pages_of(theirs):
            if page != pages_of(mine)[1]:
                assert browser.get(page).status_code == 404, page
        for name in ("overview", "orders", "new", "choose"):
            shown = body(browser.get(reverse(f"portal:{name}")))
            assert "Zzyzx" not in shown
            assert theirs.reference not in shown
    assert browser.get(reverse("portal:document", args=["NONE"])).status_code == 404
    for name in ("overview", "orders", "new", "choose"):
        assert a_browser().get(reverse(f"portal:{name}"))["Location"] == reverse("portal:login")
        assert a_browser().post(reverse(f"portal:{name}")).status_code == 302
    for page in pages_of(mine):
        assert a_browser().get(page)["Location"] == reverse("portal:login")


def test_pages_cost_the_same_with_one_order_and_with_three(partner: Partner) -> None:
    ordered(partner)
    browser = inside(partner)
    for name in ("overview", "orders"):
        browser.get(reverse(f"portal:{name}"))
        with CaptureQueriesContext(connection) as one:
            browser.get(reverse(f"portal:{name}"))
        extra = [ordered(partner) for _ in range(2)]
        with CaptureQueriesContext(connection) as three:
            assert extra[0].reference in body(browser.get(reverse(f"portal:{name}")))
        assert len(one) == len(three) <= 14, name
    assert "No orders yet" in body(inside(a_partner(partner.client)).get(reverse("portal:orders")))


def test_long_lists_have_pages(hafen: Client) -> None:
    partner = a_partner(hafen, limit="100000.00")
    references = [ordered(partner).reference for _ in range(26)]
    browser = inside(partner)
    first = body(browser.get(reverse("portal:orders")))
    older = re.search(r'href="(\?[^"]+)" rel="next"', first)
    assert older
    second = body(browser.get(reverse("portal:orders") + older[1].replace("&amp;", "&")))
    assert sorted(reference for reference in references if reference in first + second) == sorted(references)


# Ordering -----------------------------------------------------------------------------------------------------------


def test_an_order_on_po_is_accepted_at_once(hafen: Client, partner: Partner) -> None:
    browser = inside(partner)
    assert "Hafen Pro" in body(browser.get(reverse("portal:new")))
    shown = body(browser.post(reverse("portal:new"), filled_in(hafen)))
    for words in ("€119.00", "Tax as in Germany.", "€881.00 of your limit is left", "within 30 days"):
        assert words in shown, words
    assert Purchase.objects.count() == 0
    done = browser.post(reverse("portal:new"), placing(hafen))
    purchase = Purchase.objects.get()
    assert done["Location"] == reverse("portal:order", args=[purchase.reference])
    assert (purchase.status, purchase.source, purchase.partner, purchase.po_number, purchase.is_reviewed) == (
        "WPO", "partner", partner, "4711", False,
    )  # fmt: skip
    assert purchase.gross == Money(11_900, "EUR")
    assert outstanding(partner) == Money(11_900, "EUR")
    assert "Your purchase order is accepted." in body(browser.get(done["Location"]))
    assert Email.objects.filter(kind__in=["po_released", "delivery"]).count() == 2
    assert "Am Dock 3" in body(browser.get(reverse("portal:new"))), "the last address is there again"


def test_the_same_form_sent_twice_is_one_order(hafen: Client) -> None:
    partner = a_partner(hafen, limit="119.00")
    browser = inside(partner)
    first, second = (browser.post(reverse("portal:new"), placing(hafen)) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Purchase.objects.count() == 1


def test_over_the_limit_the_reason_is_said_and_wire_is_offered(hafen: Client) -> None:
    partner = a_partner(hafen, limit="100.00")
    browser = inside(partner)
    shown = body(browser.post(reverse("portal:new"), filled_in(hafen)))
    assert "€119.00 is more than what is left of the limit: €100.00 of €100.00." in shown
    assert 'value="po"' not in shown
    browser.post(reverse("portal:new"), filled_in(hafen))
    assert [(f.client, f.reason) for f in FollowUp.objects.all()] == [(hafen, "Limit exceeded")]
    refused = browser.post(reverse("portal:new"), placing(hafen))
    assert (refused.status_code, Purchase.objects.count()) == (422, 0)
    wired = browser.post(reverse("portal:new"), placing(hafen, pay="wire", form_key="b" * 32))
    purchase = Purchase.objects.get()
    assert (wired.status_code, purchase.status, purchase.is_po) == (302, "WOF", False)
    assert outstanding(partner) == Money(0, "EUR")
    assert "delivered once it is paid" in body(browser.get(wired["Location"]))


def test_one_order_over_the_limit_goes_through_when_it_was_allowed(hafen: Client) -> None:
    partner = a_partner(hafen, limit="100.00")
    agent = a_user("platform_customer_service", name="Clara")
    allow_over_limit(
        partner, amount=Money(11_900, "EUR"), valid_until=MONDAY.date(), note="big deal", by=agent, at=MONDAY
    )
    browser = inside(partner)
    assert "allows one order of up to €119.00" in body(browser.get(reverse("portal:overview")))
    assert "as Hafen GmbH allowed" in body(browser.post(reverse("portal:new"), filled_in(hafen)))
    assert browser.post(reverse("portal:new"), placing(hafen)).status_code == 302
    assert browser.post(reverse("portal:new"), placing(hafen, form_key="c" * 32)).status_code == 422
    assert LimitEntry.objects.filter(change_minor=11_900).get().comment == (
        "order placed over the limit, as allowed by Clara: big deal"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limit_minor": 0}, "has no purchase order limit."),
        ({"is_po_enabled": False}, "has no purchase order limit."),
        ({"valid_until": MONDAY.date() - timedelta(days=1)}, "is not an accepted partner."),
        ({"currency": "USD"}, "The limit of Reseller AG is in USD, the order in EUR."),
    ],
)
def test_why_nothing_can_be_ordered_on_po(hafen: Client, partner: Partner, change: dict[str, Any], words: str) -> None:
    Partner.objects.filter(pk=partner.pk).update(**change)
    shown = body(inside(partner).post(reverse("portal:new"), filled_in(hafen)))
    assert words in shown
    assert 'value="po"' not in shown
    assert 'value="wire"' in shown
    assert FollowUp.objects.count() == 0


def test_the_clients_policy_may_shut_the_portal_for_pos(hafen: Client, partner: Partner) -> None:
    Policy.objects.update(partner_pos_allowed=False)
    shown = body(inside(partner).get(reverse("portal:overview")))
    assert "Hafen GmbH takes no purchase orders from partners at present." in shown
    with pytest.raises(Refused, match="no purchase orders"):
        place_portal_order(partner, a_wish(hafen), is_po=True, form_key="x", at=MONDAY)
    Policy.objects.all().delete()
    assert terms_refused(partner, "EUR", on=MONDAY.date()) is not None


def a_wish(client: Client, quantity: int = 1, **fields: Any) -> Wish:
    values: dict[str, Any] = {
        "lines": [(the_product(client), quantity)],
        "currency": "EUR",
        "customer": a_customer(),
        "po_number": "1",
    }
    return Wish(**(values | fields))


def test_a_po_number_is_needed_where_the_policy_says_so(hafen: Client, partner: Partner) -> None:
    Policy.objects.update(po_number_required=True)
    answer = inside(partner).post(reverse("portal:new"), filled_in(hafen, po_number=""))
    assert (answer.status_code, "Enter the number of your purchase order" in body(answer)) == (422, True)
    with pytest.raises(Refused, match="PO number is needed"):
        place_portal_order(partner, a_wish(hafen, po_number=""), is_po=True, form_key="x", at=MONDAY)
    assert place_portal_order(partner, a_wish(hafen), is_po=True, form_key="x", at=MONDAY).status == "WPO"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quantity": "0"}, "Choose at least one product"),
        ({"quantity": "-1"}, "Enter 0 or more."),
        ({"quantity": "10000"}, "At most 9,999"),
        ({"quantity": "1.5"}, "Enter a whole number."),
        ({"billing__country": ""}, "Choose the country"),
        ({"billing__email": ""}, "Enter an e-mail address"),
        ({"billing__company": "", "billing__last_name": ""}, "Enter a last name or a company."),
        ({"vat_id": "DE123"}, "This is no valid VAT ID of Germany."),
        ({"has_delivery": "on"}, "Enter a last name or a company."),
    ],
)
def test_what_is_wrong_with_an_order_is_said_next_to_it(
    hafen: Client, partner: Partner, changes: dict[str, str], words: str
) -> None:
    sent = filled_in(hafen, **changes)
    if "quantity" in changes:
        sent[f"quantity_{the_product(hafen).pk}"] = sent.pop("quantity")
    answer = inside(partner).post(reverse("portal:new"), sent)
    assert (answer.status_code, words in body(answer)) == (422, True)
    assert Purchase.objects.count() == 0


def test_prices_come_from_the_list_and_a_changed_one_is_shown_again(hafen: Client, partner: Partner) -> None:
    browser = inside(partner)
    product = the_product(hafen)
    save_product(
        hafen, code="PRO", name=product.name, prices=[Money(20_000, "EUR")], delivery="key", by=None, at=MONDAY
    )
    again = browser.post(reverse("portal:new"), placing(hafen, unit_price="1"))
    assert (again.status_code, "The price changed meanwhile" in body(again)) == (422, True)
    assert "€238.00" in body(again)
    spoiled = browser.post(reverse("portal:new"), placing(hafen, shown_gross="23800", form_key="<b>"))
    assert (spoiled.status_code, "once more" in body(spoiled)) == (422, True)
    assert Purchase.objects.count() == 0


def test_delivery_and_licensee_are_kept_and_a_vat_id_abroad_takes_the_tax_off(hafen: Client, partner: Partner) -> None:
    abroad = {
        "vat_id": "FR40303265045",
        "billing__country": "FR",
        "has_delivery": "on",
        "delivery__last_name": "Martin",
        "delivery__email": "martin@chantier.example",
        "has_licensee": "on",
        "licensee__company": "Chantier SA",
    }
    browser = inside(partner)
    shown = body(browser.post(reverse("portal:new"), filled_in(hafen, **abroad)))
    for words in ("reverse charge", "Martin", "Chantier SA", "FR40303265045"):
        assert words in shown, words
    edited = body(browser.post(reverse("portal:new"), filled_in(hafen, step="edit", **abroad)))
    assert "martin@chantier.example" in edited
    browser.post(reverse("portal:new"), placing(hafen, shown_gross="10000", **abroad))
    purchase = Purchase.objects.get()
    assert (purchase.gross_minor, purchase.vat_id) == (10_000, "FR40303265045")
    assert sorted(purchase.contacts.values_list("kind", flat=True)) == ["billing", "delivery", "licensee"]


def test_in_another_currency_than_the_limits_only_wire_is_possible(hafen: Client, partner: Partner) -> None:
    product = the_product(hafen)
    save_product(
        hafen, code="PRO", name=product.name, prices=[Money(12_000, "USD")], delivery="key", by=None, at=MONDAY
    )
    browser = inside(partner)
    page = body(browser.get(reverse("portal:new"), {"currency": "USD"}))
    assert "an order in USD can only be paid by wire transfer" in page
    shown = body(browser.post(reverse("portal:new"), filled_in(hafen, currency="USD")))
    assert "The limit of Reseller AG is in EUR, the order in USD." in shown
    browser.post(reverse("portal:new"), placing(hafen, currency="USD", shown_gross="14280", pay="wire"))
    assert Purchase.objects.get().gross == Money(14_280, "USD")


def test_a_wish_that_can_not_be_priced_is_refused(hafen: Client, partner: Partner) -> None:
    with pytest.raises(Refused, match="no price in USD"):
        estimate(partner, a_wish(hafen, currency="USD"), at=MONDAY)
    with pytest.raises(Refused, match="country"):
        estimate(partner, a_wish(hafen, customer=a_customer(country="")), at=MONDAY)


def test_without_products_there_is_nothing_to_order(hafen: Client, partner: Partner) -> None:
    hafen.products.update(is_active=False)
    assert "no products with a price" in body(inside(partner).get(reverse("portal:new")))


def test_the_customer_on_file_is_filled_in(hafen: Client, partner: Partner) -> None:
    place_order(hafen, an_order(), by=None, at=MONDAY)
    partner.customer = hafen.customers.get()
    partner.save()
    assert "Am Dock 3" in body(inside(partner).get(reverse("portal:new")))


def test_each_order_by_itself_is_measured_alone(hafen: Client, partner: Partner) -> None:
    Partner.objects.filter(pk=partner.pk).update(scope="per_order")
    ordered(partner, quantity=8)
    ordered(partner, quantity=8)
    page = body(inside(partner).get(reverse("portal:overview")))
    assert "Limit for each order" in page
    assert "of your limit is used" not in page


def test_the_language_can_not_be_switched_away_from_what_was_typed(partner: Partner, hafen: Client) -> None:
    browser, switch = inside(partner), 'hreflang="de"'
    assert switch in body(browser.get(reverse("portal:new")))
    assert switch not in body(browser.post(reverse("portal:new"), filled_in(hafen, billing__street="")))
    assert switch not in body(browser.post(reverse("portal:new"), filled_in(hafen, step="edit")))


# In five languages --------------------------------------------------------------------------------------------------

SAID = {
    "en": ("Overview", "Open orders", "Look at the order", "Order on purchase order", "Accepted, to be paid"),
    "de": ("Übersicht", "Offene Bestellungen", "Bestellung ansehen", "Auf Rechnung bestellen", "Angenommen, zu zahlen"),
    "fr": ("Vue d’ensemble", "Commandes en cours", "Voir la commande", "Commander par bon de commande", "Acceptée"),
    "es": ("Resumen", "Pedidos abiertos", "Ver el pedido", "Pedir con orden de compra", "Aceptado"),
    "ja": ("概要", "未完了のご注文", "ご注文内容を確認", "発注書で注文する", "承認済み"),
}


@pytest.mark.parametrize("language", list(SAID))
def test_every_page_speaks_the_browsers_language(hafen: Client, partner: Partner, language: str) -> None:
    overview, open_orders, look, on_po, status = SAID[language]
    browser = inside(partner, a_browser(language))
    done = browser.post(reverse("portal:new"), placing(hafen))
    purchase = Purchase.objects.get()
    assert purchase.language == language
    assert purchase.reference in body(browser.get(done["Location"]))
    page = body(browser.get(reverse("portal:overview")))
    assert f'<html lang="{language}"' in page
    assert f"<h1>{overview}</h1>" in page
    assert (open_orders in page, status in page) == (True, True)
    assert look in body(browser.get(reverse("portal:new")))
    assert on_po in body(browser.post(reverse("portal:new"), filled_in(hafen)))
    for path in ("orders", "new"):
        page = body(browser.get(reverse(f"portal:{path}")))
        assert (">Orders<" in page, ">Quantity<" in page) == (language == "en", language == "en" and path == "new")


def test_the_partners_own_language_comes_before_the_browsers_and_a_chosen_one_before_both(partner: Partner) -> None:
    partner.customer = Customer.objects.create(
        client=partner.client, company="R", type="COM", language="fr", created_at=MONDAY
    )
    partner.save()
    token, page = open_link(partner, at=MONDAY), reverse("portal:overview")
    browser = a_browser("es")
    assert "Portal de socios" in body(browser.get(reverse("portal:login")))
    assert "Se connecter" in body(browser.get(reverse("portal:enter", args=[token])))
    browser.post(reverse("portal:enter", args=[token]))
    assert 'lang="fr"' in body(browser.get(page))
    answer = browser.get(page, {"language": "ja"})
    assert '<html lang="ja"' in body(answer)
    cookie = answer.cookies["portal_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("ja", True, "Lax")
    assert '<html lang="ja"' in body(browser.get(page)), "it is remembered"
    assert "portal_language" not in browser.get(page, {"language": "xx"}).cookies
    assert '<html lang="de"' in body(inside(a_partner(partner.client), Browser()).get(page)), "else the client's"


def test_what_is_refused_is_said_in_the_readers_language(hafen: Client) -> None:
    partner = a_partner(hafen, limit="100.00")
    browser = inside(partner, a_browser("de"))
    page = body(browser.post(reverse("portal:new"), filled_in(hafen)))
    assert "119,00\xa0€ ist mehr, als vom Limit übrig ist: 100,00\xa0€ von 100,00\xa0€." in page
    assert "Hafen GmbH wird benachrichtigt" in page
    assert "119,00\xa0€ ist mehr" in body(browser.post(reverse("portal:new"), placing(hafen)))
    hafen.products.update(code="NEW")
    spoiled = body(browser.post(reverse("portal:new"), filled_in(hafen, vat_id="DE1")))
    assert "Das ist keine gültige USt-IdNr. für Deutschland" in spoiled
    for _ in range(MOST_PER_EMAIL + 1):
        answer = a_browser("de").post(reverse("portal:login"), {"email": "x@y.example"})
    assert (answer.status_code, "Versuchen Sie es in 15 Min. wieder." in body(answer)) == (429, True)


def test_guessed_links_are_counted() -> None:
    cache.set("quotes-wrong-portal-links:127.0.0.1", MOST_WRONG_LINKS, 600)
    answer = a_browser().get(reverse("portal:enter", args=["guess"]))
    assert (answer.status_code, "does not work any more" in body(answer)) == (429, True)


def test_every_text_of_the_portal_is_there_in_every_language_with_the_same_tokens() -> None:
    for key, row in _ROWS.items():
        assert len({frozenset(re.findall(r"\{\{\w+\}\}", text)) for text in row}) == 1, key
        assert all(row), key
    assert set(DocumentKind.values) <= {*PORTAL_WORDS["en"], *WORDS["en"]}
    assert set(Status.values) <= set(WORDS["en"])
