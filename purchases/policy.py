"""Whether a purchase order is possible, and on which terms: pure decisions on plain values (domain, "PO policy")."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.money import Money


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """One version of a client's rules. Amounts are minor units by currency; a missing currency has no bound."""

    offered_at_checkout: bool = True
    on_request: bool = True
    eligible_types: frozenset[str] = frozenset({"COM", "GOV", "UNI", "NPR"})
    minimum: Mapping[str, int] = field(default_factory=dict)
    maximum: Mapping[str, int] = field(default_factory=dict)
    countries: frozenset[str] = frozenset()
    review: bool = True
    reviewer: str = "client"
    four_eyes: bool = False
    po_number_required: bool = False
    term_days: int = 30
    delivery: str = "immediate"
    document_deadline_days: int = 30
    dunning: bool = True
    cancel_step: bool = True
    cancel_after_business_days: int = 3
    partner_pos_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Buyer:
    """What the policy asks about who buys."""

    type: str
    company: str
    country: str
    is_trusted: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """The answer: PO offered or not, reviewed or not, and the reason in a sentence with its short code."""

    is_offered: bool
    is_reviewed: bool = False
    code: str = ""
    reason: str = ""


def offer_at_checkout(terms: PolicyTerms, buyer: Buyer, gross: Money) -> Offer:
    """Decide in the policy's order: offered, customer type, amount, country, review."""
    checks = (
        (terms.offered_at_checkout, "offered", "Purchase orders are not offered at checkout."),
        (
            buyer.type in terms.eligible_types and bool(buyer.company.strip()),
            "type",
            "Purchase orders are for eligible organizations with a company name.",
        ),
        *_amount_checks(terms, gross),
        (
            not terms.countries or buyer.country in terms.countries,
            "country",
            f"Purchase orders are not offered in {buyer.country}.",
        ),
    )
    for is_met, code, reason in checks:
        if not is_met:
            return Offer(is_offered=False, code=code, reason=reason)
    return Offer(is_offered=True, is_reviewed=terms.review and not buyer.is_trusted)


def warnings(terms: PolicyTerms, buyer: Buyer, gross: Money) -> list[str]:
    """List what lies outside the policy when Customer Service chooses PO all the same."""
    checks = (
        (terms.on_request, "Purchase orders on request are switched off."),
        (buyer.type in terms.eligible_types, "The customer type is not eligible for purchase orders."),
        *((is_met, reason) for is_met, _, reason in _amount_checks(terms, gross)),
    )
    return [reason for is_met, reason in checks if not is_met]


def _amount_checks(terms: PolicyTerms, gross: Money) -> tuple[tuple[bool, str, str], ...]:
    least, most = terms.minimum.get(gross.currency), terms.maximum.get(gross.currency)
    return (
        (
            least is None or gross.minor >= least,
            "minimum",
            f"{gross} is below the minimum for purchase orders.",
        ),
        (
            most is None or gross.minor <= most,
            "maximum",
            f"{gross} is above the maximum for purchase orders.",
        ),
    )
