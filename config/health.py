"""Whether the machinery is well: for `/health` and `check_health`. Silence is an alarm."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dunning.models import Heartbeat, ScheduledRun
from dunning.selectors.today import SILENT_AFTER
from mailing.selectors import waiting_for_us

if TYPE_CHECKING:
    from django.http import HttpRequest

    from config.environment import Relay

JOBS_SILENT_AFTER = timedelta(hours=2)
MAIL_WAITS_AT_MOST = timedelta(minutes=15)
KNOCK_SECONDS = 3
KNOCK_EVERY = 15
OK, UNAVAILABLE = 200, 503


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the machinery: is it well, and a sentence about it."""

    name: str
    is_well: bool
    detail: str


def findings(*, at: datetime) -> list[Finding]:
    """Look at every part as of `at`; with the database gone nothing else can be known."""
    try:
        return [
            Finding("database", is_well=True, detail="answers"),
            worker(at),
            jobs(at),
            relay(settings.MAIL_RELAY),
            outbox(at),
        ]
    except DatabaseError:
        return [Finding("database", is_well=False, detail="The database cannot be reached or is not migrated.")]


def ago(since: timedelta) -> str:
    """Say an age in whole units."""
    seconds = max(0, int(since.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def worker(at: datetime) -> Finding:
    """Whether a worker gave a sign of life lately."""
    last = Heartbeat.objects.filter(name="worker").order_by("-at").values_list("at", flat=True).first()
    if last is None:
        return Finding("worker", is_well=False, detail="No worker has run yet: start one.")
    if at - last > SILENT_AFTER:
        return Finding("worker", is_well=False, detail=f"The worker was last seen {ago(at - last)}: restart it.")
    return Finding("worker", is_well=True, detail=f"seen {ago(at - last)}")


def jobs(at: datetime) -> Finding:
    """Whether the periodic jobs ran to their end lately."""
    last = ScheduledRun.objects.filter(finished_at__lte=at).order_by("-finished_at", "-pk").first()
    if last is None or last.finished_at is None:
        return Finding("jobs", is_well=False, detail="The periodic jobs have not run yet.")
    if at - last.finished_at > JOBS_SILENT_AFTER:
        return Finding("jobs", is_well=False, detail=f"The periodic jobs last ended {ago(at - last.finished_at)}.")
    return Finding("jobs", is_well=True, detail=f"ended {ago(at - last.finished_at)}")


def relay(address: Relay | None) -> Finding:
    """Whether the mail relay takes connections; asked at most every quarter of a minute."""
    if address is None:
        return Finding("relay", is_well=True, detail="none: e-mails are captured and shown in the product")
    is_well = cache.get("health.relay")
    if is_well is None:
        is_well = _knock(address)
        cache.set("health.relay", is_well, KNOCK_EVERY)
    detail = "takes connections" if is_well else "The mail relay cannot be reached; e-mails wait in the outbox."
    return Finding("relay", is_well=is_well, detail=detail)


def _knock(address: Relay) -> bool:
    try:
        socket.create_connection((address.host, address.port), timeout=KNOCK_SECONDS).close()
    except OSError:
        return False
    return True


def outbox(at: datetime) -> Finding:
    """Whether any e-mail that may go out has been waiting too long."""
    oldest = waiting_for_us(at)
    if oldest is None:
        return Finding("outbox", is_well=True, detail="nothing is waiting")
    is_well = oldest <= MAIL_WAITS_AT_MOST
    return Finding("outbox", is_well=is_well, detail=f"the oldest e-mail was queued {ago(oldest)}")


@never_cache
@require_safe
def health(_request: HttpRequest) -> JsonResponse:
    """Answer monitoring: 200 when all is well, else 503; names no host, client or person."""
    found = findings(at=timezone.now())
    is_well = all(finding.is_well for finding in found)
    body = {
        "ok": is_well,
        "checks": {finding.name: {"ok": finding.is_well, "detail": finding.detail} for finding in found},
    }
    return JsonResponse(body, status=OK if is_well else UNAVAILABLE)
