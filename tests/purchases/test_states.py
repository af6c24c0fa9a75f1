"""The life cycle is data; every arrow is walked through services, every other one refused, by the database too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from core.money import Money
from core.refused import Refused
from purchases.models import CustomerReason, Payment, Purchase, Refund, RefundKind, Source
from purchases.services.cancel import cancel_purchase
from purchases.services.correction import correct_purchase
from purchases.services.credit import Wish
from purchases.services.payment import record_payment
from purchases.services.place import place_order
from purchases.services.refund import refund_purchase
from purchases.services.release import convert_purchase, receive_document, reject_purchase, release_purchase
from purchases.services.reversal import charge_back, deactivate_licenses, reinstate_purchase, return_payment
from purchases.states import (
    ACCEPT_QUOTE,
    ARROWS,
    CANCEL,
    EXPIRE_QUOTE,
    EXTEND_QUOTE,
    LABELS,
    LATE_MONEY,
    OPEN,
    QUOTE_TO_PO,
    QUOTE_TO_TRUSTED_PO,
    RELEASE,
    RETURNABLE,
    TRANSITIONS,
    WON,
    Status,
)
from tests.stories import (
    MONDAY,
    a_client,
    a_released_po,
    a_user,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
    pays,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Client

pytestmark = pytest.mark.django_db

GROSS = "119.00"
PART = Money(1_000, "EUR")
OF_QUOTES = frozenset({EXPIRE_QUOTE, EXTEND_QUOTE, ACCEPT_QUOTE, QUOTE_TO_PO, QUOTE_TO_TRUSTED_PO})
"""Steps of a quote on its way to an order; they are walked where quotes live."""


def admin() -> User:
    return User.objects.filter(role="platform_admin").first() or a_user("platform_admin")


def a_quote(client: Client) -> Purchase:
    quote = an_offline_order(client)
    quote.pk, quote.reference, quote.status = None, "100000017", Status.QUOTE
    quote.save(force_insert=True)
    return quote


def an_unpaid_order(client: Client) -> Purchase:
    order = an_order(is_po=False, po_number="", source=Source.OFFLINE)
    return place_order(client, order, by=admin(), at=MONDAY)


def a_canceled_po(client: Client) -> Purchase:
    return cancel_purchase(a_released_po(client), by=admin(), at=MONDAY, reason="x")


def a_rejected_po(client: Client) -> Purchase:
    return reject_purchase(a_waiting_po(client), by=admin(), at=MONDAY, reason="x")


def a_paid_po(client: Client) -> Purchase:
    return pays(a_released_po(client), GROSS)


def a_partly_refunded_po(client: Client) -> Purchase:
    return refund_purchase(a_paid_po(client), by=admin(), at=MONDAY, amount=PART, reason="x")


def a_refunded_po(client: Client) -> Purchase:
    return refund_purchase(a_paid_po(client), by=admin(), at=MONDAY, reason="x")


def a_charged_back_po(client: Client) -> Purchase:
    return charge_back(a_paid_po(client), by=admin(), at=MONDAY, reason="x")


BEGIN: dict[str, Callable[[Client], Purchase]] = {
    Status.QUOTE: a_quote,
    Status.AWAITING_OFFLINE_PAYMENT: an_offline_order,
    Status.UNPAID: an_unpaid_order,
    Status.AWAITING_RELEASE: a_waiting_po,
    Status.PURCHASE_ORDER: a_released_po,
    Status.PAID: a_paid_po,
    Status.PARTIALLY_REFUNDED: a_partly_refunded_po,
    Status.REFUNDED: a_refunded_po,
    Status.CHARGED_BACK: a_charged_back_po,
    Status.CANCELED: a_canceled_po,
    Status.REJECTED: a_rejected_po,
}
"""How a purchase comes to each status."""


def with_document(purchase: Purchase) -> Purchase:
    return receive_document(purchase, channel="letter", by=None, at=MONDAY)


def all_paid(purchase: Purchase) -> Purchase:
    return pays(purchase, GROSS, at=days_later(1))


ACTS: dict[str, Callable[[Purchase], Purchase]] = {
    "convert": lambda purchase: convert_purchase(purchase, by=admin(), at=MONDAY),
    "release": lambda purchase: release_purchase(purchase, by=admin(), at=MONDAY),
    "reject": lambda purchase: reject_purchase(purchase, by=admin(), at=MONDAY, reason="x"),
    "settle": all_paid,
    "cancel": lambda purchase: cancel_purchase(purchase, by=admin(), at=MONDAY, reason="x"),
    "refund_part": lambda purchase: refund_purchase(purchase, by=admin(), at=MONDAY, amount=PART, reason="x"),
    "refund_all": lambda purchase: refund_purchase(purchase, by=admin(), at=MONDAY, reason="x"),
    "charge_back": lambda purchase: charge_back(purchase, by=admin(), at=MONDAY, reason="x"),
    "pay_again": all_paid,
    "reinstate": lambda purchase: reinstate_purchase(all_paid(purchase), by=admin(), at=days_later(2), reason="x"),
}
"""The service that takes each step."""
BEFORE: dict[str, Callable[[Purchase], Purchase]] = {"convert": with_document}
"""What has to be there first."""


def walks() -> list[tuple[str, str, str]]:
    """Every arrow that a service takes: the step, where it starts, where it leads."""
    return [
        (step.name, str(source), str(step.target))
        for step in TRANSITIONS
        if step not in OF_QUOTES
        for source in sorted(step.sources)
    ]


@pytest.mark.parametrize(("step", "source", "target"), walks())
def test_every_arrow_is_walked(step: str, source: str, target: str) -> None:
    purchase = BEGIN[source](a_client())
    assert purchase.status == source
    if step in BEFORE:
        purchase = BEFORE[step](purchase)
    purchase = ACTS[step](purchase)
    assert purchase.status == target
    purchase.refresh_from_db()
    assert (purchase.status, purchase.history.latest().status) == (target, target)


def test_no_arrow_is_forgotten() -> None:
    walked = {(source, target) for _, source, target in walks()}
    of_quotes = {(str(source), str(step.target)) for step in OF_QUOTES for source in step.sources}
    assert walked | of_quotes == ARROWS
    assert set(BEGIN) == set(Status) - {Status.QUOTE_EXPIRED}


def sources_of(step: str) -> frozenset[str]:
    return next(line.sources for line in TRANSITIONS if line.name == step)


REFUSED = [
    (step, source)
    for step in sorted(ACTS)
    for source in sorted(BEGIN)
    if source not in sources_of(step) and step not in {"settle", "pay_again", "reinstate"}
]
"""Where each act may not start; paying elsewhere is late money, reinstating has its own test."""


@pytest.mark.parametrize(("step", "source"), REFUSED)
def test_every_missing_arrow_is_refused_by_its_service(step: str, source: str) -> None:
    purchase = BEGIN[source](a_client())
    before = (purchase.status, purchase.version, purchase.kept)
    with pytest.raises(Refused, match="not possible in status"):
        ACTS[step](purchase)
    purchase.refresh_from_db()
    assert (purchase.status, purchase.version, purchase.kept) == before


@pytest.mark.parametrize("source", sorted(set(BEGIN) - {Status.CANCELED}))
def test_only_the_canceled_is_reinstated(source: str) -> None:
    purchase = BEGIN[source](a_client())
    with pytest.raises(Refused, match="“Reinstate” is not possible"):
        reinstate_purchase(purchase, by=admin(), at=MONDAY, reason="x")


@pytest.mark.parametrize("source", sorted(LATE_MONEY))
def test_late_money_is_booked_and_moves_nothing(source: str) -> None:
    purchase = BEGIN[source](a_client())
    kept = purchase.kept
    purchase = pays(purchase, "500.00")
    assert (purchase.status, purchase.kept - kept) == (source, Money(50_000, "EUR"))


@pytest.mark.parametrize("source", sorted(RETURNABLE))
def test_money_is_returned_without_moving_anything(source: str) -> None:
    purchase = pays(BEGIN[source](a_client()), "10.00")
    purchase = return_payment(purchase, by=admin(), at=MONDAY, reason="x")
    assert (purchase.status, purchase.kept) == (source, Money(0, "EUR"))


@pytest.mark.parametrize("source", sorted(set(BEGIN) - RETURNABLE))
def test_on_paid_purchases_and_quotes_nothing_is_returned(source: str) -> None:
    with pytest.raises(Refused, match="only to refund"):
        return_payment(BEGIN[source](a_client()), by=admin(), at=MONDAY, reason="x")


@pytest.mark.parametrize("source", sorted(set(BEGIN) - OPEN))
def test_what_is_not_open_is_not_corrected(source: str) -> None:
    with pytest.raises(Refused, match="documents stay"):
        correct_purchase(BEGIN[source](a_client()), by=admin(), at=MONDAY, reason="x", po_number="7")


@pytest.mark.parametrize("source", sorted(OPEN | WON | {Status.QUOTE, Status.REJECTED}))
def test_licenses_of_what_stands_stay_valid(source: str) -> None:
    with pytest.raises(Refused, match="stay valid"):
        deactivate_licenses(BEGIN[source](a_client()), by=admin(), at=MONDAY)


def test_a_quote_is_not_paid_before_it_is_an_order() -> None:
    with pytest.raises(Refused, match="can't be paid"):
        pays(a_quote(a_client()), GROSS)


def test_a_paid_purchase_is_never_canceled() -> None:
    assert Status.PAID not in CANCEL.sources
    assert {source for source, target in ARROWS if target == Status.CANCELED} == {*OPEN, Status.QUOTE}


def test_a_missing_arrow_is_refused_with_the_status_in_words() -> None:
    with pytest.raises(Refused, match="“Release” is not possible in status Purchase Order"):
        RELEASE.check(Status.PURCHASE_ORDER, label_of=LABELS)


def is_refused(purchase: Purchase, **values: object) -> bool:
    """Whether the database itself says no, whoever asks."""
    try:
        with transaction.atomic():
            Purchase.objects.filter(pk=purchase.pk).update(**values)
            transaction.set_rollback(True)
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("source", sorted(BEGIN))
def test_every_missing_arrow_is_refused_by_the_database_itself(source: str) -> None:
    purchase = BEGIN[source](a_client())
    missing = [target for target in Status if target != source and (source, str(target)) not in ARROWS]
    assert [target for target in missing if not is_refused(purchase, status=target)] == []


def test_the_database_knows_the_arrows_that_there_are() -> None:
    quote = a_quote(a_client())
    assert [is_refused(quote, status=target) for target in ("QEX", "WOF", "ARP", "CAN", "PAY")] == [
        *[False] * 4,
        True,
    ]
    Purchase.objects.filter(pk=quote.pk).update(status=Status.QUOTE_EXPIRED)
    assert [is_refused(quote, status=target) for target in ("QUO", "WOF", "ARP", "CAN")] == [False, True, True, True]


def test_the_database_refuses_a_status_that_the_money_denies() -> None:
    client = a_client()
    part_paid, paid, gone = pays(a_released_po(client), "1.00"), a_paid_po(client), a_charged_back_po(client)
    assert is_refused(part_paid, status=Status.CANCELED), "money is kept"
    assert is_refused(part_paid, status=Status.PAID), "money is missing"
    assert is_refused(paid, status=Status.REFUNDED), "money is kept"
    assert is_refused(paid, status=Status.CHARGED_BACK), "money is kept"
    assert is_refused(paid, refunded_minor=11_901), "more than was paid"
    assert is_refused(a_canceled_po(client), status=Status.PAID), "nothing came"
    assert not is_refused(paid, status=Status.REFUNDED, refunded_minor=11_900)
    assert not is_refused(gone, status=Status.PAID, paid_minor=23_800)


def test_the_ledger_adds_up_after_a_whole_life() -> None:
    """Paid in parts, one returned, paid too much, refunded in every way, charged back, paid again."""
    user = admin()
    purchase = pays(pays(a_released_po(a_client()), "50.00"), "20.00")
    purchase = return_payment(purchase, by=user, at=MONDAY, reason="x", amount=Money(2_000, "EUR"))
    purchase = pays(purchase, "75.00")
    steps = (
        (Wish(RefundKind.AMOUNT), CustomerReason.OVERPAYMENT),
        (Wish(RefundKind.AMOUNT, PART), CustomerReason.GOODWILL),
        (Wish(RefundKind.TAX), CustomerReason.TAX_EXEMPTION),
    )
    for wish, why in steps:
        purchase = refund_purchase(purchase, by=user, at=MONDAY, wish=wish, customer_reason=why)
    purchase = charge_back(purchase, by=user, at=MONDAY, reason="x")
    pay = partial(record_payment, method="wire", by=None, at=MONDAY)
    purchase = pay(purchase, amount=Money(9_159, "EUR"), dedupe_key="again 1")
    assert purchase.status == "CHB"
    purchase = pay(purchase, amount=Money(1, "EUR"), dedupe_key="again 2")
    assert purchase.status == "PAY"
    paid = sum(Payment.objects.values_list("amount_minor", flat=True))
    refunded = sum(Refund.objects.values_list("amount_minor", flat=True))
    assert (purchase.paid_minor, purchase.refunded_minor) == (paid, refunded)
    purchase = refund_purchase(purchase, by=user, at=MONDAY, reason="the end")
    assert (purchase.status, purchase.kept) == ("REF", Money(0, "EUR"))
    taken = [part for refund in Refund.objects.all() for part in refund.parts]
    assert (sum(net for _, net, _ in taken), sum(tax for _, _, tax in taken)) == (10_000, 1_900)
