"""The profile: what a representative reads in one look, and what was changed by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.selectors.changes import changes_of
from customers.services import AddressInput, change_customer, save_contact
from customers.services.merging import merge_contacts
from purchases.templatetags.purchases_parties import account_of_customer, emails_of_customer
from tests.customers.conftest import in_the_browser_of
from tests.stories import (
    MONDAY,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    an_offline_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import Client, User
    from customers.models import Customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forty_days_later")]


def page_for(user: User, customer: Customer, **query: str) -> str:
    return in_the_browser_of(user).get(reverse("customers:detail", args=[customer.pk]), query).content.decode()


def test_open_purchases_stand_first_and_the_list_narrows(hafen: Client) -> None:
    late = a_released_po(hafen)
    paid = pays(an_offline_order(hafen, at=days_later(1)), "119.00", at=days_later(1))
    account = account_of_customer(late.customer, days_later(40).date())
    assert [line.purchase for line in account.lines] == [late, paid]
    assert account.parts == [("", "All", 2), ("open", "Open", 1), ("overdue", "Overdue", 1), ("closed", "Closed", 1)]
    (balance,) = account.balances
    assert (balance.open_minor, balance.exposure_minor) == (11_900, 11_900)
    closed = account_of_customer(late.customer, days_later(40).date(), "closed")
    assert ([line.purchase for line in closed.lines], closed.shown) == ([paid], "closed")
    assert account_of_customer(late.customer, days_later(40).date(), "nonsense").shown == ""


def test_all_about_the_customer_is_on_one_page(hafen: Client, rep: User) -> None:
    customer = a_released_po(hafen).customer
    partner = a_partner(hafen)
    partner.customer = customer
    partner.save()
    page = page_for(rep, customer)
    for words in ("Exposure on PO", "Open by age", "1–30", "Statement of account", "Follow-ups", "Tax exemptions"):
        assert words in page
    assert reverse("partners:detail", args=[partner.pk]) in page
    subjects = [email.subject for email in emails_of_customer(customer)]
    assert subjects
    assert all(subject in page for subject in subjects[:1])


def test_contacts_are_tabs(hafen: Client, rep: User) -> None:
    customer = an_offline_order(hafen).customer
    save_contact(customer, kind="delivery", address=AddressInput(company="Lager Nord"), by=rep, at=MONDAY)
    assert "Am Dock 3" in page_for(rep, customer)
    delivery = page_for(rep, customer, contact="delivery")
    assert ("Lager Nord" in delivery, "Merge contacts" in delivery) == (True, True)
    assert "No licensee contact" in page_for(rep, customer, contact="licensee")
    assert "Am Dock 3" in page_for(rep, customer, contact="nonsense")


def test_history_says_who_changed_what_from_what_to_what(hafen: Client, rep: User) -> None:
    customer = an_offline_order(hafen).customer
    change_customer(customer, company="Werft AG", type="GOV", vat_id="", language="de", by=rep, at=days_later(1))
    save_contact(customer, kind="delivery", address=AddressInput(company="Lager"), by=rep, at=days_later(2))
    save_contact(
        customer,
        kind="delivery",
        address=AddressInput(company="Lager", city="Bonn", country="DE"),
        by=rep,
        at=days_later(3),
    )
    merge_contacts(customer, into="billing", by=rep, at=days_later(39))
    customer.refresh_from_db()
    found = [(change.what, change.reason, change.fields) for change in changes_of(customer)]
    assert found == [
        ("Customer", "Contacts merged into billing", ()),
        ("Delivery contact", "Removed: merged into billing", ()),
        ("Delivery contact", "Edited", (("City", "–", "Bonn"), ("Country", "–", "Germany"))),
        ("Delivery contact", "Edited", ()),
        (
            "Customer",
            "Changed: company, type",
            (("Company", "Werft & Söhne KG", "Werft AG"), ("Type", "Company", "Government")),
        ),
        ("Customer", "First order", ()),
        ("Billing contact", "Given with an order", ()),
    ]
    assert {change.by for change in changes_of(customer)} == {rep, None}
    page = page_for(rep, customer)
    assert "Undo the merge" in page
    assert "<ins>Werft AG</ins>" in page


def test_the_profile_costs_the_same_with_one_purchase_and_with_three(hafen: Client, rep: User) -> None:
    customer, browser = a_released_po(hafen).customer, in_the_browser_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get(reverse("customers:detail", args=[customer.pk])).status_code == 200
        return len(found)

    one = queries()
    for day in (1, 2):
        a_released_po(hafen, at=days_later(day))
    assert (queries(), one <= 20) == (one, True)


@pytest.mark.parametrize("role", ["platform_admin", "client_admin"])
def test_the_profile_of_a_partner_costs_no_more_than_twenty_queries(hafen: Client, role: str) -> None:
    customer = a_released_po(hafen).customer
    partner = a_partner(hafen)
    partner.customer = customer
    partner.save()
    user = a_user(role, hafen if role == "client_admin" else None)
    browser = in_the_browser_of(user)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(reverse("customers:detail", args=[customer.pk])).status_code == 200
    assert len(queries) <= 20


def test_an_auditor_reads_and_does_nothing(hafen: Client) -> None:
    customer = an_offline_order(hafen, customer=a_customer()).customer
    page = page_for(a_user("auditor"), customer)
    assert [word for word in ("Merge with", "Edit contact", "Anonymize", "Likely the same") if word in page] == []
