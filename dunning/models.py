"""The notice, the ladder's runs, and the line that says why something was sent or not."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Client
from accounts.querysets import TenantQuerySet
from dunning.querysets import ExplanationQuerySet, NoticeQuerySet, OwedStatementQuerySet, StatementQuerySet
from dunning.states import REASON_CHOICES, SHORT_LABELS, STEP_CHOICES, STEP_LABELS
from mailing.models import Email
from partners.models import Partner
from purchases.models import Document, Purchase


class NoticeStatus(models.TextChoices):
    """What became of a step."""

    PENDING = "pending", "On its way"
    SENT = "sent", "Sent"
    DROPPED = "dropped", "Dropped"


class Notice(models.Model):
    """One step the worker took with a purchase: a letter (counts when handed over) or an automatic cancel.

    `on` is the client's day of the decision, `sent_on` the client's day on which the letter was handed over.
    `open_minor` is what was open just before the step.
    """

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="notices")
    step = models.CharField(max_length=20, choices=STEP_CHOICES)
    on = models.DateField()
    status = models.CharField(max_length=7, choices=NoticeStatus.choices, default=NoticeStatus.PENDING)
    decided_at = models.DateTimeField()
    sent_on = models.DateField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    drop_reason = models.CharField(max_length=300, blank=True)
    open_minor = models.BigIntegerField()
    document = models.OneToOneField(Document, models.PROTECT, related_name="notice", null=True, blank=True)
    email = models.OneToOneField(Email, models.PROTECT, related_name="notice", null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["purchase", "step"], condition=~Q(status="dropped"), name="notice_once_per_level"
            ),
            models.UniqueConstraint(fields=["purchase", "on"], condition=~Q(status="dropped"), name="one_notice_a_day"),
            models.CheckConstraint(
                name="sent_notice_has_a_day",
                condition=Q(status="sent", sent_on__isnull=False) | (~Q(status="sent") & Q(sent_on=None)),
            ),
            models.CheckConstraint(
                name="dropped_notice_has_a_reason", condition=~Q(status="dropped") | ~Q(drop_reason="")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["on", "step"], name="notice_by_day"),
            models.Index(fields=["decided_at"], name="notice_on_its_way", condition=Q(status="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_id} {self.step} {self.on}"

    @property
    def label(self) -> str:
        """The step as shown to people."""
        return STEP_LABELS[self.step]

    @property
    def short_label(self) -> str:
        """The step in two words."""
        return SHORT_LABELS[self.step]


class Statement(models.Model):
    """A partner's list of all unpaid purchase orders at the end of a month.

    `period` is the first day of that month, `on` the client's day of the decision: late ones are made afterwards.
    `orders` are order ids (the reference number where there is none), ascending.
    """

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="statements")
    period = models.DateField()
    on = models.DateField()
    decided_at = models.DateTimeField()
    orders = models.JSONField()
    document = models.OneToOneField(Document, models.PROTECT, related_name="statement", null=True, blank=True)
    email = models.OneToOneField(Email, models.PROTECT, related_name="statement", null=True, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "period"], name="statement_once_per_partner_and_month"),
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} {self.on}"


class OwedStatement(models.Model):
    """A partner's statement that could not be made, say for want of a valid address; tried again every day.

    Gone once it was made, nothing is unpaid any more, or a newer month's statement lists everything anyway.
    """

    partner = models.OneToOneField(Partner, models.PROTECT, related_name="owed_statement")
    period = models.DateField()
    since = models.DateTimeField()

    objects = OwedStatementQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.partner_id} {self.period:%Y-%m}"


class Run(models.Model):
    """One client's daily decisions. Unfinished means that it was interrupted; the next worker takes it up again."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="dunning_runs")
    on = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "on"], name="run_once_per_client_and_day"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-started_at"], name="run_by_age"),
            models.Index(fields=["client"], name="unfinished_run_by_client", condition=models.Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.on}"

    @property
    def is_finished(self) -> bool:
        """Whether every due purchase was looked at."""
        return self.finished_at is not None


class Explanation(models.Model):
    """Why a purchase got a step on a day, or got none, and when that can change. Holds until the next line.

    Written only when the answer changes, so that every past day can be explained. `step` empty: nothing was done.
    """

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="explanations")
    run = models.ForeignKey(Run, models.PROTECT, related_name="explanations", null=True, blank=True)
    on = models.DateField()
    at = models.DateTimeField()
    step = models.CharField(max_length=20, choices=STEP_CHOICES, blank=True)
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    coming = models.CharField(max_length=20, choices=STEP_CHOICES, blank=True)
    next_on = models.DateField(null=True, blank=True)
    numbers = models.JSONField(default=dict)

    objects = ExplanationQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["purchase", "-id"], name="explanation_by_purchase"),
            models.Index(fields=["run", "reason"], name="explanation_by_run"),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_id} {self.on} {self.step or self.reason}"

    @property
    def answer(self) -> tuple[str, str, str, object, object]:
        """What is compared to see whether the answer changed."""
        return (self.step, self.reason, self.coming, self.next_on, self.numbers)


class ResponseLink(models.Model):
    """The link by which a client answers a delinquency notification; only the token's hash is kept."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=12, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="link_answer_and_moment",
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} {self.expires_at:%Y-%m-%d}"


class ScheduledRun(models.Model):
    """One slot of a periodic job, claimed by whoever comes first: two schedulers are harmless."""

    job = models.CharField(max_length=60)
    slot = models.DateTimeField()
    claimed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "slot"], name="job_once_per_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """The last sign of life of a worker process or job: silence is an alarm."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
