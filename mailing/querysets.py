"""Chainable filters of the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.functions import Coalesce

from accounts.querysets import TenantQuerySet
from mailing.states import Carrier, Delivery, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mailing.models import (  # noqa: F401 -- the row types below
        Attachment,
        Attempt,
        Email,
        Endpoint,
        Notification,
        NotificationTry,
    )


class EmailQuerySet(TenantQuerySet["Email"]):
    """Outgoing e-mails."""

    def due(self, at: datetime) -> Self:
        """Those that should be handed over at `at`."""
        return self.filter(status=Status.QUEUED, next_attempt_at__lte=at)

    def in_turn(self) -> Self:
        """Longest due first."""
        return self.order_by("next_attempt_at", "pk")

    def waiting(self) -> Self:
        """Those that will go out without anybody's doing: queued or being sent."""
        return self.filter(status__in=[Status.QUEUED, Status.CLAIMED, Status.HANDOFF])

    def expired(self, at: datetime) -> Self:
        """Those whose worker's lease has ended without an outcome."""
        return self.filter(status__in=[Status.CLAIMED, Status.HANDOFF], lease_until__lte=at)

    def in_doubt(self) -> Self:
        """Those a person has to decide about."""
        return self.filter(status=Status.UNCERTAIN)

    def captured(self) -> Self:
        """Those that were kept here instead of going out."""
        return self.filter(transport=Carrier.CAPTURE)

    def of_kinds(self, kinds: Iterable[str]) -> Self:
        """Those of the given types."""
        return self.filter(kind__in=list(kinds))

    def for_reference(self, reference: str) -> Self:
        """Those about one purchase or quote, by its reference number."""
        return self.filter(reference=reference)

    def search(self, words: str) -> Self:
        """Those that contain every comma-separated word in recipient, name, subject or reference number."""
        found = self
        for word in filter(None, (part.strip() for part in words.split(","))):
            found = found.filter(
                models.Q(recipient__icontains=word)
                | models.Q(recipient_name__icontains=word)
                | models.Q(subject__icontains=word)
                | models.Q(reference=word)
            )
        return found

    def with_parties(self) -> Self:
        """Bring the client and the attachments along."""
        return self.select_related("client").prefetch_related("attachments")

    def with_attachment(self) -> Self:
        """Tell of each whether a file goes with it (`has_attachment`)."""
        files: Any = self.model._meta.get_field("attachments").related_model
        return self.annotate(has_attachment=models.Exists(files.objects.filter(email=models.OuterRef("pk"))))

    def newest_first(self) -> Self:
        """The order of every table of e-mails."""
        return self.order_by("-created_at", "-pk")


class AttachmentQuerySet(TenantQuerySet["Attachment"]):
    """Attachments, found by way of their e-mail."""

    client_path = "email__client"


class AttemptQuerySet(TenantQuerySet["Attempt"]):
    """Attempts, found by way of their e-mail."""

    client_path = "email__client"

    def in_order(self) -> Self:
        """First attempt first."""
        return self.order_by("claimed_at", "pk")


UNSENT = (Delivery.QUEUED, Delivery.SENDING)
"""What will still be tried without anybody's doing."""


class EndpointQuerySet(TenantQuerySet["Endpoint"]):
    """Addresses of clients' own systems."""

    def with_counts(self) -> Self:
        """Tell of each how much waits and how much failed (`waiting`, `failed`)."""
        rows: Any = self.model._meta.get_field("notifications").related_model
        mine = rows.objects.filter(endpoint=models.OuterRef("pk")).order_by().values("endpoint")
        counted = {
            name: Coalesce(
                models.Subquery(mine.filter(status__in=statuses).annotate(rows=models.Count("pk")).values("rows")), 0
            )
            for name, statuses in (("waiting", UNSENT), ("failed", (Delivery.FAILED,)))
        }
        return self.annotate(**counted)


class NotificationQuerySet(TenantQuerySet["Notification"]):
    """What endpoints are told, found by way of them."""

    client_path = "endpoint__client"

    def due(self, at: datetime) -> Self:
        """Those whose turn has come at `at`, unless their endpoint is left alone after a failure.

        Those of an endpoint that is off, too: they came after it was switched off, and the fence cancels them.
        """
        is_resting = models.Q(endpoint__resting_until__gt=at)
        return self.filter(status=Delivery.QUEUED, next_attempt_at__lte=at).exclude(is_resting)

    def overdue(self, at: datetime) -> Self:
        """Those whose time is over while their endpoint is left alone: they are not tried again."""
        return self.filter(status=Delivery.QUEUED, give_up_at__lt=at, endpoint__resting_until__gt=at)

    def expired(self, at: datetime) -> Self:
        """Those whose worker's lease has ended without an outcome."""
        return self.filter(status=Delivery.SENDING, lease_until__lte=at)

    def waiting(self) -> Self:
        """Those that will be tried without anybody's doing."""
        return self.filter(status__in=UNSENT)


class NotificationTryQuerySet(TenantQuerySet["NotificationTry"]):
    """Attempts to tell an endpoint, found by way of it."""

    client_path = "notification__endpoint__client"
