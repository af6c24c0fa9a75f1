"""`manage.py run_jobs`: all periodic jobs once, as the worker would."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from dunning.management.commands.dunning import read_moment, runs_as_lines
from dunning.selectors.days import due_days, preview_days
from dunning.services.jobs import run_now, run_periodic_jobs
from dunning.services.statements import preview_statements


class Command(BaseCommand):
    """Run the periodic jobs once."""

    help = (
        "Does all periodic jobs once, as the worker would: the daily dunning decisions of every client for whom "
        "08:00 has passed. Doing it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --as-of and --dry-run."""
        parser.add_argument("--as-of", metavar="MOMENT", help="work as of this moment, e.g. 2026-03-02T09:00:00+01:00")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done; write nothing")

    def handle(self, *_: Any, as_of: str | None, dry_run: bool, **__: Any) -> None:
        """Run or say what would run."""
        at = read_moment(as_of) if as_of else timezone.now()
        if dry_run:
            days = due_days(at)
            due = sum(one.decision.step is not None for one in preview_days(days))
            due += len(preview_statements(days))
            self.stdout.write(f"Clients to decide about: {len(days)}; steps due: {due}; nothing written.")
            return
        # As of another moment nothing is known about the worker's health today: no slot, no sign of life.
        result = run_periodic_jobs(at=at) if as_of else run_now(at=at)
        for line in runs_as_lines(result.runs):
            self.stdout.write(line)
        self.stdout.write(f"Clients decided: {len(result.runs)}; steps taken: {result.steps}.")
