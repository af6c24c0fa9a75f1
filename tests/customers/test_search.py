"""Finding customers: by who they are, by what they bought, and only one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from customers.models import CustomerSearch
from customers.selectors import search as customer_search
from customers.selectors.search import find_customers
from customers.services import AddressInput, change_customer, save_contact
from tests.stories import MONDAY, a_client, a_customer, a_user, an_offline_order

if TYPE_CHECKING:
    from accounts.models import Client
    from customers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(hafen: Client) -> Customer:
    buyer = a_customer(company="Müller-Lüdenscheidt GmbH")
    return an_offline_order(hafen, reference="100200300", customer=buyer).customer


def found(query: str) -> list[int]:
    return list(find_customers(CustomerSearch.objects.all(), query).keys)


@pytest.mark.parametrize(
    "query",
    [
        "mueller",
        "lüdenscheid",
        "Müller Lüdenscheidt KG",
        "muellerluedenscheidt",
        "petersen, müller",
        "jana",
        "@werft.example",
        "einkauf@werft.example",
        "100200300",
        "100200",
        "1002",
        "petersen, 100200300",
        "petresen",
        "petersen, mullerr",
    ],
)
def test_a_customer_is_found_however_it_is_written(customer: Customer, query: str) -> None:
    assert found(query) == [customer.pk]


@pytest.mark.parametrize("query", ["nobody", "100200301", "nobody, 100200300", "", "0200"])
def test_what_is_not_there_is_not_found(customer: Customer, query: str) -> None:
    assert found(query) == []


def test_changes_are_found_at_once(customer: Customer) -> None:
    rep = a_user("platform_customer_service")
    address = AddressInput(company="Kanzlei Nord", last_name="Quandt", email="q@kanzlei.example", country="DE")
    save_contact(customer, kind="licensee", address=address, by=rep, at=MONDAY)
    change_customer(
        customer, company="Hoppenstedt AG", type="COM", vat_id="DE129273398", language="de", by=rep, at=MONDAY
    )
    assert (
        found("quandt") == found("@kanzlei.example") == found("hoppenstedt") == found("de 129273398") == [customer.pk]
    )
    customer.contacts.get(kind="licensee").delete()
    assert found("quandt") == []


def test_several_that_bought_are_found_once_each_the_newest_first(hafen: Client, customer: Customer) -> None:
    other = an_offline_order(hafen, reference="100200999", customer=a_customer(company="Nord", email="n@nord.example"))
    an_offline_order(hafen, reference="100200998", customer=a_customer(company="Nord", email="n@nord.example"))
    assert found("100200") == [other.customer_id, customer.pk]


def test_while_a_number_is_typed_who_is_called_so_stays_among_those_who_bought_it(
    hafen: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = an_offline_order(hafen, customer=a_customer(company="4711", email="a@duft.example")).customer
    busy = a_customer(company="Nord", email="n@nord.example")
    for number in range(3):
        an_offline_order(hafen, reference=f"47110000{number}", customer=busy)
    monkeypatch.setattr(customer_search, "MOST_QUICKLY", 1)
    hits = find_customers(CustomerSearch.objects.all(), "4711", is_quick=True)
    assert (hits.keys, hits.is_capped) == ((called.pk,), True)
    monkeypatch.setattr(customer_search, "MOST_QUICKLY", 2)
    hits = find_customers(CustomerSearch.objects.all(), "4711", is_quick=True)
    assert (len(hits.keys), hits.is_capped) == (2, False)


def test_another_clients_customer_is_not_found(customer: Customer) -> None:
    stranger = a_user("client_support", a_client("other"))
    known = CustomerSearch.objects.visible_to(stranger)
    assert [find_customers(known, query).keys for query in ("mueller", "100200300", "petresen")] == [(), (), ()]
