"""Money that needs a person stands in the error log until it is in order."""

from __future__ import annotations

import pytest

from core.money import Money
from errorlog.models import ErrorRecord
from purchases.models import CustomerReason
from purchases.services.cancel import cancel_purchase
from purchases.services.refund import refund_purchase
from purchases.services.release import reject_purchase
from purchases.services.reversal import charge_back, reinstate_purchase, return_payment
from tests.stories import a_client, a_released_po, a_user, a_waiting_po, days_later, pays

pytestmark = pytest.mark.django_db


def the_error() -> ErrorRecord:
    return ErrorRecord.objects.get(type="payment")


def test_money_on_a_canceled_purchase_is_an_error_until_it_counts() -> None:
    admin, purchase = a_user("platform_admin"), a_released_po(a_client())
    cancel_purchase(purchase, by=admin, at=days_later(1), reason="Never paid")
    pays(purchase, "119.00", at=days_later(2))
    error = the_error()
    assert (error.purchase_status, error.reference, error.is_done) == ("CAN", purchase.reference, False)
    assert error.note == "119.00 EUR too much: reinstate the purchase, or give the money back."
    reinstate_purchase(purchase, by=admin, at=days_later(3), reason="It came late")
    error = the_error()
    assert (error.is_done, error.history.first().history_user) == (True, admin)


def test_late_money_that_goes_back_is_in_order_and_the_next_is_told_again() -> None:
    admin, purchase = a_user("platform_admin"), a_released_po(a_client())
    cancel_purchase(purchase, by=admin, at=days_later(1), reason="Never paid")
    pays(purchase, "50.00", at=days_later(2))
    pays(purchase, "60.00", at=days_later(2))
    assert the_error().note.splitlines()[0].startswith("60.00 EUR")
    return_payment(purchase, by=admin, at=days_later(3), reason="Too late", amount=Money(5_000, "EUR"))
    assert not the_error().is_done, "some of it is still here"
    return_payment(purchase, by=admin, at=days_later(3), reason="Too late")
    assert the_error().is_done
    pays(purchase, "50.00", at=days_later(4))
    assert (the_error().is_done, the_error().created_at) == (False, days_later(4))


@pytest.mark.parametrize(("status", "advice"), [("REJ", "give it back"), ("REF", "give it back")])
def test_money_that_can_count_for_nothing_any_more_only_goes_back(status: str, advice: str) -> None:
    admin, purchase = a_user("platform_admin"), a_waiting_po(a_client())
    if status == "REJ":
        reject_purchase(purchase, by=admin, at=days_later(1), reason="Not wanted")
    else:
        pays(purchase, "119.00", at=days_later(1))
        refund_purchase(purchase, by=admin, at=days_later(1), reason="Not wanted")
    pays(purchase, "20.00", at=days_later(2))
    assert (the_error().purchase_status, the_error().note) == (status, f"20.00 EUR too much: {advice}.")
    return_payment(purchase, by=admin, at=days_later(3), reason="Too late")
    assert the_error().is_done


def test_money_beyond_a_partly_refunded_sale_is_in_order_once_no_more_is_kept_than_it_is_worth() -> None:
    admin, purchase = a_user("platform_admin"), a_released_po(a_client())
    pays(purchase, "119.00", at=days_later(1))
    refund_purchase(purchase, by=admin, at=days_later(2), amount=Money(1_900, "EUR"), reason="Goodwill")
    pays(purchase, "19.00", at=days_later(3))
    assert the_error().note == "19.00 EUR too much: give it back as an overpayment."
    for minor, is_done in ((900, False), (1_000, True)):
        money, why = Money(minor, "EUR"), CustomerReason.OVERPAYMENT
        refund_purchase(purchase, by=admin, at=days_later(4), amount=money, customer_reason=why)
        assert the_error().is_done is is_done


def test_too_much_money_is_an_error_until_it_is_given_back() -> None:
    admin, purchase = a_user("platform_admin"), a_released_po(a_client())
    pays(purchase, "129.00", at=days_later(1))
    assert the_error().note == "10.00 EUR too much: give it back as an overpayment."
    refund_purchase(
        purchase,
        by=admin,
        at=days_later(2),
        amount=Money(1_000, "EUR"),
        customer_reason=CustomerReason.OVERPAYMENT,
    )
    assert the_error().is_done


def test_a_charge_back_is_an_error_until_the_money_comes_again() -> None:
    admin, purchase = a_user("platform_admin"), a_released_po(a_client())
    pays(purchase, "119.00", at=days_later(1))
    assert not ErrorRecord.objects.exists()
    charge_back(purchase, by=admin, at=days_later(2), reason="Returned")
    assert (the_error().purchase_status, the_error().is_done) == ("CHB", False)
    pays(purchase, "119.00", at=days_later(3))
    assert the_error().is_done
