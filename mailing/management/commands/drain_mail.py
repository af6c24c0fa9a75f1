"""`drain_mail`: hand over everything that is due, now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from mailing.models import Email
from mailing.services.capture import CaptureTransport
from mailing.services.handover import HandoverResult, configured_transport, hand_over_due
from mailing.states import OUTCOME_LABELS

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Works like the worker, until nothing is due."""

    help = (
        "Hands over every queued e-mail that is due through the configured relay (EMAIL_URL), until nothing is due; "
        "without a relay they are captured and can be read in the product. "
        "Exit status 1 when the relay can't be reached: nothing is lost, the e-mails stay queued."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Allow to stop after so many."""
        parser.add_argument("--limit", type=int, default=None, metavar="N", help="hand over at most N e-mails")

    def handle(self, *_: Any, **options: Any) -> None:
        """Drain, with a progress bar on a terminal, and say how it went."""
        limit: int | None = options["limit"]
        if limit is not None and limit < 1:
            message = "--limit: give a number of at least 1."
            raise CommandError(message)
        transport = configured_transport()
        with tqdm(total=Email.objects.due(timezone.now()).count(), unit="e-mail", disable=None, leave=False) as bar:
            result = hand_over_due(
                clock=timezone.now, transport=transport, limit=limit, on_attempt=lambda _outcome: bar.update()
            )
        if result.unreachable:
            waiting = Email.objects.waiting().count()
            message = f"The mail relay can't be used ({result.unreachable}); {waiting} e-mails stay queued."
            raise CommandError(message)
        self.stdout.write(self._summary(result, captured=isinstance(transport, CaptureTransport)))

    @staticmethod
    def _summary(result: HandoverResult, *, captured: bool) -> str:
        if not result.total:
            return "Nothing is due."
        counts = ", ".join(
            f"{count} {OUTCOME_LABELS[outcome].lower()}" for outcome, count in sorted(result.outcomes.items())
        )
        kept = " No relay is configured (EMAIL_URL): they can be read in the product." if captured else ""
        return f"{result.total} e-mails: {counts}.{kept}"
