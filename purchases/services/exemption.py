"""What a certificate changes in purchases that were taxed before it was found valid.

Tax that was paid goes back while the order is at most 90 days old; what is unpaid is billed anew without tax. Neither
happens without a person who looked at the list. For new orders `place_order` asks for the certificate by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.money import Money
from core.refused import Refused
from customers.models import ContactKind
from purchases import emails
from purchases.documents import billing_contact
from purchases.models import CustomerReason, Document, DocumentKind, Purchase, PurchaseItem, RefundKind
from purchases.services.correction import Undone, bill_anew, undo_bill
from purchases.services.credit import Wish, worth_of
from purchases.services.history import Note, report, save_change
from purchases.services.payment import settle
from purchases.services.refund import refund_purchase
from purchases.signals import late_money
from purchases.states import OPEN, SETTLE, WON, Status
from taxexempt.models import Certificate
from taxexempt.states import COVERING
from taxexempt.states.places import NAMES, state_code

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User

REFUND_DAYS: Final = 90
"""How old an order may be whose tax is given back."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a certificate does to one taxed purchase: how much tax it takes off, or why it does not."""

    purchase: Purchase
    tax: Money
    why_not: str = ""

    @property
    def is_refund(self) -> bool:
        """Whether money goes back; else the purchase is unpaid and billed anew."""
        return self.purchase.status in WON

    @property
    def gross_after(self) -> Money:
        """What the purchase comes to without its tax."""
        return self.purchase.net


def changes_of(certificate: Certificate, *, on: date) -> list[Change]:
    """List what a certificate changes on the client's day `on`: its customer's taxed purchases, the newest first.

    What is canceled, refunded or charged back is past changing and left out; so is what it does not cover.
    """
    if certificate.status not in COVERING or certificate.issued_on is None or certificate.expires_on is None:
        return []
    zone = certificate.client.zone
    begin, end = (datetime.combine(day, time.min, zone) for day in (certificate.issued_on, certificate.expires_on))
    rows = Purchase.objects.with_parties().filter(
        customer=certificate.customer_id,
        status__in=OPEN | WON | {Status.QUOTE},
        tax_minor__gt=0,
        ordered_at__gte=begin,
        ordered_at__lt=end + timedelta(days=1),
        contacts__kind=ContactKind.BILLING,
        contacts__country="US",
    )
    rows = rows.prefetch_related("contacts", "items").order_by("-ordered_at", "-pk")
    of_state = [purchase for purchase in rows if _state_of(purchase) == certificate.state_of_issue]
    return [change for purchase in of_state if (change := change_of(purchase, certificate, on=on)).tax]


def change_of(purchase: Purchase, certificate: Certificate, *, on: date) -> Change:
    """Work out what a certificate changes in one purchase on the client's day `on`, without doing it."""
    tax = purchase.tax
    if purchase.status in WON and purchase.refunded_minor:  # a query each: only where some of it may have gone back
        tax = Money(worth_of(purchase).tax_minor, purchase.currency)
    return Change(purchase, tax, _why_not(purchase, certificate, tax, on=on))


def _why_not(purchase: Purchase, certificate: Certificate, tax: Money, *, on: date) -> str:
    if certificate.customer_id != purchase.customer_id or _state_of(purchase) != certificate.state_of_issue:
        return f"{certificate} is of another customer or state."
    if not certificate.covers(purchase.ordered_on):
        return f"{certificate} does not cover the day of the order."
    return _why_not_now(purchase, on=on) if tax else "No tax is left on it."


def _why_not_now(purchase: Purchase, *, on: date) -> str:
    age = (on - purchase.ordered_on).days
    if purchase.status in OPEN or (purchase.status in WON and age <= REFUND_DAYS):
        return ""
    if purchase.status in WON:
        return f"It was ordered {age} days ago: tax goes back within {REFUND_DAYS} days."
    if purchase.status == Status.QUOTE:
        return "Prices and tax of a quote are frozen: revise the quote."
    return f"It is {purchase.status_label}: its tax stays as it is."


def _state_of(purchase: Purchase) -> str:
    contact = billing_contact(purchase)
    return state_code(contact.state) if contact is not None and contact.country == "US" else ""


@transaction.atomic
def apply_certificate(purchase: Purchase, *, certificate: Certificate, by: User, at: datetime) -> Purchase:
    """Take the tax off a purchase that a valid certificate covers: paid tax goes back, an unpaid order is billed anew.

    Raises Refused with the sentence of the list where that can't be (any more).
    """
    # The purchase first, as everywhere; marking the certificate invalid at the same time comes first or waits.
    purchase = Purchase.objects.lock(purchase)
    certificate = Certificate.objects.lock(certificate)
    change = change_of(purchase, certificate, on=at.astimezone(purchase.client.zone).date())
    if change.why_not:
        raise Refused(change.why_not, "exemption")
    reason = f"{certificate} of {NAMES[certificate.state_of_issue]} covers the order"
    if change.is_refund:
        return refund_purchase(
            purchase,
            wish=Wish(RefundKind.TAX),
            customer_reason=CustomerReason.TAX_EXEMPTION,
            reason=reason,
            by=by,
            at=at,
        )
    return _bill_without_tax(purchase, certificate, reason=reason, by=by, at=at)


def _bill_without_tax(purchase: Purchase, certificate: Certificate, *, reason: str, by: User, at: datetime) -> Purchase:
    """Take the tax off a locked open purchase and issue its bill anew. Money that covers the rest settles it."""
    undone = undo_bill(purchase, at=at)
    if undone.replaced is None:  # nothing was billed yet: the confirmation is what names the total
        confirmations = Document.objects.filter(purchase=purchase, kind=DocumentKind.CONFIRMATION)
        undone = Undone(confirmations.order_by("-pk").first())
    before, items = purchase.gross, list(PurchaseItem.objects.filter(purchase=purchase))
    for item in items:
        item.tax_percent, item.tax_minor, item.gross_minor = Decimal(0), 0, item.net_minor
    PurchaseItem.objects.bulk_update(items, ["tax_percent", "tax_minor", "gross_minor"])
    purchase.tax_minor, purchase.gross_minor = 0, purchase.net_minor
    purchase.exempt_by = certificate
    is_covered, surplus = purchase.kept >= purchase.gross, purchase.kept - purchase.gross
    if is_covered:
        purchase.move(SETTLE)
        purchase.paid_at = purchase.closed_at = at
    text = f"Tax taken off: {before} → {purchase.gross}" + ("; fully paid" if is_covered else "")
    save_change(purchase, Note("corrected", text, reason=reason), by=by, at=at)
    bill_anew(purchase, undone, tell=emails.tax_removed, at=at)
    if is_covered:
        settle(purchase, SETTLE, by=by, at=at)
    if surplus.minor > 0:
        late_money.send(Purchase, purchase=purchase, amount=surplus, at=at)
    report(purchase, "corrected", at=at)
    return purchase
