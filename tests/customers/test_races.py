"""Two customers are merged while somebody orders, corrects, or merges them the other way round."""

from __future__ import annotations

from functools import partial

import pytest

from customers.models import Customer, Merge
from customers.services import AddressInput
from customers.services.merging import merge_customers, undo_merge
from purchases.models import Purchase
from purchases.services.correction import correct_purchase
from purchases.services.place import place_order
from tests.purchases.test_races import at_once
from tests.stories import MONDAY, a_client, a_customer, a_user, an_offline_order, an_order

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4


def test_an_order_placed_meanwhile_goes_to_the_customer_that_stays() -> None:
    client = a_client()
    rep = a_user("client_support", client)
    for number in range(ROUNDS):
        names = a_customer(company=f"Neu {number}", email=f"n{number}@new.example")
        kept = an_offline_order(client).customer
        gone = an_offline_order(client, customer=names).customer
        order = an_order(customer=names, is_po=False, po_number="")
        refusals = at_once(
            partial(merge_customers, kept, gone, by=rep, at=MONDAY),
            partial(place_order, client, order, by=None, at=MONDAY),
        )
        assert refusals == []
        assert not Purchase.objects.filter(customer=gone).exists(), "none is left behind"
        assert Purchase.objects.filter(customer=kept, billing_company=f"Neu {number}").count() == 2


def test_both_ways_at_once_is_one_way() -> None:
    client = a_client()
    rep = a_user("client_support", client)
    for number in range(ROUNDS):
        one = an_offline_order(client, customer=a_customer(company=f"Eins {number}", email="e@e.example")).customer
        two = an_offline_order(client, customer=a_customer(company=f"Zwei {number}", email="z@z.example")).customer
        (refused,) = at_once(
            partial(merge_customers, one, two, by=rep, at=MONDAY),
            partial(merge_customers, two, one, by=rep, at=MONDAY),
        )
        assert "was merged into another customer already" in refused.message
        merge = Merge.objects.get(kept__in=[one, two])
        assert Purchase.objects.filter(customer=merge.kept).count() == 2


def test_corrections_and_merges_never_wait_for_each_other_forever() -> None:
    client = a_client()
    rep = a_user("platform_admin")
    kept = an_offline_order(client).customer
    purchase = an_offline_order(client, customer=a_customer(company="Neu", email="n@new.example"))
    gone = purchase.customer
    for number in range(ROUNDS):
        address = AddressInput(company=f"Neu {number}", email="n@new.example", country="DE")
        correct = partial(
            correct_purchase,
            purchase,
            by=rep,
            at=MONDAY,
            reason="race",
            contacts={"billing": address},
            for_customer_too=True,
        )
        at_once(partial(merge_customers, kept, gone, by=rep, at=MONDAY), correct)
        merge = Merge.objects.get(undone_at=None)
        at_once(partial(undo_merge, merge, by=rep, at=MONDAY), correct)
        assert not Customer.objects.exclude(merged_into=None).exists()
        purchase.refresh_from_db()
        assert (purchase.customer, purchase.billing_company) == (gone, f"Neu {number}")
