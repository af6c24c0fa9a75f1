"""E-mails that a person has written anew: which ones now, to whom, in which language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.history import record
from core.letters import LANGUAGES
from core.refused import Refused
from customers.models import ContactKind
from mailing.services.compose import checked_address
from mailing.wording import kind_label
from purchases import emails
from purchases.documents import reason_for_customer
from purchases.emails import Draft
from purchases.models import Document, DocumentKind, HistoryEntry, Method, Nature, Purchase
from purchases.selectors.samples import in_language
from purchases.services.history import Note, enter
from purchases.states import WRITABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User
    from mailing.models import Email

MOST_RECIPIENTS: Final = 10
ALWAYS_SHOWN: Final = ("receipt", "delivery")
"""Offered in every status; where one can't be written, with the reason."""

Writer = Callable[[Purchase, datetime], Draft]
"""Words an e-mail as things are now. Raises Refused with what it lacks."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An e-mail that could be written now, or why it can't."""

    kind: str
    why_not: str = ""

    @property
    def label(self) -> str:
        """Its type, as everywhere."""
        return kind_label(self.kind)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody of the purchase who may get an e-mail: the role, the address, the name."""

    role: str
    address: str
    name: str = ""


def _document(purchase: Purchase, *kinds: str, missing: str) -> Document:
    for kind in kinds:
        found = Document.objects.filter(purchase=purchase, kind=kind).order_by("-pk").first()
        if found is not None:
            return found
    raise Refused(missing, "document")


def _receipt(purchase: Purchase, at: datetime) -> Draft:
    if not purchase.gross_minor:
        message = "Nothing had to be paid."
        raise Refused(message, "free")
    missing = "No receipt or invoice was issued."
    document = _document(purchase, DocumentKind.RECEIPT, DocumentKind.INVOICE, missing=missing)
    return emails.receipt.draft(purchase, document=document, at=at)


def _nothing_to_pay(purchase: Purchase, at: datetime) -> Draft:
    if purchase.gross_minor:
        message = "It is an order over an amount: the receipt fits."
        raise Refused(message, "amount")
    document = _document(purchase, DocumentKind.INVOICE, missing="No invoice was issued.")
    return emails.nothing_to_pay.draft(purchase, document=document, at=at)


def _delivery(purchase: Purchase, at: datetime) -> Draft:
    draft = emails.delivery.draft(purchase, at=at)
    if not HistoryEntry.objects.filter(purchase=purchase, event="delivered").exists():
        message = "Nothing was delivered yet."
        raise Refused(message, "undelivered")
    if not draft.parts.facts:
        message = "It has no license key and no download to send."
        raise Refused(message, "nothing")
    return draft


def _po_received(purchase: Purchase, at: datetime) -> Draft:
    if purchase.document_received_at is not None:
        message = "The PO document is here."
        raise Refused(message, "document")
    return emails.po_received.draft(purchase, at=at)


def _po_in_review(purchase: Purchase, at: datetime) -> Draft:
    if purchase.document_received_at is None:
        message = "The PO document is not here."
        raise Refused(message, "document")
    return emails.po_in_review.draft(purchase, at=at)


def _po_released(purchase: Purchase, at: datetime) -> Draft:
    missing = "No invoice or pro-forma invoice was issued."
    document = _document(purchase, DocumentKind.INVOICE, DocumentKind.PROFORMA, missing=missing)
    return emails.po_released.draft(purchase, document=document, at=at)


def _po_rejected(purchase: Purchase, at: datetime) -> Draft:
    entry = HistoryEntry.objects.filter(purchase=purchase, event="rejected").order_by("-at", "-pk").first()
    return emails.po_rejected.draft(purchase, reason=entry.reason if entry else "", at=at)


def _cancellation(purchase: Purchase, at: datetime) -> Draft:
    notes = Document.objects.filter(purchase=purchase, kind=DocumentKind.CREDIT_NOTE)
    return emails.cancellation.draft(purchase, credit_note=notes.order_by("-pk").first(), at=at)


def _refund(purchase: Purchase, at: datetime) -> Draft:
    last = purchase.refunds.select_related("credit_note").order_by("-at", "-pk").first()
    if last is None:
        message = "Nothing was refunded."
        raise Refused(message, "refund")
    amount = replace(purchase.gross, minor=last.amount_minor)
    why = reason_for_customer(purchase, last.customer_reason, last.reason)
    return emails.refund.draft(purchase, credit_note=last.credit_note, amount=amount, reason=why, at=at)


_writers: Final[dict[str, Writer]] = {
    "receipt": _receipt,
    "delivery": _delivery,
    "order_confirmation": lambda purchase, at: emails.order_confirmation.draft(purchase, at=at),
    "po_received": _po_received,
    "po_in_review": _po_in_review,
    "po_released": _po_released,
    "nothing_to_pay": _nothing_to_pay,
    "refund": _refund,
    "cancellation": _cancellation,
    "po_rejected": _po_rejected,
}


def register_writer(kind: str, write: Writer) -> None:
    """Let an app above offer an e-mail of `states.WRITABLE`, too; called in its `AppConfig.ready`."""
    _writers[kind] = write


def draft_for(purchase: Purchase, kind: str, *, language: str, at: datetime) -> Draft:
    """Word an e-mail about a purchase anew in a language; nothing is kept.

    Raises Refused when it does not fit the purchase now.
    """
    if kind not in _writers or language not in LANGUAGES:
        message = "There is no such e-mail."
        raise Refused(message, "kind")
    if purchase.status not in WRITABLE[kind]:
        message = f"It does not fit the status {purchase.status_label}."
        raise Refused(message, "status")
    return _writers[kind](in_language(purchase, language), at)


def choices_for(purchase: Purchase, *, at: datetime) -> list[Choice]:
    """List the e-mails that can be written now, and why the usual ones can't."""
    found = []
    for kind, sources in WRITABLE.items():
        if kind in _writers and (purchase.status in sources or kind in ALWAYS_SHOWN):
            try:
                draft_for(purchase, kind, language=LANGUAGES[0], at=at)
            except Refused as refused:
                found += [Choice(kind, refused.message)] if kind in ALWAYS_SHOWN else []
            else:
                found.append(Choice(kind))
    return found


