"""Dunning decisions written by two workers, beside a raw loop that claims rows in batches of 500."""

from __future__ import annotations

import multiprocessing
import time

from benchmarks.stage import NINE, ON, arguments, database, fill, seconds, tell

WORKERS = 2


def work(numbers: list[int]) -> None:
    """Decide about one worker's share: letter, e-mail row, history, reason."""
    from dunning.services.steps import decide_purchase

    for number in numbers:
        decide_purchase(number, on=ON, at=NINE)


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


def in_two(target: object, shares: list[object]) -> float:
    """Let two processes do it at once; return the seconds."""
    from django.db import connections

    connections.close_all()
    processes = [multiprocessing.get_context("fork").Process(target=target, args=(share,)) for share in shares]  # type: ignore[arg-type]

    def run() -> None:
        for process in processes:
            process.start()
        for process in processes:
            process.join()

    return seconds(run)


def main() -> None:
    """Measure."""
    size = arguments(__doc__ or "", purchases=2_000)
    with database():
        from dunning.models import Notice
        from purchases.models import Purchase

        fill(purchases=size.purchases, due=size.purchases, clients=WORKERS)
        raw = in_two(claim, [0, 1])
        Purchase.objects.update(version=0)
        numbers = list(Purchase.objects.order_by("pk").values_list("pk", flat=True))
        taken = in_two(work, [numbers[start::WORKERS] for start in range(WORKERS)])
        time.sleep(0)
        print(f"{Notice.objects.count():,} notices written by {WORKERS} workers")
        tell("decisions written", size.purchases / taken, "per second", "raw claim loop", size.purchases / raw)


if __name__ == "__main__":
    main()
