"""Keeping what customers are found by, in the transaction of the change."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.folding import name, text_of
from customers.models import Contact, Customer, CustomerSearch
from customers.selectors import family_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def search_row(customer: Customer, contacts: Iterable[Contact]) -> CustomerSearch:
    """Put together what a customer is found by: company, contacts, VAT ID. A merged one is found as its new one."""
    if customer.merged_into_id is not None:
        return CustomerSearch(customer_id=customer.pk, client_id=customer.client_id)
    names, addresses = [customer.company], [customer.payables_email]
    for contact in contacts:
        names += [contact.company, contact.first_name, contact.last_name]
        addresses.append(contact.email)
    text = text_of(names=names, numbers=[customer.vat_id], addresses=addresses)
    company = name(customer.company)[:300]
    return CustomerSearch(customer_id=customer.pk, client_id=customer.client_id, text=text, company=company)


def keep_search(pks: Collection[int]) -> None:
    """Bring what these customers are found by up to date: their contacts and those of customers merged into them.

    Three queries to read, one more for each time that somebody was merged on, one to write.
    """
    became = family_of(pks)
    contacts: dict[int, list[Contact]] = defaultdict(list)
    for contact in Contact.objects.filter(customer__in=became):
        contacts[became[contact.customer_id]].append(contact)
    CustomerSearch.objects.bulk_create(
        [search_row(customer, contacts[customer.pk]) for customer in Customer.objects.filter(pk__in=pks)],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["client", "text", "company"],
    )
