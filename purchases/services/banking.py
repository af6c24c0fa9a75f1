"""Bank statements: import them, propose what each line pays, book it once, or set it aside.

A line is known by its fingerprint, also in another file; a payment by its line. So neither a file sent twice nor two
people who confirm at once book money twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from accounts.models import BankAccount, Client
from core.money import Money
from core.refused import Refused
from purchases.models import (
    BankLine,
    BankStatement,
    CsvMapping,
    Document,
    DocumentKind,
    LineStatus,
    Payment,
    PaymentType,
    Purchase,
)
from purchases.services.bank_files import plain_account
from purchases.services.bank_match import PAYABLE, Candidate, Index, matches, propose
from purchases.services.payment import record_payment
from purchases.states import LATE_MONEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from accounts.models import User
    from purchases.services.bank_csv import CsvLayout
    from purchases.services.bank_files import Movement, StatementFile
    from purchases.services.bank_match import Proposal

BATCH: Final = 500
REFERENCE_LENGTH: Final = 140
OUTGOING: Final = "Money that went out"
NOTHING: Final = "An amount of nothing"
BILLS: Final = (DocumentKind.INVOICE, DocumentKind.PROFORMA)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: its statement, how many lines are new, and where in the file those stand that were not."""

    statement: BankStatement
    new: int
    known_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a line's money and the purchase it is for."""

    reference: str
    amount: Money


# Whose statement -------------------------------------------------------------------------------------------------


def is_same_account(stated: str, account: BankAccount) -> bool:
    """Whether a bank's way of writing an account means ours: IBAN, its national part, `bank/number`, or the number."""
    ours = {plain_account(account.iban), plain_account(account.account)} - {""}
    national = plain_account(account.iban)[4:]
    plain = plain_account(stated)
    forms = {plain, plain.removesuffix(account.currency)}
    bank, slash, number = plain.removesuffix(account.currency).partition("/")
    if slash and national:
        forms |= {bank + number, bank + number.zfill(len(national) - len(bank))}
    return bool(forms & (ours | ({national} - {""})))


def client_of(file: StatementFile, *, filename: str, clients: Sequence[Client], chosen: Client | None) -> Client:
    """Find the client whose account a statement is of, among `clients`; `chosen` is who was named, if anybody.

    Raises Refused when it is another client's account, when nobody's is known, or when several have it.
    """
    accounts = BankAccount.objects.filter(currency=file.currency).select_related("client").order_by("pk")
    known = [account for account in accounts if is_same_account(file.account, account)]
    owners = {account.client_id: account.client for account in known}
    allowed = [client for client in clients if client.pk in owners]
    if chosen is not None:
        if chosen.pk in owners or (not owners and not any(one.client_id == chosen.pk for one in accounts)):
            return chosen
        message = f"{filename} is of the account {file.account} in {file.currency}, which is not one of {chosen.name}."
        raise Refused(f"{message} Nothing was imported.", "account")
    if len(allowed) == 1:
        return allowed[0]
    message = f"{filename} is of the account {file.account} in {file.currency}, which "
    message += "several clients have" if allowed else "no client has"
    raise Refused(f"{message}: choose the client. Nothing was imported.", "client")


def own_account(client: Client, currency: str) -> str:
    """The account number of a client in a currency, as a statement would give it; empty when there is none."""
    account = BankAccount.objects.filter(client=client, currency=currency).first()
    return plain_account(account.iban or account.account) if account else ""


# Import ----------------------------------------------------------------------------------------------------------


def digest_of(content: bytes) -> str:
    """What a file is known by."""
    return hashlib.sha256(content).hexdigest()


def refuse_known(client: Client, *, filename: str, sha256: str) -> None:
    """Refuse a file that is here already. Raises Refused with code `known`."""
    before = BankStatement.objects.filter(client=client, sha256=sha256).select_related("imported_by").first()
    if before is not None:
        named = "" if before.filename == filename else f" as {before.filename}"
        when = f"{before.imported_at.astimezone(client.zone):%Y-%m-%d %H:%M}"
        message = f"{filename} was imported already{named}, by {before.imported_by} on {when}. Nothing was imported."
        raise Refused(message, "known")


@transaction.atomic
def import_statement(
    client: Client, *, file: StatementFile, filename: str, sha256: str, by: User, at: datetime
) -> Imported:
    """Keep a statement with the lines that are not known yet, each with its proposal; nothing is booked.

    Raises Refused (code `known`) when the same file is here already.
    """
    # the client's row: of two who send the same file at once the second sees the first one's
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    refuse_known(client, filename=filename, sha256=sha256)
    statement = BankStatement.objects.create(
        client=client,
        format=file.format,
        filename=filename[-200:],
        sha256=sha256,
        account=file.account[:40],
        currency=file.currency,
        imported_at=at,
        imported_by=by,
    )
    marked = list(zip(fingerprints(file), file.movements, strict=True))
    known = _known(client, [mark for mark, _ in marked])
    lines = [_line(statement, mark, movement) for mark, movement in marked if mark not in known]
    propose_for(lines, client=client, currency=file.currency)
    BankLine.objects.bulk_create(lines, batch_size=BATCH)
    return Imported(statement, len(lines), tuple(movement.line for mark, movement in marked if mark in known))


