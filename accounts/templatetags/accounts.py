"""What the shell shows about accounts: the switch between clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from accounts.selectors import clients_of

if TYPE_CHECKING:
    from django.template.context import Context

register = template.Library()


@register.inclusion_tag("accounts/_client_switch.html", takes_context=True)
def client_switch(context: Context) -> dict[str, Any]:
    """The switch between All Clients and one client, for users of the platform only."""
    request = context["request"]
    if not request.user.is_platform:
        return {"clients": [], "is_shown": False}
    clients = clients_of(request.user)
    chosen = next((client for client in clients if client.pk == request.session.get("client")), None)
    return {
        "is_shown": True,
        "clients": clients,
        "chosen": chosen,
        "back": request.path,
        "csrf_token": context.get("csrf_token"),
    }
