"""A bank's file comes in: stored by the page, read by the worker, its lines compared and kept.

A file with anything wrong in it is refused whole. A line is known by its fingerprint, also in another file. Lines are
kept in chunks, each with how far the file is in one transaction: a worker that dies loses at most a chunk, which the
next one does again. Where too many die the file is given up; sent again, it goes on from there. Nothing is booked here.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from accounts.models import BankAccount, Client
from core.refused import Refused
from purchases.models import BankFile, BankLine, BankStatement, CsvMapping, LineStatus
from purchases.services.bank_candidates import index_for, propose_for, say_doubles
from purchases.services.bank_csv import CsvLayout, read_csv
from purchases.services.bank_files import plain_account, read_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.models import User
    from purchases.services.bank_files import Movement, StatementFile
    from purchases.services.bank_match import Index

CHUNK: Final = 500
LEASE: Final = timedelta(minutes=1)
"""How long a worker may be silent over a file; after that it is thought dead and the next one goes on."""
MOST_ATTEMPTS: Final = 5
"""So often may workers die over a file without keeping a line of it."""
MOST_NAMED: Final = 12
OUTGOING: Final = "Money that went out"
NOTHING: Final = "An amount of nothing"


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


# On its way in ---------------------------------------------------------------------------------------------------


def digest_of(content: bytes) -> str:
    """What a file is known by."""
    return hashlib.sha256(content).hexdigest()


def refuse_known(client: Client, *, filename: str, sha256: str) -> None:
    """Refuse a file that is here already, unless it was given up. Raises Refused with code `known`."""
    if not _given_up([client], sha256).exists():
        _refuse_second(client, filename=filename, sha256=sha256)


def _refuse_second(client: Client, *, filename: str, sha256: str) -> None:
    before = BankStatement.objects.filter(client=client, sha256=sha256).select_related("imported_by").first()
    if before is not None:
        named = "" if before.filename == filename else f" as {before.filename}"
        when = f"{before.imported_at.astimezone(client.zone):%Y-%m-%d %H:%M}"
        message = f"{filename} was imported already{named}, by {before.imported_by} on {when}. Nothing was imported."
        raise Refused(message, "known")


@transaction.atomic
def store_file(
    content: bytes,
    *,
    filename: str,
    client: Client | None,
    by: User,
    at: datetime,
    layout: CsvLayout | None = None,
    mapping: str = "",
) -> BankFile:
    """Keep a file for the worker; a CSV with how it is to be read, which is kept as `mapping` once that succeeded.

    One that was given up after some lines is read on from there, the way it was begun. Raises Refused (code `known`)
    when the same file of this client is here already.
    """
    sha256 = digest_of(content)
    begun = _given_up([client] if client else _clients(by), sha256).select_for_update(of=("self",)).first()
    if begun is not None:
        begun.content, begun.attempts, begun.problem, begun.finished_at = content, 0, "", None
        begun.save()
        return begun
    if client is not None:
        refuse_known(client, filename=filename, sha256=sha256)
    return BankFile.objects.create(
        client=client,
        filename=filename[-200:],
        sha256=sha256,
        content=content,
        layout=layout.kept() if layout else None,
        mapping=mapping,
        sent_at=at,
        sent_by=by,
    )


def _given_up(clients: Sequence[Client], sha256: str) -> QuerySet[BankFile]:
    """Files of which only the first lines are here."""
    rows = BankFile.objects.filter(client__in=clients, sha256=sha256, statement__isnull=False).exclude(problem="")
    return rows.defer("content").order_by("pk")


def read_due(*, clock: Callable[[], datetime]) -> int:
    """Read every file that waits; return how many were read."""
    done = 0
    # looked at every two seconds: without a file nothing is locked
    while BankFile.objects.filter(finished_at=None).exists() and (file := claim_next(at=clock())) is not None:
        read_file(file, clock=clock)
        done += 1
    return done


@transaction.atomic
def claim_next(*, at: datetime, only: int | None = None) -> BankFile | None:
    """Take the file that waits longest (or the one with the id `only`), or None. One that kills workers is given up."""
    waiting = BankFile.objects.filter(Q(claimed_until=None) | Q(claimed_until__lt=at), finished_at=None)
    waiting = waiting.filter(pk=only) if only is not None else waiting
    file = waiting.order_by("pk").select_for_update(skip_locked=True).first()
    if file is None:
        return None
    if file.attempts >= MOST_ATTEMPTS:
        again = f"{_kept(file)}. Send it again for the rest" if file.done else "nothing was imported"
        _finish(file, at=at, problem=f"{file.filename} could not be read in {MOST_ATTEMPTS} attempts; {again}.")
        return None
    file.attempts += 1
    file.claimed_until = at + LEASE
    file.save(update_fields=["attempts", "claimed_until"])
    return file


def _kept(file: BankFile) -> str:
    return f"{file.done:,} of its {file.total:,} lines are here"


def read_now(file: BankFile, *, clock: Callable[[], datetime]) -> BankFile:
    """Read a small file that was just stored. Raises Refused with what is wrong with it.

    Then it is forgotten, unless lines of it are here from an earlier time.
    """
    claimed = claim_next(at=clock(), only=file.pk)
    file = read_file(claimed, clock=clock) if claimed else file
    if file.problem:
        if file.statement is None:
            file.delete()
        raise Refused(file.problem, "file")
    return file


def read_file(file: BankFile, *, clock: Callable[[], datetime]) -> BankFile:
    """Read a claimed file; what is wrong with it becomes its `problem`, and no line of it is kept then."""
    try:
        return keep_lines(file, _read(file), clock=clock)
    except Refused as refused:
        problem = refused.message
        if file.statement is not None:
            problem = re.sub("nothing was imported", _kept(file), problem, flags=re.IGNORECASE)
        return _finish(file, at=clock(), problem=problem)


def keep_lines(file: BankFile, read: StatementFile, *, clock: Callable[[], datetime]) -> BankFile:
    """Keep the lines of a file chunk by chunk, from where an earlier worker got to.

    Raises Refused when it is another client's, or here already.
    """
    client = client_of(read, filename=file.filename, clients=_clients(file.sent_by), chosen=file.client)
    index = index_for(client, read.currency, read.movements)
    marked = list(zip(fingerprints(read), read.movements, strict=True))
    while not file.finished_at:
        file = _keep_chunk(file, client, read, marked, index=index, at=clock())
    return file


def _read(file: BankFile) -> StatementFile:
    if not file.layout:
        return read_statement(file.filename, bytes(file.content))
    read = read_csv(file.filename, bytes(file.content), CsvLayout.of(file.layout))
    return replace(read, account=own_account(file.client, read.currency)) if file.client else read


def _clients(user: User) -> list[Client]:
    return [user.client] if user.client else list(Client.objects.order_by("name", "pk"))


@transaction.atomic
def _keep_chunk(
    file: BankFile,
    client: Client,
    read: StatementFile,
    marked: Sequence[tuple[str, Movement]],
    *,
    index: Index,
    at: datetime,
) -> BankFile:
    """Keep the next lines that are not known yet, each with its proposal, and how far the file is."""
    # under the lock: another worker that thought us dead may have kept this chunk already
    # how far it is, is written with every chunk; what is in it, up to 10 MB, neither read nor written again
    rows = BankFile.objects.select_related("statement__client", "client", "sent_by__client").defer("content")
    file = rows.select_for_update(of=("self",)).get(pk=file.pk)
    if file.finished_at:
        return file
    if file.statement is None:
        file.client, file.statement = client, _open_statement(file, client, read, at=at)
    chunk = marked[file.done : file.done + CHUNK]
    known = _known(client, [mark for mark, _ in chunk])
    lines = [_line(file.statement, mark, moved) for mark, moved in chunk if mark not in known]
    propose_for(lines, index=index)
    BankLine.objects.bulk_create(lines, batch_size=CHUNK)
    skipped = [moved.line for mark, moved in chunk if mark in known]
    file.known_lines = [*file.known_lines, *skipped][:MOST_NAMED]
    file.known_count += len(skipped)
    file.done, file.total, file.attempts, file.claimed_until = file.done + len(chunk), len(marked), 0, at + LEASE
    if file.done < file.total:
        file.save()
        return file
    named = file.statement.lines.filter(status=LineStatus.PROPOSED)
    BankLine.objects.bulk_update(say_doubles(list(named.order_by("pk"))), ["grounds"], batch_size=CHUNK)
    if file.mapping and file.layout:
        save_mapping(client, name=file.mapping, layout=CsvLayout.of(file.layout))
    return _finish(file, at=at)


def _open_statement(file: BankFile, client: Client, read: StatementFile, *, at: datetime) -> BankStatement:
    # the client's row: of two who send the same file at once the second sees the first one's
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    _refuse_second(client, filename=file.filename, sha256=file.sha256)
    return BankStatement.objects.create(
        client=client,
        format=read.format,
        filename=file.filename,
        sha256=file.sha256,
        account=read.account[:40],
        currency=read.currency,
        imported_at=at,
        imported_by=file.sent_by,
    )


def _finish(file: BankFile, *, at: datetime, problem: str = "") -> BankFile:
    file.finished_at, file.problem, file.content, file.claimed_until = at, problem[:500], b"", None
    file.save()
    return file


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
    for start in range(0, len(marks), CHUNK):
        rows = BankLine.objects.filter(client=client, fingerprint__in=marks[start : start + CHUNK])
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
