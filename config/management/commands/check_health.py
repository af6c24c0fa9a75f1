"""`manage.py check_health`: the same answer as /health, for a terminal or a timer."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.health import findings


class Command(BaseCommand):
    """Say what is well and what is not."""

    help = "Exits with 0 when database, worker, jobs, mail relay and outbox are well; else says what is not."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        """Print a line per part."""
        found = findings(at=timezone.now())
        for finding in found:
            mark = "ok  " if finding.is_well else "FAIL"
            self.stdout.write(f"{mark} {finding.name}: {finding.detail}")
        if not all(finding.is_well for finding in found):
            sys.exit(1)
