"""What clients may word of the e-mails about purchases: when each goes out, its tokens, what it has to say."""

from __future__ import annotations

from typing import Final, NamedTuple

from mailing.wording import GROUPS

TOKENS: Final[dict[str, str]] = {
    "reference": "The order's reference number.",
    "po_number": "The customer's own PO number; may be empty.",
    "gross": "The order's total with tax.",
    "open": "The amount still to pay, with its currency.",
    "ordered_on": "The day of the order.",
    "due_on": "The day it is due; empty before the release.",
    "name": "The customer's last name.",
    "client": "Your company's name.",
    "client_email": "Your e-mail address.",
}
"""Tokens of every e-mail about a purchase."""

ORDER, DELIVERY, REMINDERS, END, QUOTES, _ = GROUPS
WHICH: Final = {"reference": "which order it is about"}


class MailPlaces(NamedTuple):
    """An e-mail that clients may word: its group on screens, when it goes out, its own tokens, what it has to say."""

    group: str
    about: str
    tokens: dict[str, str]
    needed: dict[str, str]


_NUMBER: Final = {"number": "The number of the attached document."}
_DEADLINE: Final = {"deadline_on": "The last day for the document."}
_AMOUNT: Final = {"amount": "The amount that goes back, with its currency."}
_REASON: Final = {"reason": "The reason that the reviewer gave."}
_REPLACED: Final = {"invoice_number": "The number of the document that is replaced."}

MAILS: Final[dict[str, MailPlaces]] = {
    "order_confirmation": MailPlaces(
        ORDER, "An online order that will be paid by bank transfer, cash or check.", {}, WHICH
    ),
    "po_received": MailPlaces(
        ORDER,
        "A purchase order without its signed document.",
        _DEADLINE,
        {**WHICH, "deadline_on": "by when to send the document", "client_email": "where to send the document"},
    ),
    "po_in_review": MailPlaces(ORDER, "A purchase order that came with its signed document.", {}, WHICH),
    "po_ask_again": MailPlaces(
        ORDER,
        "The document lacks something; what it lacks follows your words.",
        _REASON,
        {**WHICH, "client_email": "where to send the document"},
    ),
    "po_released": MailPlaces(
        ORDER,
        "The purchase order is accepted; the account to pay to follows.",
        _NUMBER,
        {**WHICH, "number": "what is attached"},
    ),
    "po_rejected": MailPlaces(ORDER, "The purchase order is turned down.", _REASON, {**WHICH, "reason": "why"}),
    "order_link": MailPlaces(
        ORDER, "Somebody asks for the link to the order's page; the link follows your words.", {}, WHICH
    ),
    "delivery": MailPlaces(DELIVERY, "License keys and downloads; they follow your words.", {}, WHICH),
    "receipt": MailPlaces(DELIVERY, "The payment has arrived.", _NUMBER, {**WHICH, "number": "what is attached"}),
    "nothing_to_pay": MailPlaces(
        DELIVERY, "An order over nothing is complete.", _NUMBER, {**WHICH, "number": "what is attached"}
    ),
    "refund": MailPlaces(
        END,
        "Money goes back and a credit note is issued.",
        {**_AMOUNT, **_NUMBER},
        {**WHICH, "amount": "how much goes back", "number": "what is attached"},
    ),
    "return_payment": MailPlaces(
        END, "Money goes back and the sale stays as it is.", _AMOUNT, {**WHICH, "amount": "how much goes back"}
    ),
    "correction": MailPlaces(
        END,
        "An invoice is replaced by a corrected one.",
        {**_NUMBER, **_REPLACED},
        {**WHICH, "number": "what is attached", "invoice_number": "what it replaces"},
    ),
    "tax_removed": MailPlaces(
        END,
        "A certificate takes the tax off an unpaid order, whose bill is replaced.",
        {**_NUMBER, **_REPLACED},
        {**WHICH, "number": "what is attached", "gross": "what the order comes to now"},
    ),
    "cancellation": MailPlaces(END, "The order is canceled.", {}, WHICH),
    "document_expired": MailPlaces(END, "The order is canceled because its document never came.", {}, WHICH),
}
"""In the order of the page."""
