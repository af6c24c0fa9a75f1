"""The types of e-mail in words, as the outbox shows them."""

from __future__ import annotations

from typing import Final

KIND_LABELS: Final[dict[str, str]] = {
    "order_confirmation": "Order confirmation",
    "po_received": "PO received",
    "po_in_review": "PO and document received",
    "nothing_to_pay": "Nothing to pay (invoice)",
    "order_link": "Link to the order's page",
    "document_reminder": "Document reminder",
    "document_expired": "Canceled, no PO document",
    "po_released": "PO released",
    "po_rejected": "PO rejected",
    "po_ask_again": "PO document asked for again",
    "delivery": "Delivery",
    "receipt": "Invoice (receipt)",
    "cancellation": "Cancellation",
    "refund": "Refund",
    "reminder1": "Payment reminder 1",
    "reminder2": "Payment reminder 2",
    "pdn1": "PDN 1",
    "pdn2": "PDN 2",
    "pdn3": "PDN 3",
    "notice_copy": "Copy of a notice",
    "letter_test": "Test of a letter",
    "cancellation_announced": "Cancellation announced",
    "client_notification": "Delinquency notification",
    "client_canceled": "Cancellation, to the client",
    "offline_expired": "Canceled, no payment",
    "partner_statement": "Partner statement",
    "portal_link": "Login to the partner portal",
    "quote": "Quote",
    "quote_reminder": "Quote reminder",
    "quote_expired": "Quote expired",
}


def kind_label(kind: str) -> str:
    """Name a type of e-mail; one that is not listed by its own key, made readable."""
    return KIND_LABELS.get(kind) or kind.replace("_", " ").replace(".", " ").capitalize()
