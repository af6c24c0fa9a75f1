"""`load_world FILE`: clients, policies, products, users and partners from a world file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.selectors import client_slugs
from config.feeding.jsonfile import BadInputError
from config.feeding.load import KEYS, load_world
from config.feeding.world import read_world

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Load a world file."""

    help = (
        "Registers the clients, policies, products, users and partners of a world file (JSON), or changes what "
        "differs. Loading a file twice changes nothing; a changed policy becomes a new version. The whole file is "
        "checked before anything is written. Products that deliver license keys and have none left get generated "
        "ones. New users have no password: give them one with `manage.py changepassword NAME`."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and how many keys to make."""
        parser.add_argument("file", type=Path, help="the world file")
        parser.add_argument(
            "--keys",
            type=int,
            default=KEYS,
            help="license keys to generate for an empty key list (default: %(default)s)",
        )

    def handle(self, *, file: Path, keys: int, **_: Any) -> None:
        """Read, check, write."""
        try:
            world = read_world(file, known_clients=client_slugs())
            loaded = load_world(world, keys=keys, by=None, at=timezone.now())
        except BadInputError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{file}: {loaded}.")
