"""Which certificate an order is exempt under, and why a purchase bears the tax it bears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.letters import Formatter
from purchases.documents import billing_contact, buyer_place, items_of, seller_place
from purchases.selectors import other_than_on_file
from taxexempt.models import Certificate
from taxexempt.policy import Place, is_lifted
from taxexempt.policy.why import Billed, Paper, why_taxed
from taxexempt.selectors import covering

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from accounts.models import Client
    from customers.models import Customer
    from customers.services import CustomerInput
    from purchases.models import Purchase


def exemption_of(
    client: Client, customer: Customer, given: CustomerInput, percent: Decimal, *, on: date
) -> Certificate | None:
    """Find the certificate that lifts the tax of a customer's order with this address, at this rate, on this day."""
    billing = given.billing
    buyer = Place(billing.country, billing.state, billing.postal_code)
    if not is_lifted(percent, seller=seller_place(client), buyer=buyer):
        return None
    return covering(customer, buyer.country, buyer.subdivision, on)


@dataclass(frozen=True, slots=True)
class Cover:
    """The certificate that covers an order, and what of the order is other than on file: with that it is taxed."""

    certificate: Certificate | None = None
    gaps: Sequence[str] = ()

    @property
    def lifting(self) -> Certificate | None:
        """The certificate that takes the tax off."""
        return None if self.gaps else self.certificate


def cover_of(
    client: Client, customer: Customer, given: CustomerInput, percent: Decimal, *, on: date, is_proven: bool
) -> Cover:
    """Find what covers an order on a day; what anybody may have typed (not `is_proven`) has to be what is on file."""
    certificate = exemption_of(client, customer, given, percent, on=on)
    return Cover(certificate, other_than_on_file(customer, given) if certificate and not is_proven else ())


def billed_of(purchase: Purchase, *, is_given_back: bool = False) -> Billed | None:
    """Put together what a purchase's tax depends on; None where it has no billing address. Two queries at most."""
    contact = billing_contact(purchase)
    if contact is None:
        return None
    items, certificate = items_of(purchase), purchase.exempt_by
    is_asked = bool(purchase.tax_minor) and contact.country == "US"
    return Billed(
        percents=[item.tax_percent for item in items if item.net_minor] or [item.tax_percent for item in items],
        seller=seller_place(purchase.client),
        buyer=buyer_place(contact),
        vat_id=purchase.vat_id,
        customer_type=purchase.customer_type,
        on=purchase.ordered_on,
        papers=papers_of(purchase.customer_id) if is_asked else (),
        exempt_by="" if certificate is None else str(certificate),
        is_given_back=is_given_back,
    )


def papers_of(customer_pk: int) -> list[Paper]:
    """List a customer's certificates as the answer reads them. One query."""
    return [paper_of(row) for row in Certificate.objects.filter(customer=customer_pk).order_by("-pk")]


def paper_of(row: Certificate) -> Paper:
    """Bring a certificate into the form that the answer reads."""
    return Paper(str(row), row.status, row.state_of_issue, row.issued_on, row.expires_on, row.invalid_reason)


def tax_sentence(purchase: Purchase, *, language: str, is_given_back: bool = False) -> str:
    """Answer “why was this taxed?” for a reader of this language."""
    billed = billed_of(purchase, is_given_back=is_given_back)
    if billed is None:
        return "No billing address was given, so the rule that taxed it is not known."
    return why_taxed(billed, Formatter(language))


def certificate_of(purchase: Purchase) -> Certificate | None:
    """Find the certificate under which a purchase was billed without tax, else the one that covers it though taxed."""
    if purchase.exempt_by is not None or not purchase.tax_minor:
        return purchase.exempt_by
    contact = billing_contact(purchase)
    if contact is None:
        return None
    return covering(purchase.customer, contact.country, contact.state, purchase.ordered_on)
