"""Keying in an order that came by fax, letter or e-mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from core.refused import Refused
from partners.models import PartnerStatus
from purchases.models import Channel, Nature, Purchase, Source
from purchases.policy import Buyer, warnings
from purchases.services.history import Note, enter
from purchases.services.place import place_order
from purchases.services.release import keep_document
from purchases.services.term import check_term, term_note

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Client, User
    from purchases.services.place import Order
    from purchases.services.release import ReceivedFile


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an order came in: by which channel, whether its signed PO document came along, and its file."""

    channel: str
    has_document: bool = False
    file: ReceivedFile | None = None


def enter_order(client: Client, order: Order, arrival: Arrival, *, by: User, at: datetime, note: str = "") -> Purchase:
    """Place an order that Customer Service keyed in: unpaid, or on PO waiting for its review, its document received.

    A partner's order is its own and takes of its limit, but is reviewed instead of measured by it. The same
    `form_token` places one order: who clicks twice gets the first. Raises Refused as `place_order` does, for another
    term or a PO outside the client's policy without a `note`, without the PO number that the policy asks for, and for
    a partner that is not accepted or another client's.
    """
    if placed := _placed(client, order.form_token):
        return placed
    try:
        return _enter(client, order, arrival, by=by, at=at, note=note)
    except IntegrityError:
        # The second of two clicks, both on their way: the first has just been committed.
        if placed := _placed(client, order.form_token):
            return placed
        raise


def _placed(client: Client, token: str | None) -> Purchase | None:
    return Purchase.objects.filter(client=client, form_token=token).first() if token else None


@transaction.atomic
def _enter(client: Client, order: Order, arrival: Arrival, *, by: User, at: datetime, note: str) -> Purchase:
    partner = order.partner
    if partner is not None and (partner.client_id != client.pk or partner.status != PartnerStatus.ACCEPTED):
        message = f"{partner.company} is no accepted partner of {client}."
        raise Refused(message, "partner")
    if order.term_days:
        check_term(order.term_days, note)
    order = replace(order, source=Source.OFFLINE, has_document=order.is_po and arrival.has_document)
    purchase = place_order(client, order, by=by, at=at)
    if order.is_po:
        _check_policy(purchase, order, note)
    came = f"Keyed in from {Channel(arrival.channel).label.lower()}"
    enter(
        purchase,
        Note("keyed_in", came, reason=note, nature=Nature.INBOUND, method=arrival.channel),
        by=by,
        at=at,
    )
    if purchase.term_days != purchase.policy.term_days:
        enter(purchase, term_note(purchase, note), by=by, at=at)
    if arrival.has_document:
        purchase = keep_document(purchase, channel=arrival.channel, by=by, at=at, file=arrival.file)
    return purchase


def _check_policy(purchase: Purchase, order: Order, note: str) -> None:
    if purchase.policy.po_number_required and not purchase.po_number:
        raise Refused("A PO number is needed for a purchase order.", "po_number")
    billing = order.customer.billing
    buyer = Buyer(type=purchase.customer_type, company=billing.company, country=billing.country)
    outside = warnings(purchase.policy.terms, buyer, purchase.gross)
    if outside and not note.strip():
        message = f"{' '.join(outside)} A note has to say why it is placed all the same."
        raise Refused(message, "outside policy")
