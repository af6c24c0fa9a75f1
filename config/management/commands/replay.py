"""`replay FILE`: plays an event file through the services, with the periodic jobs of its hours."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from config.feeding.events import measure, read_events
from config.feeding.files import files_beside
from config.feeding.jsonfile import BadInputError
from config.feeding.moments import parse_moment
from config.feeding.play import Player
from config.feeding.replay import hours_between, replay
from config.feeding.stage import progress_stage

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from datetime import datetime

    from config.feeding.replay import Refusal


class Command(BaseCommand):
    """Replay an event file."""

    help = (
        "Applies an event file (one JSON object a line) through the product's services, each event at its own moment, "
        "and runs the periodic jobs at every full UTC hour between the first event and --until. E-mails are accepted "
        "at once and go nowhere; PDFs are rendered when somebody first needs them. Events after --until are not "
        "applied. The file is checked as a whole before anything is applied. A line that the rules refuse is reported "
        "with its number and reason and changes nothing; the rest goes on, and the exit status is 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file, the end, and where refusals go."""
        parser.add_argument("file", type=Path, help="the event file")
        parser.add_argument("--until", metavar="MOMENT", help="such as 2026-11-22T12:00:00+00:00 (default: last event)")
        parser.add_argument(
            "--refusals", type=Path, metavar="FILE", help="also write refused lines there, as JSON lines"
        )

    def handle(self, *, file: Path, until: str | None, refusals: Path | None, **_: Any) -> None:
        """Check everything, play, report."""
        try:
            extent = measure(file)
            end = parse_moment("--until", until) if until else extent.last
        except BadInputError as error:
            raise CommandError(str(error)) from None
        with ExitStack() as stack:
            report = stack.enter_context(_opened(refusals)) if refusals else None
            refused = self._play(file, extent.first, end) if extent.first and end else []
            for refusal in refused:
                self._report(file, refusal, report)
        self.stdout.write(f"{file}: {extent.count} events, {len(refused)} refused.")
        if refused:
            message = f"{len(refused)} lines of {file} were refused; everything else was applied."
            raise CommandError(message)

    def _play(self, file: Path, first: datetime, end: datetime) -> list[Refusal]:
        player = Player(find_file=files_beside(file))
        with progress_stage(hours=hours_between(first, end), what="Replaying") as stage:
            return replay(read_events(file), until=end, player=player, stage=stage)

    def _report(self, file: Path, refusal: Refusal, report: IO[str] | None) -> None:
        line = f"{file}, line {refusal.line}, {refusal.event} of {refusal.order}: {refusal.why}"
        self.stderr.write(line)
        if report is not None:
            report.write(json.dumps(asdict(refusal), ensure_ascii=False) + "\n")


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        message = f"--refusals {path}: can't be written: {error.strerror or error}"
        raise CommandError(message) from None
