"""Finding clients and users by the names people give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.models import Client, Department, User
from accounts.querysets import TenantQuerySet

if TYPE_CHECKING:
    from django.db.models import QuerySet


def client_by_slug(slug: str) -> Client | None:
    """Find a client by its slug."""
    return Client.objects.filter(slug=slug).first()


def client_slugs() -> frozenset[str]:
    """Name all clients by their slugs."""
    return frozenset(Client.objects.values_list("slug", flat=True))


def clients_of(user: User) -> list[Client]:
    """List the clients a user may choose from: one's own, or for the platform all. One query.

    The page's own user remembers them: its head asks, too, and so may the list that the page was opened from.
    """
    if "known_clients" not in user.__dict__:
        rows = Client.objects.visible_to(user).only("name", "time_zone").order_by("name", "pk")
        user.__dict__["known_clients"] = [user.client] if user.client else list(rows)
    found: list[Client] = user.__dict__["known_clients"]
    return found


def user_acting_for(username: str, client: Client) -> User | None:
    """Find an active user of the platform or of `client`; a stranger's name is as good as unknown."""
    return (
        User.objects.select_related("client")
        .filter(Q(client=client) | Q(client=None), username__iexact=username, is_active=True)
        .first()
    )


def platform_user(role: str) -> User | None:
    """Find the first active user of the platform in a role."""
    return User.objects.filter(client=None, role=role, is_active=True).order_by("pk").first()


def users() -> TenantQuerySet[User]:
    """All users with their client and team, as rows that `visible_to` narrows to a client."""
    return TenantQuerySet(User).select_related("client", "department__office")


def teams(client: Client | None, *, is_everywhere: bool = False) -> QuerySet[Department]:
    """The departments of a client (of the platform without one), or of everybody."""
    rows = Department.objects.select_related("office__client").order_by("office__name", "name", "pk")
    return rows if is_everywhere else rows.filter(office__client=client)
