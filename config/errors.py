"""Errors nobody foresaw: a page with an apology and a reference, an entry in the error log, from the worker too."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import structlog
from django.db import DatabaseError, OperationalError
from django.http import HttpResponse
from django.template import loader
from django.utils import timezone

from config.logs import hide
from config.middleware import REFERENCE
from errorlog.models import ErrorType
from errorlog.services import log_error

if TYPE_CHECKING:
    from django.http import HttpRequest

log = structlog.get_logger("kontor.request")

UNAVAILABLE = 503
FAILED = 500


def server_error(request: HttpRequest) -> HttpResponse:
    """Log the error once and show its reference; needs no database, user or session."""
    error = sys.exc_info()[1]
    reference = request.META.get(REFERENCE, "")
    status = UNAVAILABLE if isinstance(error, OperationalError) else FAILED
    log.error("request.failed", method=request.method, path=request.path, exc_info=error)
    if status == FAILED:
        _enter(request, reference, error)
    return HttpResponse(loader.render_to_string(f"{status}.html", {"reference": reference}), status=status)


def task_failed(*, sender: Any, exception: BaseException, **_: Any) -> None:
    """Put a failure of the worker's job where operators look: once, and again when it comes back after it was done."""
    kind = type(exception).__name__
    if isinstance(exception, OperationalError):
        return  # the database is away: there is nowhere to write it, and it comes back by itself
    with suppress(DatabaseError):
        log_error(
            type=ErrorType.UNEXPECTED,
            note=f"{kind} in the worker's job {sender.name}",
            at=timezone.now(),
            dedupe_key=f"task:{sender.name}:{kind}"[:120],
        )


def _enter(request: HttpRequest, reference: str, error: BaseException | None) -> None:
    """Put the error where operators look; no words of the exception, which may hold somebody's data."""
    with suppress(DatabaseError):
        log_error(
            type=ErrorType.UNEXPECTED,
            note=f"{type(error).__name__} at {request.method} {hide(request.path)} (reference {reference})",
            at=timezone.now(),
            dedupe_key=f"request:{reference}",
        )
