"""What people decide about bank lines: book what is proposed or another purchase, split, set aside.

A payment is known by its line, so two people who confirm at once book the money once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction

from core.money import Money
from core.refused import Refused
from purchases.models import BankLine, LineStatus, Payment, PaymentType, Purchase
from purchases.services.bank_candidates import index_for, proposal_of, propose_for
from purchases.services.bank_match import PAYABLE, matches
from purchases.services.payment import record_payment
from purchases.states import LATE_MONEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import User

REFERENCE_LENGTH: Final = 140


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line's money and the purchase it is for."""

    reference: str
    amount: Money


# Decisions -------------------------------------------------------------------------------------------------------


def _waiting(line: BankLine) -> BankLine:
    """Read a line again under its lock and refuse it if somebody decided about it already."""
    line = _locked(line)
    if line.status == LineStatus.BOOKED:
        on = line.purchase.reference if line.purchase else ""
        message = f"This line was booked on {on} already, by {line.decided_by}."
        raise Refused(message, "booked")
    if line.status == LineStatus.IGNORED:
        raise Refused("This line is set aside: take it back first.", "aside")
    return line


def _locked(line: BankLine) -> BankLine:
    rows = BankLine.objects.select_related("client", "statement", "purchase", "decided_by")
    return rows.select_for_update(of=("self",)).get(pk=line.pk)


@transaction.atomic
def confirm_line(line: BankLine, *, by: User, at: datetime) -> BankLine:
    """Book a line on the purchase that was proposed for it.

    Raises Refused when there is no proposal, when the line was decided about, or when the purchase was paid in between.
    """
    line = _waiting(line)
    if line.purchase is None:
        raise Refused("Nothing is proposed for this line: choose its purchase.", "unmatched")
    return _book(line, line.purchase, is_extra=False, by=by, at=at)


@transaction.atomic
def book_line(line: BankLine, *, reference: str, by: User, at: datetime, is_extra: bool = False) -> BankLine:
    """Book a line on a purchase that a person chose; `is_extra` also where nothing is open any more.

    Raises Refused for an unknown reference number, another currency, a quote, or a closed purchase without `is_extra`.
    """
    line = _waiting(line)
    return _book(line, _purchase(line, reference), is_extra=is_extra, by=by, at=at)


def _purchase(line: BankLine, reference: str) -> Purchase:
    number = "".join(reference.split())
    found = Purchase.objects.filter(client=line.client, reference=number).first()
    if found is None:
        message = f"{line.client.name} has no purchase {number[:20]}."
        raise Refused(message, "reference")
    return found


def _book(line: BankLine, purchase: Purchase, *, is_extra: bool, by: User, at: datetime) -> BankLine:
    """Book a locked line. The purchase is locked and looked at again: somebody may have paid or closed it meanwhile."""
    purchase = Purchase.objects.lock(purchase)
    if purchase.status not in PAYABLE and not (is_extra and purchase.status in LATE_MONEY):
        message = f"{purchase.reference} is {purchase.status_label} now: nothing is open on it."
        raise Refused(message, "closed")
    if line.amount_minor <= 0:
        raise Refused("Only money that came in can be booked.", "amount")
    key = f"bank:{line.client_id}:{line.fingerprint}"
    value_day = f"Bank {line.booked_on:%Y-%m-%d}"
    record_payment(
        purchase,
        amount=Money(line.amount_minor, line.currency),
        method=PaymentType.WIRE,
        by=by,
        at=at,
        dedupe_key=key,
        bank_reference=" · ".join(filter(None, (value_day, line.payer, line.text)))[:REFERENCE_LENGTH],
    )
    line.payment = Payment.objects.get(dedupe_key=key)
    line.purchase = purchase
    return _decide(line, LineStatus.BOOKED, by=by, at=at)


def _decide(line: BankLine, status: str, *, by: User | None, at: datetime, note: str = "") -> BankLine:
    line.status, line.decided_by, line.decided_at, line.note = status, by, at, note
    line.save()
    return line


