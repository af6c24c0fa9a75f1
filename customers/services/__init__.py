"""Writing customers: found again by who they are, or registered."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.models import Client
from core.history import record
from core.lengths import one_line
from core.refused import Refused
from customers.models import Contact, ContactKind, Customer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class AddressInput:
    """A contact as it was typed or received, each part brought to one line."""

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

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, one_line(getattr(self, field.name)))


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
def find_or_register(
    client: Client, data: CustomerInput, *, by: User | None, at: datetime, is_proven: bool = True
) -> Customer:
    """Find the client's customer with this company and billing e-mail, or register a new one.

    The contacts on file are the latest ones given; a purchase keeps its own snapshot. What anybody may have typed (not
    `is_proven`) only adds contacts that were missing.
    """
    customer = find_customer(client, data)
    if customer is None:
        # Two first orders at once would each register the customer: the client's row orders them, and one looks again.
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        customer = find_customer(client, data) or _register(client, data, by=by, at=at)
    on_file = set() if is_proven else set(customer.contacts.order_by().values_list("kind", flat=True))
    for kind, address in data.addresses().items():
        if kind not in on_file:
            _keep_contact(customer, kind, address, by=by, at=at)
    return customer


@transaction.atomic
def change_customer(
    customer: Customer,
    *,
    company: str,
    type: str,  # noqa: A002 -- the column\'s name
    vat_id: str,
    language: str,
    payables_email: str | None = None,
    by: User,
    at: datetime,
) -> Customer:
    """Correct who a customer is; purchases keep what was printed on their documents.

    Without `payables_email` that address stays as it is.
    """
    customer = Customer.objects.lock(customer)
    values = {
        "company": company,
        "type": type,
        "vat_id": vat_id,
        "language": language,
        "payables_email": customer.payables_email if payables_email is None else payables_email,
    }
    changed = [name for name, value in values.items() if getattr(customer, name) != value]
    if not changed:
        return customer
    for name in changed:
        setattr(customer, name, values[name])
    return record(customer, by=by, at=at, reason=f"changed: {', '.join(changed)}")


@transaction.atomic
def save_contact(customer: Customer, *, kind: str, address: AddressInput, by: User, at: datetime) -> Customer:
    """Enter or correct the customer's billing, delivery or licensee contact; purchases keep their own copy.

    Raises Refused when nobody could be reached by it: neither a name nor a company, or no such kind.
    """
    if kind not in ContactKind.values:
        message = f"{kind} is not a kind of contact."
        raise Refused(message, "kind")
    if not (address.company or address.last_name):
        message = "Enter a company or a last name."
        raise Refused(message, "name")
    # Two people who enter the same contact at once: the second waits for the customer's row, then changes it.
    customer = Customer.objects.lock(customer)
    _keep_contact(customer, kind, address, by=by, at=at, reason="edited")
    return customer


def find_customer(client: Client, data: CustomerInput) -> Customer | None:
    """Find the client's customer with this company and billing e-mail."""
    return (
        Customer.objects.filter(
            client=client,
            company__iexact=data.billing.company,
            contacts__kind=ContactKind.BILLING,
            contacts__email__iexact=data.billing.email,
        )
        .order_by("pk")
        .first()
    )


def _register(client: Client, data: CustomerInput, *, by: User | None, at: datetime) -> Customer:
    customer = Customer(
        client=client,
        company=data.billing.company,
        type=data.type,
        vat_id=data.vat_id,
        language=data.language,
        created_at=at,
    )
    return record(customer, by=by, at=at, reason="first order")


def _keep_contact(
    customer: Customer,
    kind: str,
    address: AddressInput,
    *,
    by: User | None,
    at: datetime,
    reason: str = "given with an order",
) -> None:
    contact = Contact.objects.filter(customer=customer, kind=kind).first()
    if contact is None:
        # Two orders that both bring the first contact of a kind: the second waits for the customer's row and finds it.
        Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        contact = Contact.objects.filter(customer=customer, kind=kind).first() or Contact(customer=customer, kind=kind)
    values = asdict(address)
    if contact.pk and all(getattr(contact, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(contact, name, value)
    record(contact, by=by, at=at, reason=reason)
