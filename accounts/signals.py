"""What happens here that apps above may want to hear."""

from django.dispatch import Signal

export_failed = Signal()
"""A file could not be written, for a reason nobody foresaw: `export`, `error`, `at`."""
