"""What a change of the rules would have done: order by order as plain values, then to a client's last 90 days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.money import Money
from purchases.models import Policy, Purchase, PurchaseContact, Source
from purchases.policy import (
    Buyer,
    Check,
    PastOrder,
    PolicyTerms,
    checks_at_checkout,
    compare,
    outcome,
    refusal,
)
from purchases.selectors import MOST_AFFECTED, Rehearsal, Tally, rehearse
from tests.stories import (
    MONDAY,
    a_client,
    a_customer,
    a_partner,
    a_released_po,
    a_waiting_po,
    an_offline_order,
    an_order,
    days_later,
)

if TYPE_CHECKING:
    from accounts.models import Client
    from purchases.policy import Effect

ORDER = PastOrder(
    Buyer("COM", "Werft KG", "DE"),
    Money(20_000, "EUR"),
    ordered_on=date(2026, 3, 2),
    released_on=date(2026, 3, 5),
    is_po=True,
    has_po_number=True,
)
RULES = PolicyTerms()


def effect(new: PolicyTerms, *, order: PastOrder = ORDER, old: PolicyTerms = RULES, **trust: bool) -> Effect:
    before = outcome(old, order, is_trusted=trust.get("before", False))
    after = outcome(new, order, is_trusted=trust.get("after", False))
    return compare(before, after, is_po=order.is_po)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({}, ()),
        ({"offered_at_checkout": False}, ("lost",)),
        ({"eligible_types": frozenset({"GOV"})}, ("lost",)),
        ({"minimum": {"EUR": 20_001}}, ("lost",)),
        ({"minimum": {"USD": 20_001}}, ()),
        ({"maximum": {"EUR": 19_999}, "term_days": 60}, ("lost",)),
        ({"countries": frozenset({"FR"})}, ("lost",)),
        ({"review": False}, ("review_dropped", "due")),
        ({"term_days": 14}, ("due",)),
        ({"document_deadline_days": 10}, ("deadline",)),
        ({"delivery": "prepaid"}, ("delivery",)),
        ({"po_number_required": True}, ()),
        ({"four_eyes": True, "reviewer": "platform", "dunning": False, "partner_pos_allowed": False}, ()),
        ({"review": False, "delivery": "prepaid", "term_days": 60}, ("review_dropped", "due", "delivery")),
    ],
)
def test_a_change_is_named_by_what_it_does(change: dict[str, Any], kinds: tuple[str, ...]) -> None:
    assert effect(replace(RULES, **change)).kinds == kinds


def test_the_way_back_is_named_too() -> None:
    closed = replace(RULES, offered_at_checkout=False)
    assert effect(RULES, old=closed).kinds == ("gained",)
    assert effect(replace(closed, term_days=60), old=closed).kinds == ()
    assert effect(RULES, old=replace(RULES, review=False)).kinds == ("review_added", "due")


def test_due_dates_count_from_the_release_or_without_review_from_the_order() -> None:
    moved = effect(replace(RULES, review=False))
    assert (moved.before.due_on, moved.after.due_on) == (date(2026, 4, 4), date(2026, 4, 1))
    waiting = effect(replace(RULES, term_days=60), order=replace(ORDER, released_on=None))
    assert (waiting.before.due_on, waiting.after.due_on, waiting.kinds) == (None, None, ("due",))


def test_trust_takes_the_review_away() -> None:
    assert effect(RULES, after=True).kinds == ("review_dropped", "due")
    assert effect(RULES, before=True, after=True).kinds == ()


def test_an_order_by_offline_payment_only_shows_who_is_offered_po_and_reviewed() -> None:
    order = replace(ORDER, is_po=False, released_on=None, has_po_number=False)
    change = replace(RULES, term_days=60, delivery="prepaid", po_number_required=True, document_deadline_days=5)
    assert effect(change, order=order).kinds == ()
    assert effect(replace(RULES, minimum={"EUR": 30_000}), order=order).kinds == ("lost",)
    assert effect(replace(RULES, review=False), order=order).kinds == ("review_dropped",)


def test_a_missing_po_number_would_be_asked_for() -> None:
    order = replace(ORDER, has_po_number=False)
    strict = replace(RULES, po_number_required=True)
    assert effect(strict, order=order).kinds == ("number",)
    assert effect(strict, order=order, old=strict).kinds == ()


def test_in_the_partner_portal_only_the_partner_rule_decides() -> None:
    order = replace(ORDER, is_portal=True, has_po_number=False)
    assert effect(replace(RULES, offered_at_checkout=False, po_number_required=True), order=order).kinds == ()
    lost = effect(replace(RULES, partner_pos_allowed=False), order=order)
    assert (lost.kinds, lost.after.offer.code) == (("lost",), "partner")
    assert lost.before.offer.is_reviewed is False


def test_the_rules_are_gone_through_in_their_order() -> None:
    found = list(checks_at_checkout(replace(RULES, minimum={"EUR": 1}), ORDER.buyer, ORDER.gross))
    assert found == [Check(code, is_met=True) for code in ("offered", "type", "minimum", "maximum", "country")]
    assert refusal("country", Buyer("COM", "x", ""), ORDER.gross) == (
        "Purchase orders are not offered in an unknown country."
    )


# A client's last 90 days ------------------------------------------------------------------------------------------


@pytest.fixture
def hafen() -> Client:
    """A client that offers PO without bounds."""
    return a_client("hafen")


def of(client: Client, change: dict[str, Any], **trust: set[int]) -> Rehearsal:
    rules = Policy.objects.filter(client=client).order_by("-version")[0].terms
    return rehearse(
        client,
        old=rules,
        new=replace(rules, **change),
        trusted_before=trust.get("before", set()),
        trusted_after=trust.get("after", set()),
        at=days_later(10),
    )


@pytest.mark.django_db
def test_a_rehearsal_counts_orders_and_amounts_by_effect(hafen: Client) -> None:
    large = a_released_po(hafen, quantity=3)
    small = a_waiting_po(hafen, at=days_later(1))
    offline = an_offline_order(hafen, at=days_later(2))
    found = of(hafen, {"minimum": {"EUR": 20_000}, "delivery": "prepaid"})
    assert found.order_count == 3
    assert {kind: tally for kind, tally in found.tallies.items() if tally.count} == {
        "lost": Tally(2, {"EUR": 23_800}),
        "delivery": Tally(1, {"EUR": 35_700}),
    }
    assert (found.before, found.after) == (
        {"offered": 3, "reviewed": 3, "once": 3},
        {"offered": 1, "reviewed": 1, "once": 0},
    )
    assert found.affected_count == 3
    assert [(order.reference, order.effect.kinds) for order in found.affected] == [
        (offline.reference, ("lost",)),
        (small.reference, ("lost",)),
        (large.reference, ("delivery",)),
    ]
    assert found.affected[0].customer == "Werft & Söhne KG"


@pytest.mark.django_db
def test_what_counts_is_the_checkout_and_the_portal_of_the_last_90_days(hafen: Client) -> None:
    from purchases.services.place import place_order

    a_released_po(hafen, at=days_later(-81))
    a_released_po(hafen, at=days_later(-79), is_test=True)
    place_order(hafen, an_order(source=Source.OFFLINE), by=None, at=MONDAY)
    a_released_po(a_client("other"))
    partner = a_partner(hafen)
    place_order(hafen, an_order(source=Source.PARTNER, partner=partner), by=None, at=MONDAY)
    found = of(hafen, {"partner_pos_allowed": False})
    assert (found.order_count, [order.effect.after.offer.code for order in found.affected]) == (1, ["partner"])


@pytest.mark.django_db
def test_trusted_customers_and_countries_are_looked_up(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    a_released_po(hafen, customer=a_customer(company="Kanal SARL", email="b@kanal.example", country="FR"))
    trusted = of(hafen, {}, after={purchase.customer_id})
    assert [order.reference for order in trusted.affected] == [purchase.reference]
    french = of(hafen, {"countries": frozenset({"FR"})})
    assert [(order.reference, order.effect.after.offer.code) for order in french.affected] == [
        (purchase.reference, "country")
    ]
    PurchaseContact.objects.filter(purchase=purchase).delete()
    assert of(hafen, {"countries": frozenset({"FR"})}).affected_count == 1


@pytest.mark.django_db
def test_one_query_however_many_orders_and_the_list_ends_after_fifty(hafen: Client) -> None:
    purchase = a_released_po(hafen)
    with CaptureQueriesContext(
        connection,
    ) as one:
        of(hafen, {"term_days": 60})
    fields = [field.name for field in Purchase._meta.concrete_fields if field.name != "id"]
    copies = [
        Purchase(**{**{name: getattr(purchase, name) for name in fields}, "reference": f"8{number:08d}"})
        for number in range(1_000)
    ]
    Purchase.objects.bulk_create(copies)
    with CaptureQueriesContext(connection) as many:
        found = of(hafen, {"term_days": 60})
    assert len(one) == len(many) == 2  # the rules in force, the orders
    assert (found.affected_count, len(found.affected)) == (1_001, MOST_AFFECTED)
    assert found.tallies["due"] == Tally(1_001, {"EUR": 1_001 * 11_900})
