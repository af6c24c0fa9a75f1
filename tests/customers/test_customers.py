"""Customers: found by keywords, shown with what they owe, corrected without touching what was printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.refused import Refused
from customers.forms import ContactForm, CustomerForm
from customers.models import Contact, Customer
from customers.services import AddressInput, change_customer, save_contact
from purchases.models import Purchase
from purchases.services.search import keep_search
from purchases.templatetags.purchases_parties import account_of_customer, purchase_status
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
    from django.test import Client as Browser

    from accounts.models import Client, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forty_days_later")]


def buys(client: Client, company: str, **address: str) -> Purchase:
    return an_offline_order(client, customer=a_customer(company=company, **address))


def found(browser: Browser, keywords: str) -> set[str]:
    page = browser.get(reverse("customers:list"), {"q": keywords}).content.decode()
    return {name for name in ("Alpha AG", "Beta GmbH") if name in page}


# Finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "names"),
    [
        ("alpha", {"Alpha AG"}),
        ("meier", {"Alpha AG"}),
        ("eier", {"Alpha AG"}),
        ("einkauf@beta", {"Beta GmbH"}),
        ("@beta.example", {"Beta GmbH"}),
        ("@example", set()),
        ("4242", {"Alpha AG"}),
        ("meier, alpha", {"Alpha AG"}),
        ("meier, beta", set()),
        (" , ", {"Alpha AG", "Beta GmbH"}),
        ("REFERENCE", {"Beta GmbH"}),
        ("REFERENCE,beta", {"Beta GmbH"}),
        ("REFERENCE,alpha", set()),
    ],
)
def test_keywords_are_anded(hafen: Client, rep: User, keywords: str, names: set[str]) -> None:
    alpha = buys(hafen, "Alpha AG", last_name="Meier", email="ap@alpha.example")
    Purchase.objects.filter(pk=alpha.pk).update(card_last4="4242", reference="123456789")
    beta = buys(hafen, "Beta GmbH", last_name="Schulz", email="einkauf@beta.example")
    Purchase.objects.filter(pk=beta.pk).update(reference="987654321")
    keep_search([alpha.pk, beta.pk])
    assert found(in_the_browser_of(rep), keywords.replace("REFERENCE", "987654321")) == names


def test_the_list_costs_the_same_with_one_and_with_three(hafen: Client) -> None:
    browser = in_the_browser_of(a_user("platform_admin"))
    buys(hafen, "Alpha AG", email="a@a.example")
    browser.get(reverse("customers:list"))
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("customers:list"))
    buys(hafen, "Beta GmbH", email="b@b.example")
    buys(hafen, "", last_name="Alone", email="c@c.example")
    with CaptureQueriesContext(connection) as three:
        assert "3</strong> customers" in browser.get(reverse("customers:list")).content.decode()
    assert len(three) == len(one)
    assert len(three) <= 12


def test_a_customer_without_contacts_still_has_a_page(hafen: Client, rep: User) -> None:
    nobody = Customer.objects.create(client=hafen, type="COM", created_at=MONDAY)
    browser = in_the_browser_of(rep)
    assert f"Customer {nobody.pk}" in browser.get(reverse("customers:list")).content.decode()
    page = browser.get(reverse("customers:detail", args=[nobody.pk])).content.decode()
    for words in ("No contact yet.", "No purchases yet.", "Nothing is open", "Nothing to follow up."):
        assert words in page


# The profile ------------------------------------------------------------------------------------------------------


def test_the_account_sums_what_is_open_and_what_is_late_by_currency(hafen: Client) -> None:
    late = a_released_po(hafen)
    pays(late, "19.00", at=days_later(1))
    an_offline_order(hafen)
    an_offline_order(hafen, is_test=True)
    paid = an_offline_order(hafen)
    pays(paid, "119.00")
    account = account_of_customer(late.customer, days_later(40).date())
    (balance,) = account.balances
    assert (balance.currency, balance.open_minor, balance.overdue_minor, balance.open_count) == (
        "EUR",
        21_900,
        10_000,
        2,
    )
    assert account.count == 4
    assert {line.purchase.pk: line.overdue for line in account.lines}[late.pk] == 10


def test_the_profile_shows_contacts_purchases_and_balance(hafen: Client, rep: User) -> None:
    purchase = a_released_po(hafen)
    a_partner(hafen)
    browser = in_the_browser_of(rep)
    path = reverse("customers:detail", args=[purchase.customer_id])
    page = browser.get(path).content.decode()
    for words in ("Werft &amp; Söhne KG", "Jana Petersen", "Germany", "€119.00 overdue", purchase.reference, "Billing"):
        assert words in page
    with CaptureQueriesContext(connection) as one:
        browser.get(path)
    a_released_po(hafen)
    an_offline_order(hafen)
    with CaptureQueriesContext(connection) as three:
        browser.get(path)
    assert len(three) == len(one)
    assert len(three) <= 22


def test_a_status_is_a_badge_and_nonsense_stays_as_it_is() -> None:
    assert "Purchase Order" in purchase_status("WPO")
    assert purchase_status("???") == "???"


# Writing ------------------------------------------------------------------------------------------------------------


def filled_in(**fields: str) -> dict[str, Any]:
    values = dict.fromkeys(ContactForm.base_fields, "")
    return {**values, "kind": "delivery", "last_name": "Lager", "country": "DE", **fields}


def test_an_additional_contact_is_entered_and_corrected(hafen: Client, rep: User) -> None:
    purchase = buys(hafen, "Alpha AG")
    browser, home = in_the_browser_of(rep), reverse("customers:detail", args=[purchase.customer_id])
    add = reverse("customers:add_contact", args=[purchase.customer_id])
    assert 'value="Alpha AG"' in browser.get(add).content.decode()
    assert browser.post(add, filled_in(form_key="a", next=home)).status_code == 302
    edit = reverse("customers:edit_contact", args=[purchase.customer_id, "delivery"])
    assert "Lager" in browser.get(edit).content.decode()
    sent = filled_in(last_name="Rampe", kind="billing", form_key="b", next=home)
    assert browser.post(edit, sent).status_code == 302
    contacts = dict(Contact.objects.filter(customer=purchase.customer).values_list("kind", "last_name"))
    assert contacts == {"billing": "Petersen", "delivery": "Rampe"}
    assert purchase.contacts.filter(last_name="Rampe").count() == 0
    newest = Contact.objects.get(customer=purchase.customer, kind="delivery").history.latest()
    assert (newest.history_user, newest.history_change_reason) == (rep, "edited")


def test_a_contact_is_called_by_its_company_else_by_its_person(hafen: Client) -> None:
    """A Japanese name is written family first."""
    company = buys(hafen, "Alpha AG").customer
    person = {"company": "", "first_name": "Hanako", "last_name": "Yamada"}
    buys(hafen, **person, country="JP", email="hanako@example.jp")
    called = {str(contact) for contact in Contact.objects.filter(kind="billing")}
    assert called == {"Alpha AG", "Yamada Hanako"}
    assert str(Contact.objects.get(customer=company)) == "Alpha AG"


def test_a_contact_is_somebody(hafen: Client, rep: User) -> None:
    customer = buys(hafen, "Alpha AG").customer
    add = reverse("customers:add_contact", args=[customer.pk])
    answer = in_the_browser_of(rep).post(add, filled_in(last_name=""))
    assert answer.status_code == 422
    assert "Enter a last name or a company." in answer.content.decode()
    for kind, address in (("billing", AddressInput()), ("friend", AddressInput(company="A"))):
        with pytest.raises(Refused):
            save_contact(customer, kind=kind, address=address, by=rep, at=MONDAY)


def test_saving_a_contact_as_it_is_writes_nothing(hafen: Client, rep: User) -> None:
    customer = buys(hafen, "Alpha AG").customer
    contact = customer.contacts.get()
    same = AddressInput(**{name: getattr(contact, name) for name in AddressInput.__dataclass_fields__})
    save_contact(customer, kind="billing", address=same, by=rep, at=MONDAY)
    assert contact.history.count() == 1


def test_a_customer_is_corrected(hafen: Client, rep: User) -> None:
    customer = buys(hafen, "Alpha AG").customer
    edit = reverse("customers:edit", args=[customer.pk])
    browser = in_the_browser_of(rep)
    assert 'value="Alpha AG"' in browser.get(edit).content.decode()
    sent = {"company": "Alpha SE", "type": "GOV", "vat_id": "", "language": "de", "form_key": "a"}
    assert browser.post(edit, sent).status_code == 302
    customer.refresh_from_db()
    assert (customer.company, customer.type) == ("Alpha SE", "GOV")
    assert customer.history.latest().history_change_reason == "changed: company, type"
    values = {name: getattr(customer, name) for name in CustomerForm.base_fields}
    change_customer(customer, **values, by=rep, at=MONDAY)
    assert customer.history.count() == 2


def test_finance_reads_and_does_not_edit(hafen: Client) -> None:
    customer = buys(hafen, "Alpha AG").customer
    browser = in_the_browser_of(a_user("platform_finance"))
    page = browser.get(reverse("customers:detail", args=[customer.pk]))
    assert reverse("customers:edit", args=[customer.pk]) not in page.content.decode()
    assert browser.get(reverse("customers:edit", args=[customer.pk])).status_code == 403
