"""What the error log asks of the apps whose failures it keeps."""

from django.dispatch import Signal

retry_asked = Signal()
"""Somebody wants it tried again now. Sent with `entry`, `by`, `at`; a receiver does it, or raises Refused."""