def fingerprints(file: StatementFile) -> Iterator[str]:
    """What each line is known by, in this file and any other: account, day, amount, reference, text, and a counter.

    The counter tells lines apart that are equal in all else: two of them are twice the money.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for moved in file.movements:
        facts = (
            file.account,
            moved.booked_on.isoformat(),
            str(moved.amount.minor),
            moved.amount.currency,
            moved.reference,
            moved.payer,
            moved.text,
        )
        seen[facts] += 1
        yield hashlib.sha256("\x1f".join((*facts, str(seen[facts]))).encode()).hexdigest()


def _known(client: Client, marks: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(marks), BATCH):
        rows = BankLine.objects.filter(client=client, fingerprint__in=marks[start : start + BATCH])
        found.update(rows.values_list("fingerprint", flat=True))
    return found


def _line(statement: BankStatement, mark: str, moved: Movement) -> BankLine:
    minor = moved.amount.minor
    return BankLine(
        client=statement.client,
        statement=statement,
        position=moved.line,
        fingerprint=mark,
        booked_on=moved.booked_on,
        amount_minor=minor,
        currency=moved.amount.currency,
        payer=moved.payer,
        payer_account=moved.account,
        text=moved.text,
        status=LineStatus.UNMATCHED if minor > 0 else LineStatus.IGNORED,
        note="" if minor > 0 else OUTGOING if minor else NOTHING,
    )


def save_mapping(client: Client, *, name: str, layout: CsvLayout) -> CsvMapping:
    """Keep how a bank writes its CSV under a name, for the next file."""
    mapping, _ = CsvMapping.objects.update_or_create(client=client, name=name, defaults={"columns": layout.kept()})
    return mapping


# Proposals -------------------------------------------------------------------------------------------------------


def candidates_for(client: Client, currency: str) -> list[Candidate]:
    """Every purchase of a client on which money in `currency` may be booked: open, canceled, charged back."""
    invoices: dict[int, list[str]] = {}
    bills = Document.objects.filter(
        client=client, kind__in=BILLS, purchase__status__in=PAYABLE, purchase__currency=currency
    )
    for purchase, number in bills.order_by("pk").values_list("purchase_id", "number"):
        invoices.setdefault(purchase or 0, []).append(number)
    fields = ("pk", "reference", "status", "gross_minor", "paid_minor", "refunded_minor")
    names = ("billing_company", "billing_last_name", "po_number")
    rows = Purchase.objects.filter(client=client, currency=currency, status__in=PAYABLE, is_test=False).order_by("pk")
    return [
        Candidate(pk, reference, status, gross - paid + back, company, name, number, tuple(invoices.get(pk, ())))
        for pk, reference, status, gross, paid, back, company, name, number in rows.values_list(*fields, *names)
    ]


def propose_for(lines: Sequence[BankLine], *, client: Client, currency: str) -> None:
    """Give every line of incoming money its proposal, or say why there is none; saves nothing."""
    incoming = [line for line in lines if line.amount_minor > 0]
    if not incoming:
        return
    index = Index.of(candidates_for(client, currency))
    others = _lines_of_other_formats(incoming, client=client, currency=currency)
    for line in incoming:
        found = proposal_of(line, index)
        again = others.get((line.booked_on, line.amount_minor))
        if again:
            _propose(line, None, [f"Same day and amount as a line of {again}: is it the same money?"])
        else:
            _propose(line, found.candidate, found.grounds)
    _say_doubles(incoming)


def proposal_of(line: BankLine, index: Index) -> Proposal:
    """What one line probably pays."""
    return propose(index, text=line.text, payer=line.payer, amount_minor=line.amount_minor)


def _propose(line: BankLine, candidate: Candidate | None, grounds: list[str]) -> None:
    line.purchase_id = candidate.pk if candidate else None
    line.status = LineStatus.PROPOSED if candidate else LineStatus.UNMATCHED
    line.grounds = grounds


def _lines_of_other_formats(lines: Sequence[BankLine], *, client: Client, currency: str) -> dict[Any, str]:
    """Days and amounts that a file in another format has too: its texts differ, so no fingerprint would tell."""
    days = [line.booked_on for line in lines]
    rows = BankLine.objects.filter(client=client, currency=currency, booked_on__range=(min(days), max(days)))
    rows = rows.exclude(status=LineStatus.IGNORED).exclude(statement__format=lines[0].statement.format)
    found = rows.order_by("pk").values_list("booked_on", "amount_minor", "statement__filename")
    return {(day, minor): filename for day, minor, filename in found}


def _say_doubles(lines: Sequence[BankLine]) -> None:
    counts = Counter(line.purchase_id for line in lines if line.purchase_id)
    for line in lines:
        if line.purchase_id and counts[line.purchase_id] > 1:
            line.grounds = [*line.grounds, f"{counts[line.purchase_id]} lines of this file name it"]


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
    propose_for([line], client=line.client, currency=line.currency)
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
    return BankLine(
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
        grounds=[f"Part of {Money(line.amount_minor, line.currency)}"],
    )


# What a person sees ----------------------------------------------------------------------------------------------


def suggestions(line: BankLine, *, most: int = 6) -> list[tuple[Purchase, list[str]]]:
    """The purchases that a waiting line may pay, best first, each with its grounds."""
    index = Index.of(candidates_for(line.client, line.currency))
    found = matches(index, text=line.text, payer=line.payer, amount_minor=line.amount_minor)[:most]
    rows = Purchase.objects.with_parties().in_bulk([match.candidate.pk for match in found])
    return [(rows[match.candidate.pk], match.grounds) for match in found if match.candidate.pk in rows]


def named_parts(line: BankLine) -> list[Part]:
    """The purchases that a line names, each with what is open on it: a first filling of the split form."""
    index = Index.of(candidates_for(line.client, line.currency))
    named = proposal_of(line, index).named
    return [Part(one.reference, Money(max(one.owed_minor, 0), line.currency)) for one in named]
