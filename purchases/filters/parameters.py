"""What purchases can be searched by: every parameter of the advanced search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import F, Q
from django_countries import countries

from core.conditions import (
    Amount,
    Asker,
    Choice,
    Day,
    Flag,
    Kind,
    Listed,
    Number,
    Parameter,
    SenselessError,
    Text,
    one_of,
    same_folded,
)
from core.folding import address, bare, fold
from customers.models import CustomerType
from purchases.models import (
    Document,
    PaymentType,
    Product,
    PurchaseContact,
    PurchaseItem,
    Source,
    XParameter,
)
from purchases.states import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import Client

MOST_PRODUCTS: Final = 500


@dataclass(frozen=True)
class PurchaseAsker(Asker):
    """Who searches purchases: when, and among whose clients and products."""

    at: datetime
    clients: Sequence[Client]
    products: QuerySet[Product]

    def list_products(self, words: str, chosen: Sequence[str]) -> Listed:
        """The products by their codes; the same code at two clients is one choice."""
        rows = self.products.order_by("name", "code").values_list("code", "name")
        fitting = rows.filter(Q(name__folded__contains=fold(words)) | Q(code__icontains=words)) if words else rows
        first = list(fitting[: MOST_PRODUCTS + 1])
        others = rows.filter(code__in=chosen) if chosen and (words or len(first) > MOST_PRODUCTS) else []
        named = {code: f"{name} ({code})" for code, name in [*others, *first[:MOST_PRODUCTS]]}
        return Listed(list(named.items()), has_more=len(first) > MOST_PRODUCTS)

    def held(self) -> Q:
        """The purchases whose hold blocks their client's day."""
        found = Q(hold_until=None)
        for zone, clients in self.zones.items():
            found |= Q(client__in=clients, hold_until__gte=self.at.astimezone(zone).date())
        return Q(held_at__isnull=False) & found


def _through(rows: QuerySet[Any]) -> Callable[[Q], Q]:
    """Turn a condition on what belongs to a purchase into one on the purchase: at least one does."""
    return lambda found: Q(pk__in=rows.filter(found, purchase__isnull=False).values("purchase"))


class Held(Flag):
    """Whether a hold blocks today."""

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare with each client's today."""
        held: Q = asker.held()  # type: ignore[attr-defined]  # the asker of purchases
        return held if one_of(terms, "Choose one.") == "yes" else ~held


class PartlyPaid(Flag):
    """Whether some, but not all, of the money came."""

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare what is kept with the whole."""
        some = Q(paid_minor__gt=F("refunded_minor"), paid_minor__lt=F("gross_minor") + F("refunded_minor"))
        return some if one_of(terms, "Choose one.") == "yes" else ~some


class Products(Choice):
    """Which products are among the items."""

    operators = ("all", "in", "out")

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Contain any, all or none of them."""
        if not terms:
            message = "Choose at least one product."
            raise SenselessError(message)
        if operator != "all":
            found = _having(terms)
            return ~found if operator == "out" else found
        found = Q()
        for code in dict.fromkeys(terms):
            found &= _having([code])
        return found


def _having(codes: list[str]) -> Q:
    products = Product.objects.filter(code__in=codes)
    return Q(pk__in=PurchaseItem.objects.filter(product__in=products).values("purchase"))


class XParameters(Kind):
    """A key and what its value is: `x-campaign=spring`; the key alone asks whether it is there."""

    operators = ("is", "not", "starts", "has")

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:  # noqa: ARG002
        """Compare the value of that key."""
        key, _, value = one_of(terms, "Enter a key and a value, such as x-campaign=spring.").partition("=")
        if not key.startswith("x-"):
            message = "A key starts with x-: enter it as in x-campaign=spring."
            raise SenselessError(message)
        found = Q(key=key.strip())
        if value:
            lookup = {"starts": "startswith", "has": "contains"}.get(operator, "exact")
            found &= same_folded("value", lookup, value.strip())
        having = _through(XParameter.objects.all())(found)
        return ~having if operator == "not" else having


class Code(Text):
    """A code in capital letters, however it is typed."""

    def where(self, name: str, operator: str, terms: list[str], asker: Asker) -> Q:
        """Compare as it is stored."""
        return super().where(name, operator, [term.upper() for term in terms], asker)


SEARCHED: Final = "search__text"
EXACT: Final = Text(is_exact=True)
CODE: Final = Code(is_exact=True)
WORDS: Final = Text()
NAMES: Final = Text(indexed=SEARCHED)
NUMBERS: Final = Text(indexed=SEARCHED, parts=lambda term: [bare(term)])
ADDRESSES: Final = Text(indexed=SEARCHED, parts=lambda term: [address(term)])
DOCUMENTS: Final = Text(indexed=f"purchase__{SEARCHED}", parts=lambda term: [bare(term)])
AMOUNT: Final = Amount()
DAY: Final = Day()
MOMENT: Final = Day(is_moment=True)
FLAG: Final = Flag()
CHOICE: Final = Choice()

