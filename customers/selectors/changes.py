"""What was changed about a customer and its contacts: when, by whom, from what to what."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from customers.models import Contact, ContactKind
from customers.selectors import CUSTOMER_FIELDS, in_words

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from customers.models import Customer

MOST: Final = 12
READ: Final = 40
"""History lines that are read: some of a change's lines say nothing new."""
ADDRESS_FIELDS: Final = {
    "company": "Company",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "phone": "Phone",
    "fax": "Fax",
    "street": "Street",
    "postal_code": "Postal code",
    "city": "City",
    "state": "State or province",
    "country": "Country",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: whose, why, and each field with what it said before and says since."""

    at: datetime
    by: User | None
    what: str
    reason: str
    fields: tuple[tuple[str, str, str], ...]


def changes_of(customer: Customer) -> list[Change]:
    """List the newest changes of a customer and its contacts. Two queries."""
    own = list(customer.history.select_related("history_user").order_by("-history_date", "-history_id")[:READ])
    contacts = Contact.history.filter(customer_id=customer.pk).select_related("history_user")
    others = list(contacts.order_by("-history_date", "-history_id")[:READ])
    found = _compared(own, CUSTOMER_FIELDS, "Customer")
    for kind in ContactKind:
        lines = [line for line in others if line.kind == kind.value]
        found += _compared(lines, ADDRESS_FIELDS, f"{kind.label} contact")
    return sorted(found, key=lambda change: change.at, reverse=True)[:MOST]


def _compared(lines: list[Any], names: dict[str, str], what: str) -> list[Change]:
    """Compare each line with the one before it, which follows it here."""
    found = []
    for line, before in zip_longest(lines, lines[1:]):
        fields = () if before is None or line.history_type != "~" else _differences(line, before, names)
        words = line.history_change_reason or "changed"
        words = f"removed: {words}" if line.history_type == "-" else words
        found.append(Change(line.history_date, line.history_user, what, words[:1].upper() + words[1:], fields))
    return found


def _differences(line: Any, before: Any, names: dict[str, str]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (label, in_words(name, getattr(before, name)), in_words(name, getattr(line, name)))
        for name, label in names.items()
        if getattr(line, name) != getattr(before, name)
    )
