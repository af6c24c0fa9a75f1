"""Which two customers of a client are likely one.

Looked at are the newest customers, some hundred at a time: each question is answered by an index, however many
customers there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import F, Value

from core.folding import fold
from customers.models import Contact, Customer, CustomerSearch, NotTheSame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from customers.querysets import CustomerQuerySet

AT_ONCE: Final = 500
"""Customers that are looked at at once."""
MOST_PAIRS: Final = 50
MOST_ALIKE: Final = 10
"""What more customers than this have in common says nothing about any two of them."""
SAME_COMPANY: Final = "company"
REASONS: Final = {
    "vat_id": "Same VAT ID",
    "email": "Same e-mail",
    "phone": "Same phone",
    SAME_COMPANY: "Same company",
}


@dataclass(frozen=True, slots=True)
class Likely:
    """Two customers that are likely one, the older first, and what speaks for it."""

    first: Customer
    second: Customer
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposals:
    """Pairs among the customers that were looked at; `further` is where to look on, None when that was all."""

    pairs: list[Likely]
    count: int
    further: int | None


def likely_pairs(rows: CustomerQuerySet, *, before: int | None = None) -> Proposals:
    """Look at the newest of these customers, or those older than `before`, for others that are likely the same."""
    standing = rows.standing()
    standing = standing if before is None else standing.filter(pk__lt=before)
    looked_at = list(standing.select_related("search").prefetch_related("contacts").order_by("-pk")[: AT_ONCE + 1])
    further = looked_at[AT_ONCE - 1].pk if len(looked_at) > AT_ONCE else None
    looked_at = looked_at[:AT_ONCE]
    return Proposals(_pairs(looked_at)[:MOST_PAIRS], len(looked_at), further)


def likely_same(customer: Customer) -> list[Likely]:
    """Find whom a customer is likely the same as, the likeliest first."""
    return _pairs([customer])


def _pairs(customers: Sequence[Customer]) -> list[Likely]:
    reasons = _alike(customers)
    pks = {pk for pair in reasons for pk in pair}
    told = NotTheSame.objects.filter(first__in=pks, second__in=pks).values_list("first", "second")
    for pair in told:
        reasons.pop(pair, None)
    found = Customer.objects.select_related("client").prefetch_related("contacts").in_bulk(pks)
    pairs = [
        Likely(found[first], found[second], tuple(label for name, label in REASONS.items() if name in why))
        for (first, second), why in reasons.items()
        if why != {SAME_COMPANY} or _is_near(found[first], found[second])
    ]
    return sorted(pairs, key=lambda pair: (-len(pair.reasons), -pair.second.pk, pair.first.pk))


def _is_near(one: Customer, other: Customer) -> bool:
    """Whether two customers have a city or the domain of an e-mail address in common."""
    return bool(_places(one) & _places(other))


def _places(customer: Customer) -> set[str]:
    contacts = customer.contacts.all()
    cities = {fold(contact.city) for contact in contacts if contact.city}
    return cities | {"@" + contact.email.rpartition("@")[2].lower() for contact in contacts if contact.email}


def _alike(customers: Sequence[Customer]) -> dict[tuple[int, int], set[str]]:
    """Pair each of the customers with others of its client that have something in common with it. One query."""
    asked: dict[str, Callable[[Customer], set[str]]] = {
        "email": lambda one: _of_contacts(one, "email"),
        "phone": lambda one: _of_contacts(one, "phone"),
        "vat_id": lambda one: {one.vat_id},
        SAME_COMPANY: lambda one: {one.search.company} if hasattr(one, "search") else set(),
    }
    mine = {
        (customer.pk, name): {value for value in values_of(customer) if value}
        for customer in customers
        for name, values_of in asked.items()
    }
    having = _having({customer.client_id for customer in customers}, mine)
    found: dict[tuple[int, int], set[str]] = defaultdict(set)
    for customer in customers:
        for name in asked:
            for value in mine[customer.pk, name]:
                others = having[name, customer.client_id, value] - {customer.pk}
                if len(others) < MOST_ALIKE:
                    for other in others:
                        found[min(other, customer.pk), max(other, customer.pk)].add(name)
    return found


def _having(clients: set[int], mine: dict[tuple[int, str], set[str]]) -> dict[tuple[str, int, str], set[int]]:
    """Find which customers of these clients have which of the values; each part of the query has its index."""
    values: dict[str, set[str]] = defaultdict(set)
    for (_pk, name), known in mine.items():
        values[name] |= known
    standing = Customer.objects.standing().filter(client__in=clients)
    contacts = Contact.objects.filter(customer__in=standing).annotate(by=F("customer__client"))
    named = CustomerSearch.objects.filter(client__in=clients, customer__in=standing)
    questions = (
        contacts.filter(email__in=values["email"]).values_list(Value("email"), "by", "email", "customer"),
        contacts.filter(phone__in=values["phone"]).values_list(Value("phone"), "by", "phone", "customer"),
        standing.filter(vat_id__in=values["vat_id"]).values_list(Value("vat_id"), "client", "vat_id", "pk"),
        named.filter(company__in=values[SAME_COMPANY]).values_list(
            Value(SAME_COMPANY), "client", "company", "customer"
        ),
    )
    having: dict[tuple[str, int, str], set[int]] = defaultdict(set)
    for name, client, value, pk in questions[0].union(*questions[1:], all=True):
        having[name, client, value].add(pk)
    return having


def _of_contacts(customer: Customer, name: str) -> set[str]:
    return {getattr(contact, name) for contact in customer.contacts.all()}
