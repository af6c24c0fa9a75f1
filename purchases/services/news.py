"""What a client's own systems are told about its purchases: which changes are events, and what their bodies say.

The fields are a promise (docs/webhooks.md). They name no person: whoever needs one finds the order by its reference
number, or by the x-parameters that came with it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from mailing.services.notify import client_facts, notify
from mailing.states import Event
from purchases.states import QUOTES, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from purchases.models import Purchase


def tell_endpoints(purchase: Purchase, change: str, *, at: datetime) -> None:
    """Tell the client's endpoints what a change of its purchase means to them, each event once."""
    for event, key in _events(purchase, change, at=at):
        _tell(purchase, event, key, at=at)


def tell_dunned(purchase: Purchase, *, notice: Mapping[str, Any], key: str, at: datetime) -> None:
    """Tell the client's endpoints that a payment delinquency notice went out."""
    _tell(purchase, Event.DUNNED, key, at=at, more={"notice": dict(notice)})


def _events(purchase: Purchase, change: str, *, at: datetime) -> Iterator[tuple[Event, str]]:
    """List the events that a change is, each with what tells it from others of its kind."""
    if purchase.status in QUOTES:
        return
    if change == "placed":
        yield Event.PLACED, ""
    if purchase.released_at == at:
        yield Event.RELEASED, ""
    if purchase.paid_at == at and purchase.status == Status.PAID:
        yield Event.PAID, f":{at.isoformat()}"
    if change == "canceled":
        yield Event.CANCELED, f":{purchase.version}"
    if change == "refunded":
        yield Event.REFUNDED, f":{purchase.version}"


def _tell(purchase: Purchase, event: Event, key: str, *, at: datetime, more: Mapping[str, Any] | None = None) -> None:
    notify(
        purchase.client_id,
        event,
        reference=purchase.reference,
        dedupe_key=f"{purchase.reference}:{event}{key}",
        at=at,
        facts=partial(_facts, purchase, more or {}),
    )


def _facts(purchase: Purchase, more: Mapping[str, Any]) -> dict[str, Any]:
    return {**client_facts(purchase.client), "purchase": _purchase(purchase), **more}


def _purchase(purchase: Purchase) -> dict[str, Any]:
    return {
        "reference": purchase.reference,
        "external_id": purchase.external_id,
        "status": purchase.status,
        "source": purchase.source,
        "test": purchase.is_test,
        "po": purchase.is_po,
        "po_number": purchase.po_number,
        "payment_type": purchase.payment_type,
        "partner": purchase.partner.code if purchase.partner else None,
        "currency": purchase.currency,
        "net_minor": purchase.net_minor,
        "tax_minor": purchase.tax_minor,
        "gross_minor": purchase.gross_minor,
        "paid_minor": purchase.paid_minor,
        "refunded_minor": purchase.refunded_minor,
        "open_minor": purchase.open_amount.minor,
        "ordered_at": purchase.ordered_at.isoformat(),
        "released_at": _moment(purchase.released_at),
        "due_on": purchase.due_on.isoformat() if purchase.due_on else None,
        "paid_at": _moment(purchase.paid_at),
        "items": [
            {
                "item": item.position,
                "product": item.product_code,
                "name": item.name,
                "quantity": item.quantity,
                "net_minor": item.net_minor,
                "gross_minor": item.gross_minor,
            }
            for item in purchase.items.order_by("position")
        ],
        "x_parameters": dict(purchase.x_parameters.order_by("key").values_list("key", "value")),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
