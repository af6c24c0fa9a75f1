"""What happens around users by itself."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts.models import User


def note_login(*, user: User, **_: Any) -> None:
    """Note when somebody logged in last; that changes nothing about them, so their history gets no line."""
    user.last_login = timezone.now()  # noqa: TID251 -- an entry point
    User.objects.filter(pk=user.pk).update(last_login=user.last_login)
