"""The outbox: every e-mail is a row before it is anything else, and the row says what became of it."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accounts.querysets import TenantQuerySet
from mailing.querysets import (
    AttachmentQuerySet,
    AttemptQuerySet,
    EmailQuerySet,
    EndpointQuerySet,
    NotificationQuerySet,
    NotificationTryQuerySet,
)
from mailing.states import (
    CARRIER_CHOICES,
    CARRIER_LABELS,
    DELIVERED,
    DELIVERY_CHOICES,
    DELIVERY_LABELS,
    EVENT_LABELS,
    LABELS,
    OUTCOME_CHOICES,
    OUTCOME_LABELS,
    STATUS_CHOICES,
    UNDER_WAY,
    Carrier,
    Delivery,
    Event,
    Outcome,
    Status,
)
from mailing.wording import kind_label

SUBJECT_LENGTH = 300
NAME_LENGTH = 200
PLATFORM_NAME = "Kontor"
PATH_WORD = re.compile("[a-z-]{1,12}")
"""A first part of a path that is a word and no secret."""


class Email(models.Model):
    """One message to one recipient, worded when it was decided.

    A worker's steps are told by its attempts, a person's decisions by its history.
    """

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="emails", null=True, blank=True)
    """The client in whose name it goes out; none: the platform writes to one of its users, and no client sees it."""
    kind = models.CharField(max_length=40)
    reference = models.CharField(max_length=40, blank=True)
    """The reference number of the purchase or quote it is about; empty when it is about none."""
    dedupe_key = models.CharField(max_length=200)
    """What this e-mail is for, in one string (`purchase:417:released`); what happens once is reported once."""
    original = models.ForeignKey("self", models.PROTECT, related_name="copies", null=True, blank=True)
    """The sent e-mail of which a person ordered this copy."""
    recipient = models.EmailField(max_length=254)
    recipient_name = models.CharField(max_length=NAME_LENGTH, blank=True)
    language = models.CharField(max_length=5)
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    body_text = models.TextField()
    body_html = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=STATUS_CHOICES, default=Status.QUEUED)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    """How often the relay was asked; it says how long the next try waits. A worker's death and a Hold don't count."""
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=200)
    mime_sha256 = models.CharField(max_length=64, blank=True)
    """Fingerprint of the frozen bytes; empty until an attempt gets as far as the final dot."""
    transport = models.CharField(max_length=10, choices=CARRIER_CHOICES, default=Carrier.NONE, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    relay_reply = models.TextField(blank=True)
    drop_reason = models.TextField(blank=True)
    history = HistoricalRecords(excluded_fields=["subject", "body_text", "body_html"])

    objects = EmailQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dedupe_key"], name="email_once_per_dedupe_key"),
            models.UniqueConstraint(fields=["message_id"], name="message_id_once"),
            models.CheckConstraint(name="email_status_is_known", condition=Q(status__in=[s.value for s in Status])),
            models.CheckConstraint(
                name="sent_email_has_its_moment",
                condition=~Q(status__in=[s.value for s in sorted(DELIVERED)]) | Q(sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="email_under_way_has_token_and_lease",
                condition=~Q(status__in=[s.value for s in sorted(UNDER_WAY)])
                | Q(claim_token__isnull=False, lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="queued_email_has_its_turn",
                condition=~Q(status=Status.QUEUED.value) | Q(next_attempt_at__isnull=False),
            ),
            models.CheckConstraint(
                name="handed_over_email_is_frozen",
                condition=~Q(status=Status.HANDOFF.value) | ~Q(mime_sha256=""),
            ),
            models.CheckConstraint(
                name="canceled_email_says_why",
                condition=~Q(status=Status.CANCELED.value) | ~Q(drop_reason=""),
            ),
            models.CheckConstraint(
                name="email_has_one_recipient_on_one_line",
                condition=Q(recipient__contains="@")
                & ~Q(recipient__contains="\n")
                & ~Q(recipient__contains="\r")
                & ~Q(recipient__contains=","),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["next_attempt_at", "id"], name="email_due", condition=Q(status=Status.QUEUED.value)),
            models.Index(
                fields=["lease_until"],
                name="email_lease",
                condition=Q(status__in=[s.value for s in sorted(UNDER_WAY)]),
            ),
            models.Index(fields=["reference", "-created_at"], name="email_reference"),
            models.Index(fields=["client", "-created_at"], name="email_client_newest"),
            models.Index(fields=["status", "-created_at"], name="email_status_newest"),
        ]

    def __str__(self) -> str:
        return f"{kind_label(self.kind)} to {self.recipient}"

    @property
    def sender_name(self) -> str:
        """Who writes."""
        return self.client.name if self.client else PLATFORM_NAME

    @property
    def sender_address(self) -> str:
        """Where answers and reports go."""
        return self.client.email if self.client else settings.DEFAULT_FROM_EMAIL

    @property
    def status_label(self) -> str:
        """The status as it is shown: `Queued`, `Hold`, `Sending` and so on."""
        return LABELS[self.status]

    @property
    def transport_label(self) -> str:
        """What took it: the mail relay, the capture, a replay."""
        return CARRIER_LABELS[self.transport]

    @property
    def is_captured(self) -> bool:
        """Whether it was kept here to be read instead of going out."""
        return self.transport == Carrier.CAPTURE

    @property
    def root_id(self) -> int:
        """The e-mail that was decided by a rule: itself, or the one it is a copy of."""
        return self.original_id or self.pk


class Attachment(models.Model):
    """A file that goes with an e-mail.

    Its bytes are either here (`content`) or stay with their owner, who gives the same ones for `source` at any time.
    """

    email = models.ForeignKey(Email, models.CASCADE, related_name="attachments")
    source = models.CharField(max_length=100, blank=True)
    filename = models.CharField(max_length=150)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="attachment_has_source_or_content", condition=~Q(source="") | Q(content__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.filename


class EmailMime(models.Model):
    """The bytes of an e-mail exactly as they were handed over or captured; written once, before the final dot."""

    email = models.OneToOneField(Email, models.CASCADE, related_name="mime", primary_key=True)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"MIME of e-mail {self.pk}"


class Attempt(models.Model):
    """One try to hand an e-mail over: the evidence of what was said, by whom, and when."""

    email = models.ForeignKey(Email, models.CASCADE, related_name="tries")
    claimed_at = models.DateTimeField()
    handoff_at = models.DateTimeField(null=True, blank=True)
    """When everything but the final dot had been said and the last check passed: from here on it may have arrived."""
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=15, choices=OUTCOME_CHOICES, default=Outcome.RUNNING)
    words = models.TextField(blank=True)
    """What the relay said, or what went wrong."""
    worker = models.CharField(max_length=100, blank=True)
    transport = models.CharField(max_length=10, choices=CARRIER_CHOICES, default=Carrier.NONE, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="attempt_outcome_is_known", condition=Q(outcome__in=[o.value for o in Outcome])
            ),
            models.CheckConstraint(
                name="attempt_ended_has_outcome",
                condition=Q(outcome=Outcome.RUNNING.value, ended_at__isnull=True)
                | (~Q(outcome=Outcome.RUNNING.value) & Q(ended_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome_label} {self.claimed_at:%Y-%m-%d %H:%M:%S}"

    @property
    def outcome_label(self) -> str:
        """The outcome as it is shown."""
        return OUTCOME_LABELS[self.outcome]


class RelayState(models.Model):
    """Whether the mail relay answers: one row, noted by whoever talked to it last."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="one_relay_state", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"failing since {self.failing_since}" if self.failing_since else "working"


