"""Money given back for a paid purchase: all of it, items, an amount, the tax alone, or what was paid too much."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from core.letters import LANGUAGES
from core.money import Money
from core.refused import Refused
from customers.models import Customer
from followups.models import FollowUp
from mailing.models import Email
from purchases.models import (
    CustomerReason,
    Document,
    HistoryEntry,
    Purchase,
    PurchaseItem,
    Refund,
    RefundItem,
    RefundKind,
)
from purchases.services.credit import Wish, worth_of
from purchases.services.place import OrderLine
from purchases.services.refund import plan_refund, refund_purchase
from purchases.wording import REASONS
from tests.stories import MONDAY, a_client, a_customer, a_released_po, a_user, days_later, pays

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance() -> User:
    return a_user("platform_finance")


def a_paid_po(*lines: OrderLine, paid: str = "", **order: Any) -> Purchase:
    """Three licenses at 100.00 and two at 33.33, 19 % tax: 300.00 + 57.00 and 66.66 + 12.67, 436.33 in all."""
    ordered = list(lines) or [OrderLine("PRO", 3), OrderLine("PRO", 2, unit_price=Money(3_333, "EUR"))]
    purchase = a_released_po(a_client(), lines=ordered, **order)
    return pays(purchase, paid or purchase.gross.amount)


def two_rates(purchase: Purchase) -> Purchase:
    """Give the second item 7 % instead of 19 %: 66.66 net, 4.67 tax."""
    item = PurchaseItem.objects.get(purchase=purchase, position=2)
    item.tax_percent, item.tax_minor, item.gross_minor = Decimal(7), 467, 7_133
    item.save()
    purchase.refresh_from_db()
    purchase.tax_minor, purchase.gross_minor = 6_167, 42_833
    purchase.save()
    return purchase


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def items(purchase: Purchase) -> list[int]:
    return list(purchase.items.order_by("position").values_list("pk", flat=True))


def the_last(purchase: Purchase) -> Refund:
    found = Refund.objects.filter(purchase=purchase).order_by("-pk").first()
    assert found is not None
    return found


def totals(document: Document | None) -> list[tuple[str, str]]:
    assert document is not None
    return [(row["label"], row["value"]) for row in document.data["letter"]["totals"]]


def in_english(**order: Any) -> dict[str, Any]:
    return {"customer": replace(a_customer(), language="en"), **order}


def test_everything_goes_back_with_a_credit_note_over_all_items(finance: User) -> None:
    purchase = a_paid_po(**in_english())
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), customer_reason=CustomerReason.UNWANTED)
    refund = the_last(purchase)
    assert (purchase.status, purchase.kept, refund.kind, refund.tax_minor) == ("REF", euros(0), RefundKind.TOTAL, 6_967)
    assert refund.reason == "Unwanted"
    assert refund.credit_note is not None
    assert refund.credit_note.corrects == Document.objects.get(purchase=purchase, kind="INV")
    letter = refund.credit_note.data["letter"]
    assert [row["gross"] for row in letter["items"]["rows"]] == ["357.00", "79.33"]
    assert totals(refund.credit_note)[-1] == ("Credited amount", "€436.33")
    assert letter["notes"] == ["Reason: Product no longer wanted"]
    email = Email.objects.get(reference=purchase.reference, kind="refund")
    assert "Product no longer wanted" in email.body_text
    assert FollowUp.objects.get(category="license", done_at=None).reason == "Refunded after delivery"


def test_pieces_go_back_at_their_share_and_the_last_piece_takes_the_cent(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 3, unit_price=euros(3_333), discount_percent=Decimal(1)))
    [item] = items(purchase)
    assert (purchase.net_minor, purchase.tax_minor) == (9_899, 1_881)
    gone = []
    for _ in range(3):
        wish = Wish(RefundKind.ITEMS, pieces={item: 1})
        purchase = refund_purchase(
            purchase, by=finance, at=days_later(3), wish=wish, customer_reason=CustomerReason.WRONG_PRODUCT
        )
        refund = the_last(purchase)
        gone.append((refund.amount_minor, refund.tax_minor, purchase.status))
    assert gone == [(3_927, 627, "PRF"), (3_927, 627, "PRF"), (3_926, 627, "REF")]
    assert purchase.refunded == purchase.gross
    assert list(RefundItem.objects.values_list("quantity", "amount_minor")) == [(1, 3_927), (1, 3_927), (1, 3_926)]


def test_a_credit_note_over_pieces_lists_them(finance: User) -> None:
    purchase = two_rates(
        a_released_po(a_client(), lines=[OrderLine("PRO", 3), OrderLine("PRO", 2, euros(3_333))], **in_english())
    )
    purchase = pays(purchase, "428.33")
    first, second = items(purchase)
    wish = Wish(RefundKind.ITEMS, pieces={first: 2, second: 1})
    purchase = refund_purchase(
        purchase, by=finance, at=days_later(3), wish=wish, customer_reason=CustomerReason.NOT_DELIVERED, reason="lost"
    )
    refund = the_last(purchase)
    assert (refund.amount_minor, refund.tax_minor) == (23_800 + 3_567, 3_800 + 234)
    assert totals(refund.credit_note) == [
        ("Net total", "€233.33"),
        ("Tax 19% on €200.00", "€38.00"),
        ("Tax 7% on €33.33", "€2.34"),
        ("Credited amount", "€273.67"),
    ]
    assert refund.credit_note is not None
    rows = refund.credit_note.data["letter"]["items"]["rows"]
    assert [(row["quantity"], row["net"], row["gross"]) for row in rows] == [
        ("2", "200.00", "238.00"),
        ("1", "33.33", "35.67"),
    ]
    entry = HistoryEntry.objects.get(purchase=purchase, event="refunded")
    assert (entry.note, entry.detail, entry.reason) == (
        "Refund of 273.67 EUR (items): not delivered",
        "2 × Hafen Pro, 1 × Hafen Pro",
        "lost",
    )


def test_an_amount_carries_its_tax_by_rate_and_the_last_refund_takes_the_cent(finance: User) -> None:
    purchase = two_rates(
        a_released_po(a_client(), lines=[OrderLine("PRO", 3), OrderLine("PRO", 2, euros(3_333))], **in_english())
    )
    purchase = pays(purchase, "428.33")
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), amount=euros(10_001), reason="sorry")
    refund = the_last(purchase)
    assert refund.parts == [["7.0000", 1_556, 109], ["19.0000", 7_005, 1_331]]
    assert totals(refund.credit_note)[1:3] == [("Tax 7% on €15.56", "€1.09"), ("Tax 19% on €70.05", "€13.31")]
    assert (purchase.status, refund.kind) == ("PRF", RefundKind.AMOUNT)
    purchase = refund_purchase(purchase, by=finance, at=days_later(4), reason="sorry again")
    assert (purchase.status, the_last(purchase).tax_minor) == ("REF", 6_167 - 1_440)
    assert totals(the_last(purchase).credit_note)[-1] == ("Credited amount", "€328.32")


def test_any_sequence_of_amounts_ends_at_exactly_the_order(finance: User) -> None:
    purchase = two_rates(a_released_po(a_client(), lines=[OrderLine("PRO", 3), OrderLine("PRO", 2, euros(3_333))]))
    purchase = pays(purchase, "428.33")
    while purchase.kept > euros(6_001):
        purchase = refund_purchase(purchase, by=finance, at=days_later(3), amount=euros(6_001), reason="bit by bit")
    purchase = refund_purchase(purchase, by=finance, at=days_later(4), amount=purchase.kept, reason="the rest")
    sums: dict[str, list[int]] = {}
    for refund in Refund.objects.filter(purchase=purchase):
        assert sum(net + tax for _, net, tax in refund.parts) == refund.amount_minor
        for percent, net, tax in refund.parts:
            pair = sums.setdefault(percent, [0, 0])
            pair[0], pair[1] = pair[0] + net, pair[1] + tax
    assert sums == {"7.0000": [6_666, 467], "19.0000": [30_000, 5_700]}
    assert purchase.status == "REF"


def test_an_amount_without_tax_gets_its_tax_on_top(finance: User) -> None:
    purchase = two_rates(a_released_po(a_client(), lines=[OrderLine("PRO", 3), OrderLine("PRO", 2, euros(3_333))]))
    purchase = pays(purchase, "428.33")
    wish = Wish(RefundKind.AMOUNT, euros(10_000), is_tax_included=False)
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), wish=wish, reason="agreed")
    assert the_last(purchase).parts == [["7.0000", 1_818, 127], ["19.0000", 8_182, 1_555]]
    assert purchase.refunded == euros(10_000 + 127 + 1_555)
    with pytest.raises(Refused, match=r"266\.66 EUR without tax can be refunded"):
        plan_refund(purchase, Wish(RefundKind.AMOUNT, euros(26_667), is_tax_included=False))
    wish = Wish(RefundKind.AMOUNT, euros(26_666), is_tax_included=False)
    assert refund_purchase(purchase, by=finance, at=days_later(4), wish=wish, reason="rest").status == "REF"


def test_the_tax_goes_back_alone_and_once(finance: User) -> None:
    purchase = a_paid_po(**in_english())
    tax = Wish(RefundKind.TAX)
    purchase = refund_purchase(
        purchase, by=finance, at=days_later(3), wish=tax, customer_reason=CustomerReason.TAX_EXEMPTION
    )
    assert (purchase.status, purchase.refunded) == ("PRF", euros(6_967))
    assert totals(the_last(purchase).credit_note) == [
        ("Net total", "€0.00"),
        ("Tax 19%", "€69.67"),
        ("Credited amount", "€69.67"),
    ]
    with pytest.raises(Refused, match="No tax is left"):
        plan_refund(purchase, tax)
    first, _ = items(purchase)
    plan = plan_refund(purchase, Wish(RefundKind.ITEMS, pieces={first: 1}))
    assert (plan.amount, plan.credit.tax_minor) == (euros(10_000), 0)
    assert refund_purchase(purchase, by=finance, at=days_later(4), reason="rest").status == "REF"
    assert the_last(purchase).parts == [["19.0000", 36_666, 0]]


def test_of_the_tax_only_what_is_left_goes_back(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1))
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), amount=euros(1_190), reason="half a year late")
    assert plan_refund(purchase, Wish(RefundKind.TAX)).amount == euros(1_900 - 190)


def test_pieces_are_given_back_once_and_not_again_as_an_amount(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 2))
    [item] = items(purchase)
    purchase = refund_purchase(
        purchase, by=finance, at=days_later(3), wish=Wish(RefundKind.ITEMS, pieces={item: 1}), reason="broken"
    )
    for pieces, words in (
        ({item: 2}, "1 can be given back, not 2"),
        ({item: -1}, "not -1"),
        ({item: 0}, "Say how many"),
        ({}, "Say how many"),
        ({987_654: 1}, "not ordered"),
    ):
        with pytest.raises(Refused, match=words):
            plan_refund(purchase, Wish(RefundKind.ITEMS, pieces=pieces))
    purchase = refund_purchase(purchase, by=finance, at=days_later(4), amount=euros(10_000), reason="goodwill")
    plan = plan_refund(purchase, Wish(RefundKind.ITEMS, pieces={item: 1}))
    assert (plan.amount, plan.step and plan.step.target) == (euros(1_900), "REF")


def test_nothing_is_left_of_pieces_whose_price_went_back_as_an_amount(finance: User) -> None:
    purchase = pays(a_paid_po(OrderLine("PRO", 1)), "5.00")
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), amount=euros(11_900), reason="all but the rest")
    assert (purchase.status, worth_of(purchase).gross_minor, purchase.kept) == ("PRF", 0, euros(500))
    with pytest.raises(Refused, match="given back as an amount"):
        plan_refund(purchase, Wish(RefundKind.ITEMS, pieces={items(purchase)[0]: 1}))
    purchase = refund_purchase(purchase, by=finance, at=days_later(4), reason="and the rest")
    assert (purchase.status, the_last(purchase).credit_note, the_last(purchase).parts) == ("REF", None, [])
    assert Document.objects.filter(purchase=purchase, kind="CRN").count() == 1
    assert FollowUp.objects.filter(category="payment", done_at=None).count() == 0


def test_what_was_paid_too_much_goes_back_without_touching_the_sale(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1), paid="124.00")
    too_much = CustomerReason.OVERPAYMENT
    for amount, words in ((euros(501), r"5\.00 EUR was paid too much"), (euros(0), "no more")):
        with pytest.raises(Refused, match=words):
            plan_refund(purchase, Wish(RefundKind.AMOUNT, amount), customer_reason=too_much)
    wish = Wish(RefundKind.AMOUNT, euros(200))
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), wish=wish, customer_reason=too_much)
    assert (purchase.status, purchase.kept, the_last(purchase).tax_minor) == ("PAY", euros(12_200), 0)
    assert FollowUp.objects.filter(category="payment", done_at=None).count() == 0
    wish = Wish(RefundKind.AMOUNT)
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), wish=wish, customer_reason=too_much)
    assert (purchase.status, purchase.kept) == ("PAY", purchase.gross)
    assert not Document.objects.filter(purchase=purchase, kind="CRN").exists()
    assert worth_of(purchase).gross_minor == 11_900
    subjects = Email.objects.filter(reference=purchase.reference, kind="refund").values_list("subject", flat=True)
    assert sorted(subjects) == [
        f"Rückzahlung von 2,00 € zur Bestellung {purchase.reference}",
        f"Rückzahlung von 3,00 € zur Bestellung {purchase.reference}",
    ]
    purchase = refund_purchase(purchase, by=finance, at=days_later(4), reason="and all the rest")
    assert (purchase.status, the_last(purchase).amount_minor) == ("REF", 11_900)


def test_the_last_of_what_was_paid_too_much_ends_the_purchase(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1), paid="124.00")
    purchase = refund_purchase(purchase, by=finance, at=days_later(3), amount=euros(11_900), reason="all of the price")
    wish = Wish(RefundKind.AMOUNT, euros(500))
    purchase = refund_purchase(
        purchase, by=finance, at=days_later(3), wish=wish, customer_reason=CustomerReason.OVERPAYMENT
    )
    assert (purchase.status, purchase.kept) == ("REF", euros(0))


def test_an_amount_beyond_the_price_takes_the_sale_back_first(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1), paid="124.00")
    plan = plan_refund(purchase, Wish(RefundKind.AMOUNT, euros(12_100)))
    assert (plan.amount, plan.credit.gross_minor, plan.step and plan.step.target) == (euros(12_100), 11_900, "PRF")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(RefundKind.AMOUNT), "amount"),
        (Wish(RefundKind.AMOUNT, euros(-1)), "amount"),
        (Wish(RefundKind.AMOUNT, euros(11_901)), "amount"),
        (Wish(RefundKind.AMOUNT, Money(100, "USD")), "currency"),
    ],
)
def test_an_impossible_wish_is_explained_and_changes_nothing(finance: User, wish: Wish, code: str) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1))
    with pytest.raises(Refused) as refused:
        refund_purchase(purchase, by=finance, at=days_later(1), wish=wish, reason="x")
    assert refused.value.code == code
    assert (Purchase.objects.get().status, Refund.objects.count()) == ("PAY", 0)


def test_other_needs_words_and_the_customer_reads_them(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1), **in_english())
    with pytest.raises(Refused, match="Say why"):
        refund_purchase(purchase, by=finance, at=days_later(1), reason=" ")
    refund_purchase(purchase, by=finance, at=days_later(1), reason="Your school closed", amount=euros(100))
    email = Email.objects.get(reference=purchase.reference, kind="refund")
    assert "Your school closed" in email.body_text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customer_reads_the_reason_in_their_language_and_no_remark(finance: User, language: str) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1), customer=replace(a_customer(), language=language))
    refund_purchase(
        purchase,
        by=finance,
        at=days_later(1),
        amount=euros(100),
        customer_reason=CustomerReason.GOODWILL,
        reason="do not tell",
    )
    words = REASONS[language]["goodwill"]
    email = Email.objects.get(reference=purchase.reference, kind="refund")
    note = the_last(purchase).credit_note
    assert note is not None
    assert words in email.body_text
    assert note.data["letter"]["notes"][-1].endswith(words)
    assert "do not tell" not in email.body_text + str(note.data)


def test_every_reason_has_its_words_in_every_language() -> None:
    assert set(REASONS) == set(LANGUAGES)
    assert all(set(words) == set(CustomerReason.values) for words in REASONS.values())


def test_a_form_sent_twice_refunds_once(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1))
    for _ in range(2):
        purchase = refund_purchase(
            purchase, by=finance, at=days_later(1), amount=euros(100), reason="x", dedupe_key="form:1"
        )
    assert purchase.refunded == euros(100)


def test_of_an_imported_refund_only_the_amount_is_known() -> None:
    purchase = a_paid_po(OrderLine("PRO", 1))
    Refund.objects.create(purchase=purchase, at=MONDAY, amount_minor=1_190, reason="imported")
    assert (worth_of(purchase).gross_minor, worth_of(purchase).net_minor) == (10_710, 9_000)


def test_without_an_address_nobody_is_written_to(finance: User) -> None:
    purchase = a_paid_po(OrderLine("PRO", 1), customer=a_customer(email=""))
    purchase = refund_purchase(purchase, by=finance, at=days_later(1), reason="x")
    assert (purchase.status, Email.objects.filter(reference=purchase.reference, kind="refund").count()) == ("REF", 0)
    assert Customer.objects.count() == 1
