"""Writing a client's PO policy, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import Client
from core.refused import Refused
from customers.models import Customer
from purchases.models import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def set_policy(
    client: Client,
    *,
    values: Mapping[str, Any],
    by: User | None,
    at: datetime,
    trusted: Collection[int] | None = None,
    comment: str = "",
    base: int | None = None,
) -> Policy:
    """Make `values` (the policy's fields; amounts in minor units by currency) the client's newest version.

    `trusted` are the customers (primary keys) whose orders nobody reviews; without it they stay. What equals the newest
    version makes no new one. Placed purchases keep the version they were placed under.

    Raises Refused when `base`, the version the editor started from, is no longer the newest (0 is "none yet"), or
    when a trusted customer is another client's.
    """
    # Two editors at once would both write version n + 1: the client's row orders them.
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    newest = Policy.objects.filter(client=client).order_by("-version").first()
    version = newest.version if newest else 0
    if trusted is not None and Customer.objects.filter(client=client, pk__in=trusted).count() != len(set(trusted)):
        message = f"Only customers of {client} can be trusted by it."
        raise Refused(message, "trusted")
    kept = trusted_by(newest)
    customers = kept if trusted is None else frozenset(trusted)
    if newest is not None and customers == kept and not changed_fields(newest, values):
        return newest
    if base is not None and base != version:
        message = f"Version {version} was saved in the meantime."
        raise Refused(message, "stale")
    policy = Policy(
        client=client,
        version=version + 1,
        created_at=at,
        created_by=by,
        **{**_inherited(newest), **values},
        comment=comment,
    )
    policy.save()
    policy.trusted_customers.set(customers)
    return policy


def trusted_by(policy: Policy | None) -> frozenset[int]:
    """Find whose orders nobody reviews under this version, by primary key."""
    return frozenset(policy.trusted_customers.values_list("pk", flat=True)) if policy else frozenset()


def changed_fields(policy: Policy, values: Mapping[str, Any]) -> list[str]:
    """Name the fields of which `values` say something else; the order of codes in a list means nothing."""
    return [name for name, value in values.items() if _plain(getattr(policy, name)) != _plain(value)]


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list | tuple | set | frozenset) else value


_OWN = {"id", "client", "version", "created_at", "created_by", "comment"}


def _inherited(newest: Policy | None) -> dict[str, Any]:
    if newest is None:
        return {}
    return {field.name: getattr(newest, field.name) for field in Policy._meta.concrete_fields if field.name not in _OWN}
