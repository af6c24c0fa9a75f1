"""Reminders about what is still to be done, what they can be about, and who wants them by e-mail."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accounts.models import Client, Department, Office, User
from accounts.querysets import TenantQuerySet
from customers.models import Customer
from purchases.models import Purchase


class Category(models.TextChoices):
    """What a follow-up is about: the categories that are shipped. Others are data (`OwnCategory`)."""

    REVIEW = "review", "Review"
    DUNNING = "dunning", "Dunning"
    DELIVERY = "delivery", "Delivery"
    LICENSE = "license", "License"
    PAYMENT = "payment", "Payment"
    PARTNER = "partner", "Partner"
    CUSTOMER = "customer", "Customer contact"
    TAX = "tax", "Tax exemption"


class OwnCategory(models.Model):
    """A category with its reasons as the platform keeps it: one more, or a shipped one that was changed.

    `reasons` are objects with `name` and, where something usually comes after it, `next` (a reason of the same
    category) and `days` until then.
    """

    code = models.SlugField(max_length=20, unique=True)
    label = models.CharField(max_length=60)
    reasons = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.label


class FollowUp(models.Model):
    """One reminder: for an office and department (general) or for one user (personal). Moments are UTC.

    It is about a purchase (a quote is one), a customer, or any other page of ours: `about_link` with its name. Without
    assignee, office and department it is everybody's at the client. `previous` is the one it comes after.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="follow_ups")
    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="follow_ups", null=True, blank=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="follow_ups", null=True, blank=True)
    about_link = models.CharField(max_length=300, blank=True)
    about_label = models.CharField(max_length=200, blank=True)
    previous = models.ForeignKey("self", models.SET_NULL, related_name="following", null=True, blank=True)
    due_at = models.DateTimeField()
    category = models.CharField(max_length=20)
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
        constraints: ClassVar = [
            models.CheckConstraint(
                name="follow_up_is_general_or_personal",
                condition=Q(assignee=None) | Q(office=None, department=None),
            ),
            models.CheckConstraint(
                name="follow_up_about_a_page_names_it",
                condition=Q(about_link="", about_label="") | ~Q(about_link="") & ~Q(about_label=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="open_follow_up_by_day", condition=Q(done_at=None)),
            models.Index(fields=["about_link"], name="follow_up_by_page", condition=~Q(about_link="")),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_done(self) -> bool:
        """Whether somebody finished it."""
        return self.done_at is not None


class Digest(models.Model):
    """What a person wants to know of their follow-ups by e-mail; without a row they get the daily one.

    `looked_on` is the last day of theirs on which it was looked for something due.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="follow_up_digest")
    is_on = models.BooleanField(default=True)
    looked_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.user)
