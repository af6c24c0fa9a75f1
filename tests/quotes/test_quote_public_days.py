"""The last days of a quote: reminded once, three days before; ended once, the morning after; in the client's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine

from accounts.models import Client
from core.refused import Refused
from dunning.services.jobs import next_work_at, run_periodic_jobs
from errorlog.models import ErrorRecord
from mailing.models import Email
from purchases.models import HistoryEntry, Purchase
from purchases.services.place import OrderLine
from quotes.models import Quote
from quotes.services.quote import accept_quote
from quotes.services.revision import extend_quote, revise_quote
from quotes.services.validity import look_at_quote, look_at_quotes, remind_of_quote
from tests.quotes.quoting import a_quote, a_quote_link
from tests.stories import MONDAY, a_client, a_user

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db
LAST_DAY = datetime(2026, 4, 1, tzinfo=UTC)
"""The last day of a quote of Monday's that is valid for 30 days; Berlin is two hours ahead of UTC by then."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def hafen() -> Client:
    return a_client("hafen")


def mails() -> list[str]:
    rows = Email.objects.exclude(kind="quote").order_by("pk")
    return list(rows.values_list("kind", flat=True))


def on(days: int, *, hour: int = 6, minute: int = 0) -> datetime:
    """Some days from the last one; 06:00 UTC is 08:00 in Berlin."""
    return LAST_DAY + timedelta(days=days, hours=hour, minutes=minute)


def test_a_quote_is_reminded_of_once_and_ends_once(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    assert quote.valid_until == LAST_DAY.date()
    assert look_at_quotes(at=on(-3, hour=5, minute=59)) == 0, "not before the client's 08:00"
    assert run_periodic_jobs(at=on(-3)).steps == 1
    assert mails() == ["quote_reminder"]
    for at in (on(-3), on(-2), on(0), on(0, hour=21, minute=59), on(1, hour=5)):
        assert look_at_quotes(at=at) == 0
    assert Purchase.objects.get().status == "QUO"
    assert run_periodic_jobs(at=on(1)).quotes == 1
    assert look_at_quotes(at=on(2)) == 0
    assert mails() == ["quote_reminder", "quote_expired"]
    purchase, entries = Purchase.objects.get(), HistoryEntry.objects.order_by("pk")
    assert purchase.status == "QEX"
    assert [(entry.note, entry.by) for entry in entries][-2:] == [
        ("Reminded that the quote expires", None),
        ("Quote expired: it was valid until 2026-04-01", None),
    ]


def test_the_day_is_the_clients_own(hafen: Client) -> None:
    Client.objects.filter(pk=hafen.pk).update(time_zone="Pacific/Auckland")
    hafen.refresh_from_db()
    quote = a_quote(a_quote_link(hafen))
    assert quote.valid_until == LAST_DAY.date(), "Monday 09:00 UTC is Monday evening there"
    assert look_at_quotes(at=on(-4, hour=18, minute=59)) == 0
    assert look_at_quotes(at=on(-4, hour=19)) == 1, "08:00 on March 29, summer time"
    assert next_work_at(at=on(0, hour=12)) == on(0, hour=19)
    assert look_at_quotes(at=on(0, hour=19)) == 1
    assert mails() == ["quote_reminder", "quote_expired"]


def test_after_an_outage_the_end_is_told_and_nothing_else(hafen: Client) -> None:
    a_quote(a_quote_link(hafen))
    assert look_at_quotes(at=on(9)) == 1
    assert mails() == ["quote_expired"]


def test_a_reminder_that_was_missed_comes_as_long_as_the_quote_stands(hafen: Client) -> None:
    a_quote(a_quote_link(hafen))
    assert look_at_quotes(at=on(0)) == 1
    assert mails() == ["quote_reminder"]


def test_of_what_has_just_come_nobody_is_reminded(hafen: Client) -> None:
    a_quote(a_quote_link(hafen, validity_days=3))
    for day in range(4):
        assert look_at_quotes(at=MONDAY + timedelta(days=day)) == 0
    assert look_at_quotes(at=MONDAY + timedelta(days=4)) == 1
    assert mails() == ["quote_expired"]


def test_what_was_accepted_or_replaced_is_left_alone(hafen: Client) -> None:
    link = a_quote_link(hafen)
    accept_quote(a_quote(link), at=MONDAY)
    seller = a_user("client_sales", hafen)
    newer = revise_quote(a_quote(link), lines=[OrderLine("PRO", 1)], message="", by=seller, at=MONDAY)
    assert look_at_quotes(at=on(-3)) == 1
    assert Email.objects.get(kind="quote_reminder").reference == newer.purchase.reference
    assert look_at_quotes(at=on(1)) == 1
    assert sorted(Purchase.objects.values_list("status", flat=True)) == ["QEX", "WOF"]


def test_an_extended_quote_is_reminded_of_again(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    look_at_quotes(at=on(-3))
    extend_quote(quote, valid_until=on(20).date(), by=a_user("platform_admin"), at=on(-2))
    assert look_at_quotes(at=on(1)) == 0
    assert look_at_quotes(at=on(17)) == 1
    assert mails() == ["quote_reminder", "quote_extended", "quote_reminder"]


def test_who_comes_second_does_nothing(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    remind_of_quote(quote, at=on(-3))
    stale = Quote.objects.get()
    stale.reminded_at = None
    with pytest.raises(Refused, match="reminded already"):
        remind_of_quote(stale, at=on(-3))
    assert mails() == ["quote_reminder"]


def test_what_was_accepted_while_the_worker_looked_is_an_order(hafen: Client) -> None:
    quote = a_quote(a_quote_link(hafen))
    seen = Quote.objects.standing().get()
    accept_quote(quote, at=on(0))
    assert not look_at_quote(seen, at=on(1))
    assert (Purchase.objects.get().status, ErrorRecord.objects.count()) == ("WOF", 0)


def test_trouble_with_one_quote_does_not_keep_the_others_back(hafen: Client) -> None:
    broken, whole = a_quote(a_quote_link(hafen)), a_quote(a_quote_link(a_client("elbe")))
    Client.objects.filter(pk=hafen.pk).update(email=f"orders@{'h' * 64}.example")  # no name of a host: labels end at 63
    assert look_at_quotes(at=on(1)) == 1
    assert Purchase.objects.get(pk=whole.purchase_id).status == "QEX"
    entry = ErrorRecord.objects.get()
    assert (entry.reference, entry.client) == (broken.purchase.reference, hafen)
    assert Purchase.objects.get(pk=broken.purchase_id).status == "QUO"


def test_with_nothing_to_do_it_costs_one_query(hafen: Client, django_assert_num_queries: Any) -> None:
    a_quote(a_quote_link(hafen))
    with django_assert_num_queries(1):
        assert look_at_quotes(at=MONDAY) == 0
