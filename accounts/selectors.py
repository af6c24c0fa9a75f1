"""Finding clients and users by the names people give them."""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Client, User


def client_by_slug(slug: str) -> Client | None:
    """Find a client by its slug."""
    return Client.objects.filter(slug=slug).first()


def client_slugs() -> frozenset[str]:
    """Name all clients by their slugs."""
    return frozenset(Client.objects.values_list("slug", flat=True))


def user_acting_for(username: str, client: Client) -> User | None:
    """Find an active user of the platform or of `client`; a stranger's name is as good as unknown."""
    return (
        User.objects.select_related("client")
        .filter(
            Q(client=client) | Q(client=None), username__iexact=username, is_active=True
        )
        .first()
    )


def platform_user(role: str) -> User | None:
    """Find the first active user of the platform in a role."""
    return (
        User.objects.filter(client=None, role=role, is_active=True)
        .order_by("pk")
        .first()
    )
