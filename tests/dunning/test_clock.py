"""When a client's day is decided: 08:00 where the client is at home, once a day, through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Client
from dunning.models import Run
from dunning.selectors.days import due_days, next_morning
from dunning.services.jobs import next_work_at, run_periodic_jobs
from tests.stories import a_client

pytestmark = pytest.mark.django_db

ZONES = [
    ("Europe/Berlin", datetime(2026, 3, 28, tzinfo=UTC)),  # spring forward on the 29th
    ("Europe/Berlin", datetime(2026, 10, 24, tzinfo=UTC)),  # fall back on the 25th
    ("America/Chicago", datetime(2026, 3, 7, tzinfo=UTC)),
    ("America/Chicago", datetime(2026, 10, 31, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 3, 1, tzinfo=UTC)),  # 08:00 is 02:30 UTC
    ("Asia/Kathmandu", datetime(2026, 3, 1, tzinfo=UTC)),  # 08:00 is 02:15 UTC
    ("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC)),  # half an hour back on the 5th
    ("Pacific/Kiritimati", datetime(2026, 3, 1, tzinfo=UTC)),  # UTC+14
    ("Pacific/Pago_Pago", datetime(2026, 3, 1, tzinfo=UTC)),  # UTC-11
    ("Africa/Casablanca", datetime(2026, 2, 14, tzinfo=UTC)),  # Ramadan
    ("America/St_Johns", datetime(2026, 11, 1, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "start"), ZONES)
def test_every_day_is_decided_once_in_the_first_hourly_run_at_or_after_eight(zone: str, start: datetime) -> None:
    client = a_client()
    Client.objects.filter(pk=client.pk).update(time_zone=zone)
    hours = [start + timedelta(hours=n) for n in range(24 * 4)]
    for at in hours:
        run_periodic_jobs(at=at)
    local = {at: at.astimezone(ZoneInfo(zone)) for at in hours}
    expected: dict[date, datetime] = {}
    for at, there in local.items():
        if there.hour >= 8:
            expected.setdefault(there.date(), at)
    runs = Run.objects.filter(client=client).order_by("on")
    assert [(run.on, run.started_at) for run in runs] == list(expected.items())
    assert all(run.is_finished for run in runs)


def test_the_next_morning_is_eight_in_the_zone_also_over_a_change_of_the_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert next_morning(datetime(2026, 3, 28, 12, tzinfo=UTC), berlin) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert next_morning(datetime(2026, 3, 28, 6, 59, tzinfo=UTC), berlin) == datetime(2026, 3, 28, 7, tzinfo=UTC)


def test_the_next_work_is_the_earliest_morning_of_all_clients() -> None:
    a_client()
    tokyo = a_client("tokyo")
    Client.objects.filter(pk=tokyo.pk).update(time_zone="Asia/Tokyo")
    assert next_work_at(at=datetime(2026, 3, 2, 12, tzinfo=UTC)) == datetime(2026, 3, 2, 23, tzinfo=UTC)


def test_a_round_with_nothing_to_do_is_a_query_for_days_certificates_and_quotes(django_assert_num_queries: Any) -> None:
    for slug in ("one", "two", "three"):
        a_client(slug)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with django_assert_num_queries(1):
        assert len(due_days(at)) == 3
    run_periodic_jobs(at=at)
    with django_assert_num_queries(3):
        assert run_periodic_jobs(at=at + timedelta(hours=1)).runs == []


def test_a_day_on_which_nothing_is_due_costs_seven_queries(django_assert_max_num_queries: Any) -> None:
    a_client()
    run_periodic_jobs(at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    with django_assert_max_num_queries(7):
        run_periodic_jobs(at=datetime(2026, 3, 3, 9, tzinfo=UTC))
