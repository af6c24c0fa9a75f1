"""News that certificates send up."""

from django.dispatch import Signal

certificate_validated = Signal()
"""A certificate was found valid: from now on it covers purchases within its life. Sent with `certificate` (locked),
`by`, `at`."""

certificate_invalidated = Signal()
"""A certificate was marked invalid: it covers no purchase any more. Sent with `certificate` (locked), `was_valid`,
`by`, `at`."""
