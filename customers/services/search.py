"""Keeping what customers are found by, in the transaction of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.folding import name, text_of
from customers.models import Customer, CustomerSearch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from customers.models import Contact


def search_row(customer: Customer, contacts: Iterable[Contact]) -> CustomerSearch:
    """Put together what a customer is found by: company, contacts, VAT ID."""
    names, addresses = [customer.company], [customer.payables_email]
    for contact in contacts:
        names += [contact.company, contact.first_name, contact.last_name]
        addresses.append(contact.email)
    text = text_of(names=names, numbers=[customer.vat_id], addresses=addresses)
    company = name(customer.company)[:300]
    return CustomerSearch(customer_id=customer.pk, client_id=customer.client_id, text=text, company=company)


def keep_search(pks: Collection[int]) -> None:
    """Bring what these customers are found by up to date. Two queries to read, one to write."""
    customers = Customer.objects.filter(pk__in=pks).prefetch_related("contacts")
    CustomerSearch.objects.bulk_create(
        [search_row(customer, customer.contacts.all()) for customer in customers],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["client", "text", "company"],
    )