class DeliveryReport(models.Model):
    """What a mail server said later about an e-mail that was sent: it came back, is delayed, or somebody complained.

    Read from a mailbox (delivery status notifications) or sent by a provider's webhook; `key` is the same when the
    same report comes again. `email` is empty while nobody knows which message it is about.
    """

    email = models.ForeignKey(Email, models.PROTECT, related_name="reports", null=True, blank=True)
    source = models.CharField(max_length=10, choices=[("mailbox", "Mailbox"), ("webhook", "Webhook")])
    key = models.CharField(max_length=64)
    kind = models.CharField(
        max_length=10,
        choices=[
            ("bounced", "Came back"),
            ("delayed", "Delayed"),
            ("delivered", "Delivered"),
            ("complained", "Marked as spam"),
            ("unknown", "Not understood"),
        ],
    )
    recipient = models.CharField(max_length=254, blank=True)
    words = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key"], name="delivery_report_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.email_id}"


class TextVersion(models.Model):
    """One version of what a client says in a language, in its e-mails or its letters; the newest holds.

    `texts` are plain words with `{{token}}`s by the name of their place; empty: the standard wording of the product
    holds again.
    """

    language = models.CharField(max_length=5)
    version = models.PositiveIntegerField()
    texts = models.JSONField(default=dict, blank=True)
    comment = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class MailText(TextVersion):
    """One version of what a client's e-mail of a kind says."""

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="mail_texts")
    kind = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "kind", "language", "version"], name="mail_text_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.kind} {self.language} {self.version}"


