"""The purchase and everything recorded with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from accounts.models import Client, User
from accounts.querysets import SearchQuerySet, TenantQuerySet
from core.money import Money
from customers.models import Address, ContactKind, Customer, CustomerType
from partners.models import Partner
from purchases.policy import PolicyTerms
from purchases.querysets import MISSING, OPEN_MINOR, Bare, PurchaseQuerySet
from purchases.states import LABELS, OPEN, Status
from taxexempt.models import Certificate

if TYPE_CHECKING:
    from datetime import date

    from core.transitions import Transition


class DeliveryKind(models.TextChoices):
    """How a product reaches the customer."""

    KEY = "key", "License key"
    DOWNLOAD = "download", "Download link"


class Product(models.Model):
    """A piece of software that a client sells."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="products")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    tax_category = models.CharField(max_length=40, default="standard")
    delivery = models.CharField(max_length=10, choices=DeliveryKind.choices, default=DeliveryKind.KEY)
    download_url = models.URLField(blank=True)
    generator_url = models.URLField(blank=True)
    client_handles_errors = models.BooleanField(default=False)
    low_stock_at = models.PositiveIntegerField(default=10)
    is_active = models.BooleanField(default=True)
    history = HistoricalRecords()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "code"], name="product_code_once_per_client"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class ProductPrice(models.Model):
    """A product's net price in one currency."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    currency = models.CharField(max_length=3)
    unit_minor = models.BigIntegerField()
    history = HistoricalRecords()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "currency"], name="one_price_per_currency"),
            models.CheckConstraint(name="price_not_negative", condition=Q(unit_minor__gte=0)),
        ]

    def __str__(self) -> str:
        return str(self.price)

    @property
    def price(self) -> Money:
        """The net price of one unit."""
        return Money(self.unit_minor, self.currency)


class Policy(models.Model):
    """One version of a client's rules for purchase orders; a purchase keeps the version it was placed under."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="policies")
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    offered_at_checkout = models.BooleanField(default=True)
    on_request = models.BooleanField(default=True)
    eligible_types = models.JSONField(default=list)
    minimum = models.JSONField(default=dict)
    maximum = models.JSONField(default=dict)
    countries = models.JSONField(default=list)
    review = models.BooleanField(default=True)
    reviewer = models.CharField(max_length=10, choices=[("client", "Client"), ("platform", "Platform")])
    four_eyes = models.BooleanField(default=False)
    po_number_required = models.BooleanField(default=False)
    accepted_channels = models.JSONField(default=list)
    term_days = models.PositiveIntegerField(choices=[(14, "14 days"), (30, "30 days"), (60, "60 days")], default=30)
    delivery = models.CharField(max_length=10, choices=[("immediate", "Immediate"), ("prepaid", "Prepaid")])
    document_deadline_days = models.PositiveIntegerField(default=30)
    dunning = models.BooleanField(default=True)
    cancel_step = models.BooleanField(default=True)
    cancel_after_business_days = models.PositiveIntegerField(choices=[(2, "2"), (3, "3")], default=3)
    partner_pos_allowed = models.BooleanField(default=True)
    texts = models.JSONField(default=dict)
    comment = models.CharField(max_length=300, blank=True)
    trusted_customers = models.ManyToManyField(Customer, blank=True, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "version"], name="policy_version_once_per_client"),
            models.CheckConstraint(name="term_is_14_30_or_60", condition=Q(term_days__in=[14, 30, 60])),
        ]

    def __str__(self) -> str:
        return f"{self.client}, version {self.version}"

    @property
    def terms(self) -> PolicyTerms:
        """The rules as plain values for the pure decisions."""
        return PolicyTerms(
            offered_at_checkout=self.offered_at_checkout,
            on_request=self.on_request,
            eligible_types=frozenset(self.eligible_types),
            minimum=self.minimum,
            maximum=self.maximum,
            countries=frozenset(self.countries),
            review=self.review,
            reviewer=self.reviewer,
            four_eyes=self.four_eyes,
            po_number_required=self.po_number_required,
            term_days=self.term_days,
            delivery=self.delivery,
            document_deadline_days=self.document_deadline_days,
            dunning=self.dunning,
            cancel_step=self.cancel_step,
            cancel_after_business_days=self.cancel_after_business_days,
            partner_pos_allowed=self.partner_pos_allowed,
        )


