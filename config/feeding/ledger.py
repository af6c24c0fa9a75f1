"""The facts as JSON lines: what became of every order, and what the worker decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.functions import Coalesce, Collate

from core.money import Money
from dunning.models import Notice, NoticeStatus, Statement
from purchases.models import Purchase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

CHUNK = 1_000
BYTE_ORDER = {"postgresql": "C", "sqlite": "BINARY"}
"""Collations that sort alike on both databases."""


def purchase_facts() -> Iterator[dict[str, Any]]:
    """Go through all purchases by order id (their reference number where they have none), in constant memory."""
    rows = Purchase.objects.select_related("client").only(
        *("reference", "external_id", "status", "currency", "net_minor", "tax_minor", "gross_minor", "paid_minor"),
        *("refunded_minor", "released_at", "due_on", "client__time_zone"),
    )
    for purchase in rows.order_by(_order_id()).iterator(chunk_size=CHUNK):
        yield {
            "order": purchase.external_id or purchase.reference,
            "reference": purchase.reference,
            "status": purchase.status,
            "currency": purchase.currency,
            "net": purchase.net.amount,
            "tax": purchase.tax.amount,
            "gross": purchase.gross.amount,
            "paid": purchase.paid.amount,
            "refunded": purchase.refunded.amount,
            "open": purchase.open_amount.amount,
            "released_on": _day(purchase.released_on),
            "due_on": _day(purchase.due_on),
        }


def step_facts() -> Iterator[dict[str, Any]]:
    """Go through all decisions of the worker: statements by partner and day, then steps by order and day."""
    statements = Statement.objects.select_related("partner").order_by(Collate("partner__code", _collation()), "on")
    for statement in statements.iterator(chunk_size=CHUNK):
        yield {
            "partner": statement.partner.code,
            "step": "statement",
            "on": statement.on.isoformat(),
            "orders": sorted(statement.orders),
        }
    notices = Notice.objects.exclude(status=NoticeStatus.DROPPED).select_related("purchase")
    for notice in notices.order_by(_order_id("purchase__"), "on", "pk").iterator(CHUNK):
        yield {
            "order": notice.purchase.external_id or notice.purchase.reference,
            "step": notice.step,
            "on": notice.on.isoformat(),
            "open": Money(notice.open_minor, notice.purchase.currency).amount,
            "currency": notice.purchase.currency,
        }


LEDGERS = {"purchases": purchase_facts, "steps": step_facts}


def as_line(fact: dict[str, Any]) -> str:
    """Write one fact as a line of JSON, readable in every script."""
    return json.dumps(fact, ensure_ascii=False)


def _collation() -> str:
    return BYTE_ORDER[connection.vendor]


def _order_id(path: str = "") -> Collate:
    """Order by order id, or by reference number where there is none."""
    return Collate(Coalesce(f"{path}external_id", f"{path}reference"), _collation())


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
