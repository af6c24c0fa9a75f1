"""The notice, the ladder's runs, and the line that says why something was sent or not."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from accounts.models import Client, User
from accounts.querysets import TenantQuerySet
from customers.models import Customer
from dunning.querysets import ExplanationQuerySet, NoticeQuerySet, OwedStatementQuerySet, StatementQuerySet
from dunning.states import REASON_CHOICES, SHORT_LABELS, STEP_CHOICES, STEP_LABELS
from mailing.models import Email, TextVersion
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
    document = models.ForeignKey(Document, models.PROTECT, related_name="notices", null=True, blank=True)
    email = models.ForeignKey(Email, models.PROTECT, related_name="notices", null=True, blank=True)
    """The letter and its e-mail; several notices share them where the client's letters are consolidated."""

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


class Settings(models.Model):
    """How a client's dunning goes: whether runs wait for a person, what brakes them, what the letters add.

    A client without a row has the defaults: runs go by themselves, nothing brakes them, letters add nothing.
    `fees`: per currency and level the minor units *shown* in a letter, never booked (`{"EUR": {"2": 500}}`);
    `interest_basis_points`: yearly interest shown, in hundredths of a percent.
    """

    client = models.OneToOneField(Client, models.PROTECT, related_name="dunning_settings")
    is_approved_by_person = models.BooleanField(default=False)
    brake_percent = models.PositiveIntegerField(null=True, blank=True)
    """A run with more letters than so many percent of the run before waits for approval."""
    brake_letters = models.PositiveIntegerField(null=True, blank=True)
    """A run with more letters than this waits for approval."""
    bank_data_hours = models.PositiveIntegerField(null=True, blank=True)
    """No letter while the newest bank statement is older than so many hours."""
    is_consolidated = models.BooleanField(default=False)
    """One letter per customer and currency instead of one per purchase order."""
    is_copied_to_payables = models.BooleanField(default=False)
    """Letters go to the customer's accounts payable too."""
    fees = models.JSONField(default=dict, blank=True)
    interest_basis_points = models.PositiveIntegerField(default=0)
    history = HistoricalRecords()

    objects = TenantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"dunning of {self.client_id}"


class Waiting(models.TextChoices):
    """What a run waits for before it takes any step."""

    APPROVAL = "approval", "Approval"
    BRAKE = "brake", "Approval: more than usual"
    BANK = "bank", "A newer bank statement"


class Run(models.Model):
    """One client's daily decisions. Unfinished means interrupted or waiting; the next worker takes it up again.

    A run that waits is a proposal; one that still waits when the next day's begins has lapsed: nothing was done.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="dunning_runs")
    on = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    waits_for = models.CharField(max_length=8, choices=Waiting.choices, blank=True)
    waits_because = models.CharField(max_length=300, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    has_lapsed = models.BooleanField(default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "on"], name="run_once_per_client_and_day"),
            models.CheckConstraint(
                name="run_approval_has_a_person",
                condition=Q(approved_at=None, approved_by=None)
                | Q(approved_at__isnull=False, approved_by__isnull=False),
            ),
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

    @property
    def is_waiting(self) -> bool:
        """Whether it is a proposal: no step is taken before it is approved, or what it waits for is there."""
        if self.is_finished or self.has_lapsed:
            return False
        return bool(self.waits_for) if self.approved_at is None else self.waits_for == Waiting.BANK

    @property
    def waits_for_person(self) -> bool:
        """Whether somebody has to approve it."""
        return self.is_waiting and self.waits_for != Waiting.BANK


class TakenOut(models.Model):
    """A purchase that a person took out of one day's run; the next day's looks at it again."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="taken_out")
    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="taken_out_of")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "purchase"], name="purchase_taken_out_once_per_run"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.purchase_id}"


class HoldKind(models.TextChoices):
    """Why no step is taken."""

    HOLD = "hold", "Hold"
    DISPUTE = "dispute", "Dispute"


class AccountHold(models.Model):
    """No step for any purchase order of a customer, or of a partner, while it stands.

    `until` is the last held day of the client; empty: until somebody ends it. One purchase order's own hold stands
    on the purchase.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="account_holds")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="dunning_holds", null=True, blank=True)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="dunning_holds", null=True, blank=True)
    kind = models.CharField(max_length=7, choices=HoldKind.choices, default=HoldKind.HOLD)
    reason = models.CharField(max_length=300)
    until = models.DateField(null=True, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="account_hold_of_customer_or_partner",
                condition=Q(customer__isnull=False, partner=None) | Q(customer=None, partner__isnull=False),
            ),
            models.CheckConstraint(
                name="account_hold_ended_by_somebody",
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(ended_at=None, customer__isnull=False), name="one_hold_per_customer"
            ),
            models.UniqueConstraint(
                fields=["partner"], condition=Q(ended_at=None, partner__isnull=False), name="one_hold_per_partner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id or self.partner_id} {self.set_at:%Y-%m-%d}"

    @property
    def scope(self) -> str:
        """Whose purchase orders are held: the customer's or the partner's."""
        return "customer" if self.customer_id is not None else "partner"


class PromiseOutcome(models.TextChoices):
    """What became of a promise to pay."""

    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    BROKEN = "broken", "Broken"
    REPLACED = "replaced", "Replaced"
    WITHDRAWN = "withdrawn", "No longer needed"


class Promise(models.Model):
    """A customer's promise to pay a purchase order up to and including the client's day `until`.

    Kept: paid in full by then. Replaced by a newer one, or no longer needed (canceled) says nothing about the payer.
    """

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="promises")
    until = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=PromiseOutcome.choices, default=PromiseOutcome.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase"], condition=Q(outcome="open"), name="one_open_promise"),
            models.CheckConstraint(
                name="settled_promise_has_a_moment",
                condition=Q(outcome="open", settled_at=None) | (~Q(outcome="open") & Q(settled_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purchase_id} {self.until}"


class LetterText(TextVersion):
    """One version of what a client's letter of a step says."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="letter_texts")
    step = models.CharField(max_length=20, choices=STEP_CHOICES)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "step", "language", "version"], name="letter_text_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.step} {self.language} {self.version}"


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
