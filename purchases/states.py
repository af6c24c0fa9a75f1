"""The life cycle of a purchase, as data: statuses, groups, and every allowed step."""

from __future__ import annotations

from django.db import models

from core.transitions import Transition


class Status(models.TextChoices):
    """Where a purchase stands. Set by the product, never typed in."""

    QUOTE = "QUO", "Quote"
    QUOTE_EXPIRED = "QEX", "Quote Expired"
    AWAITING_OFFLINE_PAYMENT = "WOF", "Awaiting Offline Payment"
    UNPAID = "UNP", "Unpaid"
    AWAITING_RELEASE = "ARP", "Awaiting Release for Purchase Order"
    PURCHASE_ORDER = "WPO", "Purchase Order"
    PAID = "PAY", "Paid"
    PARTIALLY_REFUNDED = "PRF", "Partially Refunded"
    REFUNDED = "REF", "Refunded"
    CHARGED_BACK = "CHB", "Charged Back"
    CANCELED = "CAN", "Canceled"
    REJECTED = "REJ", "Rejected"


S = Status
LABELS: dict[str, str] = {status.value: str(status.label) for status in Status}

QUOTES = frozenset({S.QUOTE, S.QUOTE_EXPIRED})
OPEN = frozenset({S.AWAITING_OFFLINE_PAYMENT, S.UNPAID, S.AWAITING_RELEASE, S.PURCHASE_ORDER})
"""Money is expected; the open amount is what is left to pay."""
AWAITING_PO_DOCUMENT = frozenset({S.AWAITING_OFFLINE_PAYMENT, S.UNPAID, S.AWAITING_RELEASE})
RECEIVABLE = frozenset({S.AWAITING_RELEASE, S.PURCHASE_ORDER})
"""Purchase orders that take of a partner's limit."""
WON = frozenset({S.PAID, S.PARTIALLY_REFUNDED})
LATE_MONEY = frozenset({S.PAID, S.PARTIALLY_REFUNDED, S.REFUNDED, S.CANCELED, S.REJECTED})
"""Closed statuses in which arriving money is booked without changing the status."""

RETURNABLE = OPEN | {S.REFUNDED, S.CHARGED_BACK, S.CANCELED, S.REJECTED}
"""Statuses in which money that is there goes back without touching a sale: there is none, not yet or not any more.

A return payment never changes the status; on a paid purchase money goes back by a refund. So late money on a canceled
purchase is either kept by reinstating it or given back by a return payment.
"""
CORRECTABLE = OPEN
"""PO number, VAT ID and billing contact may be corrected; once paid, documents say what they say."""
READDRESSABLE = OPEN | WON
"""Delivery and licensee contact may be corrected: they stand on no invoice."""
DEACTIVATABLE = frozenset({S.CANCELED, S.REFUNDED, S.CHARGED_BACK})
"""The client may take delivered license keys back."""

WRITABLE: dict[str, frozenset[str]] = {
    "receipt": WON | {S.REFUNDED},
    "delivery": WON | {S.PURCHASE_ORDER},
    "order_confirmation": frozenset({S.AWAITING_OFFLINE_PAYMENT, S.UNPAID}),
    "payment_reminder": frozenset({S.AWAITING_OFFLINE_PAYMENT, S.UNPAID}),
    "po_received": frozenset({S.AWAITING_RELEASE}),
    "po_in_review": frozenset({S.AWAITING_RELEASE}),
    "po_released": frozenset({S.PURCHASE_ORDER}),
    "nothing_to_pay": frozenset({S.PAID}),
    "refund": frozenset({S.PARTIALLY_REFUNDED, S.REFUNDED}),
    "cancellation": frozenset({S.CANCELED}),
    "po_rejected": frozenset({S.REJECTED}),
    "quote": frozenset({S.QUOTE}),
}
"""E-mails that a person may have written anew, each in the statuses in which it says what is so now."""

GROUPS: dict[str, str] = {
    S.QUOTE: "quote",
    S.QUOTE_EXPIRED: "quote",
    S.AWAITING_OFFLINE_PAYMENT: "open",
    S.UNPAID: "open",
    S.AWAITING_RELEASE: "open",
    S.PURCHASE_ORDER: "receivable",
    S.PAID: "won",
    S.PARTIALLY_REFUNDED: "won",
    S.REFUNDED: "reversed",
    S.CHARGED_BACK: "reversed",
    S.CANCELED: "lost",
    S.REJECTED: "lost",
}

CONVERT = Transition("convert", "Convert to PO", frozenset({S.AWAITING_OFFLINE_PAYMENT, S.UNPAID}), S.AWAITING_RELEASE)
RELEASE = Transition("release", "Release", frozenset({S.AWAITING_RELEASE}), S.PURCHASE_ORDER)
REJECT = Transition("reject", "Reject", frozenset({S.AWAITING_RELEASE}), S.REJECTED)
SETTLE = Transition("settle", "Record payment", OPEN, S.PAID)
CANCEL = Transition("cancel", "Cancel", OPEN | {S.QUOTE}, S.CANCELED)
REFUND_PART = Transition("refund_part", "Refund", WON, S.PARTIALLY_REFUNDED)
REFUND_ALL = Transition("refund_all", "Refund", WON, S.REFUNDED)
CHARGE_BACK = Transition("charge_back", "Charge back", WON, S.CHARGED_BACK)
PAY_AGAIN = Transition("pay_again", "Paid again", frozenset({S.CHARGED_BACK}), S.PAID)
REINSTATE = Transition("reinstate", "Reinstate", frozenset({S.CANCELED}), S.PAID)
EXPIRE_QUOTE = Transition("expire_quote", "Expire", frozenset({S.QUOTE}), S.QUOTE_EXPIRED)
EXTEND_QUOTE = Transition("extend_quote", "Extend", frozenset({S.QUOTE_EXPIRED}), S.QUOTE)
ACCEPT_QUOTE = Transition("accept_quote", "Accept", frozenset({S.QUOTE}), S.AWAITING_OFFLINE_PAYMENT)
QUOTE_TO_PO = Transition("quote_to_po", "Convert to PO", frozenset({S.QUOTE}), S.AWAITING_RELEASE)
QUOTE_TO_TRUSTED_PO = Transition("quote_to_trusted_po", "Convert to PO", frozenset({S.QUOTE}), S.PURCHASE_ORDER)

TRANSITIONS: tuple[Transition, ...] = (
    CONVERT,
    RELEASE,
    REJECT,
    SETTLE,
    CANCEL,
    REFUND_PART,
    REFUND_ALL,
    CHARGE_BACK,
    PAY_AGAIN,
    REINSTATE,
    EXPIRE_QUOTE,
    EXTEND_QUOTE,
    ACCEPT_QUOTE,
    QUOTE_TO_PO,
    QUOTE_TO_TRUSTED_PO,
)

ARROWS: frozenset[tuple[str, str]] = frozenset(
    (str(source), str(step.target)) for step in TRANSITIONS for source in step.sources
)
"""Every allowed change of status; the database's backstop is made from it."""
