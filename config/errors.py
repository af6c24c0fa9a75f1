"""The page for an error nobody foresaw: an apology and the reference under which the log knows it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import structlog
from django.db import OperationalError
from django.http import HttpResponse
from django.template import loader

from config.middleware import REFERENCE

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
    return HttpResponse(loader.render_to_string(f"{status}.html", {"reference": reference}), status=status)
