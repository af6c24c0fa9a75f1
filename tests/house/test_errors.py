"""An unforeseen error: one log line and a page, joined by a reference."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import path
from django.utils import timezone

from config.celery import app
from errorlog.models import ErrorRecord
from errorlog.services import mark_done

if TYPE_CHECKING:
    from io import StringIO

    from django.http import HttpRequest, HttpResponse

handler500 = "config.errors.server_error"


def broken(_request: HttpRequest) -> HttpResponse:
    raise ValueError("card 4111 of eva@hafen.example")


def unreachable(_request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


urlpatterns = [path("p/a-secret/broken", broken), path("unreachable", unreachable)]


@pytest.mark.django_db
@pytest.mark.urls("tests.house.test_errors")
def test_error_page_and_log_share_a_reference(log_lines: StringIO) -> None:
    response = Client(raise_request_exception=False).get("/p/a-secret/broken")
    assert response.status_code == 500
    found = re.search(r"<code>([0-9A-F]{10})</code>", response.content.decode())
    assert found is not None
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    failed = [line for line in lines if line["event"] == "request.failed"]
    assert len(failed) == 1
    assert failed[0]["reference"] == found[1]
    assert "ValueError" in failed[0]["exception"]
    assert "eva@" not in failed[0]["exception"]
    assert "eva@" not in response.content.decode()
    entry = ErrorRecord.objects.get()
    assert entry.note == f"ValueError at GET /p/[hidden]/broken (reference {found[1]})"


@pytest.mark.urls("tests.house.test_errors")
def test_unreachable_database_says_that_nothing_is_lost() -> None:
    response = Client(raise_request_exception=False).get("/unreachable")
    assert response.status_code == 503
    assert "Nothing is lost" in response.content.decode()


@app.task(name="tests.broken_job", ignore_result=True)
def broken_job(error: str) -> None:
    """A job of the worker that fails."""
    raise {"bug": ZeroDivisionError, "database": OperationalError}[error](f"card 4111, {error}")


@pytest.mark.django_db
def test_a_job_that_fails_is_an_error_once_and_again_after_it_was_done() -> None:
    for _ in range(3):
        broken_job.apply(args=["bug"])
    entry = ErrorRecord.objects.get()
    assert (entry.type, entry.note) == ("unexpected", "ZeroDivisionError in the worker's job tests.broken_job")
    mark_done(entry, by=None, at=timezone.now())
    broken_job.apply(args=["bug"])
    assert not ErrorRecord.objects.get().is_done


@pytest.mark.django_db
def test_a_job_without_its_database_writes_nothing() -> None:
    broken_job.apply(args=["database"])
    assert not ErrorRecord.objects.exists()
