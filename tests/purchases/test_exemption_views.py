"""What people see of a certificate's effect: the answer in the viewer, the list of changes, order entry."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.template import Context, Template
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from accounts.services import let_support_refund
from purchases.models import Purchase
from purchases.services.refund import refund_purchase
from taxexempt.services import mark_invalid, validate
from tests.stories import (
    MONDAY,
    SCHOOL,
    a_certificate,
    a_client,
    a_customer,
    a_released_po,
    a_texan_client,
    a_user,
    an_offline_order,
    days_later,
    of_school,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User
    from taxexempt.models import Certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(days_later(3), tick=False):
        yield


@pytest.fixture
def texas() -> Client:
    return a_texan_client()


@pytest.fixture
def tax() -> User:
    return a_user("platform_tax")


def a_valid(purchase: Purchase, by: User) -> Certificate:
    return validate(a_certificate(purchase.customer, by=by), by=by, at=MONDAY)


def seen(user: User, path: str, *, status: int = 200) -> str:
    """The words of a page, in one line."""
    browser = Browser()
    browser.force_login(user)
    answer = browser.get(path)
    assert answer.status_code == status
    return words(answer)


def words(answer: Any) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def effect(certificate: Certificate, user: User) -> str:
    """What the certificate's page says of purchases."""
    request = RequestFactory().get("/")
    request.user = user
    request.session = {}  # type: ignore[assignment]
    source = Template("{% load purchases_tax %}{% tax_effect certificate %}")
    html = source.render(Context({"certificate": certificate, "request": request, "at": days_later(3)}))
    return " ".join(unescape(html).split())


def test_the_viewer_answers_and_offers_what_can_be_done(texas: Client, tax: User) -> None:
    paid, unpaid = pays(an_offline_order(texas, **of_school()), "108.25"), a_released_po(texas, **of_school())
    certificate = a_valid(paid, tax)
    for tab in ("general", "items"):
        page = seen(tax, f"/purchases/{paid.reference}/?tab={tab}")
        assert "Why was this taxed?" in page
        assert f"{certificate} covers it, but was not applied when the order came in." in page
        assert "Give €8.25 back" in page or "Give €8.25 tax back" in page
    assert "Take €8.25 tax off" in seen(tax, f"/purchases/{unpaid.reference}/")
    rep = seen(a_user("platform_customer_service"), f"/purchases/{unpaid.reference}/")
    assert "Take €8.25 tax off" not in rep
    assert "The tax can be taken off: ask the tax team." in rep


def test_the_viewer_says_why_nothing_can_be_done(texas: Client, tax: User) -> None:
    old = pays(an_offline_order(texas, at=days_later(-100), **of_school()), "108.25")
    certificate = validate(a_certificate(old.customer, by=tax, issued_on=days_later(-200).date()), by=tax, at=MONDAY)
    page = seen(tax, f"/purchases/{old.reference}/")
    assert "It was ordered 103 days ago: tax goes back within 90 days." in page
    exempt = an_offline_order(texas, **of_school())
    page = seen(tax, f"/purchases/{exempt.reference}/")
    assert "Why was this not taxed?" in page
    assert f"No tax: {certificate} covers it." in page
    refunded = pays(an_offline_order(a_client(), **of_school()), "108.25")
    refund_purchase(refunded, by=a_user("platform_finance"), at=MONDAY, reason="all of it")
    assert "The tax was given back." in seen(tax, f"/purchases/{refunded.reference}/")


