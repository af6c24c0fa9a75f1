"""Ageing by customer, its files, and statements of account on demand."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from pypdf import PdfReader

from core.pdf import PdfTimeoutError
from core.refused import Refused
from core.sheets import csv_of, inert
from customers.models import Contact, Customer
from dunning.selectors.accounts import paid_orders, unpaid_orders
from dunning.selectors.ageing import AGES, aged_orders, ageing
from dunning.services.accounts import mail_statement
from mailing.models import Email
from mailing.services.render import attachment_content
from purchases.models import DocumentFile
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, a_waiting_po, days_later, pays

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db

DUE = date(2026, 4, 1)
NOON = datetime(2026, 4, 20, 12, 0, tzinfo=UTC)


def get(user: User, name: str, *args: int, **query: str | int) -> Any:
    with time_machine.travel(NOON, tick=False):
        browser = Browser()
        browser.force_login(user)
        return browser.get(reverse(f"dunning:{name}", args=args), query)


@pytest.mark.parametrize(
    ("days", "age"), [(-3, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (700, 4)]
)
def test_ages_end_where_they_say(days: int, age: int) -> None:
    boss, client = a_user("platform_admin"), a_client()
    a_released_po(client)
    (report,) = ageing(boss, None, days={client.pk: DUE + timedelta(days=days)})
    assert report.minors == [11_900 if number == age else 0 for number in range(len(AGES))]


def test_customers_are_added_up_who_owes_most_first_and_every_figure_has_its_list() -> None:
    boss, client = a_user("platform_admin"), a_client()
    first = a_released_po(client)
    pays(a_released_po(client, quantity=2), "100.00")
    a_waiting_po(client, customer=a_customer(company="Reederei AG", email="ap@reederei.example"))
    a_released_po(client, is_test=True)
    (report,) = ageing(boss, None, days={client.pk: NOON.date()})
    assert [(debtor.name, debtor.minor, debtor.overdue_minor, debtor.counts) for debtor in report.debtors] == [
        ("Werft & Söhne KG", 25_700, 25_700, [0, 2, 0, 0, 0]),
        ("Reederei AG", 11_900, 0, [1, 0, 0, 0, 0]),
    ]
    assert (report.minor, report.counts) == (37_600, [1, 2, 0, 0, 0])
    days = {client.pk: NOON.date()}
    every = aged_orders(boss, None, days=days, currency="EUR", age=None, customer=first.customer_id)
    assert every.count() == 2
    assert aged_orders(boss, None, days=days, currency="EUR", age=0, customer=None).count() == 1
    page = get(boss, "ageing", currency="EUR", age=1, customer=first.customer_id).text
    assert first.reference in page
    assert "Orders, 1–30 days" in page
    assert "No order stands behind this figure" in get(boss, "ageing", currency="EUR", age=4).text
    assert 'id="orders"' not in get(boss, "ageing", age="x").text


def test_an_empty_house_owes_nothing() -> None:
    assert "Nobody owes anything" in get(a_user("platform_admin"), "ageing").text


def test_the_files_hold_every_customer_as_numbers_and_inert_texts() -> None:
    boss, client = a_user("platform_admin"), a_client()
    a_released_po(client, customer=a_customer(company="=HYPERLINK(1)"))
    rows = list(csv.reader(StringIO(get(boss, "ageing_csv").content.decode("utf-8-sig"))))
    assert rows[1] == ["Hafen GmbH", "'=HYPERLINK(1)", "EUR", "0.00", "119.00", "0.00", "0.00", "0.00", "119.00", "1"]
    answer = get(boss, "ageing_xlsx")
    sheet = load_workbook(BytesIO(answer.content)).active
    cells = [cell.value for cell in list(sheet)[1]]
    assert cells == ["Hafen GmbH", "'=HYPERLINK(1)", "EUR", 0, 119, 0, 0, 0, 119, 1]
    assert answer["Content-Disposition"] == 'attachment; filename="ageing-2026-04-20.xlsx"'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=1", "'=1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("a=b", "a=b"),
        (-1, -1),
        (None, None),
    ],
)
def test_no_cell_is_a_formula(value: Any, shown: Any) -> None:
    assert inert(value) == shown


def test_control_characters_are_left_out_of_files() -> None:
    assert csv_of(["a"], [["x\x00\x1by"]]) == b"\xef\xbb\xbfa\r\nxy\r\n"


def test_ones_own_debtors_only_and_as_many_queries_for_three_as_for_one() -> None:
    hafen, elbe = a_client(), a_client("elbe")
    purchase = a_released_po(hafen)
    stranger = a_user("client_admin", elbe)
    assert "Nobody owes anything" in get(stranger, "ageing", customer=purchase.customer_id).text
    browser, url = Browser(), f"{reverse('dunning:ageing')}?age=1"
    browser.force_login(a_user("client_admin", hafen))
    with time_machine.travel(NOON, tick=False):
        browser.get(url)
        with CaptureQueriesContext(connection) as one:
            browser.get(url)
        for number in range(2):
            a_released_po(hafen, customer=a_customer(company=f"Nr. {number}", email=f"nr{number}@x.example"))
        with CaptureQueriesContext(connection) as three:
            browser.get(url)
    assert len(three) == len(one) <= 12


# Statements of account


def words(answer: Any) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


def test_a_customer_gets_a_letter_of_what_is_unpaid_in_its_language_without_a_number() -> None:
    boss, client = a_user("platform_admin"), a_client()
    open_order = a_released_po(client)
    paid = pays(a_released_po(client), "119.00", at=days_later(20))
    a_waiting_po(client)
    customer = open_order.customer
    assert unpaid_orders(customer) == [open_order]
    text = words(get(boss, "statement", customer.pk))
    assert "Kontoauszug" in text
    assert "Stand 20. April 2026" in text
    assert open_order.reference in text
    assert paid.reference not in text
    with_paid = words(get(boss, "statement", customer.pk, paid_from="2026-03-22", paid_to="2026-03-22"))
    assert paid.reference in with_paid
    assert "Bezahlt gesamt in EUR" in with_paid
    assert paid.reference not in words(get(boss, "statement", customer.pk, paid_from="2026-03-23"))


def test_the_days_of_payments_are_the_clients() -> None:
    client = a_client()
    late = datetime(2026, 3, 22, 23, 30, tzinfo=UTC)  # half past midnight of the 23rd in Hamburg
    purchase = pays(a_released_po(client), "119.00", at=late)
    on = date(2026, 3, 23)
    assert paid_orders(purchase.customer, since=on, until=on) == [purchase]
    assert paid_orders(purchase.customer, since=on - timedelta(days=1), until=on - timedelta(days=1)) == []


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ja"])
def test_nothing_unpaid_is_said_in_every_language(language: str) -> None:
    boss = a_user("platform_admin")
    customer = a_waiting_po(a_client()).customer
    Customer.objects.filter(pk=customer.pk).update(language=language, vat_id="DE129273398")
    Contact.objects.filter(customer=customer).delete()
    text = words(get(boss, "statement", customer.pk))
    assert {"en": "Thank you", "de": "Vielen Dank", "fr": "Merci", "es": "gracias", "ja": "ありがとう"}[
        language
    ] in text


def test_the_figures_as_csv() -> None:
    boss, client = a_user("platform_admin"), a_client()
    purchase = a_released_po(client, po_number="+4711")
    paid = pays(a_released_po(client), "119.00", at=days_later(20))
    answer = get(boss, "figures", purchase.customer_id, paid_from="2026-03-01", paid_to="nonsense")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1:] == [
        [
            purchase.reference,
            "'+4711",
            "Purchase Order",
            "2026-03-02",
            "2026-04-01",
            "19",
            "",
            "EUR",
            "119.00",
            "119.00",
        ],
        [paid.reference, "4500001", "Paid", "2026-03-02", "2026-04-01", "0", "2026-03-22", "EUR", "119.00", "0.00"],
    ]


def test_too_many_orders_are_no_letter_and_the_csv_has_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    boss, client = a_user("platform_admin"), a_client()
    purchase = a_released_po(client)
    a_released_po(client)
    monkeypatch.setattr("dunning.views.statements.MOST_ORDERS", 1)
    refused = get(boss, "statement", purchase.customer_id)
    assert refused.status_code == 422
    assert "More than 1 orders are no letter" in refused.text
    assert reverse("dunning:figures", args=[purchase.customer_id]) in refused.text
    assert len(get(boss, "figures", purchase.customer_id).content.splitlines()) == 3


def test_another_clients_customer_does_not_exist() -> None:
    purchase = a_released_po(a_client())
    stranger = a_user("client_admin", a_client("elbe"))
    for name in ("statement", "figures"):
        assert get(stranger, name, purchase.customer_id).status_code == 404
        assert get(stranger, name, 10**19).status_code == 404


def test_without_pdfs_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise PdfTimeoutError("too long")

    monkeypatch.setattr("dunning.views.statements.render_pdf", fail)
    purchase = a_released_po(a_client())
    assert get(a_user("platform_admin"), "statement", purchase.customer_id).status_code == 503


def test_the_profile_leads_to_the_statement() -> None:
    purchase = a_released_po(a_client())
    browser = Browser()
    browser.force_login(a_user("platform_admin"))
    page = browser.get(reverse("customers:detail", args=[purchase.customer_id])).text
    assert reverse("dunning:statement", args=[purchase.customer_id]) in page
    assert MONDAY.date() < DUE


def test_a_long_statement_is_made_by_the_worker_and_sent_to_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dunning.views.statements.FEW_ORDERS", 1)
    client, rep = a_client(), a_user("platform_customer_service")
    first, second = a_released_po(client), a_released_po(client)
    paid = pays(a_released_po(client), "119.00", at=days_later(20))
    asked = get(rep, "statement", first.customer_id, paid_from="2026-03-22")
    page = reverse("dunning:statement_mail", args=[first.customer_id])
    assert (asked.status_code, asked["Location"]) == (302, f"{page}?paid_from=2026-03-22")
    with time_machine.travel(NOON, tick=False):
        browser = Browser()
        browser.force_login(rep)
        form = browser.get(asked["Location"])
        assert 'value="2026-03-22"' in form.text
        assert f"the worker makes it and sends it to {rep.email}" in form.text
        sent = {"paid_from": "2026-03-22", "form_key": "k"}
        browser.post(page, sent)
        browser.post(page, sent)
    email = Email.objects.get(kind="customer_statement")
    assert (email.recipient, email.subject) == (rep.email, "Statement of account of Werft & Söhne KG, 3 orders")
    number = email.attachments.get().filename.removesuffix(".pdf")
    assert not DocumentFile.objects.filter(document__number=number).exists()
    content = attachment_content(email.attachments.get())
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert all(order.reference in text for order in (first, second, paid))


def test_a_statement_that_is_too_long_or_has_nowhere_to_go_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    customer, rep = a_released_po(a_client()).customer, a_user("platform_customer_service")
    rep.email = ""
    with pytest.raises(Refused, match="You have no e-mail address"):
        mail_statement(customer, by=rep, at=NOON)
    monkeypatch.setattr("dunning.services.accounts.MOST_ORDERS", 0)
    with pytest.raises(Refused, match="More than 0 orders are no letter"):
        mail_statement(customer, by=rep, at=NOON)
    assert not Email.objects.filter(kind="customer_statement").exists()
