"""What the checkout reads: the cart of a link, the tax and the offer for it, and orders by their own link."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import prefetch_related_objects

from core.letters import clip
from core.money import Money, line_amounts
from core.refused import Refused
from core.tokens import hash_of
from customers.models import ContactKind
from customers.services import AddressInput, CustomerInput, find_customer
from purchases.models import Policy, Product, StatusLink
from purchases.policy import Buyer, Offer, offer_at_checkout
from purchases.selectors import Trust, trust_of
from purchases.services.place import check_x_parameter
from quotes.models import Quote, QuoteLink
from taxexempt.policy import Place, TaxAnswer, tax_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from accounts.models import Client
    from core.money import LineAmounts
    from purchases.models import Purchase

MOST_PIECES: Final = 9_999
MOST_LINES: Final = 30
MOST_PARAMETERS: Final = 20
DIGITS: Final = 6
SHOWN: Final = 40
PRICE_WORDS: Final = ("price", "amount", "discount", "total", "cost", "coupon")
"""Parameters whose names hold one of these try to say what things cost; a link can't."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a cart can't be as it came in: a text of `wording.WORDS` and what it speaks of."""

    key: str
    value: str = ""
    product: str = ""
    currency: str = ""

    @property
    def values(self) -> dict[str, str]:
        """What the text's tokens stand for."""
        most = MOST_LINES if self.key == "too_many_lines" else MOST_PIECES
        return {"value": self.value, "product": self.product, "currency": self.currency, "most": f"{most:,}"}


@dataclass(slots=True)
class CartLine:
    """One product in a cart; `typed` is the quantity as it came in, `quantity` 0 where that is none."""

    product: Product
    typed: str
    quantity: int
    unit_minor: int = 0
    discount_percent: Decimal = Decimal(0)
    amounts: LineAmounts | None = None


@dataclass(slots=True)
class Cart:
    """What somebody wants to buy, priced by the list; with `problems` nothing can be ordered yet."""

    lines: list[CartLine] = field(default_factory=list)
    currency: str = ""
    currencies: list[str] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything in it has a price and a quantity."""
        return bool(self.lines) and bool(self.currency) and all(line.quantity for line in self.lines)

    def total(self, percent: Decimal) -> tuple[int, int, int]:
        """Net, tax and gross in minor units at this tax; lines without a quantity count nothing."""
        for line in self.lines:
            line.amounts = line_amounts(
                unit_minor=line.unit_minor,
                quantity=line.quantity,
                discount_percent=line.discount_percent,
                tax_percent=percent,
            )
        amounts = [line.amounts for line in self.lines if line.amounts]
        return (sum(a.net for a in amounts), sum(a.tax for a in amounts), sum(a.gross for a in amounts))

    def gross(self, percent: Decimal) -> Money:
        """The whole amount."""
        return Money(self.total(percent)[2], self.currency)


def read_cart(client: Client, pairs: Sequence[tuple[str, str]]) -> Cart:
    """Read a cart from the parameters of a link or the fields of a form, in their order.

    `product` begins a line, the `quantity` after it is its own (1 without). Prices come from the list alone.
    """
    cart = Cart()
    wanted = _lines_of(pairs)
    if len(wanted) > MOST_LINES:
        cart.problems.append(Problem("too_many_lines"))
    found = _products(client, {code for code, _ in wanted[:MOST_LINES]})
    for code, typed in wanted[:MOST_LINES]:
        _add_line(cart, found.get(code), code, typed)
    _choose_currency(cart, client, dict(pairs).get("currency", "").strip().upper())
    _read_parameters(cart, pairs)
    if not cart.lines:
        cart.problems.append(Problem("empty_cart"))
    return cart


def _lines_of(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    lines: list[list[str]] = []
    for name, value in pairs:
        if name == "product":
            lines.append([value.strip(), ""])
        elif name == "quantity" and lines and not lines[-1][1]:
            lines[-1][1] = value.strip() or "0"
    return [(code, typed or "1") for code, typed in lines if code]


def _products(client: Client, codes: set[str]) -> dict[str, Product]:
    safe = {code for code in codes if "\x00" not in code}
    rows = Product.objects.filter(client=client, code__in=safe, is_active=True).prefetch_related("prices")
    return {product.code: product for product in rows}


def _add_line(cart: Cart, product: Product | None, code: str, typed: str) -> None:
    if product is None:
        cart.problems.append(Problem("unknown_product", clip(code, SHOWN)))
        return
    quantity = _pieces(typed)
    line = next((line for line in cart.lines if line.product.pk == product.pk), None)
    if line is None:
        line = CartLine(product, clip(typed, DIGITS), quantity)
        cart.lines.append(line)
    else:
        line.quantity = line.quantity + quantity if line.quantity and quantity else 0
        line.typed = str(line.quantity) if line.quantity else clip(typed, DIGITS)
    _check_quantity(cart, line, typed)


def _pieces(typed: str) -> int:
    """Read a quantity; 0 where it is none."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= DIGITS else 0


