"""Chainable filters of the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from accounts.querysets import TenantQuerySet
from mailing.states import Carrier, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mailing.models import Attachment, Attempt, Email  # noqa: F401 -- the row types below


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