def test_one_list_one_act_and_a_result_for_each(texas: Client, tax: User) -> None:
    paid, unpaid = pays(an_offline_order(texas, **of_school()), "108.25"), a_released_po(texas, **of_school())
    covered = pays(a_released_po(texas, **of_school()), "100.00")
    certificate = a_valid(paid, tax)
    page = seen(tax, f"/purchases/exemption/{certificate.pk}/")
    for said in (
        f"What certificate {certificate.pk} changes",
        "Paid within 90 days of the order: the tax goes back, with a credit note and an e-mail.",
        "Unpaid: the invoice is undone by a credit note and issued anew without tax; the customer gets both.",
        "Tax goes back",
        "Billed anew over €100.00",
    ):
        assert said in page
    assert page.count(" checked") == 3
    one = seen(tax, f"/purchases/exemption/{certificate.pk}/?pick={unpaid.reference}")
    assert one.count(" checked") == 1
    browser = Browser()
    browser.force_login(tax)
    picks = [paid.reference, unpaid.reference, covered.reference, "999999999"]
    result = words(browser.post(f"/purchases/exemption/{certificate.pk}/", {"pick": picks}))
    for said in (
        "Take the tax off: 3 of 4 done",
        "€8.25 tax goes back; the purchase is Partially Refunded.",
        "Billed anew over €100.00, without tax.",
        "Billed anew over €100.00, without tax; that is paid.",
        "Not found.",
    ):
        assert said in result
    again = words(browser.post(f"/purchases/exemption/{certificate.pk}/", {"pick": picks[:2]}))
    assert "0 of 2 done" in again
    assert again.count("No tax is left on it.") == 2
    page = seen(tax, f"/purchases/exemption/{certificate.pk}/")
    assert "covers no taxed purchase of its customer: there is nothing to change." in page


def test_where_nothing_can_be_changed_the_list_says_why(texas: Client, tax: User) -> None:
    old = pays(an_offline_order(texas, at=days_later(-100), **of_school()), "108.25")
    certificate = validate(a_certificate(old.customer, by=tax, issued_on=days_later(-200).date()), by=tax, at=MONDAY)
    page = seen(tax, f"/purchases/exemption/{certificate.pk}/")
    assert f"Nothing can be changed. {old}: It was ordered 103 days ago" in page


def test_of_very_many_the_list_says_how_many_follow(monkeypatch: pytest.MonkeyPatch, texas: Client, tax: User) -> None:
    monkeypatch.setattr("purchases.views.tax.MOST_AT_ONCE", 2)
    monkeypatch.setattr("purchases.templatetags.purchases_tax.MOST_SHOWN", 1)
    old = [pays(an_offline_order(texas, at=days_later(-100), **of_school()), "108.25") for _ in range(3)]
    certificate = validate(a_certificate(old[0].customer, by=tax, issued_on=days_later(-200).date()), by=tax, at=MONDAY)
    path = f"/purchases/exemption/{certificate.pk}/"
    page = seen(tax, path)
    assert "Nothing can be changed." in page
    assert page.count("It was ordered 103 days ago") == 2
    assert "And 1 more." in page
    mark_invalid(certificate, reason="x", by=tax, at=MONDAY)
    paid = [pays(an_offline_order(texas, **of_school()), "108.25") for _ in range(3)]
    certificate = validate(a_certificate(old[0].customer, by=tax, issued_on=days_later(-200).date()), by=tax, at=MONDAY)
    path = f"/purchases/exemption/{certificate.pk}/"
    page = seen(tax, path)
    assert (page.count(" checked"), "1 more can be changed than this list holds." in page) == (2, True)
    assert "3 more stay taxed." in page
    assert f'value="{paid[0]}" checked' in seen(tax, f"{path}?pick={paid[0]}")
    said = effect(certificate, tax)
    assert ("3 paid purchases: the tax can go back." in said, "2 more stay taxed." in said) == (True, True)
    browser = Browser()
    browser.force_login(tax)
    browser.post(path, {"pick": [str(purchase) for purchase in paid[1:]]})
    page = seen(tax, path)
    assert (page.count(" checked"), "more can be changed" in page) == (1, False)


