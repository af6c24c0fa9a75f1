"""What customers ask and tell the apps above: about two that become one, and about one whose names are taken out.

Receivers run in the same transaction. The sender is `Customer`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Effect:
    """What would happen to rows of one app, in sentences; or why it can't be done at all."""

    lines: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """The rows of one kind that a merge moved, by primary key."""

    name: str
    pks: tuple[int, ...]


merge_asked = Signal()
"""Somebody looks at what a merge would do; nothing is written. Sent with `kept`, `gone`; answered with an `Effect`."""

customers_locking = Signal()
"""Customers are about to be locked and changed together. Sent with `customers` (primary keys). Who moves rows that are
locked before their customer everywhere else locks them now."""

customers_merged = Signal()
"""`gone` becomes part of `kept`, both locked: who has rows of `gone` moves them. Sent with `kept`, `gone`, `by`, `at`;
answered with `Moved`."""

merge_undone = Signal()
"""A merge is undone, both locked: who moved rows moves exactly those back. Sent with `kept`, `gone`, `moved` (primary
keys by name), `by`, `at`."""

anonymizing_asked = Signal()
"""Somebody looks at what anonymizing would do; nothing is written. Sent with `customer`; answered with an `Effect`."""

customer_anonymized = Signal()
"""A customer's names and addresses are taken out: who has copies takes them out, too. Sent with `customer` (locked),
`by`, `at`."""
