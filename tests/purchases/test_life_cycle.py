"""A purchase from order to its end, told by the people who move it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.services import ClientDetails, save_client
from core.money import Money
from core.refused import Refused
from customers.services import AddressInput
from errorlog.models import ErrorRecord
from followups.models import FollowUp
from followups.services import finish_follow_up
from mailing.models import Email
from partners.selectors import outstanding
from purchases.models import Document, HistoryEntry, LicenseKey, Payment, Purchase, PurchaseSearch, Source
from purchases.selectors.search import find_purchases
from purchases.services.cancel import cancel_purchase
from purchases.services.payment import record_payment
from purchases.services.place import OrderLine, place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import convert_purchase, receive_document, reject_purchase, release_purchase
from purchases.states import Status
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

pytestmark = pytest.mark.django_db


def kinds_of_emails(purchase: Purchase) -> list[str]:
    return list(Email.objects.filter(reference=purchase.reference).order_by("pk").values_list("kind", flat=True))


def numbers(purchase: Purchase) -> list[str]:
    return list(
        Document.objects.filter(purchase=purchase).exclude(kind="OCF").order_by("pk").values_list("number", flat=True)
    )


def test_an_online_po_waits_for_its_document_and_its_release() -> None:
    client = a_client()
    purchase = place_order(client, an_order(), by=None, at=MONDAY)
    assert (purchase.status, purchase.released_at, purchase.gross) == ("ARP", None, Money(11_900, "EUR"))
    assert kinds_of_emails(purchase) == ["po_received"]
    admin = a_user("client_admin", client)
    with pytest.raises(Refused, match="No PO document"):
        release_purchase(purchase, by=admin, at=MONDAY)
    receive_document(purchase, channel="fax", by=None, at=MONDAY)
    assert FollowUp.objects.get(purchase=purchase, done_at=None).reason == "PO document received"
    purchase = release_purchase(purchase, by=admin, at=days_later(1), note="letterhead checked")
    assert (purchase.status, purchase.released_on, purchase.due_on) == ("WPO", date(2026, 3, 3), date(2026, 4, 2))
    assert numbers(purchase) == ["INV-2026-000001"]
    assert LicenseKey.objects.filter(item__purchase=purchase).count() == 1
    assert kinds_of_emails(purchase) == ["po_received", "delivery", "po_released"]
    assert not FollowUp.objects.filter(done_at=None).exists()
    entry = HistoryEntry.objects.get(purchase=purchase, event="released")
    assert (entry.by, entry.reason) == (admin, "letterhead checked")
    assert purchase.history.count() == 3


def test_release_twice_is_refused_and_changes_nothing() -> None:
    purchase = a_released_po(a_client())
    with pytest.raises(Refused, match="not possible in status Purchase Order"):
        release_purchase(purchase, by=a_user("platform_admin"), at=days_later(1))
    assert numbers(purchase) == ["INV-2026-000001"]


def test_only_the_policys_reviewer_releases() -> None:
    client, other = a_client(), a_client("other")
    purchase = a_waiting_po(client)
    for user in (a_user("platform_customer_service"), a_user("client_support", client), a_user("client_admin", other)):
        with pytest.raises(Refused):
            release_purchase(purchase, by=user, at=MONDAY)
    assert release_purchase(purchase, by=a_user("client_admin", client), at=MONDAY).status == "WPO"


def test_four_eyes_are_two_persons() -> None:
    client = a_client(four_eyes=True)
    first, second = a_user("client_admin", client), a_user("client_admin", client)
    purchase = release_purchase(a_waiting_po(client), by=first, at=MONDAY)
    assert (purchase.status, purchase.approved_by) == ("ARP", first)
    with pytest.raises(Refused, match="somebody else"):
        release_purchase(purchase, by=first, at=MONDAY)
    assert release_purchase(purchase, by=second, at=MONDAY).status == "WPO"


def test_prepaid_bills_first_and_delivers_after_the_money() -> None:
    client = a_client(delivery="prepaid")
    purchase = a_released_po(client)
    assert numbers(purchase) == ["PFI-2026-000001"]
    assert not LicenseKey.objects.filter(item__purchase=purchase).exists()
    purchase = pays(purchase, "119.00", at=days_later(9))
    assert (purchase.status, numbers(purchase)) == ("PAY", ["PFI-2026-000001", "INV-2026-000001"])
    assert LicenseKey.objects.filter(item__purchase=purchase).count() == 1


def test_without_review_the_order_is_accepted_at_once() -> None:
    purchase = place_order(a_client(review=False), an_order(), by=None, at=MONDAY)
    assert (purchase.status, purchase.released_at, purchase.due_on) == ("WPO", MONDAY, date(2026, 4, 1))


def test_an_offline_po_is_reviewed_even_where_the_policy_reviews_nothing() -> None:
    agent = a_user("platform_customer_service")
    purchase = place_order(a_client(review=False), an_order(source=Source.OFFLINE), by=agent, at=MONDAY)
    assert purchase.status == "ARP"


def test_an_offline_payment_order_is_converted_with_its_document() -> None:
    client = a_client(minimum={"EUR": 1_000_000})
    agent = a_user("platform_customer_service")
    purchase = an_offline_order(client)
    assert purchase.status == "WOF"
    with pytest.raises(Refused, match="No PO document"):
        convert_purchase(purchase, by=agent, at=MONDAY)
    receive_document(purchase, channel="letter", by=agent, at=MONDAY)
    purchase = convert_purchase(purchase, by=agent, at=MONDAY, po_number="77")
    assert (purchase.status, purchase.is_po, purchase.po_number) == ("ARP", True, "77")


def test_parts_add_up_to_paid_and_late_money_is_kept() -> None:
    client = a_client()
    purchase = a_released_po(client)
    purchase = pays(purchase, "19.00")
    assert (purchase.status, purchase.open_amount) == ("WPO", Money(10_000, "EUR"))
    purchase = pays(purchase, "100.00")
    assert (purchase.status, purchase.open_amount) == ("PAY", Money(0, "EUR"))
    purchase = pays(purchase, "5.00")
    assert (purchase.status, purchase.paid) == ("PAY", Money(12_400, "EUR"))
    assert FollowUp.objects.get(category="payment").subject == f"5.00 EUR arrived on {purchase.reference} (Paid)"


def test_the_same_bank_line_is_booked_once() -> None:
    purchase = a_released_po(a_client())
    for _ in range(2):
        purchase = record_payment(
            purchase, amount=Money(5_000, "EUR"), method="wire", by=None, at=MONDAY, dedupe_key="line 7"
        )
    assert purchase.paid == Money(5_000, "EUR")


def test_money_in_another_currency_is_refused() -> None:
    purchase = a_released_po(a_client())
    with pytest.raises(Refused, match="can't be booked"):
        record_payment(purchase, amount=Money(1, "USD"), method="wire", by=None, at=MONDAY, dedupe_key="x")


def test_a_quote_is_not_paid_before_it_is_an_order() -> None:
    quote = an_offline_order(a_client())
    quote.pk, quote.reference, quote.status = None, "100000017", Status.QUOTE
    quote.save(force_insert=True)
    with pytest.raises(Refused, match="100000017 is Quote: it can't be paid"):
        pays(quote, "119.00")
    assert not Payment.objects.exists()


def test_what_the_bank_took_back_is_paid_again_when_all_of_it_came() -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    Purchase.objects.filter(pk=purchase.pk).update(status=Status.CHARGED_BACK, refunded_minor=11_900)
    purchase = pays(purchase, "19.00", at=days_later(8))
    assert (purchase.status, purchase.paid_at) == ("CHB", MONDAY)
    purchase = pays(purchase, "100.00", at=days_later(9))
    assert (purchase.status, purchase.paid_at) == ("PAY", days_later(9))
    assert purchase.paid - purchase.refunded == purchase.gross


def test_cancel_writes_a_credit_note_and_asks_about_the_licenses() -> None:
    purchase = a_released_po(a_client())
    agent = a_user("platform_customer_service")
    purchase = cancel_purchase(purchase, by=agent, at=days_later(2), reason="customer asked")
    assert (purchase.status, numbers(purchase)) == ("CAN", ["INV-2026-000001", "CRN-2026-000001"])
    assert FollowUp.objects.get(category="license").reason == "Canceled after delivery"
    assert kinds_of_emails(purchase)[-1] == "cancellation"


def test_what_was_paid_must_be_given_back_before_canceling() -> None:
    purchase = pays(a_released_po(a_client()), "1.00")
    with pytest.raises(Refused, match=r"1\.00 EUR was paid"):
        cancel_purchase(purchase, by=a_user("platform_finance"), at=MONDAY, reason="x")


def test_late_money_on_a_canceled_purchase_is_booked_and_visible() -> None:
    purchase = cancel_purchase(a_released_po(a_client()), by=a_user("platform_admin"), at=MONDAY, reason="x")
    purchase = pays(purchase, "119.00")
    assert (purchase.status, purchase.paid) == ("CAN", Money(11_900, "EUR"))


def test_refunds_never_exceed_what_was_paid() -> None:
    finance = a_user("platform_finance")
    purchase = pays(a_released_po(a_client()), "119.00")
    purchase = refund_purchase(purchase, by=finance, at=MONDAY, amount=Money(1_900, "EUR"), reason="goodwill")
    assert (purchase.status, purchase.refunded) == ("PRF", Money(1_900, "EUR"))
    with pytest.raises(Refused, match="can be refunded"):
        refund_purchase(purchase, by=finance, at=MONDAY, amount=Money(10_001, "EUR"), reason="goodwill")
    purchase = refund_purchase(purchase, by=finance, at=MONDAY, reason="unwanted")
    assert (purchase.status, purchase.refunded) == ("REF", Money(11_900, "EUR"))


def test_a_refund_in_another_currency_is_refused() -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    with pytest.raises(Refused) as refused:
        refund_purchase(
            purchase, by=a_user("platform_finance"), at=MONDAY, amount=Money(1_000, "USD"), reason="goodwill"
        )
    assert (refused.value.code, str(refused.value)) == ("currency", f"{purchase.reference} was paid in EUR.")
    assert kinds_of_emails(purchase)[-1] == "receipt"


def test_refund_before_payment_is_refused() -> None:
    with pytest.raises(Refused):
        refund_purchase(a_released_po(a_client()), by=a_user("platform_finance"), at=MONDAY, reason="x")


def test_a_rejection_tells_the_customer_why() -> None:
    client = a_client()
    purchase = reject_purchase(
        a_waiting_po(client), by=a_user("client_admin", client), at=MONDAY, reason="no signature"
    )
    assert (purchase.status, kinds_of_emails(purchase)[-1]) == ("REJ", "po_rejected")


def test_a_portal_order_takes_of_the_limit_and_payment_gives_it_back() -> None:
    client = a_client()
    partner = a_partner(client, limit="300.00")
    order = an_order(source=Source.PARTNER, partner=partner)
    first = place_order(client, order, by=None, at=MONDAY)
    place_order(client, order, by=None, at=MONDAY)
    assert (first.status, outstanding(partner)) == ("WPO", Money(23_800, "EUR"))
    with pytest.raises(Refused, match=r"62\.00 EUR of 300\.00 EUR"):
        place_order(client, order, by=None, at=MONDAY)
    pays(first, "20.00")
    assert outstanding(partner) == Money(21_800, "EUR")
    pays(first, "99.00")
    assert outstanding(partner) == Money(11_900, "EUR")
    assert place_order(client, order, by=None, at=MONDAY).status == "WPO"


@pytest.mark.parametrize("fields", [{"status": "in_review"}, {"limit": "0.00"}])
def test_a_partner_without_limit_or_acceptance_gets_no_po(fields: dict[str, str]) -> None:
    client = a_client()
    partner = a_partner(client, **fields)
    with pytest.raises(Refused):
        place_order(client, an_order(source=Source.PARTNER, partner=partner), by=None, at=MONDAY)


def test_an_empty_key_list_is_an_error_to_mend_not_a_lost_order() -> None:
    purchase = a_released_po(a_client(keys=0))
    assert purchase.status == "WPO"
    assert ErrorRecord.objects.get().type == "key_list_empty"
    assert FollowUp.objects.get(category="delivery").reason == "Key list empty"


def test_test_orders_have_their_own_numbers_and_take_no_limit() -> None:
    client = a_client()
    partner = a_partner(client)
    purchase = place_order(client, an_order(source=Source.PARTNER, partner=partner, is_test=True), by=None, at=MONDAY)
    assert numbers(purchase) == ["TEST-INV-2026-000001"]
    assert outstanding(partner) == Money(0, "EUR")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"lines": [OrderLine("NOPE", 1)]}, "product"),
        ({"lines": [OrderLine("PRO", 0)]}, "quantity"),
        ({"lines": []}, "items"),
        ({"currency": "USD"}, "price"),
        ({"x_parameters": {"campaign": "spring"}}, "x_parameter"),
        ({"x_parameters": {"x-campaign": "\x00"}}, "x_parameter"),
        ({"x_parameters": {"x-campaign": "a" * 256}}, "length"),
        ({"customer": a_customer(company="")}, "type"),
    ],
)
def test_an_impossible_order_is_explained_and_leaves_nothing(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        place_order(a_client(), an_order(**fields), by=None, at=MONDAY)
    assert refused.value.code == code
    assert not Purchase.objects.exists()


@pytest.mark.parametrize(
    ("policy", "fields", "code"),
    [
        ({}, {"source": Source.PARTNER}, "partner"),
        ({"po_number_required": True}, {"po_number": ""}, "po_number"),
    ],
)
def test_a_po_lacks_its_partner_or_its_number(policy: dict[str, Any], fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        place_order(a_client(**policy), an_order(**fields), by=None, at=MONDAY)
    assert refused.value.code == code
    assert not Purchase.objects.exists()


def test_where_the_policy_says_so_partners_do_not_order_on_po() -> None:
    client = a_client(partner_pos_allowed=False)
    partner = a_partner(client)
    with pytest.raises(Refused, match="Partners may not order on PO"):
        place_order(client, an_order(source=Source.PARTNER, partner=partner), by=None, at=MONDAY)
    assert outstanding(partner) == Money(0, "EUR")


def test_a_new_client_sells_nothing_before_it_has_a_policy() -> None:
    details = ClientDetails(
        "Elbe GmbH", "Kai 2", "20457", "Hamburg", "DE", "HH", "Europe/Berlin", "de", "a@elbe.example"
    )
    client = save_client("elbe", details=details, by=None, at=MONDAY)
    with pytest.raises(Refused, match="Elbe GmbH has no purchase order policy yet"):
        place_order(client, an_order(), by=None, at=MONDAY)


def test_a_reference_that_is_taken_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client()
    drawn = iter([7, 7, 8])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    references = [an_offline_order(client).reference for _ in range(2)]
    assert references == ["100000007", "100000008"]


def test_the_customer_is_found_again_and_keeps_one_record_per_client() -> None:
    client = a_client()
    first, second = an_offline_order(client), an_offline_order(client, at=MONDAY + timedelta(hours=1))
    elsewhere = an_offline_order(a_client("other"))
    assert first.customer == second.customer
    assert elsewhere.customer != first.customer


def test_keywords_find_a_purchase_once_however_many_documents_it_has() -> None:
    purchase = pays(a_released_po(a_client()), "119.00")
    invoice, receipt = numbers(purchase)
    for terms in (invoice, receipt, "werft", "Petersen, 4500001", "@werft.example", purchase.reference):
        assert find_purchases(PurchaseSearch.objects.all(), terms).keys == (purchase.pk,)
    assert find_purchases(PurchaseSearch.objects.all(), "werft, nobody").keys == ()


def test_another_document_takes_back_the_first_of_two_approvals() -> None:
    client = a_client(four_eyes=True)
    purchase = a_waiting_po(client)
    first, second = a_user("client_admin", client), a_user("client_admin", client)
    release_purchase(purchase, by=first, at=MONDAY)
    purchase = receive_document(purchase, channel="fax", by=None, at=MONDAY)
    assert (purchase.approved_by, purchase.approved_at) == (None, None)
    assert (
        HistoryEntry.objects.filter(purchase=purchase).latest("pk").note
        == "PO document received (Fax); the first approval has to be given again"
    )
    assert release_purchase(purchase, by=second, at=MONDAY).status == "ARP"
    assert release_purchase(purchase, by=first, at=MONDAY).status == "WPO"


def test_a_trusted_customers_order_that_sends_the_keys_elsewhere_is_reviewed() -> None:
    client = a_client()
    known = place_order(client, an_order(), by=None, at=MONDAY)
    client.policies.get().trusted_customers.add(known.customer)
    at_once = place_order(client, an_order(), by=None, at=MONDAY)
    elsewhere = replace(a_customer(), delivery=AddressInput(last_name="Fremd", email="else@where.example"))
    reviewed = place_order(client, an_order(customer=elsewhere), by=None, at=MONDAY)
    assert (at_once.status, reviewed.status, reviewed.customer) == ("WPO", "ARP", known.customer)


def test_what_anybody_may_type_at_the_checkout_changes_no_contact_on_file() -> None:
    client = a_client()
    known = place_order(client, an_order(), by=None, at=MONDAY)
    place_order(client, an_order(customer=a_customer(street="Anderswo 9")), by=None, at=MONDAY)
    assert known.customer.contacts.get(kind="billing").street == "Am Dock 3"
    agent = a_user("platform_customer_service")
    place_order(client, an_order(source=Source.OFFLINE, customer=a_customer(street="Neu 1")), by=agent, at=MONDAY)
    assert known.customer.contacts.get(kind="billing").street == "Neu 1"


def test_one_payment_is_booked_on_one_purchase() -> None:
    client = a_client()
    first, second = an_offline_order(client), an_offline_order(client)
    money: dict[str, Any] = {"amount": Money(100, "EUR"), "method": "wire", "by": None, "at": MONDAY}
    record_payment(first, **money, dedupe_key="bank:1")
    record_payment(first, **money, dedupe_key="bank:1")
    with pytest.raises(Refused, match="on another purchase"):
        record_payment(second, **money, dedupe_key="bank:1")
    assert [payment.purchase for payment in Payment.objects.all()] == [first]


def test_keys_go_to_the_delivery_contact() -> None:
    client = a_client()
    user = AddressInput(first_name="Ole", last_name="Brandt", email="ole@werft.example")
    purchase = a_released_po(client, customer=replace(a_customer(), delivery=user))
    assert {mail.kind: mail.recipient for mail in Email.objects.filter(reference=purchase.reference)} == {
        "po_received": "einkauf@werft.example",
        "po_released": "einkauf@werft.example",
        "delivery": "ole@werft.example",
    }


def test_a_later_document_is_reviewed_too() -> None:
    purchase = a_waiting_po(a_client())
    receive_document(purchase, channel="fax", by=None, at=MONDAY)
    asked = FollowUp.objects.filter(purchase=purchase, category="review")
    assert asked.count() == 1
    finish_follow_up(asked.get(), by=a_user("platform_admin"), at=MONDAY)
    receive_document(purchase, channel="fax", by=None, at=MONDAY)
    assert [follow_up.is_done for follow_up in asked.order_by("pk")] == [True, False]
    reject_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="no")
    assert [follow_up.is_done for follow_up in asked.order_by("pk")] == [True, True]
