"""Letters on their way: dropped, come back, sent to another address, arrived.

A letter that came back stops the ladder of its orders and goes to the first other address of the customer: accounts
payable, then the delivery contact where that is the same company. Once such a copy was handed over, the customer has
the letter: its level counts from that day and the ladder goes on. Where no address is left the orders are held and
somebody has to look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from customers.models import ContactKind
from dunning import emails
from dunning.models import Notice, NoticeStatus
from dunning.selectors.facts import is_address
from dunning.services.explain import refresh
from dunning.services.letters import write_letters
from dunning.services.notices import drop_notice, mark_returned, reason_against_notice
from dunning.wording.places import LEVELS
from followups.models import Category
from followups.services import open_follow_up
from mailing.models import Email
from mailing.services.compose import queue_emails
from mailing.states import Status
from purchases.models import Nature, Purchase
from purchases.selectors import DELIVERY, PAYABLES
from purchases.services.history import Note, enter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

ROLES: Final = {PAYABLES: "accounts payable", DELIVERY: "the delivery contact"}
SENT_AGAIN: Final = "Written anew without"
"""How the reason begins why a letter about several orders does not go out as it is."""
IN_VAIN: Final = frozenset({Status.FAILED, Status.BOUNCED, Status.CANCELED})
"""A copy that ended so reached nobody; any other one is there, or may still get there."""


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
    return _in_one([(notice, reason_against_notice(notice)) for notice in notices])


def _in_one(reasons: Sequence[tuple[Notice, str]]) -> str:
    against = [(notice, reason) for notice, reason in reasons if reason]
    if not against:
        return ""
    if len(against) == len(reasons):
        return against[0][1]
    return f"{SENT_AGAIN} " + ", ".join(f"{notice.purchase.reference} ({reason})" for notice, reason in against)


@transaction.atomic
def letter_dropped(email: Email, *, at: datetime) -> None:
    """Free the levels of a letter that will not go out.

    Where a person stopped it, all of them for that reason. Where it was not true any more, each for its own; what is
    left of a letter about several orders is written anew, and its notices go with the new one.
    """
    reasons = [(notice, reason_against_notice(notice)) for notice in carried_by(email)]
    is_by_rule = email.drop_reason == _in_one(reasons)  # under the same locks the guard's words come out again
    for notice, reason in reasons:
        if not is_by_rule or reason:
            drop_notice(notice, at=at, reason=reason if is_by_rule else email.drop_reason)
    left = [notice for notice, reason in reasons if is_by_rule and not reason and notice.status == NoticeStatus.PENDING]
    for notice in left:
        notice.purchase = Purchase.objects.lock(notice.purchase)
    if left:
        write_letters([left], at=at)


@transaction.atomic
def letter_returned(email: Email, *, at: datetime) -> Email | None:
    """Stop the ladder of every order whose letter came back and try the next address; return the copy to it, if any."""
    notices = [notice for notice in carried_by(email) if notice.status != NoticeStatus.DROPPED]
    return _try_next(notices, email, email, at=at)


@transaction.atomic
def copy_returned(email: Email, *, at: datetime) -> Email | None:
    """Try the next address when a copy came back, too; one that only went along with a good letter changes nothing."""
    notices = [notice for notice in carried_by_copy(email) if notice.status != NoticeStatus.DROPPED]
    main = notices[0].email if notices else None
    if main is None or main.status not in {Status.BOUNCED, Status.FAILED}:
        return None
    return _try_next(notices, main, email, at=at)


def _try_next(notices: Sequence[Notice], main: Email, returned: Email, *, at: datetime) -> Email | None:
    """Turn to the copy that is there already, sent or on its way, else to the next address."""
    if not notices:
        return None
    document = notices[0].document
    copies = list(_copies_of(main).exclude(pk=returned.pk).order_by("pk"))
    there = next((copy for copy in copies if copy.status not in IN_VAIN), None)
    if there is not None:
        role, to = _role_of(there), there.recipient
    elif document is not None:
        role, to = _alternate(notices, main)
    else:
        role, to = "", ""
    for notice in notices:
        alternate = f"{ROLES[role]}, {to}" if to else ""
        mark_returned(notice, at=at, words=returned.relay_reply, alternate=alternate, key=str(returned.pk))
    if there is not None:
        if there.status == Status.SENT:
            copy_reached(there, at=at)
        return there
    if document is None or not to:
        return None
    (copy,) = queue_emails([emails.notice_copy(main, document=document, role=role, to=to)], at=at)
    return copy


def _copies_of(main: Email) -> QuerySet[Email]:
    return Email.objects.filter(kind=emails.NOTICE_COPY, dedupe_key__startswith=f"{main.dedupe_key}:")


def _role_of(copy: Email) -> str:
    return copy.dedupe_key.rpartition(":")[2]


def _alternate(notices: Sequence[Notice], main: Email) -> tuple[str, str]:
    """Find the first other address of the customer that was not tried with this letter; empty when there is none."""
    customer, tried = notices[0].purchase.customer, list(_copies_of(main))
    known = {main.recipient.lower(), *(copy.recipient.lower() for copy in tried)}
    roles = {_role_of(copy) for copy in tried}
    own = {_own_delivery_address(notice.purchase) for notice in notices}
    offered = ((PAYABLES, customer.payables_email if customer else ""), (DELIVERY, own.pop() if len(own) == 1 else ""))
    return next(
        ((role, to) for role, to in offered if role not in roles and is_address(to) and to.lower() not in known),
        ("", ""),
    )


def _own_delivery_address(purchase: Purchase) -> str:
    """Find the delivery contact's address where it is the one who pays: a reseller's end customer gets no notice."""
    contact = purchase.contacts.filter(kind=ContactKind.DELIVERY).first()
    if contact is None:
        return ""
    company = contact.company.strip().casefold()
    is_own = bool(company) and company == purchase.billing_company.strip().casefold()
    domains = {address.rpartition("@")[2].casefold() for address in (contact.email, purchase.billing_email)}
    return contact.email if is_own or len(domains) == 1 else ""


@transaction.atomic
def copy_dropped(email: Email, *, at: datetime) -> None:
    """Ask somebody to look where the copy that was to stand in for a returned letter will not go out either."""
    for notice in carried_by_copy(email):
        purchase = notice.purchase
        if notice.returned_at is None or notice.status == NoticeStatus.DROPPED or not purchase.is_open:
            continue
        open_follow_up(
            purchase,
            category=Category.DUNNING,
            reason="E-mail came back",
            subject=f"{notice.label} of {purchase.reference} was not sent to {email.recipient}: {email.drop_reason}",
            note="It had come back from the address before. Dunning of this order waits until somebody resumes it.",
            due_at=at,
            at=at,
            dedupe_key=f"{purchase.reference}:unsent:{notice.pk}:{email.pk}",
        )


@transaction.atomic
def copy_reached(email: Email, *, at: datetime) -> None:
    """Let the ladder go on once a letter that came back was handed over to another address: its level counts now."""
    for notice in carried_by_copy(email):
        purchase = Purchase.objects.lock(notice.purchase)
        row = Notice.objects.select_for_update().get(pk=notice.pk)
        if row.returned_at is None or row.status == NoticeStatus.DROPPED:
            continue
        row.sent_on = (email.sent_at or at).astimezone(purchase.client.zone).date()
        row.status, row.returned_at = NoticeStatus.SENT, None
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
