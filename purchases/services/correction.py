"""Correcting what an order says of its customer: PO number, VAT ID, contacts. Prices and tax are never edited."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Final

from django.db import transaction

from accounts.roles import Right
from core.lengths import one_line, refuse_too_long
from core.refused import Refused
from customers.models import ContactKind
from customers.services import AddressInput, change_customer, save_contact
from purchases import emails
from purchases.documents import latest_invoice
from purchases.models import Document, DocumentKind, Purchase, PurchaseContact
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.states import CORRECTABLE, READDRESSABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from accounts.models import User

UNPRINTED: Final = frozenset({"email", "phone", "fax"})
"""Parts of the billing contact that stand on no document."""
NAMES: Final[dict[str, str]] = {"po_number": "PO number", "vat_id": "VAT ID", "email": "E-mail"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field's old and new value; `is_printed` says whether documents show it."""

    field: str
    before: str
    after: str
    is_printed: bool

    def __str__(self) -> str:
        return f"{self.field}: {self.before or '–'} → {self.after or '–'}"


@transaction.atomic
def correct_purchase(
    purchase: Purchase,
    *,
    by: User,
    at: datetime,
    reason: str,
    po_number: str | None = None,
    vat_id: str | None = None,
    contacts: Mapping[str, AddressInput] | None = None,
    for_customer_too: bool = False,
) -> Purchase:
    """Correct what is given: PO number and VAT ID, `contacts` by kind. What is as it was changes nothing.

    An invoice that shows the change is undone by a credit note and issued anew with the same due date; a pro-forma
    invoice is issued anew; the customer gets them. The customer's own record changes only `for_customer_too`.
    Raises Refused where that takes a credit note and `by` may not issue one, and once the documents have to stay as
    they are: when paid, or closed; delivery and licensee, which stand on no document, until refunded.
    """
    purchase = Purchase.objects.lock(purchase)
    contacts = contacts or {}
    changes = _correct_fields(purchase, po_number=po_number, vat_id=vat_id)
    corrected = _correct_contacts(purchase, contacts, changes)
    if not changes:
        return purchase
    undone = Undone()
    if any(change.is_printed for change in changes):
        refusal = credit_note_refusal(purchase, by)
        if refusal:
            raise Refused(refusal, "right")
        undone = undo_bill(purchase, at=at)
    for contact in corrected:
        contact.save()
    text = f"Corrected: {', '.join(change.field for change in changes)}"
    detail = "\n".join(str(change) for change in changes)
    if for_customer_too:  # before the partner's row: orders lock contacts first, too
        _correct_customer(purchase, contacts, vat_id=vat_id, by=by, at=at)
    save_change(purchase, Note("corrected", text, reason=reason, detail=detail), by=by, at=at)
    bill_anew(purchase, undone, tell=emails.correction, at=at)
    report(purchase, "corrected", at=at)
    return purchase


@dataclass(frozen=True, slots=True)
class Undone:
    """What a correction issues anew, if anything, and the credit note over it where it was an invoice."""

    replaced: Document | None = None
    credit_note: Document | None = None


def undo_bill(purchase: Purchase, *, at: datetime) -> Undone:
    """Find what of a locked purchase has to be issued anew; an invoice is undone by a credit note.

    It says what the invoice said: it is issued before anything of the correction is written.
    """
    replaced = _to_replace(purchase)
    if replaced is None or replaced.kind != DocumentKind.INVOICE:
        return Undone(replaced)
    before = Purchase.objects.with_parties().get(pk=purchase.pk)
    return Undone(replaced, issue(before, DocumentKind.CREDIT_NOTE, at=at, corrects=replaced))


def bill_anew(purchase: Purchase, undone: Undone, *, tell: Callable[..., object], at: datetime) -> Document | None:
    """Issue anew what was undone, once the correction is written, and `tell` the customer by e-mail."""
    if undone.replaced is None:
        return None
    after = Purchase.objects.with_parties().get(pk=purchase.pk)
    document = issue(after, undone.replaced.kind, at=at, corrects=undone.replaced)
    tell(after, document=document, replaced=undone.replaced, credit_note=undone.credit_note, at=at)
    return document


