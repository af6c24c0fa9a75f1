"""Changing how a client's dunning goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import Client
from core.history import record
from dunning.models import Settings

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def change_settings(client: Client, *, by: User, at: datetime, reason: str = "", **fields: Any) -> Settings:
    """Change some of a client's settings; what is equal already leaves no trace. A run that waits goes on waiting."""
    client = Client.objects.select_for_update().get(pk=client.pk)
    settings = Settings.objects.filter(client=client).first() or Settings(client=client)
    changes = [
        f"{name.replace('_', ' ')}: {getattr(settings, name)} → {value}"
        for name, value in fields.items()
        if getattr(settings, name) != value
    ]
    for name, value in fields.items():
        setattr(settings, name, value)
    if not changes:
        return settings
    return record(settings, by=by, at=at, reason=reason or "; ".join(changes))
