"""Whether PO is offered, in the policy's order, each "no" with its reason."""

import pytest

from core.money import Money
from purchases.policy import Buyer, PolicyTerms, offer_at_checkout, warnings

BUYER = Buyer(type="COM", company="Werft KG", country="DE")
TERMS = PolicyTerms(minimum={"EUR": 15_000}, maximum={"EUR": 500_000}, countries=frozenset({"DE", "FR"}))


@pytest.mark.parametrize(
    ("terms", "buyer", "gross", "code"),
    [
        (PolicyTerms(offered_at_checkout=False), BUYER, Money(20_000, "EUR"), "offered"),
        (TERMS, Buyer("MIS", "Werft KG", "DE"), Money(20_000, "EUR"), "type"),
        (TERMS, Buyer("COM", "  ", "DE"), Money(20_000, "EUR"), "type"),
        (TERMS, BUYER, Money(14_999, "EUR"), "minimum"),
        (TERMS, BUYER, Money(500_001, "EUR"), "maximum"),
        (TERMS, Buyer("COM", "Werft KG", "US"), Money(20_000, "EUR"), "country"),
        (TERMS, Buyer("MIS", "Werft KG", "US"), Money(1, "EUR"), "type"),
    ],
)
def test_a_no_comes_with_the_first_reason(terms: PolicyTerms, buyer: Buyer, gross: Money, code: str) -> None:
    offer = offer_at_checkout(terms, buyer, gross)
    assert (offer.is_offered, offer.code) == (False, code)


@pytest.mark.parametrize("minor", [15_000, 500_000])
def test_the_bounds_themselves_are_inside(minor: int) -> None:
    assert offer_at_checkout(TERMS, BUYER, Money(minor, "EUR")).is_offered


def test_a_currency_without_an_entry_has_no_bound() -> None:
    assert offer_at_checkout(TERMS, BUYER, Money(1, "USD")).is_offered


@pytest.mark.parametrize(
    ("review", "is_trusted", "is_reviewed"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_review_by_policy_and_trust(review: bool, is_trusted: bool, is_reviewed: bool) -> None:  # noqa: FBT001
    buyer = Buyer("COM", "Werft KG", "DE", is_trusted=is_trusted)
    assert offer_at_checkout(PolicyTerms(review=review), buyer, Money(1, "EUR")).is_reviewed is is_reviewed


def test_customer_service_is_warned_not_stopped() -> None:
    terms = PolicyTerms(on_request=False, minimum={"EUR": 500})
    assert warnings(terms, Buyer("MIS", "", "DE"), Money(100, "EUR")) == [
        "Purchase orders on request are switched off.",
        "The customer type is not eligible for purchase orders.",
        "1.00 EUR is below the minimum for purchase orders.",
    ]