class Source(models.TextChoices):
    """Where an order came in."""

    CHECKOUT = "checkout", "Checkout"
    PARTNER = "partner", "Partner portal"
    OFFLINE = "offline", "Keyed in by Customer Service"
    QUOTE = "quote", "Quote"
    IMPORT = "import", "Import"


class PaymentType(models.TextChoices):
    """How a purchase will be paid."""

    WIRE = "wire", "Wire transfer"
    CHECK = "check", "Check"
    CARD = "card", "Card"


class Purchase(models.Model):
    """An order and everything recorded with it. Amounts are minor units of `currency`; days are the client's."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="purchases")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="purchases")
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="purchases", null=True, blank=True)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="purchases")
    reference = models.CharField(max_length=9, unique=True)
    external_id = models.CharField(max_length=60, null=True, blank=True, unique=True)
    form_token = models.CharField(max_length=64, null=True, blank=True, unique=True)
    status = models.CharField(max_length=3, choices=Status.choices)
    version = models.PositiveIntegerField(default=0)
    source = models.CharField(max_length=10, choices=Source.choices)
    is_test = models.BooleanField(default=False)
    is_po = models.BooleanField(default=False)
    is_reviewed = models.BooleanField(default=False)
    po_number = models.CharField(max_length=60, blank=True)
    payment_type = models.CharField(max_length=10, choices=PaymentType.choices, default=PaymentType.WIRE)
    customer_type = models.CharField(max_length=3, choices=CustomerType.choices)
    vat_id = models.CharField(max_length=30, blank=True)
    exempt_by = models.ForeignKey(Certificate, models.PROTECT, related_name="purchases", null=True, blank=True)
    """The certificate under which it is billed without tax."""
    language = models.CharField(max_length=5, default="en")
    card_last4 = models.CharField(max_length=4, blank=True)
    coupon = models.CharField(max_length=60, blank=True)
    remote_address = models.CharField(max_length=45, blank=True)

    billing_company = models.CharField(max_length=300, blank=True)
    billing_last_name = models.CharField(max_length=150, blank=True)
    billing_email = models.CharField(max_length=254, blank=True)

    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)

    term_days = models.PositiveIntegerField()
    ordered_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    document_received_at = models.DateTimeField(null=True, blank=True)
    document_asked_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)

    held_at = models.DateTimeField(null=True, blank=True)
    hold_until = models.DateField(null=True, blank=True)
    hold_reason = models.CharField(max_length=300, blank=True)
    is_disputed = models.BooleanField(default=False)
    """The hold is a dispute: the customer says that the claim, or a part of it, is not owed."""
    promised_until = models.DateField(null=True, blank=True)
    kept_active_at = models.DateTimeField(null=True, blank=True)
    next_action_on = models.DateField(null=True, blank=True)
    dunning_level = models.PositiveSmallIntegerField(default=0)

    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    history = HistoricalRecords(excluded_fields=["next_action_on"])

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="status_is_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="gross_is_net_plus_tax", condition=Q(gross_minor=F("net_minor") + F("tax_minor"))
            ),
            models.CheckConstraint(name="amounts_not_negative", condition=Q(paid_minor__gte=0, refunded_minor__gte=0)),
            models.CheckConstraint(name="refunds_within_payments", condition=Q(refunded_minor__lte=F("paid_minor"))),
            models.CheckConstraint(
                name="paid_purchase_is_covered",
                condition=~Q(status=Status.PAID) | Q(paid_minor__gte=F("gross_minor")),
            ),
            models.CheckConstraint(
                name="covered_purchase_not_open",
                condition=~Q(status__in=OPEN)
                | Q(paid_minor__lt=F("gross_minor") + F("refunded_minor"))
                | Q(gross_minor=0),
            ),
            models.CheckConstraint(
                name="released_with_due_day",
                condition=Q(released_at=None, due_on=None) | Q(released_at__isnull=False, due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="accepted_po_was_released",
                condition=~Q(status=Status.PURCHASE_ORDER) | Q(released_at__isnull=False, is_po=True),
            ),
            models.CheckConstraint(
                name="approved_by_and_at",
                condition=Q(approved_by=None, approved_at=None) | Q(approved_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["client", "status", "-ordered_at"], name="purchase_by_status"),
            models.Index(fields=["-ordered_at", "-id"], name="purchase_by_age"),
            models.Index(fields=["status", "-ordered_at"], name="purchase_by_status_of_all"),
            models.Index(fields=["currency", "-ordered_at"], name="purchase_by_currency"),
            models.Index(fields=["billing_company", "id"], name="purchase_by_company"),
            models.Index(fields=["gross_minor", "id"], name="purchase_by_amount"),
            models.Index(fields=["due_on", "id"], name="purchase_by_due_day"),
            models.Index(fields=["status", "id"], name="purchase_by_status_alone"),
            models.Index(OPEN_MINOR, F("id"), name="purchase_by_open_amount"),
            models.Index(fields=["paid_at"], name="purchase_by_payment"),
            models.Index(fields=["due_on"], name="accepted_by_due_day", condition=Q(status=Status.PURCHASE_ORDER)),
            models.Index(fields=["client", "next_action_on"], name="open_by_next_action", condition=Q(status__in=OPEN)),
            models.Index(fields=["po_number"], name="purchase_by_po_number"),
            models.Index(F("client"), Bare("po_number"), name="purchase_by_bare_po_number"),
            models.Index(F("client"), F("currency"), MISSING, name="purchase_by_missing_amount"),
            models.Index(fields=["billing_email"], name="purchase_by_email"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def status_label(self) -> str:
        """The status as shown to people."""
        return LABELS[self.status]

    @property
    def gross(self) -> Money:
        """The whole amount, tax included."""
        return Money(self.gross_minor, self.currency)

    @property
    def net(self) -> Money:
        """The amount before tax."""
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        """The tax."""
        return Money(self.tax_minor, self.currency)

    @property
    def paid(self) -> Money:
        """All money ever received, refunds not subtracted."""
        return Money(self.paid_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """All money given back."""
        return Money(self.refunded_minor, self.currency)

    @property
    def kept(self) -> Money:
        """The money that is there: received and not given back."""
        return Money(self.paid_minor - self.refunded_minor, self.currency)

    @property
    def is_open(self) -> bool:
        """Whether money is expected."""
        return self.status in OPEN

    @property
    def open_amount(self) -> Money:
        """What is left to pay while the purchase is open, else zero."""
        return Money(self.gross_minor - self.kept.minor if self.is_open else 0, self.currency)

    @property
    def is_partly_paid(self) -> bool:
        """Whether some, but not all, of the money came."""
        return 0 < self.kept.minor < self.gross_minor

    @property
    def ordered_on(self) -> date:
        """The client's day of the order."""
        return self.ordered_at.astimezone(self.client.zone).date()

    @property
    def released_on(self) -> date | None:
        """The client's day of the release: day zero."""
        return self.released_at.astimezone(self.client.zone).date() if self.released_at else None

    def is_held(self, on: date) -> bool:
        """Whether a hold blocks the client's day `on`; `hold_until` is the last held day."""
        return self.held_at is not None and (self.hold_until is None or on <= self.hold_until)

    def is_promised(self, on: date) -> bool:
        """Whether a promise to pay covers the client's day `on`."""
        return self.promised_until is not None and on <= self.promised_until

    def move(self, step: Transition) -> None:
        """Take one step of the life cycle; raises Refused when it may not start here. Saves nothing."""
        step.check(self.status, label_of=LABELS)
        self.status = step.target