PARAMETERS: Final = (
    Parameter("status", "Status", CHOICE, "status", "Purchase", Status.choices),
    Parameter("reference", "Reference number", EXACT, "reference", "Purchase"),
    Parameter("product", "Products", Products(), "items", "Purchase", listing=PurchaseAsker.list_products),
    Parameter(
        "document",
        "Document number",
        DOCUMENTS,
        "number",
        "Purchase",
        through=_through(Document.objects.all()),
    ),
    Parameter("source", "Source", CHOICE, "source", "Purchase", Source.choices),
    Parameter("partner", "Partner", WORDS, "partner__company", "Purchase"),
    Parameter("coupon", "Coupon", WORDS, "coupon", "Purchase"),
    Parameter("x", "X-parameter", XParameters(), "value", "Purchase"),
    Parameter("external", "External number", NUMBERS, "external_id", "Purchase"),
    Parameter("test", "Test order", FLAG, "is_test", "Purchase"),
    Parameter("company", "Company", NAMES, "billing_company", "Customer"),
    Parameter("last-name", "Last name", NAMES, "billing_last_name", "Customer"),
    Parameter("email", "E-mail", ADDRESSES, "billing_email", "Customer"),
    Parameter("customer-type", "Customer type", CHOICE, "customer_type", "Customer", CustomerType.choices),
    Parameter(
        "country",
        "Country of billing",
        CHOICE,
        "country",
        "Customer",
        tuple(countries),
        through=_through(PurchaseContact.objects.filter(kind="billing")),
    ),
    Parameter("vat", "VAT ID", NUMBERS, "vat_id", "Customer"),
    Parameter("language", "Language", CHOICE, "language", "Customer", settings.LANGUAGES),
    Parameter("gross", "Gross amount", AMOUNT, "gross_minor", "Money"),
    Parameter("open", "Open amount", AMOUNT, "open_minor", "Money"),
    Parameter("paid-amount", "Paid amount", AMOUNT, "paid_minor", "Money"),
    Parameter("refunded", "Refunded amount", AMOUNT, "refunded_minor", "Money"),
    Parameter("partly-paid", "Partly paid", PartlyPaid(), "paid_minor", "Money"),
    Parameter("currency", "Currency", CODE, "currency", "Money"),
    Parameter("payment", "Payment type", CHOICE, "payment_type", "Money", PaymentType.choices),
    Parameter("card", "Last four digits of the card", EXACT, "card_last4", "Money"),
    Parameter("ordered", "Ordered on", MOMENT, "ordered_at", "Days"),
    Parameter("released", "Released on", MOMENT, "released_at", "Days"),
    Parameter("due", "Due on", DAY, "due_on", "Days"),
    Parameter("paid", "Paid on", MOMENT, "paid_at", "Days"),
    Parameter("closed", "Closed on", MOMENT, "closed_at", "Days"),
    Parameter("po", "On purchase order", FLAG, "is_po", "Purchase order"),
    Parameter("po-number", "PO number", NUMBERS, "po_number", "Purchase order"),
    Parameter("document-received", "PO document received on", MOMENT, "document_received_at", "Purchase order"),
    Parameter(
        "reviewer",
        "Reviewed by",
        CHOICE,
        "policy__reviewer",
        "Purchase order",
        (("client", "Client"), ("platform", "Platform")),
    ),
    Parameter(
        "delivery",
        "Delivery",
        CHOICE,
        "policy__delivery",
        "Purchase order",
        (("immediate", "Immediate"), ("prepaid", "Prepaid")),
    ),
    Parameter("policy", "Policy version", Number(), "policy__version", "Purchase order"),
    Parameter(
        "term",
        "Term",
        CHOICE,
        "term_days",
        "Purchase order",
        (("14", "14 days"), ("30", "30 days"), ("60", "60 days")),
    ),
    Parameter(
        "level",
        "Dunning level",
        CHOICE,
        "dunning_level",
        "Dunning",
        (("0", "No notice yet"), ("1", "Notice 1"), ("2", "Notice 2"), ("3", "Notice 3")),
    ),
    Parameter("held", "On hold", Held(), "held_at", "Dunning"),
    Parameter("disputed", "Disputed", FLAG, "is_disputed", "Dunning"),
    Parameter("promised", "Promised until", DAY, "promised_until", "Dunning"),
)
CLIENT: Final = Parameter(
    "client",
    "Client",
    CHOICE,
    "client",
    "Purchase",
    lambda asker: [(str(client.pk), client.name) for client in asker.clients],
)
"""For those who see several clients."""


def parameters_for(*, shows_clients: bool) -> tuple[Parameter, ...]:
    """What can be searched by."""
    return (CLIENT, *PARAMETERS) if shows_clients else PARAMETERS
