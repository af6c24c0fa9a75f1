"""Writing customers: found again by who they are, or registered."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from core.history import record
from customers.models import Contact, ContactKind, Customer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import Client, User


@dataclass(frozen=True, slots=True)
class AddressInput:
    """A contact as it was typed or received."""

    company: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    fax: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    state: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class CustomerInput:
    """A buyer as an order names them: billing address, and others where they differ."""

    billing: AddressInput
    type: str
    language: str = "en"
    vat_id: str = ""
    delivery: AddressInput | None = None
    licensee: AddressInput | None = None

    def addresses(self) -> Mapping[str, AddressInput]:
        """The given addresses by kind."""
        given = {
            ContactKind.BILLING: self.billing,
            ContactKind.DELIVERY: self.delivery,
            ContactKind.LICENSEE: self.licensee,
        }
        return {kind.value: address for kind, address in given.items() if address is not None}


@transaction.atomic
def find_or_register(client: Client, data: CustomerInput, *, by: User | None, at: datetime) -> Customer:
    """Find the client's customer with this company and billing e-mail, or register a new one.

    The contacts on file are the latest ones given; a purchase keeps its own snapshot.
    """
    customer = (
        Customer.objects.filter(
            client=client,
            company__iexact=data.billing.company,
            contacts__kind=ContactKind.BILLING,
            contacts__email__iexact=data.billing.email,
        )
        .order_by("pk")
        .first()
    )
    if customer is None:
        customer = record(
            Customer(
                client=client,
                company=data.billing.company,
                type=data.type,
                vat_id=data.vat_id,
                language=data.language,
                created_at=at,
            ),
            by=by,
            at=at,
            reason="first order",
        )
    for kind, address in data.addresses().items():
        _keep_contact(customer, kind, address, by=by, at=at)
    return customer


def _keep_contact(customer: Customer, kind: str, address: AddressInput, *, by: User | None, at: datetime) -> None:
    contact = Contact.objects.filter(customer=customer, kind=kind).first() or Contact(customer=customer, kind=kind)
    values = asdict(address)
    if contact.pk and all(getattr(contact, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(contact, name, value)
    record(contact, by=by, at=at, reason="given with an order")
