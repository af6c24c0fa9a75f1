"""What a refund takes off a sale: exact arithmetic, nothing is written.

A sale is worth its gross less what earlier refunds took off it. Whatever is rounded, the last refund takes all that is
left, so the sums agree to the minor unit. Money beyond the worth was paid too much and belongs to no item.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from core.money import Money, round_half_up
from core.refused import Refused
from purchases.documents import Credit, CreditPart, Piece, credit_of, items_of
from purchases.models import CustomerReason, RefundKind
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from purchases.models import Purchase, PurchaseItem, Refund

CREDITING: Final = (RefundKind.TOTAL, RefundKind.ITEMS, RefundKind.AMOUNT, RefundKind.TAX)
"""Refunds of a sale; the other kinds only move money."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to give back: a kind, and the `amount` or the `pieces` (how many by item id) it needs.

    An amount includes its tax unless `is_tax_included` is off; then its tax comes on top.
    """

    kind: str = RefundKind.TOTAL
    amount: Money | None = None
    is_tax_included: bool = True
    pieces: Mapping[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Rest:
    """What of an item nobody has given back yet; minor units."""

    item: PurchaseItem
    quantity: int
    net_minor: int
    tax_minor: int

    def take(self, quantity: int) -> Piece:
        """Take some pieces by their share of the price; the last piece takes all that is left of it."""
        net, tax = self.net_minor, self.tax_minor
        if quantity < self.quantity:
            net = min(net, _share(self.item.net_minor, quantity, self.item.quantity))
            tax = min(tax, _share(self.item.tax_minor, quantity, self.item.quantity))
        self.quantity -= quantity
        self.net_minor -= net
        self.tax_minor -= tax
        return Piece(self.item, quantity, net, tax)


@dataclass(slots=True)
class Worth:
    """What a sale is still worth: by tax rate, and by item."""

    rates: dict[Decimal, CreditPart]
    items: dict[int, Rest]

    @property
    def parts(self) -> list[CreditPart]:
        """What is left at each rate at which something is left."""
        return [part for part in self.rates.values() if part.net_minor or part.tax_minor]

    @property
    def gross_minor(self) -> int:
        """All that is left, tax included."""
        return sum(part.gross_minor for part in self.rates.values())

    @property
    def net_minor(self) -> int:
        """All that is left, without tax."""
        return sum(part.net_minor for part in self.rates.values())

    @property
    def tax_minor(self) -> int:
        """The tax that is left."""
        return sum(part.tax_minor for part in self.rates.values())

    def lessen(self, parts: Sequence[CreditPart]) -> None:
        """Take parts off."""
        for part in parts:
            left = self.rates[part.percent]
            self.rates[part.percent] = CreditPart(
                part.percent, left.net_minor - part.net_minor, left.tax_minor - part.tax_minor
            )


def worth_of(purchase: Purchase) -> Worth:
    """Work out what a sale is still worth after its refunds so far."""
    items = items_of(purchase)
    worth = Worth(
        {part.percent: part for part in credit_of(items).parts},
        {item.pk: Rest(item, item.quantity, item.net_minor, item.tax_minor) for item in items},
    )
    refunds = purchase.refunds.filter(kind__in=CREDITING).order_by("pk")
    for refund in refunds.prefetch_related("items"):
        worth.lessen(parts_of(refund, worth))
        for line in refund.items.all():
            worth.items[line.item_id].take(line.quantity)
    return worth


def missing_on(purchase: Purchase) -> Money:
    """Say what is missing until a purchase is covered: of its gross, charged back of what the sale is still worth.

    Only a charged-back purchase's refunds are read; brought along (`prefetch_related`), they cost nothing.
    """
    worth = purchase.gross_minor
    if purchase.status == Status.CHARGED_BACK:
        for refund in sorted(purchase.refunds.all(), key=lambda refund: refund.pk):
            worth -= _taken_off(refund, worth) if refund.kind in CREDITING else 0
    return Money(max(worth - purchase.kept.minor, 0), purchase.currency)


def _taken_off(refund: Refund, worth_minor: int) -> int:
    if _is_written_out(refund):
        return sum(net + tax for _, net, tax in refund.parts)
    return min(refund.amount_minor, worth_minor)


def _is_written_out(refund: Refund) -> bool:
    return bool(refund.parts) or refund.customer_reason == CustomerReason.OVERPAYMENT


def parts_of(refund: Refund, worth: Worth) -> list[CreditPart]:
    """Read what a refund took off the sale; of imported ones only the amount is known."""
    if _is_written_out(refund):
        return [CreditPart(Decimal(percent), net, tax) for percent, net, tax in refund.parts]
    return _by_gross(worth, min(refund.amount_minor, worth.gross_minor))


def credit_for(purchase: Purchase, wish: Wish, *, worth: Worth) -> Credit:
    """Say what of the sale a wish takes back. Raises Refused for what there is not."""
    match wish.kind:
        case RefundKind.TOTAL:
            return _all_of(purchase, worth)
        case RefundKind.ITEMS:
            return _by_pieces(worth, wish.pieces)
        case RefundKind.TAX:
            return _tax_of(purchase, worth)
        case _:
            return Credit(_by_amount(purchase, wish, worth))


def _all_of(purchase: Purchase, worth: Worth) -> Credit:
    items = items_of(purchase)
    is_whole = worth.gross_minor == purchase.gross_minor
    return credit_of(items) if is_whole else Credit(worth.parts)


def _tax_of(purchase: Purchase, worth: Worth) -> Credit:
    parts = [CreditPart(part.percent, 0, part.tax_minor) for part in worth.parts if part.tax_minor]
    if not parts:
        message = f"No tax is left on {purchase.reference}."
        raise Refused(message, "tax")
    return Credit(parts)


def _by_pieces(worth: Worth, wanted: Mapping[int, int]) -> Credit:
    wanted = {pk: quantity for pk, quantity in wanted.items() if quantity}
    if not wanted:
        message = "Say how many pieces of which item are given back."
        raise Refused(message, "items")
    pieces = []
    for pk, quantity in wanted.items():
        rest = worth.items.get(pk)
        if rest is None:
            message = "This item was not ordered."
            raise Refused(message, "items")
        if not 0 < quantity <= rest.quantity:
            message = f"Of {rest.item.name}, {rest.quantity} can be given back, not {quantity}."
            raise Refused(message, "items")
        pieces.append(_what_is_left_of(rest.take(quantity), worth))
    rates = dict.fromkeys(piece.item.tax_percent for piece in pieces)
    taken = {rate: [piece for piece in pieces if piece.item.tax_percent == rate] for rate in rates}
    parts = [
        CreditPart(rate, sum(p.net_minor for p in taken[rate]), sum(p.tax_minor for p in taken[rate])) for rate in rates
    ]
    return Credit(parts, pieces)


def _what_is_left_of(piece: Piece, worth: Worth) -> Piece:
    """Amounts or tax that were given back before are not given back again with the piece."""
    left = worth.rates[piece.item.tax_percent]
    net, tax = min(piece.net_minor, left.net_minor), min(piece.tax_minor, left.tax_minor)
    piece = Piece(piece.item, piece.quantity, net, tax)
    if piece.gross_minor <= 0:
        message = f"Nothing is left of {piece.item.name}: it was given back as an amount."
        raise Refused(message, "items")
    worth.lessen([CreditPart(piece.item.tax_percent, piece.net_minor, piece.tax_minor)])
    return piece


def _by_amount(purchase: Purchase, wish: Wish, worth: Worth) -> list[CreditPart]:
    amount = wish.amount
    if amount is None or amount.minor <= 0:
        message = "Enter how much is given back."
        raise Refused(message, "amount")
    if wish.is_tax_included:
        return _by_gross(worth, min(amount.minor, worth.gross_minor))
    if amount.minor > worth.net_minor:
        left = Money(worth.net_minor, purchase.currency)
        message = f"{left} without tax can be refunded, not {amount}."
        raise Refused(message, "amount")
    return _by_net(worth, amount.minor)


def _by_gross(worth: Worth, gross: int) -> list[CreditPart]:
    """Spread an amount over the rates in proportion to what is left at each, and split off its tax."""
    parts = worth.parts
    shares = _spread(gross, [part.gross_minor for part in parts])
    taxes = [_share(part.tax_minor, share, part.gross_minor) for part, share in zip(parts, shares, strict=True)]
    return [
        CreditPart(part.percent, share - tax, tax)
        for part, share, tax in zip(parts, shares, taxes, strict=True)
        if share
    ]


def _by_net(worth: Worth, net: int) -> list[CreditPart]:
    """Spread an amount without tax over the rates, and add the tax of each."""
    parts = [part for part in worth.parts if part.net_minor]
    shares = _spread(net, [part.net_minor for part in parts])
    return [
        CreditPart(part.percent, share, _share(part.tax_minor, share, part.net_minor))
        for part, share in zip(parts, shares, strict=True)
        if share
    ]


def _spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Cut `amount` in the proportion of `weights`, at most their sum: exact, and no share exceeds its weight."""
    total, seen, given = sum(weights), 0, 0
    shares = []
    for weight in weights:
        seen += weight
        share = _share(amount, seen, total) - given
        shares.append(share)
        given += share
    return shares


def _share(amount: int, part: int, whole: int) -> int:
    return round_half_up(Decimal(amount) * part / whole)
