"""The dialogs that undo: what they show, what they refuse, who may use them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.roles import Right
from accounts.services import let_support_refund
from core.money import Money
from core.refused import Refused
from customers.services import AddressInput
from purchases.models import CustomerReason, LicenseKey, Refund, RefundKind
from purchases.services.cancel import cancel_purchase
from purchases.services.correction import correct_purchase
from purchases.services.credit import Wish, missing_on, worth_of
from purchases.services.place import OrderLine
from purchases.services.refund import refund_purchase
from purchases.services.reversal import charge_back
from purchases.views.acts import action_bar
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, a_waiting_po, days_later, pays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Client, User
    from purchases.models import Purchase

pytestmark = pytest.mark.django_db
LINES = [OrderLine("PRO", 3), OrderLine("PRO", 1, unit_price=Money(5_000, "EUR"))]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(days_later(3), tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


def browser_of(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def finance() -> Browser:
    return browser_of(a_user("platform_finance"))


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def act(browser: Browser, purchase: Purchase, action: str, **fields: Any) -> Any:
    return browser.post(f"/purchases/{purchase.reference}/{action}/", fields)


def ask(browser: Browser, purchase: Purchase, action: str) -> str:
    return text_of(browser.get(f"/purchases/{purchase.reference}/{action}/"))


def again(purchase: Purchase) -> Purchase:
    return type(purchase).objects.get(pk=purchase.pk)


# Refund ------------------------------------------------------------------------------------------------------------


def test_the_refund_dialog_offers_four_kinds_with_their_amounts(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen, lines=LINES), "416.50")
    asked = ask(finance, purchase, "refund")
    for words in (
        "All that is left: €416.50",
        "Items: choose how many pieces",
        "A partial amount",
        "The tax only: €66.50",
        "Hafen Pro: pieces, at most 3",
        "€416.50 goes back: €350.00 net and €66.50 tax at 19%.",
        "The purchase is then Refunded; €0.00 stays.",
        "Show the figures",
    ):
        assert words in asked, words


def test_the_figures_before_are_those_after(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen, lines=LINES), "416.50")
    first, _ = purchase.items.order_by("position")
    chosen = {"kind": "items", f"item_{first.pk}": "1", "customer_reason": "unwanted", "reason": ""}
    live = act(finance, purchase, "refund", preview="live", **chosen)
    assert "€119.00 goes back: €100.00 net and €19.00 tax at 19%." in text_of(live)
    assert "<form" not in text_of(live)
    whole = act(finance, purchase, "refund", preview="form", **chosen)
    assert (whole.status_code, "€119.00 goes back" in text_of(whole)) == (200, True)
    assert Refund.objects.count() == 0
    assert act(finance, purchase, "refund", **chosen).status_code == 302
    refund = Refund.objects.get()
    assert (refund.kind, refund.amount_minor, refund.tax_minor) == (RefundKind.ITEMS, 11_900, 1_900)
    log = text_of(finance.get(f"/purchases/{purchase.reference}/?tab=payments"))
    for words in ("Items: 1 × Hafen Pro", "Unwanted", "CRN-2026-000001"):
        assert words in log, words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose under “Give back”"),
        ({"kind": "amount"}, "Enter how much is given back."),
        ({"kind": "amount", "amount": "abc"}, "Enter an amount in EUR"),
        ({"kind": "items"}, "Say how many pieces are given back."),
        ({"kind": "items", "item": "9"}, "less than or equal to 3"),
        ({"kind": "total", "customer_reason": ""}, "Choose a reason"),
        ({"kind": "total", "customer_reason": "other"}, "reads the remark: write one"),
        ({"kind": "amount", "amount": "500"}, "Between nothing and"),
        ({"kind": "amount", "amount": "5", "customer_reason": "overpayment"}, "0.00 EUR was paid too much"),
    ],
)
def test_a_refund_that_makes_no_sense_is_explained(
    hafen: Client, finance: Browser, fields: dict[str, str], words: str
) -> None:
    purchase = pays(a_released_po(hafen, lines=LINES), "416.50")
    first = purchase.items.get(position=1)
    given = {"customer_reason": "unwanted", "reason": "", **fields}
    if "item" in given:
        given[f"item_{first.pk}"] = given.pop("item")
    answer = act(finance, purchase, "refund", **given)
    assert (answer.status_code, words in text_of(answer), Refund.objects.count()) == (422, True, 0)
    live = act(finance, purchase, "refund", preview="live", **given)
    assert live.status_code == 200


def test_figures_wait_for_a_choice(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    answer = act(finance, purchase, "refund", preview="live", kind="amount", amount="")
    assert "figures appear once" in text_of(answer)


def test_money_paid_too_much_suggests_itself(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen), "124.00")
    asked = ask(finance, purchase, "refund")
    assert "€5.00 of it was paid too much" in asked
    assert "€5.00 of it was paid too much: no credit note over that." in asked
    assert "The purchase is then Paid; €119.00 stays." in asked
    act(finance, purchase, "refund", kind="amount", amount="5", customer_reason="overpayment", reason="")
    assert (again(purchase).status, again(purchase).kept) == ("PAY", Money(11_900, "EUR"))


def test_an_amount_without_tax_is_ticked(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    act(finance, purchase, "refund", kind="amount", amount="50", is_net="on", customer_reason="goodwill", reason="")
    assert again(purchase).refunded == Money(5_950, "EUR")
    asked = ask(finance, purchase, "refund")
    assert "The tax only: €9.50" in asked


def test_without_tax_or_pieces_these_kinds_are_not_offered(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen), "124.00")
    user = a_user("platform_finance")
    refund_purchase(purchase, by=user, at=MONDAY, amount=Money(11_900, "EUR"), reason="x")
    asked = ask(finance, purchase, "refund")
    assert ["Items: choose" in asked, "The tax only" in asked, "All that is left: €5.00" in asked] == [
        False,
        False,
        True,
    ]


def test_an_unpaid_order_has_no_refund_dialog(hafen: Client, finance: Browser) -> None:
    asked = ask(finance, a_released_po(hafen), "refund")
    assert "Only in status Paid or Partially Refunded." in asked
    assert "goes back" not in asked


# Return payment, charge back, reinstate, deactivate ----------------------------------------------------------------


def test_a_part_payment_is_returned_and_shown(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen), "19.00")
    assert "At most €19.00 can be given back" in ask(finance, purchase, "return")
    act(finance, purchase, "return", amount="19.00", reason="Wrong order")
    assert again(purchase).kept == Money(0, "EUR")
    log = text_of(finance.get(f"/purchases/{purchase.reference}/?tab=payments"))
    assert ["Return payment" in log, "Wrong order" in log] == [True, True]
    assert "No money is here." in text_of(finance.get(f"/purchases/{purchase.reference}/"))


def test_charged_back_deactivated_and_paid_again(hafen: Client, finance: Browser) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    assert "€119.00 is booked as taken back by the bank." in ask(finance, purchase, "charge-back")
    act(finance, purchase, "charge-back", reason="Returned debit")
    assert again(purchase).status == "CHB"
    assert "Charge back" in text_of(finance.get(f"/purchases/{purchase.reference}/?tab=payments"))
    admin = browser_of(a_user("client_admin", hafen))
    key = LicenseKey.objects.get(item__purchase=purchase)
    asked = ask(admin, purchase, "deactivate")
    assert f"{key.code} (Hafen Pro)" in asked
    assert act(admin, purchase, "deactivate", reason="Fraud").status_code == 422
    assert act(admin, purchase, "deactivate", keys=[key.pk], reason="Fraud").status_code == 302
    key.refresh_from_db()
    assert key.deactivated_at == days_later(3)
    assert "No license key of it is active." in ask(admin, purchase, "deactivate")
    act(finance, purchase, "payment", amount="119.00", method="wire")
    assert again(purchase).status == "PAY"


@pytest.mark.parametrize("delivery", ["immediate", "prepaid"])
def test_late_money_is_reinstated(finance: Browser, delivery: str) -> None:
    purchase = a_released_po(a_client("hafen", delivery=delivery))
    purchase = cancel_purchase(purchase, by=a_user("platform_admin"), at=MONDAY, reason="x")
    assert "0.00 EUR of 119.00 EUR is there" in ask(finance, purchase, "reinstate")
    purchase = pays(purchase, "119.00")
    assert "The purchase stays Canceled." in ask(finance, purchase, "return")
    words = "stay valid" if delivery == "immediate" else "License keys are delivered."
    assert words in ask(finance, purchase, "reinstate")
    assert action_bar(purchase, a_user("platform_finance")).primary.label == "Reinstate"  # type: ignore[union-attr]
    act(finance, purchase, "reinstate", reason="Paid late")
    assert again(purchase).status == "PAY"


# Corrections -------------------------------------------------------------------------------------------------------


def test_the_po_number_is_changed_with_its_documents(hafen: Client) -> None:
    browser = browser_of(a_user("platform_finance"))
    purchase = a_released_po(hafen)
    assert "INV-2026-000001 is undone by a credit note" in ask(browser, purchase, "correct")
    fields = {"po_number": "PO-9", "vat_id": "", "reason": "Typing error"}
    assert act(browser, purchase, "correct", **fields).status_code == 302
    assert again(purchase).po_number == "PO-9"
    shown = text_of(browser.get(f"/purchases/{purchase.reference}/?tab=documents"))
    assert ["On INV-2026-000001" in shown, "Replaces INV-2026-000001" in shown] == [True, True]


def test_what_a_correction_does_to_documents_is_said_before(hafen: Client) -> None:
    browser = browser_of(a_user("platform_finance"))
    assert "Nothing was billed yet" in ask(browser, a_waiting_po(hafen), "correct")
    prepaid = a_released_po(a_client("other", delivery="prepaid"))
    assert "PFI-2026-000001 is replaced by a new pro-forma invoice" in ask(browser, prepaid, "correct")
    assert "stands on no invoice" in ask(browser, prepaid, "contact/delivery")
    assert browser.get(f"/purchases/{prepaid.reference}/contact/neighbor/").status_code == 404


def test_a_contact_is_corrected_and_another_added(hafen: Client) -> None:
    browser = browser_of(a_user("platform_admin"))
    purchase = a_released_po(hafen)
    shown = text_of(browser.get(f"/purchases/{purchase.reference}/"))
    assert ["Correct the billing contact" in shown, "Licensee contact" in shown] == [True, True]
    asked = ask(browser, purchase, "contact/billing")
    assert ['value="Petersen"' in asked, "changes no document" in asked] == [True, True]
    fields = {"company": "Werft & Söhne KG", "last_name": "Brandt", "country": "DE", "reason": "Moved"}
    assert act(browser, purchase, "contact/billing", **fields, for_customer_too="on").status_code == 302
    assert again(purchase).billing_last_name == "Brandt"
    assert purchase.customer.contacts.get().last_name == "Brandt"
    assert act(browser, purchase, "contact/delivery", **fields).status_code == 302
    assert purchase.contacts.get(kind="delivery").last_name == "Brandt"
    assert act(browser, purchase, "contact/licensee", reason="x").status_code == 422


def test_finance_corrects_the_order_but_not_the_customers_record(hafen: Client) -> None:
    browser, purchase = browser_of(a_user("platform_finance")), a_released_po(hafen)
    for page in ("correct", "contact/billing"):
        assert "own record" not in ask(browser, purchase, page), page
    numbers = {"po_number": "4500002", "vat_id": "DE136695976", "reason": "Typo", "for_customer_too": "on"}
    assert act(browser, purchase, "correct", **numbers).status_code == 302
    contact = {"company": "Werft & Söhne KG", "last_name": "Brandt", "reason": "Moved", "for_customer_too": "on"}
    assert act(browser, purchase, "contact/billing", **contact).status_code == 302
    assert (again(purchase).vat_id, again(purchase).billing_last_name) == ("DE136695976", "Brandt")
    customer = again(purchase).customer
    assert (customer.vat_id, customer.contacts.get().last_name) == ("", "Petersen")
    assert "own record" in ask(browser_of(a_user("platform_admin")), purchase, "correct")


def test_who_may_not_correct_is_not_asked_to(hafen: Client) -> None:
    purchase, sales = a_released_po(hafen), browser_of(a_user("client_sales", hafen))
    assert 'aria-label="Correct the billing contact"' not in text_of(sales.get(f"/purchases/{purchase.reference}/"))
    clerk = browser_of(a_user("platform_customer_service"))
    assert 'aria-label="Correct the billing contact"' in text_of(clerk.get(f"/purchases/{purchase.reference}/"))
    paid = pays(purchase, "119.00")
    assert "documents stay as they are" in ask(browser_of(a_user("platform_admin")), paid, "contact/billing")


def test_every_reason_can_be_chosen(hafen: Client, finance: Browser) -> None:
    asked = ask(finance, pays(a_released_po(hafen), "119.00"), "refund")
    assert [label for label in CustomerReason.labels if label not in asked] == []


# Who may -----------------------------------------------------------------------------------------------------------

ROLES = (
    ("platform_admin", 200, 200),
    ("platform_finance", 200, 200),
    ("platform_tax", 200, 403),
    ("platform_customer_service", 403, 200),
    ("client_admin", 403, 200),
    ("client_support", 403, 200),
    ("client_sales", 403, 403),
    ("auditor", 403, 403),
)


@pytest.mark.parametrize(("role", "refund", "correct"), ROLES)
def test_who_refunds_and_who_corrects(hafen: Client, role: str, refund: int, correct: int) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    somebody = browser_of(a_user(role, hafen if role.startswith("client_") else None))
    for action, status in (("refund", refund), ("correct", correct), ("contact/billing", correct)):
        assert somebody.get(f"/purchases/{purchase.reference}/{action}/").status_code == status, action
    stranger = browser_of(a_user("client_support", a_client("elbe")))
    for action, status in (("refund", 403), ("correct", 404)):
        assert stranger.get(f"/purchases/{purchase.reference}/{action}/").status_code == status, action


def test_tax_gives_back_the_tax_and_nothing_else(hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    taxwoman = a_user("platform_tax")
    browser = browser_of(taxwoman)
    asked = ask(browser, purchase, "refund")
    for words in ("gives back the tax only", "The tax only: €19.00", "€19.00 goes back: €0.00 net and €19.00 tax"):
        assert words in asked, words
    for words in ("All that is left", "A partial amount", "pieces, at most", "Amount in EUR"):
        assert words not in asked, words
    more = {"customer_reason": "goodwill", "reason": ""}
    assert act(browser, purchase, "refund", kind="total", **more).status_code == 422
    assert again(purchase).refunded_minor == 0
    assert act(browser, purchase, "refund", kind="tax", **more).status_code == 302
    assert again(purchase).refunded_minor == 1_900
    bar = action_bar(again(purchase), taxwoman)
    why = next(button.why_not for button in [*bar.buttons, *bar.more] if button.label == "Refund")
    assert why == "No tax is left on it: Your role (Tax) gives back the tax only."


def test_support_refunds_where_its_client_switched_it_on(hafen: Client) -> None:
    purchase = pays(a_released_po(hafen), "119.00")
    support, boss = a_user("client_support", hafen), a_user("client_admin", hafen)
    assert not support.may(Right.REFUND)
    assert act(browser_of(support), purchase, "refund", kind="total", customer_reason="fraud").status_code == 403
    browser = browser_of(boss)
    assert "Refunds by support: off" in text_of(browser.get("/accounts/users/"))
    switch = "/accounts/clients/hafen/support/"
    assert "Client support of Hafen GmbH: 1 user at present." in text_of(browser.get(switch))
    assert browser.post(switch, {"support_may_refund": "on"}).status_code == 302
    page = text_of(browser.get("/accounts/users/"))
    assert "Refunds by support: on" in page
    assert "Client support of Hafen GmbH may give refunds now." in page
    assert "Refund tax" in text_of(browser.get(f"/accounts/users/{support.pk}/"))
    seller = browser_of(support)
    assert "All that is left: €119.00" in ask(seller, purchase, "refund")
    assert act(seller, purchase, "refund", kind="total", customer_reason="unwanted", reason="").status_code == 302
    assert again(purchase).refunded_minor == 11_900
    assert ask(browser_of(a_user("client_support", a_client("elbe"))), purchase, "refund").count("119") == 0
    assert browser.post(switch, {}).status_code == 302
    assert "gives no refunds any more" in text_of(browser.get("/accounts/users/"))
    assert seller.get(f"/purchases/{purchase.reference}/refund/").status_code == 403
    reasons = hafen.history.order_by("history_id").values_list("history_change_reason", flat=True)
    assert list(reasons)[-2:] == ["client changed: support_may_refund"] * 2


def test_the_switch_belongs_to_those_who_say_what_users_may_do(hafen: Client) -> None:
    switch = "/accounts/clients/hafen/support/"
    assert browser_of(a_user("client_support", hafen)).get(switch).status_code == 403
    stranger = a_user("client_admin", a_client("elbe"))
    assert browser_of(stranger).get(switch).status_code == 404
    assert browser_of(a_user("platform_admin")).get(switch).status_code == 200
    assert "Refunds by support" not in text_of(browser_of(a_user("platform_admin")).get("/accounts/users/"))
    for somebody in (stranger, a_user("client_support", hafen)):
        with pytest.raises(Refused, match="does not decide what users of Hafen GmbH may do"):
            let_support_refund(hafen, support_may_refund=True, by=somebody, at=MONDAY)
    assert not a_user("client_support", hafen, is_active=False).may(Right.CONVERT)


def test_what_an_invoice_shows_is_corrected_by_those_who_issue_credit_notes(hafen: Client) -> None:
    purchase, waiting = a_released_po(hafen), a_waiting_po(hafen)
    service, finance = a_user("platform_customer_service"), a_user("platform_finance")
    why = "INV-2026-000001 is out: it takes a credit note, which your role (Customer service) does not include."
    browser = browser_of(service)
    assert why in ask(browser, purchase, "correct")
    assert why in ask(browser, purchase, "contact/billing")
    assert "these you can correct" in ask(browser, purchase, "contact/billing")
    assert "Prices and tax stay as they are." in ask(browser, waiting, "correct")
    with pytest.raises(Refused, match="it takes a credit note"):
        correct_purchase(purchase, by=service, at=MONDAY, reason="typo", po_number="4500002")
    assert correct_purchase(waiting, by=service, at=MONDAY, reason="typo", po_number="4500002").po_number == "4500002"
    mail = AddressInput(**{**asdict(a_customer().billing), "email": "new@werft.example"})
    corrected = correct_purchase(purchase, by=service, at=MONDAY, reason="typo", contacts={"billing": mail})
    assert corrected.billing_email == "new@werft.example"
    correct_purchase(purchase, by=finance, at=MONDAY, reason="typo", po_number="4500002")
    bills = purchase.documents.filter(kind__in=["INV", "CRN"]).order_by("pk")
    assert list(bills.values_list("kind", flat=True)) == ["INV", "CRN", "INV"]


# Charged back and paid again ---------------------------------------------------------------------------------------


def test_the_payment_dialog_of_a_charged_back_purchase_asks_for_what_is_owed(hafen: Client, finance: Browser) -> None:
    boss = a_user("platform_finance")
    purchase = pays(a_released_po(hafen), "119.00")
    refund_purchase(purchase, by=boss, at=MONDAY, reason="half", amount=Money(2_000, "EUR"))
    purchase = charge_back(purchase, by=boss, at=MONDAY, reason="returned debit")
    asked = ask(finance, purchase, "payment")
    for words in ("The bank took the money back; €99.00 is owed again.", 'value="99.00"', "is Paid again"):
        assert words in asked, words
    assert "A follow-up asks what to do with it." not in asked
    assert missing_on(purchase) == Money(9_900, "EUR")
    purchase = pays(purchase, "50.00")
    assert missing_on(again(purchase)) == Money(4_900, "EUR")
    assert again(pays(purchase, "49.00")).status == "PAY"
    late = cancel_purchase(a_released_po(hafen), by=boss, at=MONDAY, reason="x")
    assert "A follow-up asks what to do with it." in ask(finance, late, "payment")


def test_what_is_owed_after_a_charge_back_is_what_the_sale_is_worth(hafen: Client) -> None:
    boss = a_user("platform_finance")
    purchase = pays(a_released_po(hafen), "139.00")
    refund_purchase(
        purchase, by=boss, at=MONDAY, wish=Wish(RefundKind.AMOUNT, Money(2_000, "EUR")), customer_reason="overpayment"
    )
    refund_purchase(purchase, by=boss, at=MONDAY, wish=Wish(RefundKind.TAX), customer_reason="tax_exemption")
    Refund.objects.create(purchase=purchase, at=MONDAY, amount_minor=1_000, kind=RefundKind.AMOUNT, reason="imported")
    type(purchase).objects.filter(pk=purchase.pk).update(refunded_minor=4_900)
    purchase = charge_back(purchase, by=boss, at=MONDAY, reason="x")
    assert missing_on(purchase).minor == worth_of(purchase).gross_minor == 9_000
    with CaptureQueriesContext(connection) as captured:
        found = type(purchase).objects.prefetch_related("refunds").get(pk=purchase.pk)
        assert missing_on(found).minor == 9_000
    assert len(captured) == 2
