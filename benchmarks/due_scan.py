"""Finding what is due among many open purchase orders, beside the raw scan of its partial index."""

from __future__ import annotations

from datetime import timedelta

from benchmarks.stage import NINE, ON, arguments, database, fill, milliseconds, tell


def main() -> None:
    """Measure with nothing due and with one in sixty due; then the calendar of sixty days over ten thousand."""
    size = arguments(__doc__ or "", purchases=1_000_000)
    due = max(size.purchases // 60, 1)
    with database():
        from django.db import connection

        from dunning.selectors.days import due_days, due_purchases

        (client,) = fill(purchases=size.purchases, due=due)
        eve = ON - timedelta(days=1)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE purchases_purchase")

            def raw(on: object) -> list[tuple[int]]:
                cursor.execute(
                    "SELECT id FROM purchases_purchase WHERE client_id = %s AND next_action_on <= %s"
                    " AND status IN ('WOF', 'UNP', 'ARP', 'WPO')",
                    [client, on],
                )
                return cursor.fetchall()

            print(f"{size.purchases:,} open purchase orders, {due:,} due")
            tell(
                "due-scan, nothing due",
                milliseconds(lambda: (due_days(NINE), due_purchases(client, eve))),
                "ms",
                "raw index scan",
                milliseconds(lambda: raw(eve)),
            )
            tell(
                f"due-scan, {due:,} due",
                milliseconds(lambda: (due_days(NINE), due_purchases(client, ON))),
                "ms",
                "raw index scan",
                milliseconds(lambda: raw(ON)),
            )


if __name__ == "__main__":
    main()
