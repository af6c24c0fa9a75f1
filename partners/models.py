"""Partners (resellers) and the ledger of what their purchase orders take of their limit."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Client, User
from accounts.querysets import TenantQuerySet
from core.money import Money
from customers.models import Customer


class PartnerStatus(models.TextChoices):
    """Whether a reseller may order in the partner portal."""

    IN_REVIEW = "in_review", "In review"
    ACCEPTED = "accepted", "Accepted"
    REJECTED = "rejected", "Rejected"


class LimitScope(models.TextChoices):
    """What a limit is compared with."""

    OUTSTANDING = "outstanding", "All outstanding orders"
    PER_ORDER = "per_order", "Each order by itself"


class Partner(models.Model):
    """A customer who resells; the limit says how much may be outstanding on purchase order."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="partners")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="partners", null=True, blank=True)
    code = models.CharField(max_length=40, unique=True)
    company = models.CharField(max_length=300)
    email = models.EmailField()
    type = models.CharField(max_length=40, default="reseller")
    status = models.CharField(max_length=10, choices=PartnerStatus.choices)
    valid_until = models.DateField(null=True, blank=True)
    is_po_enabled = models.BooleanField(default=True)
    limit_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    scope = models.CharField(max_length=12, choices=LimitScope.choices, default=LimitScope.OUTSTANDING)
    month_end_statement = models.BooleanField(default=False)
    history = HistoricalRecords()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="partner_limit_not_negative", condition=models.Q(limit_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.company} ({self.code})"

    @property
    def limit(self) -> Money:
        """How much may be outstanding; zero means that purchase orders are not offered."""
        return Money(self.limit_minor, self.currency)


class Reservation(models.Model):
    """What one open order takes of a partner's limit right now: its open amount."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="reservations")
    reference = models.CharField(max_length=20, unique=True)
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="reservation_is_positive", condition=models.Q(amount_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.amount_minor}"


class LimitEntry(models.Model):
    """One line of the ledger of a limit: what changed it, by how much, and what was outstanding afterwards."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="limit_entries")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reference = models.CharField(max_length=20, blank=True)
    change_minor = models.BigIntegerField()
    outstanding_minor = models.BigIntegerField()
    limit_minor = models.BigIntegerField()
    comment = models.CharField(max_length=300)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["partner", "-at"], name="limit_entry_by_partner")]

    def __str__(self) -> str:
        return f"{self.reference} {self.change_minor:+}"


class PortalLink(models.Model):
    """A link that logs a partner in to the portal, sent to its own address; used once, only its hash is kept."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="portal_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["partner", "-created_at"], name="portal_link_by_partner")]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.created_at}"


class Allowance(models.Model):
    """One order that Customer Service lets through over a partner's limit: up to an amount, until a day, once."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="allowances")
    amount_minor = models.BigIntegerField()
    note = models.CharField(max_length=200)
    valid_until = models.DateField()
    created_at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reference = models.CharField(max_length=20, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="allowance_is_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="used_allowance_is_closed", condition=models.Q(reference="") | models.Q(closed_at__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["partner"],
                condition=models.Q(closed_at=None),
                name="one_open_allowance_per_partner",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id}: {self.amount_minor} until {self.valid_until}"
