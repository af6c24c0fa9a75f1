"""Lists that people take away: asked for on a page, written by the worker in pieces, kept for some days.

The worker first notes which rows, in which order and which columns; then it keeps them piece by piece, each with how
far it is in one transaction, and puts the file together at the end. So there is never more than a piece in memory while
rows are read, a worker that dies loses at most a piece, and the next one goes on from there. A round is short: letters
and e-mails wait meanwhile. Who asked must still be allowed when a piece is written, and gets no row they may not see.
"""

from __future__ import annotations

import zlib
from array import array
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

import structlog
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils.text import slugify

from accounts.models import Export, ExportPart
from accounts.signals import export_failed
from core.exports import MOST_ROWS, Listing
from core.refused import Refused
from core.sheets import BOM, csv_rows, xlsx_file, xlsx_head, xlsx_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from accounts.models import Client, User

log = structlog.get_logger("kontor.exports")

CHUNK: Final = 1_000
LEASE: Final = timedelta(minutes=1)
"""How long a worker may be silent over a file; after that it is thought dead and the next one goes on."""
ROUND: Final = timedelta(seconds=5)
"""After this a file is laid aside until the next round."""
MOST_ATTEMPTS: Final = 5
"""So often may workers die over a file without keeping a piece of it."""
MOST_WAITING: Final = 5
KEPT: Final = timedelta(days=7)


def ask_export(*, kind: str, query: str, format: str, client: Client | None, by: User, at: datetime) -> Export:  # noqa: A002 -- the column's name
    """Note that `by` wants a file of the list `kind` as the address `query` shows it, narrowed to `client`.

    Raises Refused when there is no such list for them, or when enough files wait already.
    """
    listing = Listing.of(kind, user=by, client=client, query=query, at=at)
    if listing is None or not listing.is_allowed:
        raise Refused("You may not take this list away.", "right")
    if Export.objects.filter(user=by, finished_at=None).count() >= MOST_WAITING:
        message = f"{MOST_WAITING} of your files are still being written. Wait until one is ready."
        raise Refused(message, "waiting")
    return Export.objects.create(
        user=by,
        client=client,
        kind=kind,
        query=query,
        format=format,
        filename=f"{slugify(listing.page.title)}-{at.astimezone(by.zone):%Y-%m-%d-%H%M}.{format}",
        asked_at=at,
    )


def write_due(*, clock: Callable[[], datetime]) -> int:
    """Write at the files that wait, for the length of a round; return how many were taken up."""
    taken, until = 0, clock() + ROUND
    # looked at every two seconds: without a file nothing is locked
    while Export.objects.filter(finished_at=None).exists() and (export := claim_next(at=clock())) is not None:
        write_export(export, clock=clock, until=until)
        taken += 1
        if clock() >= until:
            break
    return taken


@transaction.atomic
def claim_next(*, at: datetime) -> Export | None:
    """Take the file that was longest without a worker, or None. One that kills workers is given up."""
    waiting = Export.objects.filter(Q(claimed_until=None) | Q(claimed_until__lte=at), finished_at=None)
    longest = waiting.order_by(F("claimed_until").asc(nulls_first=True), "pk")
    export = longest.select_for_update(skip_locked=True).first()
    if export is None:
        return None
    if export.attempts >= MOST_ATTEMPTS:
        _fail(export, RuntimeError(f"{MOST_ATTEMPTS} workers ended over it"), at=at)
        return None
    export.attempts += 1
    export.claimed_until = at + LEASE
    export.save(update_fields=["attempts", "claimed_until"])
    return export


def write_export(export: Export, *, clock: Callable[[], datetime], until: datetime) -> Export:
    """Write at a claimed file until it is whole or the round is over; what is wrong becomes its `problem`."""
    try:
        while not export.finished_at and clock() < until:
            export = write_piece(export, at=clock())
    except Refused as refused:
        return _finish(export, at=clock(), problem=refused.message)
    except OperationalError:
        raise  # the database is away or busy: the next worker goes on
    except Exception as error:  # whatever a cell stumbles over: the file fails, the worker does not
        log.exception("export.failed", export=export.pk, kind=export.kind)
        return _fail(export, error, at=clock())
    if not export.finished_at:
        Export.objects.filter(pk=export.pk).update(claimed_until=clock())
    return export


