"""What happens around every request: a reference by which the log and the error page know it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

REFERENCE = "kontor.reference"


class RequestReference:
    """Gives each request a reference and binds it to every log line on the way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its reference."""
        reference = secrets.token_hex(5).upper()
        request.META[REFERENCE] = reference
        with structlog.contextvars.bound_contextvars(reference=reference):
            return self.get_response(request)