class OfPurchaseQuerySet(TenantQuerySet[models.Model]):
    """Rows that belong to a purchase and so to its client."""

    client_path = "purchase__client"


class PurchaseContact(Address):
    """Billing, delivery or licensee address as it was given with the order."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=ContactKind.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase", "kind"], name="one_contact_per_purchase_and_kind"),
        ]


class PurchaseItem(models.Model):
    """One line of a purchase. Amounts are minor units of the purchase's currency."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    product_code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_minor = models.BigIntegerField()
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    gross_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase", "position"], name="item_position_once_per_purchase"),
            models.CheckConstraint(
                name="item_gross_is_net_plus_tax", condition=Q(gross_minor=F("net_minor") + F("tax_minor"))
            ),
            models.CheckConstraint(name="item_quantity_positive", condition=Q(quantity__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class XParameter(models.Model):
    """A key and value that the client attaches to a purchase, for its own reports."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="x_parameters")
    key = models.CharField(max_length=100)
    value = models.CharField(max_length=255)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase", "key"], name="x_parameter_once_per_purchase"),
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class Channel(models.TextChoices):
    """How a PO document came in."""

    EMAIL = "email", "E-mail"
    FAX = "fax", "Fax"
    LETTER = "letter", "Letter"
    UPLOAD = "upload", "Upload"


class PoDocument(models.Model):
    """The customer's signed order on letterhead, as received."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="po_documents")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    filename = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=50, blank=True)
    content = models.BinaryField(null=True, blank=True)

    objects = OfPurchaseQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["purchase", "received_at"], name="po_document_by_purchase")]

    def __str__(self) -> str:
        return self.filename or self.get_channel_display()


