"""Writing a client's PO policy, version by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.models import Client
from purchases.models import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.models import User


@transaction.atomic
def set_policy(client: Client, *, values: Mapping[str, Any], by: User | None, at: datetime) -> Policy:
    """Make `values` (the policy's fields; amounts in minor units by currency) the client's newest version.

    Values equal to the newest version's make no new one. Placed purchases keep the version they were placed under.
    """
    # Two editors at once would both write version n + 1: the client's row orders them.
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    newest = Policy.objects.filter(client=client).order_by("-version").first()
    if newest is not None and all(getattr(newest, name) == value for name, value in values.items()):
        return newest
    version = newest.version + 1 if newest else 1
    policy = Policy(client=client, version=version, created_at=at, created_by=by, **_inherited(newest))
    for name, value in values.items():
        setattr(policy, name, value)
    policy.save()
    if newest is not None:
        policy.trusted_customers.set(newest.trusted_customers.all())
    return policy


_OWN = {"id", "client", "version", "created_at", "created_by"}


def _inherited(newest: Policy | None) -> dict[str, Any]:
    if newest is None:
        return {}
    return {field.name: getattr(newest, field.name) for field in Policy._meta.concrete_fields if field.name not in _OWN}
