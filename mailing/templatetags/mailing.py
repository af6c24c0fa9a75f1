"""What every page shows about the outbox: a banner while the mail relay can't be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from mailing.selectors import relay_state

if TYPE_CHECKING:
    from django.template.context import Context

register = template.Library()


@register.inclusion_tag("mailing/_relay_banner.html", takes_context=True)
def relay_banner(context: Context) -> dict[str, Any]:
    """Say that e-mails wait because the relay does not answer; nothing while it works. One query."""
    request = context["request"]
    relay = relay_state()
    return {"request": request, "user": request.user, "relay": relay if relay.is_failing else None}
