"""Products on their pages: added, changed, filled with keys, and closed to everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from core.money import Money
from core.refused import Refused
from purchases.models import KeyRequest, LicenseKey, Product
from purchases.services.products import ProductDetails, add_product, change_product
from tests.stories import MONDAY, a_client, a_released_po, a_user, the_product

if TYPE_CHECKING:
    from accounts.models import Client, User

pytestmark = pytest.mark.django_db

LIST = "/purchases/products/"
ENTERED = {
    "name": "Hafen LT",
    "code": "LT",
    "delivery": "key",
    "tax_category": "standard",
    "low_stock_at": "5",
    "is_active": "on",
    "price_EUR": "49.90",
}


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def hafen() -> Client:
    return a_client()


@pytest.fixture
def browser(hafen: Client) -> Browser:
    return logged_in(a_user("client_admin", hafen))


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def page_of(product: Product) -> str:
    return f"{LIST}{product.pk}/"


def test_a_product_is_added_with_its_price_and_found_in_the_list(hafen: Client, browser: Browser) -> None:
    assert "Add product" in text_of(browser.get(LIST))
    form = text_of(browser.get(f"{LIST}add/"))
    assert "Net price in EUR" in form
    answer = browser.post(f"{LIST}add/", {**ENTERED, "form_key": "1"})
    product = Product.objects.get(code="LT")
    assert answer["Location"] == page_of(product)
    assert (product.client, product.low_stock_at, product.is_active) == (hafen, 5, True)
    assert [price.price for price in product.prices.all()] == [Money(4_990, "EUR")]
    assert product.history.get().history_user is not None
    assert "€49.90" in text_of(browser.get(page_of(product)))
    browser.post(f"{LIST}add/", {**ENTERED, "form_key": "1"})
    assert Product.objects.filter(code="LT").count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "PRO"}, "There is a product PRO already."),
        ({"price_EUR": ""}, "Enter the net price in at least one currency."),
        ({"price_EUR": "12.345"}, "Enter an amount in EUR"),
        ({"price_EUR": "-1"}, "A price is not below zero."),
        ({"delivery": "download"}, "A download needs the link that customers get."),
        ({"download_url": "http://a.example"}, "The address has to start with https://"),
        ({"generator_url": "https://u:p@a.example"}, "The address has to start with https://"),
        ({"low_stock_at": "-1"}, "greater than or equal to 0"),
        ({"name": "N" * 201}, "at most 200 characters"),
    ],
)
def test_what_makes_no_product_is_explained(browser: Browser, changes: dict[str, str], sentence: str) -> None:
    answer = browser.post(f"{LIST}add/", {**ENTERED, **changes})
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not Product.objects.filter(code="LT").exists()


def test_the_platform_says_for_which_client(hafen: Client) -> None:
    other = a_client("other")
    browser = logged_in(a_user("platform_admin"))
    assert "Other GmbH" in text_of(browser.get(f"{LIST}add/"))
    browser.post(f"{LIST}add/", {**ENTERED, "client": other.pk})
    assert Product.objects.get(code="LT").client == other
    assert browser.post(f"{LIST}add/", {**ENTERED, "code": "X", "client": "987654"}).status_code == 422
    browser.post("/accounts/client/", {"client": hafen.pk, "next": "/"})
    browser.post(f"{LIST}add/", ENTERED)
    assert hafen.products.filter(code="LT").exists()


def test_a_change_keeps_its_history_and_leaves_placed_orders_alone(hafen: Client, browser: Browser) -> None:
    purchase = a_released_po(hafen)
    product = the_product(hafen)
    product.prices.create(currency="USD", unit_minor=12_000)
    form = text_of(browser.get(f"{page_of(product)}edit/"))
    assert 'value="100.00"' in form
    assert 'value="120.00"' in form
    entered = {**ENTERED, "code": "PRO", "name": "Hafen Pro 2", "price_EUR": "110", "price_USD": ""}
    answer = browser.post(f"{page_of(product)}edit/", entered)
    assert answer.status_code == 302
    product.refresh_from_db()
    assert (product.name, product.low_stock_at) == ("Hafen Pro 2", 5)
    assert [price.price for price in product.prices.all()] == [Money(11_000, "EUR")]
    assert product.history.first().history_change_reason == "changed: name, low_stock_at"
    assert purchase.items.get().name == "Hafen Pro"
    assert "Product saved" in text_of(browser.get(page_of(product)))


def test_a_price_alone_is_a_change_too(hafen: Client) -> None:
    admin, product = a_user("client_admin", hafen), the_product(hafen)
    details = ProductDetails(code="PRO", name="Hafen Pro", delivery="key")
    change_product(product, details=details, prices=[Money(1, "EUR")], by=admin, at=MONDAY)
    assert product.history.first().history_change_reason == "prices changed"
    change_product(product, details=details, prices=[Money(1, "EUR")], by=admin, at=MONDAY)
    assert product.prices.get().history.count() == 2
    with pytest.raises(Refused, match="PRO already"):
        add_product(hafen, details=details, prices=[], by=admin, at=MONDAY)


def test_keys_are_added_from_a_file_and_the_lines_are_accounted_for(hafen: Client, browser: Browser) -> None:
    product = the_product(hafen)
    assert "Or paste the keys" in text_of(browser.get(f"{page_of(product)}keys/"))
    upload = SimpleUploadedFile("keys.csv", b"key;note\nN-1;a\nhafen-00000;b\nN-2;c\nN-1;d\n")
    answer = browser.post(f"{page_of(product)}keys/", {"file": upload, "form_key": "k1"}, follow=True)
    assert "2 keys added. Already there: line 3. Repeated in the list: line 5. 52 keys left." in text_of(answer)
    browser.post(f"{page_of(product)}keys/", {"lines": "N-9", "form_key": "k1"})
    assert not LicenseKey.objects.filter(code="N-9").exists()


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ({}, "Choose a file or paste the keys."),
        ({"lines": "A\n" + "B" * 201}, "Nothing was added"),
        ({"file": SimpleUploadedFile("a.txt", b"\x00\x01")}, "no text in UTF-8"),
        ({"file": SimpleUploadedFile("a.txt", b"")}, "The submitted file is empty"),
        ({"file": SimpleUploadedFile("a.txt", b"x\n" * 1_100_000)}, "larger than 2 MB"),
        ({"file": SimpleUploadedFile("a.txt", b"A"), "lines": "B"}, "not both"),
    ],
)
def test_a_list_that_can_not_be_used_adds_nothing(
    hafen: Client, browser: Browser, entered: dict[str, Any], sentence: str
) -> None:
    answer = browser.post(f"{page_of(the_product(hafen))}keys/", entered)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert LicenseKey.objects.count() == 50


def test_a_download_takes_no_keys(hafen: Client, browser: Browser) -> None:
    hafen.products.update(delivery="download", download_url="https://get.example/pro")
    product = the_product(hafen)
    page = text_of(browser.get(page_of(product)))
    assert "https://get.example/pro" in page
    assert "Add keys" not in page
    assert "it has no key list" in text_of(browser.get(f"{page_of(product)}keys/"))


def test_a_page_warns_when_keys_run_low_and_shows_what_waits(browser: Browser, hafen: Client) -> None:
    product = the_product(hafen)
    product.keys.all().delete()
    product.keys.create(code="A")
    assert "Only 1 key left; the warning comes at 10." in text_of(browser.get(page_of(product)))
    assert "Low: 1" in text_of(browser.get(LIST))
    first, second = a_released_po(hafen), a_released_po(hafen)
    page = text_of(browser.get(page_of(product)))
    assert "1 item waits for a key. Keys you add are delivered at once." in page
    assert second.reference in page
    assert first.reference not in page
    assert "Empty" in text_of(browser.get(LIST))


def test_a_generators_page_shows_its_secret_and_asks_again(browser: Browser, hafen: Client) -> None:
    product = the_product(hafen)
    assert "no key generator" in text_of(browser.get(f"{page_of(product)}ask/"))
    product.keys.all().delete()
    hafen.products.update(generator_url="https://keys.example/new")
    purchase = a_released_po(hafen)
    KeyRequest.objects.update(attempts=6, next_at=None, problem="The generator answered with status 503.")
    page = text_of(browser.get(page_of(product)))
    assert "Given up after 6 attempts: The generator answered with status 503." in page
    assert "X-Kontor-Signature" in page
    assert "Generated" in text_of(browser.get(LIST))
    assert "asked for within a minute" in text_of(browser.get(f"{page_of(product)}ask/"))
    answer = browser.post(f"{page_of(product)}ask/", follow=True)
    assert "The generator will be asked within a minute" in text_of(answer)
    request = KeyRequest.objects.get(item__purchase=purchase)
    assert (request.attempts, request.next_at is not None) == (0, True)
    assert "Tried 0 times" in text_of(browser.get(page_of(product)))


@pytest.mark.parametrize("act", ["", "edit/", "keys/", "ask/"])
def test_products_are_for_their_clients_admins(hafen: Client, act: str) -> None:
    address = page_of(the_product(hafen)) + act
    assert Browser().get(address).status_code == 302
    assert logged_in(a_user("client_support", hafen)).get(address).status_code == 403
    assert logged_in(a_user("client_admin", a_client("other"))).get(address).status_code == 404
    assert logged_in(a_user("platform_admin")).get(address).status_code == 200


def test_pages_ask_as_much_for_three_as_for_one(browser: Browser, hafen: Client) -> None:
    hafen.products.get().keys.all().delete()

    def queries(address: str) -> int:
        browser.get(address)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert browser.get(address).status_code == 200
        return len(asked)

    a_released_po(hafen)
    detail = page_of(the_product(hafen))
    before = queries(LIST), queries(detail)
    for number in range(2):
        other = Product.objects.create(client=hafen, code=f"P{number}", name=f"Hafen {number}")
        other.prices.create(currency="EUR", unit_minor=100)
        a_released_po(hafen)
    assert (queries(LIST), queries(detail)) == before
