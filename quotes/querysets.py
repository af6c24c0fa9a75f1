"""Which quote links and quotes: filters that chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import Count, Q

from accounts.querysets import TenantQuerySet
from purchases.states import Status

if TYPE_CHECKING:
    from datetime import date

    from accounts.models import User
    from quotes.models import Quote, QuoteLink  # noqa: F401 -- named in strings


class QuoteLinkQuerySet(TenantQuerySet["QuoteLink"]):
    """Quote links by who made them and whether they work."""

    def made_by(self, user: User) -> Self:
        """Links that one person made."""
        return self.filter(created_by=user)

    def active(self) -> Self:
        """Links by which quotes can be asked for."""
        return self.filter(is_active=True)

    def with_counts(self) -> Self:
        """Bring along how many quotes were asked for by each, and how many of these were ordered."""
        current = Q(quotes__replaced_at=None)
        return self.annotate(
            quote_count=Count("quotes", filter=current),
            ordered_count=Count("quotes", filter=current & Q(quotes__accepted_at__isnull=False)),
        )


class QuoteQuerySet(TenantQuerySet["Quote"]):
    """Quotes by where they stand."""

    client_path = "purchase__client"

    def current(self) -> Self:
        """The latest revision of each."""
        return self.filter(replaced_at=None)

    def standing(self) -> Self:
        """Quotes that wait for their customer."""
        return self.current().filter(purchase__status=Status.QUOTE)

    def last_day_by(self, day: date) -> Self:
        """Quotes that may be accepted until `day` at most."""
        return self.filter(valid_until__lte=day)