class ReviewCheck(models.Model):
    """One line of the reviewer's checklist, ticked or found wanting by a person."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="review_checks")
    key = models.CharField(max_length=30)
    is_met = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase", "key"], name="review_check_once_per_purchase"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.is_met}"


class StatusLink(models.Model):
    """The customer's own page of an order, by a link that only they have; only its hash is kept.

    `opened_at` is when somebody last looked, to a few minutes.
    """

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="status_links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = OfPurchaseQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.purchase_id} {self.created_at}"


class LicenseKey(models.Model):
    """One key of a product's key list; delivered at most once."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="keys")
    code = models.CharField(max_length=200)
    item = models.ForeignKey(PurchaseItem, models.PROTECT, null=True, blank=True, related_name="keys")
    delivered_at = models.DateTimeField(null=True, blank=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "code"], name="key_once_per_product"),
            models.CheckConstraint(
                name="delivered_key_has_item",
                condition=Q(item=None, delivered_at=None) | Q(item__isnull=False, delivered_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "id"], name="free_key_by_product", condition=Q(item=None)),
        ]

    def __str__(self) -> str:
        return self.code


class KeyRequest(models.Model):
    """A key that is still owed for an item, asked for again until it is there; `next_at` empty means given up."""

    item = models.OneToOneField(PurchaseItem, models.PROTECT, related_name="key_request", primary_key=True)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_at"], name="key_request_by_time", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.attempts}"


