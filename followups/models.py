"""Reminders about what is still to be done for a purchase."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accounts.models import Client, Department, Office, User
from accounts.querysets import TenantQuerySet
from purchases.models import Purchase


class Category(models.TextChoices):
    """What a follow-up is about."""

    REVIEW = "review", "Review"
    DUNNING = "dunning", "Dunning"
    DELIVERY = "delivery", "Delivery"
    LICENSE = "license", "License"
    PAYMENT = "payment", "Payment"
    PARTNER = "partner", "Partner"
    CUSTOMER = "customer", "Customer contact"


class FollowUp(models.Model):
    """One reminder: for an office and department (general) or for one user (personal). Moments are UTC."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="follow_ups")
    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="follow_ups", null=True, blank=True)
    due_at = models.DateTimeField()
    category = models.CharField(max_length=10, choices=Category.choices)
    reason = models.CharField(max_length=100)
    subject = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="+")
    assignee = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="follow_ups")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    dedupe_key = models.CharField(max_length=120, unique=True)
    history = HistoricalRecords()

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="open_follow_up_by_day", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_done(self) -> bool:
        """Whether somebody finished it."""
        return self.done_at is not None
