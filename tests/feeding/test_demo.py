"""The demo: the same seed gives the same data, ends today, and shows something of everything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F

from accounts.models import User
from accounts.roles import ROLES
from config.feeding.demo import START, demo_logins, make_demo, play_demo
from config.feeding.demo_quotes import ask_for_quotes
from config.feeding.demo_world import DEMO_PASSWORD, DEMO_WORLD
from config.feeding.demo_year import DemoYear
from config.feeding.history import draw_references
from config.feeding.ledger import purchase_facts, step_facts
from config.feeding.load import load_world
from dunning.models import Notice
from mailing.models import Email, Endpoint, NotificationTry
from purchases.models import HistoryEntry, PoDocument, Purchase, PurchaseItem
from purchases.states import OPEN, Status
from quotes.models import Quote
from taxexempt.models import Certificate

NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


def test_the_same_seed_makes_the_same_year() -> None:
    first, again, other = (DemoYear(seed=seed, now=NOW, purchases=60).events() for seed in (3, 3, 4))
    assert first == again
    assert first != other
    assert all(event.at <= NOW for event in first)
    assert [event.at for event in first] == sorted(event.at for event in first)
    assert sum(event.name == "order" for event in first) == 60


def test_references_never_meet() -> None:
    draw = draw_references(5)
    drawn = [next(draw) for _ in range(50_000)]
    assert len(set(drawn)) == len(drawn)
    assert all(len(reference) == 9 for reference in drawn)


@pytest.mark.django_db
def test_a_small_demo_twice() -> None:
    def made() -> list[dict[str, object]]:
        point = transaction.savepoint()
        play_demo(purchases=12, seed=2, now=NOW, references=draw_references(2))
        facts = [*purchase_facts(), *step_facts()]
        transaction.savepoint_rollback(point)
        return facts

    first = made()
    assert first == made()
    assert len(first) > 12


@pytest.mark.django_db
def test_the_quotes_are_the_same_by_seed() -> None:
    load_world(replace(DEMO_WORLD, partners=()), keys=5, by=None, at=NOW - START, random=Random(2))

    def made(seed: int) -> list[Any]:
        point = transaction.savepoint()
        assert ask_for_quotes(seed=seed, references=draw_references(seed), now=NOW) == 7
        rows = Quote.objects.order_by("pk").values_list(
            "purchase__reference",
            "purchase__billing_company",
            "revision",
            "gross_minor",
            "created_at",
            "first_viewed_at",
        )
        facts = list(rows)
        transaction.savepoint_rollback(point)
        return facts

    first = made(2)
    assert first == made(2)
    assert [row[4] for row in first] == sorted(row[4] for row in first)


@pytest.mark.django_db(transaction=True)
def test_the_demo_shows_something_of_everything() -> None:
    made = make_demo(purchases=130, seed=1, now=NOW, played=100)

    assert (made.purchases, made.settled) == (130, 30)
    statuses = dict(Purchase.objects.order_by().values_list("status").annotate(Count("pk")))
    assert statuses.keys() >= {Status.AWAITING_RELEASE, Status.PURCHASE_ORDER, Status.PAID, Status.CANCELED}
    assert PoDocument.objects.filter(purchase__status=Status.AWAITING_RELEASE).count() >= 5
    steps = set(Notice.objects.filter(purchase__status=Status.PURCHASE_ORDER).values_list("step", flat=True))
    assert steps == {"pdn1", "pdn2", "pdn3", "notification"}
    accepted = Purchase.objects.filter(status=Status.PURCHASE_ORDER)
    assert accepted.filter(held_at__isnull=False).count() >= 2
    assert accepted.filter(promised_until__isnull=False).count() >= 2
    assert accepted.filter(paid_minor__gt=0, paid_minor__lt=F("gross_minor")).count() >= 2
    assert {"HELD", "QUEUED", "SENT", "FAILED", "UNCERTAIN"} <= set(Email.objects.values_list("status", flat=True))
    assert set(Certificate.objects.values_list("status", flat=True)) == {"new", "in_review", "valid", "invalid"}
    endpoint = Endpoint.objects.get()
    told = dict(endpoint.notifications.order_by().values_list("status").annotate(Count("pk")))
    assert (endpoint.is_active, told) == (False, {"SENT": 3, "CANCELED": 1}), "and nothing that would still go out"
    assert NotificationTry.objects.filter(status_code=503).count() == 1
    assert made.quotes == 7
    fates = Quote.objects.values_list("revision", "purchase__status").order_by("revision", "purchase__status")
    assert list(fates) == [(1, "ARP"), (1, "QEX"), *[(1, "QUO")] * 4, (1, "WOF"), (2, "QUO")]
    assert not Email.objects.filter(kind__startswith="quote", status="QUEUED").exists()
    assert {user.role for user in User.objects.all()} == set(ROLES)
    assert {role for _, _, role in demo_logins()} >= {role.label for role in ROLES.values() if role.is_platform}
    assert authenticate(username="rep", password=DEMO_PASSWORD) == User.objects.get(username="rep")
    imported = Purchase.objects.filter(external_id__startswith="H-")
    assert imported.exclude(status__in=OPEN).count() == 30
    assert PurchaseItem.objects.filter(purchase__in=imported).values("purchase").distinct().count() == 30
    assert HistoryEntry.objects.filter(purchase__in=imported).count() == 60
    assert all(purchase.history.count() == 1 for purchase in imported[:5])

    with pytest.raises(CommandError, match="holds purchases already"):
        call_command("demo", stdout=StringIO())