class Payment(models.Model):
    """Money received for a purchase."""

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="payments")
    at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    method = models.CharField(max_length=20)
    bank_reference = models.CharField(max_length=140, blank=True)
    dedupe_key = models.CharField(max_length=140, unique=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="payment_is_positive", condition=Q(amount_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount_minor} {self.method}"


class RefundKind(models.TextChoices):
    """What money is given back for."""

    TOTAL = "total", "Total"
    ITEMS = "items", "Items"
    AMOUNT = "amount", "Partial amount"
    TAX = "tax", "Tax only"
    RETURN_PAYMENT = "return_payment", "Return payment"
    CHARGE_BACK = "charge_back", "Charge back"


class CustomerReason(models.TextChoices):
    """Why money is given back, as the customer reads it."""

    UNWANTED = "unwanted", "Unwanted"
    WRONG_PRODUCT = "wrong_product", "Wrong product"
    TECHNICAL_ISSUE = "technical_issue", "Technical issue"
    DUPLICATE = "duplicate", "Duplicate"
    DISSATISFIED = "dissatisfied", "Dissatisfied"
    NOT_DELIVERED = "not_delivered", "Not delivered"
    PRICE_CORRECTION = "price_correction", "Price correction"
    TAX_EXEMPTION = "tax_exemption", "Tax exemption"
    OVERPAYMENT = "overpayment", "Overpayment"
    GOODWILL = "goodwill", "Goodwill"
    FRAUD = "fraud", "Fraud"
    OTHER = "other", "Other"


class Refund(models.Model):
    """Money that went back. Minor units; `tax_minor` is the tax within the amount.

    `parts` is what it took off the sale, a list of [tax percent, net, tax]; empty where only money moved.
    """

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="refunds")
    at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(null=True, blank=True)
    parts = models.JSONField(default=list)
    credit_note = models.ForeignKey("Document", models.PROTECT, null=True, blank=True, related_name="refunds")
    kind = models.CharField(max_length=20, choices=RefundKind.choices, default=RefundKind.AMOUNT)
    customer_reason = models.CharField(max_length=20, choices=CustomerReason.choices, default=CustomerReason.OTHER)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    dedupe_key = models.CharField(max_length=140, unique=True, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="refund_is_positive", condition=Q(amount_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return str(self.amount_minor)


class RefundItem(models.Model):
    """How many pieces of an item a refund gave back, and for how much; minor units, tax included."""

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="items")
    item = models.ForeignKey(PurchaseItem, models.PROTECT, related_name="refunds")
    quantity = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["refund", "item"], name="refund_item_once"),
            models.CheckConstraint(name="refund_item_is_positive", condition=Q(quantity__gt=0, amount_minor__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item_id}"


class DocumentKind(models.TextChoices):
    """What a document is; the value is also its number series' prefix where it has one."""

    INVOICE = "INV", "Invoice"
    PROFORMA = "PFI", "Pro-forma invoice"
    RECEIPT = "RCP", "Receipt"
    CREDIT_NOTE = "CRN", "Credit note"
    CONFIRMATION = "OCF", "Order confirmation"
    QUOTE = "QUO", "Quote"
    NOTICE_1 = "PDN1", "Payment delinquency notice 1"
    NOTICE_2 = "PDN2", "Payment delinquency notice 2"
    NOTICE_3 = "PDN3", "Payment delinquency notice 3"
    STATEMENT = "STM", "Partner statement"


class NumberSeries(models.Model):
    """The last number given out for a client, kind and year; locked while the next one is taken, so without gaps."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "kind", "year"], name="one_series_per_client_kind_year"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}-{self.year}"


class Document(models.Model):
    """A document as issued: all it says is frozen in `data`; its PDF is rendered once and kept byte for byte."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="documents")
    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="documents", null=True, blank=True)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="documents", null=True, blank=True)
    kind = models.CharField(max_length=5, choices=DocumentKind.choices)
    number = models.CharField(max_length=40)
    language = models.CharField(max_length=5)
    template = models.CharField(max_length=100)
    data = models.JSONField()
    issued_at = models.DateTimeField()
    corrects = models.ForeignKey("self", models.PROTECT, related_name="corrected_by", null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "number"], name="document_number_once_per_client"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["purchase", "issued_at"], name="document_by_purchase"),
            models.Index(fields=["number"], name="document_by_number"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def filename(self) -> str:
        """The name under which the PDF is sent and saved."""
        return f"{self.number}.pdf"


class DocumentFile(models.Model):
    """The bytes of a document's PDF, written once."""

    document = models.OneToOneField(Document, models.PROTECT, related_name="file", primary_key=True)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    rendered_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class Nature(models.TextChoices):
    """Which way a piece of history went."""

    INBOUND = "inbound", "Inbound"
    OUTBOUND = "outbound", "Outbound"
    CLIENT = "client", "Client"
    INTERNAL = "internal", "Internal"
    SYSTEM = "system", "System"


class Method(models.TextChoices):
    """By which means."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"
    FAX = "fax", "Fax"
    LETTER = "letter", "Letter"
    WEB = "web", "Web"
    NONE = "none", "–"


class HistoryEntry(models.Model):
    """One thing that happened with a purchase: when, who (empty = automatic), what and why."""

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="entries")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    event = models.CharField(max_length=40)
    nature = models.CharField(max_length=10, choices=Nature.choices, default=Nature.SYSTEM)
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.NONE)
    note = models.CharField(max_length=300)
    detail = models.TextField(blank=True)
    reason = models.CharField(max_length=300, blank=True)
    link = models.CharField(max_length=300, blank=True)
    is_internal = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["purchase", "-at"], name="history_by_purchase")]

    def __str__(self) -> str:
        return self.note


class StatementFormat(models.TextChoices):
    """How a bank writes its statements."""

    CAMT = "camt.053", "CAMT.053"
    MT940 = "mt940", "MT940"
    CSV = "csv", "CSV"


class BankStatement(models.Model):
    """A bank's list of movements on one of a client's accounts, as imported; the same file only once."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="bank_statements")
    format = models.CharField(max_length=10, choices=StatementFormat.choices)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    account = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3)
    imported_at = models.DateTimeField()
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "sha256"], name="bank_statement_once_per_client"),
        ]
        indexes: ClassVar = [models.Index(fields=["client", "-imported_at"], name="bank_statement_by_age")]

    def __str__(self) -> str:
        return self.filename


class LineStatus(models.TextChoices):
    """What became of a line of a bank statement."""

    PROPOSED = "proposed", "Proposed"
    UNMATCHED = "unmatched", "Unmatched"
    BOOKED = "booked", "Booked"
    IGNORED = "ignored", "Set aside"


