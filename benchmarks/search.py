"""Finding purchases by keyword, beside what `search_fields` of Django's admin asks of the same tables."""

from __future__ import annotations

import os
from functools import reduce
from operator import or_
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.stage import arguments, business, milliseconds, tell

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYSTROKES = 200
"""Beginnings of words that suggestions are measured with."""
ADMIN_FIELDS = (
    "reference",
    "external_id",
    "po_number",
    "billing_company",
    "billing_last_name",
    "billing_email",
    "card_last4",
    "contacts__last_name",
    "contacts__company",
    "contacts__email",
    "documents__number",
)


def main() -> None:
    """Measure each kind of term, then p95 of the suggestions while somebody types (each the middle of three)."""
    size = arguments(__doc__ or "", purchases=100_000)
    with business(size.purchases):
        from accounts.models import User
        from purchases.models import PurchaseSearch
        from purchases.selectors.search import find_everything, find_purchases
        from purchases.views.search import Suggestions

        rep = User.objects.get(username="rep")
        admin = User.objects.filter(role="platform_admin").order_by("pk")[0]
        known = PurchaseSearch.objects.visible_to(admin)
        for kind, term in terms():
            found = find_purchases(known, term)
            count = f"{len(found.keys):,}{'+' if found.is_capped else ''} hits"
            tell(
                f"{kind}: {term} ({count})",
                milliseconds(lambda term=term: find_purchases(known, term)),
                "ms",
                "admin",
                milliseconds(lambda term=term: admin_page(term), times=1),
            )
        support = User.objects.filter(role="client_support").order_by("pk")[0]
        for who in (admin, rep, support):
            taken = sorted(
                milliseconds(
                    lambda typed=typed, who=who: find_everything(
                        who, None, typed, most=Suggestions.most, enough=Suggestions.enough, is_quick=True
                    ),
                    times=3,
                )
                for typed in keystrokes(who)
            )
            p50, p95 = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
            print(f"suggestions for {who.role}: p50 {p50:,.1f} ms, p95 {p95:,.1f} ms, worst {taken[-1]:,.1f} ms")


def terms() -> Iterator[tuple[str, str]]:
    """A term of each kind, taken from a purchase in the middle."""
    from purchases.models import Purchase

    rows = Purchase.objects.exclude(billing_company="").order_by("pk")
    one: Any = rows[rows.count() // 2]
    yield "e-mail", one.billing_email
    yield "@domain", one.billing_email[one.billing_email.index("@") :]
    yield "last name", one.billing_last_name
    yield "company", one.billing_company
    yield "reference", one.reference
    yield "beginning of a reference", one.reference[:4]
    yield "last digits of a reference", one.reference[-5:]
    yield "PO number", one.po_number
    yield "name and PO number", f"{one.billing_last_name}, {one.po_number}"
    yield "no hit", "Quittenbaum"
    yield "no hit, number", "999999998"
    yield "common part", "example"
    yield "three letters", one.billing_company[:3]
    name = one.billing_last_name
    yield "typo", name[:2] + name[3] + name[2] + name[4:]


def admin_page(term: str) -> tuple[int, list[Any]]:
    """What the admin's changelist asks for: each word in any of the columns, how many, and a page."""
    from django.db.models import Q

    from purchases.models import Purchase

    rows = Purchase.objects.all()
    for word in term.replace(",", " ").split():
        rows = rows.filter(reduce(or_, (Q(**{f"{field}__icontains": word}) for field in ADMIN_FIELDS)))
    rows = rows.distinct()
    return rows.count(), list(rows.order_by("-ordered_at", "-pk")[:100])


def keystrokes(who: Any) -> Iterator[str]:
    """What stands in the box while somebody types names, e-mail addresses and numbers, from three letters on.

    Of purchases that `who` sees; each tenth is somebody else's.
    """
    from purchases.models import Purchase

    random = Random(1)
    every, own = (
        (rows.order_by("pk"), rows.count()) for rows in (Purchase.objects.all(), Purchase.objects.visible_to(who))
    )
    for number in range(KEYSTROKES // 4):
        rows, count = own if number % 10 else every
        one: Any = rows[random.randrange(count)]
        for whole in (one.billing_company, one.billing_last_name, one.billing_email, one.reference):
            yield whole[: random.randint(3, 9)]


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    main()
