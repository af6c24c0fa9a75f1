"""What higher apps tell the outbox, and what the outbox tells them.

Guards and attachment sources are registered by the app that knows the purchase or the document (in its
`AppConfig.ready`). The signals are sent inside the transaction that notes the fact and *before* the e-mail's own row
is touched, so that receivers may lock purchases, partners and numbers without breaking the lock order. All carry
`sender=Email`, `email` (already showing the new status) and `at`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.dispatch import Signal

if TYPE_CHECKING:
    from mailing.models import Email

Guard = Callable[["Email"], str]
"""Locks what the e-mail is about, looks again, and returns "" (go) or the reason why it must not go out any more."""

Renderer = Callable[[str], bytes]
"""Returns the bytes of one attachment; gets the part of the source after the colon (`purchases.document:17` → `17`)."""

email_queued = Signal()
"""A row was written that may go out at once: the doorbell."""
email_handed_over = Signal()
"""A relay (or the capture, or a replay's sink) took the e-mail over, or a person found that it had been delivered.

With `is_smooth=True` nothing was ever wrong with it: a relay took it at its first attempt, and nobody was told of any
trouble.
"""
email_dropped = Signal()
"""The e-mail will not go out: a guard or a person stopped it; `email.drop_reason` says why."""
email_failed = Signal()
"""The relay refused the e-mail for good; `email.relay_reply` has its words."""
email_uncertain = Signal()
"""Nobody knows whether the e-mail was accepted; a person has to decide."""
email_unprepared = Signal()
"""The e-mail could not be made ready to be handed over (`email.relay_reply` says why); it is tried again by itself."""
email_bounced = Signal()
"""The e-mail was sent and came back."""
email_complained = Signal()
"""The recipient marked the e-mail as spam; `words` is what the report says."""
report_unmatched = Signal()
"""An e-mail came back or was marked as spam, and nobody knows which: `sender=DeliveryReport`, `report`, `at`."""
notification_failed = Signal()
"""An endpoint was not told in 48 hours: `sender=Notification`, `notification` (`problem` says why), `at`."""
notification_settled = Signal()
"""An endpoint was told: `sender=Notification`, `notification`, `at`."""
endpoint_untold = Signal()
"""Nobody could be told that an endpoint fails, or not all: `sender=Endpoint`, `endpoint`, `people` (names), `at`."""

_guards: dict[str, list[Guard]] = {}
_renderers: dict[str, Renderer] = {}


def register_guard(kind: str, guard: Guard) -> None:
    """Ask `guard` right before every e-mail of this kind goes out; several guards of a kind all have to agree."""
    guards = _guards.setdefault(kind, [])
    if guard not in guards:
        guards.append(guard)


def unregister_guard(kind: str, guard: Guard) -> None:
    """Ask `guard` no more."""
    _guards[kind].remove(guard)


def reason_against(email: Email) -> str:
    """Return why `email` must not go out any more, or "". Call it in a transaction: the guards lock rows."""
    for guard in _guards.get(email.kind, ()):
        reason = guard(email)
        if reason:
            return reason
    return ""


def register_attachment_source(prefix: str, render: Renderer) -> None:
    """Let `render` provide the bytes of attachments whose source starts with `prefix:`."""
    _renderers[prefix] = render


def render_source(source: str) -> bytes:
    """Return the bytes behind an attachment's source key.

    Raises LookupError when no app has registered for it.
    """
    prefix, _, key = source.partition(":")
    if prefix not in _renderers:
        message = f"no renderer is registered for the attachment source {source!r}"
        raise LookupError(message)
    return _renderers[prefix](key)
