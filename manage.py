#!/usr/bin/env python
"""Kontor's commands: `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Run one command; a wrong setting ends it with one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Kontor is not set up here. Run `make setup` first, then use .venv/bin/python manage.py.")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Kontor cannot start: {error}")


if __name__ == "__main__":
    main()
