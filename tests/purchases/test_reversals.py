"""Money and keys that go back outside a refund: return payment, charge back, reinstate, deactivated licenses."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from core.money import Money
from core.refused import Refused
from dunning.models import Notice
from dunning.schedule import Reason, decide
from dunning.selectors.facts import facts_of
from followups.models import FollowUp
from mailing.models import Email
from partners.selectors import outstanding
from purchases.models import Document, HistoryEntry, LicenseKey, Purchase, Refund, RefundKind, Source
from purchases.selectors import balances
from purchases.services.cancel import cancel_purchase
from purchases.services.credit import Wish
from purchases.services.place import place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import reject_purchase
from purchases.services.reversal import charge_back, deactivate_licenses, reinstate_purchase, return_payment
from purchases.templatetags.purchases_parties import account_of_customer
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance")


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def kinds_of_emails(purchase: Purchase) -> list[str]:
    return list(Email.objects.filter(reference=purchase.reference).order_by("pk").values_list("kind", flat=True))


def numbers(purchase: Purchase) -> list[str]:
    found = Document.objects.filter(purchase=purchase).exclude(kind="OCF").order_by("pk")
    return list(found.values_list("number", flat=True))


def questions(category: str) -> list[str]:
    return list(FollowUp.objects.filter(category=category, done_at=None).values_list("reason", flat=True))


# Return payment ----------------------------------------------------------------------------------------------------


def test_a_part_payment_is_given_back_and_then_the_order_can_be_canceled(finance: User) -> None:
    purchase = pays(a_released_po(a_client()), "19.00")
    with pytest.raises(Refused, match=r"19\.00 EUR was paid"):
        cancel_purchase(purchase, by=finance, at=days_later(1), reason="customer asked")
    purchase = return_payment(purchase, by=finance, at=days_later(2), reason="wrong order", amount=euros(900))
    assert (purchase.status, purchase.kept, purchase.open_amount) == ("WPO", euros(1_000), euros(10_900))
    purchase = return_payment(purchase, by=finance, at=days_later(2), reason="wrong order")
    assert (purchase.status, purchase.kept, purchase.open_amount) == ("WPO", euros(0), euros(11_900))
    assert list(Refund.objects.values_list("kind", "amount_minor")) == [
        ("return_payment", 900),
        ("return_payment", 1_000),
    ]
    assert not Refund.objects.filter(credit_note__isnull=False).exists()
    assert kinds_of_emails(purchase)[-2:] == ["return_payment", "return_payment"]
    entry = HistoryEntry.objects.filter(purchase=purchase, event="returned").latest("pk")
    assert (entry.by, entry.note, entry.reason) == (finance, "Payment of 10.00 EUR returned", "wrong order")
    purchase = cancel_purchase(purchase, by=finance, at=days_later(3), reason="customer asked")
    assert (purchase.status, numbers(purchase)) == ("CAN", ["INV-2026-000001", "CRN-2026-000001"])
    credit_note = Document.objects.get(purchase=purchase, kind="CRN")
    assert credit_note.corrects == Document.objects.get(purchase=purchase, kind="INV")


def test_what_was_returned_is_owed_again_everywhere(finance: User) -> None:
    client = a_client()
    admin = a_user("client_admin", client)
    purchase = pays(a_released_po(client), "100.00")
    purchase = return_payment(purchase, by=finance, at=days_later(2), reason="wrong order", amount=euros(6_000))
    facts = facts_of(purchase)
    assert (facts.paid_minor, facts.open_minor) == (4_000, 7_900)
    [balance] = balances(admin, None, days={client.pk: MONDAY.date()})
    [owed] = account_of_customer(purchase.customer, date(2026, 4, 2)).balances
    assert (balance.open.minor, owed.open_minor, owed.overdue_minor) == (7_900, 7_900, 7_900)
    purchase = pays(purchase, "60.00")
    assert (purchase.status, purchase.open_amount) == ("WPO", euros(1_900))
    purchase = pays(purchase, "19.00", at=days_later(5))
    assert (purchase.status, purchase.paid, purchase.kept) == ("PAY", euros(17_900), euros(11_900))
    receipt = Document.objects.get(purchase=purchase, kind="RCP").data["letter"]["totals"][-2:]
    assert [row["value"] for row in receipt] == ["-119,00\xa0€", "0,00\xa0€"]


def test_dunning_goes_on_once_nothing_is_kept(finance: User) -> None:
    purchase = pays(a_waiting_po(a_client()), "1.00")
    Purchase.objects.filter(pk=purchase.pk).update(document_received_at=None)
    purchase.refresh_from_db()
    assert decide(facts_of(purchase), days_later(30).date()).reason is Reason.PARTLY_PAID
    purchase = return_payment(purchase, by=finance, at=days_later(2), reason="no order")
    assert decide(facts_of(purchase), days_later(30).date()).reason is Reason.DUE
    assert not Notice.objects.exists()


def test_a_returned_payment_takes_of_the_partners_limit_again(finance: User) -> None:
    client = a_client()
    partner = a_partner(client)
    purchase = place_order(client, an_order(source=Source.PARTNER, partner=partner), by=None, at=MONDAY)
    purchase = pays(purchase, "100.00")
    assert outstanding(partner) == euros(1_900)
    return_payment(purchase, by=finance, at=days_later(1), reason="x")
    assert outstanding(partner) == euros(11_900)


@pytest.mark.parametrize(
    ("amount", "code"), [(Money(100, "USD"), "currency"), (euros(0), "amount"), (euros(1_901), "amount")]
)
def test_no_more_is_returned_than_is_there(finance: User, amount: Money, code: str) -> None:
    purchase = pays(a_released_po(a_client()), "19.00")
    with pytest.raises(Refused) as refused:
        return_payment(purchase, by=finance, at=MONDAY, reason="x", amount=amount)
    assert refused.value.code == code
    assert not Refund.objects.exists()


def test_without_money_there_is_nothing_to_return(finance: User) -> None:
    with pytest.raises(Refused, match="Between nothing and"):
        return_payment(a_released_po(a_client()), by=finance, at=MONDAY, reason="x")


def test_on_a_paid_purchase_money_goes_back_by_a_refund(finance: User) -> None:
    purchase = pays(an_offline_order(a_client()), "120.00")
    with pytest.raises(Refused, match="only to refund"):
        return_payment(purchase, by=finance, at=MONDAY, reason="x")


def test_a_return_form_sent_twice_returns_once(finance: User) -> None:
    purchase = pays(a_released_po(a_client()), "19.00")
    for _ in range(2):
        purchase = return_payment(purchase, by=finance, at=MONDAY, reason="x", amount=euros(100), dedupe_key="form:1")
    assert purchase.kept == euros(1_800)


def test_late_money_on_a_rejected_order_goes_back(finance: User) -> None:
    client = a_client()
    purchase = reject_purchase(
        pays(a_waiting_po(client), "50.00"), by=a_user("client_admin", client), at=MONDAY, reason="no signature"
    )
    purchase = pays(purchase, "30.00", at=days_later(1))
    assert questions("payment") == ["Money on a closed purchase"]
    purchase = return_payment(purchase, by=finance, at=days_later(2), reason="rejected")
    assert (purchase.status, purchase.kept, questions("payment")) == ("REJ", euros(0), [])


# Charge back -------------------------------------------------------------------------------------------------------


def test_a_charge_back_takes_all_and_paying_again_brings_it_back(finance: User) -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    purchase = charge_back(purchase, by=finance, at=days_later(20), reason="returned debit")
    refund = Refund.objects.get()
    assert (purchase.status, purchase.kept, refund.kind) == ("CHB", euros(0), RefundKind.CHARGE_BACK)
    assert (refund.credit_note, numbers(purchase)) == (None, ["INV-2026-000001", "RCP-2026-000001"])
    assert (questions("payment"), questions("license")) == (["Charged back"], ["Charged Back after delivery"])
    purchase = pays(purchase, "19.00", at=days_later(21))
    assert purchase.status == "CHB"
    purchase = pays(purchase, "100.00", at=days_later(22))
    assert (purchase.status, purchase.paid_at, purchase.paid) == ("PAY", days_later(22), euros(23_800))
    assert (questions("payment"), questions("license")) == ([], [])
    assert numbers(purchase)[-1] == "RCP-2026-000002"
    assert kinds_of_emails(purchase).count("receipt") == 2
    assert kinds_of_emails(purchase).count("delivery") == 1


def test_after_a_refund_only_the_rest_is_charged_back_and_owed_again(finance: User) -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    purchase = refund_purchase(purchase, by=finance, at=days_later(1), amount=euros(1_900), reason="goodwill")
    purchase = charge_back(purchase, by=finance, at=days_later(20), reason="fraud")
    assert Refund.objects.latest("pk").amount_minor == 10_000
    purchase = pays(purchase, "105.00", at=days_later(22))
    assert (purchase.status, purchase.kept) == ("PAY", euros(10_500))
    subjects = FollowUp.objects.filter(category="payment", done_at=None).values_list("subject", flat=True)
    assert list(subjects) == [f"5.00 EUR arrived on {purchase.reference} (Paid)"]


def test_keys_that_were_deactivated_meanwhile_come_anew(finance: User) -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    purchase = charge_back(purchase, by=finance, at=days_later(20), reason="fraud")
    purchase = deactivate_licenses(purchase, by=finance, at=days_later(21), reason="client asked")
    purchase = pays(purchase, "119.00", at=days_later(22))
    states = LicenseKey.objects.filter(item__purchase=purchase).order_by("pk").values_list("deactivated_at", flat=True)
    assert list(states) == [days_later(21), None]
    assert kinds_of_emails(purchase).count("delivery") == 2


def test_what_was_never_paid_is_not_charged_back(finance: User) -> None:
    with pytest.raises(Refused, match="not possible in status Purchase Order"):
        charge_back(a_released_po(a_client()), by=finance, at=MONDAY, reason="x")
    free = pays(a_released_po(a_client("free")), "119.00")
    Purchase.objects.filter(pk=free.pk).update(paid_minor=0, gross_minor=0, net_minor=0, tax_minor=0)
    with pytest.raises(Refused, match="Nothing was paid"):
        charge_back(free, by=finance, at=MONDAY, reason="x")


def test_a_download_has_no_license_to_decide_about(finance: User) -> None:
    client = a_client()
    client.products.update(delivery="download", download_url="https://example.com/get")
    purchase = charge_back(pays(a_released_po(client), "119.00"), by=finance, at=days_later(20), reason="fraud")
    assert (purchase.status, questions("license")) == ("CHB", [])
    purchase = pays(purchase, "119.00", at=days_later(22))
    assert (purchase.status, kinds_of_emails(purchase).count("delivery")) == ("PAY", 1)


# Reinstate ---------------------------------------------------------------------------------------------------------


def a_canceled_po(finance: User, **policy: object) -> Purchase:
    purchase = a_released_po(a_client(**policy))  # type: ignore[arg-type]
    return cancel_purchase(purchase, by=finance, at=days_later(3), reason="not paid")


def test_late_money_reinstates_with_a_new_invoice_and_the_keys_stay(finance: User) -> None:
    purchase = pays(a_canceled_po(finance), "119.00", at=days_later(9))
    assert (purchase.status, questions("payment")) == ("CAN", ["Money on a closed purchase"])
    purchase = reinstate_purchase(purchase, by=finance, at=days_later(10), reason="paid late")
    assert (purchase.status, purchase.paid_at) == ("PAY", days_later(10))
    assert numbers(purchase) == ["INV-2026-000001", "CRN-2026-000001", "INV-2026-000002"]
    assert (kinds_of_emails(purchase)[-1], kinds_of_emails(purchase).count("delivery")) == ("receipt", 1)
    assert LicenseKey.objects.filter(item__purchase=purchase).count() == 1
    assert (questions("payment"), questions("license")) == ([], [])
    assert decide(facts_of(purchase), days_later(99).date()).reason is Reason.CLOSED
    purchase = refund_purchase(purchase, by=finance, at=days_later(11), reason="after all not")
    latest = Document.objects.filter(purchase=purchase).latest("pk")
    assert latest.corrects is not None
    assert (latest.number, latest.corrects.number) == ("CRN-2026-000002", "INV-2026-000002")


def test_reinstated_the_customer_gets_what_was_never_delivered_or_taken_back(finance: User) -> None:
    prepaid = pays(a_canceled_po(finance, delivery="prepaid"), "119.00", at=days_later(9))
    prepaid = reinstate_purchase(prepaid, by=finance, at=days_later(10), reason="paid late")
    assert (numbers(prepaid), kinds_of_emails(prepaid)[-2:]) == (
        ["PFI-2026-000001", "INV-2026-000001"],
        ["delivery", "receipt"],
    )
    taken = cancel_purchase(a_released_po(a_client("other")), by=finance, at=days_later(3), reason="not paid")
    taken = deactivate_licenses(taken, by=finance, at=days_later(4), reason="client asked")
    taken = reinstate_purchase(
        pays(taken, "119.00", at=days_later(9)), by=finance, at=days_later(10), reason="paid late"
    )
    assert kinds_of_emails(taken).count("delivery") == 2
    assert LicenseKey.objects.filter(item__purchase=taken, deactivated_at=None).count() == 1


def test_reinstating_needs_the_right_a_note_and_all_the_money(finance: User) -> None:
    purchase = pays(a_canceled_po(finance), "118.99", at=days_later(9))
    for by, reason, code in (
        (a_user("platform_customer_service"), "paid late", "right"),
        (finance, " ", "reason"),
        (finance, "paid late", "not covered"),
    ):
        with pytest.raises(Refused) as refused:
            reinstate_purchase(purchase, by=by, at=days_later(10), reason=reason)
        assert refused.value.code == code
    purchase = return_payment(purchase, by=finance, at=days_later(11), reason="too little")
    assert (purchase.status, purchase.kept, questions("payment")) == ("CAN", euros(0), [])


def test_a_rejected_order_is_not_reinstated(finance: User) -> None:
    client = a_client()
    purchase = reject_purchase(a_waiting_po(client), by=a_user("client_admin", client), at=MONDAY, reason="x")
    with pytest.raises(Refused, match="not possible in status Rejected"):
        reinstate_purchase(pays(purchase, "119.00"), by=finance, at=MONDAY, reason="x")


# Licenses ----------------------------------------------------------------------------------------------------------


def test_licenses_are_deactivated_one_by_one_or_all(finance: User) -> None:
    client = a_client()
    order = an_order()
    purchase = a_released_po(client, lines=[*order.lines, *order.lines])
    purchase = cancel_purchase(purchase, by=finance, at=days_later(3), reason="not paid")
    assert questions("license") == ["Canceled after delivery"]
    first, second = LicenseKey.objects.filter(item__purchase=purchase).order_by("pk")
    admin = a_user("client_admin", client)
    purchase = deactivate_licenses(purchase, by=admin, at=days_later(4), reason="asked by phone", keys=[first.pk])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.deactivated_at, second.deactivated_at) == (days_later(4), None)
    entry = HistoryEntry.objects.get(purchase=purchase, event="deactivated")
    assert (entry.by, entry.note, entry.detail) == (admin, "1 license key deactivated", first.code)
    for keys in ([first.pk], [second.pk, 987_654]):
        with pytest.raises(Refused, match="no such active license key"):
            deactivate_licenses(purchase, by=admin, at=days_later(5), keys=keys)
    purchase = deactivate_licenses(purchase, by=admin, at=days_later(5))
    assert (purchase.status, questions("license")) == ("CAN", [])
    with pytest.raises(Refused, match="no such active license key"):
        deactivate_licenses(purchase, by=admin, at=days_later(6))


def test_keys_of_an_order_that_stands_stay_valid(finance: User) -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    with pytest.raises(Refused, match="stay valid"):
        deactivate_licenses(purchase, by=finance, at=MONDAY)
    purchase = refund_purchase(purchase, by=finance, at=MONDAY, wish=Wish(), customer_reason="fraud")
    assert deactivate_licenses(purchase, by=finance, at=MONDAY).status == "REF"


def test_without_an_address_money_goes_back_in_silence(finance: User) -> None:
    purchase = pays(a_released_po(a_client(), customer=a_customer(email="")), "19.00")
    return_payment(purchase, by=finance, at=MONDAY, reason="x")
    assert kinds_of_emails(purchase) == []
