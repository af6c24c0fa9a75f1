#!/usr/bin/env python
"""Kontor's commands: `python manage.py help` lists them."""

import os
import sys
from argparse import ArgumentParser
from typing import NoReturn


def refuse(parser: ArgumentParser, message: str) -> NoReturn:
    """End with one line about what is wrong with a command's words."""
    parser.exit(1, f"{parser.prog}: {message} (--help says what it takes)\n")


def main() -> None:
    """Run one command; a wrong setting, a wrong word or a database that can't be used ends it with one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.core.management.base import CommandParser
        from django.db import OperationalError, ProgrammingError
    except ImportError:
        sys.exit("Kontor is not set up here. Run `make setup` first, then use .venv/bin/python manage.py.")
    CommandParser.error = refuse  # type: ignore[method-assign, assignment]
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Kontor cannot start: {error}")
    except (OperationalError, ProgrammingError) as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(
            f"The database cannot be used: {' '.join(str(error).split())}. "
            "Does DATABASE_URL name one that can be reached, and are its tables up to date (manage.py migrate)?"
        )


if __name__ == "__main__":
    main()