def _check_quantity(cart: Cart, line: CartLine, typed: str) -> None:
    if not 0 < line.quantity <= MOST_PIECES:
        line.quantity = 0
        cart.problems.append(Problem("bad_quantity", clip(typed, SHOWN), product=clip(line.product.name, SHOWN * 2)))


def offered_cart(link: QuoteLink, pairs: Sequence[tuple[str, str]]) -> Cart:
    """Price what a quote link offers, in the quantities of its form where they may be changed."""
    cart = Cart(currency=link.currency)
    typed = dict(_lines_of(pairs)) if link.may_change_quantity else {}
    for item in link.items.select_related("product", "link").prefetch_related("product__prices").order_by("position"):
        text = typed.get(item.product.code, str(item.quantity))
        price = item.offered_price
        line = CartLine(item.product, clip(text, DIGITS), _pieces(text), discount_percent=item.discount_percent)
        cart.lines.append(line)
        _check_quantity(cart, line, text)
        if price is None:
            cart.problems.append(Problem("quote_not_made"))
        else:
            line.unit_minor = price.minor
    return cart


def _choose_currency(cart: Cart, client: Client, asked: str) -> None:
    """Take the currency asked for, else the one the client is paid in; every product needs a price in it."""
    if not cart.lines:
        return
    prices = [{price.currency: price.unit_minor for price in line.product.prices.all()} for line in cart.lines]
    common = set.intersection(*(set(known) for known in prices))
    cart.currencies = sorted(common)
    if not common:
        cart.problems.append(Problem("no_common_currency"))
        return
    accounts = client.bank_accounts.order_by("pk").values_list("currency", flat=True)
    usual = next((currency for currency in accounts if currency in common), cart.currencies[0])
    cart.currency = asked if asked in common else usual
    if asked and asked not in common:
        cart.problems.append(Problem("no_price", clip(asked, 10), currency=cart.currency))
    for line, known in zip(cart.lines, prices, strict=True):
        line.unit_minor = known[cart.currency]


def _read_parameters(cart: Cart, pairs: Iterable[tuple[str, str]]) -> None:
    for name, value in pairs:
        if any(word in name.lower() for word in PRICE_WORDS) and not name.startswith("x-"):
            cart.problems.append(Problem("price_ignored", clip(name, SHOWN)))
        elif name.lower().startswith("x-"):
            if not _is_parameter(name, value) or name in cart.parameters or len(cart.parameters) >= MOST_PARAMETERS:
                cart.problems.append(Problem("bad_parameter", clip(name, SHOWN)))
            else:
                cart.parameters[name] = value


def _is_parameter(name: str, value: str) -> bool:
    try:
        check_x_parameter(name, value)
    except Refused:
        return False
    return True


@dataclass(frozen=True, slots=True)
class BuyerFacts:
    """What tax and policy ask about who buys; empty where it is not known yet."""

    type: str = ""
    company: str = ""
    country: str = ""
    state: str = ""
    postal_code: str = ""
    vat_id: str = ""
    email: str = ""


def tax_of(client: Client, buyer: BuyerFacts, *, on: date) -> TaxAnswer | None:
    """Say which tax an order from this buyer carries; None while the country is not known."""
    if not buyer.country:
        return None
    return tax_for(
        seller=Place(client.country, client.subdivision, client.postal_code),
        buyer=Place(buyer.country, buyer.state, buyer.postal_code),
        vat_id=buyer.vat_id,
        customer_type=buyer.type,
        on=on,
    )


