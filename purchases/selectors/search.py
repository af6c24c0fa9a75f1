"""Finding purchases by what people know of them, and what the one box shows of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Prefetch, Q

from core.folding import is_number, keywords, marked, parts_of
from core.search import NEWEST, Found, rank, search
from customers.models import Customer, CustomerSearch
from customers.selectors.search import find_customers
from purchases.models import Document, Purchase, PurchaseSearch
from purchases.states import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from accounts.models import Client, User

EXACT: Final = 0
MOST_FACTS: Final = 2
"""How many details say why something was found."""


def find_purchases(rows: QuerySet[PurchaseSearch], query: str, *, enough: int = NEWEST) -> Found:
    """Find purchases by comma-separated keywords, all of which must match; `rows` are those that may be found.

    The parts of an e-mail address are in too many others: one is looked for among billing contacts first.
    """
    emails = [part.strip() for part in parts_of(query) if "@" in part[1:]]
    billed = Q(email__begins=emails[0]) if emails else None
    return search(rows, query, newest="ordered_at", enough=enough, first=billed)


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that was found: how well it fits (0 is exactly), and the details that say why."""

    row: Any
    rank: int
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The best hits of one kind, and how many there are; `is_capped` says: or more."""

    hits: tuple[Hit, ...] = ()
    count: int = 0
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """What the one box found, best first; `parts` is what was found in it, `is_corrected` not quite as typed."""

    purchases: Group
    customers: Group
    quotes: Group
    parts: tuple[str, ...]
    is_corrected: bool

    @property
    def groups(self) -> tuple[Group, ...]:
        """All of it."""
        return (self.purchases, self.customers, self.quotes)

    @property
    def count(self) -> int:
        """How much there is, counted no further than it was looked."""
        return sum(group.count for group in self.groups)

    def only(self, query: str) -> Hit | None:
        """The one hit that a query can mean: the purchase with exactly this number, else all that there is."""
        hits = [hit for group in self.groups for hit in group.hits]
        exact = [hit for hit in hits if hit.rank == EXACT]
        if is_number(query) and len(keywords(query)) == 1:
            exact = [hit for hit in exact if isinstance(hit.row, Purchase)] or exact
            return exact[0] if len(exact) == 1 else None
        return exact[0] if len(exact) == len(hits) == 1 else None


def find_everything(user: User, client: Client | None, query: str, *, most: int, enough: int = NEWEST) -> Results:
    """Find purchases, customers and quotes that `user` sees: the `most` best of each, in as many queries for any hits.

    What was found as typed hides what is found with a letter mistyped.
    """
    bought = find_purchases(PurchaseSearch.objects.visible_to(user, client), query, enough=enough)
    known = find_customers(CustomerSearch.objects.visible_to(user, client), query, enough=enough)
    if bought.is_corrected != known.is_corrected and bought.keys and known.keys:
        bought, known = (Found(parts=one.parts) if one.is_corrected else one for one in (bought, known))
    shown = bought if bought.keys else known
    purchases = Purchase.objects.select_related("client").prefetch_related(
        "contacts", Prefetch("documents", Document.objects.only("purchase_id", "number"))
    )
    orders, quotes = purchases.exclude(status__in=QUOTES), purchases.filter(status__in=QUOTES)
    customers = Customer.objects.filter(merged_into=None).select_related("client").prefetch_related("contacts")
    return Results(
        purchases=_best(orders, bought, "ordered_at", parts=shown.parts, most=most),
        customers=_best(customers, known, "created_at", parts=shown.parts, most=most),
        quotes=_best(quotes, bought, "ordered_at", parts=shown.parts, most=most),
        parts=shown.parts,
        is_corrected=shown.is_corrected,
    )


def _best(rows: QuerySet[Any], found: Found, newest: str, *, parts: Iterable[str], most: int) -> Group:
    """The best of what was found: whole words before their beginnings before their middles, then the newest."""
    if not found.keys:
        return Group()
    rows = rows.filter(pk__among=found.keys)
    ranked = rows.annotate(search_rank=rank(found, "search__text"))
    hits = [
        Hit(row, row.search_rank, _facts(row, parts))
        for row in ranked.order_by("search_rank", f"-{newest}", "-pk")[:most]
    ]
    return Group(tuple(hits), rows.order_by().count(), found.is_capped)


def _facts(row: Any, parts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The details in which something was found, each once."""
    facts: dict[str, tuple[str, str]] = {}
    for label, value in _details(row):
        if value and value not in facts and any(is_hit for _, is_hit in marked(value, parts)):
            facts[value] = (label, value)
    return tuple(facts.values())[:MOST_FACTS]


def _details(row: Any) -> Iterator[tuple[str, str]]:
    if isinstance(row, Purchase):
        yield "PO number", row.po_number
        yield "E-mail", row.billing_email
        yield "Card", row.card_last4
        yield from (("Document", document.number) for document in row.documents.all())
        yield "External ID", row.external_id or ""
    for contact in row.contacts.all():
        yield contact.get_kind_display(), contact.name
        yield contact.get_kind_display(), contact.company
        yield "E-mail", contact.email
    yield "VAT ID", row.vat_id
