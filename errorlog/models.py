"""Things that went wrong with a purchase and need somebody."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from simple_history.models import HistoricalRecords

from accounts.models import Client, Office
from accounts.querysets import TenantQuerySet


class ErrorType(models.TextChoices):
    """What kind of thing failed."""

    KEY_GENERATION = "key_generation", "Key generation"
    KEY_LIST_EMPTY = "key_list_empty", "Key list empty"
    NOTIFICATION = "notification", "Notification"
    PAYMENT = "payment", "Payment transaction"
    EMAIL_DELIVERY = "email_delivery", "E-mail delivery"
    UNEXPECTED = "unexpected", "Unexpected error"


KEYS = frozenset({ErrorType.KEY_GENERATION, ErrorType.KEY_LIST_EMPTY})
"""What is tried again by itself."""
RETRIED = KEYS | {ErrorType.NOTIFICATION}
"""What is tried again by the button."""
OF_EMAIL = "email:"
"""How the names of troubles with an e-mail begin."""


class ErrorRecord(models.Model):
    """One failure, from the moment it happened until somebody or something remedied it.

    `next_try_at` is when it is tried again by itself; empty when it is not, or not any more.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="error_records", null=True, blank=True)
    created_at = models.DateTimeField()
    type = models.CharField(max_length=20, choices=ErrorType.choices)
    reference = models.CharField(max_length=20, blank=True)
    purchase_status = models.CharField(max_length=3, blank=True)
    item_number = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField()
    is_done = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True, blank=True)
    client_handles = models.BooleanField(default=False)
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+")
    dedupe_key = models.CharField(max_length=120, unique=True)
    next_try_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["next_try_at"])

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="done_error_has_a_moment",
                condition=models.Q(is_done=True, done_at__isnull=False) | models.Q(is_done=False, done_at=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at"], name="open_error_by_age", condition=models.Q(is_done=False)),
            models.Index(fields=["reference"], name="error_by_reference"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.reference}".strip()

    @property
    def may_retry(self) -> bool:
        """Whether trying again can remedy it; an e-mail is sent again from the outbox."""
        return not self.is_done and self.type in RETRIED and not self.dedupe_key.startswith(OF_EMAIL)
