"""`demo`: realistic data in any amount."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.feeding.demo import PLAYED, make_demo
from core.refused import Refused

if TYPE_CHECKING:
    from argparse import ArgumentParser

DEFAULT = 250
LARGEST = 50_000_000


class Command(BaseCommand):
    """Fill an empty database with a demo."""

    help = (
        "Fills an empty database: five clients who write in five languages, their products and partners, users of "
        "every role, and a year of business that ends now, played through the same services as everything else. The "
        f"same seed on the same day gives the same data. The first {PLAYED} purchases are played, further ones are "
        "written in bulk as settled business of earlier years."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare how much and which."""
        parser.add_argument("--purchases", type=int, default=DEFAULT, help="how many purchases (default: %(default)s)")
        parser.add_argument("--seed", type=int, default=1, help="which data (default: %(default)s)")

    def handle(self, *, purchases: int, seed: int, **_: Any) -> None:
        """Make it."""
        if not 1 <= purchases <= LARGEST:
            message = f"--purchases: must be between 1 and {LARGEST:,}, not {purchases:,}"
            raise CommandError(message)
        try:
            made = make_demo(purchases=purchases, seed=seed, now=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        settled = f", {made.settled:,} of them settled in earlier years" if made.settled else ""
        self.stdout.write(f"The demo holds {made.purchases:,} purchases{settled}, and {made.quotes} quotes.")
