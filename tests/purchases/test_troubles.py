"""Money that needs a person, and reports that nobody can match, stand in the error log."""

from __future__ import annotations

import pytest

from core.money import Money
from errorlog.models import ErrorRecord
from mailing.services.dsn import Report
from mailing.services.reports import note_report
from purchases.models import CustomerReason
from purchases.services.cancel import cancel_purchase
from purchases.services.refund import refund_purchase
from purchases.services.release import reject_purchase
from purchases.services.reversal import charge_back, reinstate_purchase, return_payment
from tests.stories import MONDAY, a_client, a_released_po, a_user, a_waiting_po, days_later, pays

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


@pytest.mark.parametrize("kind", ["bounced", "complained", "delayed", "delivered"])
def test_what_came_back_and_nobody_can_match_is_an_error_and_a_delay_is_none(kind: str) -> None:
    report = Report(kind=kind, recipient="Nobody@werft.example", words="5.1.1 no such user", message_id="<x@y>")
    note_report(report, source="mailbox", key="a", at=MONDAY)
    assert ErrorRecord.objects.exists() is (kind in {"bounced", "complained"})


def test_unmatched_reports_about_one_recipient_have_one_entry_with_all_their_words() -> None:
    for key, recipient, words in (
        ("a", "nobody@werft.example", "5.1.1 no such user"),
        ("b", "Nobody@werft.example", "5.2.2 mailbox full"),
        ("c", "", ""),
    ):
        report = Report(kind="bounced", recipient=recipient, words=words, message_id="<x@y>")
        note_report(report, source="mailbox", key=key, at=MONDAY)
    first, second = ErrorRecord.objects.order_by("pk")
    assert (first.type, first.client) == ("email_delivery", None)
    assert "Came back from nobody@werft.example, and no e-mail of ours fits: 5.1.1 no such user" in first.note
    assert "5.2.2 mailbox full" in first.note
    assert second.note.startswith("Came back from an unknown recipient, and no e-mail of ours fits –")
