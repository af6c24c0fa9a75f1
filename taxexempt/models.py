"""The exemption certificate: why a customer buys without tax, where, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from accounts.models import Client, User
from accounts.querysets import TenantQuerySet
from customers.models import Address, Customer
from taxexempt.states import COVERING, LABELS, WAITING, Status

if TYPE_CHECKING:
    from datetime import date

    from core.transitions import Transition


class Reason(models.TextChoices):
    """Why a purchase is exempt: the 13 reasons of the Streamlined Sales Tax certificate, by their letters there."""

    FEDERAL_GOVERNMENT = "A", "Federal government"
    STATE_GOVERNMENT = "B", "State or local government"
    TRIBAL_GOVERNMENT = "C", "Tribal government"
    DIPLOMAT = "D", "Foreign diplomat"
    CHARITY = "E", "Charitable organization"
    RELIGIOUS = "F", "Religious organization"
    RESALE = "G", "Resale"
    AGRICULTURE = "H", "Agricultural production"
    INDUSTRY = "I", "Industrial production or manufacturing"
    DIRECT_PAY = "J", "Direct pay permit"
    DIRECT_MAIL = "K", "Direct mail"
    OTHER = "L", "Other"
    EDUCATION = "M", "Educational organization"


class TaxIdType(models.TextChoices):
    """Whose number the tax ID is: the 4 types of the Streamlined Sales Tax certificate."""

    STATE = "state", "State-issued tax ID"
    FEIN = "fein", "Federal employer ID (FEIN)"
    LICENSE = "license", "Driver's license or state-issued ID"
    DIPLOMATIC = "diplomatic", "Foreign diplomat number"


class BusinessType(models.TextChoices):
    """What the buyer does: the 20 types of business of the Streamlined Sales Tax certificate, by their numbers."""

    LODGING = "01", "Accommodation and food services"
    AGRICULTURE = "02", "Agriculture, forestry, fishing, hunting"
    CONSTRUCTION = "03", "Construction"
    FINANCE = "04", "Finance and insurance"
    INFORMATION = "05", "Information, publishing and communications"
    MANUFACTURING = "06", "Manufacturing"
    MINING = "07", "Mining"
    REAL_ESTATE = "08", "Real estate"
    RENTAL = "09", "Rental and leasing"
    RETAIL = "10", "Retail trade"
    TRANSPORT = "11", "Transportation and warehousing"
    UTILITIES = "12", "Utilities"
    WHOLESALE = "13", "Wholesale trade"
    BUSINESS_SERVICES = "14", "Business services"
    PROFESSIONAL_SERVICES = "15", "Professional services"
    EDUCATION_HEALTH = "16", "Education and health-care services"
    NON_PROFIT = "17", "Nonprofit organization"
    GOVERNMENT = "18", "Government"
    NOT_A_BUSINESS = "19", "Not a business"
    OTHER = "20", "Other"


class Source(models.TextChoices):
    """How a certificate came in."""

    EMAIL = "email", "E-mail"
    FAX = "fax", "Fax"
    LETTER = "letter", "Letter"
    UPLOAD = "upload", "Upload"


class Certificate(Address):
    """One version of an exemption certificate of a customer; days are the client's, the last day of its life counts.

    The address is the exempt company's as the certificate names it. A certificate that was found valid is never
    written over: a newer version `replaces` it, and each covers what was bought within its own life.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="certificates")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="certificates")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    revision = models.PositiveIntegerField(default=1)
    """Which version of the certificate it is."""
    replaces = models.OneToOneField("self", models.PROTECT, related_name="replaced_by", null=True, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.UPLOAD)

    reason = models.CharField(max_length=1, choices=Reason.choices, blank=True)
    tax_id_type = models.CharField(max_length=10, choices=TaxIdType.choices, blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    state_of_issue = models.CharField(max_length=2, blank=True)
    """The state of the United States whose tax it lifts, by its two letters."""
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    business_type = models.CharField(max_length=2, choices=BusinessType.choices, blank=True)
    address2 = models.CharField(max_length=300, blank=True)
    notes = models.TextField(blank=True)

    assignee = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="certificates")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    """When it was found valid or marked invalid."""
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    missing = models.JSONField(default=list, blank=True)
    """What an invalid one lacks: keys of `taxexempt.wording.POINTS`."""
    invalid_reason = models.CharField(max_length=300, blank=True)
    reminded_days = models.PositiveSmallIntegerField(default=0)
    """How many days before its end the customer was last reminded; 0: not yet."""
    renewal_asked_at = models.DateTimeField(null=True, blank=True)
    form_token = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 -- unique where there is one
    """The one-time key of the form by which it was added."""
    history = HistoricalRecords(excluded_fields=["form_token"])

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="certificate_status_is_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="certificate_life_not_reversed",
                condition=Q(issued_on=None) | Q(expires_on=None) | Q(expires_on__gte=F("issued_on")),
            ),
            models.CheckConstraint(
                name="covering_certificate_is_whole",
                condition=~Q(status__in=COVERING)
                | (~Q(tax_id="") & ~Q(state_of_issue="") & Q(issued_on__isnull=False, expires_on__isnull=False)),
            ),
            models.CheckConstraint(
                name="decided_certificate_has_its_moment",
                condition=Q(status__in=WAITING) | Q(decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="invalid_certificate_says_why", condition=~Q(status=Status.INVALID) | ~Q(invalid_reason="")
            ),
            models.CheckConstraint(
                name="newer_certificate_version_replaces", condition=Q(revision=1) | Q(replaces__isnull=False)
            ),
            models.UniqueConstraint(fields=["customer", "form_token"], name="certificate_once_per_form"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["client", "status", "-created_at"], name="certificate_by_status"),
            models.Index(fields=["customer", "state_of_issue", "issued_on"], name="certificate_by_state"),
            models.Index(fields=["client", "tax_id"], name="certificate_by_tax_id"),
            models.Index(fields=["expires_on"], name="valid_by_last_day", condition=Q(status=Status.VALID)),
        ]

    def __str__(self) -> str:
        return f"Certificate {self.pk}"

    @property
    def status_label(self) -> str:
        """The status as shown to people."""
        return LABELS[self.status]

    def covers(self, on: date) -> bool:
        """Whether a purchase of the client's day `on` lies within its life."""
        if self.status not in COVERING or self.issued_on is None or self.expires_on is None:
            return False
        return self.issued_on <= on <= self.expires_on

    def move(self, step: Transition) -> None:
        """Take one step of the life cycle; raises Refused when it may not start here. Saves nothing."""
        step.check(self.status, label_of=LABELS)
        self.status = step.target


class OfCertificateQuerySet(TenantQuerySet["CertificateFile"]):
    """Files are their certificate's client's."""

    client_path = "certificate__client"


class CertificateFile(models.Model):
    """A certificate as it came in: the form itself, letters that belong to it."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="files")
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OfCertificateQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["certificate", "sha256"], name="certificate_file_once"),
        ]

    def __str__(self) -> str:
        return self.filename
