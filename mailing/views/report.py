"""The door at which the configured mail provider reports about sent e-mail."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from mailing.services.webhook import note_event

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

TRIES_PER_HOUR = 30
HOUR = 3600
TOO_MANY = 429
LARGEST = 1024 * 1024


@method_decorator([csrf_exempt, sensitive_variables("token")], name="dispatch")
class ProviderReport(View):
    """Takes reports at an address that only the provider knows; a wrong one looks like no page at all.

    django-anymail reads them, and checks the provider's signature where it has one.
    """

    http_method_names = ["post", "head"]
    provider = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in whoever knows the key, always; guessing it looks like guessing addresses, and ends soon."""
        webhook = settings.MAIL_WEBHOOK
        if webhook and constant_time_compare(kwargs["token"], webhook.key):
            self.provider = webhook.provider
            return super().dispatch(request, *args, **kwargs)
        if count_miss(request) > TRIES_PER_HOUR:
            return HttpResponse(status=TOO_MANY)
        raise Http404

    def head(self, request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG002
        """Some providers look whether the address is there."""
        return HttpResponse()

    def post(self, request: HttpRequest, token: str) -> HttpResponse:  # noqa: ARG002
        """Hand the report to the provider's reader."""
        if int(request.headers.get("Content-Length") or 0) > LARGEST:
            return HttpResponse(status=413)
        reader = reader_of(self.provider)
        reader.run_validators(request)  # a wrong signature is a bad request
        try:
            events = list(reader.parse_events(request))
        except (ValueError, LookupError, TypeError, AttributeError):
            return HttpResponseBadRequest()
        for event in events:
            note_event(event, provider=reader.esp_name, at=timezone.now())
        return HttpResponse()


def count_miss(request: HttpRequest) -> int:
    """Count a wrong key, and say how many came from there; behind the proxy, from where the proxy saw it come."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.PRODUCTION:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", seen).rsplit(",", maxsplit=1)[-1].strip()
    visitor = f"report-tries:{seen}"
    cache.add(visitor, 0, HOUR)
    try:
        return int(cache.incr(visitor))
    except ValueError:  # the hour ended between the two
        cache.set(visitor, 1, HOUR)
        return 1


def reader_of(provider: str) -> Any:
    """Make django-anymail's reader of a provider's reports; the key in our address stands for its password."""
    patterns = import_module("anymail.urls").urlpatterns
    insecure = import_module("anymail.exceptions").AnymailInsecureWebhookWarning
    callback = next(pattern.callback for pattern in patterns if pattern.name == f"{provider}_tracking_webhook")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", insecure)
        return callback.view_class()
