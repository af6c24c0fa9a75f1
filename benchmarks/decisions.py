"""Dunning decisions written by two workers, beside a raw loop that claims rows in batches of 500."""

from __future__ import annotations

import gc
import multiprocessing
from typing import TYPE_CHECKING

from benchmarks.stage import NINE, arguments, database, fill, seconds, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

WORKERS = 2


def work(client: int) -> None:
    """Take one worker's client's decisions of the day: letter, e-mail row, history, reason."""
    from dunning.selectors.days import due_days
    from dunning.services.days import decide_day

    for day in due_days(NINE):
        if day.client_id == client:
            decide_day(day, at=NINE)


def claim(_: int) -> None:
    """Claim rows until none is left, and do nothing with them."""
    from django.db import connection, transaction

    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE purchases_purchase SET version = version + 1 WHERE id IN (SELECT id FROM purchases_purchase"
                " WHERE version = 0 LIMIT 500 FOR UPDATE SKIP LOCKED)"
            )
            if not cursor.rowcount:
                return


def in_two(target: object, shares: Sequence[int]) -> float:
    """Let two processes do it at once; return the seconds."""
    from django.db import connections

    connections.close_all()
    gc.collect()
    gc.freeze()  # as a worker's first process does
    processes = [multiprocessing.get_context("fork").Process(target=target, args=(share,)) for share in shares]  # type: ignore[arg-type]

    def run() -> None:
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    return seconds(run)


def main() -> None:
    """Measure."""
    size = arguments(__doc__ or "", purchases=10_000)
    with database():
        from dunning.models import Notice
        from purchases.models import Purchase

        clients = fill(purchases=size.purchases, due=size.purchases, clients=WORKERS)
        raw = in_two(claim, [0, 1])
        Purchase.objects.update(version=0)
        taken = in_two(work, clients)
        print(f"{Notice.objects.count():,} notices written by {WORKERS} workers")
        tell("decisions written", size.purchases / taken, "per second", "raw claim loop", size.purchases / raw)


if __name__ == "__main__":
    main()