def facts_of(given: CustomerInput) -> BuyerFacts:
    """What tax and policy ask about a customer who is known whole."""
    billing = given.billing
    return BuyerFacts(
        type=given.type,
        company=billing.company,
        country=billing.country,
        state=billing.state,
        postal_code=billing.postal_code,
        vat_id=given.vat_id,
        email=billing.email,
    )


def tax_on(client: Client, given: CustomerInput, *, on: date) -> TaxAnswer:
    """Say which tax an order of this customer carries; raises Refused while its country is not known."""
    answer = tax_of(client, facts_of(given), on=on)
    if answer is None:
        message = "The country of the billing address decides on the tax: choose it."
        raise Refused(message, "country")
    return answer


def policy_of(client: Client) -> Policy | None:
    """Find the client's rules in force."""
    return Policy.objects.filter(client=client).order_by("-version").first()


def offer_of(policy: Policy, buyer: BuyerFacts, gross: Money) -> Offer:
    """Say whether this buyer may pay this amount on purchase order; nobody is taken for a trusted customer here.

    Who is trusted shows only when the order is placed: a page that told would tell strangers, too.
    """
    return offer_at_checkout(policy.terms, Buyer(buyer.type, buyer.company, buyer.country), gross)


def trust_at(policy: Policy, given: CustomerInput) -> Trust:
    """Say whether this customer's order would go past the review, and why (not); for the client's own test page."""
    found = find_customer(policy.client, given)
    return Trust(given.billing.company, is_listed=False) if found is None else trust_of(policy, found, given)


def newest_link(purchase: Purchase) -> StatusLink | None:
    """Find the newest link to the order's own page, whether it still works or not."""
    newest = StatusLink.objects.filter(purchase=purchase).order_by("-created_at", "-pk").first()
    return newest if isinstance(newest, StatusLink) else None


def link_of(token: str, *, at: datetime) -> StatusLink | None:
    """Find the order's own link by its token; None when it is wrong, expired or revoked."""
    found = (
        StatusLink.objects.select_related("purchase__client", "purchase__policy", "purchase__customer")
        .filter(token_hash=hash_of(token), revoked_at=None, expires_at__gt=at)
        .first()
    )
    return found if isinstance(found, StatusLink) else None


def customer_of(purchase: Purchase) -> CustomerInput:
    """Who a purchase names, as it was given with it; read once per row at hand."""
    prefetch_related_objects([purchase], "contacts")  # its documents ask the same row for them
    names = AddressInput.__dataclass_fields__
    contacts = {
        contact.kind: AddressInput(**{name: getattr(contact, name) for name in names})
        for contact in purchase.contacts.all()
    }
    return CustomerInput(
        billing=contacts[ContactKind.BILLING],
        type=purchase.customer_type,
        language=purchase.language,
        vat_id=purchase.vat_id,
        delivery=contacts.get(ContactKind.DELIVERY),
        licensee=contacts.get(ContactKind.LICENSEE),
    )


def current_of(purchase: Purchase) -> Quote:
    """Find the newest revision of a quote."""
    return Quote.objects.select_related("link").get(purchase=purchase, replaced_at=None)


def quote_link_of(token: str) -> QuoteLink | None:
    """Find a quote link by its secret, switched off or not; None when there is none."""
    return QuoteLink.objects.select_related("client").filter(token_hash=hash_of(token)).first()


def quote_of(token: str) -> Quote | None:
    """Find a quote by the secret of its own page, whatever became of it; None when there is none."""
    rows = Quote.objects.select_related("link", "document", "purchase__client", "purchase__policy")
    return rows.filter(token_hash=hash_of(token)).first()


def offers_po(quote: Quote) -> bool:
    """Whether its customer may accept a quote on purchase order: its page, its PDF and its acceptance ask this."""
    purchase = quote.purchase
    if not quote.may_order_on_po:
        return False
    return offer_of(purchase.policy, facts_of(customer_of(purchase)), purchase.gross).is_offered
