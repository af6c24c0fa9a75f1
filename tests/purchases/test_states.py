"""The life cycle is data, and the database knows it too."""

import pytest
from django.db import DatabaseError, transaction

from core.refused import Refused
from purchases.models import Purchase
from purchases.states import ARROWS, CANCEL, LABELS, OPEN, RELEASE, Status
from tests.stories import a_client, a_released_po, a_waiting_po, an_offline_order, pays

pytestmark = pytest.mark.django_db


def test_a_paid_purchase_is_never_canceled() -> None:
    assert Status.PAID not in CANCEL.sources
    assert {source for source, target in ARROWS if target == Status.CANCELED} == {*OPEN, Status.QUOTE}


def test_a_missing_arrow_is_refused_with_the_status_in_words() -> None:
    with pytest.raises(Refused, match="“Release” is not possible in status Purchase Order"):
        RELEASE.check(Status.PURCHASE_ORDER, label_of=LABELS)


def test_every_missing_arrow_is_refused_by_the_database_itself() -> None:
    client = a_client()
    starts = {
        Status.AWAITING_RELEASE: a_waiting_po(client),
        Status.PURCHASE_ORDER: a_released_po(client),
        Status.AWAITING_OFFLINE_PAYMENT: an_offline_order(client),
        Status.PAID: pays(an_offline_order(client), "119.00"),
    }
    for start, purchase in starts.items():
        for target in Status:
            if target == start or (start, target) in ARROWS:
                continue
            with pytest.raises(DatabaseError), transaction.atomic():
                Purchase.objects.filter(pk=purchase.pk).update(status=target)
        purchase.refresh_from_db()
        assert purchase.status == start


def test_the_database_refuses_a_cancel_with_money_on_it() -> None:
    purchase = pays(a_released_po(a_client()), "1.00")
    with pytest.raises(DatabaseError), transaction.atomic():
        Purchase.objects.filter(pk=purchase.pk).update(status=Status.CANCELED)
