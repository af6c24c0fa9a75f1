"""Tenancy, in the one place where it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from core import searched  # noqa: F401 -- the lookup `is`

if TYPE_CHECKING:
    from accounts.models import Client, Export, User  # noqa: F401 -- Export is named in a string

M_co = TypeVar("M_co", bound=models.Model, covariant=True)


class TenantQuerySet(models.QuerySet[M_co]):
    """Rows that belong to a client; `client_path` is the way from the row to its client."""

    client_path = "client"

    def visible_to(self, user: User, client: Client | None = None) -> Self:
        """Narrow to what `user` may see: their own client's rows, or, for the platform, all or the chosen client's."""
        if user.client_id is not None:
            return self.filter(**{self.client_path: user.client_id})
        if not user.role_data.is_platform:
            return self.none()
        return self if client is None else self.filter(**{self.client_path: client.pk})

    def lock(self, row: models.Model) -> M_co:
        """Read `row` again under a row lock (PostgreSQL; on SQLite the transaction itself is exclusive)."""
        return self.select_for_update(of=("self",)).get(pk=row.pk)


class SearchQuerySet(TenantQuerySet[M_co]):
    """Rows of a search table, whose trigram index knows the client if it is asked for as that index compares it."""

    client_path = "client__is"

    def of_client(self, client: Client) -> Self:
        """Narrow to a client's rows."""
        return self.filter(client__is=client)


class ClientQuerySet(TenantQuerySet["Client"]):
    """Clients themselves: one's own, or for the platform all."""

    client_path = "pk"


class ExportQuerySet(models.QuerySet["Export"]):
    """Files that somebody took away: one's own, whichever client is chosen."""

    def visible_to(self, user: User, _client: Client | None = None) -> Self:
        """Narrow to what `user` asked for."""
        return self.filter(user=user)

    def with_rows_of(self, client: Client) -> Self:
        """Narrow to files that have rows of a client, or get some: its own, and those of all clients."""
        all_clients = models.Q(client=None, user__client=None)
        own = models.Q(client=client) | models.Q(client=None, user__client=client)
        return self.filter(all_clients | own).filter(models.Q(finished_at=None) | models.Q(content__isnull=False))
