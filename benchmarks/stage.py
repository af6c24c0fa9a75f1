"""A database of the benchmark's own, filled in bulk, and how results are told.

Every benchmark measures its peer in the same run: machines differ and are noisy, ratios are less so.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ON = date(2026, 6, 1)
NINE = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
BATCH = 5_000
PLAYED = 60
"""Purchases of the demo that live on today; all others are of earlier years."""


def arguments(what: str, **defaults: int) -> Namespace:
    """Read the sizes from the command line."""
    parser = ArgumentParser(description=what)
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default, help="default: %(default)s")
    return parser.parse_args()


@contextmanager
def database(*, needs_postgresql: bool = True) -> Iterator[None]:
    """Set Django up on an empty database, which is gone afterwards."""
    if needs_postgresql and not os.environ.get("TEST_DATABASE_URL"):
        sys.exit("This runs on PostgreSQL: python -m tests.house.postgresql python -m " + (sys.argv[0] or "benchmarks"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.db import connection

    django.setup()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def business(purchases: int) -> Iterator[None]:
    """Set Django up on the demo with so many purchases.

    Making a million takes long: the database stays, and the next benchmark on this server (or in this folder for
    temporary files, on SQLite) finds it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    import django
    from django.db import connection

    django.setup()
    name = f"kontor_benchmark_{purchases}"
    is_file = connection.vendor == "sqlite"
    connection.settings_dict["TEST"]["NAME"] = f"{tempfile.gettempdir()}/{name}.sqlite3" if is_file else name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=True, serialize=False)
    from purchases.models import Purchase

    made = Purchase.objects.count()
    if 0 < made < purchases:  # somebody broke it off
        connection.close()
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    if made < purchases:
        _make_business(purchases)
    print(f"{purchases:,} purchases on {connection.vendor}", flush=True)
    yield


def _make_business(purchases: int) -> None:
    """Make the demo; tell how long that took and how large the process grew."""
    from django.db import connection
    from django.utils import timezone

    from config.feeding.demo import make_demo

    start = time.perf_counter()
    make_demo(purchases=purchases, seed=1, now=timezone.now(), played=min(purchases, PLAYED))  # noqa: TID251 -- an entry point
    took = time.perf_counter() - start
    print(f"demo: {took:,.0f} s, {purchases / took:,.0f} purchases a second, {megabytes():,.0f} MB", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def megabytes() -> float:
    """How much memory this process takes."""
    import psutil

    return psutil.Process().memory_info().rss / 1e6


def milliseconds(action: Callable[[], Any], *, times: int = 9) -> float:
    """Run it often enough and return the median."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start) * 1000)
    return median(taken)


def seconds(action: Callable[[], Any]) -> float:
    """Run it once."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def tell(what: str, figure: float, unit: str, peer: str, peer_figure: float) -> None:
    """Print a figure, its peer's, and the ratio."""
    ratio = figure / peer_figure if peer_figure else float("nan")
    print(f"{what:<44} {figure:>12,.1f} {unit:<12} {peer}: {peer_figure:,.1f} {unit}, ratio {ratio:,.2f}", flush=True)


def fill(*, purchases: int, due: int, clients: int = 1) -> list[int]:
    """Write accepted, unpaid purchase orders in bulk, `due` of them with a first notice due on `ON`; clients' keys."""
    from accounts.models import BankAccount, Client
    from core.money import Money
    from customers.models import Contact, ContactKind, Customer
    from purchases.models import Purchase, PurchaseContact, PurchaseItem
    from purchases.services.policy import set_policy
    from purchases.services.products import save_product
    from tests.stories import POLICY

    sellers = []
    for number in range(clients):
        client = Client.objects.create(
            slug=f"client-{number}",
            name=f"Client {number}",
            street="Kaistraße 1",
            postal_code="20457",
            city="Hamburg",
            country="DE",
            subdivision="HH",
            time_zone="Europe/Berlin",
            language="de",
            email="orders@client.example",
        )
        BankAccount.objects.create(client=client, currency="EUR", holder=client.name, iban="DE89370400440532013000")
        policy = set_policy(client, values=POLICY, by=None, at=NINE)
        product = save_product(
            client, code="PRO", name="Pro", prices=[Money(10_000, "EUR")], delivery="key", by=None, at=NINE
        )
        customer = Customer.objects.create(
            client=client, company="Werft KG", type="COM", language="de", created_at=NINE
        )
        Contact.objects.create(
            customer=customer, kind=ContactKind.BILLING, company="Werft KG", email="ap@werft.example"
        )
        sellers.append((client, policy, product, customer))
    released = NINE - timedelta(days=30)
    for start in range(0, purchases, BATCH):
        rows = []
        for number in range(start, min(start + BATCH, purchases)):
            client, policy, _, customer = sellers[number % clients]
            is_due = number < due
            rows.append(
                Purchase(
                    client=client,
                    customer=customer,
                    policy=policy,
                    reference=f"{100_000_000 + number}",
                    status="WPO",
                    source="import",
                    is_po=True,
                    is_reviewed=True,
                    customer_type="COM",
                    language="de",
                    currency="EUR",
                    billing_company="Werft KG",
                    billing_last_name="Petersen",
                    billing_email="ap@werft.example",
                    net_minor=10_000,
                    tax_minor=1_900,
                    gross_minor=11_900,
                    term_days=30,
                    ordered_at=released,
                    released_at=released,
                    due_on=ON if is_due else ON + timedelta(days=1 + number % 60),
                    next_action_on=ON if is_due else ON + timedelta(days=1 + number % 60),
                    changed_at=released,
                )
            )
        made = Purchase.objects.bulk_create(rows)
        if start >= due:
            continue
        letters = made[: max(due - start, 0)]
        PurchaseItem.objects.bulk_create(
            PurchaseItem(
                purchase=one,
                position=1,
                product=sellers[number % clients][2],
                product_code="PRO",
                name="Pro",
                quantity=1,
                unit_minor=10_000,
                tax_percent=19,
                net_minor=10_000,
                tax_minor=1_900,
                gross_minor=11_900,
            )
            for number, one in enumerate(letters, start=start)
        )
        PurchaseContact.objects.bulk_create(
            PurchaseContact(
                purchase=one,
                kind=ContactKind.BILLING,
                company="Werft KG",
                first_name="Jana",
                last_name="Petersen",
                email="ap@werft.example",
                street="Am Dock 3",
                postal_code="24103",
                city="Kiel",
                country="DE",
            )
            for one in letters
        )
    return [client.pk for client, *_ in sellers]