class BankLine(models.Model):
    """One movement on a client's account; `fingerprint` tells it from every other, also in another file.

    `purchase` is the proposal, then what it was booked on; `amount_minor` is negative for money that went out.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="bank_lines")
    statement = models.ForeignKey(BankStatement, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField()
    fingerprint = models.CharField(max_length=64)
    booked_on = models.DateField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    payer = models.CharField(max_length=200, blank=True)
    payer_account = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=10, choices=LineStatus.choices)
    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="bank_lines", null=True, blank=True)
    grounds = models.JSONField(default=list)
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="bank_line", null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "fingerprint"], name="bank_line_once_per_client"),
            models.CheckConstraint(
                name="booked_bank_line_has_payment",
                condition=~Q(status=LineStatus.BOOKED) | Q(payment__isnull=False, purchase__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["client", "status", "-booked_on"], name="bank_line_by_status")]

    def __str__(self) -> str:
        return f"{self.amount} from {self.payer[:30] or 'somebody'}, {self.booked_on}"

    @property
    def amount(self) -> Money:
        """What moved; negative went out."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody has to decide about it."""
        return self.status in {LineStatus.PROPOSED, LineStatus.UNMATCHED}


class CsvMapping(models.Model):
    """How one bank's CSV names its columns, kept so that the next file needs no questions."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="csv_mappings")
    name = models.CharField(max_length=100)
    columns = models.JSONField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client", "name"], name="csv_mapping_once_per_client"),
        ]

    def __str__(self) -> str:
        return self.name


class BankFile(models.Model):
    """A bank's file on its way in: stored by the page that took it, read by the worker.

    `client` is known before it is read only where somebody chose it; `layout` says how a CSV is to be read. Of `total`
    lines `done` are compared. `problem` says why nothing of it was imported, or not the rest. The content goes
    once it is finished.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="bank_files", null=True, blank=True)
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    layout = models.JSONField(null=True, blank=True)
    mapping = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    claimed_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    known_count = models.PositiveIntegerField(default=0)
    known_lines = models.JSONField(default=list)
    statement = models.OneToOneField(BankStatement, models.PROTECT, related_name="file", null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="bank_file_waiting", condition=Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def new_count(self) -> int:
        """How many of its lines were in no earlier file."""
        return self.done - self.known_count


class PurchaseSearch(models.Model):
    """What a purchase is found by, folded (`core.folding`), in a narrow table of its own; rebuilt by one command.

    Single columns answer the beginnings of what people type; `text` holds all of it for a part in the middle.
    """

    purchase = models.OneToOneField(Purchase, models.CASCADE, related_name="search", primary_key=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+", db_index=False)
    ordered_at = models.DateTimeField()
    email = models.CharField(max_length=254, blank=True)
    po_number = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    company = models.CharField(max_length=300, blank=True)
    text = models.TextField()

    objects = SearchQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["email"], opclasses=["varchar_pattern_ops"], name="search_by_email"),
            models.Index(fields=["po_number"], opclasses=["varchar_pattern_ops"], name="search_by_po_number"),
            models.Index(fields=["last_name"], opclasses=["varchar_pattern_ops"], name="search_by_last_name"),
            models.Index(fields=["company"], opclasses=["varchar_pattern_ops"], name="search_by_company"),
            models.Index(fields=["client", "-ordered_at"], name="search_newest"),
            models.Index(fields=["-ordered_at"], name="search_newest_of_all"),
        ]

    def __str__(self) -> str:
        return str(self.purchase_id)


class Presence(models.Model):
    """Who has a purchase open and when they last looked, so that two people don't work on it unknowingly."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["purchase", "user"], name="presence_once_per_purchase_and_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.seen_at}"


class PurchaseFile(models.Model):
    """A file that somebody put with a purchase: a letter, a picture of a screen, notes of a call."""

    purchase = models.ForeignKey(Purchase, models.PROTECT, related_name="files")
    filename = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    is_internal = models.BooleanField(default=False)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = OfPurchaseQuerySet.as_manager()

    def __str__(self) -> str:
        return self.filename


class NumberList(models.Model):
    """Numbers that somebody pasted to find their purchases; the address of the list names it, so it can be shared."""

    token = models.CharField(max_length=32, unique=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+", null=True, blank=True)
    """Whose people may read it; none: the platform's."""
    numbers = models.JSONField()
    created_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="number_list_by_age")]

    def __str__(self) -> str:
        return self.token
