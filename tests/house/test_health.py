"""Silence is an alarm (P19)."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import OperationalError

from config import health
from config.environment import Relay
from dunning.models import Heartbeat, ScheduledRun
from dunning.selectors.today import SILENT_AFTER, worker_state

if TYPE_CHECKING:
    from django.test import Client

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def well(at: datetime) -> dict[str, bool]:
    return {finding.name: finding.is_well for finding in health.findings(at=at)}


@pytest.mark.django_db
def test_nothing_ran_yet() -> None:
    assert well(NOW) == {"database": True, "worker": False, "jobs": False, "relay": True, "outbox": True}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("passed", "worker", "jobs"),
    [
        (timedelta(0), True, True),
        (SILENT_AFTER, True, True),
        (SILENT_AFTER + timedelta(seconds=1), False, True),
        (health.JOBS_SILENT_AFTER + timedelta(seconds=1), False, False),
    ],
)
def test_worker_and_jobs_grow_stale(*, passed: timedelta, worker: bool, jobs: bool) -> None:
    Heartbeat.objects.create(name="worker", at=NOW)
    ScheduledRun.objects.create(job="hourly", slot=NOW, claimed_at=NOW, finished_at=NOW)
    found = well(NOW + passed)
    assert (found["worker"], found["jobs"]) == (worker, jobs)


@pytest.mark.django_db
def test_a_run_for_tomorrow_does_not_hide_that_today_nothing_ran() -> None:
    tomorrow = NOW + timedelta(days=1)
    ScheduledRun.objects.create(job="hourly", slot=tomorrow, claimed_at=tomorrow, finished_at=tomorrow)
    assert not health.jobs(NOW).is_well
    ScheduledRun.objects.create(job="hourly", slot=NOW, claimed_at=NOW, finished_at=NOW)
    assert health.jobs(NOW).is_well


@pytest.mark.django_db
def test_page_and_monitoring_call_a_worker_silent_at_the_same_moment() -> None:
    Heartbeat.objects.create(name="worker", at=NOW)
    Heartbeat.objects.create(name="jobs", at=NOW)
    for passed in (timedelta(0), SILENT_AFTER, SILENT_AFTER + timedelta(seconds=1)):
        assert health.worker(NOW + passed).is_well == worker_state(at=NOW + passed).is_well


@pytest.mark.django_db
def test_page_answers_monitoring(client: Client) -> None:
    response = client.get("/health")
    assert response.status_code == 503
    body = response.json()
    assert body["ok"] is False
    assert body["checks"]["worker"] == {"ok": False, "detail": "No worker has run yet: start one."}


@pytest.mark.django_db
def test_command_says_what_is_wrong_and_fails() -> None:
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("check_health", stdout=out)
    assert end.value.code == 1
    assert "ok   database: answers" in out.getvalue()
    assert "FAIL worker: No worker has run yet: start one." in out.getvalue()


def test_relay_is_knocked_at() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert health.relay(Relay("127.0.0.1", port, "", "", tls=False)).is_well
    # the answer is kept for a moment: the door is shut by now
    assert health.relay(Relay("127.0.0.1", port, "", "", tls=False)).is_well


def test_relay_that_is_gone_is_found_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = health.relay(Relay("127.0.0.1", port, "", "", tls=False))
    assert not found.is_well
    assert "wait in the outbox" in found.detail


def test_database_that_is_gone_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_at: datetime) -> health.Finding:
        raise OperationalError

    monkeypatch.setattr(health, "worker", gone)
    found = health.findings(at=NOW)
    assert [(finding.name, finding.is_well) for finding in found] == [("database", False)]


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=-5), "0 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=2), "2 d ago"),
    ],
)
def test_age_in_words(age: timedelta, said: str) -> None:
    assert health.ago(age) == said
