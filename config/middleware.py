"""What happens around every request: a reference for the log, and one log line when something unforeseen happens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("kontor.request")


class RequestLog:
    """Gives each request a reference and logs an unforeseen error once, with the reference the user is shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with its reference bound to every log line on the way."""
        reference = secrets.token_hex(5).upper()
        request.META["kontor.reference"] = reference
        with structlog.contextvars.bound_contextvars(reference=reference):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """Log the error; the page that names its reference comes from `config.errors`."""
        log.error("request.failed", method=request.method, path=request.path, exc_info=error)
