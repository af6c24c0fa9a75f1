"""Writing customers: found again by who they are, or registered."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

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
    `is_proven`) only adds contacts that were missing, and so does an order that names a customer which was merged into
    the one that is found: the merge has decided what is on file.
    """
    known = _named_by(client, data)
    if known is None:
        # Two first orders at once would each register the customer: the client's row orders them, and one looks again.
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        known = _named_by(client, data) or _register(client, data, by=by, at=at)
    customer = _lock_standing(known)
    adds_only = not is_proven or customer.pk != known.pk
    on_file = set(customer.contacts.order_by().values_list("kind", flat=True)) if adds_only else set()
    if on_file:  # whichever contact there is stands for billing: what anybody typed must not become it
        on_file.add(ContactKind.BILLING)
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
    refuse_gone(customer)
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
    refuse_gone(customer)
    _keep_contact(customer, kind, address, by=by, at=at, reason="edited")
    return customer


def find_customer(client: Client, data: CustomerInput) -> Customer | None:
    """Find the client's customer with this company and billing e-mail; of a merged one that into which it went."""
    customer = _named_by(client, data)
    while customer is not None and customer.merged_into is not None:
        customer = customer.merged_into
    return customer


def refuse_gone(customer: Customer) -> None:
    """Refuse to change a customer that is no more: merged into another, or anonymized."""
    if customer.merged_into_id is not None:
        message = "This customer was merged into another one: change that one."
        raise Refused(message, "merged")
    if customer.anonymized_at is not None:
        message = "This customer was anonymized: it stays as it is."
        raise Refused(message, "anonymized")


def _named_by(client: Client, data: CustomerInput) -> Customer | None:
    """Find whom an order names; where contacts were merged into one of another kind, that one stands for billing."""
    company = Customer.objects.filter(client=client, company__iexact=data.billing.company, anonymized_at=None)
    email, billing = data.billing.email, Contact.objects.filter(customer=OuterRef("pk"), kind=ContactKind.BILLING)
    by_billing = company.filter(contacts__kind=ContactKind.BILLING, contacts__email__iexact=email)
    by_other = company.filter(~Exists(billing), contacts__email__iexact=email)
    return by_billing.order_by("pk").first() or by_other.order_by("pk").first()


def _lock_standing(customer: Customer) -> Customer:
    """Lock a customer that gets an order, so that it is not merged away meanwhile; or the one into which it went."""
    standing = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    while standing.merged_into_id is not None:
        standing = Customer.objects.select_for_update(no_key=True).get(pk=standing.merged_into_id)
    return standing


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
