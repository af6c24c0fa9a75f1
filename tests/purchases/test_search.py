"""Finding purchases: what is kept of them, what a query means, who sees it, the box and its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from purchases.models import PurchaseSearch
from purchases.selectors.search import find_purchases
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_released_po,
    a_user,
    an_offline_order,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import Client
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def hafen() -> Client:
    return a_client()


def found(query: str, client: Client | None = None) -> list[int]:
    rows = PurchaseSearch.objects.all() if client is None else PurchaseSearch.objects.filter(client=client)
    return list(find_purchases(rows, query).keys)


@pytest.fixture
def purchase(hafen: Client) -> Purchase:
    customer = a_customer(company="Müller & Söhne GmbH & Co. KG", last_name="Meyer-Schulz", email="jana@werft.example")
    return pays(a_released_po(hafen, customer=customer, po_number="PO 45-00/77 1"), "119.00")


@pytest.mark.parametrize(
    "query",
    [
        "müller",
        "MUELLER",
        "muller",
        "Söhne, Meyer",
        "soehne meyer",
        "meyer-schulz",
        "Meyer Schulz",
        "meyerschulz",
        "Müller Söhne AG",
        "ller",
        "jana@werft.example",
        "jana@we",
        "@werft.example",
        "@werft",
        "po4500771",
        "PO-4500-771",
        "4500771",
        "INV-2026-000001",
        "inv 2026 000001",
        "2026-000001",
        "Jana, meyer, po 4500771, @werft.example",
        # one letter mistyped
        "mullre",
        "mulller",
        "Meyer-Schulc",
        "shculz",
        "jnaa@werft.example",
        "@werf.example",
        "po4500671",
        "meyer, sohnne",
    ],
)
def test_however_it_is_written_it_is_found(purchase: Purchase, query: str) -> None:
    assert found(query) == [purchase.pk]


@pytest.mark.parametrize(
    "query", ["nobody", "müller, nobody", "4711", "@elsewhere.example", "", " , ", "%%%", "___", '"']
)
def test_what_is_not_there_is_not_found(purchase: Purchase, query: str) -> None:
    assert found(query) == []
