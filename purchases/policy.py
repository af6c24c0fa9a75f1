"""Whether a purchase order is possible, and on which terms: pure decisions on plain values (domain, "PO policy")."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

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


@dataclass(frozen=True, slots=True)
class Check:
    """One rule of the policy, and whether an order meets it."""

    code: str
    is_met: bool


def checks_at_checkout(terms: PolicyTerms, buyer: Buyer, gross: Money) -> Iterator[Check]:
    """Go through what decides on the offer, in the policy's order: offered, customer type, amount, country."""
    yield Check("offered", terms.offered_at_checkout)
    yield Check("type", buyer.type in terms.eligible_types and bool(buyer.company.strip()))
    yield from _amount_checks(terms, gross)
    yield Check("country", not terms.countries or buyer.country in terms.countries)


def offer_at_checkout(terms: PolicyTerms, buyer: Buyer, gross: Money) -> Offer:
    """Decide in the policy's order: offered, customer type, amount, country, review."""
    for check in checks_at_checkout(terms, buyer, gross):
        if not check.is_met:
            return Offer(is_offered=False, code=check.code, reason=refusal(check.code, buyer, gross))
    return Offer(is_offered=True, is_reviewed=terms.review and not buyer.is_trusted)


def refusal(code: str, buyer: Buyer, gross: Money) -> str:
    """Say in a sentence why a rule forbids the offer."""
    if code == "offered":
        return "Purchase orders are not offered at checkout."
    if code == "type":
        return "Purchase orders are for eligible organizations with a company name."
    if code == "country":
        return f"Purchase orders are not offered in {buyer.country or 'an unknown country'}."
    return f"{gross} is {'below the minimum' if code == 'minimum' else 'above the maximum'} for purchase orders."


def warnings(terms: PolicyTerms, buyer: Buyer, gross: Money) -> list[str]:
    """List what lies outside the policy when Customer Service chooses PO all the same."""
    checks = (
        (terms.on_request, "Purchase orders on request are switched off."),
        (buyer.type in terms.eligible_types, "The customer type is not eligible for purchase orders."),
        *((check.is_met, refusal(check.code, buyer, gross)) for check in _amount_checks(terms, gross)),
    )
    return [reason for is_met, reason in checks if not is_met]


def _amount_checks(terms: PolicyTerms, gross: Money) -> Iterator[Check]:
    least, most = terms.minimum.get(gross.currency), terms.maximum.get(gross.currency)
    yield Check("minimum", least is None or gross.minor >= least)
    yield Check("maximum", most is None or gross.minor <= most)


# What a change of the rules would have done -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PastOrder:
    """What the rules ask about an order that was placed; days are the client's."""

    buyer: Buyer
    gross: Money
    ordered_on: date
    released_on: date | None = None
    is_portal: bool = False
    is_po: bool = False
    has_po_number: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one version of the rules makes of an order; without an offer, terms and days mean nothing.

    `due_on` is empty while the order waits for its release.
    """

    offer: Offer
    term_days: int = 0
    due_on: date | None = None
    deadline_on: date | None = None
    delivery: str = ""
    lacks_po_number: bool = False


LOST, GAINED = "lost", "gained"
REVIEW_ADDED, REVIEW_DROPPED = "review_added", "review_dropped"
NUMBER, DUE, DEADLINE, DELIVERY = "number", "due", "deadline", "delivery"
EFFECTS = (LOST, GAINED, REVIEW_ADDED, REVIEW_DROPPED, NUMBER, DUE, DEADLINE, DELIVERY)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of the rules would have done to one order; `kinds` are of `EFFECTS`, none when nothing."""

    before: Outcome
    after: Outcome
    kinds: tuple[str, ...]


def outcome(terms: PolicyTerms, order: PastOrder, *, is_trusted: bool = False) -> Outcome:
    """Work out what `terms` make of an order that was placed."""
    offer = _offer_to(terms, order, is_trusted=is_trusted)
    if not offer.is_offered:
        return Outcome(offer)
    day_zero = order.released_on if offer.is_reviewed else order.ordered_on
    return Outcome(
        offer,
        term_days=terms.term_days,
        due_on=day_zero + timedelta(days=terms.term_days) if day_zero else None,
        deadline_on=order.ordered_on + timedelta(days=terms.document_deadline_days) if offer.is_reviewed else None,
        delivery=terms.delivery,
        lacks_po_number=terms.po_number_required and order.is_po and not order.is_portal and not order.has_po_number,
    )


def _offer_to(terms: PolicyTerms, order: PastOrder, *, is_trusted: bool) -> Offer:
    if order.is_portal:
        reason = "" if terms.partner_pos_allowed else "Partners may not order on PO."
        return Offer(is_offered=not reason, code="partner" if reason else "", reason=reason)
    offer = offer_at_checkout(terms, order.buyer, order.gross)
    if offer.is_reviewed and is_trusted:
        return Offer(is_offered=True)
    return offer


def compare(before: Outcome, after: Outcome, *, is_po: bool) -> Effect:
    """Name what differs between two outcomes of an order.

    Days, delivery and PO numbers only matter to orders that were placed on PO; whether PO is offered, to all.
    """
    if before.offer.is_offered != after.offer.is_offered:
        return Effect(before, after, (GAINED if after.offer.is_offered else LOST,))
    if not after.offer.is_offered:
        return Effect(before, after, ())
    was, is_now = before.offer.is_reviewed, after.offer.is_reviewed
    has_moved = (before.term_days, before.due_on) != (after.term_days, after.due_on)
    found = (
        (REVIEW_ADDED, is_now and not was),
        (REVIEW_DROPPED, was and not is_now),
        (NUMBER, is_po and after.lacks_po_number and not before.lacks_po_number),
        (DUE, is_po and has_moved),
        (DEADLINE, is_po and was and is_now and before.deadline_on != after.deadline_on),
        (DELIVERY, is_po and before.delivery != after.delivery),
    )
    return Effect(before, after, tuple(kind for kind, is_found in found if is_found))
