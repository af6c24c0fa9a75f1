"""The hosted checkout: from a link to an order, once, at the price of the list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import BankAccount
from core.money import Money
from core.refused import Refused
from core.tokens import hash_of
from mailing.models import Email
from purchases.models import PoDocument, Product, Purchase, StatusLink
from purchases.services.place import OrderLine
from purchases.services.products import save_product
from quotes.services.checkout import check_out, is_form_key, mask_address, new_form_key
from quotes.wording import _ROWS, LANGUAGES, WORDS
from tests.quotes.shopping import BILLING, CART, Shopper, a_scan, says, text_of
from tests.stories import MONDAY, a_client, a_user, an_order

if TYPE_CHECKING:
    from accounts.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def hafen() -> Client:
    """A client with products in two currencies."""
    client = a_client("hafen")
    save_product(
        client,
        code="LITE",
        name="Hafen Lite",
        prices=[Money(4_950, "EUR"), Money(5_500, "USD")],
        delivery="download",
        by=None,
        at=MONDAY,
    )
    save_product(
        client, code="YEN", name="Hafen 日本", prices=[Money(9_800, "JPY")], delivery="key", by=None, at=MONDAY
    )
    return client


@pytest.fixture
def shopper(hafen: Client) -> Shopper:
    return Shopper(hafen)


def the_order() -> Purchase:
    return Purchase.objects.get()


def test_a_link_fills_the_cart(shopper: Shopper) -> None:
    page = says(shopper.opens("product=PRO&quantity=2&product=LITE&x-source=newsletter&language=en"))
    assert "Hafen Pro Unit price €100.00" in page
    assert "€200.00" in page
    assert "Hafen Lite Unit price €49.50" in page
    assert "Net total €249.50" in page
    assert "Tax is added once your country is known." in page
    assert Purchase.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("product=NOPE", "“NOPE” is not sold here (any more) and was left out."),
        ("product=PRO&quantity=-3", "“-3” is no quantity for Hafen Pro: enter a whole number from 1 to 9,999."),
        ("product=PRO&quantity=0", "“0” is no quantity for Hafen Pro"),
        ("product=PRO&quantity=", "“0” is no quantity for Hafen Pro"),
        ("product=PRO&quantity=1.5", "“1.5” is no quantity for Hafen Pro"),
        ("product=PRO&quantity=10000", "“10000” is no quantity for Hafen Pro"),
        ("product=PRO&quantity=9" + "9" * 400, "is no quantity for Hafen Pro"),
        ("product=PRO&quantity=9999&product=PRO&quantity=1", "“1” is no quantity for Hafen Pro"),
        ("product=PRO&quantity=x&product=PRO&quantity=1", "“x” is no quantity for Hafen Pro"),
        ("product=PRO&currency=CHF", "There is no price in CHF for your cart; it is shown in EUR."),
        ("product=PRO&currency=%3Cb%3E", "There is no price in <B> for your cart"),
        ("product=PRO&product=YEN", "These products have no price in a common currency."),
        ("product=PRO&price=0.01", "A link can’t set prices (“price”)"),
        ("product=PRO&unit_price=1", "A link can’t set prices (“unit_price”)"),
        ("product=PRO&discount=99", "A link can’t set prices (“discount”)"),
        ("product=PRO&x-b%C3%A4d=1", "The parameter “x-bäd” of the link can’t be used"),
        ("product=PRO&x-empty=", "The parameter “x-empty” of the link can’t be used"),
        ("product=PRO&x-a=1&x-a=2", "The parameter “x-a” of the link can’t be used"),
        ("product=PRO&x-line=a%0D%0Ab", "The parameter “x-line” of the link can’t be used"),
        ("product=PRO&x-" + "a" * 200 + "=1", "of the link can’t be used"),
        ("", "Your cart is empty. Choose a product on the website of Hafen GmbH"),
        ("product=%00", "Your cart is empty."),
        ("&".join(f"p{n}=1" for n in range(400)), "Your cart is empty."),
        ("&".join("product=PRO" for _ in range(31)), "Only the first 30 products were taken over."),
    ],
)
def test_a_bad_link_is_explained_and_nothing_is_placed(shopper: Shopper, query: str, sentence: str) -> None:
    answer = shopper.opens(f"{query}&language=en" if query else "language=en")
    if query.startswith("p0"):
        answer = shopper.browser.get(f"{shopper.path}?{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert sentence in says(answer)
    assert Purchase.objects.count() == 0


def test_what_is_wrong_with_the_cart_has_to_be_mended_first(shopper: Shopper) -> None:
    shopper.opens()
    answer = shopper.sends("place", quantity=["-1"], payment="wire", seen="1 EUR")
    assert answer.status_code == 422
    assert "“-1” is no quantity" in says(answer)
    answer = shopper.sends("continue", product=["PRO", "GONE"], quantity=["2", "1"])
    assert "“GONE” is not sold here" in says(answer)
    assert Purchase.objects.count() == 0


def test_a_product_is_taken_out(shopper: Shopper) -> None:
    shopper.opens()
    page = says(shopper.sends("update", product=["PRO", "LITE"], quantity=["2", "1"], remove="PRO"))
    assert "Hafen Pro" not in page
    assert "Net total €49.50" in page


def test_currency_and_language_are_the_customers_choice(shopper: Shopper) -> None:
    page = says(shopper.opens("product=LITE&currency=usd&language=de"))
    assert "Ihr Warenkorb" in page
    assert "55,00 $" in page
    assert "Weiter zur Zahlung" in page
    japanese = text_of(shopper.opens("product=LITE&language=ja"))
    assert '<html lang="ja"' in japanese
    french = shopper.browser.get(f"{shopper.path}?{CART}", headers={"Accept-Language": "fr-CH, fr;q=0.9"})
    assert "Votre panier" in says(french)
    assert "Ihr Warenkorb" in says(shopper.browser.get(f"{shopper.path}?{CART}"))


def test_the_client_is_paid_in_its_own_currency_first(hafen: Client, shopper: Shopper) -> None:
    BankAccount.objects.filter(client=hafen).delete()
    assert "€49.50" in says(shopper.opens("product=LITE&language=en"))
    BankAccount.objects.create(client=hafen, currency="USD", holder="Hafen", account="1", bank="Bank")
    assert "$55.00" in says(shopper.opens("product=LITE&language=en"))


def test_the_total_follows_the_country_and_says_why(shopper: Shopper) -> None:
    shopper.opens()
    german = says(shopper.sends("update"))
    assert "Tax 19% €38.00 Total €238.00 Tax as in Germany." in german
    french = says(shopper.sends("update", **{"billing-country": "FR"}))
    assert "Total €240.00 Tax as in France. With a valid VAT ID no tax is charged." in french
    exempt = says(shopper.sends("update", vat_id="40303265045"))
    assert "Total €200.00 No tax is charged: reverse charge" in exempt
    abroad = says(shopper.sends("update", **{"billing-country": "US"}))
    assert "Total €200.00 No tax is charged on orders to United States." in abroad


def test_what_is_missing_is_said_at_its_field(shopper: Shopper) -> None:
    shopper.opens()
    empty = dict.fromkeys((name for name in BILLING if name.startswith("billing-")), "")
    answer = shopper.sends("continue", **empty)
    assert answer.status_code == 422
    page = text_of(answer)
    for name in ("company", "last_name", "email", "street", "city", "country"):
        assert f'id="id_billing-{name}_error"' in page, name
    assert "Enter the name of your company or organization." in page
    assert "This field is required." in page
    assert "Dieses Feld ist zwingend erforderlich." in text_of(shopper.sends("continue", language="de"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"billing-postal_code": ""}, "Enter the postal code."),
        ({"vat_id": "DE136695977"}, "This is no valid VAT ID of Germany."),
        ({"vat_id": "FR40303265045"}, "This is no valid VAT ID of Germany."),
        ({"billing-email": "nobody"}, "Enter a valid email address."),
        ({"billing-city": "K\r\nBcc: x@y.example" + "z" * 200}, "Ensure this value has at most 150 characters"),
        ({"billing-company": "x" * 10_000}, "Ensure this value has at most 300 characters (it has 10000)."),
        ({"billing-last_name": "a\x00b"}, "Null characters are not allowed."),
        ({"billing-country": "XX"}, "–"),
        ({"customer_type": "KING"}, "Select a valid choice."),
        ({"delivery-city": "Bremen"}, "This field is required."),
    ],
)
def test_a_wrong_contact_is_refused_with_a_sentence(shopper: Shopper, fields: dict[str, str], sentence: str) -> None:
    shopper.opens()
    answer = shopper.sends("continue", **fields)
    assert answer.status_code == 422
    assert sentence in says(answer)


def test_a_private_buyer_needs_no_company_and_ireland_no_postal_code(shopper: Shopper) -> None:
    shopper.opens()
    fields = {"billing-company": "", "billing-country": "IE", "billing-postal_code": "", "customer_type": "MIS"}
    answer = shopper.sends("continue", **fields)
    assert answer.status_code == 200
    assert "How do you want to pay?" in says(answer)
    assert "Tax 23%" in says(answer)


def test_a_purchase_order_is_placed_and_reviewed(hafen: Client, shopper: Shopper) -> None:
    shopper.opens("product=PRO&quantity=2&x-source=newsletter")
    second = shopper.sends("continue", **{"x-source": "newsletter", "vat_id": "136695976"})
    assert "Purchase order Pay within 30 days of the release. We check your signed order first." in says(second)
    answer = shopper.sends("place", payment="po", po_number="4500001", po_document=a_scan())
    assert answer.status_code == 303
    purchase = the_order()
    assert (purchase.status, purchase.gross_minor, purchase.is_po, purchase.is_reviewed) == ("ARP", 23_800, True, True)
    assert (purchase.po_number, purchase.language, purchase.vat_id) == ("4500001", "en", "DE136695976")
    assert (purchase.source, purchase.remote_address, purchase.is_test) == ("checkout", "127.0.0.x", False)
    assert dict(purchase.x_parameters.values_list("key", "value")) == {"x-source": "newsletter"}
    assert list(PoDocument.objects.values_list("channel", "filename")) == [("upload", "order.pdf")]
    assert purchase.document_received_at is not None
    email = Email.objects.get()
    assert (email.kind, email.subject) == (
        "po_in_review",
        f"Your purchase order {purchase.reference}: we have your document",
    )
    assert f"http://localhost:8000{answer['Location'].split('?')[0]}" in email.body_text


def test_the_link_to_the_order_stands_in_its_e_mail_and_only_its_hash_is_kept(shopper: Shopper) -> None:
    answer = shopper.orders()
    token = answer["Location"].split("/")[2]
    assert len(token) == 64  # 256 bits
    body = Email.objects.get(kind="po_received").body_text
    assert f"Your order: its status and its documents:\nhttp://localhost:8000/order/{token}/" in body
    link = StatusLink.objects.get()
    assert (link.token_hash, (link.expires_at - link.created_at).days) == (hash_of(token), 400)
    assert token not in str(list(StatusLink.objects.values())) + str(list(Purchase.objects.values()))
    assert shopper.fields["form_key"] not in str(list(Purchase.objects.values()))


def test_without_review_it_is_accepted_at_once() -> None:
    client = a_client(review=False, delivery="prepaid")
    shopper = Shopper(client)
    shopper.opens()
    page = says(shopper.sends("continue"))
    assert "Pay within 30 days. Your order is accepted at once. You receive a pro-forma invoice" in page
    assert "Signed order document" not in page
    answer = shopper.sends("place", payment="po", po_document=a_scan())
    purchase = the_order()
    assert (purchase.status, purchase.due_on is not None, PoDocument.objects.count()) == ("WPO", True, 0)
    assert answer["Location"].split("/")[2] in Email.objects.get(kind="po_released").body_text


def test_a_trusted_customers_document_is_filed_though_nobody_reviews_it(hafen: Client, shopper: Shopper) -> None:
    shopper.orders("wire")
    hafen.policies.get().trusted_customers.add(the_order().customer)
    shopper.opens()
    shopper.sends("continue")
    shopper.sends("place", payment="po", po_document=a_scan())
    purchase = Purchase.objects.get(is_po=True)
    assert (purchase.status, purchase.document_received_at is not None) == ("WPO", True)
    assert PoDocument.objects.get().purchase == purchase


def test_wire_and_check_wait_for_the_payment(shopper: Shopper) -> None:
    answer = shopper.orders("check", po_number="ignored", **{"delivery-last_name": ""})
    purchase = the_order()
    assert (purchase.status, purchase.payment_type, purchase.is_po, purchase.po_number) == ("WOF", "check", False, "")
    assert answer["Location"].split("/")[2] in Email.objects.get(kind="order_confirmation").body_text


def test_other_addresses_are_kept_where_they_differ(shopper: Shopper) -> None:
    other = {name.replace("billing", "delivery"): value for name, value in BILLING.items() if "billing" in name}
    shopper.orders("wire", **{**other, "delivery-city": "Bremen", "delivery-last_name": "Lager"})
    contacts = {contact.kind: contact.city for contact in the_order().contacts.all()}
    assert contacts == {"billing": "Kiel", "delivery": "Bremen"}


@pytest.mark.parametrize(
    ("policy", "fields"),
    [
        ({"offered_at_checkout": False}, {}),
        ({"eligible_types": ["GOV"]}, {}),
        ({}, {"customer_type": "MIS"}),
        ({"minimum": {"EUR": 50_000}}, {}),
        ({"maximum": {"EUR": 10_000}}, {}),
        ({"countries": ["FR"]}, {}),
    ],
)
def test_po_is_simply_absent_where_the_policy_does_not_offer_it(policy: dict[str, Any], fields: dict[str, str]) -> None:
    shopper = Shopper(a_client(**policy))
    shopper.opens()
    page = text_of(shopper.sends("continue", **fields))
    assert "Wire transfer" in page
    assert "urchase order" not in page
    answer = shopper.sends("place", payment="po")
    assert answer.status_code == 422
    assert "Choose how you want to pay." in says(answer)
    assert Purchase.objects.count() == 0


def test_a_po_number_is_asked_for_where_the_policy_wants_one() -> None:
    shopper = Shopper(a_client(po_number_required=True))
    answer = shopper.orders()
    assert answer.status_code == 422
    assert "Enter the number of your purchase order." in says(answer)
    assert shopper.sends("place", payment="wire").status_code == 303


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("order.pdf", b"", "The file is empty."),
        ("order.exe", b"MZ", "Only PDF, PNG and JPEG files are accepted."),
        ("order.pdf", b"<script>alert(1)</script>", "The file is not what its name says."),
        ("order.pdf", b"%PDF-1.4 broken", "The file can’t be read."),
        ("order.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024), "The file is larger than 10 MB."),
    ],
)
def test_a_file_that_lies_is_refused_and_nothing_is_placed(
    shopper: Shopper, name: str, content: bytes, sentence: str
) -> None:
    shopper.opens()
    shopper.sends("continue")
    answer = shopper.sends("place", payment="po", po_document=a_scan(name, content))
    assert answer.status_code == 422
    assert sentence in says(answer)
    assert Purchase.objects.count() == 0


def test_the_same_form_sent_twice_is_one_order(shopper: Shopper) -> None:
    first = shopper.orders("wire")
    again = shopper.sends("place", payment="wire")
    assert first["Location"].split("?") == [again["Location"].split("?")[0], "new=1"]
    assert again["Location"].endswith("?once=1")
    assert (Purchase.objects.count(), Email.objects.count()) == (1, 1)
    page = says(shopper.browser.get(again["Location"]))
    assert "Thank you! Your order has arrived." in page
    assert "This order was placed already, once." in page


def test_a_price_that_changed_meanwhile_is_shown_first(hafen: Client, shopper: Shopper) -> None:
    shopper.opens()
    shopper.sends("continue")
    save_product(hafen, code="PRO", name="Hafen Pro", prices=[Money(20_000, "EUR")], delivery="key", by=None, at=MONDAY)
    answer = shopper.sends("place", payment="wire")
    assert answer.status_code == 422
    assert "The total has changed meanwhile." in says(answer)
    assert "€476.00" in says(answer)
    assert shopper.sends("place", payment="wire").status_code == 303
    assert the_order().gross_minor == 47_600


def test_a_tampered_total_buys_nothing(shopper: Shopper) -> None:
    shopper.opens()
    shopper.sends("continue")
    answer = shopper.sends("place", payment="wire", seen="1 EUR")
    assert (answer.status_code, Purchase.objects.count()) == (422, 0)


def test_the_upload_is_offered_only_where_the_policy_takes_one() -> None:
    shopper = Shopper(a_client(accepted_channels=["fax"]))
    shopper.opens()
    page = says(shopper.sends("continue"))
    assert "Your PO number" in page
    assert "Signed order document" not in page


def test_a_form_key_of_ones_own_making_is_not_taken(hafen: Client, shopper: Shopper) -> None:
    other = a_client("other")
    shopper.opens()
    shopper.sends("continue")
    for key in ("", "mine", new_form_key(other)):
        answer = shopper.sends("place", payment="wire", form_key=key)
        assert answer.status_code == 422
        assert "This page was open for too long." in says(answer)
    assert not is_form_key(hafen, "x" * 5_000)
    assert shopper.sends("place", payment="wire").status_code == 303


def test_a_withdrawn_product_and_a_client_without_rules_sell_nothing(hafen: Client, shopper: Shopper) -> None:
    shopper.opens()
    shopper.sends("continue")
    hafen.policies.all().delete()
    answer = shopper.sends("place", payment="wire")
    assert answer.status_code == 422
    assert "This order can’t be placed as it is." in says(answer)
    Product.objects.filter(code="PRO").update(is_active=False)
    assert "“PRO” is not sold here" in says(shopper.sends("continue"))


def test_another_shop_does_not_exist(hafen: Client) -> None:
    answer = Browser().get("/buy/nowhere/?language=de")
    assert answer.status_code == 404
    assert "Diesen Shop gibt es nicht" in says(answer)
    other = a_client("other")
    other.products.update(code="SECRET")
    assert "“SECRET” is not sold here" in says(Shopper(hafen).opens("product=SECRET&language=en"))


def test_what_was_typed_comes_out_as_typed(shopper: Shopper) -> None:
    nasty = '"><script>alert(1)</script>\u202e'
    shopper.opens()
    fields = {"billing-company": nasty, "billing-last_name": "O’Neil {{7*7}}", "x-source": nasty[:-1]}
    second = text_of(shopper.sends("continue", **fields))
    assert "<script>alert" not in second
    assert "{{7*7}}" in second
    answer = shopper.sends("place", payment="wire")
    page = text_of(shopper.browser.get(answer["Location"]))
    assert "<script>alert" not in page
    assert the_order().x_parameters.get().value == nasty[:-1]


def test_forms_of_other_sites_are_refused(hafen: Client) -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert browser.post("/buy/hafen/", {**BILLING, "act": "place"}).status_code == 403


def test_one_address_places_thirty_orders_an_hour(shopper: Shopper) -> None:
    shopper.opens()
    shopper.sends("continue")
    cache.set("quotes-orders:127.0.0.1", 30, 3600)
    assert shopper.sends("place", payment="wire").status_code == 429
    assert Purchase.objects.count() == 0


def test_too_many_posts_from_one_address_have_to_wait(shopper: Shopper) -> None:
    shopper.opens()
    shopper.sends("continue")
    cache.set("quotes-posts:127.0.0.1", 200, 600)
    answer = shopper.sends("place", payment="wire")
    assert answer.status_code == 429
    assert "Too many orders come from your network at the moment." in says(answer)
    assert Purchase.objects.count() == 0
    neighbor = Shopper(a_client("other"), REMOTE_ADDR="192.0.2.9")
    assert neighbor.orders("wire").status_code == 303


def test_behind_a_proxy_its_word_counts(shopper: Shopper, settings: Any) -> None:
    settings.PRODUCTION = True
    browser = Browser(HTTP_X_FORWARDED_FOR="10.9.8.7, 2001:db8:1:2::9")
    Shopper(a_client("other"), browser).orders("wire")
    assert the_order().remote_address == "2001:0db8:0001:x"


@pytest.mark.parametrize(
    ("address", "masked"),
    [("192.0.2.77", "192.0.2.x"), ("2001:db8:1:2::9", "2001:0db8:0001:x"), ("unknown", ""), ("", "")],
)
def test_an_address_is_kept_without_its_end(address: str, masked: str) -> None:
    assert mask_address(address) == masked


# The test page ------------------------------------------------------------------------------------------------------


def test_only_those_who_make_the_rules_may_test(hafen: Client) -> None:
    path = f"/buy/hafen/?{CART}&test=1"
    assert Browser().get(path)["Location"].startswith("/accounts/login/?next=/buy/hafen/")
    assert Browser().post("/buy/hafen/", {**BILLING, "test": "1"})["Location"].startswith("/accounts/login/")
    for user, status in (
        (a_user("client_admin", hafen), 200),
        (a_user("platform_admin"), 200),
        (a_user("client_support", hafen), 403),
        (a_user("platform_customer_service"), 403),
        (a_user("client_admin", a_client("other")), 403),
    ):
        browser = Browser()
        browser.force_login(user)
        assert browser.get(path).status_code == status, user.role


def test_the_test_page_says_why_po_is_offered_or_not_and_places_a_test_order(hafen: Client) -> None:
    browser = Browser()
    admin = a_user("client_admin", hafen)
    browser.force_login(admin)
    shopper = Shopper(hafen, browser)
    assert "Begin with Hafen Lite , Hafen Pro , Hafen 日本 ." in says(shopper.opens("test=1&language=en"))
    page = says(shopper.opens(f"{CART}&test=1&language=en"))
    assert "Purchase order: not decided yet. Enter quantity, customer type, company and country." in page
    shopper.fields["test"] = "1"
    page = says(shopper.sends("update", customer_type="MIS"))
    assert "Purchase order is not offered (type): Purchase orders are for eligible organizations" in page
    page = says(shopper.sends("continue", customer_type="COM"))
    assert (
        "Purchase order is offered. Reviewed: version 1 of the policy asks for it. Tax (domestic): Tax of DE, 19 %."
        in page
    )
    shopper.sends("place", payment="po")
    purchase = the_order()
    assert (purchase.is_test, purchase.status, purchase.changed_by) == (True, "ARP", admin)


def test_the_test_page_knows_the_trusted_and_the_shop_without_rules(hafen: Client) -> None:
    browser = Browser()
    browser.force_login(a_user("platform_admin"))
    shopper = Shopper(hafen, browser)
    shopper.orders("wire")
    hafen.policies.get().trusted_customers.add(the_order().customer)
    shopper.opens(f"{CART}&test=1")
    page = says(shopper.sends("continue", test="1"))
    assert "Not reviewed: Werft & Söhne KG is a trusted customer, and everything is as it is on file." in page
    page = says(shopper.sends("update", **{"delivery-email": "else@where.example"}))
    assert "is a trusted customer: other than on file is the delivery contact." in page
    shopper.sends("update", **{"delivery-email": ""})
    hafen.policies.all().update(review=False)
    page = says(shopper.sends("continue", **{"billing-company": "Stranger AG"}))
    assert "Not reviewed: version 1 of the policy reviews nothing." in page
    other = a_client("other")
    other.policies.all().delete()
    shopper = Shopper(other, browser)
    assert "This client has no policy yet" in says(shopper.opens(f"{CART}&test=1"))
    shopper.sends("continue", test="1", language="en")
    assert "has no purchase order policy yet.)" in says(shopper.sends("place", payment="wire"))


# The service --------------------------------------------------------------------------------------------------------


def test_an_order_without_a_document_or_with_one_for_nothing(hafen: Client) -> None:
    order = an_order(is_po=False, po_number="")
    placed = check_out(hafen, order, form_key=new_form_key(hafen), by=None, at=MONDAY)
    assert placed.is_new
    assert placed.purchase.form_token is not None
    with pytest.raises(Refused, match="open for too long"):
        check_out(hafen, order, form_key="nonsense", by=None, at=MONDAY)
    unknown = an_order(lines=[OrderLine("NOPE", 1)])
    with pytest.raises(Refused, match="not a product"):
        check_out(hafen, unknown, form_key=new_form_key(hafen), by=None, at=MONDAY)
    assert Purchase.objects.count() == 1


def test_every_text_is_there_in_every_language_with_the_same_tokens() -> None:
    for key, row in _ROWS.items():
        assert len({frozenset(re.findall(r"\{\{\w+\}\}", text)) for text in row}) == 1, key
        assert all(row), key
    assert list(WORDS) == list(LANGUAGES)
