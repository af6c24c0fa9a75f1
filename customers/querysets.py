"""Which customers: filters that chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from accounts.querysets import TenantQuerySet

if TYPE_CHECKING:
    from customers.models import Customer  # noqa: F401 -- named in a string


class CustomerQuerySet(TenantQuerySet["Customer"]):
    """Customers by what became of them."""

    def standing(self) -> Self:
        """Those that can be chosen: neither merged into another one nor anonymized."""
        return self.filter(merged_into=None, anonymized_at=None)
