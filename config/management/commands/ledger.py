"""`ledger purchases|steps`: the facts as JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from config.feeding.ledger import LEDGERS, as_line

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Print a ledger."""

    help = (
        "Prints facts as JSON lines: `purchases` says what became of every order, `steps` what the worker decided "
        "(reminders, letters, notifications, cancels, statements). Ordered by order id; writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare which ledger."""
        parser.add_argument("which", choices=tuple(LEDGERS), help="which facts")

    def handle(self, *, which: str, **_: Any) -> None:
        """Print line by line."""
        for fact in LEDGERS[which]():
            self.stdout.write(as_line(fact))
