"""The viewer of a purchase with 10 items, 30 history entries and 12 e-mails, beside the admin's bare change page."""

from __future__ import annotations

import os
from datetime import timedelta

from benchmarks.lists import logged_in, queries, visit
from benchmarks.stage import arguments, business, milliseconds, tell

ITEMS, ENTRIES, EMAILS = 10, 30, 12
TABS = ("general", "items", "delivery", "payments", "po", "documents", "history")


def main() -> None:
    """Measure each tab and its queries; the peer's page in the same run."""
    size = arguments(__doc__ or "", purchases=100_000, times=9)
    with business(size.purchases):
        browser = logged_in()
        reference, pk = a_full_purchase()
        peer = f"/peer/purchases/purchase/{pk}/change/"
        peers = milliseconds(lambda: visit(browser, peer), times=size.times)
        told = f"admin ({queries(browser, peer)} queries)"
        for tab in TABS:
            link = f"/purchases/{reference}/?tab={tab}"
            count = queries(browser, link)
            taken = milliseconds(lambda link=link: visit(browser, link), times=size.times)
            tell(f"viewer, {tab} ({count} queries)", taken, "ms", told, peers)


def a_full_purchase() -> tuple[str, int]:
    """Give a paid purchase order in the middle of the table the items, entries and e-mails of a busy one."""
    from mailing.models import Email
    from mailing.services.compose import queue_email
    from purchases.models import HistoryEntry, Purchase, PurchaseItem

    rows = Purchase.objects.filter(status="PAY", source="import").select_related("client").order_by("pk")
    one = rows[rows.count() // 2]
    first = one.items.order_by("position")[0]
    for position in range(one.items.count() + 1, ITEMS + 1):
        first.pk, first.position = None, position
        first.save()
    HistoryEntry.objects.bulk_create(
        HistoryEntry(purchase=one, at=one.ordered_at + timedelta(hours=number), event="note", note=f"Call {number}")
        for number in range(one.entries.count(), ENTRIES)
    )
    for number in range(Email.objects.filter(reference=one.reference).count(), EMAILS):
        queue_email(
            client=one.client,
            kind="invoice",
            reference=one.reference,
            dedupe_key=f"benchmark:{number}",
            recipient=one.billing_email,
            language="en",
            subject=f"Invoice {number}",
            body_text="Dear customer",
            body_html="<p>Dear customer</p>",
            at=one.ordered_at + timedelta(hours=number),
        )
    counts = (
        PurchaseItem.objects.filter(purchase=one).count(),
        HistoryEntry.objects.filter(purchase=one).count(),
        Email.objects.filter(reference=one.reference).count(),
    )
    assert counts == (ITEMS, ENTRIES, EMAILS), counts
    return one.reference, one.pk


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
