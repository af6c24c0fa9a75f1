"""The types of e-mail in words, and what of them a client may word itself: places, tokens, what a text lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from core.letters import TOKEN, fill, unknown_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from accounts.models import Client
    from core.messages import Message

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
    "return_payment": "Payment returned",
    "correction": "Corrected invoice",
    "tax_removed": "Corrected invoice, tax taken off",
    "payment_reminder": "Payment reminder, by hand",
    "mail_test": "Test of an e-mail",
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
    "client_endpoint": "Endpoint fails, to the client",
    "offline_expired": "Canceled, no payment",
    "partner_statement": "Partner statement",
    "customer_statement": "Statement of account",
    "portal_link": "Login to the partner portal",
    "quote": "Quote",
    "quote_extended": "Quote extended",
    "quote_reminder": "Quote reminder",
    "quote_expired": "Quote expired",
    "follow_up_digest": "Follow-ups due today",
    "exemption_valid": "Tax exemption valid",
    "exemption_invalid": "Tax exemption invalid",
    "exemption_expiring": "Tax exemption expires",
    "exemption_renewal": "New certificate asked for",
}


def kind_label(kind: str) -> str:
    """Name a type of e-mail; one that is not listed by its own key, made readable."""
    return KIND_LABELS.get(kind) or kind.replace("_", " ").replace(".", " ").capitalize()


KEY_IN_LINK: Final = re.compile(r"(/p/(?:[a-z-]+/)*)[A-Za-z0-9_:.=-]{16,}")
"""The key of a link by which somebody without a login may decide or gets in."""


class EmailText(NamedTuple):
    """One e-mail: what stands before and after its facts."""

    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...] = ()


# What clients word themselves ------------------------------------------------------------------------------------

LONGEST_SUBJECT: Final = 78
"""Characters after which mail programs cut a subject off (RFC 5322, 2.1.1)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of an e-mail or a letter that can be worded: its name on screens, what it is for, how long it may be."""

    label: str
    hint: str
    limit: int
    lines: int = 1
    is_needed: bool = True


PLACES: Final[dict[str, Place]] = {
    "subject": Place("Subject", "Up to 78 characters are shown everywhere.", 200),
    "before": Place("Before the facts", "After the greeting. Every line is a paragraph.", 2000, lines=6),
    "after": Place("After the facts", "Every line is a paragraph.", 2000, lines=4, is_needed=False),
}
"""In the order of the form. Greeting, facts, account, link and regards are written by the product."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An e-mail as it would be written, and what the tokens stand for in it."""

    message: Message
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextKind:
    """An e-mail that clients may word: when it goes out, its standard words, its tokens, and how to try it.

    `needed` are the tokens it can't do without, each with the reason; `orders` finds what to try it on.
    """

    group: str
    about: str
    standard: Mapping[str, EmailText]
    tokens: Mapping[str, str]
    needed: Mapping[str, str]
    orders: Callable[[Client], Sequence[tuple[str, str]]]
    attempt: Callable[[Client, str, EmailText, str, datetime], Trial]


GROUPS: Final = ("The order", "Delivery and payment", "Reminders", "Changes and the end", "Quotes", "Tax exemptions")
"""The groups of e-mails in the order in which screens list them."""
_kinds: dict[str, TextKind] = {}


def register_text(key: str, kind: TextKind) -> None:
    """Let clients word the e-mail `key`; called by the app that writes it, in its `AppConfig.ready`."""
    _kinds[key] = kind


def text_kinds() -> Mapping[str, TextKind]:
    """All e-mails that clients may word, by group."""
    return dict(sorted(_kinds.items(), key=lambda item: GROUPS.index(item[1].group)))


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a reader of a text would miss; `place` is where to mend it."""

    place: str
    text: str


def places_of(text: EmailText) -> dict[str, str]:
    """Write an e-mail's words as places of the form."""
    return {"subject": text.subject, "before": "\n".join(text.before), "after": "\n".join(text.after)}


def text_of(places: Mapping[str, str], standard: EmailText) -> EmailText:
    """Make an e-mail's words of its places; without any it says the standard."""
    if not places:
        return standard
    before, after = (
        tuple(line.strip() for line in places.get(name, "").splitlines() if line.strip())
        for name in ("before", "after")
    )
    return EmailText(places.get("subject") or standard.subject, before or standard.before, after)


def problem_of(kind: TextKind, place: str, text: str) -> str:
    """Say why a place can't be worded like this; empty when it can."""
    wrong = unknown_tokens(text, kind.tokens)
    if wrong:
        shown = wrong[0] if "{" in wrong[0] or "}" in wrong[0] else f"{{{{{wrong[0]}}}}}"
        return f"“{shown}” is no token of this e-mail. Choose one from the list, or write it without braces."
    if len(text) > PLACES[place].limit:
        return f"Use at most {PLACES[place].limit} characters; these are {len(text)}."
    return "" if text.strip() or not PLACES[place].is_needed else "Write something here; the e-mail needs it."


def lint(kind: TextKind, places: Mapping[str, str], values: Mapping[str, str]) -> list[Finding]:
    """Find what a reader would miss in a text; `values` are those of one e-mail, to see how long its subject becomes."""
    used = {match[1] for text in places.values() for match in TOKEN.finditer(text)}
    found = [
        Finding("before", f"It does not say {why} ({{{{{token}}}}}).")
        for token, why in kind.needed.items()
        if token not in used
    ]
    subject = places.get("subject", "")
    length = 0 if problem_of(kind, "subject", subject) else len(fill(subject, values))
    if length > LONGEST_SUBJECT:
        found.append(Finding("subject", f"{length} characters: many mail programs cut off after {LONGEST_SUBJECT}."))
    return found
