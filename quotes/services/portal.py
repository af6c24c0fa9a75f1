"""An order in the partner portal: what it costs, whether it may be on purchase order, and placing it once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError, transaction

from core.money import Money, line_amounts
from core.refused import Refused
from core.tokens import hash_of
from customers.services import find_customer
from partners.selectors import open_allowance
from partners.services.limit import check_terms, excess_of
from purchases.models import Product, Purchase, Source
from purchases.selectors.exemption import exemption_of
from purchases.services.place import Order, OrderLine, place_order
from quotes.selectors import policy_of, tax_on
from taxexempt.policy import exempt_answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from core.money import LineAmounts
    from customers.services import CustomerInput
    from partners.models import Partner
    from taxexempt.policy import TaxAnswer

OVER: Final = "limit"
"""The code of what only the amount forbids."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a partner wants: products and quantities, in which currency, for whom."""

    lines: Sequence[tuple[Product, int]]
    currency: str
    customer: CustomerInput
    po_number: str = ""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line of an estimate; minor units."""

    product: Product
    quantity: int
    unit_minor: int
    amounts: LineAmounts


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an order costs now, and why it can't be on purchase order: None when it can.

    `is_over` tells that only the amount is in the way, so that somebody may let it through.
    """

    lines: Sequence[PricedLine]
    net: Money
    tax: Money
    gross: Money
    tax_answer: TaxAnswer
    refused: Refused | None
    allowed_by: str = ""

    @property
    def is_over(self) -> bool:
        """Whether only the amount is in the way."""
        return self.refused is not None and self.refused.code == OVER


def priced_currencies(products: Sequence[Product]) -> list[str]:
    """The currencies in which there is a price for something."""
    return sorted({price.currency for product in products for price in product.prices.all()})


def price_in(product: Product, currency: str) -> Money | None:
    """The list price of a product (with its prices at hand) in a currency."""
    return next((price.price for price in product.prices.all() if price.currency == currency), None)


def estimate(partner: Partner, wish: Wish, *, at: datetime) -> Estimate:
    """Price a wish by the list, with its tax, and say whether it may be ordered on purchase order.

    Raises Refused when a product has no price in the currency.
    """
    on = at.astimezone(partner.client.zone).date()
    tax = _tax(partner, wish, on=on)
    lines = [_priced(product, quantity, wish.currency, tax.percent) for product, quantity in wish.lines]
    gross = Money(sum(line.amounts.gross for line in lines), wish.currency)
    refused, allowed_by = _answer(partner, gross, on=on)
    return Estimate(
        lines=lines,
        net=Money(sum(line.amounts.net for line in lines), wish.currency),
        tax=Money(sum(line.amounts.tax for line in lines), wish.currency),
        gross=gross,
        tax_answer=tax,
        refused=refused,
        allowed_by=allowed_by,
    )


def terms_refused(partner: Partner, currency: str, *, on: date) -> Refused | None:
    """Say why this partner can't order on purchase order in this currency, whatever the amount; None when it can."""
    policy = policy_of(partner.client)
    if policy is None or not policy.partner_pos_allowed:
        return Refused(f"{partner.client.name} takes no purchase orders from partners at present.", "closed")
    try:
        check_terms(partner, currency, on=on)
    except Refused as refused:
        return refused
    return None


def _answer(partner: Partner, gross: Money, *, on: date) -> tuple[Refused | None, str]:
    """Why not on purchase order, and who allowed it although it is over the limit."""
    refused = terms_refused(partner, gross.currency, on=on)
    if refused is not None:
        return refused, ""
    excess = excess_of(partner, gross)
    if not excess:
        return None, ""
    allowance = open_allowance(partner, gross, on=on)
    return (Refused(excess, OVER), "") if allowance is None else (None, str(allowance.by))


def _tax(partner: Partner, wish: Wish, *, on: date) -> TaxAnswer:
    """Say which tax the order will carry; a certificate that covers the customer takes it off when it is placed."""
    answer, customer = tax_on(partner.client, wish.customer, on=on), find_customer(partner.client, wish.customer)
    if customer is None:
        return answer
    certificate = exemption_of(partner.client, customer, wish.customer, answer.percent, on=on)
    return exempt_answer(str(certificate)) if certificate else answer


def _priced(product: Product, quantity: int, currency: str, percent: Decimal) -> PricedLine:
    price = price_in(product, currency)
    if price is None:
        message = f"{product} has no price in {currency}."
        raise Refused(message, "price")
    amounts = line_amounts(unit_minor=price.minor, quantity=quantity, discount_percent=Decimal(0), tax_percent=percent)
    return PricedLine(product, quantity, price.minor, amounts)


def place_portal_order(partner: Partner, wish: Wish, *, is_po: bool, form_key: str, at: datetime) -> Purchase:
    """Place a partner's order: on purchase order accepted at once, else to be paid by wire before delivery.

    The same form sent twice, at once or later, is one order: the second is led to the first. Raises Refused with the
    reason why it can't be on purchase order.
    """
    token = hash_of(f"portal:{partner.pk}:{form_key}")
    found = _placed(partner, token)
    if found is not None:
        return found
    try:
        return _place(partner, wish, is_po=is_po, token=token, at=at)
    except (Refused, IntegrityError):
        # The same form at the same moment: the other was first and took what was left of the limit, or the key.
        found = _placed(partner, token)
        if found is None:
            raise
        return found


def _placed(partner: Partner, token: str) -> Purchase | None:
    return Purchase.objects.filter(partner=partner, form_token=token).first()


@transaction.atomic
def _place(partner: Partner, wish: Wish, *, is_po: bool, token: str, at: datetime) -> Purchase:
    on = at.astimezone(partner.client.zone).date()
    if is_po:
        _check_terms(partner, wish, on=on)
    order = Order(
        source=Source.PARTNER,
        currency=wish.currency,
        customer=wish.customer,
        lines=[OrderLine(product.code, quantity) for product, quantity in wish.lines],
        tax_percent=tax_on(partner.client, wish.customer, on=on).percent,
        is_po=is_po,
        po_number=wish.po_number,
        partner=partner,
        form_token=token,
    )
    return place_order(partner.client, order, by=None, at=at)


def _check_terms(partner: Partner, wish: Wish, *, on: date) -> None:
    refused = terms_refused(partner, wish.currency, on=on)
    if refused is not None:
        raise refused
    policy = policy_of(partner.client)
    if policy is not None and policy.po_number_required and not wish.po_number:
        message = "A PO number is needed for a purchase order."
        raise Refused(message, "po_number")
