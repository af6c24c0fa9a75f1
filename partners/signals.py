"""News that partners send up."""

from django.dispatch import Signal

limit_nearly_used = Signal()
"""Four fifths of a limit are used. Sent with `partner`, `outstanding` (Money), `at`."""
