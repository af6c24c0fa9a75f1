"""Which purchases a bank line may pay: read from the database, then matched by `bank_match`, which is pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, F, When, Window
from django.db.models.functions import RowNumber

from purchases.models import BankLine, Document, DocumentKind, LineStatus, Purchase
from purchases.querysets import MISSING, Bare
from purchases.services.bank_match import PAYABLE, Candidate, Index, numbers_in, propose
from purchases.services.credit import missing_on
from purchases.states import OPEN, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from accounts.models import Client
    from purchases.querysets import PurchaseQuerySet
    from purchases.services.bank_match import Proposal

BILLS: Final = (DocumentKind.INVOICE, DocumentKind.PROFORMA)
BILL_NUMBER: Final = re.compile(r"(INV|PFI)(\d{4})(\d{6,})")
REFERENCE_DIGITS: Final = 9
AT_ONCE: Final = 5_000
FEW: Final = 200
"""So many lines at a time the purchases they may mean are looked for."""
MANY: Final = 10_000
"""For more lines all that can be paid are read at once; no file that is read while somebody waits has as many."""
MOST_OF_AMOUNT: Final = 500
"""Of purchases over one amount the newest are looked at, open ones first; an amount so common proves little."""


def candidates_for(client: Client, currency: str, lines: Sequence[Any]) -> list[Candidate]:
    """Read the purchases of a client that `lines` may pay in `currency`: open, canceled, charged back.

    A line is anything with `text`, `payer` and `amount_minor`. The number of queries is the same for up to `FEW`.
    """
    rows = Purchase.objects.filter(client=client, currency=currency, status__in=PAYABLE, is_test=False)
    bills = Document.objects.filter(
        client=client, kind__in=BILLS, purchase__status__in=PAYABLE, purchase__currency=currency
    )
    if len(lines) > MANY:
        return _read(rows, bills)
    slices = (lines[start : start + FEW] for start in range(0, len(lines), FEW))
    near = sorted(set().union(*(_near(client, rows, bills, some) for some in slices)))
    batches = [near[start : start + AT_ONCE] for start in range(0, len(near), AT_ONCE)]
    return [one for some in batches for one in _read(rows.filter(pk__in=some), bills.filter(purchase__in=some))]


def _read(rows: PurchaseQuerySet, bills: Any) -> list[Candidate]:
    invoices: dict[int, list[str]] = {}
    for purchase, number in bills.order_by("pk").values_list("purchase_id", "number"):
        invoices.setdefault(purchase or 0, []).append(number)
    charged = rows.filter(status=Status.CHARGED_BACK).prefetch_related("refunds")
    missing = {purchase.pk: missing_on(purchase).minor for purchase in charged}
    fields = ("pk", "reference", "status", "gross_minor", "paid_minor", "refunded_minor")
    names = ("billing_company", "billing_last_name", "po_number")
    return [
        Candidate(
            pk,
            reference,
            status,
            missing.get(pk, gross - paid + back),
            company,
            name,
            number,
            tuple(invoices.get(pk, ())),
        )
        for pk, reference, status, gross, paid, back, company, name, number in rows.order_by("pk").values_list(
            *fields, *names
        )
    ]


def _near(client: Client, rows: PurchaseQuerySet, bills: Any, lines: Sequence[Any]) -> set[int]:
    """Find the purchases that lines name by a number, whose missing amount is theirs, and those charged back."""
    told = set().union(*(numbers_in(f"{line.text} {line.payer}") for line in lines))
    told = {number for number in told if any(map(str.isdigit, number))}
    amounts = {line.amount_minor for line in lines}
    bill_numbers = {"-".join(found.groups()) for found in map(BILL_NUMBER.fullmatch, told) if found}
    words = {word.strip(".,;:()") for line in lines for word in f"{line.text} {line.payer}".split()}
    words = {word for word in words if any(map(str.isdigit, word))}
    fitting = rows.annotate(missing=MISSING).filter(missing__in=amounts)
    newest = [Case(When(status__in=OPEN, then=0), default=1), F("pk").desc()]
    ranked = fitting.annotate(rank=Window(RowNumber(), partition_by=[F("missing")], order_by=newest))
    # Each way by its own index: with currency and status besides, SQLite takes theirs. The caller narrows again.
    mine = Purchase.objects.filter(client=client)
    references = {number for number in told if len(number) == REFERENCE_DIGITS}
    near = (
        bills.filter(number__in=bill_numbers).values_list("purchase", flat=True),
        mine.filter(reference__in=references).values_list("pk", flat=True),
        mine.alias(bare=Bare("po_number")).filter(bare__in=told).values_list("pk", flat=True),
        mine.filter(po_number__in=words).values_list("pk", flat=True),  # with a mark that `Bare` does not know
        mine.filter(status=Status.CHARGED_BACK).values_list("pk", flat=True),
        ranked.filter(rank__lte=MOST_OF_AMOUNT).values_list("pk", flat=True),
    )
    return set().union(*near)


def index_for(client: Client, currency: str, lines: Sequence[Any]) -> Index:
    """Put the purchases that lines may pay where they will be looked for."""
    return Index.of(candidates_for(client, currency, lines))


def proposal_of(line: BankLine, index: Index) -> Proposal:
    """What one line probably pays."""
    return propose(index, text=line.text, payer=line.payer, amount_minor=line.amount_minor)


def propose_for(lines: Iterable[BankLine], *, index: Index | None = None) -> None:
    """Give every line of incoming money its proposal, or say why there is none; saves nothing.

    All lines are of one statement. Without an `index` the purchases are looked for.
    """
    incoming = [line for line in lines if line.amount_minor > 0]
    if not incoming:
        return
    client, currency = incoming[0].client, incoming[0].currency
    index = index or index_for(client, currency, incoming)
    others = _lines_of_other_formats(incoming, client=client, currency=currency)
    for line in incoming:
        found = proposal_of(line, index)
        again = others.get((line.booked_on, line.amount_minor))
        if again:
            _propose(line, None, [f"Same day and amount as a line of {again}: is it the same money?"])
        else:
            _propose(line, found.candidate, found.grounds)


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


def say_doubles(lines: Sequence[BankLine]) -> list[BankLine]:
    """Say on the lines of a file that name the same purchase how many do; return those that changed."""
    counts = Counter(line.purchase_id for line in lines)
    doubles = [line for line in lines if counts[line.purchase_id] > 1]
    for line in doubles:
        line.grounds = [*line.grounds, f"{counts[line.purchase_id]} lines of this file name it"]
    return doubles
