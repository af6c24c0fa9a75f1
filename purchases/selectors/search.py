"""Finding purchases by what people know of them, and what the one box shows of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Prefetch, Q

from core.folding import address, bare, fold, is_number, keywords, marked, name, parts_of
from core.search import INSIDE, NEWEST, WHOLE, Found, search
from customers.models import Contact, Customer, CustomerSearch
from customers.selectors.search import find_customers
from purchases.models import Document, Purchase, PurchaseContact, PurchaseSearch
from purchases.states import QUOTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django.db.models import QuerySet

    from accounts.models import Client, User

MOST_FACTS: Final = 2
"""How many details say why something was found."""
OF_CLIENT: Final = ("client__name", "client__time_zone")
OF_CONTACT: Final = ("kind", "company", "first_name", "last_name", "country", "email")
OF_CUSTOMER: Final = ("company", "vat_id")
OF_PURCHASE: Final = (
    "reference",
    "external_id",
    "po_number",
    "vat_id",
    "card_last4",
    "billing_company",
    "billing_email",
    "status",
    "is_test",
    "held_at",
    "dunning_level",
    "due_on",
    "ordered_at",
    "currency",
    "gross_minor",
)
"""What of a hit is shown, or says why it was found; the rest is not read."""
FOLDED: Final = {"po_number": bare, "last_name": name, "company": name, "email": address}
"""Columns of their own, each with an index, and how what was typed is folded as they are."""


def find_purchases(
    rows: QuerySet[PurchaseSearch], query: str, *, enough: int = NEWEST, is_quick: bool = False
) -> Found:
    """Find purchases by comma-separated keywords, all of which must match; `rows` are those that may be found.

    The parts of an e-mail address are in too many others: one that somebody is still typing (`is_quick`) is looked for
    among billing contacts first. Of too many hits those are never missed that are called exactly what was asked for;
    while somebody types, the best are found.
    """
    emails = [part for part in parts_of(query) if "@" in part[1:]]
    billed = dict.fromkeys(emails, "email") if is_quick else None
    return search(
        rows,
        query,
        newest="ordered_at",
        enough=enough,
        first=billed,
        exactly=_exactly(query),
        is_quick=is_quick,
    )


def _exactly(query: str) -> Q:
    """Each keyword is all of a PO number, a last name, a company or a billing contact's e-mail address."""
    asked = Q()
    for keyword in filter(parts_of, keywords(query)):
        folded = {column: value for column, fold in FOLDED.items() if (value := fold(keyword))}
        asked &= Q(**folded, _connector=Q.OR)
    return asked


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
        exact = [hit for hit in hits if hit.rank == WHOLE]
        if is_number(query) and len(keywords(query)) == 1:
            exact = [hit for hit in exact if isinstance(hit.row, Purchase)] or exact
            return exact[0] if len(exact) == 1 else None
        return exact[0] if len(exact) == len(hits) == 1 else None


def find_everything(
    user: User, client: Client | None, query: str, *, most: int, enough: int = NEWEST, is_quick: bool = False
) -> Results:
    """Find purchases, customers and quotes that `user` sees: the `most` best of each, in as many queries for any hits.

    What was found as typed hides what is found with a letter mistyped.
    """
    bought = find_purchases(PurchaseSearch.objects.visible_to(user, client), query, enough=enough, is_quick=is_quick)
    is_there = bool(bought.keys) and not bought.is_corrected
    mine = CustomerSearch.objects.visible_to(user, client)
    buyers = _buyers(bought, parts_of(query))
    known = find_customers(mine, query, enough=enough, corrects=not is_there, is_quick=is_quick, buyers=buyers)
    if bought.is_corrected and known.keys and not known.is_corrected:
        bought = Found(parts=bought.parts)
    shown = bought if bought.keys else known
    among = Purchase.objects.filter(pk__among=bought.keys, status__in=QUOTES)
    quoted = set(among.values_list("pk", flat=True)) if bought.keys else set()
    orders = _best(bought, [pk for pk in bought.keys if pk not in quoted], most)
    quotes = _best(bought, [pk for pk in bought.keys if pk in quoted], most)
    customers = _best(known, known.keys, most)
    documents = Prefetch("documents", Document.objects.only("purchase_id", "number"))
    contacts = Prefetch("contacts", PurchaseContact.objects.only("purchase_id", *OF_CONTACT))
    purchases = Purchase.objects.select_related("client").only(*OF_PURCHASE, *OF_CLIENT)
    found = purchases.prefetch_related(contacts, documents).in_bulk([*orders, *quotes])
    people = Customer.objects.filter(merged_into=None).select_related("client").only(*OF_CUSTOMER, *OF_CLIENT)
    people = people.prefetch_related(Prefetch("contacts", Contact.objects.only("customer_id", *OF_CONTACT)))
    return Results(
        purchases=_group(bought, orders, found, parts=shown.parts, count=len(bought.keys) - len(quoted)),
        customers=_group(known, customers, people.in_bulk(customers), parts=shown.parts, count=len(known.keys)),
        quotes=_group(bought, quotes, found, parts=shown.parts, count=len(quoted)),
        parts=shown.parts,
        is_corrected=shown.is_corrected,
    )


def _buyers(bought: Found, parts: list[str]) -> Found | None:
    """The customers of the purchases that have the number of a query; None when it asks for anything else, too.

    Of several numbers each may be in another purchase of a customer: that is to be looked for.

    Purchases are found by the last digits of a number, too; their customers are not.
    """
    if len(parts) != 1 or not parts[0].strip().isdigit():
        return None
    if bought.is_corrected or not bought.keys:
        return Found()
    is_end = parts[0].startswith(" ")
    having = [pk for pk in bought.keys if not is_end or bought.rank(pk) != INSIDE]
    customers = Purchase.objects.filter(pk__among=having).order_by().values_list("customer", flat=True).distinct()
    return Found(tuple(customers), is_capped=bought.is_capped)


def _best(found: Found, keys: Iterable[int], most: int) -> list[int]:
    """The best of what was found: whole words before their beginnings before their middles, then the newest."""
    return sorted(keys, key=found.rank)[:most]


def _group(found: Found, keys: Iterable[int], rows: Mapping[int, Any], *, parts: Iterable[str], count: int) -> Group:
    """These hits, but for what went away since it was found."""
    hits = [Hit(rows[pk], found.rank(pk), _facts(rows[pk], parts)) for pk in keys if pk in rows]
    return Group(tuple(hits), count, found.is_capped and count > 0)


def _facts(row: Any, parts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The details in which something was found, each once."""
    asked = [(part, _letters(part)) for part in parts]
    facts: dict[str, tuple[str, str]] = {}
    for label, value in _details(row):
        if not value or value in facts:
            continue
        # Where not even the letters are, nothing would be marked; that is known sooner.
        known = _letters(fold(value))
        there = [part for part, letters in asked if letters in known]
        if there and any(is_hit for _, is_hit in marked(value, there)):
            facts[value] = (label, value)
    return tuple(facts.values())[:MOST_FACTS]


def _letters(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


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
