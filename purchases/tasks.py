"""What the worker does for purchases: keys that a generator makes, files of a bank, who had one open."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from purchases.services import bank_import, generator, presence


@shared_task(name="purchases.tasks.ask_for_keys", ignore_result=True)
def ask_for_keys() -> int:
    """Ask key generators for the keys that are due; return how many were asked for."""
    return generator.ask_due(clock=timezone.now)


@shared_task(name="purchases.tasks.read_bank_files", ignore_result=True)
def read_bank_files() -> int:
    """Read the bank files that wait; return how many."""
    return bank_import.read_due(clock=timezone.now)


@shared_task(name="purchases.tasks.forget_presences", ignore_result=True)
def forget_presences() -> int:
    """Forget who had which purchase open; return how many looks that were."""
    return presence.forget_presences(at=timezone.now())
