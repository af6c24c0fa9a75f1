"""Letters on their way: written, one per order or one for several, copied to a second address, come back.

A letter that came back stops the ladder of its orders and goes to the first other address of the customer: the
delivery contact, then accounts payable. Once such a copy was handed over, the customer has the letter: its level
counts from that day and the ladder goes on. Where no address is left the orders are held and somebody has to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from customers.models import ContactKind
from dunning import documents, emails
from dunning.models import Notice, NoticeStatus
from dunning.schedule import Step
from dunning.selectors.facts import is_address
from dunning.services.explain import refresh
from dunning.services.notices import drop_notice, mark_returned, reason_against_notice
from dunning.services.response import open_link
from dunning.states import STEP_LABELS
from dunning.wording.places import LEVELS
from followups.models import Category
from followups.services import open_follow_up
from mailing.models import Email
from mailing.states import Status
from purchases.models import DocumentKind, Nature, Purchase
from purchases.services.documents import keep_document, take_number
from purchases.services.history import Note, enter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from purchases.models import Document

DOCUMENT_KINDS: Final = {
    Step.PDN1: DocumentKind.NOTICE_1,
    Step.PDN2: DocumentKind.NOTICE_2,
    Step.PDN3: DocumentKind.NOTICE_3,
}
PAYABLES: Final = "payables"
DELIVERY: Final = "delivery"
ROLES: Final = {PAYABLES: "accounts payable", DELIVERY: "the delivery contact"}
SENT_AGAIN: Final = "Written anew without"
"""How the reason begins why a letter about several orders does not go out as it is."""


def write_letter(notices: Sequence[Notice], *, at: datetime) -> None:
    """Write document, e-mail and history of the letter that carries new notices of one customer, all or nothing.

    Their purchases are locked. One notice makes a letter of its own, several share one.
    """
    lead = max(notices, key=lambda notice: (LEVELS.get(notice.step, 0), -notice.purchase_id))
    document = _issue(lead, notices, at=at)
    email = _queue(lead, notices, document, at=at)
    for notice in notices:
        notice.document, notice.email = document, email
        notice.save(update_fields=["document", "email"])
        others = ", ".join(other.purchase.reference for other in notices if other.pk != notice.pk)
        number = f" {document.number}" if document else ""
        text = f"{STEP_LABELS[notice.step]}{number}: {notice.purchase.open_amount} open"
        note = Note(notice.step, text, detail=f"One letter with {others}" if others else "", nature=Nature.OUTBOUND,
                    method="email")  # fmt: skip
        enter(notice.purchase, note, by=None, at=at)
    if document is not None and documents.settings_of(lead.purchase.client).is_copied_to_payables:
        customer = lead.purchase.customer
        to = customer.payables_email if customer else ""
        if is_address(to) and to.lower() != email.recipient.lower():
            emails.notice_copy(email, document=document, role=PAYABLES, to=to, at=at)


def _issue(lead: Notice, notices: Sequence[Notice], *, at: datetime) -> Document | None:
    kind, purchase = DOCUMENT_KINDS.get(Step(lead.step)), lead.purchase
    if kind is None:
        return None
    number = take_number(purchase.client, kind, at=at, is_test=purchase.is_test)
    if len(notices) > 1:
        orders = [(notice.purchase, LEVELS[notice.step]) for notice in notices]
        template, data = documents.JOINT_TEMPLATE, documents.joint_notice_data(orders, number=number, at=at)
    else:
        template = documents.TEMPLATES[kind]
        data = documents.notice_data(purchase, level=LEVELS[lead.step], number=number, at=at)
    return keep_document(
        purchase.client,
        kind,
        number=number,
        template=template,
        data=data,
        language=purchase.language,
        at=at,
        purchase=purchase,
    )


def _queue(lead: Notice, notices: Sequence[Notice], document: Document | None, *, at: datetime) -> Email:
    purchase = lead.purchase
    if document is not None and len(notices) > 1:
        return emails.joint_notice(purchase, notice=lead, document=document, at=at)
    if document is not None:
        return emails.notice(purchase, notice=lead, document=document, at=at)
    if lead.step != Step.NOTIFICATION:
        return emails.reminder(purchase, notice=lead, at=at)
    token = open_link(lead, at=at)
    emails.cancellation_announced(purchase, notice=lead, at=at)
    return emails.client_notification(purchase, notice=lead, token=token, at=at)


def carried_by(email: Email) -> list[Notice]:
    """List the notices that an e-mail, or the copy of one that a person ordered, carries; in the order of locking."""
    rows = Notice.objects.filter(email_id=email.root_id).select_related("purchase")
    return list(rows.order_by("purchase_id", "pk"))


def carried_by_copy(email: Email) -> list[Notice]:
    """List the notices of the letter that went to a second address, too."""
    root = email.original or email
    main = Email.objects.filter(dedupe_key=root.dedupe_key.rpartition(":")[0]).first()
    return carried_by(main) if main is not None else []


def reason_against_letter(notices: Sequence[Notice]) -> str:
    """Decide the day of every notice of a letter anew; "" when it may go out as it is, else why not.

    The purchases stay locked. A letter about several orders of which only some are still to be asked for is not sent:
    it is written anew without the others at once, because its bytes already lie at the relay.
    """
    reasons = [(notice, reason_against_notice(notice)) for notice in notices]
    against = [(notice, reason) for notice, reason in reasons if reason]
    if not against:
        return ""
    if len(against) == len(notices):
        return against[0][1]
    return f"{SENT_AGAIN} " + ", ".join(f"{notice.purchase.reference} ({reason})" for notice, reason in against)


@transaction.atomic
def rewrite_letter(email: Email, *, at: datetime) -> Email | None:
    """Write a letter about several orders anew without those that are not to be asked for any more.

    Their notices are dropped, the others keep theirs, which the new letter carries; None when none is left.
    """
    left = []
    for notice in carried_by(email):
        reason = reason_against_notice(notice)
        if reason:
            drop_notice(notice, at=at, reason=reason)
        elif notice.status == NoticeStatus.PENDING:
            notice.purchase = Purchase.objects.lock(notice.purchase)
            left.append(notice)
    if not left:
        return None
    write_letter(left, at=at)
    return left[0].email


@transaction.atomic
def letter_returned(email: Email, *, at: datetime) -> Email | None:
    """Stop the ladder of every order whose letter came back and try the next address; return the copy to it, if any."""
    notices = [notice for notice in carried_by(email) if notice.status != NoticeStatus.DROPPED]
    return _try_next(notices, email, at=at, words=email.relay_reply)


@transaction.atomic
def copy_returned(email: Email, *, at: datetime) -> Email | None:
    """Try the next address when a copy came back, too; one that only went along with a good letter changes nothing."""
    notices = [notice for notice in carried_by_copy(email) if notice.status != NoticeStatus.DROPPED]
    main = notices[0].email if notices else None
    if main is None or main.status not in {Status.BOUNCED, Status.FAILED}:
        return None
    return _try_next(notices, main, at=at, words=email.relay_reply)


def _try_next(notices: Sequence[Notice], main: Email, *, at: datetime, words: str) -> Email | None:
    if not notices:
        return None
    document = notices[0].document
    role, to = _alternate(notices[0].purchase, main) if document is not None else ("", "")
    for notice in notices:
        mark_returned(notice, at=at, words=words, alternate=f"{ROLES[role]}, {to}" if to else "")
    if document is None or not to:
        return None
    return emails.notice_copy(main, document=document, role=role, to=to, at=at)


def _alternate(purchase: Purchase, main: Email) -> tuple[str, str]:
    """Find the first other address of the customer that did not get this letter yet; empty when there is none."""
    contact = purchase.contacts.filter(kind=ContactKind.DELIVERY).first()
    payables = purchase.customer.payables_email if purchase.customer else ""
    had = Email.objects.filter(dedupe_key__startswith=f"{main.dedupe_key}:").values_list("recipient", flat=True)
    known = {main.recipient.lower(), *(address.lower() for address in had)}
    offered = ((DELIVERY, contact.email if contact else ""), (PAYABLES, payables))
    return next(((role, to) for role, to in offered if is_address(to) and to.lower() not in known), ("", ""))


@transaction.atomic
def copy_reached(email: Email, *, at: datetime) -> None:
    """Let the ladder go on once a letter that came back was handed over to another address: its level counts now."""
    for notice in carried_by_copy(email):
        purchase = Purchase.objects.lock(notice.purchase)
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.returned_at is None or row.status == NoticeStatus.DROPPED:
            continue
        row.sent_on, row.status, row.returned_at = at.astimezone(purchase.client.zone).date(), NoticeStatus.SENT, None
        row.save(update_fields=["sent_on", "status", "returned_at"])
        level = LEVELS[row.step]
        if level > purchase.dunning_level:
            Purchase.objects.filter(pk=purchase.pk).update(dunning_level=level)
            purchase.dunning_level = level
        text = f"{row.label} reached {email.recipient}: dunning goes on"
        enter(purchase, Note(f"{row.step}_reached", text, nature=Nature.OUTBOUND, method="email"), by=None, at=at)
        refresh(purchase, at=at)


@transaction.atomic
def ask_about_complaint(email: Email, *, at: datetime, words: str) -> None:
    """Open a follow-up about an e-mail that its recipient marked as spam."""
    purchase = Purchase.objects.filter(client=email.client_id, reference=email.reference).first()
    if purchase is None:
        return
    open_follow_up(
        purchase,
        category=Category.DUNNING,
        reason="Complaint",
        subject=f"{email.recipient} marked an e-mail about {purchase.reference} as spam",
        note=words,
        due_at=at,
        at=at,
        dedupe_key=f"{purchase.reference}:complaint:{email.pk}",
    )
