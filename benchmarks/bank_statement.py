"""What a bank statement of 20,000 lines costs: `python -m benchmarks.bank_statement [--lines 20000]`.

On a database of its own (SQLite in a temporary folder, or `DATABASE_URL` of an empty one). Quoted are the seconds that
somebody waits for the page, against the peer in the same run: reading, comparing and keeping the whole file in the
request, as one piece; and a line's page that looks for its purchases, against one that reads all that can be paid.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Client, User

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
IBAN = "DE89370400440532013000"
WORDS = ("werft", "nord", "hafen", "kran", "elbe", "deich", "anker", "segel", "boje", "kompass", "leucht", "strom")
ROUNDS = 9


def main() -> None:
    """Set up, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=20_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(folder) / 'kontor.sqlite3'}")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django

        django.setup()
        measure(lines)


def measure(lines: int) -> None:
    """Print what each step takes, and the ratios."""
    from django.core.management import call_command

    from purchases.models import BankLine
    from purchases.services import bank_import, banking
    from purchases.services.bank_candidates import candidates_for
    from purchases.services.bank_match import Index, matches

    call_command("migrate", verbosity=0)
    client, user = a_client()
    content = statement(client, lines)
    print(f"{lines:,} lines in {len(content) / 1e6:.1f} MB, {lines:,} open purchases")
    store = partial(bank_import.store_file, content, filename="a.xml", client=client, by=user, at=AT)
    waited, file = timed(store)
    worked, _ = timed(partial(bank_import.read_due, clock=lambda: AT))
    show("the page waits, now", waited, worked + waited, "the whole import in the request")
    show("the worker, for all lines", worked)
    print(f"  {lines / worked:,.0f} lines a second")
    file.refresh_from_db()
    assert (file.done, file.problem) == (lines, ""), file.problem
    rows = list(BankLine.objects.select_related("client", "statement").order_by("pk")[:ROUNDS])

    def all_of(line: BankLine) -> None:
        index = Index.of(candidates_for(line.client, line.currency, [line] * 1_000))
        matches(index, text=line.text, payer=line.payer, amount_minor=line.amount_minor)

    near = statistics.median(timed(partial(banking.suggestions, row))[0] for row in rows)
    far = statistics.median(timed(partial(all_of, row))[0] for row in rows[:3])
    show("what a line may pay", near, far, "reading all that can be paid")


def show(what: str, seconds: float, peer: float | None = None, peer_name: str = "") -> None:
    """One line: the figure, the peer's, the ratio."""
    against = f"   {peer_name} {peer * 1000:,.0f} ms   ratio {peer / seconds:,.1f}" if peer else ""
    print(f"{what:28} {seconds * 1000:10,.1f} ms{against}")


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """How long it took, and what came of it."""
    start = perf_counter()
    result = act()
    return perf_counter() - start, result


def a_client() -> tuple[Client, User]:
    """A merchant with an account, and somebody of finance."""
    from accounts.models import User
    from accounts.services import BankDetails, ClientDetails, save_bank_account, save_client

    details = ClientDetails("Hafen GmbH", "Kai 1", "20457", "Hamburg", "DE", "HH", "Europe/Berlin", "de", "a@b.example")
    client = save_client("hafen", details=details, by=None, at=AT)
    save_bank_account(client, currency="EUR", details=BankDetails("Hafen GmbH", IBAN), by=None, at=AT)
    return client, User.objects.create(username="fina", name="Fina", email="f@b.example", role="platform_finance")


def statement(client: Client, lines: int) -> bytes:
    """Open purchases, and a CAMT.053 file that pays each: most by reference, some by PO number, the rest by name."""
    from customers.models import Customer
    from purchases.management.commands.sample_statement import Row, camt
    from purchases.models import Policy, Purchase

    dice = random.Random(1)
    customer = Customer.objects.create(client=client, type="COM", company="Werft KG", language="de", created_at=AT)
    policy = Policy.objects.create(client=client, version=1, created_at=AT, reviewer="client", delivery="immediate")
    purchases = []
    for number in range(lines):
        pieces = dice.randint(1, 30)
        purchases.append(
            Purchase(
                client=client,
                customer=customer,
                policy=policy,
                reference=f"{100_000_000 + number * 7}",
                status="WPO",
                source="checkout",
                is_po=True,
                po_number=f"PO-{number:06d}",
                customer_type="COM",
                billing_company=f"{dice.choice(WORDS)}{dice.choice(WORDS)} {number % 3000} GmbH".title(),
                currency="EUR",
                net_minor=pieces * 10_000,
                tax_minor=pieces * 1_900,
                gross_minor=pieces * 11_900,
                term_days=30,
                ordered_at=AT,
                released_at=AT,
                due_on=AT.date(),
                changed_at=AT,
            )
        )
    Purchase.objects.bulk_create(purchases, batch_size=500)
    texts = ["Rechnung zu {0.reference}"] * 6 + ["Order {0.po_number} Lizenzen"] * 2 + ["Zahlung"] * 2
    movements = [Row(one.gross, one.billing_company, dice.choice(texts).format(one)) for one in purchases]
    return camt(IBAN, "EUR", AT.date(), movements).encode()


if __name__ == "__main__":
    main()
