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
    from django.http import HttpRequest

TRIES_PER_HOUR = 30
HOUR = 3600
LARGEST = 1024 * 1024


@method_decorator([csrf_exempt, sensitive_variables("token")], name="dispatch")
class ProviderReport(View):
    """Takes reports at an address that only the provider knows; a wrong one looks like no page at all.

    django-anymail reads them, and checks the provider's signature where it has one.
    """

    http_method_names = ["post", "head"]

    def head(self, request: HttpRequest, token: str) -> HttpResponse:
        """Some providers look whether the address is there."""
        self.check(request, token)
        return HttpResponse()

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Hand the report to the provider's reader."""
        webhook = self.check(request, token)
        if int(request.headers.get("Content-Length") or 0) > LARGEST:
            return HttpResponse(status=413)
        reader = reader_of(webhook.provider)
        reader.run_validators(request)  # a wrong signature is a bad request
        try:
            events = list(reader.parse_events(request))
        except (ValueError, LookupError, TypeError, AttributeError):
            return HttpResponseBadRequest()
        for event in events:
            note_event(event, provider=reader.esp_name, at=timezone.now())
        return HttpResponse()

    def check(self, request: HttpRequest, token: str) -> Any:
        """Let in whoever knows the key; guessing it is slow and looks like guessing addresses."""
        visitor = f"report-tries:{request.META.get('REMOTE_ADDR', '')}"
        webhook = settings.MAIL_WEBHOOK
        is_known = constant_time_compare(token, webhook.key if webhook else "")
        if webhook and is_known and int(cache.get(visitor, 0)) <= TRIES_PER_HOUR:
            return webhook
        cache.add(visitor, 0, HOUR)
        cache.incr(visitor)
        raise Http404


def reader_of(provider: str) -> Any:
    """Make django-anymail's reader of a provider's reports; the key in our address stands for its password."""
    patterns = import_module("anymail.urls").urlpatterns
    insecure = import_module("anymail.exceptions").AnymailInsecureWebhookWarning
    callback = next(pattern.callback for pattern in patterns if pattern.name == f"{provider}_tracking_webhook")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", insecure)
        return callback.view_class()