class Endpoint(models.Model):
    """An address of a client's own system, and which events it is told about.

    Its secret is nowhere kept: it is derived from the site's key and `key_id`, which changes with it. For a day after
    that, notifications are signed with the previous one, too.
    """

    client = models.ForeignKey("accounts.Client", models.PROTECT, related_name="endpoints")
    url = models.CharField("address", max_length=500)
    events = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    key_id = models.CharField(max_length=20)
    previous_key_id = models.CharField(max_length=20, blank=True)
    previous_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    failing_since = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    """When its client was told that it fails."""
    last_success_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords(excluded_fields=["failing_since", "resting_until", "told_at", "last_success_at"])

    objects = EndpointQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "url"], name="endpoint_once_per_address"),
            models.CheckConstraint(
                name="previous_secret_has_its_end", condition=Q(previous_key_id="") | Q(previous_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def place(self) -> str:
        """Where it is, for those who need not know all of its address: path and query may hold a secret."""
        parts = urlsplit(self.url)
        first, _, rest = parts.path.lstrip("/").partition("/")
        word = first if PATH_WORD.fullmatch(first) else ""
        hidden = "…" if rest or parts.query or word != first else ""
        return f"{parts.scheme}://{parts.netloc}/{word}{'/' if word and hidden else ''}{hidden}"


class Notification(models.Model):
    """One event as one endpoint is told about it: the body is frozen when it happens."""

    endpoint = models.ForeignKey(Endpoint, models.PROTECT, related_name="notifications")
    event = models.CharField(max_length=20, choices=list(EVENT_LABELS.items()))
    event_id = models.UUIDField()
    """The same for all endpoints and attempts: whoever has seen it knows the event already."""
    reference = models.CharField(max_length=40, blank=True)
    dedupe_key = models.CharField(max_length=200)
    body = models.TextField()
    status = models.CharField(max_length=10, choices=DELIVERY_CHOICES, default=Delivery.QUEUED)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    """Since it was queued, or queued anew by a person."""
    claim_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    """Why the last attempt failed, or why there is none any more."""
    history = HistoricalRecords(excluded_fields=["body"])

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "dedupe_key"], name="notification_once_per_endpoint"),
            models.CheckConstraint(
                name="notification_status_is_known", condition=Q(status__in=[s.value for s in Delivery])
            ),
            models.CheckConstraint(
                name="notification_event_is_known", condition=Q(event__in=[event.value for event in Event])
            ),
            models.CheckConstraint(
                name="waiting_notification_has_its_turn",
                condition=~Q(status=Delivery.QUEUED.value) | Q(next_attempt_at__isnull=False),
            ),
            models.CheckConstraint(
                name="notification_under_way_has_token_and_lease",
                condition=~Q(status=Delivery.SENDING.value) | Q(claim_token__isnull=False, lease_until__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"], name="notification_due", condition=Q(status=Delivery.QUEUED.value)
            ),
            models.Index(fields=["lease_until"], name="notification_lease", condition=Q(status=Delivery.SENDING.value)),
            models.Index(fields=["endpoint", "-created_at"], name="notification_newest"),
            models.Index(fields=["endpoint", "status"], name="notification_by_status"),
            models.Index(fields=["reference"], name="notification_reference"),
        ]

    def __str__(self) -> str:
        return f"{EVENT_LABELS[self.event]} {self.reference}".strip()

    @property
    def status_label(self) -> str:
        """The status as it is shown."""
        return DELIVERY_LABELS[self.status]


class NotificationTry(models.Model):
    """One attempt to tell an endpoint: what it answered, how long that took, or what went wrong."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="tries")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    """How its answer begins."""
    problem = models.CharField(max_length=300, blank=True)
    worker = models.CharField(max_length=100, blank=True)

    objects = NotificationTryQuerySet.as_manager()

    def __str__(self) -> str:
        return self.problem or f"answered {self.status_code}"