def recipients_of(purchase: Purchase) -> list[Recipient]:
    """List whom of a purchase an e-mail may go to: its contacts and the customer's accounts payable, each once."""
    contacts = {contact.kind: contact for contact in purchase.contacts.order_by("pk")}
    billing = contacts.get(ContactKind.BILLING)
    offered = [Recipient("Billing", purchase.billing_email, billing.name if billing else purchase.billing_last_name)]
    others = [kind for kind in (ContactKind.DELIVERY, ContactKind.LICENSEE) if kind in contacts]
    offered += [Recipient(str(kind.label), contacts[kind].email, contacts[kind].name) for kind in others]
    offered.append(Recipient("Accounts payable", purchase.customer.payables_email))
    known: dict[str, Recipient] = {}
    for recipient in offered:
        if emails.is_address(recipient.address):
            known.setdefault(recipient.address.lower(), recipient)
    return list(known.values())


def usual_recipients(draft: Draft) -> list[str]:
    """Say whom of the purchase an e-mail goes to where nobody chooses: whoever gets it when the product writes it."""
    known = [recipient.address for recipient in recipients_of(draft.purchase)]
    return [address for address in known if address.lower() == draft.recipient.lower()] or known[:1]


@transaction.atomic
def generate_email(
    purchase: Purchase, *, kind: str, recipients: Sequence[str], language: str, by: User, at: datetime
) -> list[Email]:
    """Write an e-mail about a purchase anew, as things are now, and queue it once per recipient.

    Raises Refused when it does not fit the purchase now, without a recipient, and for what is no address.
    """
    purchase = Purchase.objects.lock(purchase)
    draft = draft_for(purchase, kind, language=language, at=at)
    addresses = {address.lower(): address for address in map(checked_address, recipients)}
    if not addresses or len(addresses) > MOST_RECIPIENTS:
        message = f"Choose at most {MOST_RECIPIENTS} recipients." if addresses else "Choose who gets it."
        raise Refused(message, "recipient")
    names = {recipient.address.lower(): recipient.name for recipient in recipients_of(purchase)}
    written = []
    for number, (known_as, address) in enumerate(addresses.items()):
        key = f"by-hand-{at:%Y%m%d%H%M%S%f}-{number}"
        parts = replace(draft.parts, key=key, to=address, to_name=names.get(known_as, ""))
        email = replace(draft, parts=parts).queue()
        written.append(record(email, by=by, at=at, reason="Generated by hand"))
    text = f"{kind_label(kind)} written anew for {', '.join(addresses.values())}"
    enter(purchase, Note("email", text, nature=Nature.OUTBOUND, method=Method.EMAIL), by=by, at=at)
    return written
