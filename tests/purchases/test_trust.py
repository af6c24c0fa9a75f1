"""Who is trusted goes past the review; who only says so does not, and the purchase says why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.test import Client as Browser

from customers.services import AddressInput
from mailing.models import Email
from purchases.models import HistoryEntry, Purchase, Source
from purchases.services.place import place_order
from tests.stories import MONDAY, a_client, a_customer, a_partner, a_user, an_order

if TYPE_CHECKING:
    from accounts.models import Client
    from customers.services import CustomerInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """A client that trusts one customer."""
    made = a_client()
    made.policies.get().trusted_customers.add(place_order(made, an_order(), by=None, at=MONDAY).customer)
    return made


def why(purchase: Purchase) -> str:
    return str(HistoryEntry.objects.get(purchase=purchase, event="placed").detail)


def test_as_on_file_nobody_reviews_it_and_the_mailbox_is_asked_to_object(client: Client) -> None:
    purchase = place_order(client, an_order(customer=a_customer(city="KIEL")), by=None, at=MONDAY)
    assert purchase.status == "WPO"
    assert why(purchase) == (
        "Not reviewed: Werft & Söhne KG is a trusted customer, and everything is as it is on file."
    )
    assert "Sie haben das nicht bestellt?" in Email.objects.get(kind="po_released").body_text
    browser = Browser()
    browser.force_login(a_user("client_admin", client))
    page = browser.get(f"/purchases/{purchase.reference}/?tab=po").content.decode()
    assert "is a trusted customer, and everything is as it is on file." in page


ELSEWHERE = AddressInput(last_name="Fremd", email="else@where.example")


@pytest.mark.parametrize(
    ("customer", "gap"),
    [
        (a_customer(street="Anderswo 9"), "the street"),
        (a_customer(country="AT", city="Wien"), "the city, the country"),
        (replace(a_customer(), vat_id="DE136695976"), "the VAT ID"),
        (replace(a_customer(), type="GOV"), "the customer type"),
        (a_customer(first_name="Uwe", last_name="Fremd"), "the first name, the last name"),
        (replace(a_customer(), delivery=ELSEWHERE), "the delivery contact"),
        (replace(a_customer(), licensee=ELSEWHERE), "the licensee"),
    ],
)
def test_whatever_is_other_than_on_file_is_reviewed(client: Client, customer: CustomerInput, gap: str) -> None:
    purchase = place_order(client, an_order(customer=customer), by=None, at=MONDAY)
    assert (purchase.status, purchase.is_reviewed) == ("ARP", True)
    assert why(purchase) == (f"Reviewed although Werft & Söhne KG is a trusted customer: other than on file is {gap}.")
    contact = purchase.customer.contacts.get(kind="billing")
    assert contact.street == "Am Dock 3"


def test_every_other_order_says_why_it_is_reviewed_or_not(client: Client) -> None:
    stranger = place_order(client, an_order(customer=a_customer(company="Fremd AG")), by=None, at=MONDAY)
    keyed_in = place_order(client, an_order(source=Source.OFFLINE), by=a_user("platform_admin"), at=MONDAY)
    resold = place_order(client, an_order(source=Source.PARTNER, partner=a_partner(client)), by=None, at=MONDAY)
    wire = place_order(client, an_order(is_po=False), by=None, at=MONDAY)
    client.policies.update(review=False)
    free = place_order(client, an_order(), by=None, at=MONDAY)
    assert [why(purchase) for purchase in (stranger, keyed_in, resold, wire, free)] == [
        "Reviewed: version 1 of the policy asks for it.",
        "Reviewed: a purchase order that was keyed in always is.",
        "Not reviewed: in the partner portal the partner's limit decides.",
        "",
        "Not reviewed: version 1 of the policy reviews nothing.",
    ]
