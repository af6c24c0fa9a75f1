"""Who buys: customers and the people and addresses that belong to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Client
from accounts.querysets import TenantQuerySet


class CustomerType(models.TextChoices):
    """What kind of buyer a customer is; a policy says which kinds may buy on purchase order."""

    COMPANY = "COM", "Company"
    GOVERNMENT = "GOV", "Government"
    UNIVERSITY = "UNI", "University or school"
    NON_PROFIT = "NPR", "Non-profit"
    OTHER = "MIS", "Other"


class ContactKind(models.TextChoices):
    """What a contact is for."""

    BILLING = "billing", "Billing"
    DELIVERY = "delivery", "Delivery"
    LICENSEE = "licensee", "Licensee"


class Customer(models.Model):
    """A company, authority or university that buys from one client; at two clients it is two customers."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="customers")
    company = models.CharField(max_length=300, blank=True)
    type = models.CharField(max_length=3, choices=CustomerType.choices)
    vat_id = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=5, default="en")
    payables_email = models.EmailField(blank=True)
    """Where its accounts payable reads letters about unpaid orders, beside the billing contact."""
    created_at = models.DateTimeField()
    history = HistoricalRecords()

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "company"], name="customer_by_company")]

    def __str__(self) -> str:
        return self.company


class Address(models.Model):
    """A person with an address; the base of a customer's contacts and of a purchase's snapshots."""

    company = models.CharField(max_length=300, blank=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    fax = models.CharField(max_length=50, blank=True)
    street = models.CharField(max_length=300, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=150, blank=True)
    state = models.CharField(max_length=50, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.company or self.name

    @property
    def name(self) -> str:
        """First and last name, in the order in which they are written in the address's country."""
        parts = [self.first_name, self.last_name]
        return " ".join(part for part in (reversed(parts) if self.country in {"JP", "CN", "KR"} else parts) if part)


class Contact(Address):
    """A customer's billing, delivery or licensee contact as it is today."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=ContactKind.choices)
    history = HistoricalRecords()

    class ContactQuerySet(TenantQuerySet["Contact"]):
        """Contacts are their customer's client's."""

        client_path = "customer__client"

    objects = ContactQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "kind"], name="one_contact_per_customer_and_kind"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["email"], name="contact_by_email"),
            models.Index(fields=["last_name"], name="contact_by_last_name"),
        ]
