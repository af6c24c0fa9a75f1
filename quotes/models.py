"""The quote link, a template by which customers ask for a quote, and the revisions of the quotes made from it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from simple_history.models import HistoricalRecords

from accounts.models import Client, User
from accounts.querysets import TenantQuerySet
from core.money import Money
from core.tokens import hash_of
from purchases.models import Document, Product, Purchase
from quotes.querysets import QuoteLinkQuerySet, QuoteQuerySet

if TYPE_CHECKING:
    from datetime import datetime

LINK_SALT: Final = "quotes.quote_link"
QUOTE_SALT: Final = "quotes.quote"
ORDER_SALT: Final = "quotes.quote_order"
SEED_BYTES: Final = 32
SEED_LENGTH: Final = 43
LONGEST_VALIDITY: Final = 365
LONGEST_REMARK: Final = 1_000


def new_seed() -> str:
    """Draw what a link's secret is made from."""
    return secrets.token_urlsafe(SEED_BYTES)


def token_of(seed: str, salt: str) -> str:
    """Make a link's secret from its seed and the server's key: it can be shown again, not by the database alone."""
    return salted_hmac(salt, seed, algorithm="sha256").hexdigest()


class QuoteLink(models.Model):
    """A template of an offer; who has its link can ask for a quote of it, while it is active."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="quote_links")
    title = models.CharField(max_length=200)
    language = models.CharField(max_length=5, default="en")
    currency = models.CharField(max_length=3)
    note = models.CharField(max_length=300, blank=True)
    """For colleagues alone."""
    message = models.TextField(blank=True)
    """For customers, on the page and in the quote."""
    validity_days = models.PositiveSmallIntegerField(default=30)
    may_change_quantity = models.BooleanField(default=True)
    may_order_on_po = models.BooleanField(default=True)
    x_parameters = models.JSONField(default=dict, blank=True)
    is_test = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=0)
    seed = models.CharField(max_length=SEED_LENGTH, default=new_seed, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="quote_links")
    form_token = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    """The one-time key of the form that made it."""
    history = HistoricalRecords(excluded_fields=["seed", "token_hash", "form_token"])

    objects = QuoteLinkQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="quote_validity_is_1_to_365_days", condition=Q(validity_days__range=(1, LONGEST_VALIDITY))
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["client", "-created_at"], name="quote_link_by_age")]

    def __str__(self) -> str:
        return self.title

    @property
    def token(self) -> str:
        """The secret in its protected link."""
        return token_of(self.seed, LINK_SALT)

    def hash_token(self) -> None:
        """Make the link known by its secret."""
        self.token_hash = hash_of(self.token)


class QuoteLinkItem(models.Model):
    """One product that a link offers; without a price of its own, the list's on the day of the quote."""

    link = models.ForeignKey(QuoteLink, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(default=1)
    unit_minor = models.BigIntegerField(null=True, blank=True)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)

    class ItemQuerySet(TenantQuerySet["QuoteLinkItem"]):
        """Items are their link's client's."""

        client_path = "link__client"

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["link", "position"], name="quote_link_position_once"),
            models.UniqueConstraint(fields=["link", "product"], name="quote_link_product_once"),
            models.CheckConstraint(name="quote_link_quantity_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="quote_link_price_not_negative", condition=Q(unit_minor=None) | Q(unit_minor__gte=0)
            ),
            models.CheckConstraint(
                name="quote_link_discount_is_a_percentage", condition=Q(discount_percent__range=(0, 100))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"

    @property
    def price(self) -> Money | None:
        """Its own price, if it has one."""
        return None if self.unit_minor is None else Money(self.unit_minor, self.link.currency)

    @property
    def offered_price(self) -> Money | None:
        """What a customer is asked for: its own price, else the list's; None where nothing can be quoted any more."""
        if not self.product.is_active or self.price is not None:
            return self.price if self.product.is_active else None
        return next((row.price for row in self.product.prices.all() if row.currency == self.link.currency), None)


class Quote(models.Model):
    """One revision of an offer to a customer: immutable once it was sent; a change is the next revision.

    The offer itself is its purchase in status Quote, under one reference number from the first revision to payment;
    what an earlier revision said stands in its `document`. Days are the client's.
    """

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="quotes")
    link = models.ForeignKey(QuoteLink, models.PROTECT, related_name="quotes")
    revision = models.PositiveSmallIntegerField(default=1)
    replaces = models.OneToOneField("self", models.PROTECT, related_name="replaced_by", null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)
    gross_minor = models.BigIntegerField()
    """What it comes to, tax included; the purchase knows that of the newest one alone."""
    message = models.TextField(blank=True)
    may_order_on_po = models.BooleanField(default=True)
    """Whether its link offered purchase orders when it was sent; the policy has its say, too."""
    valid_until = models.DateField()
    """The last day on which it may be accepted."""
    document = models.ForeignKey(Document, models.PROTECT, related_name="+", null=True, blank=True)
    seed = models.CharField(max_length=SEED_LENGTH, default=new_seed, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    form_token = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    """The one-time key of the form on which staff wrote it."""
    remark = models.TextField(blank=True)
    """What the customer added when asking for it; a revision has none of its own."""
    first_viewed_at = models.DateTimeField(null=True, blank=True)
    viewed_at = models.DateTimeField(null=True, blank=True)
    """When its page was last looked at, to a few minutes."""
    downloaded_at = models.DateTimeField(null=True, blank=True)
    """When its PDF was first opened from its page."""
    reminded_at = models.DateTimeField(null=True, blank=True)
    extended_at = models.DateTimeField(null=True, blank=True)
    extended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    expired_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who accepted it on the customer's behalf; empty when the customer did."""
    accept_remark = models.TextField(blank=True)
    """What the customer added when accepting it."""

    objects = QuoteQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase", "revision"], name="quote_revision_once_per_purchase"),
            models.UniqueConstraint(
                fields=["purchase"], condition=Q(replaced_at=None), name="one_current_quote_per_purchase"
            ),
            models.CheckConstraint(
                name="first_quote_replaces_none",
                condition=Q(revision=1, replaces=None) | Q(revision__gt=1, replaces__isnull=False),
            ),
            models.CheckConstraint(
                name="replaced_quote_not_accepted", condition=Q(replaced_at=None) | Q(accepted_at=None)
            ),
            models.CheckConstraint(name="quote_does_not_replace_itself", condition=~Q(replaces=F("pk"))),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["valid_until"],
                name="standing_quote_by_last_day",
                condition=Q(replaced_at=None, accepted_at=None, expired_at=None),
            ),
            models.Index(fields=["-created_at", "-id"], name="quote_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.purchase.reference}, revision {self.revision}"

    @property
    def token(self) -> str:
        """The secret in the link to its page."""
        return token_of(self.seed, QUOTE_SALT)

    def hash_token(self) -> None:
        """Make the quote known by its secret."""
        self.token_hash = hash_of(self.token)

    @property
    def order_token(self) -> str:
        """The secret in the link to the page of the order that it becomes."""
        return token_of(self.seed, ORDER_SALT)

    @property
    def gross(self) -> Money:
        """What it comes to, tax included."""
        return Money(self.gross_minor, self.purchase.currency)

    @property
    def is_current(self) -> bool:
        """Whether no later revision took its place."""
        return self.replaced_at is None

    def is_past(self, at: datetime) -> bool:
        """Whether its last day is over in the client's zone."""
        return self.valid_until < at.astimezone(self.purchase.client.zone).date()
