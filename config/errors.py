"""The page for an error nobody foresaw: an apology and the reference under which the log knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponseServerError
from django.template import loader

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def server_error(request: HttpRequest) -> HttpResponse:
    """Show the reference of the failed request; needs no database, user or session."""
    reference = request.META.get("kontor.reference", "")
    return HttpResponseServerError(loader.render_to_string("500.html", {"reference": reference}))
