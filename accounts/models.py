"""Who works here and for whom: clients, their bank accounts, offices, departments, users."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from simple_history.models import HistoricalRecords

from accounts.querysets import ClientQuerySet, ExportQuerySet, TenantQuerySet
from accounts.roles import ROLE_CHOICES, ROLES, Right, Role


class Client(models.Model):
    """A merchant who sells through the platform: the tenant every business row belongs to."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    street = models.CharField(max_length=200)
    postal_code = models.CharField(max_length=20)
    city = models.CharField(max_length=100)
    country = models.CharField(max_length=2)
    subdivision = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64)
    language = models.CharField(max_length=5)
    email = models.EmailField()
    phone = models.CharField(max_length=50, blank=True)
    fax = models.CharField(max_length=50, blank=True)
    vat_id = models.CharField(max_length=30, blank=True)
    support_may_refund = models.BooleanField(default=False)
    history = HistoricalRecords()

    objects = ClientQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this client's days begin and end."""
        return ZoneInfo(self.time_zone)


class BankAccount(models.Model):
    """Where a client's customers pay to, one account per currency."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="bank_accounts")
    currency = models.CharField(max_length=3)
    holder = models.CharField(max_length=200)
    iban = models.CharField(max_length=34, blank=True)
    bic = models.CharField(max_length=11, blank=True)
    bank = models.CharField(max_length=200, blank=True)
    account = models.CharField(max_length=40, blank=True)
    history = HistoricalRecords()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "currency"], name="one_bank_account_per_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.bank} {self.iban or self.account}"


class Office(models.Model):
    """A place where users work: of the platform (no client) or of a client."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="offices", null=True, blank=True)
    name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "name"], name="office_name_once_per_client"),
            models.UniqueConstraint(fields=["name"], condition=models.Q(client=None), name="platform_office_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A team within an office."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="departments")
    name = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["office", "name"], name="department_name_once_per_office"),
        ]

    def __str__(self) -> str:
        return f"{self.office}, {self.name}"


class UserManager(BaseUserManager["User"]):
    """Finds users by username, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Find the user who logs in as `username`."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A person who works with Kontor, for the platform (no client) or for one client."""

    username = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField()
    role = models.CharField(max_length=40, choices=ROLE_CHOICES)
    client = models.ForeignKey(Client, models.PROTECT, related_name="users", null=True, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, related_name="users", null=True, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=5, default="en")
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name", "email", "role"]

    objects = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="client_roles_have_a_client",
                condition=models.Q(role="auditor")
                | models.Q(role__startswith="platform_", client=None)
                | models.Q(role__startswith="client_", client__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def role_data(self) -> Role:
        """The role's label, scope and rights."""
        return ROLES[self.role]

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this person reads moments."""
        return ZoneInfo(self.time_zone)

    @property
    def is_platform(self) -> bool:
        """Whether this person may see all clients."""
        return self.client_id is None and self.role_data.is_platform

    def may(self, right: Right) -> bool:
        """Whether this person's role holds `right`, by itself or since their client switched it on."""
        if not self.is_active:
            return False
        return right in self.role_data.rights or (right in self.role_data.if_refunds and self._refunds_are_on)

    @property
    def rights(self) -> frozenset[Right]:
        """All that this person's role holds."""
        role = self.role_data
        return role.rights | role.if_refunds if role.if_refunds and self._refunds_are_on else role.rights

    @property
    def _refunds_are_on(self) -> bool:
        return self.client is not None and self.client.support_may_refund


class LoginAttempt(models.Model):
    """One password tried at the login; kept while it counts against the next.

    `key` stands for the user name and address it came with, unreadable: people type passwords as names, too.
    """

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["key", "at"], name="login_attempt_by_key"),
            models.Index(fields=["at"], name="login_attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at}"


class SavedView(models.Model):
    """A list as one person wants it again: its page and everything in its address, under a name of their own."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=100)
    """The list, by the name of its route."""
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="saved_view_once_per_list_and_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ColumnChoice(models.Model):
    """The columns one person chose for a list, in their order."""

    user = models.ForeignKey(User, models.CASCADE, related_name="column_choices")
    page = models.CharField(max_length=100)
    columns = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "page"], name="columns_once_per_list"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.page}"


class Export(models.Model):
    """A list somebody takes away as a file: asked for on a page, written by the worker, kept for a few days.

    Of `total` rows `done` are written; `problem` says why there is no file. Only `user` may fetch it.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="exports")
    client = models.ForeignKey(Client, models.PROTECT, related_name="+", null=True, blank=True)
    """The client it was narrowed to; none: all that its user saw."""
    kind = models.CharField(max_length=40)
    query = models.TextField(blank=True)
    format = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "Excel")])
    asked_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    keys = models.BinaryField(null=True, blank=True)
    """The rows by their primary keys, in order, as they were when the worker began."""
    columns = models.JSONField(default=list)
    filename = models.CharField(max_length=150, blank=True)
    content = models.BinaryField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="export_waiting", condition=models.Q(finished_at=None)),
            models.Index(fields=["user", "-asked_at"], name="export_by_user"),
        ]

    def __str__(self) -> str:
        return self.filename


class ExportPart(models.Model):
    """Some rows of a file as they will stand in it, packed; gone once the file is whole."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["export", "position"], name="export_part_once_per_position"),
        ]

    def __str__(self) -> str:
        return f"{self.export_id} {self.position}"