@transaction.atomic
def set_aside(line: BankLine, *, reason: str, by: User, at: datetime) -> BankLine:
    """Say that a line is no payment of a purchase, and why. Raises Refused when it was decided about."""
    line = _waiting(line)
    line.purchase = None
    return _decide(line, LineStatus.IGNORED, by=by, at=at, note=reason)


@transaction.atomic
def take_back(line: BankLine, *, by: User, at: datetime) -> BankLine:
    """Put a line that was set aside back into the queue, with a new proposal.

    Raises Refused when it is not set aside, is no incoming money, or was split into booked parts.
    """
    line = _locked(line)
    if line.status != LineStatus.IGNORED:
        raise Refused("This line is not set aside.", "aside")
    if line.amount_minor <= 0:
        raise Refused("Only money that came in can be booked.", "amount")
    if BankLine.objects.filter(client=line.client, fingerprint=part_mark(line, 1)).exists():
        raise Refused("This line was split, and its parts are booked.", "split")
    propose_for([line])
    return _decide(line, line.status, by=by, at=at)


# Several purchases at once ---------------------------------------------------------------------------------------


def part_mark(line: BankLine, number: int) -> str:
    """What the `number`-th part of a split line is known by."""
    return hashlib.sha256(f"{line.fingerprint}\x1fpart {number}".encode()).hexdigest()


@transaction.atomic
def split_line(line: BankLine, *, parts: Sequence[Part], by: User, at: datetime) -> BankLine:
    """Book one line on several purchases: a booked line for each part; the whole one is set aside and names them.

    Raises Refused when the parts are not exactly the line's amount, name a purchase twice or one that takes no money.
    """
    line = _waiting(line)
    references = ["".join(part.reference.split()) for part in parts]
    if len(references) < 2 or len(set(references)) < len(references):  # noqa: PLR2004 -- one is no split
        raise Refused("Name two or more different purchases.", "parts")
    total, amount = sum(part.amount.minor for part in parts), Money(line.amount_minor, line.currency)
    if total != amount.minor or any(part.amount.minor <= 0 for part in parts):
        message = f"The parts come to {Money(total, line.currency)}; the line is {amount}."
        raise Refused(message, "amount")
    # always in the same order: two people who split lines over the same purchases never wait for each other
    for number, part in enumerate(sorted(parts, key=lambda part: part.reference), 1):
        _book(_part(line, number, part.amount.minor), _purchase(line, part.reference), is_extra=False, by=by, at=at)
    told = ", ".join(f"{reference} {part.amount}" for reference, part in zip(references, parts, strict=True))
    line.purchase = None
    return _decide(line, LineStatus.IGNORED, by=by, at=at, note=f"Split: {told}"[:300])


def _part(line: BankLine, number: int, minor: int) -> BankLine:
    """Keep a part as a line of its own before its payment: who hears of the payment may ask for the bank's day."""
    return BankLine.objects.create(
        client=line.client,
        statement=line.statement,
        position=line.position,
        fingerprint=part_mark(line, number),
        booked_on=line.booked_on,
        amount_minor=minor,
        currency=line.currency,
        payer=line.payer,
        payer_account=line.payer_account,
        text=line.text,
        status=LineStatus.UNMATCHED,
        grounds=[f"Part of {Money(line.amount_minor, line.currency)}"],
    )


# What a person sees ----------------------------------------------------------------------------------------------


def suggestions(line: BankLine, *, most: int = 6) -> list[tuple[Purchase, list[str]]]:
    """The purchases that a waiting line may pay, best first, each with its grounds."""
    index = index_for(line.client, line.currency, [line])
    found = matches(index, text=line.text, payer=line.payer, amount_minor=line.amount_minor)[:most]
    rows = Purchase.objects.with_parties().prefetch_related("refunds").in_bulk([match.candidate.pk for match in found])
    return [(rows[match.candidate.pk], match.grounds) for match in found if match.candidate.pk in rows]


def named_parts(line: BankLine) -> list[Part]:
    """The purchases that a line names, each with what is open on it: a first filling of the split form."""
    named = proposal_of(line, index_for(line.client, line.currency, [line])).named
    return [Part(one.reference, Money(max(one.owed_minor, 0), line.currency)) for one in named]