def correction_refusal(purchase: Purchase, kind: str = "") -> str:
    """Say why the contact `kind` can't be corrected any more, without one PO number and VAT ID; empty when they can."""
    is_free = kind in {ContactKind.DELIVERY, ContactKind.LICENSEE}
    if purchase.status in (READDRESSABLE if is_free else CORRECTABLE):
        return ""
    return f"{purchase.reference} is {purchase.status_label}: its documents stay as they are."


def credit_note_refusal(purchase: Purchase, user: User) -> str:
    """Say why `user` can't change what an invoice shows; empty when they can, or when no invoice is out."""
    if user.may(Right.CREDIT_NOTES):
        return ""
    invoice = latest_invoice(purchase)
    if invoice is None:
        return ""
    label = user.role_data.label
    return f"{invoice.number} is out: it takes a credit note, which your role ({label}) does not include. Ask Finance."


def _correct_fields(purchase: Purchase, **values: str | None) -> list[Change]:
    changes = []
    for field, value in values.items():
        after, before = one_line(value or ""), str(getattr(purchase, field))
        if value is None or after == before:
            continue
        _check(purchase)
        changes.append(Change(NAMES[field], before, after, is_printed=True))
        setattr(purchase, field, after)
    if purchase.is_po and not purchase.po_number and changes and purchase.policy.po_number_required:
        message = f"Purchase orders of {purchase.client} need a PO number."
        raise Refused(message, "po_number")
    return changes


def _correct_contacts(
    purchase: Purchase, contacts: Mapping[str, AddressInput], changes: list[Change]
) -> list[PurchaseContact]:
    """Correct the contacts without saving them; what differs is added to `changes`."""
    corrected = []
    for kind, address in contacts.items():
        if kind not in ContactKind.values:
            message = f"{kind} is not a kind of contact."
            raise Refused(message, "kind")
        found = PurchaseContact.objects.filter(purchase=purchase, kind=kind).first()
        contact = found or PurchaseContact(purchase=purchase, kind=kind)
        changed = _compare(contact, address)
        if not changed:
            continue
        _check(purchase, kind)
        if not (address.company or address.last_name):
            message = "Enter a company or a last name."
            raise Refused(message, "name")
        for name, value in asdict(address).items():
            setattr(contact, name, value)
        refuse_too_long(contact)
        corrected.append(contact)
        if kind == ContactKind.BILLING:
            purchase.billing_company, purchase.billing_last_name = address.company, address.last_name
            purchase.billing_email = address.email
        changes += changed
    return corrected


def _compare(contact: PurchaseContact, address: AddressInput) -> list[Change]:
    label, is_billing = ContactKind(contact.kind).label, contact.kind == ContactKind.BILLING
    return [
        Change(
            f"{label} {NAMES.get(field.name, field.name.replace('_', ' ')).lower()}",
            getattr(contact, field.name),
            getattr(address, field.name),
            is_printed=is_billing and field.name not in UNPRINTED,
        )
        for field in fields(address)
        if getattr(contact, field.name) != getattr(address, field.name)
    ]


def _check(purchase: Purchase, kind: str = "") -> None:
    refusal = correction_refusal(purchase, kind)
    if refusal:
        raise Refused(refusal, "status")


def _correct_customer(
    purchase: Purchase, contacts: Mapping[str, AddressInput], *, vat_id: str | None, by: User, at: datetime
) -> None:
    customer = purchase.customer
    for kind, address in contacts.items():
        save_contact(customer, kind=kind, address=address, by=by, at=at)
    if vat_id is not None:
        change_customer(
            customer,
            company=customer.company,
            type=customer.type,
            vat_id=one_line(vat_id),
            language=customer.language,
            by=by,
            at=at,
        )


def _to_replace(purchase: Purchase) -> Document | None:
    """Find what a correction issues anew: the invoice that holds, else the latest pro-forma invoice."""
    proformas = Document.objects.filter(purchase=purchase, kind=DocumentKind.PROFORMA).order_by("-pk")
    return latest_invoice(purchase) or proformas.first()
