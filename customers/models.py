"""Who buys: customers and the people and addresses that belong to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Client, User
from accounts.querysets import SearchQuerySet, TenantQuerySet
from customers.querysets import CustomerQuerySet


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
    merged_into = models.ForeignKey("self", models.PROTECT, related_name="merged", null=True, blank=True)
    """The customer it turned out to be; what it had moved there, and lists leave it out."""
    anonymized_at = models.DateTimeField(null=True, blank=True)
    """When its names and addresses were taken out on request; documents the law requires keep theirs."""
    history = HistoricalRecords()

    objects = CustomerQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="customer_not_merged_into_itself",
                condition=models.Q(merged_into=None) | ~models.Q(merged_into=models.F("pk")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["client", "company"], name="customer_by_company"),
            models.Index(fields=["client", "vat_id"], name="customer_by_vat_id", condition=~models.Q(vat_id="")),
        ]

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
            models.Index(fields=["phone"], name="contact_by_phone", condition=~models.Q(phone="")),
        ]


class MergeKind(models.TextChoices):
    """What was merged."""

    CUSTOMERS = "customers", "Customers"
    CONTACTS = "contacts", "Contacts"


class Merge(models.Model):
    """Two customers, or contacts of one, that turned out to be the same; `moved` holds what undoing needs.

    For customers `gone` was merged into `kept`; for contacts both are the customer. Can be undone for 30 days.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=MergeKind.choices)
    kept = models.ForeignKey(Customer, models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="merge_undone_by_and_at",
                condition=models.Q(undone_by=None, undone_at=None)
                | models.Q(undone_by__isnull=False, undone_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gone} into {self.kept}"


class NotTheSame(models.Model):
    """Somebody said that two customers, proposed as one, are two; `first` has the lower key."""

    first = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="not_the_same_once_per_pair"),
            models.CheckConstraint(
                name="not_the_same_lower_key_first", condition=models.Q(first__lt=models.F("second"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"


class CustomerSearch(models.Model):
    """What a customer is found by, folded (`core.folding`), in a narrow table of its own; rebuilt by one command."""

    customer = models.OneToOneField(Customer, models.CASCADE, related_name="search", primary_key=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    text = models.TextField()
    company = models.CharField(max_length=300, blank=True)
    """The company's name, folded and without its form: equal for those that are likely the same."""

    objects = SearchQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["client", "company"], name="customer_by_folded_company", condition=~models.Q(company="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)
