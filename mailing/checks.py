"""System checks: what would keep e-mail from leaving is said at the start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

LAST_PORT = 65535


@register()
def relay_is_complete(**_: Any) -> list[CheckMessage]:
    """A relay needs a host and a port, and a password only makes sense with a user."""
    relay = settings.MAIL_RELAY
    if relay is None:
        return []
    errors: list[CheckMessage] = []
    if not relay.host or not 0 < relay.port <= LAST_PORT:
        errors.append(Error("The mail relay has no host or no port: correct EMAIL_URL.", id="mailing.E001"))
    if relay.password and not relay.user:
        errors.append(Error("The mail relay has a password but no user: correct EMAIL_URL.", id="mailing.E002"))
    return errors
