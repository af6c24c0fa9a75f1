"""The purchase list, shallow and deep, beside the changelist of Django's admin on the same tables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from benchmarks.stage import arguments, business, milliseconds, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 50
OK = 200
OURS, PEERS = "/purchases/", "/peer/purchases/purchase/"


def main() -> None:
    """Measure each page and its queries; the peer's in the same run."""
    size = arguments(__doc__ or "", purchases=100_000, times=9)
    with business(size.purchases):
        browser = logged_in()
        empty = f"{OURS}?currency=XXX"
        count = queries(browser, empty)
        bare = milliseconds(lambda: visit(browser, empty), times=size.times * 3)
        print(f"page of an empty table: {bare:,.1f} ms, {count} queries", flush=True)
        for what, ours, peers in pages(size.purchases):
            count = queries(browser, ours)
            often = size.times * 3 if ours == OURS else size.times
            taken = milliseconds(lambda link=ours: visit(browser, link), times=often)
            peer = f"admin ({queries(browser, peers)} queries)"
            admins = milliseconds(lambda link=peers: visit(browser, link), times=max(size.times // 3, 1))
            tell(f"{what} ({count} queries)", taken, "ms", peer, admins)
            if ours == OURS:
                tell("its table, without the page around it", taken - bare, "ms", peer, admins)


def logged_in() -> Any:
    """Log in who sees all clients."""
    from django.test import Client as Browser

    from accounts.models import User

    browser = Browser()
    browser.force_login(User.objects.filter(role="platform_admin").order_by("pk")[0])
    return browser


def visit(browser: Any, link: str) -> None:
    """Fetch a page; one that fails has no figure."""
    answer = browser.get(link)
    assert answer.status_code == OK, (link, answer.status_code)


def queries(browser: Any, link: str) -> int:
    """How often a page asks the database, once everything is warm."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    visit(browser, link)
    with CaptureQueriesContext(connection) as asked:
        visit(browser, link)
    return len(asked)


def pages(purchases: int) -> Iterator[tuple[str, str, str]]:
    """Each page: ours, and the peer's of the same kind."""
    from accounts.models import Client

    client = Client.objects.order_by("pk")[0]
    yield "first page", OURS, PEERS
    yield "status", f"{OURS}?status=PAY", f"{PEERS}?status__exact=PAY"
    yield "rare status", f"{OURS}?show=review", f"{PEERS}?status__exact=ARP"
    yield "tab overdue", f"{OURS}?show=overdue", f"{PEERS}?status__exact=WPO"
    yield "one client", f"{OURS}?client={client.pk}", f"{PEERS}?client__id__exact={client.pk}"
    yield (
        "status and client",
        f"{OURS}?status=CAN&client={client.pk}",
        f"{PEERS}?status__exact=CAN&client__id__exact={client.pk}",
    )
    yield "sorted by customer", f"{OURS}?sort=billing_company", f"{PEERS}?o=2"
    yield "sorted by amount", f"{OURS}?sort=-gross_minor", f"{PEERS}?o=-7"
    yield "sorted by status", f"{OURS}?sort=status", f"{PEERS}?o=4"
    yield "sorted by open amount", f"{OURS}?sort=-open_minor", f"{PEERS}?o=-8"  # it knows what was paid
    yield "sorted by due day", f"{OURS}?sort=due_on", f"{PEERS}?o=6"
    for page in sorted({min(200, purchases // PAGE // 2), purchases // PAGE // 2, purchases // PAGE - 1}):
        yield f"page {page:,}", f"{OURS}?after={token(page)}", f"{PEERS}?p={page}"


def token(page: int) -> str:
    """What the address of a page deep in the list holds: where the page before it ends."""
    from core.tables import SortKey
    from purchases.models import Purchase

    rows = Purchase.objects.order_by("-ordered_at", "-pk")
    return SortKey.of(rows, "-ordered_at").token(rows[(page - 1) * PAGE - 1])


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