def test_only_who_gives_tax_back_opens_the_list_and_only_of_their_clients(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    path = f"/purchases/exemption/{certificate.pk}/"
    seen(a_user("platform_customer_service"), path, status=403)
    hafen = let_support_refund(a_client(), support_may_refund=True, by=a_user("platform_admin"), at=MONDAY)
    seen(a_user("client_support", hafen), path, status=404)
    seen(tax, "/purchases/exemption/987654321/", status=404)


def test_the_certificates_page_says_what_it_does(texas: Client, tax: User) -> None:
    paid = pays(an_offline_order(texas, **of_school()), "108.25")
    certificate = a_certificate(paid.customer, by=tax)
    assert effect(certificate, tax) == ""
    asked = seen(tax, f"/purchases/exemption/{certificate.pk}/")
    assert f"{certificate} is New: it covers nothing." in asked
    certificate = validate(certificate, by=tax, at=MONDAY)
    a_released_po(texas, **of_school())
    said = effect(certificate, tax)
    assert "1 paid purchase: the tax can go back." in said
    assert "Billed without tax under it" in said
    assert f'href="/purchases/exemption/{certificate.pk}/"' in said
    assert "Taking the tax off is the tax team’s." in effect(certificate, a_user("auditor"))
    certificate = mark_invalid(certificate, reason="not signed", by=tax, at=MONDAY)
    said = effect(certificate, tax)
    assert "It covers nothing any more: new orders are taxed. What was billed without tax under it stays" in said


def test_the_certificates_page_costs_the_same_with_one_and_with_three(texas: Client, tax: User) -> None:
    def cost(company: str, orders: int) -> int:
        school = a_customer(**{**SCHOOL, "company": company})
        paid = [pays(an_offline_order(texas, **of_school(customer=school)), "108.25") for _ in range(orders)]
        certificate = a_valid(paid[0], tax)
        with CaptureQueriesContext(connection) as queries:
            page = seen(tax, f"/tax-exemptions/{certificate.pk}/")
        assert f"{orders} paid purchase{'s' if orders > 1 else ''}: the tax can go back." in page
        return len(queries)

    cost("First College", 1)
    assert cost("Second College", 1) == cost("Third College", 3)


def test_the_page_of_one_without_anything_to_change(texas: Client, tax: User) -> None:
    unpaid = a_released_po(texas, **of_school())
    certificate = validate(a_certificate(unpaid.customer, by=tax, expires_on=MONDAY.date()), by=tax, at=days_later(3))
    said = effect(certificate, tax)
    assert "Its life is over: it covers only what was ordered within it." in said
    assert "1 unpaid purchase: can be billed anew without tax." in said
    Purchase.objects.filter(pk=unpaid.pk).update(status="CAN")
    assert "It covers no taxed purchase: there is nothing to change." in effect(certificate, tax)


def test_order_entry_shows_that_a_certificate_takes_the_tax_off(texas: Client, tax: User) -> None:
    certificate = a_valid(an_offline_order(texas, **of_school()), tax)
    browser = Browser()
    browser.force_login(a_user("platform_customer_service"))
    sheet = {
        "form_token": "0123456789abcdef0123456789abcdef",
        "rows": "1",
        "channel": "fax",
        "payment_type": "wire",
        "currency": "EUR",
        "language": "en",
        "customer_type": "COM",
        "tax_percent": "8.25",
        "item0-product": "PRO",
        "item0-quantity": "1",
        "billing-last_name": "Petersen",
        "billing-email": "einkauf@werft.example",
        "billing-street": "Am Dock 3",
        **{f"billing-{name}": value for name, value in SCHOOL.items()},
    }
    page = words(browser.post("/purchases/new/?client=prairie", {**sheet, "act": "recompute"}))
    assert f"No tax: {certificate} covers this customer." in page
    assert "<dt>Total</dt><dd>€100.00</dd>" in page
    browser.post("/purchases/new/?client=prairie", {**sheet, "act": "place"})
    placed = Purchase.objects.get(form_token=f"entry:{sheet['form_token']}")
    assert (placed.exempt_by, placed.gross_minor) == (certificate, 10_000)