@transaction.atomic
def write_piece(export: Export, *, at: datetime) -> Export:
    """Note what is to be written, or write the next rows, or put the file together."""
    # under the lock: another worker that thought us dead may have written this piece already
    rows = Export.objects.select_related("user__client", "client").defer("content")
    export = rows.select_for_update(of=("self",)).get(pk=export.pk)
    if export.finished_at:
        return export
    listing = Listing.of(export.kind, user=export.user, client=export.client, query=export.query, at=export.asked_at)
    if listing is None or not listing.is_allowed:
        raise Refused("You no longer have the right to take this list away.", "right")
    if export.keys is None:
        return _begin(export, listing, at=at)
    keys = array("q", bytes(export.keys))[export.done : export.done + CHUNK]
    if not keys:
        return _put_together(export, listing, at=at)
    lines = listing.lines(keys, export.columns)
    written = csv_rows(lines) if export.format == "csv" else xlsx_rows(lines)
    ExportPart.objects.create(export=export, position=export.done, content=zlib.compress(written, 1))
    export.done, export.attempts, export.claimed_until = export.done + len(keys), 0, at + LEASE
    export.save(update_fields=["done", "attempts", "claimed_until"])
    return export


def _begin(export: Export, listing: Listing, *, at: datetime) -> Export:
    keys = listing.keys()
    if len(keys) > MOST_ROWS:
        message = f"These are more than {MOST_ROWS:,} rows. Filter the list, by days for example, and take it in parts."
        raise Refused(message, "rows")
    export.keys, export.total, export.columns = array("q", keys).tobytes(), len(keys), listing.columns()
    export.attempts, export.claimed_until = 0, at + LEASE
    export.save(update_fields=["keys", "total", "columns", "attempts", "claimed_until"])
    return export


def _put_together(export: Export, listing: Listing, *, at: datetime) -> Export:
    head = listing.head(export.columns)
    if export.format == "csv":
        export.content = b"".join([BOM, csv_rows([head]), *_pieces(export)])
    else:
        title = listing.page.title
        export.content = xlsx_file(title, width=len(head), rows=chain([xlsx_head(head)], _pieces(export)))
    log.info(
        "export.written",
        user=export.user.username,
        kind=export.kind,
        format=export.format,
        rows=export.total,
        client=export.client.slug if export.client else "",
    )
    return _finish(export, at=at)


def _pieces(export: Export) -> Iterator[bytes]:
    parts = export.parts.order_by("position").values_list("content", flat=True)
    return (zlib.decompress(part) for part in parts.iterator(chunk_size=20))


def _fail(export: Export, error: Exception, *, at: datetime) -> Export:
    message = f"The file could not be written. Operators find it in the error log as export {export.pk}."
    export = _finish(export, at=at, problem=message)
    export_failed.send(Export, export=export, error=error, at=at)
    return export


@transaction.atomic
def _finish(export: Export, *, at: datetime, problem: str = "") -> Export:
    export.finished_at, export.problem, export.claimed_until, export.keys = at, problem, None, None
    export.save(update_fields=["finished_at", "problem", "claimed_until", "keys", "content"])
    export.parts.all().delete()
    return export


@transaction.atomic
def take_exports_back(client: Client, *, why: str) -> None:
    """Remove the files that have rows of a client; those that are being written begin anew. `why` is a sentence."""
    locked = Export.objects.with_rows_of(client).select_for_update(of=("self",)).order_by("pk")
    pks = list(locked.values_list("pk", flat=True))
    ExportPart.objects.filter(export__in=pks).delete()
    found = Export.objects.filter(pk__in=pks)
    found.filter(finished_at=None).update(keys=None, total=0, done=0)
    found.exclude(finished_at=None).update(content=None, problem=why)


def forget_exports(*, at: datetime) -> int:
    """Remove the content of files that are older than a week; that they were written stays. Return how many."""
    return Export.objects.filter(finished_at__lt=at - KEPT, content__isnull=False).update(content=None)
