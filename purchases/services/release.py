"""Reviewing a purchase order: its document, release, rejection, conversion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.roles import Right
from core.refused import Refused
from purchases import emails
from purchases.models import Channel, DocumentKind, Nature, PoDocument, Purchase
from purchases.selectors import review_of
from purchases.services.delivery import deliver
from purchases.services.documents import issue
from purchases.services.history import Note, report, save_change
from purchases.services.payment import settle_free
from purchases.signals import document_received
from purchases.states import AWAITING_PO_DOCUMENT, CONVERT, LABELS, REJECT, RELEASE

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A PO document as a file: already checked to be what its type says."""

    filename: str
    content_type: str
    content: bytes


@transaction.atomic
def receive_document(
    purchase: Purchase, *, channel: str, by: User | None, at: datetime, file: ReceivedFile | None = None
) -> Purchase:
    """Note that the customer's PO document arrived, with its file where there is one.

    Raises Refused unless the purchase still waits for it (ARP, WOF, UNP).
    """
    purchase = Purchase.objects.lock(purchase)
    if purchase.status not in AWAITING_PO_DOCUMENT:
        message = f"{purchase.reference} is {purchase.status_label}: it does not wait for a PO document."
        raise Refused(message, "not awaiting a document")
    _keep(purchase, channel=channel, by=by, at=at, file=file)
    text = f"PO document received ({Channel(channel).label})"
    if purchase.approved_at is not None:
        # The first approval was given to what lay there before.
        purchase.approved_by, purchase.approved_at = None, None
        text += "; the first approval has to be given again"
    note = Note(
        "document",
        text,
        nature=Nature.INBOUND,
        method=channel if channel != Channel.UPLOAD else "web",
    )
    save_change(purchase, note, by=by, at=at)
    document_received.send(Purchase, purchase=purchase, at=at)
    report(purchase, "document", at=at)
    return purchase


@transaction.atomic
def keep_document(
    purchase: Purchase, *, channel: str, by: User | None, at: datetime, file: ReceivedFile | None = None
) -> Purchase:
    """Take the PO document that came along with an order: one that nobody has to review is filed all the same."""
    if purchase.status in AWAITING_PO_DOCUMENT:
        return receive_document(purchase, channel=channel, by=by, at=at, file=file)
    purchase = Purchase.objects.lock(purchase)
    _keep(purchase, channel=channel, by=by, at=at, file=file)
    method = channel if channel != Channel.UPLOAD else "web"
    note = Note("document", "PO document came with the order", nature=Nature.INBOUND, method=method)
    return save_change(purchase, note, by=by, at=at)


def _keep(purchase: Purchase, *, channel: str, by: User | None, at: datetime, file: ReceivedFile | None) -> None:
    PoDocument.objects.create(
        purchase=purchase,
        channel=channel,
        received_at=at,
        received_by=by,
        filename=file.filename if file else "",
        content_type=file.content_type if file else "",
        content=file.content if file else None,
    )
    purchase.document_received_at = purchase.document_received_at or at


@transaction.atomic
def convert_purchase(purchase: Purchase, *, by: User, at: datetime, po_number: str = "", note: str = "") -> Purchase:
    """Turn an order that awaits offline payment, or was keyed in, into a PO that awaits its release.

    Raises Refused in any other status, or while no PO document was received.
    """
    purchase = Purchase.objects.lock(purchase)
    purchase.move(CONVERT)
    _check_document(purchase)
    purchase.is_po, purchase.is_reviewed = True, True
    purchase.po_number = po_number or purchase.po_number
    save_change(purchase, Note("converted", "Converted to a purchase order", reason=note), by=by, at=at)
    report(purchase, "converted", at=at)
    return purchase


def reviewer_refusal(purchase: Purchase, user: User) -> str:
    """Say why `user` may not review this purchase; empty when they may."""
    if user.role == "platform_admin":
        return ""
    if user.client_id not in {None, purchase.client_id} or not user.may(Right.RELEASE):
        return "You don't have the right to review purchase orders."
    is_client = purchase.policy.reviewer == "client"
    if is_client and user.role != "client_admin":
        return f"Purchase orders of {purchase.client} are reviewed by its own client admin."
    if not is_client and user.role != "platform_customer_service":
        return f"Purchase orders of {purchase.client} are reviewed by the platform's Customer Service."
    return ""


@transaction.atomic
def release_purchase(purchase: Purchase, *, by: User, at: datetime, note: str = "") -> Purchase:
    """Accept the purchase order: deliver now or bill first, as its policy says. Its day zero is the client's today.

    With four eyes, the first approval waits for a second person's. Raises Refused if it is not awaiting release,
    has no PO document, or `by` may not review it.
    """
    purchase = Purchase.objects.lock(purchase)
    RELEASE.check(purchase.status, label_of=LABELS)
    _check_reviewer(purchase, by)
    _check_document(purchase)
    if purchase.policy.four_eyes and purchase.approved_by_id is None:
        purchase.approved_by, purchase.approved_at = by, at
        first = Note("approved", "First approval", reason=note, detail=review_of(purchase).result)
        return save_change(purchase, first, by=by, at=at)
    if purchase.policy.four_eyes and purchase.approved_by_id == by.pk:
        message = "You gave the first approval; somebody else has to give the second."
        raise Refused(message, "four eyes")
    purchase.move(RELEASE)
    purchase.released_at = at
    purchase.due_on = at.astimezone(purchase.client.zone).date() + timedelta(days=purchase.term_days)
    released = Note("released", "Purchase order released", reason=note, detail=review_of(purchase).result)
    save_change(purchase, released, by=by, at=at)
    accept(purchase, by=by, at=at)
    report(purchase, "released", at=at)
    return purchase


@transaction.atomic
def reject_purchase(purchase: Purchase, *, by: User, at: datetime, reason: str) -> Purchase:
    """Turn the purchase order down and tell the customer why; money already paid stays visible.

    Raises Refused if it is not awaiting release or `by` may not review it.
    """
    purchase = Purchase.objects.lock(purchase)
    purchase.move(REJECT)
    _check_reviewer(purchase, by)
    purchase.closed_at = at
    rejected = Note("rejected", "Purchase order rejected", reason=reason, detail=review_of(purchase).result)
    save_change(purchase, rejected, by=by, at=at)
    emails.po_rejected(purchase, reason=reason, at=at)
    report(purchase, "rejected", at=at)
    return purchase


def accept(purchase: Purchase, *, by: User | None, at: datetime, link: str = "") -> None:
    """Do what an accepted PO entails: immediate, invoice and keys; prepaid, a pro-forma invoice only.

    Over nothing, it is Paid at once. `link` is the order's own page, for the e-mail, where it is known.
    """
    if not purchase.gross_minor:
        settle_free(purchase, by=by, at=at, link=link)
        return
    if purchase.policy.delivery == "prepaid":
        document = issue(purchase, DocumentKind.PROFORMA, at=at)
    else:
        document = issue(purchase, DocumentKind.INVOICE, at=at)
        deliver(purchase, by=by, at=at)
    emails.po_released(purchase, document=document, at=at, link=link)


def _check_reviewer(purchase: Purchase, user: User) -> None:
    refusal = reviewer_refusal(purchase, user)
    if refusal:
        raise Refused(refusal, "not the reviewer")


def _check_document(purchase: Purchase) -> None:
    if purchase.document_received_at is None:
        message = "No PO document was received yet."
        raise Refused(message, "no document")
